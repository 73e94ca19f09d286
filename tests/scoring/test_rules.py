from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.scoring import rules
from commonweal.scoring.model import AttributeCount, ElectionVotes


@pytest.mark.parametrize(
    ("name", "year", "month", "day", "kind"),
    [
        ("g2004", 2004, None, None, "g"),
        ("2004_primary", 2004, None, None, "primary"),
        ("2022-04-24", 2022, 4, 24, ""),
        ("presidentielle_2022_t2", 2022, None, None, "presidentielle t2"),
        ("General 18", 2018, None, None, "general"),
        ("20241105 general", 2024, 11, 5, "general"),
        ("11/08/2022", 2022, None, None, "11 08"),
    ],
)
def test_an_election_is_read_from_its_name(
    name: str, year: int, month: int | None, day: int | None, kind: str
) -> None:
    election = rules.read_election(name)
    assert election is not None
    assert (election.year, election.month, election.day, election.kind) == (year, month, day, kind)
    assert election.held.year == year


def test_a_name_without_a_year_is_no_election_in_time() -> None:
    assert rules.read_election("last_time") is None
    assert rules.order(["last_time", "2020"]) == [rules.read_election("2020")]


@pytest.mark.parametrize(
    "names",
    [
        ["p2000", "g2000", "p2002", "g2002", "p2004", "g2004"],
        ["2000_primary", "2000_general", "2002_primary"],
        ["presidentielle_2022_t1", "presidentielle_2022_t2", "europeennes_2024", "municipales_2026"],
        ["2022-04-10", "2022-04-24", "2024-06-09"],
    ],
)
def test_elections_stand_in_the_order_of_time(names: list[str]) -> None:
    assert [election.name for election in rules.order(reversed(names))] == names


def test_the_target_is_the_latest_election_with_both_outcomes() -> None:
    votes = [
        ElectionVotes("2000_general", 900, 100),
        ElectionVotes("2004_primary", 400, 600),
        ElectionVotes("2004_general", 1000, 0),
    ]
    target = rules.choose_target(votes)
    assert target is not None
    assert target.name == "2004_primary"
    assert rules.choose_target(votes, enough=1_001) is None


@given(st.lists(st.integers(1950, 2030).map("g{}".format), min_size=2, max_size=12, unique=True), st.data())
def test_a_window_never_sees_its_target_or_after(names: list[str], data: st.DataObject) -> None:
    elections = rules.order(names)
    target = data.draw(st.sampled_from(elections))
    window = rules.window_before(elections, target, "g", date(2031, 1, 1), 4)
    assert len(window.recent) == min(4, elections.index(target))
    for name in (*window.recent, *window.alike):
        election = rules.read_election(name)
        assert election is not None
        assert election.year < target.year
    assert window.as_of == target.held


def test_what_tells_of_outcomes_is_no_fact() -> None:
    counts = [
        AttributeCount("income", 900, 900, 0),
        AttributeCount("job", 900, 0, 12),
        AttributeCount("remark", 900, 0, 850),
        AttributeCount("rare", 9, 9, 0),
        AttributeCount("arm:pilot", 400, 0, 9),
        AttributeCount("outcome:voted", 400, 400, 0),
        AttributeCount("support_level", 400, 400, 0),
    ]
    columns = rules.choose_columns(1_000, 4, counts, ["roll"])
    assert (columns.numbers, columns.texts, columns.lags) == (("income",), ("job",), 4)


def test_folds_are_even_and_fixed() -> None:
    household = np.arange(50_000, dtype=np.int64) * 7
    folds = rules.folds(household, 5, seed=1)
    assert np.bincount(folds).min() > 9_600
    assert np.array_equal(folds[::-1], rules.folds(household[::-1], 5, seed=1))


def test_an_option_is_a_channel_and_a_message() -> None:
    assert rules.parts_of("door:housing") == ("door", "housing")
    assert rules.parts_of("Civic Duty") == ("", "Civic Duty")
