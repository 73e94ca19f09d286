"""The price of governing big on the joint plan's instances: 20 messages, 100,000 persons, every number of messages from 1 to 10;
and with less talk that is narrow. Seconds, gap, what is kept.

    python -m benchmarks.price [PERSONS [SEED…]]

Kernels are compiled beforehand and not counted.
"""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import replace

from benchmarks.measure import machine
from benchmarks.plan import as_problem
from benchmarks.plan_instances import make_instance
from commonweal.planning.joint import Problem, solve
from commonweal.planning.joint.coherence import price_curve
from commonweal.planning.joint.narrowness import narrowness_curve

MESSAGES = 20
OPTIONS = 5 * MESSAGES
NUMBERS = range(1, 11)
NARROW = {str(message): float(message % 2) for message in range(MESSAGES)}
SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4)


def posed(persons: int, seed: int) -> Problem:
    """An instance without limits of single messages: with its caps no few messages could serve all groups."""
    problem = as_problem(make_instance(persons, OPTIONS, seed))
    return replace(
        problem, limits=tuple(limit for limit in problem.limits if not limit.name.startswith("message"))
    )


def main(persons: int = 100_000, *seeds: int) -> None:
    """Both curves, by seed."""
    price_curve(posed(2_000, 1), [1, 2])
    for seed in seeds or (1, 2, 3):
        problem = posed(persons, seed)
        began = time.perf_counter()
        points = price_curve(problem, NUMBERS)
        seconds = time.perf_counter() - began
        whole = solve(problem)
        print(f"{persons:,} persons, {MESSAGES} messages, seed {seed}: 1 to 10 of them in {seconds:.1f} s")
        for point in points:
            kept = 100 * point.plan.votes / whole.votes
            print(f"  {point.most:2d}: {kept:5.1f}% of the votes, gap {100 * point.gap:.2f}%")
        began = time.perf_counter()
        narrow = narrowness_curve(problem, NARROW, SHARES, everything=whole)
        print(f"  less narrow talk, {len(narrow)} shares in {time.perf_counter() - began:.1f} s")
        for each in narrow:
            kept = 100 * each.plan.votes / whole.votes
            print(f"  {100 * each.at_most:2.0f}%: {kept:5.1f}% of the votes, gap {100 * each.gap:.3f}%")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")


if __name__ == "__main__":
    print(f"Machine: {machine()}")
    main(*(int(word) for word in sys.argv[1:]))
