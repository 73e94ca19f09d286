"""Nobody gets one message twice in one plan, where the contact rules say so: a letter and a call that say the same are one too many.

The optimiser knows contacts by channel, not by what they say. So it is asked without this rule first: its bound holds for the
stricter problem as well, which allows less. Where a unit gets a message through several channels, the one that gains most net of prices
stays open to it, and it is asked again, from the prices before; at last everybody keeps one channel a message, so that nothing
can come twice.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from commonweal.planning.joint import Plan, Prices, Problem, solve
from commonweal.planning.joint.reasons import charges
from commonweal.planning.posing import Posed

_TIMES = 4  # that the optimiser is asked again at most
_BLOCK = 1 << 15  # units that are looked at at once

Whole = npt.NDArray[np.int64]


def solve_once(problem: Problem, start: Prices | None = None) -> Plan:
    """As `joint.solve`, with each message for a unit through one channel only. The bound is that of the problem without this.

    Minimums are judged by what is left open in the end. Raises what `solve` raises.
    """
    first = plan = solve(problem, start)
    for time in range(1, _TIMES + 1):
        units = _told_twice(problem, plan)
        if not len(units):
            break
        if time == _TIMES:
            units = np.flatnonzero(np.broadcast_to(np.asarray(problem.most) > 1, problem.persons))
        problem = _by_one_channel(problem, plan, units)
        plan = solve(problem, plan.prices)
    looser = first.in_part - plan.in_part
    parts = replace(plan.gap_parts, persons=plan.gap_parts.persons + looser)
    return replace(plan, bound=first.bound, in_part=first.in_part, gap_parts=parts)


def without_said(posed: Posed) -> Posed:
    """The same problem, in which a message that is under way is not chosen for its unit besides."""
    problem, message = posed.problem, messages(posed.problem)
    assert problem.allowed is not None
    allowed = problem.allowed.copy()
    for option in np.unique(posed.kept.option):
        same = np.flatnonzero(message == message[option])
        allowed[np.ix_(posed.kept.unit[posed.kept.option == option], same)] = 0
    return replace(posed, problem=replace(problem, allowed=allowed))


def messages(problem: Problem) -> Whole:
    """(k,): a number for the message of each option."""
    return np.unique([option.message for option in problem.options], return_inverse=True)[1]


def _told_twice(problem: Problem, plan: Plan) -> Whole:
    """The units that get a message more than once."""
    message = messages(problem)
    told, often = np.unique(plan.person * len(message) + message[plan.option], return_counts=True)
    return np.unique(told[often > 1] // len(message))


def _by_one_channel(problem: Problem, plan: Plan, units: Whole) -> Problem:
    """The problem in which each message is open to these units through that channel only by which it gains most net of prices."""
    assert problem.allowed is not None
    allowed, message, channel = problem.allowed.copy(), messages(problem), problem.channel
    for start in range(0, len(units), _BLOCK):
        rows = units[start : start + _BLOCK]
        open_ = (allowed[rows] > 0) & (problem.gain[rows] > 0)
        net = np.where(open_, problem.gain[rows] - charges(problem, plan, rows), -np.inf)
        for each in range(message.max() + 1):
            same = np.flatnonzero(message == each)
            best = channel[same[net[:, same].argmax(axis=1)]]
            kept = channel[same] == best[:, None]
            allowed[np.ix_(rows, same)] = np.where(kept, allowed[np.ix_(rows, same)], 0)
    return replace(problem, allowed=allowed)
