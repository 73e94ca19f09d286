"""The price of governing big: what the best plan gains if only so many messages may be used.

At given prices, what everybody together gains from a set of messages is monotone and submodular: each further message adds
less. So greedy choice and best swaps find a good set; its plan gives new prices; and so on until nothing changes.

The certificate bounds all sets at once. For any prices the bound of a set (see `certificate`) is the worth of the limits'
ends and the sum of what each person's best contacts among its messages gain, net of prices. At one choice of prices, or the less of
two, it is a bound of one set; the largest over all sets of so many messages is no less than what any plan with so few gains. It is
sought best first: a set that is not complete gains at most what it has, and the largest marginal gains that are left (Nemhauser
and Wolsey 1981, "Maximizing submodular set functions: formulations and analysis of algorithms").

A lower end or a cap of one message counts only where that message is used.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from commonweal.jobs.model import Progress, silent
from commonweal.planning.joint.errors import FloorsOutOfReach
from commonweal.planning.joint.model import Doubles, Hours, Limit, Plan, Prices, Problem
from commonweal.planning.joint.solve import solve
from commonweal.planning.joint.worth import Worth, messages_of

Set = tuple[int, ...]
"""Messages by their positions, rising."""

NEAR = 0.002
"""Of the votes: how near the bound has to come before the search for a smaller one ends."""

_LOOKS = 600  # at sets, until a bound is taken as it is
_ROUNDS = 6  # of prices, sets, plans


@dataclass(frozen=True, eq=False)
class Point:
    """One point of the curve: the best plan that was found with at most `most` messages.

    messages  those that it may use
    bound     no plan with so few messages, whichever, gains more
    """

    most: int
    messages: tuple[str, ...]
    plan: Plan
    bound: float

    @property
    def gap(self) -> float:
        """The share by which another plan with so few messages could at most be better."""
        return (self.bound - self.plan.votes) / self.bound if self.bound > 0 else 0.0


def price_curve(problem: Problem, most: Sequence[int], progress: Progress = silent) -> list[Point]:
    """For each of these numbers the best plan with at most so many messages, in their order.

    Raises what `solve` raises; a floor over several messages that no set of so few can meet is FloorsOutOfReach.
    """
    messages = tuple(dict.fromkeys(option.message for option in problem.options))
    everything = solve(problem)
    points: list[Point] = []
    start: Set = ()
    look: Worth | None = None
    for done, count in enumerate(most):
        progress(done, len(most), "comparing sets of messages")
        if count >= len(messages):
            points.append(Point(count, messages, everything, everything.bound))
            continue
        look = look or Worth.at(problem, messages, everything.prices)
        points.append(_Search(problem, messages, count, look).point(start))
        start = tuple(messages.index(name) for name in points[-1].messages)
    progress(len(most), len(most), "comparing sets of messages")
    return points


@dataclass
class _Search:
    """The search for one number of messages. `first`: what they are worth where it starts."""

    problem: Problem
    messages: tuple[str, ...]
    count: int
    first: Worth
    tried: dict[Set, Plan] = field(default_factory=dict)
    refused: list[FloorsOutOfReach] = field(default_factory=list)

    def point(self, start: Set) -> Point:
        """`start`: a smaller set that may be a good beginning. Raises FloorsOutOfReach where no set that was met can keep
        what it has to."""
        look = self.first
        chosen, bound = self._chosen(look, start), math.inf
        self._try(chosen)
        for _round in range(_ROUNDS):
            best = self._best()
            if best is not None:
                chosen = best
                look = Worth.at(self.problem, self.messages, self._whole(self.tried[best].prices, best))
            enough = self.tried[best].votes * (1 + NEAR) if best is not None else -math.inf
            found, value = _largest([look], self.count, enough)
            if value > enough and look is not self.first:
                value = min(value, _largest([self.first, look], self.count, enough)[1])
            bound = min(bound, value)
            before = len(self.tried)
            for each in (found, self._chosen(look, chosen)):
                self._try(each)
            if best is not None and (self._best() == best or len(self.tried) == before):
                break
        best = self._best()
        if best is None:
            raise self.refused[-1]
        plan = self.tried[best]
        return Point(self.count, tuple(self.messages[each] for each in best), plan, max(bound, plan.votes))

    def _best(self) -> Set | None:
        """Of the sets that were tried: those that lack nothing before the others, then the most votes."""

        def rank(chosen: Set) -> tuple[bool, float]:
            plan = self.tried[chosen]
            return not any(use.shortfall for use in plan.uses), plan.votes

        return max(self.tried, key=rank, default=None)

    def _try(self, chosen: Set) -> None:
        if chosen in self.tried:
            return
        try:
            self.tried[chosen] = within(self.problem, [self.messages[each] for each in chosen])
        except FloorsOutOfReach as error:
            self.refused.append(error)

    def _whole(self, prices: Prices, chosen: Set) -> Prices:
        """Prices of a plan with some messages for all limits: those of limits that it did not have count as 0."""
        names = {self.messages[each] for each in chosen}
        kept = [
            place for place, limit in enumerate(self.problem.limits) if _concerns(limit, self.problem, names)
        ]
        limits = np.zeros(len(self.problem.limits))
        limits[kept] = prices.limits
        return Prices(limits, prices.hours)

    def _chosen(self, look: Worth, start: Set) -> Set:
        """Greedy from `start`, then best swaps until none is better."""
        chosen = list(start)
        while len(chosen) < self.count:
            gains = look.marginal(chosen)
            gains[chosen] = -np.inf
            chosen.append(int(gains.argmax()))
        value = look.value(chosen)
        better = True
        while better:
            better = False
            for out in tuple(chosen):
                rest = [each for each in chosen if each != out]
                gains = look.marginal(rest)
                gains[rest] = -np.inf
                into = int(gains.argmax())
                if into != out and look.value([*rest, into]) > value * (1 + 1e-9):
                    chosen, better = [*rest, into], True
                    value = look.value(chosen)
        return tuple(sorted(chosen))


def within(problem: Problem, messages: Sequence[str]) -> Plan:
    """The best plan that uses these messages only; its options are positions in the whole problem."""
    named = set(messages)
    columns = np.array([place for place, option in enumerate(problem.options) if option.message in named])
    limits = tuple(
        replace(limit, use=np.asarray(limit.use)[columns])
        for limit in problem.limits
        if _concerns(limit, problem, named)
    )
    options = tuple(problem.options[place] for place in columns)
    hours: Hours | None = problem.hours
    if hours is not None and all(option.channel != hours.channel for option in options):
        hours = None
    part = replace(
        problem,
        gain=np.ascontiguousarray(problem.gain[:, columns]),
        allowed=None if problem.allowed is None else problem.allowed[:, columns],
        options=options,
        limits=limits,
        hours=hours,
    )
    plan = solve(part)
    return replace(plan, option=columns[plan.option].astype(np.int16))


def _concerns(limit: Limit, problem: Problem, messages: set[str]) -> bool:
    """Whether a plan with these messages has to keep the limit."""
    return not messages_of(limit, problem).isdisjoint(messages)


def _largest(looks: Sequence[Worth], count: int, enough: float) -> tuple[Set, float]:
    """The best set that was met, and a bound of the value of all sets of so many messages, a set's value being the least that any
    look tells: best first, until it is at most `enough`, or the best set's own value, or until it took too many nodes.

    A node is (chosen, those that may still come); its bound is at least the value of every set that it stands for.
    """
    everything = tuple(range(len(looks[0].own)))
    best, found = -math.inf, everything[:count]
    waiting: list[tuple[float, Set, Set]] = [(-math.inf, (), everything)]
    for _look in range(_LOOKS):
        if not waiting or -waiting[0][0] <= max(enough, best * (1 + 1e-9)):
            break
        _bound, chosen, left = heapq.heappop(waiting)
        seen = [(look.value(chosen), look.marginal(chosen)) for look in looks]
        room, gains = count - len(chosen), seen[-1][1]
        order = tuple(sorted(left, key=lambda each: -gains[each]))
        greedy = tuple(sorted((*chosen, *order[:room])))
        if (reached := _value(looks, greedy)) > best:
            best, found = reached, greedy
        for place, each in enumerate(order[: len(order) - room + 1]):
            rest = order[place + 1 :]
            bound = min(value + float(own[each]) + _most(own, rest, room - 1) for value, own in seen)
            if bound <= best:
                continue
            child = (*chosen, each)
            if room > 1:
                heapq.heappush(waiting, (-bound, child, rest))
            elif (value := _value(looks, child)) > best:
                best, found = value, tuple(sorted(child))
    return found, max([best, *(-bound for bound, _chosen, _left in waiting)])


def _value(looks: Sequence[Worth], chosen: Set) -> float:
    return min(look.value(chosen) for look in looks)


def _most(gains: Doubles, left: Set, room: int) -> float:
    """What so many of these can add at most."""
    return sum(sorted((max(0.0, float(gains[each])) for each in left), reverse=True)[:room])
