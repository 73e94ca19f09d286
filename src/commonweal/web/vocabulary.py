"""The words themselves, as tables: code to msgid. words.py looks them up."""

from __future__ import annotations

from commonweal.errors import _

ROLE = {
    "candidate": _("Candidate"),
    "director": _("Data director"),
    "analyst": _("Analyst"),
    "digital": _("Digital director"),
    "organiser": _("Field organiser"),
    "volunteer": _("Volunteer"),
    "treasurer": _("Treasurer"),
    "privacy": _("Privacy officer"),
}

# Messages of the demo; a campaign's own are shown as it wrote them.
MESSAGE = {
    "housing": _("housing"),
    "climate": _("climate"),
    "local_services": _("local services"),
    "vote_reminder": _("a reminder to vote"),
}

FILE = {
    "door": _("Walk list (CSV)"),
    "post": _("Mailing list (CSV)"),
    "phone": _("Phone list (CSV)"),
    "sms": _("List for text messages (CSV)"),
    "email": _("List for e-mails (CSV)"),
}

RUN_STATUS = {
    "queued": _("waiting"),
    "running": _("under way"),
    "done": _("done"),
    "failed": _("failed"),
    "stopped": _("stopped"),
}

CHANNEL = {
    "door": _("Doors"),
    "phone": _("Calls"),
    "sms": _("Text messages"),
    "email": _("E-mails"),
    "post": _("Letters"),
}

COMMAND = {
    "night": _("The whole loop"),
    "demo": _("The demo"),
    "import": _("Load a list"),
    "resolve": _("Find who is who"),
    "score": _("Score everybody"),
    "plan": _("Make a plan"),
    "take_back": _("Take a list back"),
    "forget": _("Rewrite files without the erased"),
    "backup": _("A backup"),
    "study": _("A study"),
}

PLAN_REASON = {
    "chosen": _("Chosen"),
    "outbid": _("The money does more elsewhere"),
    "ran_out": _("The money ends before them"),
    "full": _("What would gain most with them has no room left"),
    "never_useful": _("No contact would gain anything"),
    "no_address": _("No address is known"),
    "no_phone": _("No phone number is known"),
    "no_email": _("No e-mail address is known"),
    "said_no": _("They said no"),
    "no_consent": _("They did not agree to be written to"),
    "no_estimate": _("Nobody knows what a contact would do to them"),
    "other_member": _("Somebody else of the household is contacted"),
    "other_member_no_address": _("Somebody else of the household is contacted; of them no address is known"),
    "other_member_no_phone": _(
        "Somebody else of the household is contacted; of them no phone number is known"
    ),
    "other_member_no_email": _(
        "Somebody else of the household is contacted; of them no e-mail address is known"
    ),
    "other_member_said_no": _("Somebody else of the household is contacted; they said no"),
    "other_member_no_consent": _("Somebody else of the household is contacted; they did not agree"),
    "other_member_no_estimate": _(
        "Somebody else of the household is contacted; nobody knows what it would do to them"
    ),
}

PLAN_STATUS = {
    "draft": _("draft"),
    "approved": _("in force"),
    "replaced": _("replaced"),
}

