"""What the ledger knows of identity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from commonweal.identity.model import Answer, Census, Decision, LinkModel, Turn


def newest_model(connection: psycopg.Connection[Any]) -> tuple[int, LinkModel] | None:
    """The weights in use, with their number; None while none were learnt."""
    row = connection.execute(
        "SELECT model_id, weights FROM identity.model ORDER BY model_id DESC LIMIT 1"
    ).fetchone()
    return (row[0], LinkModel.from_json(row[1])) if row else None


@dataclass(frozen=True)
class LastRun:
    """The newest run: what it was made from, the newest decision that it knew of, and what it found.

    `model_id`: its weights; `census`: what it counted by; `left_behind`: see `standing.LeftBehind`; None where the next
    one can't go on from it."""

    made_from: str
    heard: int
    records: int
    persons: int
    households: int
    doubts: int
    model_id: int | None
    census_id: int | None
    census: Census | None
    left_behind: Any


def last_run(connection: psycopg.Connection[Any]) -> LastRun | None:
    """None before the first one."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "SELECT coalesce(made_from, '') AS made_from, heard, r.records, persons, households, doubts, r.model_id,"
            " census_id, counts AS census, left_behind FROM identity.run r LEFT JOIN identity.census USING (census_id)"
            " ORDER BY run_id DESC LIMIT 1"
        ).fetchone()
    return LastRun(**row | {"census": row["census"] and Census.from_json(row["census"])}) if row else None


def living(connection: psycopg.Connection[Any], subjects: Iterable[int]) -> dict[int, int]:
    """For each subject the person it is part of now."""
    rows = connection.execute(
        "SELECT s, identity.living(s) FROM unnest(%s::bigint[]) AS s", (list(subjects),)
    ).fetchall()
    return dict(rows)


def redirects_to(connection: psycopg.Connection[Any], persons: Iterable[int]) -> dict[int, int]:
    """The former persons that are part of any of `persons` now."""
    rows = connection.execute(
        "SELECT subject, person_id FROM identity.redirect WHERE person_id = ANY(%s)", (list(persons),)
    ).fetchall()
    return dict(rows)


def owners(connection: psycopg.Connection[Any], records: Iterable[int]) -> dict[int, int]:
    """The person of each record, as the serving copy has it; records that are in no list are left out."""
    rows = connection.execute(
        "SELECT record_id, person_id FROM people.record WHERE record_id = ANY (%s)", (list(records),)
    ).fetchall()
    return dict(rows)


def decisions(connection: psycopg.Connection[Any]) -> list[Decision]:
    """All that was said of pairs of records, in order."""
    rows = connection.execute(
        "SELECT decision_id, left_record, right_record, answer FROM identity.decision ORDER BY decision_id"
    ).fetchall()
    return [Decision(number, left, right, Answer(answer)) for number, left, right, answer in rows]


def others_word(connection: psycopg.Connection[Any], left: int, right: int, actor: str) -> bool:
    """Whether the last word on a pair is somebody else's, who was sure."""
    row = connection.execute(
        "SELECT actor, answer FROM identity.decision WHERE left_record = %s AND right_record = %s"
        " ORDER BY decision_id DESC LIMIT 1",
        (left, right),
    ).fetchone()
    return row is not None and row[0] != actor and row[1] != Answer.UNSURE


@dataclass(frozen=True)
class Merge:
    """A merge as it was written down: who went, in which run, when, with which records (None: before migration 0019
    these were not noted); `undone`: it was taken back."""

    run_id: int
    at: datetime
    gone: int
    records: tuple[int, ...] | None
    undone: bool


def merge(connection: psycopg.Connection[Any], event_id: int) -> Merge | None:
    """A merge by its event; None when the event is none."""
    row = connection.execute(
        "SELECT e.run_id, r.at, e.person_id, e.records, u.event_id IS NOT NULL FROM identity.event e"
        " JOIN identity.run r USING (run_id) LEFT JOIN identity.event u ON u.undoes = e.event_id"
        " WHERE e.event_id = %s AND e.kind = 'merge'",
        (event_id,),
    ).fetchone()
    if row is None:
        return None
    run_id, at, gone, records, undone = row
    return Merge(run_id, at, gone, None if records is None else tuple(records), undone)


def merges(connection: psycopg.Connection[Any], persons: Iterable[int]) -> dict[int, int]:
    """Of these persons those who were merged and not parted again, each with whom they were merged into."""
    rows = connection.execute(
        "SELECT person_id, other_id FROM identity.event e WHERE kind = 'merge' AND person_id = ANY (%s)"
        " AND NOT EXISTS (SELECT FROM identity.event u WHERE u.undoes = e.event_id)",
        (list(persons),),
    ).fetchall()
    return dict(rows)


