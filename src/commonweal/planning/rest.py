"""From prices to a choice that keeps every limit: the clear cases stay as they are, the rest is decided exactly.

What is in a limit that is full stays; the money of all others is spent anew by `knapsack`. Where that is not near enough
to the bound, HiGHS decides about the departures of least regret, with all limits.

At given prices the regret of an option is how much less it is worth, net of all prices, than its unit's best. A choice
is worth the bound less the sum of its regrets less the priced slack of the limits. So a better choice than one that
lies a gap below the bound departs only by regrets below that gap: once all of these have been looked at together,
HiGHS's own bound on them holds for all choices.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from commonweal.planning.knapsack import NONE, Choices, select
from commonweal.planning.limits import Floats, Ints, Limit, Near, Positions, Table

_TRIES = ((1_000, 200, 1.0), (4_000, 20, 10.0))
"""How many departures HiGHS is given, how many nodes its search tree may have, and how many times `close` the gap must be
for it to be asked."""
_MOST_STATES = 2_000_000  # of the search that spends the rest
_SECONDS = 20.0  # after which HiGHS stops in any case
_OFFSET = 1e6  # added to what HiGHS seeks, so that its share of a gap is one of this number
_HALF = 0.5


@dataclass(frozen=True, eq=False)
class Decided:
    """A choice (u,) that keeps all limits, its value, and a bound that nothing exceeds."""

    choice: Choices
    value: float
    bound: float


def decide(table: Table, prices: Floats, bound: float, close: float) -> Decided:
    """The best choice that is found at the prices, until it is within `close` of the bound as a share of it.

    The table may have lots; `bound` is one that holds without them.
    """
    choice = spend_the_rest(table, prices, keep_limits(table, prices))
    worth, highest = table.worth(choice), table.dual(prices)[0]
    for size, nodes, times in _TRIES:
        if bound - worth <= times * close * bound:
            break
        near = table.near(prices, size)
        if not len(near.unit):
            break
        found, above = _Rest.of(table, prices, choice, near).solve(close * bound, nodes)
        found = spend_the_rest(table, prices, found)
        if (better := table.worth(found)) > worth:
            choice, worth = found, better
        if near.reach > highest - worth:
            bound = min(bound, max(above, worth))
            break
    return Decided(choice, worth, bound)


def keep_limits(table: Table, prices: Floats) -> Choices:
    """The best choices at the prices without those worth least net of them, so that every limit is kept."""
    choice = table.choose(prices)
    for limit in table.limits:
        over = limit.used(choice) - limit.at_most
        if over > 0:
            rows = np.flatnonzero(np.isin(choice, list(limit.use)))
            use, worth = np.zeros(len(rows), np.int64), np.zeros(len(rows))
            for option in limit.use:
                own = np.flatnonzero(choice[rows] == option)
                use[own] = limit.of(option, rows[own])
                worth[own] = table.net_of(prices, option, rows[own])
            order = np.lexsort((-use, worth / np.maximum(use, 1), use == 0))
            enough = int(np.searchsorted(np.cumsum(use[order]), over)) + 1
            choice[rows[order[:enough]]] = NONE
    return choice


def spend_the_rest(table: Table, prices: Floats, choice: Choices) -> Choices:
    """A choice at least as good: where no limit with a price is concerned the money is spent anew, to the last unit.

    What uses a limit with a price stays with whom it is with. The first limit is the money.
    """
    money, *others = table.limits
    full = {
        option for limit, price in zip(others, prices[1:], strict=True) if price > 0.0 for option in limit.use
    }
    free = [option for option in range(len(table.columns)) if option not in full]
    rows = np.flatnonzero(~np.isin(choice, list(full)))
    left = money.at_most - (
        money.used(choice) - sum(int(money.of(o, rows[choice[rows] == o]).sum()) for o in free)
    )
    if not free or not len(rows) or left <= 0:
        return choice
    value = np.column_stack([table.columns[option][rows] for option in free])
    found = select(value, _costs(money, free, rows), left, _MOST_STATES).choice
    spent = choice.copy()
    spent[rows] = np.where(found == NONE, NONE, np.array(free)[np.maximum(found, 0)])
    kept = all(limit.used(spent) <= limit.at_most for limit in others)
    return spent if kept and table.worth(spent) > table.worth(choice) else choice


def _costs(money: Limit, options: list[int], rows: Positions) -> Ints:
    if all(isinstance(money.use[option], int) for option in options):
        return np.array([money.use[option] for option in options], np.int64)
    return np.column_stack([money.of(option, rows) for option in options])


@dataclass(frozen=True, eq=False)
class _Rest:
    """What is left to decide: pairs of a unit and an option (p,), `group` the position of their unit among those that are
    open; the choice of all others stands.
    """

    choice: Choices
    unit: Positions
    option: npt.NDArray[np.int64]
    group: Positions
    worth: Floats
    kept: float
    use: sp.csr_matrix
    room: Ints

    @staticmethod
    def of(table: Table, prices: Floats, choice: Choices, near: Near) -> _Rest:
        """Open are the units with a departure among `near`: for these, for their best and for what they now have."""
        units, options = len(choice), len(table.columns)
        best = table.choose(prices)
        is_open = np.zeros(units, bool)
        is_open[near.unit] = True
        opened = np.flatnonzero(is_open)
        pairs = np.concatenate(
            [near.unit * options + near.option] + [opened * options + each[opened] for each in (best, choice)]
        )[np.concatenate([near.option, best[opened], choice[opened]]) != NONE]
        unit, option = np.divmod(np.unique(pairs), options)
        stands = np.where(is_open, np.int16(NONE), choice)
        worth = np.zeros(len(unit))
        for each, column in enumerate(table.columns):
            worth[option == each] = column[unit[option == each]]
        if table.lots is not None:
            worth *= table.lots[unit]  # many equals would keep HiGHS busy for long
        use = np.zeros((len(table.limits), len(unit)), np.int64)
        for place, limit in enumerate(table.limits):
            for each in limit.use:
                own = np.flatnonzero(option == each)
                use[place, own] = limit.of(each, unit[own])
        return _Rest(
            choice=stands,
            unit=unit,
            option=option,
            group=np.searchsorted(opened, unit),
            worth=worth,
            kept=table.worth(stands),
            use=sp.csr_matrix(use),
            room=table.room - np.array([limit.used(stands) for limit in table.limits]),
        )

    def solve(self, near_enough: float, nodes: int) -> tuple[Choices, float]:
        """The best choice within what is left and a bound for it. HiGHS stops when it is near enough, or after `nodes`."""
        count = len(self.unit)
        once = sp.csr_matrix(
            (np.ones(count), (self.group, np.arange(count))), (int(self.group.max()) + 1, count)
        )
        at_most = np.append(np.ones(once.shape[0]), self.room)
        rows = sp.hstack([sp.vstack([once, self.use]), sp.csr_matrix((len(at_most), 1))]).tocsr()
        with _output_aside():
            found = milp(
                np.append(
                    -self.worth / near_enough, -_OFFSET
                ),  # its tolerances are absolute: near enough is 1
                constraints=LinearConstraint(rows, -np.inf, at_most),
                integrality=np.append(np.ones(count), 0),
                bounds=Bounds(np.append(np.zeros(count), 1.0), 1.0),
                options={"mip_rel_gap": 0.5 / _OFFSET, "node_limit": nodes, "time_limit": _SECONDS},
            )
        if found.x is None:
            return self.choice, np.inf
        taken = np.flatnonzero(found.x[:-1] > _HALF)
        choice = self.choice.copy()
        choice[self.unit[taken]] = self.option[taken]
        if (self.use[:, taken].sum(axis=1) > self.room[:, None]).any():  # by HiGHS's tolerance
            return self.choice, np.inf
        return choice, self.kept + near_enough * (-found.mip_dual_bound - _OFFSET)


@contextmanager
def _output_aside() -> Iterator[None]:
    """HiGHS writes a line to standard output now and then, whatever it is told: to standard error with it, for a report
    in JSON may be meant to stand there.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)
