"""A run that looks only at what has changed comes to what a run over all records by the same census comes to.

Random sequences of import, taking back, review and undo on the real linker, with blocks and limits as small as the
lists. After each step all records are compared anew and nothing of it is written: persons, households, doubts, and all
that the next run goes on from must be what stands there.
"""

from __future__ import annotations

import csv
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from psycopg.types.json import Jsonb
from tests.conftest import Clock, LedgerServer

from commonweal.campaign import Campaign, Settings
from commonweal.identity import blocking, delta, neighbours, queries, rules, running, standing
from commonweal.identity.actions import decide, resolve, undo
from commonweal.identity.comparisons import starting_model
from commonweal.identity.errors import NoRecords, NothingToPart
from commonweal.identity.model import Answer, ResolveReport
from commonweal.intake.actions import import_file, take_back
from commonweal.intake.model import Column, Mapping, Mode
from commonweal.jobs.model import silent
from commonweal.store.ledger import LedgerRole

EXAMPLES, STEPS = 1, 3  # raise them to look for more
_FIELDS = ("given_name", "surname", "birth_date", "house_number", "postcode", "phone", "registration_number")
_BLOCKS = [0, 2, 7, 8, 15, 18, 30, 32]
Row = tuple[str, ...]
ROW = st.tuples(
    st.sampled_from("abcdefgh"),
    st.sampled_from(("Anne", "Brice", "Chloe")),
    st.sampled_from(("Abadie", "Roux")),
    st.sampled_from(("", "1961-03-04", "1990-05-06")),
    st.sampled_from(("", "1", "2")),
    st.sampled_from(("", "31000", "31000", "81000")),
    st.sampled_from(("", "", "0561000001", "0561000002")),
    st.sampled_from(("", "", "101", "102", "103")),
)


class Campaigning(RuleBasedStateMachine):
    """A campaign of a dozen records, its weights kept from the start."""

    server: LedgerServer

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="commonweal-delta-"))
        chosen = Settings(name="Delta", timezone="Europe/Paris", rounds=(), jurisdiction="fr")
        Campaign.create(self.folder / "campaign", chosen)
        self.ledger = self.server.new()
        self.campaign = Campaign(self.folder / "campaign", chosen, self.ledger, Clock(), "test:somebody")
        self.batches: list[int] = []
        keep_starting_weights(self.campaign)

    def teardown(self) -> None:
        self.campaign.lake.close()
        self.server.drop(self.ledger)

    @initialize(rows=st.lists(ROW, min_size=5, max_size=8))
    def begin(self, rows: list[Row]) -> None:
        self.add("roll", rows, Mode.SNAPSHOT)
        self.add("gifts", rows[:3], Mode.DELTA)
        resolve(self.campaign)

    @rule(
        source=st.sampled_from(("roll", "gifts")),
        rows=st.lists(ROW, min_size=1, max_size=5),
        mode=st.sampled_from(Mode),
    )
    def load(self, source: str, rows: list[Row], mode: Mode) -> None:
        self.add(source, rows, mode)
        self.check(resolve(self.campaign))

    def add(self, source: str, rows: list[Row], mode: Mode) -> None:
        self.batches.append(add(self.campaign, self.folder, source, rows, mode, len(self.batches)))

    @precondition(lambda self: len(self.batches) > 1)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        batch = data.draw(st.sampled_from(self.batches))
        self.batches.remove(batch)
        take_back(self.campaign, batch)
        self.check(resolve(self.campaign))

    @precondition(lambda self: len(self.links()) > 1)
    @rule(data=st.data(), answer=st.sampled_from(Answer))
    def review(self, data: st.DataObject, answer: Answer) -> None:
        records = sorted(self.links())
        left, right = data.draw(st.lists(st.sampled_from(records), min_size=2, max_size=2, unique=True))
        with self.ledger.transaction(LedgerRole.OWNER) as connection:
            decide(connection, self.campaign, (left, right), answer)
        self.check(resolve(self.campaign))

    @precondition(lambda self: self.merges())
    @rule(data=st.data())
    def take_a_merge_back(self, data: st.DataObject) -> None:
        try:
            self.check(undo(self.campaign, data.draw(st.sampled_from(self.merges()))))
        except NothingToPart:
            return

    def check(self, report: ResolveReport) -> None:
        assert report.model.value == "kept"
        same_as_all_anew(self.campaign)

    def links(self) -> dict[int, int]:
        table = self.campaign.lake.table("identity.link").select("record_id", "person_id")
        return {row["record_id"]: row["person_id"] for row in self.campaign.lake.read(table).to_pylist()}

    def merges(self) -> list[int]:
        with self.ledger.read(LedgerRole.OWNER) as connection:
            rows = connection.execute(
                "SELECT event_id FROM identity.event e WHERE kind = 'merge'"
                " AND NOT EXISTS (SELECT FROM identity.event u WHERE u.undoes = e.event_id) ORDER BY 1"
            ).fetchall()
        return [event for (event,) in rows]


def keep_starting_weights(campaign: Campaign) -> None:
    """A dozen records teach nothing: the weights that were there before are kept instead."""
    model = starting_model()
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        connection.execute(
            "INSERT INTO identity.model (made_at, definition, records, weights) VALUES (%s, %s, 0, %s)",
            (campaign.clock(), model.definition, Jsonb(model.as_json())),
        )


def add(campaign: Campaign, folder: Path, source: str, rows: list[Row], mode: Mode, nonce: int) -> int:
    """Load a list; the number of its batch. `nonce`: no two files are alike."""
    path = folder / f"{source}.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", *_FIELDS, "street", "nonce"))
        writer.writerows({row[0]: (*row, row[4] and "rue Neuve", nonce) for row in rows}.values())
    columns = {"id": Column(target=""), "nonce": Column(target=""), "street": Column(target="street")}
    columns |= {name: Column(target=name) for name in _FIELDS}
    mapping = Mapping(list_name=source, mode=mode, key=("id",), columns=columns)
    return import_file(campaign, path, source=source, mapping=mapping).batch_id


