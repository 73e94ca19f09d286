"""Which records count, on DuckDB and on Spark alike."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.intake.model import Batch, Mode, Status
from commonweal.intake.tables import batch_order, living_records, living_values

COLUMNS = pa.schema(
    [("record_id", pa.int64()), ("batch_id", pa.int32()), ("source", pa.string()), ("surname", pa.string())]
)
VOTES = pa.schema(
    [("batch_id", pa.int32()), ("record_id", pa.int64()), ("election", pa.string()), ("voted", pa.bool_())]
)


def batch(number: int, mode: Mode, day: int, source: str = "roll", status: Status = Status.LOADED) -> Batch:
    return Batch(
        batch_id=number, source=source, mode=mode, file_name="x", sha256="x", mapping_version="x",
        as_of=date(2027, 1, day), columns=(), rows_read=0, records=0, quarantined=0, set_aside=0, status=status,
        loaded_at=datetime(2027, 1, day, tzinfo=UTC), actor="x", seconds=0.0,
    )  # fmt: skip


def living(
    backend: Any, records: list[tuple[int, int, str]], batches: list[Batch]
) -> dict[int, tuple[int, bool, date | None]]:
    rows = [
        {"record_id": record, "batch_id": number, "source": source, "surname": f"{record}@{number}"}
        for record, number, source in records
    ]
    table = ibis.memtable(pa.Table.from_pylist(rows, schema=COLUMNS))
    found = backend.to_pyarrow(living_records(table, batch_order(batches))).to_pylist()
    assert len({row["record_id"] for row in found}) == len(found)
    assert all(row["surname"] == f"{row['record_id']}@{row['batch_id']}" for row in found)
    return {row["record_id"]: (row["batch_id"], row["active"], row["inactive_since"]) for row in found}


@pytest.fixture(scope="module")
def duckdb_backend() -> Any:
    return ibis.duckdb.connect()


def test_a_snapshot_is_the_whole_list(duckdb_backend: Any) -> None:
    """1 stays, 2 is gone from the second on, 3 comes new; a list of its own is not touched."""
    batches = [
        batch(1, Mode.SNAPSHOT, 1),
        batch(2, Mode.SNAPSHOT, 2),
        batch(3, Mode.SNAPSHOT, 3),
        batch(9, Mode.SNAPSHOT, 1, "b"),
    ]
    records = [(1, 1, "roll"), (2, 1, "roll"), (1, 2, "roll"), (1, 3, "roll"), (3, 3, "roll"), (7, 9, "b")]
    assert living(duckdb_backend, records, batches) == {
        1: (3, True, None),
        2: (1, False, date(2027, 1, 2)),
        3: (3, True, None),
        7: (9, True, None),
    }


def test_a_delta_adds_and_changes(duckdb_backend: Any) -> None:
    batches = [batch(1, Mode.SNAPSHOT, 1), batch(2, Mode.DELTA, 2)]
    assert living(
        duckdb_backend, [(1, 1, "roll"), (2, 1, "roll"), (2, 2, "roll"), (3, 2, "roll")], batches
    ) == {
        1: (1, True, None),
        2: (2, True, None),
        3: (2, True, None),
    }


def test_the_day_counts_before_the_number(duckdb_backend: Any) -> None:
    """An older snapshot that is loaded late does not undo a newer one."""
    batches = [batch(1, Mode.SNAPSHOT, 5), batch(2, Mode.SNAPSHOT, 1)]
    assert living(duckdb_backend, [(1, 1, "roll"), (1, 2, "roll"), (2, 2, "roll")], batches) == {
        1: (1, True, None),
        2: (2, False, date(2027, 1, 5)),
    }


def test_batches_that_were_taken_back_do_not_count(duckdb_backend: Any) -> None:
    batches = [batch(1, Mode.SNAPSHOT, 1), batch(2, Mode.SNAPSHOT, 2, status=Status.WITHDRAWN)]
    assert living(duckdb_backend, [(1, 1, "roll")], batches) == {1: (1, True, None)}
    assert living(duckdb_backend, [], []) == {}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(Mode), st.integers(1, 9), st.sampled_from(["a", "b"])), max_size=6),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=20),
)
def test_as_if_each_batch_were_applied_in_turn(
    duckdb_backend: Any, plan: list[tuple[Mode, int, str]], held: list[tuple[int, int]]
) -> None:
    batches = [batch(number, mode, day, source) for number, (mode, day, source) in enumerate(plan)]
    records = (
        sorted(
            {
                (record + 10 * (batches[b % len(batches)].source == "b"), b % len(batches))
                for record, b in held
            }
        )
        if batches
        else []
    )
    expected: dict[int, tuple[int, bool, date | None]] = {}
    for each in sorted(batches, key=lambda b: (b.as_of, b.batch_id)):
        own = {record for record, number in records if number == each.batch_id}
        if each.mode is Mode.SNAPSHOT:
            for record, (number, active, _since) in list(expected.items()):
                if active and batches[number].source == each.source and record not in own:
                    expected[record] = (number, False, each.as_of)
        expected |= dict.fromkeys(own, (each.batch_id, True, None))
    rows = [(record, number, batches[number].source) for record, number in records]
    assert living(duckdb_backend, rows, batches) == expected


def test_values_follow_their_records(duckdb_backend: Any) -> None:
    batches = [batch(1, Mode.SNAPSHOT, 1), batch(2, Mode.SNAPSHOT, 2)]
    rows = [
        {"record_id": r, "batch_id": b, "source": "roll", "surname": ""} for r, b in [(1, 1), (2, 1), (1, 2)]
    ]
    votes = [
        {"record_id": r, "batch_id": b, "election": "x", "voted": b == 2} for r, b in [(1, 1), (2, 1), (1, 2)]
    ]
    alive = living_records(ibis.memtable(pa.Table.from_pylist(rows, schema=COLUMNS)), batch_order(batches))
    found = living_values(ibis.memtable(pa.Table.from_pylist(votes, schema=VOTES)), alive)
    assert sorted(
        (r["record_id"], r["voted"], r["active"]) for r in duckdb_backend.to_pyarrow(found).to_pylist()
    ) == [
        (1, True, True),
        (2, False, False),
    ]
