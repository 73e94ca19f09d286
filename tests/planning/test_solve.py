"""Plans: households, reasons, second best, totals and the error of the sum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.planning import EffectDraws, Goal, Option, Per, Plan, Problem, solve
from commonweal.planning.errors import BudgetTooSmall
from commonweal.planning.model import NONE, Reason
from commonweal.planning.rules import votes

DOOR = Option("door", "door", "housing", 30, Per.HOUSEHOLD)
POST = Option("post", "post", "housing", 10, Per.HOUSEHOLD)
MAIL = Option("email", "email", "housing", 1, Per.PERSON)


def turnout_problem(gain: list[list[float]], options: tuple[Option, ...], budget: int) -> Problem:
    effects = np.array(gain)
    return Problem(options, budget, effects, np.full(effects.shape, 0.01), goal=Goal.TURNOUT)


def random_problem(seed: int, n: int = 60) -> Problem:
    rng = np.random.default_rng(seed)
    shape = (n, 3)
    return Problem(
        options=(DOOR, POST, MAIL),
        budget=int(rng.integers(1, 600)),
        d_turnout=rng.normal(0.03, 0.03, shape),
        se_turnout=rng.uniform(0, 0.02, shape),
        d_support=rng.normal(0.01, 0.02, shape),
        se_support=rng.uniform(0, 0.02, shape),
        turnout=rng.random(n),
        support=rng.random(n),
        barred=(rng.random(shape) < 0.4).astype(np.uint8) * rng.integers(1, 4, shape).astype(np.uint8),
        household=rng.integers(0, n // 2, n),
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_every_plan_adds_up(seed: int) -> None:
    problem = random_problem(seed)
    assert problem.barred is not None
    assert problem.household is not None
    plan = solve(problem)
    ids = np.unique(problem.household)
    assert (ids[plan.unit] == problem.household).all()
    assert plan.spent == plan.cost.sum() <= problem.budget
    assert plan.proved
    gain = votes(problem.d_turnout.T, problem.d_support.T, problem.turnout, problem.support).T  # type: ignore[union-attr]
    chosen = plan.choice[plan.unit]
    for person in range(len(chosen)):
        open_ = chosen[person] != NONE and problem.barred[person, chosen[person]] == 0
        assert plan.reached[person] == open_
    mine = np.where(plan.reached, gain[np.arange(len(chosen)), np.maximum(chosen, 0)], 0.0)
    assert np.bincount(plan.unit, mine) == pytest.approx(plan.gain, abs=1e-12)
    assert plan.votes.value == pytest.approx(mine.sum())
    assert sum(each.votes.value for each in plan.options) == pytest.approx(plan.votes.value)
    assert sum(each.cost for each in plan.options) == plan.spent
    for position, each in enumerate(plan.options):
        taken = plan.choice == position
        paid = taken.sum() if each.option.per is Per.HOUSEHOLD else plan.reached[chosen == position].sum()
        assert (each.contacts, each.cost) == (paid, paid * each.option.unit_cost)
        assert each.eligible == (problem.barred[:, position] == 0).sum()
    assert (plan.gain[plan.choice != NONE] > 0).all()
    assert ((plan.reason == Reason.CHOSEN) == (plan.choice != NONE)).all()
    assert sum(plan.left_out.values()) == (plan.choice == NONE).sum()


def test_a_household_counts_all_its_open_members() -> None:
    problem = turnout_problem([[0.02], [0.03], [0.04]], (POST,), 10)
    problem = replace(problem, household=np.array([7, 9, 7]), barred=np.array([[0], [0], [3]], np.uint8))
    plan = solve(problem)
    assert plan.choice.tolist() == [NONE, 0]  # 0.02 of household 7 against 0.03 of household 9
    assert plan.reached.tolist() == [False, True, False]
    open_to_all = solve(replace(problem, barred=None))
    assert open_to_all.choice.tolist() == [0, NONE]
    assert open_to_all.votes.value == pytest.approx(0.06)


def test_an_option_per_person_costs_once_for_each_member() -> None:
    problem = turnout_problem([[0.02], [0.03], [0.04]], (MAIL,), 2)
    plan = solve(replace(problem, household=np.array([7, 9, 7])))
    assert plan.cost.tolist() == [2, 0]
    assert plan.options[0].contacts == plan.options[0].reached == 2


def test_reasons_and_second_best() -> None:
    problem = turnout_problem(
        [[0.09, 0.05], [0.01, 0.04], [-0.01, -0.02], [0.5, 0.5], [0.01, 0.001], [0.003, 0.0005]],
        (replace(DOOR, per=Per.PERSON), replace(POST, per=Per.PERSON)),
        40,
    )
    barred = np.zeros((6, 2), np.uint8)
    barred[3] = [5, 2]
    plan = solve(replace(problem, barred=barred))
    assert plan.choice.tolist() == [0, 1, NONE, NONE, NONE, NONE]
    assert [Reason(reason).code for reason in plan.reason] == [
        "chosen",
        "chosen",
        "never_useful",
        "barred",
        "ran_out",  # the next in line: it makes the price
        "outbid",
    ]
    assert plan.barrier.tolist() == [0, 0, 0, 2, 0, 0]
    assert plan.second.tolist() == [1, 0, NONE, NONE, 0, 1]  # of the last, the letter is nearer to its price
    assert plan.second_gain.tolist() == pytest.approx([0.05, 0.01, 0.0, 0.0, 0.01, 0.0005])
    assert plan.lead[5] < plan.lead[4] < 1e-12 < plan.lead[0]
    assert plan.left_out[Reason.BARRED] == 1


def test_an_option_that_is_full_goes_to_those_it_gains_most_with() -> None:
    door, post = replace(DOOR, per=Per.PERSON, capacity=2), replace(POST, per=Per.PERSON)
    gains = [[0.09, 0.01], [0.06, 0.05], [0.08, 0.01], [0.05, -0.01], [0.0, 0.02]]
    plan = solve(turnout_problem(gains, (door, post), 1000))
    assert plan.choice.tolist() == [0, 1, 0, NONE, 1]
    assert [Reason(reason).code for reason in plan.reason] == ["chosen", "chosen", "chosen", "full", "chosen"]
    assert plan.options[0].contacts == 2
    assert (
        0.05 <= plan.options[0].more <= 0.07
    )  # the fourth's gain, and what the third has more by a door than by post
    assert plan.options[1].more == 0.0
    assert plan.second.tolist() == [1, 0, 1, 0, NONE]
    assert plan.second_gain[3] == pytest.approx(0.05)
    more = plan.options[0].more  # each visit costs somebody else that much
    assert plan.lead.tolist() == pytest.approx([0.08 - more, more - 0.01, 0.07 - more, 0.05 - more, 0.02])
    assert plan.bound == pytest.approx(plan.votes.value)


def test_contacts_of_a_household_count_once_or_once_a_member() -> None:
    gain = [[0.02], [0.03], [0.04], [0.06]]
    people = {"household": np.array([7, 9, 7, 8])}
    by_letter = solve(replace(turnout_problem(gain, (replace(POST, capacity=1),), 1000), **people))
    assert by_letter.reached.tolist() in ([True, False, True, False], [False, False, False, True])
    two_letters = solve(replace(turnout_problem(gain, (replace(POST, capacity=2),), 1000), **people))
    assert two_letters.reached.tolist() == [True, False, True, True]
    by_mail = solve(replace(turnout_problem(gain, (replace(MAIL, capacity=2),), 1000), **people))
    assert by_mail.reached.tolist() == [False, True, False, True]
    assert (by_mail.options[0].contacts, by_mail.options[0].reached) == (2, 2)


def test_a_closed_option_is_given_to_nobody() -> None:
    plan = solve(turnout_problem([[0.1], [0.2]], (replace(MAIL, capacity=0),), 100))
    assert plan.left_out[Reason.FULL] == 2
    assert (plan.votes.value, plan.spent, plan.bound) == (0.0, 0, 0.0)
    assert plan.options[0].more == pytest.approx(0.2)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_capacities_are_never_exceeded_and_never_gain(seed: int) -> None:
    problem = random_problem(seed)
    room = np.random.default_rng(seed).integers(0, 8, 3)
    tight = tuple(replace(o, capacity=int(c)) for o, c in zip(problem.options, room, strict=True))
    plan, free = solve(replace(problem, options=tight)), solve(problem)
    for each in plan.options:
        assert each.option.capacity is not None
        assert each.contacts <= each.option.capacity
    assert plan.spent <= problem.budget
    assert plan.votes.value <= min(plan.bound, free.votes.value + 1e-12)
    assert (plan.gain[plan.choice != NONE] > 0).all()


def test_equals_that_the_money_did_not_reach() -> None:
    plan = solve(turnout_problem([[0.1]] * 5, (replace(POST, per=Per.PERSON),), 30))
    assert {reason: count for reason, count in plan.left_out.items() if count} == {Reason.RAN_OUT: 2}
    assert plan.price == pytest.approx(0.01)
    dear = solve(turnout_problem([[0.1]], (replace(POST, per=Per.PERSON),), 9))
    assert (dear.spent, dear.left_out[Reason.RAN_OUT]) == (0, 1)


def test_without_draws_an_options_error_is_wholly_shared() -> None:
    problem = turnout_problem(
        [[0.1, 0.0]] * 3 + [[0.0, 0.1]] * 4, (replace(DOOR, per=Per.PERSON), MAIL), 1000
    )
    plan = solve(problem)
    assert [each.votes.error for each in plan.options] == pytest.approx([0.03, 0.04])
    assert plan.votes.error == pytest.approx(0.05)
    assert plan.error == pytest.approx(np.full(7, 0.01))


def test_draws_are_added_up_over_segments() -> None:
    rng = np.random.default_rng(4)
    problem = random_problem(11)
    segment = rng.integers(0, 3, 60)
    draws = EffectDraws(segment, rng.normal(0, 0.01, (400, 3, 3)), rng.normal(0, 0.01, (400, 3, 3)))
    plan = solve(replace(problem, draws=draws))
    assert draws.support is not None
    by_hand = np.array(
        [_moved(problem, plan, draws.turnout[b], draws.support[b], segment) for b in range(400)]
    )
    assert plan.votes.error == pytest.approx(by_hand.std(ddof=1), rel=0.05)


def _moved(
    problem: Problem, plan: Plan, turnout: np.ndarray, support: np.ndarray, segment: np.ndarray
) -> float:
    """What the plan is worth when every effect is moved by a draw."""
    rows = np.flatnonzero(plan.reached)
    option = plan.choice[plan.unit][rows]
    assert problem.d_support is not None
    assert problem.turnout is not None
    assert problem.support is not None
    dt = problem.d_turnout[rows, option] + turnout[segment[rows], option]
    ds = problem.d_support[rows, option] + support[segment[rows], option]
    return float(votes(dt, ds, problem.turnout[rows], problem.support[rows]).sum())


def test_what_is_wrong_is_refused() -> None:
    with pytest.raises(BudgetTooSmall):
        solve(turnout_problem([[0.1]], (MAIL,), 0))
