"""What pages read of people: one person, the overview, areas, universes. Search has its own module."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from commonweal.identity import queries as identity
from commonweal.people.errors import NoSuchPerson, NoSuchUniverse
from commonweal.people.grammar import parse
from commonweal.people.model import (
    Area,
    Chosen,
    ListRecord,
    Member,
    Overview,
    Person,
    Planned,
    PlannedContact,
    Preview,
    Provenance,
    Score,
    Universe,
)
from commonweal.people.search import name_of, search
from commonweal.people.selection_sql import condition
from commonweal.people.universe import Node, Vocabulary
from commonweal.people.wording import written
from commonweal.store.catalogue import PERSON_FIELDS
from commonweal.store.ledger import Connection

__all__ = [
    "area_outlines",
    "areas",
    "count",
    "household_evidence",
    "members",
    "names",
    "overview",
    "person",
    "planned",
    "preview",
    "records",
    "search",
    "universe",
    "universes",
    "vocabulary",
]

_MOST_MEMBERS = 50  # of a household: beyond, it is a home or a dormitory


def person(connection: Connection, person_id: int) -> Person:
    """One person, as the transaction's account may see them; a merged one is found under their former id.

    Raises NoSuchPerson.
    """
    living = identity.living(connection, [person_id])[person_id]
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("SELECT * FROM people.person WHERE person_id = %s", (living,)).fetchone()
    if row is None:
        raise NoSuchPerson(person_id=person_id)
    return Person(
        person_id=living,
        name=name_of(row),
        fields=_chosen(connection, row),
        votes=row["votes"],
        attributes=row["attributes"],
        tags=tuple(row["tags"]),
        lists=tuple(row["lists"]),
        records=_records(connection, living),
        household_id=row["household_id"],
        household=_household(connection, row["household_id"]),
        area=_area(connection, row["area_code"]),
        turnout=_score(row, "turnout"),
        support=_score(row, "support"),
        planned=_planned(row),
    )


def names(connection: Connection, persons: Iterable[int]) -> dict[int, str]:
    """What these persons are called, as far as the transaction's account may see them; merged ones under both ids."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT s AS subject, given_name, surname FROM unnest(%s::bigint[]) AS s"
            " JOIN people.profile p ON p.person_id = identity.living(s)",
            (list(persons),),
        ).fetchall()
    return {row["subject"]: name_of(row) for row in rows}


def _chosen(connection: Connection, row: dict[str, Any]) -> tuple[Chosen, ...]:
    origins = dict(zip(PERSON_FIELDS, row["origins"], strict=True))
    rows = connection.execute(
        'SELECT origin, batch_id, source, "column", as_of, purpose, legal_basis'
        " FROM people.origin WHERE origin = ANY (%s)",
        ([origin for origin in origins.values() if origin is not None],),
    ).fetchall()
    known = {origin: Provenance(*rest) for origin, *rest in rows}
    return tuple(
        Chosen(name, row[name], known.get(origin) if origin is not None else None)
        for name, origin in origins.items()
        if row[name] is not None
    )


_RECORD = "SELECT r.*, b.as_of FROM people.record r LEFT JOIN intake.batch b USING (batch_id)"


def records(connection: Connection, record_ids: Sequence[int]) -> tuple[ListRecord, ...]:
    """Rows of lists by their ids, in that order, as far as the transaction's account may see them."""
    return _as_records(
        connection,
        f"{_RECORD} WHERE record_id = ANY (%(asked)s::bigint[]) ORDER BY array_position(%(asked)s::bigint[], record_id)",
        {"asked": list(record_ids)},
    )


def _records(connection: Connection, person_id: int) -> tuple[ListRecord, ...]:
    return _as_records(
        connection,
        f"{_RECORD} WHERE person_id = %(person)s ORDER BY r.inactive_since NULLS FIRST, r.source, r.line",
        {"person": person_id},
    )


def _as_records(connection: Connection, query: str, given: dict[str, Any]) -> tuple[ListRecord, ...]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, given).fetchall()
    return tuple(
        ListRecord(
            row["record_id"],
            row["source"],
            row["batch_id"],
            row["as_of"],
            row["line"],
            row["evidence"],
            row["inactive_since"],
            votes=row["given"].pop("votes", {}),
            attributes=row["given"].pop("attributes", {}),
            given=row["given"],
        )
        for row in rows
    )


def _household(connection: Connection, household_id: int | None) -> tuple[Member, ...]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT person_id, given_name, surname, birth_year, sex FROM people.profile WHERE household_id = %s"
            " ORDER BY birth_year NULLS LAST, sort_key, person_id LIMIT %s",
            (household_id, _MOST_MEMBERS),
        ).fetchall()
    return tuple(Member(row["person_id"], name_of(row), row["birth_year"], row["sex"]) for row in rows)


def household_evidence(connection: Connection, person_id: int) -> str | None:
    """What ties a living person to their household: a code of identity.model.HouseholdEvidence."""
    row = connection.execute(
        "SELECT household_evidence FROM people.profile WHERE person_id = %s", (person_id,)
    ).fetchone()
    return row[0] if row else None


