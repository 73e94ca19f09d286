"""Problem in, Plan out: everyone, every option, at once, within all limits, with a bound that nothing exceeds."""

from __future__ import annotations

import numpy as np

from commonweal.planning.joint.certificate import certify
from commonweal.planning.joint.check import checked
from commonweal.planning.joint.floors import explain_shortfalls
from commonweal.planning.joint.model import Doubles, GapParts, Plan, Prices, Problem, Use
from commonweal.planning.joint.prices import least_bound
from commonweal.planning.joint.program import Program
from commonweal.planning.joint.rounding import Rounding
from commonweal.planning.joint.tally import Tally, tally

DEAREST = 20.0  # of the largest gain: what one unit that is missing to a lower end may cost at most
NEAR = 2e-6  # of the least bound: how far from it is near enough


def solve(problem: Problem, start: Prices | None = None) -> Plan:
    """The plan that gains most within the limits, as far as is known, and the bound that tells how far that is.

    start: prices of an earlier plan for much the same problem, which shortens the search. Floors that could not be met
    stand in the plan's `uses` with what is missing; where it is proven that they can't be met together:
    FloorsOutOfReach. Raises what `check.checked` raises.
    """
    program = checked(problem)
    begun = None if start is None else start.limits * program.rows.scale
    found = least_bound(program, begun, DEAREST * program.highest, NEAR)
    rounding = Rounding.begin(program, found.prices)
    rounding.finish()
    person, option = rounding.contacts()
    counted = tally(problem, person, option)
    assert not counted.broken, counted.broken
    if counted.short.any():
        explain_shortfalls(problem, program)
    hours = found.seen.hour_price if problem.hours is not None else np.zeros(0)
    prices = Prices(found.prices / program.rows.scale, hours)
    bound = certify(problem, prices)
    return Plan(
        person=person,
        option=option,
        votes=counted.votes,
        bound=bound.whole,
        in_part=bound.in_part,
        gap_parts=_parts(problem, program, prices, counted, bound.in_part),
        uses=tuple(
            Use(limit, float(used), float(price))
            for limit, used, price in zip(problem.limits, counted.used, prices.limits, strict=True)
        ),
        hours_used=counted.hours,
        prices=prices,
    )


def _parts(problem: Problem, program: Program, prices: Prices, counted: Tally, in_part: float) -> GapParts:
    """The bound of contacts in part less the votes, told apart: whatever is neither of limits nor of hours is of persons."""
    scale = program.rows.scale
    ends = np.where(prices.limits > 0, program.rows.upper, program.rows.lower) * scale
    limits = _priced(prices.limits, ends - counted.used)
    hours = 0.0
    if problem.hours is not None:
        hours = _priced(prices.hours, np.asarray(problem.hours.available, np.float64) - counted.hours)
    return GapParts(limits, hours, in_part - counted.votes - limits - hours)


def _priced(prices: Doubles, left: Doubles) -> float:
    priced = prices != 0
    return float(prices[priced] @ left[priced])
