"""Changed limits: whatever is begun from, the plan keeps every limit, its bound is certified, and it is as good as from nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.planning.joint import Limit, Plan, Problem, Solver, again, solve
from commonweal.planning.joint.certificate import certify
from commonweal.planning.joint.chosen import Chosen
from commonweal.planning.joint.errors import BadLimit, FloorsOutOfReach
from commonweal.planning.joint.sweep import sweep
from planning.joint.problems import drawn, kept

PERSONS = 3_000


@pytest.fixture(scope="module", autouse=True)
def _among_few() -> Iterator[None]:
    """The path of very many persons, taken for few."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(again, "FEWEST", 0)
        patch.setattr(again, "SAMPLE", 500)
        yield


@pytest.fixture(scope="module")
def problem() -> Problem:
    return drawn(4, PERSONS, areas=5)


def with_limit(problem: Problem, name: str, **ends: float) -> tuple[Limit, ...]:
    return tuple(replace(each, **ends) if each.name == name else each for each in problem.limits)


def scaled(problem: Problem, name: str, end: str, by: float) -> Problem:
    limit = next(each for each in problem.limits if each.name == name)
    return replace(problem, limits=with_limit(problem, name, **{end: getattr(limit, end) * by}))


def in_one_area(problem: Problem, hours: float) -> Problem:
    assert problem.hours is not None
    available = np.array(problem.hours.available)
    available[int(available.argmax())] = hours
    return replace(problem, hours=replace(problem.hours, available=available))


def ask(solver: Solver, problem: Problem) -> Plan:
    return solver.changed(limits=problem.limits, hours=problem.hours, most=problem.most)


def outcome(work: Callable[[], Plan]) -> Plan | str:
    """A plan, or why there is none."""
    try:
        return work()
    except FloorsOutOfReach as error:
        return str(error)


def certified(problem: Problem, plan: Plan) -> None:
    """The bound is what the certificate's own code makes of the prices; all limits hold."""
    kept(problem, plan)
    bound = certify(problem, plan.prices)
    assert (plan.bound, plan.in_part) == (bound.whole, bound.in_part)


