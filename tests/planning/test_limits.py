"""Choices under limits beside the budget: against HiGHS, no limit broken, more room never worse, equals told apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from commonweal.planning.knapsack import NONE, select
from commonweal.planning.limits import Limit, Table, budget_limit
from commonweal.planning.rest import decide
from commonweal.planning.within import CLOSE, Within, select_within

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def best_by_highs(value: Floats, cost: Ints, budget: int, limits: list[Limit]) -> float:
    unit, option = np.nonzero(np.isfinite(value) & (value > 0))
    if not len(unit):
        return 0.0
    once = sp.csr_matrix((np.ones(len(unit)), (unit, np.arange(len(unit)))), (len(value), len(unit)))
    uses = [np.broadcast_to(cost, value.shape)[unit, option]]
    for limit in limits:
        use = np.zeros(value.shape)
        for position, each in limit.use.items():
            use[:, position] = each
        uses.append(use[unit, option])
    rows = sp.vstack([once, sp.csr_matrix(np.array(uses, float))]).tocsr()
    room = [budget, *(limit.at_most for limit in limits)]
    found = milp(
        -1e4 * value[unit, option],  # HiGHS stops at an absolute gap of 1e-6
        constraints=LinearConstraint(rows, -np.inf, np.append(np.ones(len(value)), room)),
        integrality=np.ones(len(unit)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0},
    )
    return float(value[unit, option] @ np.round(found.x))


def worth(found: Within, value: Floats) -> float:
    choice = found.selection.choice
    rows = np.flatnonzero(choice != NONE)
    return float(value[rows, choice[rows]].sum())


def check_limits(found: Within, cost: Ints, budget: int, limits: list[Limit], shape: tuple[int, int]) -> None:
    """Counted unit by unit, apart from the code that chose."""
    costs, choice = np.broadcast_to(cost, shape), found.selection.choice
    assert sum(int(costs[u, k]) for u, k in enumerate(choice) if k != NONE) <= budget
    for limit in limits:
        used = 0
        for unit, option in enumerate(choice):
            use = limit.use.get(int(option), 0)
            used += use if isinstance(use, int) else int(use[unit])
        assert used <= limit.at_most


@st.composite
def instances(draw: st.DrawFn) -> tuple[Floats, Ints, int, list[Limit]]:
    units, options = draw(st.integers(1, 14)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    value = rng.normal(0.4, 1, (units, options))
    if draw(st.booleans()):
        value = np.round(value * 4) / 4
    value = np.where(rng.random(value.shape) < 0.2, -np.inf, value)
    shape = (units, options) if draw(st.booleans()) else options
    cost = rng.integers(0, draw(st.sampled_from([3, 100])), shape)
    full = int(np.broadcast_to(cost, value.shape).max(axis=1).sum())
    limits = []
    for _ in range(draw(st.integers(1, 3))):
        used = rng.choice(options, int(rng.integers(1, options + 1)), replace=False)
        use = {int(option): 1 if rng.random() < 0.5 else rng.integers(0, 5, units) for option in used}
        limits.append(Limit(use, draw(st.integers(0, units))))
    return value, cost.astype(np.int64), draw(st.integers(1, max(1, full))), limits


@settings(max_examples=120, deadline=None)
@given(instances())
def test_nothing_is_better_than_a_choice_under_limits(
    instance: tuple[Floats, Ints, int, list[Limit]],
) -> None:
    value, cost, budget, limits = instance
    found = select_within(value, cost, budget, limits)
    selection = found.selection
    best = best_by_highs(value, cost, budget, limits)
    check_limits(found, cost, budget, limits, value.shape)
    assert worth(found, value) == pytest.approx(selection.value)
    assert selection.value == pytest.approx(best, rel=2 * CLOSE, abs=1e-9)
    assert selection.bound >= best - 1e-9
    assert selection.value <= selection.bound
    assert (found.prices >= 0.0).all()


@settings(max_examples=40, deadline=None)
@given(instances())
def test_no_limit_gains_and_more_room_never_loses(instance: tuple[Floats, Ints, int, list[Limit]]) -> None:
    value, cost, budget, limits = instance
    tight = select_within(value, cost, budget, limits).selection
    wider = [replace(limit, at_most=limit.at_most + 2) for limit in limits]
    wide = select_within(value, cost, budget, wider).selection
    free = select(value, cost, budget)
    assert tight.value <= wide.value * (1 + 2 * CLOSE) + 1e-12
    assert wide.value <= free.value + 1e-12
    assert tight.bound <= free.bound + 1e-12


def big(seed: int, units: int, quantum: float = 0.0) -> tuple[Floats, Ints, int, list[Limit]]:
    rng = np.random.default_rng(seed)
    value = np.array([0.05, 0.02, 0.004, 0.006]) * (0.5 + rng.normal(size=(units, 4)))
    value = np.round(value / quantum) * quantum if quantum else value
    value[rng.random(value.shape) < 0.3] = -np.inf
    heads = rng.integers(1, 5, units)
    cost = np.column_stack([np.full(units, 180), np.full(units, 62), 12 * heads, 87 * heads])
    return value, cost, 20 * units, [Limit({0: 1}, units // 50), Limit({2: heads, 3: heads}, units // 3)]


def test_where_no_limit_is_reached_the_choice_is_that_of_the_budget_alone() -> None:
    value, cost, budget, _ = big(1, 2000)
    free = select(value, cost, budget)
    found = select_within(value, cost, budget, [Limit({0: 1}, int((free.choice == 0).sum()))])
    assert (found.selection.choice == free.choice).all()
    assert found.selection.proved
    assert found.prices.tolist() == [0.0]


@pytest.mark.parametrize("seed", range(3))
def test_many_units_come_near_to_the_bound(seed: int) -> None:
    value, cost, budget, limits = big(seed, 20_000)
    found = select_within(value, cost, budget, limits)
    check_limits(found, cost, budget, limits, value.shape)
    selection = found.selection
    assert 0.0 <= selection.bound - selection.value <= CLOSE * selection.value
    again = select_within(value, cost, budget, limits).selection
    assert (again.choice == selection.choice).all()


def test_equal_values_leave_a_small_gap() -> None:
    value, cost, budget, limits = big(4, 3000, quantum=5e-3)
    found = select_within(value, cost, budget, limits)
    check_limits(found, cost, budget, limits, value.shape)
    assert found.selection.bound - found.selection.value <= 1e-3 * found.selection.value


def test_what_is_not_near_enough_is_left_to_highs() -> None:
    value, cost, budget, limits = big(7, 300)
    table = Table.of(value, [budget_limit(cost, budget), *limits])
    far = np.array([3e-4, 0.02, 0.0])  # not where the bound is least
    bound = table.dual(far)[0]
    once, often = decide(table, far, bound, 1.0), decide(table, far, bound, 1e-9)
    assert once.value < often.value
    best = best_by_highs(value, cost, budget, limits)
    assert often.value <= best * (1 + CLOSE)
    assert often.bound >= best * (1 - 1e-9)


def test_the_price_is_what_one_more_would_bring() -> None:
    value, cost, budget, limits = big(5, 20_000)
    found = select_within(value, cost, budget, limits)
    more = [replace(limits[0], at_most=limits[0].at_most + 40), limits[1]]
    gained = select_within(value, cost, budget, more).selection.value - found.selection.value
    assert gained / 40 == pytest.approx(found.prices[0], rel=0.05)


def test_a_closed_option_tells_what_its_first_contact_would_bring() -> None:
    value, cost = np.array([[0.5, 0.1], [0.3, 0.2]]), np.array([2, 1])
    closed = Limit({0: 1}, 0)
    found = select_within(value, cost, 100, [closed])
    assert found.selection.choice.tolist() == [1, 1]
    assert found.prices[0] == pytest.approx(0.4)


def test_a_bound_holds_at_any_prices() -> None:
    value, cost, budget, limits = big(6, 300)
    table = Table.of(value, [budget_limit(cost, budget), *limits])
    best = select_within(value, cost, budget, limits).selection.value
    rng = np.random.default_rng(1)
    for _ in range(20):
        assert table.dual(rng.exponential(1e-3, 3))[0] >= best
