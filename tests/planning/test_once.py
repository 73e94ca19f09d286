"""Nobody gets a message twice, and the bound holds for the best plan of which that is true."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.campaign import Campaign
from commonweal.planning.joint import Option, Plan, Problem, money, solve
from commonweal.planning.joint.errors import FloorsOutOfReach
from commonweal.planning.once import solve_once, without_said
from commonweal.planning.posing import pose
from commonweal.planning.tally import tally
from commonweal.planning.terms import Term, Terms
from commonweal.planning.under_way import Held, keep
from planning.folk import CALL, DOOR, MAIL, POST, alike, folk

OPTIONS = tuple(
    Option(f"{channel}:{message}", channel, message, cost)
    for channel, message, cost in (
        ("door", "housing", 3.0),
        ("post", "housing", 2.0),
        ("post", "climate", 2.0),
        ("phone", "housing", 1.0),
        ("phone", "climate", 1.0),
    )
)
LETTER = msgspec.structs.replace(POST, code="post:housing", message="housing")
SAME = (DOOR, LETTER, CALL, POST, MAIL)
SAYS = {option.code: option.message for option in SAME}


def sets(most: int) -> list[tuple[int, ...]]:
    """What one person may get."""
    all_ = [each for size in range(most + 1) for each in combinations(range(len(OPTIONS)), size)]
    return [
        each
        for each in all_
        if len({OPTIONS[o].channel for o in each}) == len(each) == len({OPTIONS[o].message for o in each})
    ]


def best(problem: Problem, budget: float) -> float:
    cost = np.array([option.unit_cost for option in OPTIONS])
    found = 0.0
    for chosen in product(sets(2), repeat=problem.persons):
        if sum(cost[list(each)].sum() for each in chosen) <= budget + 1e-9:
            gains = (problem.gain[person, list(each)].sum() for person, each in enumerate(chosen))
            found = max(found, float(sum(gains)))
    return found


def twice(plan: Plan) -> int:
    told = [
        (person, OPTIONS[option].message) for person, option in zip(plan.person, plan.option, strict=True)
    ]
    return len(told) - len(set(told))


@given(st.integers(0, 10**6), st.integers(1, 2), st.sampled_from([2.0, 4.0, 7.0, 30.0]))
@settings(max_examples=25, deadline=None)
def test_tiny_plans_keep_the_rule_and_their_bound_holds(seed: int, persons: int, budget: float) -> None:
    gain = np.random.default_rng(seed).uniform(0.1, 1.0, (persons, len(OPTIONS))).astype(np.float32)
    allowed = np.ones(gain.shape, bool)
    problem = Problem(gain, OPTIONS, (money(OPTIONS, budget),), most=2, allowed=allowed)
    plan = solve_once(problem)
    assert twice(plan) == 0
    assert sum(OPTIONS[option].unit_cost for option in plan.option) <= budget + 1e-9
    assert plan.votes <= best(problem, budget) + 1e-5 <= plan.bound + 2e-5
    parts = plan.gap_parts
    assert parts.limits + parts.hours + parts.persons == pytest.approx(plan.in_part - plan.votes, abs=1e-6)


def test_a_plan_that_tells_nothing_twice_is_that_of_the_optimiser() -> None:
    gain = np.random.default_rng(2).uniform(0.1, 1.0, (50, len(OPTIONS))).astype(np.float32)
    problem = Problem(gain, OPTIONS, (money(OPTIONS, 60.0),), most=1, allowed=np.ones(gain.shape, bool))
    once, plain = solve_once(problem), solve(problem)
    assert (once.person.tolist(), once.option.tolist()) == (plain.person.tolist(), plain.option.tolist())
    assert (once.bound, once.votes, once.gap_parts) == (plain.bound, plain.votes, plain.gap_parts)


def test_households_are_told_once_besides_what_is_under_way(campaign: Campaign) -> None:
    population = replace(folk(options=SAME), once=True)
    terms = Terms(most=3, learning=0.1, limit=(Term(name="calls", channel="phone", at_most=90),))
    claims = [Held(CALL.code, [int(population.person[place])]) for place in range(0, 60, 3)]
    posed = without_said(keep(pose(campaign.lake, population, SAME, 40_000, terms), population, claims))
    with pytest.raises(AssertionError, match="twice"):
        tally(population, posed, solve(posed.problem), 1)
    plan = solve_once(posed.problem)
    found = tally(population, posed, plan, 1)
    assert 0 < plan.votes <= plan.bound
    told = {
        (row["household_id"], SAYS[row["option"]], row["option"])
        for row in found.contacts.to_pylist()
        if row["option"]
    }
    assert len({each[:2] for each in told}) == len(told)


def test_a_minimum_that_only_a_second_telling_would_meet_is_refused(campaign: Campaign) -> None:
    options = (CALL, msgspec.structs.replace(MAIL, code="email:housing", message="housing"))
    population = replace(alike(10, options), once=True)
    terms = Terms(most=2, limit=(Term(name="many", message="housing", at_least=15),))
    posed = pose(campaign.lake, population, options, 10**6, terms)
    assert len(solve(posed.problem).person) == 20
    with pytest.raises(FloorsOutOfReach, match="10"):
        solve_once(posed.problem)
