"""Words of who does what: roles, the audit, actions, requests."""

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

SCOPE = {
    "events:write": _("send events"),
    "events:read": _("ask what became of them"),
}

ACTOR = {
    "cli": _("{name}, at the command line"),
    "web": _("the pages"),
    "worker": _("the worker"),
    "public": _("the person, by the link of a message"),
    "restore": _("a restore"),
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
    "take back": _("took a list back"),
    "areas.load": _("loaded areas"),
    "resolve": _("found who is who"),
    "identity.decide": _("said whether two records are one person"),
    "identity.undo": _("took a merge back"),
    "look_at_pair": _("looked at two records, whether they are one person"),
    "ask_to_undo": _("asked to take a merge back"),
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
    "plan.rule": _("decided what plans may say"),
    "plan.rule_back": _("let plans say anything again"),
    "contact.claim": _("claimed a contact"),
    "contact.refuse": _("was refused a contact"),
    "contact.return": _("handed a contact back"),
    "contact.claim_batch": _("claimed the contacts of a list"),
    "contact.return_batch": _("handed the contacts of a list back"),
    "contact_rules.set": _("set the contact rules"),
    "look_in_hand": _("looked at the people of the calls and doors they hold"),
    "ask_to_take_back": _("asked to take a list back"),
    "start_run": _("started a run"),
    "stop_run": _("stopped a run"),
    "board.written": _("wrote an action"),
    "board.commented": _("commented on an action"),
    "board.amended": _("changed an action"),
    "board.moved": _("moved an action on"),
    "events.take_in": _("took events in"),
    "events.resolve": _("found whom events are about"),
    "events.move": _("moved old events to the lake"),
    "token.make": _("made a token of the API"),
    "token.revoke": _("revoked a token of the API"),
    "look_at_doors": _("looked at the doors they hold"),
    "look_at_stopped": _("saw an example of whom a rule spared"),
    "backup": _("made a backup"),
    "restore": _("brought a backup back"),
    "promise.written": _("wrote a promise"),
    "promise.amended": _("changed a promise"),
    "promise.moved": _("moved a promise on"),
    "promise.judge": _("said how two promises stand to each other"),
    "promise.override": _("put one promise before another"),
    "budget.set": _("said what a budget holds"),
    "message.write": _("wrote a message"),
    "message.approve": _("approved a message"),
    "message.withdraw": _("took a message back"),
    "mandate.report_back": _("took lists to report back on promises"),
    "message.notice": _("wrote a transparency notice"),
    "mandate.open": _("opened the public page of the mandate"),
    "mandate.close": _("closed the public page of the mandate"),
    "mandate.count": _("counted who heard which promise"),
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

SUBJECT = {
    "contacts": _("list {number}"),
    "person": _("a person"),
    "account": _("the account of {name}"),
    "batch": _("batch {number}"),
    "plan": _("plan {number}"),
    "run": _("run {number}"),
    "scoring_run": _("scoring {number}"),
    "experiment": _("experiment {number}"),
    "token": _("token {number}"),
    "universe": _("universe {number}"),
    "action": _("action {number}"),
    "promise": _("promise {number}"),
    "message": _("message {number}"),
    "request": _("request {number}"),
    "erasure": _("erasure {number}"),
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

REQUEST = {
    "access": _("wants to see their data"),
    "correction": _("wants something corrected"),
    "erasure": _("wants to be erased"),
    "objection": _("wants no contact any more"),
}

REQUEST_STATE = {
    "open": _("open"),
    "done": _("answered"),
    "refused": _("refused"),
}
