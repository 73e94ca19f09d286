"""The ledger of promises, as the account of the transaction may see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from psycopg.rows import dict_row

from commonweal.mandate import likeness, rules
from commonweal.mandate.errors import NoSuchPromise
from commonweal.mandate.levers import Levers, shipped
from commonweal.mandate.likeness import Likely, Text
from commonweal.mandate.model import (
    EVERYONE,
    Answer,
    Code,
    Direction,
    Finding,
    Funding,
    Heard,
    Kept,
    Measure,
    Notice,
    Promise,
    Publication,
    Published,
    Pull,
    Scope,
    Status,
)
from commonweal.people.grammar import parse
from commonweal.store.ledger import Connection

_PROMISE = """
    SELECT p.*,
        (SELECT jsonb_agg(jsonb_build_array(u.lever, u.direction) ORDER BY u.lever, u.direction)
         FROM mandate.pull u WHERE u.promise_id = p.promise_id) AS pulls,
        (SELECT jsonb_agg(jsonb_build_array(f.budget, f.amount) ORDER BY f.budget)
         FROM mandate.funding f WHERE f.promise_id = p.promise_id) AS funding,
        r.persons AS serves, r.everyone, h.told, h.contacts, h.areas, h.last_on
    FROM mandate.promise p
    LEFT JOIN mandate.reach r USING (promise_id)
    LEFT JOIN LATERAL (
        SELECT sum(persons)::bigint AS told, sum(contacts)::bigint AS contacts, count(*) AS areas, max(last_on) AS last_on
        FROM mandate.heard h WHERE h.promise_id = p.promise_id) h ON true
"""


def promises(connection: Connection) -> list[Kept]:
    """All promises, in the order in which they were written."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_PROMISE + " ORDER BY p.promise_id").fetchall()
    over = _overrides(connection)
    return [_kept(row, over) for row in rows]


def promise(connection: Connection, promise_id: int, *, lock: bool = False) -> Kept:
    """One promise; `lock` keeps others from changing it until the transaction ends. Raises NoSuchPromise."""
    with connection.cursor(row_factory=dict_row) as cursor:
        query = f"{_PROMISE} WHERE p.promise_id = %s{' FOR UPDATE OF p' if lock else ''}"
        row = cursor.execute(query, (promise_id,)).fetchone()
    if row is None:
        raise NoSuchPromise()
    return _kept(row, _overrides(connection))


def _kept(row: dict[str, Any], over: dict[int, tuple[str, ...]]) -> Kept:
    told = Promise(
        key=str(row["promise_id"]),
        text=row["text"],
        language=row["language"],
        issue=row["issue"],
        gains=scope(row["gains"]),
        pays=scope(row["pays"]),
        cost=row["cost"],
        funding=tuple(Funding(budget, amount) for budget, amount in row["funding"] or ()),
        pulls=tuple(Pull(lever, Direction(way)) for lever, way in row["pulls"] or ()),
        public=row["public"],
        status=Status(row["status"]),
        source=row["source"],
        overrides=over.get(row["promise_id"], ()),
    )
    return Kept(
        row["promise_id"],
        told,
        row["outcome"],
        row["made_by"],
        row["made_at"],
        row["version"],
        row["serves"],
        row["everyone"],
        row["told"] or 0,
        row["contacts"] or 0,
        row["areas"],
        row["last_on"],
    )


def scope(text: str | None) -> Scope | None:
    """A scope as the ledger keeps it: its text, "" for everyone, NULL where it is not said."""
    if text is None:
        return None
    return Scope(text, parse(text)) if text else EVERYONE


def _overrides(connection: Connection) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = connection.execute("SELECT DISTINCT stands, yields FROM mandate.override ORDER BY 1, 2").fetchall()
    for stands, yields in rows:
        found[stands].append(str(yields))
    return {stands: tuple(yields) for stands, yields in found.items()}


