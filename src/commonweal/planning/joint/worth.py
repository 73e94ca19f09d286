"""What messages are worth at fixed prices: what everybody together gains from any set of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from commonweal.planning.joint.kernel import both, kernel
from commonweal.planning.joint.model import Doubles, Limit, Prices, Problem
from commonweal.planning.joint.program import classes, rows_of

_T = TypeVar("_T")
Worths = npt.NDArray[np.float32]


def messages_of(limit: Limit, problem: Problem) -> set[str]:
    """The messages that use something of a limit: a plan without them keeps it."""
    return {option.message for option, use in zip(problem.options, limit.use, strict=True) if use > 0}


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
            named, price = messages_of(limit, problem), kept[place]
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
    rows, of_class = rows_of(problem), classes(problem)[0]
    charges = rows.charges(prices * rows.scale)
    door = np.zeros(problem.persons)
    if problem.hours is not None and len(hours):
        area = 0 if problem.area is None else problem.area
        door = np.asarray(problem.hours.each, np.float64) * hours[area]
    net = np.zeros((problem.persons, len(channels), len(messages)), np.float32)
    for place, option in enumerate(problem.options):
        gain = np.asarray(problem.gain[:, place], np.float64)
        times = np.ones(1) if problem.allowed is None else np.asarray(problem.allowed[:, place], np.float64)
        useful = (gain > 0) & (times > 0)
        worth = np.where(useful, gain, 0.0) - times * charges[of_class, place]
        if problem.hours is not None and option.channel == problem.hours.channel:
            worth -= door
        rounded = np.nextafter(worth.astype(np.float32), np.float32(np.inf))
        own = net[:, channels.index(option.channel), messages.index(option.message)]
        np.maximum(own, np.where(useful, rounded, 0), out=own)
    return net


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
def _best_of(net: Worths, places: npt.NDArray[np.int64], best: Doubles) -> None:
    """Into `best` (c,), what one person's channels (c, m) gain at most by some messages."""
    for c in range(len(best)):
        best[c] = 0.0
        for m in places:
            best[c] = max(best[c], np.float64(net[c, m]))


@kernel
def _value(
    net: Worths, most: npt.NDArray[np.int8], places: npt.NDArray[np.int64], first: int, last: int
) -> float:
    best = np.zeros(net.shape[1])
    total = 0.0
    for i in range(first, last):
        _best_of(net[i], places, best)
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
        _best_of(net[i], places, best)
        now = _top(best, most[i])
        for m in range(len(gains)):
            better = False
            for c in range(len(best)):
                more[c] = max(best[c], np.float64(net[i, c, m]))
                better |= more[c] > best[c]
            if better:
                gains[m] += _top(more, most[i]) - now
