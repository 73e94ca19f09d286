"""A person's whole story on one line of time: contacts and answers in the ledger and in the lake, and what other rooms
tell (consents, changes of identity, who looked).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from commonweal.audit import queries as audit
from commonweal.campaign import Campaign
from commonweal.consent import queries as consent
from commonweal.identity import queries as identity
from commonweal.interactions.model import Moment
from commonweal.interactions.moving import TABLE, partition
from commonweal.interactions.whose import Whose, whose
from commonweal.people.errors import NoSuchPerson
from commonweal.store.ledger import Connection, LedgerRole


@dataclass(frozen=True)
class Window:
    """Which part of a line of time is asked for: of these subjects, nothing after `until`, the newest `most`."""

    subjects: tuple[int, ...]
    until: datetime
    most: int


Teller = Callable[[Connection, Window], list[Moment]]
"""Gives the moments of one kind in a window, the newest first; its `number` orders those of one instant."""


@dataclass(frozen=True)
class Page:
    """A part of a story, the newest first. `until` and `skip` ask for the next one; None at the beginning of it all."""

    moments: tuple[Moment, ...]
    until: datetime | None = None
    skip: int = 0


_COLUMNS = (
    *(
        "event_id",
        "sender",
        "kind",
        "occurred_at",
        "received_at",
        "subject",
        "channel",
        "direction",
        "claim_id",
    ),
    *("message_version", "arm", "source_code", "actor", "device", "result", "answers", "cost", "corrects"),
    *("record_id", "contact_point"),
)
_UNTOLD = {"occurred_at", "actor", "record_id", "contact_point"}  # not among a moment's particulars
_MOST_LOOKS = 2_000  # of the newest
_ALL = 1_000_000  # of who was parted from somebody: which rows are theirs is known once they are read


def of(
    campaign: Campaign,
    connection: Connection,
    person_id: int,
    *,
    tellers: Sequence[Teller] = (),
    until: datetime | None = None,
    skip: int = 0,
    most: int = 50,
) -> Page:
    """What happened between the campaign and a person, and everyone merged into them; the newest first.

    `connection` decides who may be seen: raises NoSuchPerson for somebody whom it doesn't show. `tellers` add what other
    rooms know. To page on, hand back the last page's `until` and `skip`.
    """
    living = identity.living(connection, [person_id])[person_id]
    if not connection.execute("SELECT FROM people.profile WHERE person_id = %s", (living,)).rowcount:
        raise NoSuchPerson(person_id=person_id)
    person = whose(campaign, connection, living)
    asked = Window(
        person.subjects,
        until or datetime.max.replace(tzinfo=campaign.clock().tzinfo),
        most + skip + 1,
    )
    told = [moment for teller in (*_own(campaign, person), *tellers) for moment in teller(connection, asked)]
    told.sort(key=_order, reverse=True)
    return _cut(told, most, skip)


def _order(moment: Moment) -> tuple[datetime, str, str]:
    number = moment.number
    return moment.when, moment.source, f"{number:020d}" if isinstance(number, int) else number


def _cut(told: Sequence[Moment], most: int, skip: int) -> Page:
    """One page: without those of the first instant that were shown before."""
    shown = tuple(told[skip : skip + most])
    if len(told) <= skip + most:
        return Page(shown)
    last = shown[-1].when
    return Page(shown, last, sum(moment.when == last for moment in told[: skip + most]))


def _own(campaign: Campaign, person: Whose) -> tuple[Teller, ...]:
    """What is known at this height: events of both stores, and what became of the person's identity."""

    def events(connection: Connection, own: Window) -> list[Moment]:
        window = replace(own, subjects=person.asked, most=_ALL) if person.others else own
        recent = _in_ledger(connection, window)
        corrected = _corrected(connection, window)
        old = _in_lake(
            campaign, window
        )  # after the ledger: a day that moves meanwhile is met twice, never missed
        corrected |= {(each["sender"], each["corrects"]) for each in old if each["corrects"]}
        both = {
            (each["sender"], each["event_id"]): each
            for each in (*old, *recent)
            if each["occurred_at"] <= window.until
            and person.is_theirs(each["subject"], each["record_id"], each["contact_point"])
        }
        moments = [_moment(each, undone=key in corrected) for key, each in both.items()]
        return sorted(moments, key=_order, reverse=True)[: own.most]

    return events, _consents, _identity