def levers(connection: Connection) -> Levers:
    """Those that come with the program, and the campaign's own."""
    rows = connection.execute("SELECT name FROM mandate.lever ORDER BY lever").fetchall()
    return shipped().also(name for (name,) in rows)


def budgets(connection: Connection) -> dict[str, int]:
    """What each budget holds a year, in minor units."""
    return dict(connection.execute("SELECT budget, holds FROM mandate.budget ORDER BY budget").fetchall())


def answers(connection: Connection) -> dict[tuple[str, str], dict[bool, Answer]]:
    """What was said last of two promises (keys, the smaller id first): of their likeness (False), of their levers (True)."""
    rows = connection.execute(
        "SELECT one, other, answer FROM mandate.judgement ORDER BY judgement_id"
    ).fetchall()
    found: dict[tuple[str, str], dict[bool, Answer]] = defaultdict(dict)
    for one, other, answer in rows:
        found[str(one), str(other)][answer == Answer.COMPATIBLE] = Answer(answer)
    return dict(found)


def findings(connection: Connection, kept: Sequence[Kept]) -> list[Finding]:
    """What was found of the promises, without pairs of which somebody said that they don't contradict each other."""
    known = answers(connection)
    found = rules.findings([each.promise for each in kept], levers(connection), budgets(connection))
    return [finding for finding in found if not is_settled(finding, known)]


def is_settled(finding: Finding, known: Mapping[tuple[str, str], Mapping[bool, Answer]]) -> bool:
    """Whether somebody said that two promises don't contradict each other."""
    return finding.code is Code.PULLED_BOTH_WAYS and True in known.get(pair(*finding.keys), {})


def to_judge(connection: Connection, kept: Sequence[Kept]) -> list[Likely]:
    """Pairs that may be one promise in other words and of which nobody has said anything, the likeliest first."""
    known = answers(connection)
    texts = tuple(
        Text(each.promise.key, each.promise.text, each.promise.language)
        for each in kept
        if each.promise.status is not Status.WITHDRAWN
    )
    return [each for each in _candidates(texts) if False not in known.get(pair(each.one, each.other), {})]


@lru_cache(maxsize=4)  # each look at the ledger's page asks for the same ones
def _candidates(texts: tuple[Text, ...]) -> tuple[Likely, ...]:
    return tuple(likeness.candidates(texts))


def pair(one: str, other: str) -> tuple[str, str]:
    """Two keys of promises, the smaller id first."""
    return (one, other) if int(one) < int(other) else (other, one)


@dataclass(frozen=True)
class Change:
    """Something that happened to a promise. `before`: what was replaced, by field."""

    kind: str
    at: datetime
    by: int
    before: dict[str, Any]


def history(connection: Connection, promise_id: int) -> list[Change]:
    """What happened to a promise, the newest first."""
    rows = connection.execute(
        "SELECT kind, at, by, before FROM mandate.event WHERE promise_id = %s ORDER BY event_id DESC",
        (promise_id,),
    ).fetchall()
    return [Change(*row) for row in rows]


@dataclass(frozen=True)
class Said:
    """A judgement or an override: who said it of which two promises, when and why."""

    one: int
    other: int
    what: str
    by: int
    at: datetime
    reason: str


def decided(connection: Connection, promise_id: int) -> list[Said]:
    """What was decided of a promise and others, the newest first. `what`: an answer, or "override": one before other."""
    rows = connection.execute(
        "SELECT one, other, answer, by, at, reason FROM mandate.judgement WHERE %(id)s IN (one, other)"
        " UNION ALL SELECT stands, yields, 'override', by, at, reason FROM mandate.override WHERE %(id)s IN (stands, yields)"
        " ORDER BY 5 DESC",
        {"id": promise_id},
    ).fetchall()
    return [Said(*row) for row in rows]


@dataclass(frozen=True)
class AreaHeard:
    """How many persons of an area heard a promise, how often, and when last."""

    area_code: str
    persons: int
    contacts: int
    last_on: date


