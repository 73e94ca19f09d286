"""The lake: what counts is what the ledger lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commonweal.campaign import Campaign
from commonweal.store.catalogue import LAKE
from commonweal.store.errors import DiskFull, LakeFileMissing, LedgerLocked, LockLost
from commonweal.store.ledger import LedgerRole

TABLE = "identity.household"


def rows(*numbers: int) -> pa.Table:
    return pa.table(
        {
            "person_id": pa.array(numbers, pa.int64()),
            "household_id": pa.array(numbers, pa.int64()),
            "evidence": ["alone"] * len(numbers),
        }
    )


def write(campaign: Campaign, data: pa.Table, partition: str = "") -> None:
    with campaign.lake.writer("test") as writer:
        writer.stage(TABLE, data, partition)
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            writer.publish(connection)


def persons(campaign: Campaign) -> list[int]:
    found: list[int] = campaign.lake.read(campaign.lake.table(TABLE))["person_id"].to_pylist()
    return sorted(found)


def parquet(campaign: Campaign) -> list[Path]:
    return list(campaign.lake.root.glob("*/**/*.parquet"))


def test_a_table_without_files_is_empty_with_its_schema(campaign: Campaign) -> None:
    table = campaign.lake.table(TABLE)
    assert table.columns == ("person_id", "household_id", "evidence")
    assert persons(campaign) == []


def test_a_partition_is_replaced_and_others_stay(campaign: Campaign) -> None:
    write(campaign, rows(1, 2), "a")
    write(campaign, rows(3), "b")
    write(campaign, rows(4), "a")
    assert persons(campaign) == [3, 4]
    assert campaign.lake.partitions(TABLE) == ["a", "b"]


def test_a_dropped_partition_is_gone(campaign: Campaign) -> None:
    write(campaign, rows(1), "a")
    with campaign.lake.writer("test") as writer:
        writer.drop(TABLE, "a")
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            writer.publish(connection)
    assert persons(campaign) == []


def test_what_is_staged_does_not_count_and_is_swept(campaign: Campaign) -> None:
    write(campaign, rows(1))

    def killed() -> None:
        with campaign.lake.writer("test") as writer:
            writer.stage(TABLE, rows(2))
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        killed()
    assert persons(campaign) == [1]
    assert len(parquet(campaign)) == 1


def test_a_transaction_that_fails_leaves_the_old_state(campaign: Campaign) -> None:
    write(campaign, rows(1))

    def fail() -> None:
        with campaign.lake.writer("test") as writer:
            writer.stage(TABLE, rows(2))
            with campaign.ledger.transaction(LedgerRole.BULK) as connection:
                writer.publish(connection)
                raise RuntimeError("after the listing, before the commit")

    with pytest.raises(RuntimeError):
        fail()
    assert persons(campaign) == [1]
    with campaign.lake.writer("next"):
        pass
    assert len(parquet(campaign)) == 1


def test_delisted_files_stay_for_readers_that_began_before(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(campaign, rows(1))
    before = campaign.lake.table(TABLE)
    write(campaign, rows(2))
    assert campaign.lake.read(before)["person_id"].to_pylist() == [1]
    later = campaign.clock() + timedelta(hours=2)
    monkeypatch.setattr(campaign.lake, "_clock", lambda: later)
    with campaign.lake.writer("sweep"):
        pass
    assert len(parquet(campaign)) == 1
    assert persons(campaign) == [2]


def test_one_writer_at_a_time(campaign: Campaign) -> None:
    def second() -> None:
        with campaign.lake.writer("second", wait=0):
            pass

    with campaign.lake.writer("first"), pytest.raises(LedgerLocked):
        second()
    second()


def test_columns_must_be_the_catalogues(campaign: Campaign) -> None:
    with campaign.lake.writer("test") as writer, pytest.raises(ValueError, match="evidence"):
        writer.stage(TABLE, rows(1).drop_columns(["evidence"]))
    assert parquet(campaign) == []


def test_a_column_that_was_added_is_null_in_older_files(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(campaign, rows(1), "old")
    before = LAKE[TABLE]
    schema = before.schema.append(pa.field("since", pa.date32()))
    later = replace(before, schema=schema, version=before.version + 1, added={"since": before.version + 1})
    monkeypatch.setitem(LAKE, TABLE, later)
    assert campaign.lake.read(campaign.lake.table(TABLE))["since"].to_pylist() == [None]
    write(campaign, rows(2).append_column("since", pa.array([date(2027, 1, 1)])), "new")
    found = campaign.lake.read(campaign.lake.table(TABLE).order_by("person_id"))
    assert found.schema.names == schema.names
    assert found["since"].to_pylist() == [None, date(2027, 1, 1)]
    assert campaign.lake.partition(TABLE, "old")["since"].to_pylist() == [None]


def test_a_file_that_is_gone_is_named(campaign: Campaign) -> None:
    write(campaign, rows(1))
    parquet(campaign)[0].unlink()
    with pytest.raises(LakeFileMissing, match=TABLE):
        campaign.lake.table(TABLE)


def test_a_full_disk_is_told_and_leaves_nothing(campaign: Campaign) -> None:
    def batches() -> pa.RecordBatchReader:
        yield rows(1).to_batches()[0]
        raise OSError(28, "No space left on device")

    with campaign.lake.writer("test") as writer, pytest.raises(DiskFull):
        writer.stage(TABLE, batches())
    assert parquet(campaign) == []


def test_texts_get_a_dictionary_and_ids_none(campaign: Campaign) -> None:
    lines = pa.record_batch(
        {"batch_id": [1, 1], "line": [1, 2], "cells": [["a", "b"], ["a", None]]},
        schema=LAKE["intake.raw"].schema,
    )
    with campaign.lake.writer("test") as writer:
        writer.stage("intake.raw", [lines], "1")
        (path,) = parquet(campaign)
        group = pq.read_metadata(path).row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    found = {column.path_in_schema: column.has_dictionary_page for column in columns}
    assert found == {"batch_id": True, "line": False, "cells.list.element": True}


def test_staged_rows_can_be_read_before_they_count(campaign: Campaign) -> None:
    with campaign.lake.writer("test") as writer:
        writer.stage(TABLE, rows(7))
        assert campaign.lake.read(writer.staged(TABLE))["person_id"].to_pylist() == [7]


def test_a_writer_that_lost_its_lock_publishes_nothing(campaign: Campaign) -> None:
    with campaign.lake.writer("slow") as slow:
        slow.stage(TABLE, rows(1))
        with campaign.ledger.transaction() as connection:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (slow.lock.holder,))
        write(campaign, rows(2))
        with pytest.raises(LockLost), campaign.ledger.transaction(LedgerRole.BULK) as connection:
            slow.publish(connection)
    assert persons(campaign) == [2]
