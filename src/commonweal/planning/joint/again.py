"""A plan after a limit has changed, from what everybody got before it.

One person in so many tells how the limits' use changes with the prices; how much of them everybody used before is known. So
what the sample errs by is a part of the change, not of the whole. At the prices found those are looked at for whom the
change may matter; what is still wanting is mended by small steps, at which fewer and fewer are looked at.
"""

from __future__ import annotations

from dataclasses import replace

from commonweal.planning.joint.chosen import Chosen
from commonweal.planning.joint.model import Doubles
from commonweal.planning.joint.prices import Found, Sight, descend
from commonweal.planning.joint.program import Program
from commonweal.planning.joint.sweep import Swept, sweep

FEWEST = 60_000  # persons: among fewer a changed problem is solved as any other
SAMPLE = 30_000  # persons, about, who tell how things change
_WIDEST = 0.03  # of a usual gain: what counts as a near-tie at most
_SAMPLE_NEAR = 5e-6  # of the least bound: how far from it is near enough in the sample


def changed(before: Chosen, program: Program, start: Doubles, highest: float, near: float) -> Chosen:
    """What everybody gets at the best prices of a program with the same persons and options. start (r,): where the search begins;
    highest, near: as in `least_bound`.
    """
    every = max(1, program.persons // SAMPLE)
    sampled = _in_a_sample(before, program, every, start, highest)
    chosen = before.under(program)

    curvature = [sampled.seen.curvature * every]

    def look(prices: Doubles, width: float) -> Swept:
        exact = chosen.move(prices, width)
        curvature.extend([] if exact is None else [exact])
        counts, hour_price = chosen.state.counts.copy(), chosen.state.hour_price
        return Swept(chosen.value, counts, chosen.used, curvature[-1], hour_price)

    sight = Sight(look, program.rows, program.persons, program.gain, _WIDEST)
    best = descend(sight, sampled.prices, highest, near).prices
    if (best != chosen.prices).any():
        chosen.move(best)
    return chosen


def _in_a_sample(before: Chosen, program: Program, every: int, start: Doubles, highest: float) -> Found:
    """The prices that would be best if those who are not in the sample changed as those who are."""
    earlier, sample = before.program.sample(every), program.sample(every)
    share = sample.persons / program.persons
    ours = sweep(earlier, before.prices, 0.0).counts
    rows = program.rows.left(program.rows.used(before.state.counts - ours / share), share)
    return descend(Sight.of(replace(sample, rows=rows)), start, highest, _SAMPLE_NEAR)
