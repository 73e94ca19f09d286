"""What reviewers say is honoured, and a merge can be taken back, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from tests.conftest import Clock, Laid, LedgerServer
from tests.identity.conftest import JEANNE, MARRIED, loading

from commonweal import loop
from commonweal.campaign import Campaign
from commonweal.identity import queries
from commonweal.identity.actions import decide, resolve, undo
from commonweal.identity.errors import (
    MergeNotNoted,
    NoSuchMerge,
    NothingToPart,
    OneRecord,
    ReasonTooLong,
    UndoneAlready,
)
from commonweal.identity.model import Answer, Standing
from commonweal.intake.actions import take_back
from commonweal.people import actions as people
from commonweal.store.ledger import LedgerRole


def _records(campaign: Campaign) -> dict[str, tuple[int, int]]:
    """For each record, by "list:key", its id and its person."""
    lake = campaign.lake
    joined = lake.table("identity.link").join(lake.table("intake.record"), "record_id")
    rows = lake.read(joined.select("source", "key", "record_id", "person_id")).to_pylist()
    return {f"{row['source']}:{row['key']}": (row["record_id"], row["person_id"]) for row in rows}


def _persons(campaign: Campaign) -> dict[str, int]:
    return {name: person for name, (_, person) in _records(campaign).items()}


def _answer(campaign: Campaign, left: str, right: str, answer: Answer, **more: str) -> Standing:
    records = _records(campaign)
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        return decide(connection, campaign, (records[left][0], records[right][0]), answer, **more)


def _merges(campaign: Campaign) -> list[tuple[int, int, int]]:
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        return connection.execute(
            "SELECT event_id, person_id, other_id FROM identity.event WHERE kind = 'merge' ORDER BY event_id"
        ).fetchall()


def _show(campaign: Campaign) -> None:
    people.build(campaign)
    people.publish(campaign)


def _two(campaign: Campaign) -> None:
    load = loading(campaign)
    load("gifts", [{"id": "g1", **MARRIED}])
    load("roll", [{"id": "1", **JEANNE}])
    resolve(campaign)
    _show(campaign)


@pytest.fixture(scope="module")
def ground(ledger_server: LedgerServer, tmp_path_factory: pytest.TempPathFactory) -> Laid:
    return Laid.by(ledger_server, tmp_path_factory.mktemp("two") / "campaign", _two)


@pytest.fixture
def two(ground: Laid, tmp_path: Path, clock: Clock) -> Iterator[Campaign]:
    """Two records that nothing ties."""
    with ground.copy(tmp_path / "campaign", clock) as campaign:
        yield campaign


@dataclass(frozen=True)
class Merged:
    """The two, tied by a third record: whose they were before, and the merge's event."""

    campaign: Campaign
    before: dict[str, int]
    event: int


@pytest.fixture(scope="module")
def merged_ground(
    ledger_server: LedgerServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Laid, dict[str, int]]:
    before: dict[str, int] = {}

    def lay(campaign: Campaign) -> None:
        _two(campaign)
        before.update(_persons(campaign))
        loading(campaign)("signups", [{"id": "s1", **JEANNE, **MARRIED}])
        assert resolve(campaign).merged == 1

    return Laid.by(ledger_server, tmp_path_factory.mktemp("merged") / "campaign", lay), before


@pytest.fixture
def merged(merged_ground: tuple[Laid, dict[str, int]], tmp_path: Path, clock: Clock) -> Iterator[Merged]:
    ground, before = merged_ground
    with ground.copy(tmp_path / "campaign", clock) as campaign:
        yield Merged(campaign, before, _merges(campaign)[0][0])