def heard_by_area(connection: Connection, promise_id: int) -> list[AreaHeard]:
    """Where a promise was heard, most first."""
    rows = connection.execute(
        "SELECT area_code, persons, contacts, last_on FROM mandate.heard WHERE promise_id = %s"
        " ORDER BY persons DESC, area_code",
        (promise_id,),
    ).fetchall()
    return [AreaHeard(*row) for row in rows]


def heard_both(connection: Connection) -> dict[tuple[str, str], tuple[int, int]]:
    """Of two promises that contradict each other (keys): persons who heard both, doors next to which the other was told."""
    rows = connection.execute("SELECT one, other, persons, doors FROM mandate.both").fetchall()
    return {(str(one), str(other)): (persons, doors) for one, other, persons, doors in rows}


@dataclass(frozen=True)
class Week:
    """A measure over the contacts of a week, which begins on the Monday `week`."""

    week: date
    measure: str
    told: Measure
    contacts: int


def weeks(connection: Connection) -> list[Week]:
    """The measures of narrowness, week by week."""
    rows = connection.execute(
        "SELECT week, measure, value, low, high, contacts FROM mandate.week ORDER BY measure, week"
    ).fetchall()
    return [Week(week, measure, Measure(*values), contacts) for week, measure, *values, contacts in rows]


@dataclass(frozen=True)
class Counted:
    """When it was counted; of how many contacts; `silent`: with a message of which nobody says what it promises."""

    at: datetime
    contacts: int
    silent: int


def counted(connection: Connection) -> Counted | None:
    """When it was counted last who heard what."""
    row = connection.execute("SELECT at, contacts, silent FROM mandate.counted").fetchone()
    return Counted(*row) if row else None


def carried(connection: Connection) -> dict[int, tuple[int, ...]]:
    """The promises that each version of a message carries."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = connection.execute("SELECT version_id, promise_id FROM mandate.carries ORDER BY 1, 2").fetchall()
    for version_id, promise_id in rows:
        found[version_id].append(promise_id)
    return {version_id: tuple(ids) for version_id, ids in found.items()}


@dataclass(frozen=True)
class Overridden:
    """What a version of a message was approved in spite of: the promise that yields, and why."""

    yields: int
    reason: str


def overridden(connection: Connection) -> dict[int, list[Overridden]]:
    """What was overridden by approvals, by version of a message."""
    found: dict[int, list[Overridden]] = defaultdict(list)
    rows = connection.execute(
        "SELECT version_id, yields, reason FROM mandate.override WHERE version_id IS NOT NULL ORDER BY override_id"
    ).fetchall()
    for version_id, *told in rows:
        found[version_id].append(Overridden(*told))
    return dict(found)


def publication(connection: Connection) -> Publication | None:
    """The decision on the public page that holds."""
    row = connection.execute(
        "SELECT open, heard, sponsor, email, address, controlled_by, by, at FROM mandate.publication"
        " ORDER BY publication_id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    is_open, heard, *rest = row
    return Publication(is_open, Heard(heard), *rest)


def published(connection: Connection) -> list[Published]:
    """What everybody may read, whoever asks; nothing while the public page is closed."""
    rows = connection.execute(
        "SELECT promise_id, text, cost, status, outcome, source, funding, told FROM mandate.published ORDER BY promise_id"
    ).fetchall()
    return [
        Published(promise_id, text, cost, Status(status), outcome, source, tuple(funding), told)
        for promise_id, text, cost, status, outcome, source, funding, told in rows
    ]


def notices(connection: Connection) -> dict[int, Notice]:
    """The transparency notices, by version of a message."""
    rows = connection.execute(
        "SELECT version_id, begins, ends, amount, origin, inside_union, method, election, official, repository, targeting,"
        " paid_by FROM mandate.notice"
    ).fetchall()
    return {version_id: Notice(*rest) for version_id, *rest in rows}