def parted_from(connection: psycopg.Connection[Any], subjects: Iterable[int]) -> list[int]:
    """The living persons from whom somebody, known by any of these ids, was parted: by a split, or a merge taken back.

    Facts of the time when they were one may stand under the other's id."""
    rows = connection.execute(
        "SELECT DISTINCT identity.living(other) FROM (SELECT"
        "   CASE WHEN person_id = ANY (%(of)s) THEN other_id ELSE person_id END AS other FROM identity.event"
        "   WHERE kind IN ('split', 'undo') AND (person_id = ANY (%(of)s) OR other_id = ANY (%(of)s))) parted"
        " WHERE identity.living(other) <> ALL (%(of)s) ORDER BY 1",
        {"of": list(subjects)},
    ).fetchall()
    return [person for (person,) in rows]


def attached_since(connection: psycopg.Connection[Any], person_id: int, run_id: int) -> set[int]:
    """The records, of nobody before, that came to a living person or those merged into it in a run or after it."""
    rows = connection.execute(
        "SELECT DISTINCT unnest(records) FROM identity.event WHERE kind = 'attach' AND other_id IS NULL"
        " AND run_id >= %(run)s AND (person_id = %(person)s"
        "   OR person_id IN (SELECT subject FROM identity.redirect WHERE person_id = %(person)s))",
        {"run": run_id, "person": person_id},
    ).fetchall()
    return {record for (record,) in rows}


def history(connection: psycopg.Connection[Any], person_id: int) -> list[Turn]:
    """What happened to a living person's id and to those merged into it, and what was said of their records; the
    newest first. As far as the transaction's account may see."""
    given = {"of": [person_id, *redirects_to(connection, [person_id])]}
    events = connection.execute(_TURNS, given).fetchall()
    reviews = connection.execute(_REVIEWS, given).fetchall()
    turns = [
        Turn(
            at,
            kind,
            actor,
            event_id,
            person,
            other,
            number,
            tuple(records or ()),
            undone=(undone_at, undone_by) if undone_at else None,
        )
        for event_id, at, kind, actor, person, other, number, records, undone_at, undone_by in events
    ] + [
        Turn(
            at,
            "review",
            actor,
            person=left,
            other=right,
            number=2,
            records=(one, two),
            answer=Answer(answer),
            why=why,
        )
        for at, actor, left, right, one, two, answer, why in reviews
    ]
    return sorted(turns, key=lambda turn: (turn.at, turn.event_id or 0), reverse=True)


_TURNS = """
    SELECT e.event_id, r.at, e.kind, r.actor, e.person_id, e.other_id, e.number, e.records, ur.at, ur.actor
    FROM identity.event e JOIN identity.run r USING (run_id)
    LEFT JOIN identity.event u ON u.undoes = e.event_id LEFT JOIN identity.run ur ON ur.run_id = u.run_id
    WHERE e.person_id = ANY (%(of)s) OR e.other_id = ANY (%(of)s)
"""
# What taking a merge back wrote down is told by its event.
_REVIEWS = """
    SELECT at, actor, left_person, right_person, left_record, right_record, answer, why FROM identity.decision
    WHERE undoes IS NULL AND (left_person = ANY (%(of)s) OR right_person = ANY (%(of)s))
"""


@dataclass(frozen=True)
class Doubt:
    """A pair that waits for an answer. `weight`: log2 odds that they are one person; `evidence`: its parts, in bits."""

    left: int
    right: int
    weight: float
    evidence: dict[str, float]


@dataclass(frozen=True)
class Queue:
    """What waits for reviewers: the pair that tells most, how many there are, how many answers no run has heard yet."""

    next: Doubt | None
    waiting: int
    unheard: int


def queue(connection: psycopg.Connection[Any]) -> Queue:
    """As far as the transaction's account may see. A pair that was answered since its run waits no more."""
    row = connection.execute(
        f"SELECT d.left_record, d.right_record, d.weight, d.evidence {_OPEN}{_FIRST}"
    ).fetchone()
    counts = connection.execute(
        f"SELECT (SELECT count(*) {_OPEN}), (SELECT count(*) FROM identity.decision"
        " WHERE answer <> 'unsure' AND undoes IS NULL"
        "   AND decision_id > (SELECT coalesce(max(heard), 0) FROM identity.run))"
    ).fetchone()
    assert counts is not None
    return Queue(Doubt(*row) if row else None, *counts)


def doubts_as_json(connection: psycopg.Connection[Any]) -> dict[tuple[int, int], str]:
    """The pairs of records that wait, with the parts of their weight as JSON."""
    rows = connection.execute(
        "SELECT left_record, right_record, evidence::text FROM identity.doubt"
    ).fetchall()
    return {(left, right): evidence for left, right, evidence in rows}


_OPEN = (
    "FROM identity.doubt d JOIN people.record l ON l.record_id = d.left_record"
    " JOIN people.record r ON r.record_id = d.right_record WHERE NOT EXISTS ("
    " SELECT FROM identity.decision c WHERE c.left_record = d.left_record AND c.right_record = d.right_record)"
)
_FIRST = " ORDER BY d.telling DESC, d.left_record, d.right_record LIMIT 1"
