"""The bridge: Arrow in, Arrow out, and a merge that touches only what differs."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from commonweal.campaign import Campaign
from commonweal.store.bridge import Merged
from commonweal.store.ledger import LedgerRole


@pytest.fixture
def target(campaign: Campaign) -> str:
    with campaign.ledger.transaction() as connection:
        connection.execute(
            "CREATE TABLE store.bridged (id bigint PRIMARY KEY, name text, facts jsonb, kept int DEFAULT 7)"
        )
        connection.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON store.bridged TO PUBLIC")
    return "store.bridged"


def load(campaign: Campaign, target: str, rows: list[tuple[int, str | None, str]]) -> Merged:
    data = pa.table(
        {
            "id": pa.array([row[0] for row in rows], pa.int64()),
            "name": pa.array([row[1] for row in rows], pa.string()),
            "facts": pa.array([row[2] for row in rows], pa.string()),
        }
    )
    with campaign.bridge.staged(data) as staging, campaign.ledger.transaction(LedgerRole.BULK) as connection:
        return campaign.bridge.merge(connection, staging, target, ["id"])


def test_a_merge_touches_only_what_differs(campaign: Campaign, target: str) -> None:
    first = [(1, "Ada", '{"a": 1}'), (2, "Bea", "{}"), (3, None, "{}")]
    assert load(campaign, target, first) == Merged(inserted=3, updated=0, deleted=0)
    assert load(campaign, target, first) == Merged(0, 0, 0)
    second = [(1, "Ada", '{"a":  1}'), (2, "Béa", "{}"), (4, "Dan", "{}")]
    assert load(campaign, target, second) == Merged(inserted=1, updated=1, deleted=1)
    table = campaign.bridge.read("SELECT id, name, kept FROM store.bridged ORDER BY id")
    assert table.to_pylist() == [
        {"id": 1, "name": "Ada", "kept": 7},
        {"id": 2, "name": "Béa", "kept": 7},
        {"id": 4, "name": "Dan", "kept": 7},
    ]


def test_every_type_of_the_catalogue_crosses(campaign: Campaign) -> None:
    data = pa.table(
        {
            "flag": pa.array([True, None], pa.bool_()),
            "small": pa.array([1, None], pa.int16()),
            "number": pa.array([1.5, None], pa.float32()),
            "day": pa.array([date(2026, 3, 1), None], pa.date32()),
            "tags": pa.array([["a", "b"], None], pa.list_(pa.string())),
        }
    )
    with campaign.bridge.staged(data) as staging, campaign.ledger.read(LedgerRole.BULK) as connection:
        found = connection.execute(b"SELECT * FROM " + staging.as_bytes(connection)).fetchall()
    assert found == [(True, 1, 1.5, date(2026, 3, 1), ["a", "b"]), (None,) * 5]


def test_the_staging_table_is_gone_afterwards(campaign: Campaign) -> None:
    with pytest.raises(RuntimeError), campaign.bridge.staged(pa.table({"a": [1]})):
        raise RuntimeError
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        count = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'").fetchone()
    assert count == (0,)


def test_a_type_without_a_twin_is_named(campaign: Campaign) -> None:
    data = pa.table({"odd": pa.array([b"x"], pa.binary())})
    with pytest.raises(TypeError, match="odd"), campaign.bridge.staged(data):
        pass
