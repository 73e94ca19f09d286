"""Floors that can't be met: how far they are from it, proven.

The same problem with no gains, only a price of at most 1 for each unit that is missing to a lower end: its bound is
certified like any other. Below 0 it proves that the lower ends can't all be met, whatever is chosen; the plan that misses
least tells by how much each would have to be lowered.
"""

from __future__ import annotations

import numpy as np

from commonweal.errors import Phrase
from commonweal.planning.joint.certificate import certify
from commonweal.planning.joint.chosen import Chosen
from commonweal.planning.joint.errors import FloorsOutOfReach
from commonweal.planning.joint.model import Prices, Problem
from commonweal.planning.joint.prices import least_bound
from commonweal.planning.joint.program import Program
from commonweal.planning.joint.rounding import Rounding
from commonweal.planning.joint.tally import tally

_PROVEN = 1e-6  # of the lower ends: what a shortfall has to be above


def explain_shortfalls(problem: Problem, program: Program) -> None:
    """Raise FloorsOutOfReach if it can be proven that the lower ends can't be met together; else nothing."""
    program = program.for_floors()
    found = least_bound(program, None, 1.0, _PROVEN)
    prices = Prices(found.prices / program.rows.scale, found.seen.hour_price)
    missing = -certify(problem, prices, worth=0.0).whole
    if missing <= _PROVEN * float(np.maximum(program.rows.lower, 0.0).sum()):
        return
    rounding = Rounding.of(Chosen.at(program, found.prices))
    rounding.finish()
    counted = tally(problem, *rounding.contacts())
    short = np.flatnonzero(counted.short)
    floors = [
        Phrase(
            FloorsOutOfReach.floor,
            limit=problem.limits[row].name,
            low=problem.limits[row].at_least,
            used=float(counted.used[row]),
        )
        for row in short
    ]
    raise FloorsOutOfReach(floors=" ".join(map(str, floors)))
