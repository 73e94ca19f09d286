"""Words for the codes that stand in tables: each a msgid, shown in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from commonweal.errors import CommonwealError, _

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
    "study": _("A study"),
}

PLAN_REASON = {
    "budget": _("The money ends before them"),
    "no_gain": _("No contact would gain a vote"),
    "no_address": _("No address known"),
    "no_phone": _("No phone number known"),
    "no_email": _("No e-mail address known"),
    "said_no": _("They said no"),
    "no_consent": _("No consent was given"),
    "no_estimate": _("Nobody knows what a contact would do"),
}

PLAN_STATUS = {
    "draft": _("draft"),
    "approved": _("in force"),
    "replaced": _("replaced"),
}

_ACTOR = {
    "cli": _("{name}, at the command line"),
    "web": _("the pages"),
    "worker": _("the worker"),
}

_GONE = {
    "ProcessGone": _("The process that did this is gone. Nothing half-done was kept."),
    "Interrupted": _("Stopped from the keyboard."),
}

TABLES: Mapping[str, Mapping[str, str]] = {
    "role": ROLE,
    "run_status": RUN_STATUS,
    "channel": CHANNEL,
    "command": COMMAND,
    "plan_reason": PLAN_REASON,
    "plan_status": PLAN_STATUS,
}


def word(table: str, code: str, gettext: Callable[[str], str]) -> str:
    """The word for a code. A code that no table knows (a user's own option, say) is shown as it is, made readable."""
    known = TABLES[table].get(code)
    return gettext(known) if known else code.replace("_", " ")


def error(told: Mapping[str, Any], gettext: Callable[[str], str]) -> str:
    """An error that a run ended with, in the reader's language."""
    code = str(told.get("code"))
    if code in _GONE:
        return gettext(_GONE[code])
    kind = _kinds().get(code)
    if kind is None or "parameters" not in told:
        return str(told.get("text", code))
    return kind(**told["parameters"]).worded(gettext)


def actor(name: str, accounts: Mapping[str, str], gettext: Callable[[str], str]) -> str:
    """Who did it: an account's name, or whoever was at the command line."""
    if name in accounts:
        return accounts[name]
    kind, _colon, rest = name.partition(":")
    return gettext(_ACTOR[kind]).format(name=rest) if kind in _ACTOR else name


def _kinds() -> dict[str, type[CommonwealError]]:
    found: dict[str, type[CommonwealError]] = {}
    waiting = [CommonwealError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            found[kind.__name__] = kind
            waiting.append(kind)
    return found
