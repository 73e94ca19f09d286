"""The price of governing big, the other way round: what the best plan gains if its talk may be so narrow and not more.

The share of the talk that is narrow is a ratio of two counts, and a limit of it is linear all the same: of n contacts, w
of them narrow, w / n <= s says w - s n <= 0. So a narrow contact uses 1 - s of the limit, any other gives s back, and the
end is 0; and the bound of a plan within it is certified like any other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from commonweal.jobs.model import Progress, silent
from commonweal.planning.joint.errors import BadShare, FloorsOutOfReach
from commonweal.planning.joint.model import Doubles, Limit, Option, Plan, Prices, Problem
from commonweal.planning.joint.solve import solve

NAME = "narrow talk"
"""What the limit is called."""


@dataclass(frozen=True, eq=False)
class NarrowPoint:
    """One point of the curve: the best plan that was found whose talk is narrow by at most `at_most`, a share.

    share  of its talk that is narrow; 0 where nothing is said of any message
    bound  no plan within the limit gains more
    """

    at_most: float
    share: float
    plan: Plan
    bound: float

    @property
    def gap(self) -> float:
        """The share by which another plan within the limit could at most be better."""
        return (self.bound - self.plan.votes) / self.bound if self.bound > 0 else 0.0


def by_reach(reach: Mapping[str, float], few: float) -> dict[str, float]:
    """How narrow each message is, from the share of the electorate that its promises serve: 1 below `few`, else 0."""
    return {
        message: math.nan if math.isnan(share) else float(share < few) for message, share in reach.items()
    }


def limit_of(options: Sequence[Option], narrow: Mapping[str, float], at_most: float) -> Limit:
    """That at most this share of the contacts is narrow.

    narrow: by message, what part of a contact with it counts as narrow, 0 … 1; NaN or missing: such contacts are not counted at
    all. Raises BadShare.
    """
    counted = _narrow(options, narrow)
    if not 0 <= at_most <= 1:
        raise BadShare(name=NAME, share=at_most)
    return Limit(NAME, np.nan_to_num(counted - at_most), 0.0)


def share_of(problem: Problem, narrow: Mapping[str, float], plan: Plan) -> float:
    """The share of a plan's talk that is narrow; contacts of a household count as often as they are paid for."""
    counted = _narrow(problem.options, narrow)[plan.option]
    times = np.ones(len(plan.person))
    if problem.allowed is not None:
        times = problem.allowed[plan.person, plan.option].astype(np.float64)
    told = np.isfinite(counted)
    talk = times[told].sum()
    return float(counted[told] @ times[told] / talk) if talk > 0 else 0.0


def narrowness_curve(
    problem: Problem,
    narrow: Mapping[str, float],
    at_most: Sequence[float],
    *,
    everything: Plan | None = None,
    progress: Progress = silent,
) -> list[NarrowPoint]:
    """For each of these shares the best plan whose talk is not narrower, in their order.

    narrow as in `limit_of`; everything: the plan without such a limit, where it is there already. A share that minimums of narrow
    messages leave no room for has no point. Raises what `solve` and `limit_of` raise.
    """
    whole = everything or solve(problem)
    shares = [limit_of(problem.options, narrow, share) for share in at_most]
    points: list[NarrowPoint] = []
    start = Prices(np.append(whole.prices.limits, 0.0), whole.prices.hours)
    for done, (share, limit) in enumerate(zip(at_most, shares, strict=True)):
        progress(done, len(at_most), "limiting narrow talk")
        if share_of(problem, narrow, whole) <= share:
            points.append(NarrowPoint(share, share_of(problem, narrow, whole), whole, whole.bound))
            continue
        try:
            plan = solve(replace(problem, limits=(*problem.limits, limit)), start)
        except FloorsOutOfReach:
            continue
        start = plan.prices
        bound = min(plan.bound, whole.bound)
        points.append(NarrowPoint(share, share_of(problem, narrow, plan), plan, bound))
    progress(len(at_most), len(at_most), "limiting narrow talk")
    return points


def _narrow(options: Sequence[Option], narrow: Mapping[str, float]) -> Doubles:
    """(k,): by option; NaN where nothing is known. Raises BadShare."""
    for message, share in narrow.items():
        if not (math.isnan(share) or 0 <= share <= 1):
            raise BadShare(name=message, share=share)
    return np.array([narrow.get(option.message, np.nan) for option in options], np.float64)
