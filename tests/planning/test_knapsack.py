"""The best choice under one budget: against HiGHS, with ties, and the proof against a bound computed apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from commonweal.planning.core import Core, Gap, Moves
from commonweal.planning.knapsack import NONE, Selection, select

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def best_by_highs(value: Floats, cost: Ints, budget: int) -> float:
    cost = np.broadcast_to(cost, value.shape)
    unit, option = np.nonzero(np.isfinite(value) & (value > 0))
    if not len(unit):
        return 0.0
    once = sp.csr_matrix((np.ones(len(unit)), (unit, np.arange(len(unit)))), (len(value), len(unit)))
    rows = sp.vstack([once, sp.csr_matrix(cost[unit, option][None].astype(float))]).tocsr()
    found = milp(
        -1e4 * value[unit, option],  # HiGHS stops at an absolute gap of 1e-6
        constraints=LinearConstraint(rows, -np.inf, np.append(np.ones(len(value)), budget)),
        integrality=np.ones(len(unit)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0},
    )
    return float(value[unit, option] @ np.round(found.x))


def tally(selection: Selection, value: Floats, cost: Ints) -> tuple[float, int]:
    rows = np.flatnonzero(selection.choice != NONE)
    costs = np.broadcast_to(cost, value.shape)
    return float(value[rows, selection.choice[rows]].sum()), int(costs[rows, selection.choice[rows]].sum())


def dual_bound(value: Floats, cost: Ints, budget: int, price: float) -> float:
    worth = np.where(cost <= budget, value, -np.inf) - price * cost
    return price * budget + float(np.maximum(worth.max(axis=1), 0.0).sum())


@st.composite
def instances(draw: st.DrawFn) -> tuple[Floats, Ints, int]:
    units, options = draw(st.integers(1, 16)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = (units, options) if draw(st.booleans()) else options
    cost = rng.integers(draw(st.integers(0, 1)), draw(st.sampled_from([3, 10, 100, 2000])), shape)
    kind = draw(st.sampled_from(["any", "tied", "by cost", "by cost and a fee"]))
    if kind == "any":
        value = rng.normal(0.4, 1, (units, options))
    elif kind == "tied":
        value = rng.integers(-1, 4, (units, options)) * 0.25
    else:
        value = cost * 0.01 * np.ones((units, options)) + (0.1 if kind == "by cost and a fee" else 0.0)
    value = np.where(rng.random(value.shape) < 0.2, -np.inf, value)
    full = int(np.broadcast_to(cost, value.shape).max(axis=1).sum())
    return value, cost.astype(np.int64), draw(st.integers(1, max(1, full)))


@settings(max_examples=150, deadline=None)
@given(instances())
def test_nothing_is_better(instance: tuple[Floats, Ints, int]) -> None:
    value, cost, budget = instance
    found = select(value, cost, budget)
    worth, spent = tally(found, value, cost)
    assert found.proved
    assert spent <= budget
    assert worth == pytest.approx(found.value)
    assert found.value == pytest.approx(best_by_highs(value, cost, budget), abs=1e-9)
    assert found.bound == found.value <= found.continuous + 1e-12


@pytest.mark.parametrize("quantum", [0.0, 5e-3])
@pytest.mark.parametrize("seed", range(5))
def test_thousands_of_units_are_proved_best_with_ties_and_without(quantum: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    cost = np.repeat([300, 110, 12, 1, 87], 2)
    value = np.repeat([0.05, 0.02, 0.004, 0.002, 0.006], 2) * (0.5 + rng.normal(size=(3000, 10)))
    value = np.round(value / quantum) * quantum if quantum else value
    value[rng.random(value.shape) < 0.3] = -np.inf
    budget = int(rng.integers(1_000, 200_000))
    found = select(value, cost, budget)
    assert found.proved
    assert tally(found, value, cost)[1] <= budget
    assert found.continuous == pytest.approx(dual_bound(value, cost, budget, found.price))
    assert found.continuous - found.value <= found.price * 300


def test_a_fine_budget_is_filled_exactly() -> None:
    """Coins that fill the budget to the last unit: the start leaves some of it over, the search doesn't."""
    value = np.array([[0.60], [0.70], [0.90], [1.10]])
    found = select(value, np.array([[6], [7], [9], [11]]), 17)
    assert tally(found, value, np.array([[6], [7], [9], [11]])) == pytest.approx((1.7, 17))


def test_free_options_and_useless_ones() -> None:
    value, cost = np.array([[0.2, 0.1], [-0.1, 0.3], [0.0, -np.inf]]), np.array([0, 5])
    assert select(value, cost, 1).choice.tolist() == [0, NONE, NONE]
    assert select(value, cost, 5).choice.tolist() == [0, 1, NONE]
    assert select(value, cost, 100).price == 0.0


def test_what_costs_more_than_the_budget_is_not_there() -> None:
    value, cost = np.array([[1.0, 99.0]]), np.array([2, 50])
    assert select(value, cost, 10).choice.tolist() == [0]
    assert select(value, cost, 1).choice.tolist() == [NONE]


def test_the_gap_is_told_when_the_search_may_not_end() -> None:
    rng = np.random.default_rng(2)
    cost = rng.integers(9_000, 30_000, (60, 3))
    value = cost * 1e-3 + rng.random((60, 3)) * 1e-2
    short, full = select(value, cost, 400_000, most_states=0), select(value, cost, 400_000)
    assert not short.proved
    assert full.proved
    assert short.value <= full.value <= short.bound <= short.continuous


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_the_completion_bound_never_exceeds_the_truth(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 8))
    cost = rng.integers(1, 9, size) * rng.choice([-1, 1], size)
    moves = Moves(np.arange(size), np.zeros(size, np.int64), cost, rng.integers(0, 4, size) * 0.3)
    gap = Gap(left=int(rng.integers(1, 8)), price=0.5, dearest=8, rounding=1e-12)
    subsets = np.array(np.meshgrid(*[[0, 1]] * size)).reshape(size, -1).T
    truth = float(gap.loss(subsets @ cost, subsets @ moves.regret).min())
    core = Core.of(moves, gap)
    assert core.after(np.zeros(1, np.int64))[0] <= truth + 1e-12
    found = core.search(moves, core.walk(), 10**6)
    assert found.loss == pytest.approx(truth)
    assert found.least >= truth - 1e-9
