"""Joint plans: the bound beside HiGHS's and beside every plan there is, all rules kept, floors proven out of reach."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from commonweal.planning.joint import Hours, Option, Prices, Problem, contacts, money, solve
from commonweal.planning.joint.certificate import certify
from commonweal.planning.joint.errors import FloorsOutOfReach
from planning.joint.problems import best_of_all, drawn, fractional_optimum, kept, useful

DOOR = Option("door", "door", "housing", 1.0)
MAIL = Option("mail", "email", "housing", 0.01)


@pytest.mark.parametrize("seed", range(6))
def test_the_bound_is_a_linear_programs_optimum(seed: int) -> None:
    problem = drawn(seed, 1_000)
    optimum = fractional_optimum(problem)
    assert optimum is not None
    plan = solve(problem)
    kept(problem, plan)
    assert optimum * (1 - 1e-9) <= plan.in_part <= optimum * (1 + 1e-5)
    assert plan.bound <= plan.in_part
    assert plan.gap < 2e-3
    assert not any(use.shortfall for use in plan.uses)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(2, 4), st.sampled_from([0.0, 0.5]))
def test_no_plan_is_above_the_bound(seed: int, persons: int, channels: int, floors: float) -> None:
    problem = drawn(seed, persons, messages=1, channels=channels, areas=2, floors=floors)
    assume(len(useful(problem)[0]) and problem.allowed is not None and problem.allowed.any())
    best = best_of_all(problem)
    try:
        plan = solve(problem)
    except FloorsOutOfReach:
        assert best is None
        return
    kept(problem, plan)
    if best is not None:
        assert plan.bound >= best - 1e-9
        assert any(use.shortfall for use in plan.uses) or plan.votes <= best + 1e-9


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_any_prices_give_a_bound(seed: int) -> None:
    problem = drawn(seed % 50, 60)
    rng = np.random.default_rng(seed)
    prices = rng.normal(0, 0.01, len(problem.limits))
    hours = np.maximum(rng.normal(0, 0.1, 3), 0.0)
    optimum = fractional_optimum(problem)
    if optimum is not None:
        assert certify(problem, Prices(prices, hours)).in_part >= optimum * (1 - 1e-9)


def test_whole_contacts_tighten_the_bound() -> None:
    options = (Option("call", "phone", "housing", 1.0),)
    limit = contacts("phone", options, each=0.1, at_most=0.39)
    plan = solve(Problem(np.full((10, 1), 0.5, np.float32), options, (limit,)))
    assert plan.votes == pytest.approx(1.5)
    assert plan.bound == pytest.approx(1.5, rel=1e-4)
    assert plan.in_part == pytest.approx(1.95, rel=1e-4)


def test_equals_are_told_apart() -> None:
    problem = drawn(3, 2_000)
    rounded = replace(problem, gain=np.round(problem.gain / 0.005).astype(np.float32) * np.float32(0.005))
    plan = solve(rounded)
    kept(rounded, plan)
    assert plan.gap < 3e-3


def test_a_campaigns_plan_is_one_case() -> None:
    """A budget, capacities by option, one contact a household: what it costs depends on how many it reaches."""
    rng = np.random.default_rng(1)
    options = (DOOR, MAIL)
    members = rng.integers(1, 5, 500)
    pieces = np.column_stack([np.ones(500), members]).astype(np.uint8)
    limits = (money(options, 100.0), contacts("door: capacity", options, lambda o: o is DOOR, at_most=40))
    gain = (members[:, None] * rng.uniform(0, 0.01, (500, 2))).astype(np.float32)
    problem = Problem(gain, options, limits, allowed=pieces)
    plan = solve(problem)
    kept(problem, plan)
    assert len(np.unique(plan.person)) == len(plan.person)
    assert plan.uses[1].used == 40
    assert plan.gap < 1e-3


def test_more_of_a_limit_gains_its_price() -> None:
    problem = drawn(5, 2_000)
    plan = solve(problem)
    more = replace(problem.limits[0], at_most=problem.limits[0].at_most * 1.02)
    again = solve(replace(problem, limits=(more, *problem.limits[1:])), plan.prices)
    worth = plan.uses[0].price * (more.at_most - problem.limits[0].at_most)
    assert again.bound - plan.bound == pytest.approx(worth, rel=0.2)
    assert again.gap < 2e-3


def test_an_area_without_hours_gets_no_visit() -> None:
    problem = drawn(2, 400)
    assert problem.hours is not None
    assert problem.area is not None
    closed = replace(problem, hours=Hours("door", problem.hours.each, np.array([0.0, 9.0, np.inf])))
    plan = solve(closed)
    kept(closed, plan)
    doors = np.array([option.channel == "door" for option in closed.options])[plan.option]
    assert not (problem.area[plan.person[doors]] == 0).any()


def test_floors_that_cannot_be_met_are_named() -> None:
    options = (DOOR, MAIL)
    limits = (
        money(options, 10.0),
        contacts("visits", options, lambda o: o is DOOR, at_least=8),
        contacts("letters", options, lambda o: o is MAIL, at_least=400),
    )
    with pytest.raises(FloorsOutOfReach) as error:
        solve(Problem(np.full((1_000, 2), 0.01, np.float32), options, limits, most=2))
    words = str(error.value)
    assert ("visits: 8 are asked, 6 can be had" in words) != (
        "letters: 400 are asked, 200 can be had" in words
    )


def test_floors_that_hold_at_a_loss() -> None:
    options = (DOOR, MAIL)
    limits = (money(options, 10.0), contacts("letters", options, lambda o: o is MAIL, at_least=600))
    gain = np.tile(np.array([[0.5, 0.001]], np.float32), (1_000, 1))
    plan = solve(Problem(gain, options, limits))
    assert [use.shortfall for use in plan.uses] == [0, 0]
    assert plan.uses[1].price < 0
    assert plan.bound == pytest.approx(4 * 0.5 + 600 * 0.001, rel=1e-4)
    assert plan.votes > 2.0


def test_without_limits_everyone_gets_their_best() -> None:
    problem = replace(drawn(8, 300), limits=(), hours=None, most=5)
    plan = solve(problem)
    kept(problem, plan)
    assert plan.gap == pytest.approx(0.0, abs=1e-9)


def test_nobody_gains_anything() -> None:
    options = (DOOR, MAIL)
    plan = solve(Problem(np.full((5, 2), -0.1, np.float32), options, (money(options, 10.0),)))
    assert not len(plan.person)
    assert plan.bound == plan.votes == plan.gap == 0
