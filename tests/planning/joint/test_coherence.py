"""Few messages: the best set beside every set, each by HiGHS's linear program."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from commonweal.planning.joint import Option, Problem, contacts, money, solve
from commonweal.planning.joint.coherence import price_curve, within
from commonweal.planning.joint.errors import FloorsOutOfReach
from commonweal.planning.joint.narrowness import limit_of, share_of
from commonweal.planning.joint.tally import tally
from commonweal.planning.joint.worth import Worth
from planning.joint.problems import drawn, fractional_optimum

MESSAGES = ("0", "1", "2", "3", "4")


def unequal(seed: int, floors: float = 0.0) -> Problem:
    """1,500 persons, five messages through three channels: some gain much more than others."""
    problem = drawn(seed, 1_500, messages=5, channels=3, floors=floors)
    worth = np.array([(0.4, 0.7, 1.0, 1.2, 1.5)[int(option.message)] for option in problem.options])
    return replace(problem, gain=(problem.gain * worth).astype(np.float32))


def only(problem: Problem, messages: tuple[str, ...]) -> Problem:
    """With other messages closed, and without what counts them alone."""
    told = np.array([option.message in messages for option in problem.options])
    limits = tuple(limit for limit in problem.limits if (np.asarray(limit.use)[told] > 0).any())
    assert problem.allowed is not None
    return replace(problem, allowed=problem.allowed.astype(bool) & told, limits=limits)


@pytest.mark.parametrize("floors", [0.0, 0.2])
def test_each_point_is_the_best_of_all_sets_but_for_its_gap(floors: float) -> None:
    problem = unequal(3, floors)
    for point in price_curve(problem, [1, 2, 3]):
        sets = list(combinations(MESSAGES, point.most))
        optima = [fractional_optimum(only(problem, each)) for each in sets]
        best = max(optimum for optimum in optima if optimum is not None)
        assert len(point.messages) == point.most
        assert point.bound >= best * (1 - 1e-6)
        assert point.plan.votes >= best * 0.99
        assert point.gap < 0.01
        counted = tally(only(problem, point.messages), point.plan.person, point.plan.option)
        assert not counted.broken
        assert not counted.short.any()
        assert counted.votes == pytest.approx(point.plan.votes)


def test_sets_whose_prices_differ_much_do_not_loosen_the_bound() -> None:
    """One message is worth much money, another little, and both with the third about the same: at the prices of one set the other
    looks far too good."""
    rng = np.random.default_rng(5)
    options = tuple(
        Option(f"{name}", channel, name, cost)
        for name, channel, cost in (("homes", "post", 0.6), ("trams", "door", 1.8), ("trees", "email", 0.01))
    )
    gain = rng.lognormal(0, 0.5, (3_000, 3)) * np.array([0.04, 0.05, 0.006])
    problem = Problem(gain.astype(np.float32), options, (money(options, 1_500.0),))
    (point,) = price_curve(problem, [2])
    sets = combinations(("homes", "trams", "trees"), 2)
    optima = [fractional_optimum(replace(problem, allowed=_told(problem, each))) for each in sets]
    best = max(optimum for optimum in optima if optimum is not None)
    assert best * (1 - 1e-6) <= point.bound
    assert point.plan.votes >= best * 0.999
    assert point.gap < 0.005


def _told(problem: Problem, messages: tuple[str, ...]) -> np.ndarray:
    told = np.array([option.message in messages for option in problem.options])
    return np.broadcast_to(told, problem.gain.shape).copy()


def test_a_limit_of_narrow_talk_holds_for_every_point() -> None:
    narrow = {"3": 1.0, "4": 1.0, "0": 0.0, "1": 0.0, "2": 0.0}
    problem = unequal(8)
    problem = replace(problem, limits=(*problem.limits, limit_of(problem.options, narrow, 0.3)))
    for point in price_curve(problem, [1, 2]):
        optima = [fractional_optimum(only(problem, each)) for each in combinations(MESSAGES, point.most)]
        best = max(optimum for optimum in optima if optimum is not None)
        assert point.bound >= best * (1 - 1e-6)
        assert point.plan.votes >= best * 0.98
        assert share_of(problem, narrow, point.plan) <= 0.3 + 1e-9


def test_more_messages_gain_more_and_all_of_them_what_the_plan_does() -> None:
    problem = unequal(4)
    points = price_curve(problem, [1, 2, 3, 4, 5])
    votes = [point.plan.votes for point in points]
    assert votes == sorted(votes)
    assert votes[-1] == pytest.approx(solve(problem).votes)
    assert points[-1].messages == MESSAGES


def test_what_sets_are_worth_is_submodular_and_marginals_are_differences() -> None:
    problem = unequal(5, floors=0.3)
    look = Worth.at(problem, MESSAGES, solve(problem).prices)
    for chosen in ((), (1,), (0, 3), (1, 2, 4)):
        gains = look.marginal(chosen)
        for each in range(5):
            more = look.value(sorted({*chosen, each})) - look.value(chosen)
            assert gains[each] == pytest.approx(more, rel=1e-6, abs=1e-6)
            wider = look.marginal(sorted({*chosen, (each + 1) % 5}))
            if (each + 1) % 5 not in chosen:
                assert wider[each] <= gains[each] + 1e-6


def test_a_message_that_is_not_used_has_no_minimum() -> None:
    problem = unequal(6, floors=0.5)
    plan = within(problem, ["4"])
    assert {problem.options[place].message for place in plan.option} == {"4"}
    assert "message 0" not in {use.limit.name for use in plan.uses}
    assert "message 4" in {use.limit.name for use in plan.uses}


def test_a_minimum_that_no_few_messages_can_meet_is_told() -> None:
    problem = unequal(7)
    everyone = contacts("enough", problem.options, at_least=0.95 * problem.persons * 3)
    with pytest.raises(FloorsOutOfReach):
        price_curve(replace(problem, limits=(*problem.limits, everyone)), [1])