def _score(row: dict[str, Any], name: str) -> Score | None:
    value = row[name]
    return None if value is None else Score(value, row[f"{name}_low"], row[f"{name}_high"])


def _planned(row: dict[str, Any]) -> Planned | None:
    if row["plan_id"] is None:
        return None
    return planned(
        row["plan_id"],
        row["planned"],
        row["votes_gained"],
        row["votes_error"],
        row["reason"],
        row["second"],
        row["second_votes"],
        row["days"],
    )


def planned(
    plan_id: int,
    options: Sequence[str] | None,
    votes: Sequence[float],
    errors: Sequence[float],
    reason: str | None,
    second: str | None,
    second_votes: float | None,
    days: Sequence[date | None] | None,
) -> Planned:
    """What people.standing says of a plan: plan_id, planned, votes_gained, votes_error, reason, second, second_votes, days."""
    if not options:
        return Planned(plan_id, (), reason, second, second_votes)
    contacts = zip(options, votes, errors, days or [None] * len(options), strict=True)
    return Planned(plan_id, tuple(PlannedContact(*each) for each in contacts), reason, second, second_votes)


def overview(connection: Connection) -> Overview | None:
    """What the serving copy holds, or None before anything was published."""
    row = connection.execute(
        "SELECT at, persons, households, records, by_lists, example FROM people.overview"
    ).fetchone()
    if row is None:
        return None
    at, persons, households, records, by_lists, example = row
    return Overview(at, persons, households, records, {int(k): v for k, v in by_lists.items()}, example)


_AREA = (
    "SELECT a.area_code, a.name, a.address, a.latitude, a.longitude, a.facts, coalesce(k.persons, 0)"
    " FROM people.area a LEFT JOIN people.known k ON k.kind = 'area' AND k.name = a.area_code"
)


def areas(connection: Connection) -> list[Area]:
    """All areas, by code, each with its number of persons."""
    return [Area(*row) for row in connection.execute(_AREA + " ORDER BY a.area_code").fetchall()]


def _area(connection: Connection, area_code: str | None) -> Area | None:
    row = connection.execute(_AREA + " WHERE a.area_code = %s", (area_code,)).fetchone()
    return Area(*row) if row else None


def area_outlines(connection: Connection) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of all areas for a map; properties: code, name, persons."""
    rows = connection.execute(
        "SELECT a.area_code, a.name, a.outline, coalesce(k.persons, 0) FROM people.area a"
        " LEFT JOIN people.known k ON k.kind = 'area' AND k.name = a.area_code ORDER BY a.area_code"
    ).fetchall()
    features = [
        {
            "type": "Feature",
            "id": code,
            "properties": {"code": code, "name": name, "persons": persons},
            "geometry": outline,
        }
        for code, name, outline, persons in rows
    ]
    return {"type": "FeatureCollection", "features": features}


def vocabulary(connection: Connection) -> Vocabulary:
    """The names that an expression may ask for."""
    names: dict[str, set[str]] = {}
    for kind, name in connection.execute("SELECT kind, name FROM people.known").fetchall():
        names.setdefault(kind, set()).add(name)
    of = {kind: frozenset(found) for kind, found in names.items()}
    kinds = ("election", "attribute", "tag", "list", "area")
    return Vocabulary(*(of.get(kind, frozenset()) for kind in kinds))


def count(connection: Connection, node: Node, today: date) -> int:
    """How many persons meet an expression, whoever asks: a number tells of nobody. Web and worker need an account."""
    meant = condition(node, today)
    query = sql.SQL("SELECT count(*) FROM people.counted WHERE {}").format(meant.where)
    row = connection.execute(query, meant.parameters).fetchone()
    assert row is not None
    return int(row[0])


def members(connection: Connection, node: Node, today: date, limit: int = 50) -> list[int]:
    """The first persons, by name, who meet an expression and whom the transaction's account may see."""
    meant = condition(node, today)
    query = sql.SQL(
        "SELECT person_id FROM people.person WHERE {} ORDER BY sort_key, person_id LIMIT {}"
    ).format(meant.where, sql.Literal(limit))
    return [found for (found,) in connection.execute(query, meant.parameters).fetchall()]


def preview(connection: Connection, expression: str, today: date) -> Preview:
    """An expression read, written tidily, and counted. Raises ExpressionError."""
    node = parse(expression, vocabulary(connection))
    return Preview(node, written(node), count(connection, node, today))


_UNIVERSE = (
    "SELECT universe_id, name, expression, persons, counted_at, made_by, made_at, changed_by, changed_at"
    " FROM people.universe"
)


def universes(connection: Connection) -> list[Universe]:
    """All saved universes, by name."""
    return [Universe(*row) for row in connection.execute(_UNIVERSE + " ORDER BY name").fetchall()]


def universe(connection: Connection, universe_id: int) -> Universe:
    """One universe. Raises NoSuchUniverse."""
    row = connection.execute(_UNIVERSE + " WHERE universe_id = %s", (universe_id,)).fetchone()
    if row is None:
        raise NoSuchUniverse(universe=universe_id)
    return Universe(*row)