def _in_ledger(connection: Connection, window: Window) -> list[dict[str, Any]]:
    rows = connection.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM interactions.event WHERE subject = ANY (%s) AND occurred_at <= %s"
        " ORDER BY occurred_at DESC, sender DESC, event_id DESC LIMIT %s",
        (list(window.subjects), window.until, window.most),
    ).fetchall()
    return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]


def _corrected(connection: Connection, window: Window) -> set[tuple[str, str]]:
    """Sender and id of what was undone or replaced; a correction is later than what it corrects, so of all times."""
    rows = connection.execute(
        "SELECT sender, corrects FROM interactions.event WHERE subject = ANY (%s) AND corrects IS NOT NULL",
        (list(window.subjects),),
    ).fetchall()
    return {(sender, corrects) for sender, corrects in rows}


def _in_lake(campaign: Campaign, window: Window) -> list[dict[str, Any]]:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        within = sorted({partition(subject) for subject in window.subjects})
        rows = campaign.lake.find(connection, TABLE, "subject", window.subjects, within)
    found: list[dict[str, Any]] = rows.select(_COLUMNS).to_pylist()
    for each in found:
        each["answers"] = msgspec.json.decode(each["answers"]) if each["answers"] else None
    return found


def _moment(event: dict[str, Any], *, undone: bool) -> Moment:
    params = {name: event[name] for name in _COLUMNS if name not in _UNTOLD and event[name] is not None}
    if undone:
        params["undone"] = True
    number = f"{event['sender']}\x1f{event['event_id']}"
    return Moment(event["occurred_at"], "event", event["kind"], params, event["actor"], number)


def _identity(connection: Connection, window: Window) -> list[Moment]:
    """When the person was merged with another, or split off one."""
    rows = connection.execute(
        "SELECT r.at, e.kind, e.person_id, e.other_id, r.actor, e.event_id"
        " FROM identity.event e JOIN identity.run r USING (run_id)"
        " WHERE (e.person_id = ANY (%(of)s) OR e.other_id = ANY (%(of)s)) AND r.at <= %(until)s"
        " ORDER BY r.at DESC, e.event_id DESC LIMIT %(most)s",
        {"of": list(window.subjects), "until": window.until, "most": window.most},
    ).fetchall()
    return [
        Moment(at, "identity", kind, {"person": person, "other": other}, actor, number)
        for at, kind, person, other, actor, number in rows
    ]


def _consents(connection: Connection, window: Window) -> list[Moment]:
    """What the person agreed to and refused, and what they are to be spared."""
    told = consent.moments(connection, window.subjects[0])
    found = [
        Moment(
            each.at,
            "consent",
            each.kind,
            {"channel": each.channel, "purpose": each.purpose, "reason": each.reason, "source": each.source},
            each.actor,
            len(told) - place,
        )
        for place, each in enumerate(told)
        if each.at <= window.until
    ]
    return sorted(found, key=_order, reverse=True)[: window.most]


def looks(connection: Connection, window: Window) -> list[Moment]:
    """Who looked at the person and who changed what: for those who may read the audit."""
    told = audit.moments(connection, window.subjects[0], _MOST_LOOKS)
    found = [
        Moment(
            each.at, "audit", each.verb, {"why": each.why} if each.why else {}, each.actor, len(told) - place
        )
        for place, each in enumerate(told)
        if each.at <= window.until
    ]
    return sorted(found, key=_order, reverse=True)[: window.most]
