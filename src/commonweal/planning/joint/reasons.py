"""Why a person gets what they get, and what came second: told for those who are asked about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from commonweal.planning.joint.model import Doubles, Plan, Positions, Problem


class Reason(IntEnum):
    """Why a person gets something or nothing; the names are the codes that a page words."""

    CHOSEN = 0
    BARRED = 1
    NEVER_USEFUL = 2
    OUTBID = 3
    RAN_OUT = 4


@dataclass(frozen=True, eq=False)
class Reasons:
    """Of some persons (p,).

    net       (p, k) votes that an option gains less what it uses at the limits' prices; -inf where closed or useless
    chosen    (p, k) what the plan gives them
    reason    (p,) a Reason: CHOSEN; BARRED, from every option; NEVER_USEFUL, no open option gains anything; OUTBID, what they
              would use gains more elsewhere; RAN_OUT, as good as the last that were chosen
    second    (p,) the best option that they don't get, -1 for none
    lead      (p,) by how many votes, net of all prices, the least of what they get beats the second, or nothing; where they
              get nothing, the second's net
    """

    net: Doubles
    chosen: npt.NDArray[np.bool_]
    reason: npt.NDArray[np.uint8]
    second: npt.NDArray[np.int16]
    lead: Doubles


def explain(problem: Problem, plan: Plan, persons: Positions) -> Reasons:
    """The reasons of the persons at these positions."""
    open_ = np.ones((len(persons), len(problem.options)), bool)
    if problem.allowed is not None:
        open_ = problem.allowed[persons] > 0
    gain = np.where(open_, np.asarray(problem.gain[persons], np.float64), 0.0)
    net = np.where(gain > 0, gain - charges(problem, plan, persons), -np.inf)
    chosen = _chosen(problem, plan, persons)
    others = np.where(chosen, -np.inf, net)
    second = others.argmax(axis=1)
    best_other = others[np.arange(len(persons)), second]
    found, given = np.isfinite(best_other), chosen.any(axis=1)
    least = np.where(chosen, net, np.inf).min(axis=1)
    alternative = np.where(found, best_other, 0.0)
    reason = np.select(
        [given, ~open_.any(axis=1), ~(gain > 0).any(axis=1), best_other < 0],
        [Reason.CHOSEN, Reason.BARRED, Reason.NEVER_USEFUL, Reason.OUTBID],
        Reason.RAN_OUT,
    )
    lead = np.where(given, np.where(given, least, 0.0) - np.maximum(alternative, 0.0), alternative)
    return Reasons(net, chosen, reason.astype(np.uint8), np.where(found, second, -1).astype(np.int16), lead)


def _chosen(problem: Problem, plan: Plan, persons: Positions) -> npt.NDArray[np.bool_]:
    first, last = np.searchsorted(plan.person, persons), np.searchsorted(plan.person, persons, side="right")
    rows = np.repeat(np.arange(len(persons)), last - first)
    at = np.concatenate(
        [np.arange(a, b) for a, b in zip(first, last, strict=True)] or [np.zeros(0, np.int64)]
    )
    chosen = np.zeros((len(persons), len(problem.options)), bool)
    chosen[rows, plan.option[at.astype(np.int64)]] = True
    return chosen


def charges(problem: Problem, plan: Plan, persons: Positions) -> Doubles:
    """(p, k): what each option would use, at the prices."""
    total = np.zeros((len(persons), len(problem.options)))
    for limit, price in zip(problem.limits, plan.prices.limits, strict=True):
        weight = problem.weight(limit, persons)
        total += float(price) * weight[:, None] * np.asarray(limit.use, np.float64)
    if problem.allowed is not None:
        total *= np.maximum(problem.allowed[persons], 1)
    if problem.hours is not None:
        area = 0 if problem.area is None else problem.area[persons]
        hours = np.asarray(problem.hours.each, np.float64)[persons] * plan.prices.hours[area]
        total += hours[:, None] * problem.takes_hours
    return total
