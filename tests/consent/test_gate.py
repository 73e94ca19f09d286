"""The gate: equal on DuckDB and PostgreSQL for whatever facts, and right on the cases that the law names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from commonweal.consent import gate, packs
from commonweal.consent.facts import FACTS
from commonweal.consent.model import Calendar, Channel, Pack, Suppressed, Use
from commonweal.store.ledger import Connection, Ledger

ROUNDS = (date(2027, 4, 11), date(2027, 4, 25))
DAY = date(2027, 1, 15)


def clock(month: int, day: int, hour: int = 0) -> datetime:
    """What a clock on the wall shows in 2027."""
    return datetime(2027, month, day, hour, tzinfo=UTC).replace(tzinfo=None)


def pack(name: str) -> Pack:
    return replace(packs.load(name, DAY), calendar=Calendar(ROUNDS, "Europe/Paris"))


def fact(**told: Any) -> dict[str, Any]:
    """One person whom nothing speaks against, but for what is told."""
    plain: dict[str, Any] = {
        "person_id": 1,
        "known": True,
        "local": clock(3, 1, 12),
        "birth_year": 1980,
        "origin": "given",
        "has_purpose": True,
        "has_basis": True,
        "list_consent": None,
        "list_day": None,
        "list_given": None,
        "said": None,
        "said_day": None,
        "suppressed": None,
        "approached": False,
    }
    assert told.keys() <= plain.keys()
    return plain | told


@pytest.fixture(scope="module")
def duck() -> ibis.BaseBackend:
    return ibis.duckdb.connect()


def refused(duck: ibis.BaseBackend, name: str, use: Use, channel: Channel, **told: Any) -> str | None:
    facts = ibis.memtable([fact(**told)], schema=FACTS)
    found = gate.refusal(facts, pack(name), use, channel)
    code: str | None = duck.to_pyarrow(facts.select(found=found))["found"].to_pylist()[0]
    return code


_DAYS = st.dates(date(2026, 12, 1), date(2027, 5, 1))
_FACT = st.fixed_dictionaries(
    {
        "known": st.booleans(),
        "local": st.one_of(
            st.datetimes(clock(4, 9, 22), clock(4, 11, 23)),
            st.datetimes(clock(4, 23, 22), clock(4, 27, 2)),
            st.just(clock(4, 10)),
            st.just(clock(4, 11, 20)),
        ),
        "birth_year": st.none() | st.integers(1920, 2012),
        "origin": st.sampled_from([None, "official", "given", "observed", "bought"]),
        "has_purpose": st.booleans(),
        "has_basis": st.booleans(),
        "list_consent": st.sampled_from([None, "yes", "no"]),
        "list_day": st.none() | _DAYS,
        "list_given": st.none() | st.booleans(),
        "said": st.none() | st.booleans(),
        "said_day": st.none() | _DAYS,
        "suppressed": st.sampled_from([None, *map(str, Suppressed)]),
        "approached": st.booleans(),
    }
)


@pytest.fixture
def connection(ledger: Ledger) -> Iterator[Connection]:
    with ledger.transaction() as opened:
        columns = {
            "int64": "bigint",
            "boolean": "boolean",
            "timestamp": "timestamp",
            "string": "text",
            "date": "date",
        }
        opened.execute(
            "CREATE TEMP TABLE facts ("
            + ", ".join(
                f"{name} {columns[str(kind(nullable=True)).split('(')[0]]}" for name, kind in FACTS.items()
            )
            + ")"
        )
        yield opened


@pytest.mark.parametrize("name", packs.known())
def test_lake_and_ledger_agree(duck: ibis.BaseBackend, connection: Connection, name: str) -> None:
    law = pack(name)
    asked = [(use, channel) for use in Use for channel in Channel]
    insert = sql.SQL("INSERT INTO facts VALUES ({})").format(
        sql.SQL(", ").join(sql.Placeholder(column) for column in FACTS.names)
    )
    by_ledger = "SELECT person_id, " + ", ".join(
        f"{gate.compiled(law, use, channel)}" for use, channel in asked
    )

    @settings(max_examples=25, deadline=None)
    @given(st.lists(_FACT, min_size=30, max_size=60))
    def holds(drawn: list[dict[str, Any]]) -> None:
        rows = [{"person_id": number} | row for number, row in enumerate(drawn)]
        facts = ibis.memtable(rows, schema=FACTS)
        judged = {
            f"judged_{i}": gate.refusal(facts, law, use, channel) for i, (use, channel) in enumerate(asked)
        }
        in_lake = duck.to_pyarrow(facts.select("person_id", **judged).order_by("person_id"))
        connection.execute("TRUNCATE facts")
        with connection.cursor() as cursor:
            cursor.executemany(insert, rows)
        in_ledger = connection.execute(by_ledger + " FROM facts ORDER BY person_id", {}).fetchall()
        assert [tuple(row.values()) for row in in_lake.to_pylist()] == in_ledger

    holds()
