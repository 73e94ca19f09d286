"""Whose a fact is, among persons who were taken for one for a while: it goes with its record, else with its contact
point where only one of them has it, else with its subject (design: every fact keeps all three for ever).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from commonweal.campaign import Campaign
from commonweal.consent.points import contact_point
from commonweal.identity import queries as identity
from commonweal.interactions import queries
from commonweal.interactions.resolving import GLUE
from commonweal.store.ledger import Connection


@dataclass(frozen=True)
class Whose:
    """A living person among those whom they were parted from. `subjects`: under which ids their facts stand;
    `others`: those of the persons parted from; `records` and `points`: the person of each record and contact point.
    """

    person: int
    subjects: tuple[int, ...]
    others: tuple[int, ...] = ()
    records: Mapping[int, int] = field(default_factory=dict)
    points: Mapping[int, int] = field(default_factory=dict)

    @property
    def asked(self) -> tuple[int, ...]:
        """All subjects under which a fact of the person may stand."""
        return self.subjects + self.others

    def is_theirs(self, subject: int, record_id: int | None, point: int | None) -> bool:
        """Whether a fact is the person's."""
        owner = self.records.get(record_id or 0) or self.points.get(point or 0)
        return owner == self.person if owner else subject in self.subjects


def whose(campaign: Campaign, connection: Connection, person_id: int) -> Whose:
    """For a living person. Nearly nobody was ever parted: then there is nothing to look up."""
    subjects = tuple(queries.subjects(connection, person_id))
    parted = identity.parted_from(connection, subjects)
    if not parted:
        return Whose(person_id, subjects)
    others = {subject for each in parted for subject in queries.subjects(connection, each)}
    rows = connection.execute(
        "SELECT record_id, person_id, given ->> 'email', given ->> 'phone', source || %s || key FROM people.record"
        " WHERE person_id = ANY (%s)",
        (GLUE, [person_id, *parted]),
    ).fetchall()
    points: dict[int, set[int]] = {}
    for _record, person, *values in rows:
        for kind, value in zip(("email", "phone", "key"), values, strict=True):
            if value is not None:
                points.setdefault(contact_point(campaign, kind, value), set()).add(person)
    return Whose(
        person_id,
        subjects,
        tuple(sorted(others - set(subjects))),
        {record: person for record, person, *_values in rows},
        {point: next(iter(persons)) for point, persons in points.items() if len(persons) == 1},
    )
