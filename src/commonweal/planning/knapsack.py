"""At most one option for each unit under one budget: the best choice, and the proof that nothing beats it.

This is the multiple-choice knapsack problem. Costs are whole numbers (minor units of money), values are floats. Three
steps, after Dyer (1984), Zemel (1984) and Pisinger (*European Journal of Operational Research* 83, 1995):

1. Each unit's options on the upper hull of (cost, value) become increments of falling value per cost. Taking the
   increments of all units from the best on until the next one does not fit solves the continuous problem. The
   increment that breaks the budget gives the price p (value per unit of cost); what remains of the budget is s.
2. At that price the regret of an option is max(value - p cost) - (value - p cost) >= 0. Any whole solution is
   worth the continuous bound less p times the money that it leaves over less the sum of its regrets. So its loss
   against the bound is known exactly, and an option whose regret is not below the loss of the best solution
   found so far is in no better one. What remains, the core, is small.
3. What is left over is filled by departures from that solution, and it is proved that no others do better: `core`.

Sums are made in float64: "proved" means that nothing is better by more than a millionth of a millionth of the
worth of the dearest contact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commonweal.planning.core import MANY, Closed, Core, Floats, Gap, Ints, Moves

Choices = npt.NDArray[np.int16]

NONE = -1
"""The choice of a unit that gets nothing."""

MOST_STATES = 50_000_000
"""States of the last step after which the search ends and tells the gap that is left."""

_BLOCK = 1 << 15  # rows that are worked on at once: they stay in the processor's cache
_ROUNDING = 1e-12  # of the dearest contact's worth


@dataclass(frozen=True, eq=False)
class Selection:
    """A choice of at most one option for each unit.

    choice (u,): position of the option, -1 for none. value: sum of the chosen values. bound: no choice within the
    budget is worth more; equal to `value` when `proved`. continuous: the bound if contacts could be divided. price:
    value of one more unit of budget at the margin; 0 when all that is useful is bought.
    """

    choice: Choices
    value: float
    bound: float
    continuous: float
    price: float
    proved: bool


@dataclass(frozen=True, eq=False)
class _Start:
    """The solution at the break: its choices, the price, and the money left over."""

    choice: Choices
    price: float
    left: int


def select(value: Floats, cost: Ints, budget: int, most_states: int = MOST_STATES) -> Selection:
    """The choice of highest total value among those within the budget.

    value (u, k): worth of each option to each unit; options worth nothing, less, or -inf are never chosen.
    cost (k,) or (u, k): whole numbers >= 0. NaN is not looked for here.
    """
    table = _Table.of(value, cost, budget)
    if not table.value.size:
        return Selection(np.full(len(value), NONE, np.int16), 0.0, 0.0, 0.0, 0.0, proved=True)
    start = _break(table)
    found = _close(table, start, most_states)
    start.choice[found.moves.unit] = found.moves.option
    choice = table.original(start.choice)
    rows = np.flatnonzero(choice != NONE)
    total = float(value[rows, choice[rows]].sum())
    open_gap = found.loss - found.least
    return Selection(
        choice=choice,
        value=total,
        bound=total + open_gap,
        continuous=total + found.loss,
        price=start.price / table.step,
        proved=open_gap <= 0.0,
    )


@dataclass(frozen=True, eq=False)
class _Table:
    """Values (u, d) and costs (d,) or (u, d) that matter: of options alike in cost, only each unit's best.

    Costs, the budget and the dearest cost are counted in steps, the greatest common divisor of all costs.
    """

    value: Floats
    cost: Ints
    budget: int
    dearest: int
    step: int
    origin: Choices | None

    @staticmethod
    def of(value: Floats, cost: Ints, budget: int) -> _Table:
        useful = cost[cost <= budget]
        step = max(int(np.gcd.reduce(useful, axis=None)) if useful.size else 1, 1)
        dearest = int(useful.max()) // step if useful.size else 0
        if cost.ndim == 2:
            steps = np.where(cost <= budget, cost // step, budget // step + 1)
            return _Table(value, steps, budget // step, dearest, step, None)
        prices = np.unique(useful)
        best, origin = np.empty((len(value), len(prices))), np.empty((len(value), len(prices)), np.int16)
        for column, price in enumerate(prices):
            same = np.flatnonzero(cost == price)
            for rows in _blocks(len(value)):
                part = value[rows][:, same]
                where = part.argmax(axis=1)
                best[rows, column] = part[np.arange(len(where)), where]
                origin[rows, column] = same[where]
        return _Table(best, prices // step, budget // step, dearest, step, origin)

    def block(self, rows: slice) -> tuple[Floats, Ints]:
        """Values and costs of some rows; -inf where an option is useless or beyond the whole budget."""
        cost = self.cost if self.cost.ndim == 1 else self.cost[rows]
        values = self.value[rows]
        return np.where((values > 0.0) & (cost <= self.budget), values, -np.inf), np.broadcast_to(
            cost, values.shape
        )

    def original(self, choice: Choices) -> Choices:
        """Positions among the options as they were given."""
        if self.origin is None:
            return choice
        chosen = self.origin[np.arange(len(choice)), np.maximum(choice, 0)]
        return np.where(choice == NONE, np.int16(NONE), chosen).astype(np.int16)


def _blocks(rows: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, rows)) for start in range(0, rows, _BLOCK))


# Step 1: the hull, the price, the start


def _break(table: _Table) -> _Start:
    choice = np.full(len(table.value), NONE, np.int16)
    for rows in _blocks(len(choice)):
        choice[rows] = _free(*table.block(rows))
    increments = [_increments(table, rows, choice[rows]) for rows in _blocks(len(choice))]
    unit, option, step, slope, depth = (np.concatenate(part) for part in zip(*increments, strict=True))
    order = np.lexsort((depth, -slope))
    spent = np.cumsum(step[order])
    fits = int(np.searchsorted(spent, table.budget, side="right"))
    taken = order[:fits]
    taken = taken[np.argsort(depth[taken], kind="stable")]  # a unit's last increment is the one that stays
    choice[unit[taken]] = option[taken]
    left = table.budget - (int(spent[fits - 1]) if fits else 0)
    return _Start(choice, float(slope[order[fits]]) if fits < len(order) else 0.0, left)


def _free(value: Floats, cost: Ints) -> Choices:
    """Each unit's best option that costs nothing."""
    worth = np.where(cost == 0, value, -np.inf)
    best = worth.argmax(axis=1)
    found = worth[np.arange(len(best)), best] > 0.0
    return np.where(found, best, NONE).astype(np.int16)


