"""Talk that is not too narrow: each point beside HiGHS's linear program, and beside every plan there is."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from commonweal.planning.joint import Problem, contacts, solve
from commonweal.planning.joint.errors import BadShare, FloorsOutOfReach
from commonweal.planning.joint.narrowness import (
    NarrowPoint,
    by_reach,
    limit_of,
    narrowness_curve,
    share_of,
)
from commonweal.planning.joint.tally import tally
from planning.joint.problems import best_of_all, drawn, fractional_optimum, useful

NAN = float("nan")
NARROW = {"0": 0.0, "1": 1.0, "2": 1.0, "3": NAN, "4": 0.5}
SHARES = (0.0, 0.1, 0.25, 0.4, 1.0)


def limited(problem: Problem, share: float) -> Problem:
    return replace(problem, limits=(*problem.limits, limit_of(problem.options, NARROW, share)))


def counted(problem: Problem, point: NarrowPoint) -> float:
    """The share, contact by contact."""
    narrow = talk = 0.0
    for person, option in zip(point.plan.person, point.plan.option, strict=True):
        known = NARROW[problem.options[option].message]
        if not np.isnan(known):
            times = 1 if problem.allowed is None else int(problem.allowed[person, option])
            narrow, talk = narrow + times * known, talk + times
    return narrow / talk if talk else 0.0


@pytest.mark.parametrize("households", [False, True])
def test_each_point_is_the_best_of_its_share_but_for_its_gap(households: bool) -> None:
    problem = drawn(11, 1_200, messages=5, channels=3, floors=0.0)
    if households:
        assert problem.allowed is not None
        pieces = problem.allowed * np.random.default_rng(1).integers(1, 4, problem.gain.shape)
        problem = replace(problem, allowed=pieces.astype(np.uint8))
    points = narrowness_curve(problem, NARROW, SHARES)
    assert [point.at_most for point in points] == list(SHARES)
    for point in points:
        within = limited(problem, point.at_most)
        optimum = fractional_optimum(within)
        assert optimum is not None
        assert point.bound >= optimum * (1 - 1e-6)
        assert point.bound <= optimum * (1 + 1e-4)
        assert point.plan.votes >= optimum * 0.99
        assert point.share <= point.at_most + 1e-9
        assert point.share == pytest.approx(counted(problem, point))
        assert not tally(within, point.plan.person, point.plan.option).broken
    votes = [point.plan.votes for point in points]
    assert all(more >= less * 0.995 for less, more in pairwise(votes))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4), st.sampled_from([0.0, 0.3, 0.5, 0.7]))
def test_no_plan_that_keeps_the_share_is_above_the_bound(seed: int, persons: int, share: float) -> None:
    problem = drawn(seed, persons, messages=2, channels=2, areas=2, floors=0.0)
    assume(len(useful(problem)[0]) and problem.allowed is not None and problem.allowed.any())
    best = best_of_all(limited(problem, share))
    assert best is not None
    (point,) = narrowness_curve(problem, NARROW, [share])
    assert point.bound >= best - 1e-9
    assert point.plan.votes <= best + 1e-9
    assert point.share <= share + 1e-9


def test_a_share_that_does_not_bind_leaves_the_plan_as_it_is() -> None:
    problem = drawn(12, 600, messages=5, channels=3, floors=0.0)
    whole = solve(problem)
    loose = share_of(problem, NARROW, whole)
    for share in (loose, 1.0):
        (point,) = narrowness_curve(problem, NARROW, [share], everything=whole)
        assert point.plan is whole
        assert point.bound == whole.bound


def test_a_share_that_minimums_leave_no_room_for_has_no_point() -> None:
    problem = drawn(13, 600, messages=5, channels=3, floors=0.0)
    floor = contacts("enough", problem.options, lambda o: o.message == "1", at_least=50)
    with pytest.raises(FloorsOutOfReach):
        solve(limited(replace(problem, limits=(floor,)), 0.0))
    points = narrowness_curve(replace(problem, limits=(floor,)), NARROW, [0.0, 0.5])
    assert [point.at_most for point in points] == [0.5]


def test_what_a_share_costs_at_the_margin_is_its_price() -> None:
    """One contact more that does not count as narrow gives back as much as the limit's price says."""
    problem = limited(drawn(14, 3_000, messages=5, channels=3, floors=0.0), 0.2)
    plan = solve(problem)
    assert plan.uses[-1].price > 0
    more = replace(problem.limits[-1], at_most=2.0)
    again = solve(replace(problem, limits=(*problem.limits[:-1], more)), plan.prices)
    assert again.bound - plan.bound == pytest.approx(2 * plan.uses[-1].price, rel=0.2)


def test_a_message_is_narrow_that_serves_few() -> None:
    told = by_reach({"rents": 0.19, "taxes": 0.2, "trees": NAN}, few=0.2)
    assert (told["rents"], told["taxes"]) == (1.0, 0.0)
    assert np.isnan(told["trees"])


@pytest.mark.parametrize(("narrow", "share"), [({"0": 1.0}, 1.2), ({"0": 1.0}, NAN), ({"0": -0.1}, 0.5)])
def test_what_is_no_share_is_refused(narrow: dict[str, float], share: float) -> None:
    with pytest.raises(BadShare):
        limit_of(drawn(1, 5).options, narrow, share)
