"""One look at everybody at given prices: what each would get, what that uses, and how it would change with the prices.

Area by area. Per person the best two options of each channel are kept; the area's hours go to those with whom an hour
gains most, (what the door gains - what it displaces) / hours, until they are used up. The hour's price at which that
happens is the one that makes the bound smallest, so thousands of prices of areas never have to be sought.

The curvature is that of the bound as a function of the limits' prices. Where many persons choose, it is nearly smooth:
a person whose best two sets differ by less than `width` counts as one who may change, with a weight that is a density.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from commonweal.planning.joint.kernel import both, kernel
from commonweal.planning.joint.model import Doubles, Positions
from commonweal.planning.joint.program import MOST_OPTIONS, Ground, Program, Uses

Choices = npt.NDArray[np.int16]
Flags = npt.NDArray[np.int8]
_CLOSED = -1e300
_NUMBER = MOST_OPTIONS - 1  # the last bits of a float64: 2 to the -40 of its value


class Look(NamedTuple):
    """The best two options of each channel for the persons of one area: (most persons of an area, channels) each.

    taken: 1 for what they get. inside (m,): 1 for whom the hours suffice. ratio, rank, hours (m,), value (c,), net (k + 2,)
    and bits, which is the same memory: work space.
    """

    best: Doubles
    second: Doubles
    at: Choices
    then: Choices
    taken: Flags
    inside: Flags
    ratio: Doubles
    rank: Positions
    hours: Doubles
    value: Doubles
    net: Doubles
    bits: Positions


class Change(NamedTuple):
    """Work space for the curvature: row and use of a change (2 z,); by_hours (r + 1,)."""

    row: Positions
    use: Doubles
    by_hours: Doubles


class Seen(NamedTuple):
    """What a sweep adds up: counts (classes, k), curvature (r, r), hour_price and hours_used (a,)."""

    counts: Doubles
    curvature: Doubles
    hour_price: Doubles
    hours_used: Doubles


@dataclass(frozen=True, eq=False)
class Swept:
    """value: the bound. counts (classes, k): contacts. used (r,): of each limit, scaled. curvature (r, r). hour_price (a,)."""

    value: float
    counts: Doubles
    used: Doubles
    curvature: Doubles
    hour_price: Doubles


def sweep(program: Program, prices: Doubles, width: float) -> Swept:
    """The bound at prices (r,), as far as float64 of jittered gains tells, with its slopes; width 0: no curvature."""
    ground, rows = program.ground, program.rows
    areas, (count, k) = len(ground.hours), program.open_counts.shape
    charges = rows.charges(prices)
    hour_price, hours_used = np.zeros(areas), np.zeros(areas)

    def part(first: int, last: int) -> tuple[float, Seen]:
        seen = Seen(np.zeros((count, k)), np.zeros((len(prices), len(prices))), hour_price, hours_used)
        change, look = room_for_change(program), space(ground, first, last)
        return _sweep(ground, charges, program.uses, width, first, last, look, change, seen), seen

    parts = both(part, np.diff(ground.start))
    counts = sum((seen.counts for _, seen in parts), np.zeros((count, k)))
    return Swept(
        value=sum(value for value, _ in parts) + rows.ends(prices),
        counts=counts,
        used=rows.used(counts),
        curvature=sum((seen.curvature for _, seen in parts), np.zeros((len(prices), len(prices)))),
        hour_price=hour_price,
    )


def room_for_change(program: Program) -> Change:
    """Work space for the curvature."""
    longest, limits = 2 * program.uses.at.shape[2], len(program.rows.scale)
    return Change(np.empty(longest, np.int64), np.empty(longest), np.empty(limits + 1))


def space(ground: Ground, first: int, last: int) -> Look:
    """Work space for some areas."""
    most = int(np.diff(ground.start[first : last + 1]).max(initial=1))
    shape, net = (most, len(ground.first) - 1), np.empty(ground.gain.shape[1] + 2)
    return Look(
        best=np.empty(shape),
        second=np.empty(shape),
        at=np.empty(shape, np.int16),
        then=np.empty(shape, np.int16),
        taken=np.empty(shape, np.int8),
        inside=np.empty(most, np.int8),
        ratio=np.empty(most),
        rank=np.empty(most, np.int64),
        hours=np.empty(most),
        value=np.empty(shape[1]),
        net=net,
        bits=net.view(np.int64),
    )


@kernel
def look_over(ground: Ground, charges: Doubles, area: int, look: Look) -> None:
    """The best two options of each channel for the persons of an area, net of all prices but the hours'.

    Each option's number stands in the last bits of its value, so that the largest two need no branches to find.
    """
    gain, times, of_class, lots, worth = ground.gain, ground.times, ground.of_class, ground.lots, ground.worth
    order, first, net, bits = ground.order, ground.first, look.net, look.bits
    best, second, at, then = look.best, look.second, look.at, look.then
    k, start = gain.shape[1], ground.start[area]
    for i in range(start, ground.start[area + 1]):
        row, own = i - start, of_class[i]
        lot = np.float64((i * 2654435761) & 0xFFFFFFFF) / 4294967296.0
        if len(times) > 0:
            for o in range(k):
                one, often = np.float64(gain[i, o]), np.float64(times[i, o])
                value = worth * one - often * charges[own, o] + lot * lots[o]
                net[o] = value if one > 0.0 and often > 0.0 else _CLOSED
        else:
            for o in range(k):
                one = np.float64(gain[i, o])
                value = worth * one - charges[own, o] + lot * lots[o]
                net[o] = value if one > 0.0 else _CLOSED
        for o in range(k):
            bits[o] = (bits[o] & ~_NUMBER) | o
        for c in range(len(first) - 1):
            most, more = _CLOSED, _CLOSED
            for place in range(first[c], first[c + 1]):
                one = net[order[place]]
                more = max(more, min(most, one))
                most = max(most, one)
            net[k], net[k + 1] = most, more
            best[row, c], second[row, c] = most, more
            at[row, c], then[row, c] = bits[k] & _NUMBER, bits[k + 1] & _NUMBER


@kernel
def _displaced(best: Doubles, row: int, door: int, most: int) -> float:
    """What a person loses by a contact at the door: the least of the best `most` others, 0 when fewer are worth it."""
    if most <= 0:
        return np.inf
    above, last = np.inf, -1
    for _ in range(most):
        highest, which = 0.0, -1
        for c in range(best.shape[1]):
            value = best[row, c]
            if c != door and highest < value and (value < above or (value == above and c > last)):
                highest, which = value, c
        if which < 0:
            return 0.0
        above, last = highest, which
    return above


@kernel
def _share_hours(
    ratio: Doubles, each: Doubles, rank: Positions, count: int, available: float
) -> tuple[int, float]:
    """Put first in `rank` those whom the hours go to, by falling ratio: how many get all they ask, and the hours left.

    A quickselect by weight: parts that fit, or don't, as a whole are not sorted.
    """
    low, high, left = 0, count, available
    while low < high:
        a, b, c = ratio[rank[low]], ratio[rank[(low + high) // 2]], ratio[rank[high - 1]]
        pivot = max(min(a, b), min(max(a, b), c))
        above, at, end, weight, equal = low, low, high, 0.0, 0.0
        while at < end:
            one = rank[at]
            if ratio[one] > pivot:
                rank[at], rank[above] = rank[above], one
                weight += each[one]
                above += 1
                at += 1
            elif ratio[one] < pivot:
                end -= 1
                rank[at], rank[end] = rank[end], one
            else:
                equal += each[one]
                at += 1
        if weight > left:
            high = above
            continue
        left -= weight
        if equal <= left:
            left -= equal
            low = end
            continue
        low = above
        while low < end - 1 and each[rank[low]] <= left:
            left -= each[rank[low]]
            low += 1
        return low, left
    return low, left


@kernel
def fill(ground: Ground, area: int, look: Look) -> tuple[float, int, float]:
    """Share out an area's hours: the hour's price, who is the first to be left out (-1: nobody), their share of what they
    ask. `look.inside` tells who gets a contact at the door; look.rank has all who want one, those first.
    """
    start, door, count, asked = ground.start[area], ground.door, 0, 0.0
    best, inside, ratio, hours, rank = look.best, look.inside, look.ratio, look.hours, look.rank
    most, each, available = ground.most, ground.each, ground.hours[area]
    for row in range(ground.start[area + 1] - start):
        inside[row], ratio[row] = 0, 0.0
        if door >= 0 and best[row, door] > 0.0:
            gained = best[row, door] - _displaced(best, row, door, most[start + row])
            if gained > 0.0:
                hours[row] = each[start + row]
                ratio[row] = gained / hours[row]
                inside[row] = 1
                asked += hours[row]
                rank[count] = row
                count += 1
    if asked <= available or count == 0:
        return 0.0, -1, 0.0
    full, left = _share_hours(ratio, hours, rank, count, available)
    if full == count:
        return 0.0, -1, 0.0
    for place in range(full, count):
        inside[rank[place]] = 0
    marginal = rank[full]
    return ratio[marginal], marginal, left / hours[marginal]


@kernel
def choose(best: Doubles, taken: Flags, row: int, door: int, inside: bool, most: int, charge: float) -> float:
    """The best set of one person, whose hours cost `charge`, with or without the door; its value."""
    channels = best.shape[1]
    for c in range(channels):
        taken[row, c] = 0
    total, room = 0.0, np.int64(most)
    if door >= 0 and inside:
        taken[row, door] = 1
        total += best[row, door] - charge
        room -= 1
    for _ in range(room):
        highest, which = 0.0, -1
        for c in range(channels):
            if c != door and taken[row, c] == 0 and best[row, c] > highest:
                highest, which = best[row, c], c
        if which < 0:
            break
        taken[row, which] = 1
        total += highest
    return total


@kernel
def _settle(ground: Ground, area: int, look: Look, filled: tuple[float, int, float], seen: Seen) -> float:
    """What everybody in an area gets, counted; the value of it, net of all prices."""
    price, marginal, share = filled
    best, at, taken, inside = look.best, look.at, look.taken, look.inside
    times, of_class, most, each = ground.times, ground.of_class, ground.most, ground.each
    counts, start, door, value = seen.counts, ground.start[area], ground.door, 0.0
    for row in range(ground.start[area + 1] - start):
        i = start + row
        charge = price * each[i] if door >= 0 else 0.0
        for part in range(2 if row == marginal else 1):
            within = inside[row] == 1 or part == 1
            weight = 1.0 if row != marginal else (share if part == 1 else 1.0 - share)
            value += weight * choose(best, taken, row, door, within, most[i], charge)
            for c in range(best.shape[1]):
                if taken[row, c]:
                    often = np.float64(times[i, at[row, c]]) if len(times) > 0 else 1.0
                    counts[of_class[i], at[row, c]] += weight * often
    return value


@kernel
def _tie(
    at: Choices, use: Doubles, own: int, often: tuple[float, float], out: np.int64, into: np.int64, hours: float, weight: float,
    change: Change, curvature: Doubles, by_hours: Doubles,
) -> None:  # fmt: skip
    """Count a near-tie of two options; by_hours (r + 1,): with the area's hours, the last one hours with hours."""
    rows, amounts, length = change.row, change.use, 0
    for side in range(2):
        o = out if side == 0 else into
        if o >= 0:
            for z in range(at.shape[2]):
                if at[own, o, z] < 0:
                    break
                rows[length] = at[own, o, z]
                amounts[length] = (-often[0] if side == 0 else often[1]) * use[own, o, z]
                length += 1
    for a in range(length):
        one = weight * amounts[a]
        for b in range(length):
            curvature[rows[a], rows[b]] += one * amounts[b]
        by_hours[rows[a]] += one * hours
    by_hours[-1] += weight * hours * hours


