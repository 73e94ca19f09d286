"""Which events can be taken in. No I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from commonweal.interactions.model import Direction, Event, Fault, Kind, Refusal

SKEW = timedelta(minutes=5)
"""How far a sender's clock may run ahead of ours."""

OLDEST = timedelta(days=20 * 365)
"""An older event is a slip of a clock."""

MOST = 5_000
"""Events of one batch."""

MOST_ANSWERS = 40
_LONGEST_ANSWER = 2_000
SENDER = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,59}")

_OUTCOMES = frozenset({Kind.ATTEMPT, Kind.REPLIED})
_OUT = frozenset({Kind.SENT, Kind.DELIVERED, Kind.BOUNCED, Kind.ATTEMPT, Kind.CORRECTION})
_CONTROL = re.compile("[\x00-\x1f\x7f]")
TEXTS = (
    *("event_id", "source", "key", "email", "phone", "message_version", "arm", "source_code"),
    *("actor", "device", "corrects"),
)


def direction(event: Event) -> Direction:
    """As told, else as the kind has it: what is sent or attempted goes out, the rest comes in."""
    return event.direction or (Direction.OUT if event.kind in _OUT else Direction.IN)


def faults(events: Sequence[Event], now: datetime) -> list[Refusal]:
    """The events that can't be taken in, each with the first reason found."""
    latest, earliest = now + SKEW, now - OLDEST
    found = []
    for position, event in enumerate(events):
        reason = _fault(event, latest, earliest)
        if reason is not None:
            found.append(Refusal(position, reason[0], reason[1]))
    refused = {refusal.position for refusal in found}
    return found + [each for each in _bad_texts(events) if each.position not in refused]


def _fault(event: Event, latest: datetime, earliest: datetime) -> tuple[Fault, dict[str, object]] | None:
    if event.occurred_at > latest:
        return Fault.FUTURE, {"minutes": int(SKEW.total_seconds() // 60)}
    if event.occurred_at < earliest:
        return Fault.LONG_PAST, {"years": OLDEST.days // 365}
    if (event.source is None) != (event.key is None):
        return Fault.HALF_KEY, {}
    if event.person_id is None and event.key is None and event.email is None and event.phone is None:
        return Fault.NOBODY, {}
    if event.channel is None and event.kind is not Kind.CORRECTION:
        return Fault.NO_CHANNEL, {}
    return _outcome_fault(event) or _correction_fault(event)


def _outcome_fault(event: Event) -> tuple[Fault, dict[str, object]] | None:
    if event.result is None and event.answers is None:
        return (Fault.NO_OUTCOME, {}) if event.kind is Kind.ATTEMPT else None
    if event.kind not in _OUTCOMES:
        return Fault.OUTCOME_OUT_OF_PLACE, {}
    if event.result is not None and event.answers is not None:
        return Fault.BOTH_OUTCOMES, {}
    if event.answers is not None and not _answers_fit(event.answers):
        return Fault.TOO_MANY_ANSWERS, {"most": MOST_ANSWERS}
    return None


def _answers_fit(answers: dict[str, str | int | float | bool | list[str]]) -> bool:
    """Not too many, none too long, and nothing that PostgreSQL's jsonb can't hold (a NUL, a lone surrogate)."""
    if not 0 < len(answers) <= MOST_ANSWERS:
        return False
    for name, answer in answers.items():
        told = answer if isinstance(answer, list) else [answer]
        texts = [name, *(text for text in told if isinstance(text, str))]
        if not 0 < len(name) <= 100 or len(told) > MOST_ANSWERS:
            return False
        if any(len(text) > _LONGEST_ANSWER or "\x00" in text for text in texts):
            return False
        if any(
            isinstance(number, int) and abs(number) >= 2**63 for number in told if not isinstance(number, str)
        ):
            return False
    return True


def _correction_fault(event: Event) -> tuple[Fault, dict[str, object]] | None:
    if event.kind is Kind.CORRECTION and event.corrects is None:
        return Fault.CORRECTS_NOTHING, {}
    if event.corrects == event.event_id:
        return Fault.CORRECTS_ITSELF, {}
    return None


def _bad_texts(events: Sequence[Event]) -> list[Refusal]:
    """Control characters; looked for in all texts of a field at once, since there are hardly ever any."""
    found: dict[int, Refusal] = {}
    for field in TEXTS:
        values = [getattr(event, field) for event in events]
        if _CONTROL.search("".join(filter(None, values))) is None:
            continue
        for position, value in enumerate(values):
            if value is not None and _CONTROL.search(value):
                found.setdefault(position, Refusal(position, Fault.BAD_TEXT, {"field": field}))
    return list(found.values())