def same_as_all_anew(campaign: Campaign) -> None:
    """All that stands written is what a run over all records finds; it writes nothing."""
    lake = campaign.lake
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        doubts = connection.execute(
            "SELECT left_record, right_record, weight, telling, evidence FROM identity.doubt ORDER BY 1, 2"
        ).fetchall()
        last = queries.last_run(connection)
    assert last is not None
    with lake.writer("test") as writer, ExitStack() as held:
        run = running.Run(campaign, silent, full=True)
        try:
            found = run._find(run._begun(), writer, held)
        except NoRecords:
            return
        assert not found.changed
        assert found.doubtful == last.doubts
        rows = found.waiting.to_pylist()
        assert [tuple(row.values())[:2] for row in rows] == [row[:2] for row in doubts]
        for row, stands in zip(rows, doubts, strict=True):
            assert row["weight"] == stands[2], row
            assert row["telling"] == stands[3], row
        if found.put.census is None:  # the census still held
            seen = standing.Seen.read(lake).as_arrow()
            assert _rows(lake, writer.staged("identity.seen")) == seen.to_pylist()
            assert _rows(lake, writer.staged("identity.pair")) == _rows(lake, standing.pairs(lake))
            index = standing.Index.of(lake, len(_BLOCKS), held)
            kept = index.of_records(seen["record_id"].to_numpy())
            assert _rows(lake, writer.staged("identity.key").select(kept.columns)) == _rows(lake, kept)


def _rows(lake: Any, table: ir.Table) -> list[dict[str, Any]]:
    found = lake.read(table)
    ids = [(name, "ascending") for name in found.column_names if name.endswith("record_id")]
    return list(found.sort_by(ids).to_pylist())


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few blocks, keys that three share are passed over, and a census that holds however a campaign grows."""
    monkeypatch.setattr(blocking, "BLOCKS", tuple(blocking.BLOCKS[at] for at in _BLOCKS))
    monkeypatch.setattr(rules, "limits", lambda usual, *_: [4] * len(usual))
    monkeypatch.setattr(delta, "GROWTH", (0.0, 1e9))
    monkeypatch.setattr(standing, "_MOST_CHANGES", 1.0)
    monkeypatch.setattr(neighbours, "_MOST", 9.0)


@pytest.mark.slow
@pytest.mark.usefixtures("tight")
def test_what_has_changed_is_all_that_needs_to_be_looked_at(ledger_server: LedgerServer) -> None:
    machine = type("Machine", (Campaigning,), {"server": ledger_server})
    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),  # a step takes a second: to shrink a failure takes an hour
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen)


_ANNE = ("a", "Anne", "Abadie", "", "", "31000", "", "")
_BRICE = ("b", "Brice", "Roux", "1990-05-06", "1", "81000", "", "")


def _begin(campaign: Campaign, folder: Path, rows: list[Row]) -> None:
    campaign.settings = msgspec.structs.replace(campaign.settings, jurisdiction="fr")
    keep_starting_weights(campaign)
    add(campaign, folder, "roll", rows, Mode.SNAPSHOT, 0)
    resolve(campaign)


def _censuses(campaign: Campaign) -> int:
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        row = connection.execute("SELECT count(*) FROM identity.census").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.usefixtures("tight")
def test_a_key_that_becomes_too_common_and_rare_again(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two who share a name are compared; not, once a third and a fourth of that name come; and again, when these are gone.
    What changed is told, and all else as it was."""
    monkeypatch.setattr(rules, "limits", lambda usual, *_: [2] * len(usual))
    _begin(campaign, tmp_path, [_ANNE, ("c", *_ANNE[1:5], "", *_ANNE[6:]), _BRICE])
    compared = _rows(campaign.lake, standing.pairs(campaign.lake))
    assert len(compared) == 1
    others = [("d", *_ANNE[1:]), ("e", *_ANNE[1:]), ("b", *_BRICE[1:3], "1961-03-04", *_BRICE[4:])]
    batch = add(campaign, tmp_path, "roll", others, Mode.DELTA, 1)
    report = resolve(campaign)
    assert (report.new, report.renewed, report.gone) == (2, 1, 0)
    assert compared[0] not in _rows(campaign.lake, standing.pairs(campaign.lake))
    same_as_all_anew(campaign)
    take_back(campaign, batch)
    report = resolve(campaign)
    assert (report.new, report.renewed, report.gone) == (0, 1, 2)
    assert _rows(campaign.lake, standing.pairs(campaign.lake)) == compared
    same_as_all_anew(campaign)
    assert _censuses(campaign) == 1


@pytest.mark.usefixtures("tight")
def test_what_was_not_counted_is_counted_anew(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list with registration numbers that had none before; a campaign that grows by half."""
    _begin(campaign, tmp_path, [_ANNE, _BRICE])
    add(campaign, tmp_path, "gifts", [_ANNE], Mode.DELTA, 1)
    resolve(campaign)
    assert _censuses(campaign) == 1
    add(campaign, tmp_path, "gifts", [(*_ANNE[:7], "101")], Mode.DELTA, 2)
    resolve(campaign)
    assert _censuses(campaign) == 2
    monkeypatch.setattr(delta, "GROWTH", (0.8, 1.25))
    add(campaign, tmp_path, "gifts", [("f", *_BRICE[1:]), ("g", *_BRICE[1:])], Mode.DELTA, 3)
    resolve(campaign)
    assert _censuses(campaign) == 3