VERB = {
    "consent.give": _("took down a yes"),
    "consent.withdraw": _("took down a no"),
    "consent.suppress": _("took down that contact is to stop"),
    "consent.lift": _("lifted a suppression"),
    "sign_in": _("signed in"),
    "sign_in_failed": _("gave a wrong password"),
    "sign_out": _("signed out"),
    "set_password": _("set a password"),
    "invite": _("made an account"),
    "make_link": _("made a sign-in link"),
    "end_sessions": _("ended all sessions"),
    "close_account": _("closed an account"),
    "open_demo": _("opened the demo"),
    "switch_role": _("went on in another role"),
    "search": _("searched for people"),
    "look": _("looked at a person"),
    "look_at_rows": _("looked at rows in quarantine"),
    "import": _("loaded a list"),
    "take_back": _("took a list back"),
    "areas.load": _("loaded areas"),
    "resolve": _("found who is who"),
    "people.build": _("made the profiles"),
    "people.publish": _("published the profiles"),
    "universe.save": _("saved a universe"),
    "universe.change": _("changed a universe"),
    "universe.delete": _("deleted a universe"),
    "experiment.draw": _("drew an experiment"),
    "experiment.analyse": _("analysed an experiment"),
    "score": _("scored everybody"),
    "plan.make": _("made a plan"),
    "plan.approve": _("approved a plan"),
    "plan.export": _("exported a list"),
    "contact.claim": _("claimed a contact"),
    "contact.refuse": _("was refused a contact"),
    "contact.return": _("handed a contact back"),
    "contact.claim_batch": _("claimed the contacts of a list"),
    "contact.return_batch": _("handed the contacts of a list back"),
    "contact_rules.set": _("set the contact rules"),
    "look_in_hand": _("looked at the people in hand"),
    "ask_to_take_back": _("asked to take a list back"),
    "start_run": _("started a run"),
    "stop_run": _("stopped a run"),
}

VERB |= {
    "board.written": _("wrote an action"),
    "board.commented": _("commented on an action"),
    "board.amended": _("changed an action"),
    "board.moved": _("moved an action on"),
}

VERB |= {
    "events.take_in": _("took events in"),
    "events.resolve": _("found whom events are about"),
    "events.move": _("moved old events to the lake"),
    "token.make": _("made a token of the API"),
    "token.revoke": _("revoked a token of the API"),
}

SCOPE = {
    "events:write": _("send events"),
    "events:read": _("ask what became of them"),
}

# What happened, on a person's line of time.
HAPPENED = {
    "sent": _("Sent"),
    "delivered": _("Delivered"),
    "opened": _("Opened"),
    "clicked": _("Clicked a link"),
    "replied": _("Replied"),
    "bounced": _("Could not be delivered"),
    "complained": _("Marked as spam"),
    "unsubscribed": _("Unsubscribed"),
    "attempt": _("Tried"),
    "visit": _("Visited a page"),
    "signed_up": _("Signed up"),
    "gave": _("Gave"),
    "attended": _("Came"),
    "voted": _("Voted"),
    "correction": _("Corrected: it did not happen"),
    "given": _("Agreed"),
    "withdrawn": _("Took their agreement back"),
    "suppressed": _("Is not to be contacted"),
    "lifted": _("May be contacted again"),
    "merge": _("Found to be one person with another record"),
    "split": _("Found to be two persons"),
}

USE = {
    "contact": _("Contact"),
    "target": _("Targeted advertising"),
    "score_turnout": _("Scores of turnout"),
    "score_support": _("Scores of support"),
    "export": _("Lists handed out"),
    "store": _("Keeping data"),
}

PURPOSE = {
    "contact": _("to be contacted"),
    "targeting": _("to have messages chosen for them"),
    "profiling": _("to be scored"),
}

SUPPRESSION = {
    "erased": _("was erased"),
    "deceased": _("has died"),
    "objection": _("objected"),
    "refused_all": _("refused everything"),
    "do_not_contact": _("wants no more contact"),
    "stop": _("said STOP"),
    "complaint": _("complained"),
    "wrong_number": _("wrong number"),
    "moved": _("has moved"),
}

BY_CHANNEL = {
    "*": _("by any channel"),
    "door": _("at the door"),
    "phone": _("by phone"),
    "sms": _("by text message"),
    "email": _("by e-mail"),
    "post": _("by letter"),
    "automated": _("by recorded call"),
    "online": _("online"),
    "web": _("on the website"),
    "event": _("at an event"),
}

