"""The least of a convex function of a few prices, by the level method.

A Lagrangian dual is the maximum of very many linear functions: each evaluation gives its value and one slope at the
prices asked, and with them a cut that lies below it everywhere. The least of all cuts is a bound from below. The next
prices are those nearest to the best so far at which the cuts promise a good part of what may still be won, rather than
all of it: that keeps the steps from jumping about (Lemaréchal, Nemirovskii and Nesterov, *Mathematical Programming* 69,
1995). Distances are the largest change of a price, so both questions are small linear programs, which HiGHS answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

Doubles = npt.NDArray[np.float64]
Oracle = Callable[[Doubles], tuple[float, Doubles]]
"""Prices (r,) >= 0 to the function's value there and a slope (r,) of it there."""

_LEVEL = 0.3  # of what may still be won: how much a step leaves
_FEW = 1e-13  # of the value: less is rounding


@dataclass(frozen=True, eq=False)
class Least:
    """prices (r,): where the value is least among all that were asked. floor: it is nowhere lower, up to HiGHS's
    tolerance. steps: evaluations.
    """

    prices: Doubles
    value: float
    floor: float
    steps: int


def least(oracle: Oracle, start: Doubles, floor: float, accuracy: float, most_steps: int) -> Least:
    """Where a convex function is least over prices >= 0: to within `accuracy` of its value, or after `most_steps`.

    floor: it is known to be nowhere lower than this, 0 or more.

    The function must be at least the sum of the prices everywhere: prices are counted in what they are
    worth in all, so none can be above the least value known.
    """
    cuts = _Cuts(len(start))
    prices = start
    for _ in range(most_steps):
        cuts.add(prices, *oracle(prices))
        if cuts.value - floor <= max(accuracy, _FEW) * cuts.value:
            break
        floor = max(floor, cuts.floor(floor))
        if cuts.value - floor <= max(accuracy, _FEW) * cuts.value:
            break
        found = cuts.nearest(floor)
        if found is None:
            break
        prices = found
    return Least(cuts.best, cuts.value, floor, len(cuts.heights))


@dataclass(eq=False)
class _Cuts:
    """Everything that was asked: a cut is heights + slopes · prices. best: the prices of the least value so far."""

    size: int
    heights: list[float] = field(default_factory=list)
    slopes: list[Doubles] = field(default_factory=list)
    best: Doubles = field(default_factory=lambda: np.empty(0))
    value: float = np.inf

    def add(self, prices: Doubles, value: float, slope: Doubles) -> None:
        self.heights.append(value - float(slope @ prices))
        self.slopes.append(slope)
        if value < self.value:
            self.best, self.value = prices, value

    def floor(self, known: float) -> float:
        """The least of the cuts; `known` where HiGHS fails."""
        unit = self.value - known
        rows = np.column_stack([self.slopes, -np.ones(len(self.slopes))])
        bounds = [*self._room(unit), (None, None)]
        found = linprog(np.append(np.zeros(self.size), 1.0), rows, -self._below(unit), bounds=bounds)
        return self.value + unit * float(found.fun) if found.success else known

    def nearest(self, floor: float) -> Doubles | None:
        """The prices nearest to the best at which all cuts are under the level; None where HiGHS fails."""
        unit = self.value - floor
        steps, ones = np.eye(self.size), np.ones((self.size, 1))
        rows = np.block(
            [[np.array(self.slopes), np.zeros((len(self.slopes), 1))], [steps, -ones], [-steps, -ones]]
        )
        limits = np.concatenate([_LEVEL - 1.0 - self._below(unit), np.zeros(2 * self.size)])
        bounds = [*self._room(unit), (0.0, None)]
        found = linprog(np.append(np.zeros(self.size), 1.0), rows, limits, bounds=bounds)
        return np.maximum(self.best + unit * found.x[:-1], 0.0) if found.success else None

    def _below(self, unit: float) -> Doubles:
        """How far each cut lies from the best value at the best prices, in units of what may still be won: 0 or less.

        Counted from there and in that unit the programs stay well scaled however near the end is.
        """
        return np.minimum(
            (np.array(self.heights) + np.array(self.slopes) @ self.best - self.value) / unit, 0.0
        )

    def _room(self, unit: float) -> list[tuple[float, float]]:
        return [(-float(price) / unit, (self.value - float(price)) / unit) for price in self.best]
