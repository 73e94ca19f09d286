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


def test_equals_that_the_money_did_not_reach() -> None:
    plan = solve(turnout_problem([[0.1]] * 5, (replace(POST, per=Per.PERSON),), 30))
    assert plan.left_out == {Reason.BARRED: 0, Reason.NEVER_USEFUL: 0, Reason.OUTBID: 0, Reason.RAN_OUT: 2}
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
