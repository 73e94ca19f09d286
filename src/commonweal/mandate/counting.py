"""Counting who heard what, and how narrow the talk is, week by week: out of the ledger and the lake, for the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.audit.actions import record
from commonweal.campaign import Campaign
from commonweal.jobs.model import Progress, silent
from commonweal.mandate import narrowness, queries, rules, tables
from commonweal.mandate.electorate import shares
from commonweal.mandate.model import Code, Kept, Measure, Status
from commonweal.people import queries as people
from commonweal.store.engine import hold, laid_out
from commonweal.store.lake import Lake
from commonweal.store.ledger import Connection, LedgerRole

COMMAND = "count_promises"

_EVENTS = "interactions.event"
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2970, 1, 1, tzinfo=UTC)
_RECENT = f"SELECT {', '.join(tables.CONTACT)}, false AS sent FROM mandate.contact"  # the view left out what came back
_UNDONE = "SELECT sender, corrects FROM interactions.event WHERE corrects IS NOT NULL"
_RETURNED = (
    "SELECT subject, channel, occurred_at AS returned_at FROM interactions.event"
    " WHERE kind = 'bounced' AND subject IS NOT NULL"
)
_CLAIMS = "SELECT claim_id, message_version FROM contacts.claim WHERE state = 'done'"
_PEOPLE = """
    SELECT person_id, household_id, sex, area_code, street_key, city_key, house_number,
        coalesce(date_part('year', age($1::date, birth_date)), date_part('year', $1::date) - birth_year) AS age
    FROM people.profile
"""


# Who said yes to anything at any time; what holds of it now is asked when a list is made.
_AGREED = """
    SELECT person_id FROM consent.placed WHERE given
    UNION SELECT person_id FROM people.profile
    WHERE 'yes' IN (consent_door, consent_phone, consent_sms, consent_email, consent_post)
"""


@dataclass(frozen=True)
class Report:
    """How many contacts were counted, of how many promises, over how many weeks."""

    contacts: int
    silent: int
    promises: int
    weeks: int


def is_wanted(campaign: Campaign) -> bool:
    """Whether any message that may be used was written down."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        query = "SELECT FROM messages.version WHERE approved_at IS NOT NULL LIMIT 1"
        return bool(connection.execute(query).rowcount)


def count(campaign: Campaign, progress: Progress = silent) -> Report:
    """Count anew who heard which promise, and the narrowness of each week's talk; the pages get it in one transaction."""
    progress(0, 3, "reading contacts")
    engine = campaign.lake.backend
    with laid_out(engine, campaign.lake.root / ".scratch") as lay:
        found = _contacts(campaign, lay)
        with campaign.ledger.read(LedgerRole.BULK) as connection:
            kept, carried = queries.promises(connection), queries.carried(connection)
            reach = _reach(campaign, connection, kept)
            ground = _ground(campaign, connection, lay)
        progress(1, 3, "counting who heard what")
        with hold(engine, tables.placed(found, ground)) as known:
            sums = _sums(campaign.lake, known, ground, _pairs(kept))
            agreed = lay(campaign.bridge.read(_AGREED))
            told = campaign.lake.read(tables.told(known, ground.carries, agreed))
    progress(2, 3, "measuring the talk")
    weeks = _weeks(sums.talk, carried, reach)
    contacts, quiet = _totals(sums.talk, carried)
    with campaign.bridge.staged(told) as staged, campaign.ledger.transaction(LedgerRole.BULK) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('mandate.counted', 0))")
        _write(connection, reach, sums, weeks)
        campaign.bridge.merge(connection, staged, "mandate.told", ("person_id", "promise_id"))
        _note(connection, campaign, contacts, quiet)
    progress(3, 3, "measuring the talk")
    return Report(contacts, quiet, len(kept), len({week for week, *_ in weeks}))


@dataclass(frozen=True)
class _Sums:
    """What `tables` adds up, as Arrow tables; `pairs`: the promises that contradict each other."""

    talk: pa.Table
    heard: pa.Table
    pairs: Sequence[tuple[int, int]]
    both: pa.Table
    doors: pa.Table


