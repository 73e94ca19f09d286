"""Words of contacts: by which channel, with what, what came of it, and what people agreed to."""

from __future__ import annotations

from commonweal.errors import _

CHANNEL = {
    "door": _("Doors"),
    "phone": _("Calls"),
    "sms": _("Text messages"),
    "email": _("E-mails"),
    "post": _("Letters"),
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

# Why the contact rules stop a contact, in few words.
STOP = {
    "unknown": _("nobody is known by that number"),
    "message_withdrawn": _("the message was taken back"),
    "message_unapproved": _("the message is not approved"),
    "promise_taken_back": _("the message makes a promise that was withdrawn"),
    "message_unwritten": _("the message is not written down"),
    "held": _("somebody else is about to contact them"),
    "cap_day": _("they had their contacts for the day"),
    "cap_day_channel": _("they had their contacts for the day through this channel"),
    "cap_week": _("they had their contacts for the week"),
    "cap_week_channel": _("they had their contacts for the week through this channel"),
    "cap_campaign": _("they had their contacts for the whole campaign"),
    "cap_campaign_channel": _("they had their contacts for the whole campaign through this channel"),
    "rest": _("they said no and are left in peace"),
    "cool_down": _("they were contacted a moment ago"),
    "quiet": _("it is too late or too early"),
    "voted": _("they have voted"),
    "gave": _("they have given"),
    "message_twice": _("they had the same message"),
    "answered": _("they have answered that"),
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

# How contacts ended, as counts are labelled.
OUTCOME = RESULT | {
    "sent": _("sent"),
    "answered": _("answered our questions"),
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
    "create": _("Became known"),
    "attach": _("Records were added"),
    "detach": _("Records left the lists"),
    "undo": _("A merge was taken back"),
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

CONSENT_KIND = {
    "given": _("you said yes"),
    "withdrawn": _("you took it back"),
    "suppressed": _("no contact from here on"),
    "lifted": _("that was ended"),
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
