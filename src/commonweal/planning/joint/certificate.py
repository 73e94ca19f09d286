"""The bound, certified: nothing here is shared with the solver but the problem itself.

For any prices l (above 0 only on upper ends, below 0 only on lower ends) and m >= 0 of the areas' hours

    D = sum U l+ - sum L l-  +  sum H m  +  sum over persons of  max over their allowed sets of  sum (gain - uses x l - t m)

is at least what any plan within the limits gains (Everett 1963; Geoffrion 1974). A person's allowed sets are: at most
one option a channel, `most` in all; so their maximum is the sum of the best option of each channel, the `most`
largest of these, those above 0. All in float64, over all options, straight from the problem's arrays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from commonweal.planning.joint.kernel import THREADS, kernel
from commonweal.planning.joint.model import Doubles, Limit, Positions, Prices, Problem

_WHOLE = 1e-9  # a contact: nearer to a whole number than this counts as one
_ROUNDING = 1e-12  # of a sum of some million float64 numbers, as a share: more than it can be off by


@dataclass(frozen=True)
class Certified:
    """whole: no plan within the limits gains more, in votes. in_part: nor one that makes contacts in part, as a linear
    program may; the lesser bound is for whole contacts: 3.27 hours on the phone, 0.1 a call, are 32 calls.
    """

    whole: float
    in_part: float


def certify(problem: Problem, prices: Prices, *, worth: float = 1.0) -> Certified:
    """The bounds at some prices, whatever these are; those of an end that a limit hasn't got count as 0.
    worth 0 asks about the lower ends alone: if D is below 0 then they can't be met together, and the shortfalls,
    each times the price below 0 of its limit (in size), are at least -D in sum.
    """
    return bounds(persons_part(problem, prices, worth=worth), problem.limits, prices.limits)


def bounds(parts: list[float], limits: Sequence[Limit], prices: Doubles) -> Certified:
    """The same from the parts of all persons, however many problems with these limits they came from."""
    return Certified(
        min(_sum(parts + _ends(limits, prices, whole=whole)) for whole in (True, False)),
        _sum(parts + _ends(limits, prices, whole=False)),
    )


def persons_part(problem: Problem, prices: Prices, *, worth: float = 1.0) -> list[float]:
    """The terms of D that are persons' and areas', not the limits'."""
    charge = _charge(problem, prices.limits)
    hours = np.maximum(prices.hours, 0.0)
    channel = np.unique([option.channel for option in problem.options], return_inverse=True)[1]
    changes = np.flatnonzero(np.diff(channel)) + 1
    runs = np.concatenate([[0], changes, [len(channel)]]).astype(np.int64)
    takes_hours, area_hours = np.zeros(len(problem.options)), list[float]()
    each = np.zeros(0)
    if problem.hours is not None:
        takes_hours = np.array([float(option.channel == problem.hours.channel) for option in problem.options])
        each = np.asarray(problem.hours.each, np.float64)
        priced = hours > 0
        area_hours = [math.fsum(np.asarray(problem.hours.available)[priced] * hours[priced])]
    n = problem.persons
    area = np.zeros(n, np.int32) if problem.area is None else problem.area.astype(np.int32, copy=False)
    group = np.zeros(n, np.int32) if problem.group is None else problem.group.astype(np.int32, copy=False)
    most = np.broadcast_to(np.asarray(problem.most, np.int8), n)
    region = np.zeros(int(area[-1]) + 1, np.int32)
    if problem.region is not None:
        region = problem.region.astype(np.int32)
    allowed = np.zeros((0, 0), np.uint8)
    if problem.allowed is not None:
        flags = problem.allowed.dtype == np.bool_
        allowed = problem.allowed.view(np.uint8) if flags else problem.allowed.astype(np.uint8, copy=False)
    gain = _floats(problem.gain)

    def part(rows: tuple[int, int]) -> float:
        return float(
            _persons(
                gain,
                allowed,
                group,
                area,
                region,
                most,
                each,
                hours,
                takes_hours,
                runs,
                channel[runs[:-1]],
                charge,
                worth,
                *rows,
            )
        )

    cuts = [problem.persons * at // (8 * THREADS) for at in range(8 * THREADS + 1)]
    with ThreadPoolExecutor(THREADS) as pool:
        persons = list(pool.map(part, list(pairwise(cuts))))
    return [*area_hours, *persons]


def _sum(parts: list[float]) -> float:
    return math.fsum(parts) + _ROUNDING * math.fsum(map(abs, parts))


def _floats(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """As they are when they are float32, else as float64."""
    return values if values.dtype == np.float32 else np.asarray(values, np.float64)


def _charge(problem: Problem, prices: Doubles) -> Doubles:
    """(groups, regions, k): what a contact is charged."""
    groups = 1 if problem.group is None else int(np.max(problem.group)) + 1
    regions = 1 if problem.region is None else int(np.max(problem.region)) + 1
    charge = np.zeros((groups, regions, len(problem.options)))
    for limit, price in zip(problem.limits, prices, strict=True):
        if _counts(limit, price):
            one_group = slice(None) if limit.group is None else slice(limit.group, limit.group + 1)
            one_region = slice(None) if limit.region is None else slice(limit.region, limit.region + 1)
            use = float(price) * np.asarray(limit.use, np.float64)
            elsewhere = limit.outside * use
            charge += elsewhere
            charge[one_group, one_region] += use - elsewhere
    return charge


def _ends(limits: Sequence[Limit], prices: Doubles, *, whole: bool) -> list[float]:
    """What the limits' ends are worth."""
    return [
        float(price) * _end(limit, upper=price > 0, whole=whole)
        for limit, price in zip(limits, prices, strict=True)
        if _counts(limit, price)
    ]


def _counts(limit: Limit, price: float) -> bool:
    """Whether a limit has the end that a price is of."""
    return (price > 0 and math.isfinite(limit.at_most)) or (price < 0 and limit.at_least > 0)


def _end(limit: Limit, *, upper: bool, whole: bool) -> float:
    """An end of a limit; with `whole`, what whole contacts can reach of it, where all that count use the same."""
    end = limit.at_most if upper else limit.at_least
    use = np.asarray(limit.use, np.float64)
    one = float(use.max())
    if not whole or not math.isfinite(end) or limit.outside or (use[use != 0] != one).any():
        return end
    return one * (math.floor(end / one + _WHOLE) if upper else math.ceil(end / one - _WHOLE))


@kernel
def _persons(
    gain: npt.NDArray[np.floating],
    allowed: npt.NDArray[np.uint8],
    group: npt.NDArray[np.integer],
    area: npt.NDArray[np.integer],
    region: npt.NDArray[np.integer],
    most: npt.NDArray[np.integer],
    each: Doubles,
    hours: Doubles,
    takes_hours: Doubles,
    runs: Positions,
    channel: npt.NDArray[np.integer],
    charge: Doubles,
    worth: float,
    first: int,
    last: int,
) -> float:
    """The sum over some persons of what their best set gains, net of all prices.

    Options runs[j]:runs[j + 1] are of channel[j]. Numbers of 0 or more are as large as their bits, of which the largest
    is found without branches.
    """
    k, total = gain.shape[1], 0.0
    net, best = np.empty(k), np.zeros(channel.max() + 1)
    net_bits, best_bits = net.view(np.int64), best.view(np.int64)
    for i in range(first, last):
        best[:] = 0.0
        own = charge[group[i], region[area[i]]]
        own_hours = each[i] * hours[area[i]] if len(each) > 0 else 0.0
        if len(allowed) > 0:
            for o in range(k):
                one, times = np.float64(gain[i, o]), np.float64(allowed[i, o])
                value = worth * one - times * own[o] - own_hours * takes_hours[o]
                net[o] = value if one > 0.0 and times > 0.0 and value > 0.0 else 0.0
        else:
            for o in range(k):
                one = np.float64(gain[i, o])
                value = worth * one - own[o] - own_hours * takes_hours[o]
                net[o] = value if one > 0.0 and value > 0.0 else 0.0
        for j in range(len(channel)):
            largest = best_bits[channel[j]]
            for o in range(runs[j], runs[j + 1]):
                largest = max(largest, net_bits[o])
            best_bits[channel[j]] = largest
        for _ in range(min(int(most[i]), len(best))):
            which = np.argmax(best)
            total += best[which]
            best[which] = 0.0
    return total