RESULT = {
    "canvassed": _("spoke with them"),
    "not_home": _("nobody at home"),
    "inaccessible": _("could not get in"),
    "left_message": _("left a message"),
    "literature_left": _("left a leaflet"),
    "refused": _("did not want to talk"),
    "moved": _("has moved"),
    "deceased": _("has died"),
    "wrong_number": _("wrong number"),
    "disconnected": _("number not in service"),
    "busy": _("line busy"),
    "call_back": _("asked to be called back"),
    "other_language": _("speaks another language"),
    "hostile": _("was hostile"),
    "already_voted": _("has voted already"),
    "do_not_contact": _("wants no more contact"),
}

# What came of a door, on the buttons of whoever knocks.
DOOR_RESULT = {
    "canvassed": _("We talked"),
    "not_home": _("Nobody at home"),
    "refused": _("They said no"),
    "literature_left": _("Left a leaflet"),
    "inaccessible": _("No way in"),
    "call_back": _("Come again"),
    "other_language": _("Another language"),
    "already_voted": _("Have voted"),
    "moved": _("Moved away"),
    "deceased": _("Has died"),
    "do_not_contact": _("Never again, please"),
}

VERB |= {"look_at_doors": _("looked at the doors they hold")}
VERB |= {"look_at_stopped": _("saw an example of whom a rule spared")}

# How contacts ended, as counts are labelled.
OUTCOME = RESULT | {
    "sent": _("sent"),
    "answered": _("answered our questions"),
}

ACTION_STATE = {
    "open": _("open"),
    "doing": _("begun"),
    "done": _("done"),
    "dropped": _("dropped"),
}

ACTION_EVENT = {
    "written": _("wrote it"),
    "commented": _("said"),
    "amended": _("changed it"),
    "moved": _("moved it on"),
}