def test_same_joins_and_different_parts(two: Campaign) -> None:
    before = _persons(two)
    assert _answer(two, "roll:1", "gifts:g1", Answer.SAME) is Standing.COUNTS
    assert resolve(two).merged == 1
    assert len(set(_persons(two).values())) == 1
    _show(two)
    assert _answer(two, "roll:1", "gifts:g1", Answer.SAME) is Standing.MOOT
    assert _answer(two, "roll:1", "gifts:g1", Answer.DIFFERENT, why="two letters came") is Standing.PARTS
    assert resolve(two).split == 1
    after = _persons(two)
    assert after["roll:1"] != after["gifts:g1"]
    assert set(before.values()) & set(after.values())
    assert not resolve(two).changed


def test_an_answer_that_was_committed_after_a_newer_one_is_heard(two: Campaign) -> None:
    records = _records(two)
    pair = records["roll:1"][0], records["gifts:g1"][0]
    with two.ledger.transaction(LedgerRole.OWNER) as slow:
        decide(slow, two, pair, Answer.SAME)
        with two.ledger.transaction(LedgerRole.OWNER) as quick:
            decide(quick, two, (pair[0], 12345), Answer.SAME)
        assert resolve(two).merged == 0
    assert resolve(two).merged == 1


def test_unsure_changes_nothing(two: Campaign) -> None:
    assert _answer(two, "roll:1", "gifts:g1", Answer.UNSURE) is Standing.COUNTS
    assert not resolve(two).changed


def test_who_is_not_sure_takes_back_their_own_answer_only(two: Campaign) -> None:
    assert _answer(two, "roll:1", "gifts:g1", Answer.SAME, actor="account:1") is Standing.COUNTS
    assert _answer(two, "roll:1", "gifts:g1", Answer.UNSURE, actor="account:2") is Standing.ANSWERED
    with two.ledger.read(LedgerRole.OWNER) as connection:
        assert [each.answer for each in queries.decisions(connection)] == [Answer.SAME]
    assert _answer(two, "roll:1", "gifts:g1", Answer.UNSURE, actor="account:1") is Standing.COUNTS


def test_what_is_said_of_one_record_or_at_length_is_refused(two: Campaign) -> None:
    with pytest.raises(OneRecord):
        _answer(two, "roll:1", "roll:1", Answer.SAME)
    with pytest.raises(ReasonTooLong):
        _answer(two, "roll:1", "gifts:g1", Answer.SAME, why="x" * 301)


def test_a_record_that_is_gone_is_told(two: Campaign) -> None:
    records = _records(two)
    with two.ledger.transaction(LedgerRole.OWNER) as connection:
        assert decide(connection, two, (records["roll:1"][0], 12345), Answer.SAME) is Standing.GONE


def test_undo_gives_the_former_person_its_records_and_its_id(merged: Merged) -> None:
    two, before, event = merged.campaign, merged.before, merged.event
    undo(two, event, why="mother and daughter-in-law")
    after = _persons(two)
    assert {name: after[name] for name in before} == before
    with two.ledger.read(LedgerRole.OWNER) as connection:
        persons = set(before.values())
        assert queries.living(connection, persons) == {person: person for person in persons}
        assert connection.execute("SELECT count(*) FROM identity.redirect").fetchone() == (0,)
    assert not resolve(two).changed
    with pytest.raises(UndoneAlready):
        undo(two, event)


def test_a_merge_taken_back_is_shown_though_its_process_ended_before(merged: Merged) -> None:
    """Killed once the merge was taken back, and done again: who was parted is shown as two."""
    two, before, event = merged.campaign, merged.before, merged.event
    loop.resolve(two)
    undo(two, event)
    with pytest.raises(UndoneAlready):
        loop.undo(two, event)
    with two.ledger.read(LedgerRole.OWNER) as connection:
        shown = queries.owners(connection, [record for record, _person in _records(two).values()])
    assert set(before.values()) <= set(shown.values())


