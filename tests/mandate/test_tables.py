"""Who heard what, on DuckDB and on Spark: the same sums."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pytest

from commonweal.mandate import tables
from commonweal.store.catalogue import LAKE
from commonweal.store.engine import connect, hold, laid_out

pytestmark = [pytest.mark.spark, pytest.mark.slow]

NOW = datetime(2027, 1, 20, 12, tzinfo=UTC)
TIME = pa.timestamp("us", "UTC")
LOW, HIGH = 1, 2
Lay = Callable[[pa.Table], ir.Table]


def event(number: int, subject: int, message: str | None, **more: Any) -> dict[str, Any]:
    given = {"kind": "delivered", "channel": "email", "direction": "out", "household_id": subject // 2}
    at = NOW - timedelta(hours=30 * number)
    return {
        "event_id": f"e{number}",
        "sender": "mailer",
        "subject": subject,
        "message_version": message,
        "occurred_at": at,
    } | (given | more)


EVENTS = [
    event(1, 10, "low"),
    event(2, 10, "high", kind="attempt", channel="door", result="canvassed"),
    event(3, 11, None, kind="attempt", channel="door", answers="{}", claim_id=7),
    event(4, 12, "low", kind="sent"),
    event(3, 12, None, kind="bounced", direction="in", event_id="back"),
    event(5, 12, "low", event_id="undone"),
    event(6, 13, "low", kind="sent"),
    event(6, 13, "low", event_id="again"),
    event(7, 14, "low", kind="attempt", result="not_home"),
]


def ground(lay: Lay) -> tables.Ground:
    ever = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2970, 1, 1, tzinfo=UTC))
    named = [("low", LOW, *ever), ("high", HIGH, *ever)]
    people = [(10, 5, "f", "a", 10), (11, 5, "m", "a", 12), (13, 6, None, None, 40)]
    lives = {
        "person_id": pa.int64(),
        "household_id": pa.int64(),
        "sex": pa.string(),
        "area_code": pa.string(),
    }
    where = {"street_key": pa.string(), "city_key": pa.string(), "number": pa.int64(), "age": pa.float64()}
    found = (
        rows(named, name=pa.string(), version_id=pa.int64(), since=TIME, until=TIME),
        rows([(12, 13)], subject=pa.int64(), person_id=pa.int64()),
        rows([(*who, "rue", "x", number, 40.0) for *who, number in people], **lives, **where),
        rows([(LOW, LOW), (HIGH, HIGH)], version_id=pa.int64(), promise_id=pa.int64()),
    )
    return tables.Ground(*map(lay, found))


def rows(found: list[tuple[Any, ...]], **columns: pa.DataType) -> pa.Table:
    arrays = [pa.array([row[place] for row in found], kind) for place, kind in enumerate(columns.values())]
    return pa.table(dict(zip(columns, arrays, strict=True)))


def sums(engine: str, folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    folder.mkdir()
    backend = connect(engine, folder)
    with laid_out(backend, folder) as lay:
        events = lay(pa.Table.from_pylist(EVENTS, schema=LAKE["interactions.event"].schema))
        claims = lay(rows([(7, "high")], claim_id=pa.int64(), message_version=pa.string()))
        undone = lay(rows([("mailer", "undone")], sender=pa.string(), corrects=pa.string()))
        bounced = events.filter(events.kind == "bounced")
        returned = bounced.select("subject", "channel", returned_at=bounced.occurred_at)
        told = ground(lay)
        known = tables.placed(tables.contacts(tables.delivered(events, claims), undone, returned), told)
        pairs = lay(rows([(LOW, HIGH)], one=pa.int64(), other=pa.int64()))
        with hold(backend, known) as held:
            found = {
                "heard": tables.heard(held, told.carries).drop("last_on"),
                "doors": tables.next_doors(held, told.carries, pairs),
                "talk": tables.talk(held).drop("week"),
            }
            read = {name: backend.to_pyarrow(table).to_pylist() for name, table in found.items()}
    backend.disconnect()
    return {name: sorted((tuple(row.values()) for row in each), key=str) for name, each in read.items()}


def test_spark_counts_as_duckdb_does(tmp_path: Path) -> None:
    expected = sums("duckdb", tmp_path / "duckdb")
    assert expected["heard"] == [(LOW, "", 1, 1), (LOW, "a", 1, 1), (HIGH, "a", 2, 2)]
    assert expected["doors"] == [(LOW, HIGH, 1)]
    assert sum(row[-1] for row in expected["talk"]) == 4
    assert sums("spark", tmp_path / "spark") == expected
