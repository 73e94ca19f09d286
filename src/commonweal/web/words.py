"""Words for the codes that stand in tables: each a msgid, shown in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from commonweal.consent import packs
from commonweal.consent.model import LAW
from commonweal.errors import CommonwealError, _
from commonweal.intake.rules import MEANING
from commonweal.people.model import Score
from commonweal.web.vocabulary import (
    acts,
    audit,
    contacts,
    demo,
    identity,
    lists,
    mandate,
    models,
    people,
    work,
)

TABLES: Mapping[str, Mapping[str, str]] = {
    "door_result": contacts.DOOR_RESULT,
    "outcome": contacts.OUTCOME,
    "action_event": acts.ACTION_EVENT,
    "action_state": acts.ACTION_STATE,
    "role": acts.ROLE,
    "run_status": work.RUN_STATUS,
    "channel": contacts.CHANNEL,
    "by_channel": contacts.BY_CHANNEL,
    "happened": contacts.HAPPENED,
    "purpose": contacts.PURPOSE,
    "use": contacts.USE,
    "result": contacts.RESULT,
    "suppression": contacts.SUPPRESSION,
    "scope": acts.SCOPE,
    "file": contacts.FILE,
    "message": contacts.MESSAGE,
    "command": work.COMMAND,
    "plan_reason": models.PLAN_REASON,
    "plan_status": models.PLAN_STATUS,
    "verb": acts.VERB,
    "way_in": audit.WAY_IN,
    "request": acts.REQUEST,
    "consent_kind": contacts.CONSENT_KIND,
    "request_state": acts.REQUEST_STATE,
    "rule": people.RULE,
    "model": models.MODEL,
    "comparison": identity.COMPARISON,
    "standing": identity.STANDING,
    "answer": identity.ANSWER,
    "turn": identity.TURN,
    "record_evidence": identity.RECORD_EVIDENCE,
    "household_evidence": identity.HOUSEHOLD_EVIDENCE,
    "direction": mandate.DIRECTION,
    "promise_status": mandate.PROMISE_STATUS,
    "promise_answer": mandate.ANSWER,
    "narrowness": mandate.NARROWNESS,
    "heard": mandate.HEARD,
    "money_origin": mandate.MONEY_ORIGIN,
    "list_kind": lists.LIST_KIND,
    "list_origin": lists.LIST_ORIGIN,
    "list_mode": lists.LIST_MODE,
    "batch_status": lists.BATCH_STATUS,
    "list_reason": {reason.value: text for reason, text in MEANING.items()},
}


_BESIDE = "other_member_"  # before the reason of somebody whose household is contacted without them


def word(table: str, code: str, gettext: Callable[[str], str]) -> str:
    """The word for a code. A code that no table knows (a user's own option, say) is shown as it is, made readable."""
    known = TABLES[table].get(code)
    if known is None and LAW in code:
        return _by_law(code, gettext)
    if known is None and table == "plan_reason" and code.removeprefix(_BESIDE) in contacts.STOP:
        return _by_rules(code, gettext)
    return gettext(known) if known else code.replace("_", " ")


def _by_law(code: str, gettext: Callable[[str], str]) -> str:
    """A rule of the policy pack as a reason: what it says, with its article."""
    beside, _law, rule = code.partition(LAW)
    text = packs.short(rule, gettext(_("en")))
    return _beside(text, gettext) if beside else text


def _by_rules(code: str, gettext: Callable[[str], str]) -> str:
    """A contact rule as a reason of a plan."""
    text = gettext(contacts.STOP[code.removeprefix(_BESIDE)])
    return _beside(text, gettext) if code.startswith(_BESIDE) else text[:1].upper() + text[1:]


def _beside(text: str, gettext: Callable[[str], str]) -> str:
    """What keeps a contact of their household from somebody."""
    other = models.PLAN_REASON["other_member"]
    return gettext(other) + gettext(_("; ")) + text


def step(text: str, gettext: Callable[[str], str]) -> str:
    """What a run is at. A step that names a file or a model is worded around the name."""
    verb, _space, name = text.partition(" ")
    if gettext(text) != text or verb not in work.STEP:
        return gettext(text)
    known = models.MODEL.get(name)
    return gettext(work.STEP[verb]).format(name=gettext(known) if known else name)


def target(name: str, gettext: Callable[[str], str]) -> str:
    """What a column says: a field of a person, a vote, any further attribute."""
    prefix, colon, rest = name.partition(":")
    if colon and prefix in people.PREFIXED_FIELD:
        return gettext(people.PREFIXED_FIELD[prefix]).format(name=rest.replace("_", " "))
    known = people.FIELD.get(name) or demo.ATTRIBUTE.get(rest or name)
    return gettext(known) if known else (rest or name).replace("_", " ")


def told(name: str, gettext: Callable[[str], str]) -> str:
    """A name that a campaign gave; the demo's in the reader's language."""
    return gettext(name) if name in demo.GIVEN else name


def feature(name: str, gettext: Callable[[str], str], lists: Mapping[str, str]) -> str:
    """What a model looks at; `lists`: what each list is called."""
    if name in models.FEATURE:
        return gettext(models.FEATURE[name])
    kind, separator, rest = name.partition(":") if ":" in name else name.partition("_")
    if not separator or kind not in models.FEATURE_OF:
        return name.replace("_", " ")
    known = (
        target(f"attribute:{rest}", gettext) if kind == "attribute" else told(lists.get(rest, rest), gettext)
    )
    return gettext(models.FEATURE_OF[kind]).format(name=known.replace("_", " "))


def group(by: str, name: str, gettext: Callable[[str], str]) -> str:
    """A group of people on a model's card."""
    if not name:
        return gettext(_("Age not known") if by == "age" else _("Sex not known"))
    return gettext(people.GROUP[name]) if name in people.GROUP else name


def score(kind: str, told: Score) -> str:
    """What a score says. Near 50, or with an interval over most of the range, it says that nobody knows."""
    if told.low < 35 and told.high > 65:
        return people.SCORE_WORDS[kind][2][1]
    return next(text for edge, text in people.SCORE_WORDS[kind] if told.value < edge)


def error(told: Mapping[str, Any], gettext: Callable[[str], str]) -> str:
    """An error that a run ended with, in the reader's language."""
    code = str(told.get("code"))
    if code in work.GONE:
        return gettext(work.GONE[code])
    kind = _kinds().get(code)
    if kind is None or "parameters" not in told:
        return str(told.get("text", code))
    return kind(**told["parameters"]).worded(gettext)


def actor(name: str, accounts: Mapping[str, str], gettext: Callable[[str], str]) -> str:
    """Who did it: an account's name, or whoever was at the command line."""
    if name in accounts:
        return accounts[name]
    kind, _colon, rest = name.partition(":")
    return gettext(acts.ACTOR[kind]).format(name=rest) if kind in acts.ACTOR else name


def subject(name: str, accounts: Mapping[str, str], gettext: Callable[[str], str]) -> str:
    """What an audit entry is about: never a person's name."""
    kind, _colon, number = name.partition(":")
    text = gettext(acts.SUBJECT[kind]) if kind in acts.SUBJECT else name
    return text.format(name=accounts.get(name, number), number=number)


def _kinds() -> dict[str, type[CommonwealError]]:
    found: dict[str, type[CommonwealError]] = {}
    waiting = [CommonwealError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            found[kind.__name__] = kind
            waiting.append(kind)
    return found
