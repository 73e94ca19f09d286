"""Rules of counting, against counts made by hand and in plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.planning.forecast.errors import BadSystem
from commonweal.planning.forecast.model import Transfers
from commonweal.planning.forecast.systems import ListSeats, MostVotes, TwoRounds, highest_averages

BIG = np.array([1e6])


def once(*votes: float) -> np.ndarray:
    """One election in one constituency."""
    return np.array(votes, np.float64)[None, None]


def test_most_votes_win_a_seat_and_electors_win_a_college() -> None:
    votes = np.array([[[60, 40], [30, 70], [45, 55]]], np.float64)
    assert MostVotes().count(votes, BIG, None).weight.tolist() == [[1, 2]]
    assert MostVotes(np.array([10.0, 3, 4])).count(votes, BIG, None).weight.tolist() == [[10, 7]]


def test_a_majority_wins_at_once_and_else_the_first_two_stand_again() -> None:
    outright = TwoRounds().count(once(51, 30, 19), BIG, None)
    assert (outright.weight.argmax(), outright.again.any()) == (0, False)
    nobody_moves = Transfers(np.where(np.eye(4), 0, -50) + np.diag([0, 0, 0, 50.0]) - 50 * np.eye(4, k=3))
    again = TwoRounds().count(once(40, 35, 25), np.array([100.0]), nobody_moves.affinity[None])
    assert again.again.all()
    assert again.last[0, 0, 2] == 0
    assert again.weight.argmax() == 0


def test_voters_of_who_is_out_go_where_they_are_said_to_go() -> None:
    shares = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0.1, 0.7, 0, 0.2], [0, 0, 0, 1]])
    count = TwoRounds().count(once(40, 35, 25), np.array([200.0]), Transfers.of_shares(shares).affinity[None])
    assert count.last[0, 0] == pytest.approx([42.5, 52.5, 0], abs=0.05)
    assert count.weight.tolist() == [[0, 1, 0]]


def test_deputies_need_a_quarter_of_those_registered_and_an_eighth_to_stand_again() -> None:
    deputies = TwoRounds(quorum=0.25, qualify=0.125)
    few = deputies.count(once(60, 30, 10), np.array([400.0]), None)
    assert few.again.all()
    three = deputies.count(once(40, 35, 25), np.array([200.0]), None)
    assert (three.last[0, 0] > 0).all()
    two = deputies.count(once(40, 35, 20), np.array([200.0]), None)
    assert (two.last[0, 0] > 0).tolist() == [True, True, False]


def test_a_french_town_half_of_the_seats_to_the_first_the_rest_by_highest_averages() -> None:
    """43 seats, 22 of them to the first; 60%, 36% and 4% (below the threshold) share 21: 13 and 8."""
    count = ListSeats(43).count(once(600, 360, 40), BIG, None)
    assert count.weight.tolist() == [[22 + 13, 8, 0]]


@given(
    st.lists(st.integers(0, 1_000), min_size=2, max_size=6).filter(any),
    st.integers(0, 40),
)
def test_highest_averages_as_one_seat_after_the_other(votes: list[int], seats: int) -> None:
    won = [0] * len(votes)
    for _seat in range(seats):
        won[max(range(len(votes)), key=lambda each: (votes[each] / (won[each] + 1), -each))] += 1
    found = highest_averages(np.array([votes], np.float64), seats)[0]
    averages = sorted(
        (votes[each] / turn for each in range(len(votes)) for turn in range(1, seats + 1)), reverse=True
    )
    assert found.sum() == seats
    assert sorted(
        (votes[each] / turn for each in range(len(votes)) for turn in range(1, int(found[each]) + 1)),
        reverse=True,
    ) == pytest.approx(averages[:seats])
    assert sum(won) == seats


@given(st.lists(st.floats(1, 1e4), min_size=3, max_size=6), st.floats(1, 5))
def test_no_voter_is_made_or_lost_on_the_way_to_the_second_round(votes: list[float], beside: float) -> None:
    registered = np.array([sum(votes) * beside])
    count = TwoRounds().count(once(*votes), registered, None)
    assert 0 < count.last.sum() <= registered[0] * (1 + 1e-9)
    assert count.weight.sum() == 1


@pytest.mark.parametrize(
    ("system", "constituencies"),
    [
        (MostVotes(np.ones(3)), 2),
        (TwoRounds(quorum=1.5), 1),
        (ListSeats(0), 1),
        (ListSeats(9, bonus=-1), 1),
        (ListSeats(9), 2),
    ],
)
def test_rules_that_cannot_count_are_refused(
    system: MostVotes | TwoRounds | ListSeats, constituencies: int
) -> None:
    with pytest.raises(BadSystem):
        system.check(constituencies)
