"""Problem in, Plan out: everyone, every option, at once, within all limits, with a bound that nothing exceeds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from commonweal.planning.joint import again
from commonweal.planning.joint.certificate import certify
from commonweal.planning.joint.check import check_terms, compiled, examined
from commonweal.planning.joint.chosen import Chosen
from commonweal.planning.joint.floors import explain_shortfalls
from commonweal.planning.joint.model import (
    Doubles,
    GapParts,
    Hours,
    Integers,
    Limit,
    Plan,
    Prices,
    Problem,
    Use,
)
from commonweal.planning.joint.prices import least_bound
from commonweal.planning.joint.program import Program
from commonweal.planning.joint.rounding import Rounding
from commonweal.planning.joint.tally import Tally, tally

DEAREST = 20.0  # of the largest gain: what one unit that is missing to a lower end may cost at most
NEAR = 2e-6  # of the least bound: how far from it is near enough
_WORSE = 1.5  # times the gap of a plan that was sought among all


def solve(problem: Problem, start: Prices | None = None) -> Plan:
    """The plan that gains most within the limits, as far as is known, and the bound that tells how far that is.

    start: prices of an earlier plan for much the same problem, which shortens the search. Floors that could not be met
    stand in the plan's `uses` with what is missing; where it is proven that they can't be met together:
    FloorsOutOfReach. Raises what `check.checked` raises.
    """
    return Solver(problem).solve(start)


class Solver:
    """One problem, whose limits change: what does not change with them is read once, and a plan is made out of the one before.

    problem: what was planned last, or is to be. Its gains and `allowed` must not be written to meanwhile.
    """

    def __init__(self, problem: Problem) -> None:
        """Raises what `check.checked` raises."""
        self.problem = problem
        self._scanned = examined(problem)
        self._program = compiled(problem, self._scanned)
        self._last: _Last | None = None

    def solve(self, start: Prices | None = None) -> Plan:
        """As the function of the same name."""
        return self._keep(self.problem, self._program, self._from_all(self._program, start))

    def changed(
        self,
        *,
        limits: tuple[Limit, ...] | None = None,
        hours: Hours | None = None,
        most: Integers | int | None = None,
    ) -> Plan:
        """The plan if these are otherwise than in `problem`, which they then stand in; what isn't given stays.

        It begins from the plan before, so that far fewer persons have to be looked at; it is counted, and its bound certified, as
        any other. Where that leaves it farther below its bound than `solve` left a plan, it is made like that. Raises what `solve`
        and `Solver` raise; `problem` and its plan stay then.
        """
        problem = replace(
            self.problem,
            limits=self.problem.limits if limits is None else limits,
            hours=self.problem.hours if hours is None else hours,
            most=self.problem.most if most is None else most,
        )
        check_terms(problem)
        program = compiled(problem, self._scanned)
        if self._last is None:
            return self._keep(problem, program, self._from_all(program, None))
        start = self._last.prices(problem)
        if program.persons < again.FEWEST:
            return self._keep(problem, program, self._from_all(program, start))
        highest = DEAREST * program.highest
        chosen = again.changed(self._last.chosen, program, start.limits * program.rows.scale, highest, NEAR)
        plan = _plan(problem, chosen)
        if plan.gap > _WORSE * self._last.gap or any(use.shortfall for use in plan.uses):
            return self._keep(problem, program, self._from_all(program, plan.prices))
        self.problem, self._program, self._last = problem, program, _Last(chosen, plan, self._last.gap)
        return plan

    def _from_all(self, program: Program, start: Prices | None) -> Chosen:
        begun = None if start is None else start.limits * program.rows.scale
        found = least_bound(program, begun, DEAREST * program.highest, NEAR)
        return Chosen.at(program, found.prices)

    def _keep(self, problem: Problem, program: Program, chosen: Chosen) -> Plan:
        plan = _plan(problem, chosen)
        if any(use.shortfall for use in plan.uses):
            explain_shortfalls(problem, program)
        self.problem, self._program, self._last = problem, program, _Last(chosen, plan, plan.gap)
        return plan


@dataclass(frozen=True, eq=False)
class _Last:
    """The plan before, what it was rounded from, and the gap of the last one that was sought among all."""

    chosen: Chosen
    plan: Plan
    gap: float

    def prices(self, problem: Problem) -> Prices:
        """Where the search of another problem's begins: by the limits' names; a new one costs nothing yet."""
        price = {use.limit.name: use.price for use in self.plan.uses}
        found = [price.get(limit.name, 0.0) for limit in problem.limits]
        return Prices(np.array(found, np.float64), self.plan.prices.hours)


def _plan(problem: Problem, chosen: Chosen) -> Plan:
    """Whole contacts, counted, with their bound."""
    program, rounding = chosen.program, Rounding.of(chosen)
    rounding.finish()
    person, option = rounding.contacts()
    counted = tally(problem, person, option)
    assert not counted.broken, counted.broken
    hours = chosen.state.hour_price.copy() if problem.hours is not None else np.zeros(0)
    prices = Prices(chosen.prices / program.rows.scale, hours)
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
