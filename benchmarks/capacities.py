"""The best choice under a budget and two capacities that bind, for 200,000 units and six options, in CPU seconds.

`python -m benchmarks.capacities UNITS OPTIONS` for another size. Values are drawn about what contacts gain in field
experiments, three in ten pairs closed. Told beside the time: the gap to the bound, and the peak of memory.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time

import numpy as np

from commonweal.planning.knapsack import select
from commonweal.planning.limits import Limit
from commonweal.planning.within import select_within

_COSTS = np.array([180, 62, 12, 1, 87, 180])  # minor units
_GAINS = np.array([0.05, 0.02, 0.004, 0.002, 0.006, 0.04])  # votes
_CLOSED = 0.3
_SEEDS = range(1, 4)
_BUDGET = 20  # minor units a unit
_BIND = 2  # the options most wanted have room for half of that


def main(units: int = 200_000, options: int = 6) -> None:
    seconds, free_seconds, gaps = [], [], []
    for seed in _SEEDS:
        value, cost = _instance(units, options, seed)
        start = time.process_time()
        free = select(value, cost, _BUDGET * units)
        free_seconds.append(time.process_time() - start)
        wanted = np.bincount(free.choice + 1, minlength=options + 1)[1:]
        limits = [Limit({int(each): 1}, int(wanted[each]) // 2) for each in np.argsort(wanted)[-_BIND:]]
        start = time.process_time()
        found = select_within(value, cost, _BUDGET * units, limits).selection
        seconds.append(time.process_time() - start)
        gaps.append((found.bound - found.value) / found.value)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{units:,} units x {options} options: {statistics.median(seconds):.1f} CPU s with two capacities that bind"
        f" ({statistics.median(free_seconds):.1f} without); gap {statistics.median(gaps):.1e}, at most {max(gaps):.1e};"
        f" {peak:.2f} GB"
    )


def _instance(units: int, options: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    value = np.empty((units, options), order="F")
    for option in range(options):
        gain = _GAINS[option % len(_GAINS)] * (0.5 + rng.normal(size=units))
        value[:, option] = np.where(rng.random(units) < _CLOSED, -np.inf, gain)
    return value, _COSTS[np.arange(options) % len(_COSTS)]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
