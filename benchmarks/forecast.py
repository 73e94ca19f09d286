"""66,000 elections in 1,000 areas of 13 regions, five choices, two rounds, with a plan: as many as a night of 2012 had.

python -m benchmarks.forecast [ELECTIONS [AREAS]]
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from benchmarks.measure import machine
from commonweal.planning.forecast import Areas, ListSeats, MostVotes, System, TwoRounds, forecast


def main(elections: int = 66_000, areas: int = 1_000) -> None:
    dice = np.random.default_rng(1)
    expected = Areas(
        ("A", "B", "C", "D", "E"),
        dice.lognormal(6.5, 0.5, areas),
        dice.uniform(0.55, 0.8, areas),
        dice.dirichlet([6, 5.5, 4, 2, 1], areas),
        np.arange(areas) * 13 // areas,
        added=np.full(areas, 1.5),
        added_error=300.0,
    )
    systems: list[tuple[str, System]] = [
        ("most votes", MostVotes()),
        ("two rounds", TwoRounds()),
        ("lists", ListSeats(69)),
    ]
    for name, system in systems:
        began = time.perf_counter()
        found = forecast(expected, system, "A", elections=elections)
        seconds = time.perf_counter() - began
        print(
            f"{name}: {elections:,} elections, {areas:,} areas, five choices: {seconds:.1f} s (limit 60);"
            f" {100 * found.chance.value:.1f}% to win, plan {100 * (found.moved.value if found.moved else 0):+.2f} points"
        )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")


if __name__ == "__main__":
    print(f"Machine: {machine()}")
    main(*(int(word) for word in sys.argv[1:]))
