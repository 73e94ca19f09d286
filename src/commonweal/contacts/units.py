"""Who is contacted together: at a door and in a letter a household, elsewhere a person alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from commonweal.contacts.model import HOUSEHOLD_CHANNELS, Channel
from commonweal.interactions.columns import numbers
from commonweal.store.ledger import Connection

# With each person the subjects that were merged into them.
_PERSONS = """
    SELECT a.place, coalesce(r.person_id, a.asked), p.person_id IS NOT NULL, p.household_id, h.facts ->> 'timezone',
        array(SELECT f.subject FROM identity.redirect f WHERE f.person_id = p.person_id)
    FROM unnest(%s::bigint[]) WITH ORDINALITY AS a (asked, place)
    LEFT JOIN identity.redirect r ON r.subject = a.asked
    LEFT JOIN people.profile p ON p.person_id = coalesce(r.person_id, a.asked)
    LEFT JOIN people.area h ON h.area_code = p.area_code
"""
_MATES = """
    SELECT p.household_id, p.person_id, array(SELECT f.subject FROM identity.redirect f WHERE f.person_id = p.person_id)
    FROM people.profile p WHERE p.household_id = ANY (%s::bigint[])
"""


@dataclass
class Unit:
    """Who is contacted together: at a door all of a household, else one person.

    subjects: each member as all that were merged into them, the living one first.
    """

    household_id: int | None
    zone: str | None
    asked: list[int] = field(default_factory=list)
    subjects: dict[int, list[int]] = field(default_factory=dict)

    def all_subjects(self) -> list[int]:
        """Whose pressure is that on its members."""
        return [subject for each in self.subjects.values() for subject in each]


def together(
    connection: Connection, channel: Channel, wanted: Mapping[int, int]
) -> tuple[dict[int, int], list[Unit], list[int]]:
    """The living persons with their options; who is contacted with whom; and who is nobody.

    `wanted`: by person as they were asked for, the place of their option.
    """
    by_home = channel in HOUSEHOLD_CHANNELS
    places, options = list(wanted.values()), dict[int, int]()
    units, unknown = dict[tuple[str, int], Unit](), list[int]()
    for place, person, known, household, zone, former in connection.execute(
        _PERSONS, (numbers(list(wanted)),)
    ).fetchall():
        if not known:
            unknown.append(person)
            continue
        options.setdefault(person, places[place - 1])
        key = ("household", household) if by_home and household is not None else ("person", person)
        unit = units.setdefault(key, Unit(household, zone))
        if person not in unit.subjects:
            unit.asked.append(person)
            unit.subjects[person] = [person, *former]
    homes = {key: unit for (kind, key), unit in units.items() if kind == "household"}
    if homes:
        for household, person, former in connection.execute(_MATES, (list(homes),)).fetchall():
            homes[household].subjects.setdefault(person, [person, *former])
    for unit in units.values():
        if len(unit.asked) > 1:
            unit.asked.sort()
    return options, list(units.values()), unknown