@kernel
def _tie_up(  # noqa: PLR0912 - one loop, so that its arrays are unpacked once an area
    ground: Ground, uses: Uses, area: int, look: Look, price: float, width: float, change: Change, curvature: Doubles
) -> None:  # fmt: skip
    """The ties that persons' choices are near to: the second option of a channel, another channel, one contact more."""
    best, second, at, then, taken, value = look.best, look.second, look.at, look.then, look.taken, look.value
    times, of_class, most, each, near = ground.times, ground.of_class, ground.most, ground.each, ground.near
    by_hours, limit, use = change.by_hours, uses.at, uses.use
    door, start, channels = ground.door, ground.start[area], best.shape[1]
    for row in range(ground.start[area + 1] - start):
        i = start + row
        room, outside, other = np.int64(most[i]), 0.0, -1
        hours = each[i] if door >= 0 else 0.0
        for c in range(channels):
            value[c] = best[row, c] - (price * hours if c == door else 0.0)
            room -= taken[row, c]
        if room <= 0:
            for c in range(channels):
                if not taken[row, c] and value[c] > outside:
                    outside, other = value[c], c
        for c in range(channels):
            out, into, with_hours, wide, gap = np.int64(-1), np.int64(-1), 0.0, width * near[c], 0.0
            if taken[row, c]:
                out = np.int64(at[row, c])
                least = second[row, c] - (best[row, c] - value[c])
                if least > outside:
                    gap, into = value[c] - least, np.int64(then[row, c])
                else:
                    gap = value[c] - outside
                    with_hours = -hours if c == door else 0.0
                    if other >= 0:
                        into = np.int64(at[row, other])
                        with_hours += hours if other == door else 0.0
                        wide = max(wide, width * near[other])
            elif room > 0:
                gap, into = -value[c], np.int64(at[row, c])
                with_hours = hours if c == door else 0.0
            if (out >= 0 or into >= 0) and gap < wide:
                weight = (1.0 - max(gap, 0.0) / wide) / wide
                often = (1.0, 1.0)
                if len(times) > 0:
                    often = (
                        np.float64(times[i, out]) if out >= 0 else 0.0,
                        np.float64(times[i, into]) if into >= 0 else 0.0,
                    )
                _tie(
                    limit, use, of_class[i], often, out, into, with_hours, weight, change, curvature, by_hours
                )


@kernel
def bend(
    ground: Ground, uses: Uses, area: int, look: Look, price: float, width: float, change: Change, curvature: Doubles
) -> None:  # fmt: skip
    """Add an area's curvature: what the ties tell, less what the price of its hours takes up."""
    by_hours, limits = change.by_hours, curvature.shape[0]
    for a in range(limits + 1):
        by_hours[a] = 0.0
    _tie_up(ground, uses, area, look, price, width, change, curvature)
    if price > 0.0 and by_hours[limits] > 0.0:
        for a in range(limits):
            for b in range(limits):
                curvature[a, b] -= by_hours[a] * by_hours[b] / by_hours[limits]


@kernel
def _sweep(
    ground: Ground, charges: Doubles, uses: Uses, width: float, first: int, last: int, look: Look, change: Change,
    seen: Seen,
) -> float:  # fmt: skip
    value = 0.0
    for area in range(first, last):
        look_over(ground, charges, area, look)
        filled = fill(ground, area, look)
        price = filled[0]
        seen.hour_price[area] = price
        if price > 0.0:
            value += price * ground.hours[area]
        value += _settle(ground, area, look, filled, seen)
        if width > 0.0:
            bend(ground, uses, area, look, price, width, change, seen.curvature)
    return value
