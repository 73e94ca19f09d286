"""At most one option for each unit under a budget and under limits beside it, such as the capacity of an option.

1. The best choice under the budget alone (`knapsack`), exact. If it keeps the limits, nothing is better.
2. Else every limit, the budget being one, gets a price. At any prices >= 0

       D(prices) = sum_r prices_r at_most_r + sum_u max(0, max_k value_uk - sum_r prices_r use_rk)

   no choice that keeps the limits is worth more than D (Geoffrion, *Mathematical Programming Study* 2, 1974). Where D is
   least is found by the level method (`dual`); each evaluation is one pass over units and options (`limits`). It begins
   where D is least for a sample of the units.
3. Most units have a clear best option at these prices and keep it; the rest is decided exactly, or by HiGHS (`rest`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from commonweal.planning.dual import least
from commonweal.planning.knapsack import MOST_STATES, Selection, select
from commonweal.planning.limits import Floats, Ints, Limit, Table, budget_limit
from commonweal.planning.rest import decide, keep_limits

CLOSE = 1e-6
"""Of the value: a choice that is this near to its bound is good enough."""

_ACCURACY = 1e-12  # of the value: to which the least bound is sought
_STEPS = 300
_SAMPLE = 1 << 13  # units
_PROVED = 1e-9  # of the value: a smaller gap is rounding


@dataclass(frozen=True, eq=False)
class Within:
    """A choice that keeps the budget and all limits. prices (r,): what one more of each limit would be worth."""

    selection: Selection
    prices: Floats


def select_within(
    value: Floats, cost: Ints, budget: int, limits: Sequence[Limit], most_states: int = MOST_STATES
) -> Within:
    """The choice of highest total value within the budget and the limits, as a rule to within `CLOSE` of its bound.

    value (u, k), cost (k,) or (u, k): as in `knapsack.select`. The same input gives the same choice.
    """
    free = select(value, cost, budget, most_states)
    if all(limit.used(free.choice) <= limit.at_most for limit in limits):
        return Within(free, np.zeros(len(limits)))
    table = Table.of(value, [budget_limit(cost, budget), *limits])
    told_apart = table.with_lots()
    prices = _prices(told_apart)
    found = decide(told_apart, prices, min(free.bound, table.dual(prices)[0]), CLOSE)
    bound = max(found.bound, found.value)
    selection = Selection(
        choice=found.choice,
        value=found.value,
        bound=bound,
        continuous=table.dual(prices)[0],
        price=float(prices[0]),
        proved=bound - found.value <= _PROVED * found.value,
    )
    own = iter(prices[1:])
    priced = [next(own) if each.at_most > 0 else _of_the_first(table, prices, value, each) for each in limits]
    return Within(selection, np.array(priced))


def _prices(table: Table) -> Floats:
    """Where the bound is least. Prices are counted in what the whole limit is worth, which evens out their sizes."""
    start = np.zeros(len(table.limits))
    if table.units > 2 * _SAMPLE:
        start = _prices(table.sample(table.units // _SAMPLE))
    room = table.room.astype(np.float64)

    def oracle(worth: Floats) -> tuple[float, Floats]:
        bound, used = table.dual(worth / room)
        return bound, 1.0 - used / room

    floor = table.worth(keep_limits(table, start))
    return least(oracle, start * room, floor, _ACCURACY, _STEPS).prices / room


def _of_the_first(table: Table, prices: Floats, value: Floats, closed: Limit) -> float:
    """What the first unit of a limit of 0 would be worth: the least price at which nobody wants it."""
    highest = 0.0
    for option in closed.use:
        column = np.ascontiguousarray(value[:, option])
        opened = replace(table, columns=(*table.columns[:option], column, *table.columns[option + 1 :]))
        for rows in table.blocks():
            more = opened.net(prices, option, rows) - table.best(prices, rows)[0]
            use = closed.of(option, np.arange(rows.start, rows.stop))
            highest = max(highest, float((more[use > 0] / use[use > 0]).max(initial=0.0)))
    return highest
