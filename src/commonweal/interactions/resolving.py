"""Whom an event is about: by person, by a list's key, by e-mail address, by phone number.

An address or key that fits two persons is nobody's: it waits, rather than being guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from commonweal.campaign import Campaign
from commonweal.consent.points import contact_point
from commonweal.consent.queries import erased_points
from commonweal.intake.normalise.emails import emails
from commonweal.intake.normalise.phones import phones
from commonweal.interactions import columns
from commonweal.interactions.model import Event, Fault, Refusal
from commonweal.store.ledger import Connection

GLUE = "\x1f"

_BY_PERSON = """
    SELECT a.place, a.person, NULL::bigint, p.household_id
    FROM unnest(%(place)s::integer[], %(asked)s::bigint[]) AS a (place, person)
    LEFT JOIN identity.redirect r ON r.subject = a.person
    LEFT JOIN people.profile p ON p.person_id = coalesce(r.person_id, a.person)
"""
_BY_KEY = """
    SELECT a.place, min(k.person_id), min(k.record_id), min(p.household_id)
    FROM unnest(%(place)s::integer[], string_to_array(%(asked)s, E'\\x1e')) AS a (place, name)
    JOIN people.record k ON k.source = split_part(a.name, E'\\x1f', 1) AND k.key = split_part(a.name, E'\\x1f', 2)
    LEFT JOIN people.profile p USING (person_id)
    GROUP BY a.place HAVING count(DISTINCT k.person_id) = 1
"""
_BY_EMAIL = """
    SELECT a.place, min(p.person_id), NULL::bigint, min(p.household_id)
    FROM unnest(%(place)s::integer[], string_to_array(%(asked)s, E'\\x1e')) AS a (place, email)
    JOIN people.profile p ON p.email = a.email
    GROUP BY a.place HAVING count(*) = 1
"""
_BY_PHONE = """
    SELECT a.place, min(p.person_id), NULL::bigint, min(p.household_id)
    FROM unnest(%(place)s::integer[], string_to_array(%(asked)s, E'\\x1e')) AS a (place, phone)
    JOIN people.profile p ON p.phone_reversed = reverse(ltrim(a.phone, '+'))
    GROUP BY a.place HAVING count(*) = 1
"""

_ERASED_PERSONS = """
    SELECT s.subject FROM consent.suppression s
    WHERE EXISTS (SELECT FROM consent.tombstone) AND s.reason = 'erased' AND s.subject = ANY (%s)
"""


@dataclass
class Persons:
    """Who each event of a batch is about: columns of the batch's length."""

    subjects: list[int | None]
    records: list[int | None]
    households: list[int | None]
    points: list[int | None]  # keyed hashes of the address used, or of the key to be looked for again

    def parameters(self) -> dict[str, str | None]:
        """The columns as the insert takes them."""
        return {
            "subject": columns.numbers(self.subjects),
            "record_id": columns.numbers(self.records),
            "contact_point": columns.numbers(self.points),
            "household_id": columns.numbers(self.households),
        }


@dataclass(frozen=True)
class Addresses:
    """The e-mail address and phone number of each event, normalised; the contact point, which is a keyed hash of the
    address used, or (where no person is given) of the list's key; and the events whose address is none.
    """

    emails: list[str | None]
    phones: list[str | None]
    points: list[int | None]
    refused: tuple[Refusal, ...] = ()

    def at(self, places: Sequence[int]) -> Addresses:
        """Those of some events only."""
        columns_ = (self.emails, self.phones, self.points)
        return Addresses(*([column[place] for place in places] for column in columns_))  # type: ignore[arg-type]


def addresses(campaign: Campaign, events: Sequence[Event]) -> Addresses:
    """Normalised as intake normalises those of lists, so that they meet."""
    mail, numbers = [event.email for event in events], [event.phone for event in events]
    read, rung = mail, numbers
    if any(mail):
        read = emails(pa.array(mail, pa.string())).values.to_pylist()
    if any(numbers):
        rung = phones(pa.array(numbers, pa.string()), campaign.settings.region).values.to_pylist()
    refused = [*_unread(mail, read, Fault.BAD_EMAIL), *_unread(numbers, rung, Fault.BAD_PHONE)]
    return Addresses(read, rung, _points(campaign, events, read, rung), tuple(refused))


def erased(connection: Connection, events: Sequence[Event], told: Addresses) -> list[Refusal]:
    """The events about somebody who was erased, by address or by person."""
    points = {point for point in told.points if point is not None}
    persons = {event.person_id for event in events if event.person_id is not None}
    gone = erased_points(connection, points)
    left = {subject for (subject,) in connection.execute(_ERASED_PERSONS, (list(persons),)).fetchall()}
    return [
        Refusal(place, Fault.ERASED)
        for place, (event, point) in enumerate(zip(events, told.points, strict=True))
        if point in gone or event.person_id in left
    ]


def _unread(told: list[str | None], read: list[str | None], code: Fault) -> list[Refusal]:
    return [
        Refusal(place, code)
        for place, (before, after) in enumerate(zip(told, read, strict=True))
        if before is not None and after is None
    ]


def resolve(connection: Connection, events: Sequence[Event], told: Addresses) -> Persons:
    """Who the events are about, as the serving copy knows them now. A given person is taken at the caller's word."""
    size = len(events)
    found = Persons([event.person_id for event in events], [None] * size, [None] * size, told.points)
    given = [place for place, person in enumerate(found.subjects) if person is not None]
    _fill(connection, found, _BY_PERSON, given, columns.numbers([found.subjects[place] for place in given]))
    keys = [None if event.key is None else f"{event.source}{GLUE}{event.key}" for event in events]
    for query, values in ((_BY_KEY, keys), (_BY_EMAIL, told.emails), (_BY_PHONE, told.phones)):
        still = [
            place for place, value in enumerate(values) if value is not None and found.subjects[place] is None
        ]
        _fill(connection, found, query, still, "\x1e".join([values[place] or "" for place in still]))
    return found


def _points(
    campaign: Campaign, events: Sequence[Event], mail: list[str | None], numbers: list[str | None]
) -> list[int | None]:
    keys = [
        f"{event.source}{GLUE}{event.key}" if event.key is not None and event.person_id is None else None
        for event in events
    ]
    found: list[int | None] = [None] * len(events)
    for kind, values in (("key", keys), ("phone", numbers), ("email", mail)):
        for place, value in enumerate(values):
            if value is not None:
                found[place] = contact_point(campaign, kind, value)
    return found


def _fill(connection: Connection, found: Persons, query: str, places: list[int], asked: str | None) -> None:
    if not places:
        return
    given = {"place": columns.numbers(places), "asked": asked}
    for place, subject, record, household in connection.execute(query, given).fetchall():
        found.subjects[place] = subject
        found.records[place] = record
        found.households[place] = household
