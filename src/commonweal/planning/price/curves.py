"""Both curves of one problem, as a page tells them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from commonweal.experiments.model import Estimate
from commonweal.jobs.model import Progress, silent
from commonweal.mandate.model import Kept
from commonweal.planning.joint import Plan, coherence, narrowness
from commonweal.planning.joint.coherence import price_curve
from commonweal.planning.joint.errors import FloorsOutOfReach
from commonweal.planning.joint.model import Positions
from commonweal.planning.posing import Posed
from commonweal.planning.price import promised
from commonweal.planning.price.errors import NoMessages
from commonweal.planning.price.model import Message, Point, Price

MOST = 10
"""Numbers of messages, from 1, of which each has its point; the last point is that of all messages."""

_SHARES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def draw(
    posed: Posed,
    said: Sequence[Message],
    promises: Mapping[int, Kept],
    budget: int,
    currency: str,
    progress: Progress = silent,
) -> Price:
    """Both curves; `said`: what each message of the options promises, `promises` by id.

    Raises NoMessages where all options say the same, and what the joint `solve` raises.
    """
    by_name = {each.name: each for each in said}
    if len(by_name) < 2:
        raise NoMessages(message=", ".join(by_name))
    points = _few(posed, len(by_name), progress)
    drawing = _Drawing(posed, by_name, promises, points[-1].plan)
    free = drawing.point(points[-1].plan, points[-1].bound)
    return Price(
        goal=posed.effects.goal.value,
        budget=budget,
        currency=currency,
        messages=tuple(said),
        free=free,
        by_number=tuple(drawing.point(each.plan, each.bound, most=each.most) for each in points),
        by_narrowness=_without_flats(
            [
                drawing.point(each.plan, each.bound, at_most=each.at_most)
                for each in _broad(drawing, free, progress)
            ]
        ),
    )


def _few(posed: Posed, messages: int, progress: Progress) -> list[coherence.Point]:
    """The points by number. Minimums that so few messages can't meet have none."""
    numbers = [*range(1, min(messages, MOST + 1)), messages]
    while True:
        try:
            return price_curve(posed.problem, numbers, progress)
        except FloorsOutOfReach:
            if len(numbers) == 1:
                raise
            numbers = numbers[1:]


def _broad(drawing: _Drawing, free: Point, progress: Progress) -> list[narrowness.NarrowPoint]:
    """The points by share, below the free plan's."""
    shares = [share for share in _SHARES if share < (free.narrow or 0.0)]
    if not shares:
        return []
    return narrowness.narrowness_curve(
        drawing.posed.problem, drawing.narrow, shares, everything=drawing.free, progress=progress
    )


def _without_flats(points: Sequence[Point]) -> tuple[Point, ...]:
    """Of points in a row whose plan is the same, the first and the last: from the one share to the other nothing changes."""
    same = [
        one.messages == other.messages and math.isclose(one.votes.value, other.votes.value)
        for one, other in pairwise(points)
    ]
    kept = zip(points, [False, *same], [*same, False], strict=True) if points else ()
    return tuple(point for point, as_before, as_after in kept if not (as_before and as_after))


def narrow(said: Sequence[Message]) -> dict[str, float]:
    """How narrow each message is, as a joint limit takes it."""
    return {each.name: np.nan if each.narrow is None else each.narrow for each in said}


@dataclass(frozen=True, eq=False)
class _Drawing:
    """What points are told by; free: the plan without any limit of what it says."""

    posed: Posed
    said: Mapping[str, Message]
    promises: Mapping[int, Kept]
    free: Plan

    @property
    def narrow(self) -> dict[str, float]:
        return narrow(list(self.said.values()))

    def point(self, plan: Plan, bound: float, most: int | None = None, at_most: float | None = None) -> Point:
        problem = self.posed.problem
        used = [problem.options[place] for place in plan.option]
        messages = tuple(name for name in self.said if any(option.message == name for option in used))
        times = np.ones(len(plan.person))
        if problem.allowed is not None:
            times = problem.allowed[plan.person, plan.option].astype(np.float64)
        told = sorted({each for name in messages for each in self.said[name].promises})
        known = any(each.narrow is not None for each in self.said.values())
        own, free = self._reached(plan), self._reached(self.free)
        effects = self.posed.effects
        return Point(
            most=most,
            at_most=at_most,
            messages=messages,
            votes=Estimate(plan.votes, effects.error(*own)),
            lost=Estimate(self.free.votes - plan.votes, effects.difference(free, own)),
            bound=bound,
            contacts=int(times.sum()),
            spent=round(float(times @ np.array([option.unit_cost for option in used]))) if used else 0,
            narrow=narrowness.share_of(problem, self.narrow, plan) if known else None,
            promises=tuple(told),
            bill=promised.bill(told, self.promises),
        )

    def _reached(self, plan: Plan) -> tuple[Positions, Positions]:
        """Whom the contacts of a plan of units are meant for: persons, and by which option."""
        person, contact = self.posed.units.persons(plan.person, plan.option)
        return person, plan.option[contact].astype(np.int64)