def test_a_merge_is_taken_back_out_of_a_chain_of_merges(merged: Merged) -> None:
    """First A went into B, then B into C or C into B: A lives again, the others stay together."""
    two, before, event = merged.campaign, merged.before, merged.event
    odile = {"id": "c1", "given_name": "Odile", "surname": "Vidal", "birth_date": "1950-01-01"}
    loading(two)("canvass", [odile])
    resolve(two)
    _answer(two, "canvass:c1", "signups:s1", Answer.SAME)
    assert resolve(two).merged == 1
    undo(two, event)
    after = _persons(two)
    assert {name: after[name] for name in before} == before
    assert after["canvass:c1"] in set(before.values()) - (
        {after["roll:1"], after["gifts:g1"]} - {after["signups:s1"]}
    )
    assert not resolve(two).changed


def test_who_was_parted_may_be_joined_again_by_a_newer_answer(merged: Merged) -> None:
    two, event = merged.campaign, merged.event
    undo(two, event)
    _answer(two, "roll:1", "gifts:g1", Answer.SAME)
    assert resolve(two).merged == 1
    assert len(set(_persons(two).values())) == 1
    again = _merges(two)[-1][0]
    undo(two, again)
    assert len(set(_persons(two).values())) == 2


def test_only_merges_are_taken_back_and_only_with_both_sides_there(merged: Merged) -> None:
    two, event = merged.campaign, merged.event
    with pytest.raises(NoSuchMerge):
        undo(two, event + 1000)
    with two.ledger.read(LedgerRole.OWNER) as connection:
        batch = connection.execute("SELECT batch_id FROM intake.batch WHERE source = 'roll'").fetchone()
    assert batch is not None
    take_back(two, batch[0])
    resolve(two)
    with pytest.raises(NothingToPart):
        undo(two, event)


def test_a_merge_from_before_records_were_noted_says_why_it_stays(campaign: Campaign) -> None:
    """As the ledger had them before migration 0019."""
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        row = connection.execute(
            "WITH run AS (INSERT INTO identity.run (at, actor, changed, records, persons, households)"
            " VALUES (%s, 'cli:anna', true, 2, 1, 1) RETURNING run_id)"
            " INSERT INTO identity.event (run_id, kind, person_id, other_id, number)"
            " SELECT run_id, 'merge', 1, 2, 1 FROM run RETURNING event_id",
            (campaign.clock(),),
        ).fetchone()
    assert row is not None
    with pytest.raises(MergeNotNoted, match="too old"):
        undo(campaign, row[0])


def test_the_history_of_an_id_can_be_read(merged: Merged) -> None:
    two, before, event = merged.campaign, merged.before, merged.event
    _answer(two, "roll:1", "signups:s1", Answer.SAME, why="her own word")
    living = _persons(two)["signups:s1"]
    with two.ledger.read(LedgerRole.OWNER) as connection:
        turns = queries.history(connection, living)
    kinds = [turn.kind for turn in turns]
    assert sorted(kinds) == ["attach", "create", "create", "merge", "review"]
    merge = next(turn for turn in turns if turn.kind == "merge")
    assert (merge.event_id, merge.other, merge.number, merge.undone) == (event, living, 1, None)
    undo(two, event)
    with two.ledger.read(LedgerRole.OWNER) as connection:
        told = {person: queries.history(connection, person) for person in before.values()}
    for turns in told.values():
        assert {"undo", "merge"} <= {turn.kind for turn in turns}
        assert all(turn.undone for turn in turns if turn.kind == "merge")


def test_what_happened_and_what_was_said_is_never_changed(merged: Merged) -> None:
    two = merged.campaign
    _answer(two, "roll:1", "gifts:g1", Answer.SAME, why="a name")
    for change in (
        "DELETE FROM identity.event",
        "UPDATE identity.event SET number = 9",
        "UPDATE identity.decision SET answer = 'unsure'",
        "TRUNCATE identity.decision",
    ):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
            two.ledger.transaction(LedgerRole.OWNER) as connection,
        ):
            connection.execute(change)
    with two.ledger.transaction(LedgerRole.OWNER) as connection:
        assert connection.execute("UPDATE identity.decision SET why = ''").rowcount == 1
