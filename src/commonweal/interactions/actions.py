"""Taking events in, and undoing one. Who pending ones are about: pending.py. Old days to the lake: moving.py."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from weakref import WeakKeyDictionary

import numpy as np

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.interactions import columns, resolving
from commonweal.interactions.errors import BadSender, BatchTooLarge, NoSuchEvent
from commonweal.interactions.model import Event, Kind, Refusal, Taken
from commonweal.interactions.queries import happened
from commonweal.interactions.rules import MOST, SENDER, faults
from commonweal.store.ledger import Connection, Ledger, LedgerRole

Also = Callable[[Connection, Taken], None]
"""What another room does in the same transaction, told the new events and who they are about."""

_AHEAD = 3  # days of receipt that have their partition in advance

_opened: WeakKeyDictionary[Ledger, set[date]] = WeakKeyDictionary()
_opened_lock = threading.Lock()

_NOTE_SEEN = """
    INSERT INTO interactions.seen (high, low, received_on)
    SELECT high, low, %(day)s FROM unnest(%(high)s::bigint[], %(low)s::bigint[]) AS s (high, low)
    ON CONFLICT DO NOTHING RETURNING high, low
"""
_TEXTS = (
    *("event_id", "kind", "channel", "direction", "message_version", "arm", "source_code", "actor", "device"),
    *("result", "answers", "corrects"),
)
_NUMBERS = ("subject", "record_id", "contact_point", "household_id", "claim_id", "cost")
_ADD = f"""
    INSERT INTO interactions.event (sender, received_at, received_on, occurred_at, {", ".join((*_TEXTS, *_NUMBERS))})
    SELECT %(sender)s, %(received_at)s, %(day)s, occurred_at,
        {", ".join("answers::jsonb" if name == "answers" else name for name in (*_TEXTS, *_NUMBERS))}
    FROM unnest(%(occurred_at)s::timestamptz[], {", ".join(columns.SPLIT.format(name) for name in _TEXTS)},
        {", ".join(f"%({name})s::bigint[]" for name in _NUMBERS)})
        AS e (occurred_at, {", ".join((*_TEXTS, *_NUMBERS))})
"""  # names of columns, all of them from the tuples above


def take_in(
    campaign: Campaign,
    events: Sequence[Event],
    sender: str,
    *,
    also: Also | None = None,
    actor: str | None = None,
) -> Taken:
    """Take in a batch, of at most rules.MOST events, in one transaction; what was taken in before changes nothing.

    An event is known by `sender` and its `event_id`. Those that can't be taken in are refused one by one, the rest goes
    in. `also` runs in the transaction once the new events stand there. Raises BadSender, BatchTooLarge.
    """
    open_day(campaign, campaign.today)
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        return add(connection, campaign, events, sender, also=also, actor=actor)


def add(
    connection: Connection,
    campaign: Campaign,
    events: Sequence[Event],
    sender: str,
    *,
    also: Also | None = None,
    actor: str | None = None,
) -> Taken:
    """As `take_in`, in the caller's transaction (role bulk), who has called `open_day` for today before it."""
    if not SENDER.fullmatch(sender):
        raise BadSender(sender=sender)
    if len(events) > MOST:
        raise BatchTooLarge(events=len(events), most=MOST)
    now, day = campaign.clock(), campaign.today
    told = resolving.addresses(campaign, events)
    found = (*resolving.erased(connection, events, told), *told.refused, *faults(events, now))
    refused = {refusal.position: refusal for refusal in found}
    good = _once(events, refused)
    fresh = _fresh(connection, sender, events, good, day)
    new = [events[place] for place in fresh]
    persons = resolving.resolve(connection, new, told.at(fresh))
    if new:
        parameters = columns.parameters(new) | persons.parameters()
        connection.execute(_ADD, {**parameters, "sender": sender, "received_at": now, "day": day})
    taken = Taken(
        accepted=len(new),
        repeated=len(events) - len(refused) - len(new),
        pending=persons.subjects.count(None),
        refused=tuple(refused[place] for place in sorted(refused)),
        events=tuple(new),
        subjects=tuple(persons.subjects),
        households=tuple(persons.households),
        received_on=day,
    )
    if also:
        also(connection, taken)
    detail = {"sender": sender, "accepted": len(new), "repeated": taken.repeated, "pending": taken.pending}
    audit.record(
        connection, campaign, "events.take_in", detail=detail | {"refused": len(refused)}, actor=actor
    )
    return taken


def open_day(campaign: Campaign, day: date) -> None:
    """Have the partition of a day of receipt, and of the next few days; asked of the ledger once a process."""
    with _opened_lock:
        known = _opened.setdefault(campaign.ledger, set())
    if day in known:
        return
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        for ahead in range(_AHEAD):
            connection.execute("SELECT interactions.open_day(%s)", (day + timedelta(days=ahead),))
    known.add(day)


def undo(
    campaign: Campaign,
    person_id: int,
    sender: str,
    event_id: str,
    *,
    also: Also | None = None,
    actor: str | None = None,
) -> Taken:
    """Say that an event did not happen, by a further one that corrects it; both are kept. Raises NoSuchEvent."""
    open_day(campaign, campaign.today)
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        first = happened(connection, person_id, sender, event_id)
        if first is None:
            raise NoSuchEvent()
        subject, channel, claim_id = first
        correction = Event(
            event_id=f"undo:{hashlib.blake2b(event_id.encode(), digest_size=16).hexdigest()}",
            kind=Kind.CORRECTION,
            occurred_at=campaign.clock(),
            channel=channel,
            person_id=subject,
            claim_id=claim_id,
            actor=(actor or campaign.actor)[:100],
            corrects=event_id,
        )
        return add(connection, campaign, [correction], sender, also=also, actor=actor)


def _once(events: Sequence[Event], refused: Mapping[int, Refusal]) -> list[int]:
    """The places of those not refused; of those with one id the first."""
    first: dict[str, int] = {}
    for place, event in enumerate(events):
        if place not in refused:
            first.setdefault(event.event_id, place)
    return list(first.values())


def _fresh(
    connection: Connection, sender: str, events: Sequence[Event], good: list[int], day: date
) -> list[int]:
    """The places of events never seen before; they are noted as seen. Sorted, so that no two batches lock crosswise."""
    if not good:
        return []
    high, low = columns.hashes(sender, [events[place].event_id for place in good])
    order = np.lexsort((low, high))
    given = {
        "high": columns.numbers(high[order].tolist()),
        "low": columns.numbers(low[order].tolist()),
        "day": day,
    }
    noted = connection.execute(_NOTE_SEEN, given)
    if noted.rowcount == len(good):
        return good
    new = set(noted.fetchall())
    pairs = zip(high.tolist(), low.tolist(), strict=True)
    return [place for place, pair in zip(good, pairs, strict=True) if pair in new]
