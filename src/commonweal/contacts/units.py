"""Who is contacted together: at a door and in a letter a household, elsewhere a person alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from commonweal.contacts.model import HOUSEHOLD_CHANNELS, Channel
from commonweal.interactions.columns import numbers
from commonweal.store.ledger import Connection

_PERSONS = """
    SELECT a.place, coalesce(r.person_id, a.asked), p.person_id IS NOT NULL, p.household_id, h.facts ->> 'timezone'
    FROM unnest(%s::bigint[]) WITH ORDINALITY AS a (asked, place)
    LEFT JOIN identity.redirect r ON r.subject = a.asked
    LEFT JOIN people.profile p ON p.person_id = coalesce(r.person_id, a.asked)
    LEFT JOIN people.area h ON h.area_code = p.area_code
"""
_MATES = "SELECT household_id, person_id FROM people.profile WHERE household_id = ANY (%s::bigint[])"
_FORMER = "SELECT person_id, subject FROM identity.redirect WHERE person_id = ANY (%s::bigint[])"


@dataclass
class Unit:
    """Who is contacted together: at a door all of a household, else one person."""

    household_id: int | None
    zone: str | None
    asked: list[int] = field(default_factory=list)
    members: list[int] = field(default_factory=list)


def together(
    connection: Connection, channel: Channel, wanted: Mapping[int, int]
) -> tuple[dict[int, int], list[Unit], list[int]]:
    """The living persons with their options; who is contacted with whom; and who is nobody.

    `wanted`: by person as they were asked for, the place of their option.
    """
    by_home = channel in HOUSEHOLD_CHANNELS
    places, options = list(wanted.values()), dict[int, int]()
    units, unknown = dict[tuple[str, int], Unit](), list[int]()
    for place, person, known, household, zone in connection.execute(
        _PERSONS, (numbers(list(wanted)),)
    ).fetchall():
        if not known:
            unknown.append(person)
            continue
        options.setdefault(person, places[place - 1])
        key = ("household", household) if by_home and household is not None else ("person", person)
        unit = units.setdefault(key, Unit(household, zone))
        if person not in unit.asked:
            unit.asked.append(person)
    homes = {key: unit for (kind, key), unit in units.items() if kind == "household"}
    for unit in units.values():
        if len(unit.asked) > 1:
            unit.asked.sort()
        unit.members = list(unit.asked)
    if homes:
        for household, person in connection.execute(_MATES, (list(homes),)).fetchall():
            if person not in homes[household].members:
                homes[household].members.append(person)
    return options, list(units.values()), unknown


def former(connection: Connection, units: Iterable[Unit]) -> dict[int, list[int]]:
    """The subjects that were merged into each member."""
    found: dict[int, list[int]] = {}
    members = [member for unit in units for member in unit.members]
    for person, subject in connection.execute(_FORMER, (numbers(members),)).fetchall():
        found.setdefault(person, []).append(subject)
    return found