FIELD = {
    "title": _("Title"),
    "given_name": _("Given name"),
    "middle_name": _("Middle name"),
    "surname": _("Surname"),
    "birth_surname": _("Surname at birth"),
    "name_suffix": _("Suffix of the name"),
    "full_name": _("Whole name"),
    "given_names": _("Given names"),
    "sex": _("Sex"),
    "age": _("Age"),
    "birth_date": _("Date of birth"),
    "birth_year": _("Year of birth"),
    "house_number": _("House number"),
    "street": _("Street"),
    "unit": _("Flat"),
    "postcode": _("Postcode"),
    "city": _("City"),
    "state": _("State or region"),
    "country": _("Country"),
    "address_line": _("Whole address"),
    "area_code": _("Area"),
    "latitude": _("Latitude"),
    "longitude": _("Longitude"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "registration_number": _("Number on the roll"),
    "household_key": _("Household, as the list says"),
    "consent_door": _("May be visited"),
    "consent_phone": _("May be called"),
    "consent_sms": _("May get text messages"),
    "consent_email": _("May get e-mails"),
    "consent_post": _("May get letters"),
    "tags": _("Tags"),
    "": _("not used"),
}

PREFIXED_FIELD = {
    "vote": _("Voted: {name}"),
    "arm": _("Arm of the experiment {name}"),
    "outcome": _("Outcome: {name}"),
}

RULE = {
    "official_first": _("the roll before other lists"),
    "own_word_first": _("what they gave themselves"),
    "newest_first": _("the newest"),
    "strictest": _("a no before a yes"),
}

SCORE = {
    "turnout": _("Will vote"),
    "support": _("Is for us"),
}

SCORE_WORDS = {
    "turnout": (
        (20, _("Almost surely stays at home.")),
        (40, _("Rather stays at home.")),
        (60, _("About even: we do not know whether they will vote.")),
        (80, _("Rather votes.")),
        (101, _("Almost surely votes.")),
    ),
    "support": (
        (20, _("Almost surely for somebody else.")),
        (40, _("Rather for somebody else.")),
        (60, _("About even: we do not know. It does not mean undecided.")),
        (80, _("Rather for us.")),
        (101, _("Almost surely for us.")),
    ),
}

MODEL = {
    "turnout": _("Turnout"),
    "support": _("Support"),
    "effects": _("What contacts do"),
}

FEATURE = {
    "age": _("Age"),
    "sex": _("Sex"),
    "latitude": _("Where they live, north to south"),
    "longitude": _("Where they live, west to east"),
    "has_email": _("Has an e-mail address"),
    "has_phone": _("Has a phone number"),
    "votes_known": _("How many past votes are known"),
    "share_voted": _("Share of past votes cast"),
    "household_size": _("Size of the household"),
    "area_size": _("Size of the area"),
    "area_share": _("How much the area votes"),
    "area_latest": _("How much the area voted last"),
    "area_age": _("Age of the area"),
    "lists": _("Number of lists"),
    "area": _("Area"),
    "turnout": _("Turnout score"),
    "support": _("Support score"),
}

FEATURE_OF = {
    "voted": _("Vote number {name} back"),
    "alike": _("Vote of this kind, number {name} back"),
    "list": _("On the list {name}"),
    "attribute": _("{name}, as a list says"),
}

GROUP = {
    "under 25": _("under 25"),
    "25-34": _("25 to 34"),
    "35-49": _("35 to 49"),
    "50-64": _("50 to 64"),
    "65-79": _("65 to 79"),
    "80 and over": _("80 and over"),
    "f": _("Women"),
    "m": _("Men"),
    "x": _("Another sex"),
}

LIST_KIND = {
    "roll": _("Electoral roll"),
    "signups": _("Sign-ups"),
    "donors": _("Donors"),
    "canvass": _("Canvass"),
    "append": _("Bought data"),
    "experiment": _("Experiment"),
    "other": _("Other list"),
}

LIST_ORIGIN = {
    "official": _("from an office"),
    "given": _("given by the people themselves"),
    "observed": _("noted by the campaign"),
    "bought": _("bought"),
    "synthetic": _("made up"),
    "research": _("from research"),
}

LIST_MODE = {
    "snapshot": _("the whole list each time"),
    "delta": _("additions each time"),
}

BATCH_STATUS = {
    "loaded": _("loaded"),
    "superseded": _("replaced"),
    "withdrawn": _("taken back"),
}

VERB |= {
    "backup": _("made a backup"),
    "restore": _("brought a backup back"),
    "privacy.open": _("took a request in"),
    "privacy.link": _("found whom a request is about"),
    "privacy.unlink": _("took that back"),
    "privacy.extend": _("put a request off"),
    "privacy.close": _("closed a request"),
    "privacy.object": _("ended all contact, as asked"),
    "privacy.correct": _("corrected a value"),
    "privacy.export": _("gave a person their data"),
    "privacy.erase": _("erased a person"),
    "privacy.rewrite": _("rewrote files without the erased"),
}

REQUEST = {
    "access": _("wants to see their data"),
    "correction": _("wants something corrected"),
    "erasure": _("wants to be erased"),
    "objection": _("wants no contact any more"),
}

CONSENT_KIND = {
    "given": _("you said yes"),
    "withdrawn": _("you took it back"),
    "suppressed": _("no contact from here on"),
    "lifted": _("that was ended"),
}

REQUEST_STATE = {
    "open": _("open"),
    "done": _("answered"),
    "refused": _("refused"),
}

SUBJECT = {
    "contacts": _("list {number}"),
    "person": _("a person"),
    "account": _("the account of {name}"),
    "batch": _("batch {number}"),
    "plan": _("plan {number}"),
    "run": _("run {number}"),
    "universe": _("universe {number}"),
    "action": _("action {number}"),
    "request": _("request {number}"),
    "erasure": _("erasure {number}"),
}

STEP = {
    "reading": _("reading {name}"),
    "training": _("training: {name}"),
}

ACTOR = {
    "cli": _("{name}, at the command line"),
    "web": _("the pages"),
    "worker": _("the worker"),
    "public": _("the person, by the link of a message"),
    "restore": _("a restore"),
}

GONE = {
    "ProcessGone": _("The process that did this is gone. Nothing half-done was kept."),
    "Interrupted": _("Stopped from the keyboard."),
}
