"""The prices of the limits at which the bound is smallest.

The bound is convex in the prices, and nearly smooth where many persons choose. So: Newton steps on a model made of the
slopes, the curvature that the near-ties tell, and the limits' ends exactly as they are (a proximal Newton method: Lee, Sun
and Saunders, *SIAM Journal on Optimization* 24, 2014), by coordinate descent, within a box that grows and shrinks with how
well the model foretold. What an unboxed step would still gain tells when to stop: a small step in a small box does not.

Prices are first sought for a sixty-fourth of the persons, then for an eighth, then for all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from commonweal.planning.joint.kernel import kernel
from commonweal.planning.joint.model import Doubles
from commonweal.planning.joint.program import Program, Rows
from commonweal.planning.joint.sweep import Swept, sweep

_SAMPLES = ((64, 3e-5), (8, 5e-6))  # one person in so many; how near to the least bound is near enough
_FEWEST = 4_000  # persons of a sample
_BOX = 2.0  # of a usual gain: the first step's
_SMALLEST_BOX = 1e-5
_WIDEST = 0.5  # of a usual gain: what counts as a near-tie among few persons
_NARROW = 25.0  # persons x the square of the same among very many
_BADLY, _WELL = 0.25, 0.7  # how much of what was foretold came true
_LEARNT = 4  # steps
_STEPS = 60
_DESCENTS = 5000


@dataclass(frozen=True, eq=False)
class Found:
    """Prices (r,) of the scaled limits, what was seen there, and how many looks it took."""

    prices: Doubles
    seen: Swept
    sweeps: int


@dataclass(frozen=True, eq=False)
class Sight:
    """What a descent has to know of a problem. look: at prices (r,) of the scaled limits, with a width, as `sweep` does.
    persons: how many stand behind the look. gain: a usual one, the measure of prices. widest: of it, what counts as a near-tie.
    """

    look: Callable[[Doubles, float], Swept]
    rows: Rows
    persons: int
    gain: float
    widest: float = _WIDEST

    @staticmethod
    def of(program: Program) -> Sight:
        """On all of a problem in memory."""
        return Sight(partial(sweep, program), program.rows, program.persons, program.gain)


def least_bound(program: Program, start: Doubles | None, highest: float, near: float) -> Found:
    """Prices of -highest or more, at which the bound is, as a share of it, about `near` above the least one.

    start: prices of an earlier solution, which stand in for the smallest sample; None: from nothing.
    """
    prices = np.zeros(len(program.rows.scale)) if start is None else start
    for every, enough in _SAMPLES if start is None else _SAMPLES[1:]:
        if program.persons >= _FEWEST * every:
            prices = descend(Sight.of(program.sample(every)), prices, highest, enough).prices
    return descend(Sight.of(program), prices, highest, near)


def descend(sight: Sight, prices: Doubles, highest: float, near: float) -> Found:
    """The same from given prices, with looks at everybody only."""
    rows, unit = sight.rows, sight.gain
    narrowest = unit * min(sight.widest, (_NARROW / sight.persons) ** 0.5)
    box = _BOX * unit
    here = sight.look(prices, sight.widest * unit)
    curvature, learnt = here.curvature, list[tuple[Doubles, Doubles]]()
    for step in range(1, _STEPS):
        model = _taught(_damped(curvature), learnt)
        free = _step(model, here.used, rows.lower, rows.upper, prices, highest, np.inf)
        if _foretold(rows, here, model, prices, free) <= near * abs(here.value) or box < _SMALLEST_BOX * unit:
            return Found(prices, here, step)
        there = _step(model, here.used, rows.lower, rows.upper, prices, highest, box)
        length = float(np.abs(there - prices).max(initial=0.0))
        foretold = _foretold(rows, here, model, prices, there)
        trial = sight.look(there, min(max(length, narrowest), sight.widest * unit))
        come = (here.value - trial.value) / max(foretold, 1e-300)
        curvature = trial.curvature if come > _BADLY else 0.5 * (curvature + trial.curvature)
        learnt = [*learnt[1 - _LEARNT :], (there - prices, here.used - trial.used)]
        if come > 0.0:
            prices, here = there, trial
        if come < _BADLY:
            box = 0.4 * length
        elif come > _WELL and length > 0.9 * box:
            box *= 2.5
    return Found(prices, here, _STEPS)


def _damped(curvature: Doubles) -> Doubles:
    """A little more than was seen, so that no direction is flat."""
    diagonal = np.maximum(np.diagonal(curvature), 0.0)
    damping = 1e-3 * diagonal + 1e-6 * diagonal.max(initial=0.0) + 1e-9
    return np.ascontiguousarray(curvature + np.diag(damping))


def _taught(curvature: Doubles, learnt: Sequence[tuple[Doubles, Doubles]]) -> Doubles:
    """The curvature that gives the last steps' changes of slope: BFGS, from what the near-ties tell."""
    for step, change in learnt:
        through = curvature @ step
        foretold, came = float(step @ through), float(step @ change)
        if foretold > 0.0 and came > 0.0:
            curvature = curvature - np.outer(through, through) / foretold + np.outer(change, change) / came
    return np.ascontiguousarray(curvature)


def _foretold(rows: Rows, here: Swept, curvature: Doubles, prices: Doubles, there: Doubles) -> float:
    """By how much the model lets the bound fall."""
    step = there - prices
    return float(rows.ends(prices) - rows.ends(there) + here.used @ step - 0.5 * step @ curvature @ step)


@kernel
def _step(
    curvature: Doubles, used: Doubles, lower: Doubles, upper: Doubles, prices: Doubles, highest: float, box: float
) -> Doubles:  # fmt: skip
    """The least of the model within the box: coordinate by coordinate."""
    found, slope, enough = prices.copy(), np.empty(len(prices)), 1e-300
    for r in range(len(prices)):
        slope[r] = -used[r]
        enough += 1e-7 * abs(used[r])
    for _ in range(_DESCENTS):
        longest = 0.0
        for r in range(len(prices)):
            low = max(prices[r] - box, -highest if lower[r] > 0.0 else 0.0)
            high = prices[r] + box if upper[r] < np.inf else min(prices[r] + box, 0.0)
            bent = curvature[r, r]
            aim = 0.0
            if upper[r] < np.inf and found[r] - (slope[r] + upper[r]) / bent > 0.0:
                aim = found[r] - (slope[r] + upper[r]) / bent
            elif lower[r] > 0.0 and found[r] - (slope[r] + lower[r]) / bent < 0.0:
                aim = found[r] - (slope[r] + lower[r]) / bent
            change = min(max(aim, low), high) - found[r]
            if change != 0.0:
                found[r] += change
                for other in range(len(prices)):
                    slope[other] += curvature[other, r] * change
                longest = max(longest, abs(change) * bent)
        if longest < enough:
            break
    return found