def _sums(lake: Lake, known: ibis.Table, ground: tables.Ground, pairs: Sequence[tuple[int, int]]) -> _Sums:
    columns = {"one": [one for one, _ in pairs], "other": [other for _, other in pairs]}
    asked = ibis.memtable(pa.table({name: pa.array(ids, pa.int64()) for name, ids in columns.items()}))
    return _Sums(
        lake.read(tables.talk(known)),
        lake.read(tables.heard(known, ground.carries)),
        pairs,
        lake.read(tables.both(known, ground.carries, asked)),
        lake.read(tables.next_doors(known, ground.carries, asked)),
    )


Lay = Callable[[pa.Table], ibis.Table]


def _contacts(campaign: Campaign, lay: Lay) -> ibis.Table:
    """All delivered contacts. The ledger is read first: a day that moves to the lake meanwhile is met twice, not missed."""
    recent, undone, returned, claims = (
        lay(campaign.bridge.read(query)) for query in (_RECENT, _UNDONE, _RETURNED, _CLAIMS)
    )
    old = campaign.lake.table(_EVENTS)
    told = tables.delivered(old, claims)
    bounced = old.filter(old.kind == "bounced", old.subject.notnull())
    return tables.contacts(
        ibis.union(told, recent.select(*told.columns).cast(told.schema())),
        ibis.union(old.filter(old.corrects.notnull()).select("sender", "corrects"), undone),
        ibis.union(
            bounced.select("subject", "channel", returned_at=bounced.occurred_at),
            returned.cast({"returned_at": bounced.occurred_at.type()}),
        ),
    )


def _ground(campaign: Campaign, connection: Connection, lay: Lay) -> tables.Ground:
    bridge = campaign.bridge
    rows = connection.execute(
        "SELECT name, version_id, nullif(since, '-infinity'), nullif(until, 'infinity') FROM messages.named"
    ).fetchall()
    named = pa.table(
        {
            "name": pa.array([row[0] for row in rows], pa.string()),
            "version_id": pa.array([row[1] for row in rows], pa.int64()),
            "since": pa.array([row[2] or _FIRST for row in rows], pa.timestamp("us", "UTC")),
            "until": pa.array([row[3] or _LAST for row in rows], pa.timestamp("us", "UTC")),
        }
    )
    living = bridge.read("SELECT subject, person_id FROM identity.redirect")
    persons = bridge.read(_PEOPLE, (campaign.today,))
    numbers = pc.extract_regex(persons["house_number"], r"^\D*(?P<number>\d{1,9})")
    number = pc.struct_field(numbers, "number").cast(pa.int64())
    persons = persons.drop_columns(["house_number"]).append_column("number", number)
    carries = bridge.read("SELECT version_id, promise_id FROM mandate.carries")
    return tables.Ground(*map(lay, (named, living, persons, carries)))


def _pairs(kept: Sequence[Kept]) -> list[tuple[int, int]]:
    """The promises that contradict each other, one put before the other or not; the smaller id first."""
    found = rules.contradictions([replace(each.promise, overrides=()) for each in kept])
    return sorted(
        {
            (min(map(int, each.keys)), max(map(int, each.keys)))
            for each in found
            if each.code is Code.PULLED_BOTH_WAYS
        }
    )


def _reach(campaign: Campaign, connection: Connection, kept: Sequence[Kept]) -> dict[int, tuple[int, int]]:
    """How many persons each promise serves, of how many."""
    overview = people.overview(connection)
    everyone = overview.persons if overview else 0
    share = shares(connection, campaign.today)
    return {
        each.promise_id: (round(share(each.promise.gains) * everyone), everyone)
        for each in kept
        if each.promise.gains is not None and each.promise.status is not Status.WITHDRAWN and everyone
    }


Week = tuple[date, str, Measure, int]


def _weeks(
    talk: pa.Table, carried: dict[int, tuple[int, ...]], reach: dict[int, tuple[int, int]]
) -> list[Week]:
    """The measures of each week."""
    found: list[Week] = []
    for week in sorted(pc.unique(talk["week"]).to_pylist()):
        part = talk.filter(pc.equal(talk["week"], pa.scalar(week, talk["week"].type)))
        found += _measures(week if type(week) is date else week.date(), part, carried, reach)
    return found


