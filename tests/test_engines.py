"""One campaign's lists on DuckDB and on Spark: the same living records, pairs, households and results.

`people` and `scoring` hold their own tables to this beside their other tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import msgspec
import numpy as np
import pyarrow as pa
import pytest

from commonweal.campaign import Campaign
from commonweal.electorate.electorate import Electorate
from commonweal.experiments import tables as experiments
from commonweal.identity import blocking, pairs, rules
from commonweal.identity.households import house
from commonweal.identity.link import link
from commonweal.identity.model import LinkModel
from commonweal.identity.overlaps import Overlaps
from commonweal.intake import actions as intake
from commonweal.intake import queries
from commonweal.intake.tables import batch_order, living_records, living_values
from commonweal.store.engine import hold
from commonweal.store.lake import Lake
from commonweal.store.ledger import LedgerRole
from town import town

pytestmark = [pytest.mark.spark, pytest.mark.slow]

_VOTERS = 1_000
_APART = 0.005  # the share of pairs that may fall on the other side of the threshold


@pytest.fixture
def spark(campaign: Campaign) -> Iterator[Lake]:
    """The campaign's lake, read by Spark."""
    lake = Lake(campaign.lake.root, campaign.ledger, campaign.clock, "spark")
    yield lake
    lake.close()


@pytest.fixture
def lists(campaign: Campaign, tmp_path: Path) -> None:
    """Three of the electorate's lists, and the sign-ups a second time, as the next month's."""
    campaign.settings = msgspec.structs.replace(campaign.settings, jurisdiction="fr")
    made = Electorate(_VOTERS, seed=3).write(tmp_path / "lists", tmp_path / "truth")
    paths = {each.path.stem: each.path for each in made.lists}
    for source in ("roll", "signups", "append"):
        intake.import_file(campaign, paths[source], source=source)
    again = paths["signups"].with_name("again.jsonl")
    again.write_bytes(b"".join(paths["signups"].read_bytes().splitlines(keepends=True)[::2]))
    intake.import_file(campaign, again, source="signups")


def _records(campaign: Campaign, lake: Lake) -> ir.Table:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        batches = batch_order(queries.loaded_batches(connection))
    return living_records(lake.table("intake.record"), batches)


def _living(campaign: Campaign, lake: Lake) -> dict[str, list[dict[str, Any]]]:
    living = _records(campaign, lake)
    values = living_values(lake.table("intake.vote"), living)
    found = {"record": (living, ["record_id"]), "vote": (values, ["record_id", "election"])}
    return {
        name: lake.read(table).sort_by([(key, "ascending") for key in keys]).to_pylist()
        for name, (table, keys) in found.items()
    }


@pytest.mark.usefixtures("lists")
def test_the_same_records_live(campaign: Campaign, spark: Lake) -> None:
    expected = _living(campaign, campaign.lake)
    assert len(expected["record"]) > _VOTERS
    assert expected["vote"]
    assert _living(campaign, spark) == expected


def _pairs(lake: Lake, records: ir.Table, model: LinkModel) -> set[tuple[int, int]]:
    """The pairs that are taken for one person, by weights that were learnt elsewhere."""
    with (
        pairs.prepared(lake.backend, records) as comparing,
        hold(lake.backend, blocking.keys(comparing.comparable)) as keys,
        comparing.candidates(keys) as candidates,
    ):
        scored = comparing.score(model, candidates)
    count = int(records.record_id.nunique().to_pyarrow().as_py())
    nowhere = np.zeros(scored.num_rows, dtype=np.int64)
    judged = rules.Judged(
        **{name: scored[name].to_numpy() for name in ("all_evidence", "person", "veto", "sure")},
        overlaps=Overlaps.of(pa.nulls(count, pa.string()), nowhere, nowhere),
    )
    taken = rules.weigh(judged, model, count) > rules.THRESHOLD
    ends = np.sort([scored["record_id_l"].to_numpy()[taken], scored["record_id_r"].to_numpy()[taken]], axis=0)
    return set(zip(*ends.tolist(), strict=True))


def _households(lake: Lake, records: ir.Table, links: pa.Table) -> list[tuple[int, str]]:
    persons = np.unique(links["person_id"].to_numpy())
    held = hold(lake.backend, records)
    placed = lake.backend.create_table("links_of_the_test", links, temp=lake.backend.name == "duckdb")
    try:
        housed = house(lake.backend, held, placed, persons)
    finally:
        held.release()
    first = {household: index for index, household in reversed(list(enumerate(housed.household.tolist())))}
    return [
        (first[household], str(evidence))
        for household, evidence in zip(housed.household.tolist(), housed.evidence.tolist(), strict=True)
    ]


@pytest.mark.usefixtures("lists")
def test_carried_weights_find_the_same_pairs_and_households(
    campaign: Campaign, spark: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All blocks are one expression over other columns: a few of them tell, and Spark takes seconds for each.
    monkeypatch.setattr(blocking, "BLOCKS", blocking.BLOCKS[::8])
    here, there = _records(campaign, campaign.lake), _records(campaign, spark)
    linked = link(campaign.lake.backend, here)
    expected = _pairs(campaign.lake, here, linked.model)
    found = _pairs(spark, there, linked.model)
    assert len(expected) > _VOTERS / 5
    assert len(expected ^ found) <= _APART * len(expected)
    links = pa.table({"record_id": linked.record_id, "person_id": linked.cluster})
    assert _households(spark, there, links) == _households(campaign.lake, here, links)


def test_the_same_rows_are_analysed(campaign: Campaign, spark: Lake) -> None:
    town(800, seed=5, pilot=0.5).load(campaign)

    def rows(lake: Lake) -> pa.Table:
        profile, attribute, vote = (lake.table(f"people.{n}") for n in ("profile", "attribute", "vote"))
        arms = experiments.told_arms(attribute, profile, "pilot")
        return lake.read(experiments.results(arms, attribute, vote, profile, "voted"))

    expected, found = rows(campaign.lake), rows(spark)
    assert expected.num_rows > 200
    for name in expected.column_names:
        if pa.types.is_floating(expected.schema.field(name).type):
            np.testing.assert_allclose(found[name].to_numpy(), expected[name].to_numpy(), rtol=1e-9)
        else:
            assert found[name].to_pylist() == expected[name].to_pylist(), name