def _increments(table: _Table, rows: slice, free: Choices) -> tuple[Ints, Choices, Ints, Floats, Ints]:
    """Unit, option, added cost, added value per cost and place in the unit's chain: the hulls of some rows."""
    value, cost = table.block(rows)
    at = np.arange(len(value))
    now_value = np.where(free == NONE, 0.0, value[at, np.maximum(free, 0)])
    now_cost, last = np.zeros(len(at), np.int64), np.full(len(at), np.inf)
    found: list[tuple[Ints, Choices, Ints, Floats, Ints]] = []
    while True:
        added, dearer = value - now_value[:, None], cost - now_cost[:, None]
        slope = np.where(dearer > 0, added, -np.inf) / np.maximum(dearer, 1)
        best = slope.argmax(axis=1)
        steepest = np.minimum(
            slope[np.arange(len(best)), best], last
        )  # rounding may not turn the order round
        alive = np.flatnonzero(steepest > 0.0)
        best, last = best[alive], steepest[alive]
        step = dearer[alive, best]
        found.append(
            (at[alive] + rows.start, best.astype(np.int16), step, last, np.full(len(alive), len(found)))
        )
        if not len(alive):
            return tuple(np.concatenate(part) for part in zip(*found, strict=True))  # type: ignore[return-value]
        at, value, cost = at[alive], value[alive], cost[alive]
        now_value, now_cost = value[np.arange(len(best)), best], now_cost[alive] + step


# Steps 2 and 3: what may depart from the start, and what does


def _close(table: _Table, start: _Start, most_states: int) -> Closed:
    """The best departures: a walk along the cheapest moves is nearly always proved best; else the core is searched."""
    gap = Gap(start.left, start.price, table.dearest, _ROUNDING * start.price * table.dearest)
    if gap.nothing <= 0.0:
        return Closed(Moves.none(), 0.0, 0.0)
    few, most = Moves.none(), gap.nothing
    for rows in _blocks(len(start.choice)):
        moves = _moves(table, start, rows)
        most = min(most, float(gap.loss(moves.cost, moves.regret).min(initial=most)))
        few = few.join(moves.take(np.flatnonzero(moves.regret <= most))).cheapest(MANY)
    core = Core.of(few, gap)
    walked = core.walk()
    if walked.loss <= walked.least:
        return walked
    parts = (core.useful(_moves(table, start, rows), walked.loss) for rows in _blocks(len(start.choice)))
    moves = Moves.none().join(*parts)
    return core.search(moves.cheapest(2 * table.dearest + 1), walked, most_states)


def _moves(table: _Table, start: _Start, rows: slice) -> Moves:
    """All departures of some rows that change the cost, down to none at all."""
    value, cost = table.block(rows)
    choice = start.choice[rows].astype(np.int64)
    units = np.arange(len(choice))
    value, cost = np.pad(value, ((0, 0), (0, 1))), np.pad(cost, ((0, 0), (0, 1)))  # the last column: none
    worth = value - start.price * cost
    regret = np.maximum(worth[units, choice][:, None] - worth, 0.0)
    dearer = cost - cost[units, choice][:, None]
    unit, option = np.nonzero((dearer != 0) & np.isfinite(regret) & (regret <= start.price * start.left))
    named = np.where(option == table.value.shape[1], NONE, option)
    return Moves(unit + rows.start, named, dearer[unit, option], regret[unit, option])
