"""The price of governing big: what the best plan gains if only so many messages may be used.

At given prices, what everybody together gains from a set of messages is monotone and submodular: each further message adds
less. So greedy choice and best swaps find a good set; its plan gives new prices; and so on until nothing changes.

The certificate bounds all sets at once. For any prices the bound of a set (see `certificate`) is the worth of the limits'
ends and the sum of what each person's best contacts among its messages gain, net of prices. The largest of these over all
sets of so many messages, at one fixed choice of prices, is no less than what any plan with so few messages gains. It is sought
best first: a set that is not complete gains at most what it has, and the largest marginal gains that are left (Nemhauser and
Wolsey 1981, "Maximizing submodular set functions: formulations and analysis of algorithms").

A lower end or a cap of one message counts only where that message is used.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from commonweal.jobs.model import Progress, silent
from commonweal.planning.joint.errors import FloorsOutOfReach
from commonweal.planning.joint.kernel import both, kernel
from commonweal.planning.joint.model import Doubles, Hours, Limit, Plan, Prices, Problem
from commonweal.planning.joint.solve import solve

_T = TypeVar("_T")
Worths = npt.NDArray[np.float32]
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
    for done, count in enumerate(most):
        progress(done, len(most), "comparing sets of messages")
        if count >= len(messages):
            points.append(Point(count, messages, everything, everything.bound))
            continue
        points.append(_Search(problem, messages, count, everything.prices).point(start))
        start = tuple(messages.index(name) for name in points[-1].messages)
    progress(len(most), len(most), "comparing sets of messages")
    return points


@dataclass
class _Search:
    """The search for one number of messages. `prices`: where it starts."""

    problem: Problem
    messages: tuple[str, ...]
    count: int
    prices: Prices

    tried: dict[Set, Plan] = field(default_factory=dict)
    refused: list[FloorsOutOfReach] = field(default_factory=list)

    def point(self, start: Set) -> Point:
        """`start`: a smaller set that may be a good beginning. Raises FloorsOutOfReach where no set that was met can keep
        what it has to."""
        look = Worth.at(self.problem, self.messages, self.prices)
        chosen, bound = self._chosen(look, start), math.inf
        self._try(chosen)
        for _round in range(_ROUNDS):
            best = self._best()
            if best is not None:
                chosen = best
                look = Worth.at(self.problem, self.messages, self._whole(self.tried[best].prices, best))
            enough = self.tried[best].votes * (1 + NEAR) if best is not None else -math.inf
            found, value = _largest(look, self.count, enough)
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


def _of(limit: Limit, problem: Problem) -> set[str]:
    """The messages that a limit looks at."""
    return {option.message for option, use in zip(problem.options, limit.use, strict=True) if use > 0}


def _concerns(limit: Limit, problem: Problem, messages: set[str]) -> bool:
    """Whether a plan with these messages has to keep the limit."""
    return not _of(limit, problem).isdisjoint(messages)


@dataclass(frozen=True, eq=False)
class Worth:
    """What messages are worth at fixed prices.

    ends       what limits' ends are worth that hold whichever messages are used
    own (m,)   the same of ends that hold only where a message is used
    net (n, c, m)  the best of a message through a channel for a person, net of prices; 0 where it gains nothing.
               Rounded up, so that sums are bounds.
    most (n,)  contacts a person may get
    """

    ends: float
    own: Doubles
    net: Worths
    most: npt.NDArray[np.int8]

    @staticmethod
    def at(problem: Problem, messages: Sequence[str], prices: Prices) -> Worth:
        """At the prices of a plan. A price of a lower end that only some sets of messages have to keep counts as 0, unless
        it is of one message."""
        ends, own, kept = 0.0, np.zeros(len(messages)), np.array(prices.limits, np.float64)
        for place, limit in enumerate(problem.limits):
            named, price = _of(limit, problem), kept[place]
            if price == 0 or (price > 0 and not math.isfinite(limit.at_most)):
                kept[place] = 0.0
                continue
            worth = price * (limit.at_most if price > 0 else max(0.0, limit.at_least))
            if len(named) == 1:
                own[messages.index(next(iter(named)))] += worth
            elif price > 0 or len(named) == len(messages):
                ends += worth
            else:
                kept[place] = 0.0
        hours = np.maximum(prices.hours, 0.0)
        if problem.hours is not None and len(hours):
            priced = hours > 0
            ends += float(np.asarray(problem.hours.available, np.float64)[priced] @ hours[priced])
        net = _net(problem, messages, kept, hours)
        most = np.array(np.broadcast_to(np.asarray(problem.most), problem.persons), np.int8)
        return Worth(ends, own, net, most)

    def value(self, chosen: Sequence[int]) -> float:
        """The bound of a plan with these messages, in votes."""
        places = np.array(sorted(chosen), np.int64)

        def part(first: int, last: int) -> float:
            return float(_value(self.net, self.most, places, first, last))

        return self.ends + float(self.own[places].sum()) + math.fsum(self._parts(part))

    def marginal(self, chosen: Sequence[int]) -> Doubles:
        """(m,): what each message adds to these; 0 for those that are among them."""
        places, count = np.array(sorted(chosen), np.int64), self.net.shape[2]

        def part(first: int, last: int) -> Doubles:
            gains = np.zeros(count)
            _marginal(self.net, self.most, places, first, last, gains)
            return gains

        gains = np.asarray(sum(self._parts(part), np.zeros(count))) + self.own
        gains[places] = 0.0
        return gains

    def _parts(self, work: Callable[[int, int], _T]) -> list[_T]:
        return both(work, np.ones(len(self.net), np.int64))


def _net(problem: Problem, messages: Sequence[str], prices: Doubles, hours: Doubles) -> Worths:
    """(n, c, m): as in Worth."""
    channels = list(dict.fromkeys(option.channel for option in problem.options))
    n = problem.persons
    area = np.zeros(n, np.int64) if problem.area is None else np.asarray(problem.area, np.int64)
    group = np.zeros(n, np.int64) if problem.group is None else np.asarray(problem.group, np.int64)
    region = np.zeros(n, np.int64) if problem.region is None else np.asarray(problem.region, np.int64)[area]
    net = np.zeros((n, len(channels), len(messages)), np.float32)
    for place, option in enumerate(problem.options):
        times = 1.0 if problem.allowed is None else np.asarray(problem.allowed[:, place], np.float64)
        charge = np.zeros(n)
        for price, limit in zip(prices, problem.limits, strict=True):
            if price and limit.use[place]:
                inside = np.ones(n, bool) if limit.group is None else group == limit.group
                if limit.region is not None:
                    inside = inside & (region == limit.region)
                charge += price * float(limit.use[place]) * inside
        gain = np.asarray(problem.gain[:, place], np.float64)
        useful = (gain > 0) & (np.asarray(times) > 0)
        worth = np.where(useful, gain, 0.0) - times * charge
        if problem.hours is not None and option.channel == problem.hours.channel and len(hours):
            worth -= np.asarray(problem.hours.each, np.float64) * hours[area]
        rounded = np.nextafter(worth.astype(np.float32), np.float32(np.inf))
        own = net[:, channels.index(option.channel), messages.index(option.message)]
        np.maximum(own, np.where(useful, rounded, 0), out=own)
    return net


def _largest(look: Worth, count: int, enough: float) -> tuple[Set, float]:
    """The best set that was met, and a bound of the value of all sets of so many messages: best first, until it is at most
    `enough`, or the best set's own value, or until it took too many looks.

    A node is (chosen, those that may still come); its bound is at least the value of every set that it stands for.
    """
    everything = tuple(range(len(look.own)))
    best, found = -math.inf, everything[:count]
    base = look.value(())
    first = look.marginal(())
    waiting: list[tuple[float, Set, Set]] = [(-_at_most(base, first, everything, count), (), everything)]
    for _look in range(_LOOKS):
        if not waiting or -waiting[0][0] <= max(enough, best * (1 + 1e-9)):
            break
        _bound, chosen, left = heapq.heappop(waiting)
        value, gains = look.value(chosen), look.marginal(chosen)
        room = count - len(chosen)
        order = tuple(sorted(left, key=lambda each: -gains[each]))
        greedy = tuple(sorted((*chosen, *order[:room])))
        if (reached := look.value(greedy)) > best:
            best, found = reached, greedy
        for place, each in enumerate(order):
            rest = order[place + 1 :]
            if len(rest) + 1 < room:
                break
            bound = (
                value + float(gains[each]) + sum(max(0.0, float(gains[other])) for other in rest[: room - 1])
            )
            if bound <= best:
                break
            child = (*chosen, each)
            if room == 1:
                bound = look.value(child)
                if bound > best:
                    best, found = bound, tuple(sorted(child))
                continue
            heapq.heappush(waiting, (-bound, child, rest))
    return found, max([best, *(-bound for bound, _chosen, _left in waiting)])


def _at_most(value: float, gains: Doubles, left: Set, room: int) -> float:
    return value + sum(sorted((max(0.0, float(gains[each])) for each in left), reverse=True)[:room])


@kernel
def _top(best: Doubles, most: int) -> float:
    """The sum of the `most` largest, which are 0 or more."""
    total = 0.0
    if most >= len(best):
        for value in best:
            total += value
        return total
    above, last = np.inf, -1
    for _ in range(most):
        highest, which = 0.0, -1
        for c in range(len(best)):
            if highest < best[c] and (best[c] < above or (best[c] == above and c > last)):
                highest, which = best[c], c
        if which < 0:
            break
        total += highest
        above, last = highest, which
    return total


@kernel
def _value(
    net: Worths, most: npt.NDArray[np.int8], places: npt.NDArray[np.int64], first: int, last: int
) -> float:
    best = np.zeros(net.shape[1])
    total = 0.0
    for i in range(first, last):
        for c in range(len(best)):
            highest = 0.0
            for m in places:
                highest = max(highest, np.float64(net[i, c, m]))
            best[c] = highest
        total += _top(best, most[i])
    return total


@kernel
def _marginal(
    net: Worths,
    most: npt.NDArray[np.int8],
    places: npt.NDArray[np.int64],
    first: int,
    last: int,
    gains: Doubles,
) -> None:
    best, more = np.zeros(net.shape[1]), np.zeros(net.shape[1])
    for i in range(first, last):
        for c in range(len(best)):
            highest = 0.0
            for m in places:
                highest = max(highest, np.float64(net[i, c, m]))
            best[c] = highest
        now = _top(best, most[i])
        for m in range(len(gains)):
            better = False
            for c in range(len(best)):
                more[c] = max(best[c], np.float64(net[i, c, m]))
                better |= more[c] > best[c]
            if better:
                gains[m] += _top(more, most[i]) - now