def _measures(
    week: date, talk: pa.Table, carried: dict[int, tuple[int, ...]], reach: dict[int, tuple[int, int]]
) -> list[Week]:
    counts = talk["contacts"].to_numpy()
    labels = [
        version or name
        for version, name in zip(talk["version_id"].to_pylist(), talk["name"].to_pylist(), strict=True)
    ]
    kinds = list(dict.fromkeys(labels))
    message = np.array([kinds.index(label) for label in labels])
    cells = [talk[name].to_pylist() for name in ("area_code", "band", "sex")]
    known: dict[tuple[object, ...], int] = {}
    cell = np.array([known.setdefault(each, len(known)) for each in zip(*cells, strict=True)])
    table = np.zeros((narrowness.GROUPS, len(known), len(kinds)), dtype=np.int64)
    np.add.at(table, (talk["part"].to_numpy(), cell, message), counts)
    said = table.sum(axis=1)
    total = int(counts.sum())
    found: list[Week] = [
        (week, "messages", narrowness.measured(narrowness.effective_number, said, 1, len(kinds)), total),
        (week, "specificity", narrowness.measured(narrowness.specificity, table, 0, 1), total),
    ]
    promises = sorted(
        {promise for kind in kinds if isinstance(kind, int) for promise in carried.get(kind, ())}
    )
    carries = np.array(
        [[promise in carried.get(kind, ()) for promise in promises] for kind in kinds], dtype=bool
    )
    serves = narrowness.served([_share(reach.get(promise)) for promise in promises])
    if (carries & np.isfinite(serves)).any():
        narrow = partial(narrowness.narrow_share, carries=carries, serves=serves)
        found.append((week, "narrow", narrowness.measured(narrow, said, 0, 1), total))
    return found


def _share(reach: tuple[int, int] | None) -> float | None:
    return reach[0] / reach[1] if reach else None


def _totals(talk: pa.Table, carried: Mapping[int, tuple[int, ...]]) -> tuple[int, int]:
    """How many contacts, and how many of them with a message of which nobody says what it promises."""
    promising = pc.is_in(talk["version_id"], pa.array(list(carried), pa.int64()))
    quiet = talk.filter(pc.invert(pc.fill_null(promising, False)))
    return int(pc.sum(talk["contacts"]).as_py() or 0), int(pc.sum(quiet["contacts"]).as_py() or 0)


def _write(
    connection: Connection, reach: Mapping[int, tuple[int, int]], sums: _Sums, weeks: Sequence[Week]
) -> None:
    for table in ("reach", "heard", "both", "week", "counted"):
        connection.execute(f"DELETE FROM mandate.{table}")
    persons = {(row["one"], row["other"]): row["persons"] for row in sums.both.to_pylist()}
    doors = {(row["one"], row["other"]): row["doors"] for row in sums.doors.to_pylist()}
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO mandate.reach (promise_id, persons, everyone) VALUES (%s, %s, %s)",
            [(promise, *counted) for promise, counted in reach.items()],
        )
        cursor.executemany(
            "INSERT INTO mandate.heard (promise_id, area_code, persons, contacts, last_on) VALUES (%s, %s, %s, %s, %s)",
            [tuple(row.values()) for row in sums.heard.to_pylist()],
        )
        cursor.executemany(
            "INSERT INTO mandate.both (one, other, persons, doors) VALUES (%s, %s, %s, %s)",
            [(*pair, persons.get(pair, 0), doors.get(pair, 0)) for pair in sums.pairs],
        )
        cursor.executemany(
            "INSERT INTO mandate.week (week, measure, value, low, high, contacts) VALUES (%s, %s, %s, %s, %s, %s)",
            [(week, name, told.value, told.low, told.high, total) for week, name, told, total in weeks],
        )


def _note(connection: Connection, campaign: Campaign, contacts: int, quiet: int) -> None:
    connection.execute(
        "INSERT INTO mandate.counted (at, contacts, silent) VALUES (%s, %s, %s)",
        (campaign.clock(), contacts, quiet),
    )
    record(connection, campaign, "mandate.count", detail={"contacts": contacts})