CHANGES = {
    "less money": lambda p: scaled(p, "money", "at_most", 0.9),
    "more money": lambda p: scaled(p, "money", "at_most", 1.3),
    "a floor": lambda p: scaled(p, "message 1", "at_least", 3.0),
    "a cap": lambda p: scaled(p, "message 0", "at_most", 0.3),
    "a capacity": lambda p: scaled(p, "sms", "at_most", 0.5),
    "hours on the phone in one region": lambda p: scaled(p, "phone 1", "at_most", 2.0),
    "no hours in an area": lambda p: in_one_area(p, 0.0),
    "any hours in an area": lambda p: in_one_area(p, np.inf),
    "one contact a person": lambda p: replace(p, most=1),
    "a limit less": lambda p: replace(p, limits=p.limits[1:]),
    "nothing": lambda p: p,
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_changed_plan_is_as_good_as_one_from_nothing(problem: Problem, kind: str) -> None:
    solver = Solver(problem)
    solver.solve()
    now = CHANGES[kind](problem)
    plan, cold = ask(solver, now), solve(now)
    certified(now, plan)
    assert plan.gap <= 1.6 * cold.gap + 1e-4
    assert plan.in_part == pytest.approx(cold.in_part, rel=2e-5)
    assert plan.votes == pytest.approx(cold.votes, rel=1e-3)
    assert not any(use.shortfall for use in plan.uses)


@pytest.mark.parametrize("hours", [True, False])
def test_households_that_are_counted_by_members(problem: Problem, hours: bool) -> None:
    pieces = np.random.default_rng(3).integers(0, 5, problem.gain.shape).astype(np.uint8)
    homes = replace(problem, allowed=pieces, hours=problem.hours if hours else None)
    solver = Solver(homes)
    solver.solve()
    now = CHANGES["less money"](homes)
    plan, cold = solver.changed(limits=now.limits), solve(now)
    certified(now, plan)
    assert plan.gap <= 1.6 * cold.gap + 1e-4
    assert plan.in_part == pytest.approx(cold.in_part, rel=2e-5)


def test_it_begins_from_the_plan_before(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is looked at as if nothing were known."""
    solver = Solver(problem)
    solver.solve()
    monkeypatch.setattr(sys.modules[Solver.__module__], "least_bound", None)
    now = CHANGES["a capacity"](problem)
    certified(now, ask(solver, now))


def test_change_upon_change(problem: Problem) -> None:
    solver = Solver(problem)
    first = solver.solve()
    now = problem
    for kind in ("less money", "a floor", "no hours in an area", "a cap"):
        now = CHANGES[kind](now)
        certified(now, ask(solver, now))
        assert solver.problem.limits == now.limits
    again_ = ask(solver, problem)
    certified(problem, again_)
    assert again_.in_part == pytest.approx(first.in_part, rel=1e-5)


def test_what_is_not_said_stays(problem: Problem) -> None:
    solver = Solver(problem)
    solver.solve()
    solver.changed(most=1)
    plan = solver.changed(limits=CHANGES["less money"](problem).limits)
    certified(replace(CHANGES["less money"](problem), most=1), plan)
    assert len(np.unique(plan.person)) == len(plan.person)


def test_the_same_persons_again_get_the_same(problem: Problem) -> None:
    """What is told of those who were not looked at is what a look at all of them tells."""
    program = Solver(problem)._program
    rng = np.random.default_rng(1)
    prices = np.zeros(len(problem.limits))
    chosen = Chosen.at(program, prices)
    for _ in range(12):
        prices = np.maximum(prices + rng.normal(0, 0.05, len(prices)) * program.gain, 0.0)
        chosen.move(prices)
        assert chosen.value == pytest.approx(sweep(program, prices, 0.0).value, rel=1e-5)
        assert chosen.used == pytest.approx(sweep(program, prices, 0.0).used, rel=2e-2, abs=15)


def test_floors_out_of_reach_are_refused_as_from_nothing(problem: Problem) -> None:
    solver = Solver(problem)
    plan = solver.solve()
    far = CHANGES["a capacity"](problem)
    far = replace(far, limits=with_limit(far, "message 1", at_least=PERSONS * 0.89))
    far = replace(far, limits=with_limit(far, "money", at_most=5.0))
    with pytest.raises(FloorsOutOfReach) as cold:
        solve(far)
    with pytest.raises(FloorsOutOfReach) as warm:
        ask(solver, far)
    assert str(warm.value) == str(cold.value)
    assert solver.problem is problem
    certified(problem, ask(solver, problem))
    assert solver.changed().bound == pytest.approx(plan.bound, rel=1e-5)


def test_what_is_wrong_is_said(problem: Problem) -> None:
    solver = Solver(problem)
    solver.solve()
    with pytest.raises(BadLimit):
        solver.changed(limits=with_limit(problem, "money", at_most=-1.0))
    assert solver.problem is problem


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(30, 600),
    st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.floats(0.1, 4.0)), min_size=1, max_size=3),
)
def test_any_change(seed: int, persons: int, changes: list[tuple[int, bool, float]]) -> None:
    """Refused as from nothing, or within all limits, or short of a floor where nothing is proven."""
    before = drawn(seed % 1000, persons)
    solver = Solver(before)
    try:
        solver.solve()
    except FloorsOutOfReach:
        return
    limits = list(before.limits)
    for place, lower, by in changes:
        limit = limits[place % len(limits)]
        low = min(limit.at_least * by, limit.at_most) if lower else limit.at_least
        limits[place % len(limits)] = replace(
            limit, at_least=low, at_most=limit.at_most if lower else max(limit.at_most * by, low)
        )
    now = replace(before, limits=tuple(limits))
    cold, plan = outcome(lambda: solve(now)), outcome(lambda: ask(solver, now))
    if isinstance(cold, str) or isinstance(plan, str):
        assert plan == cold
        return
    certified(now, plan)
    assert plan.bound >= cold.votes * (1 - 1e-9) or any(use.shortfall for use in cold.uses)
    assert cold.bound >= plan.votes * (1 - 1e-9) or any(use.shortfall for use in plan.uses)
