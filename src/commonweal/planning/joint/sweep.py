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
from commonweal.planning.joint.program import Ground, Program, Uses

Choices = npt.NDArray[np.int16]
NONE = -1


class Look(NamedTuple):
    """The best two options of each channel for the persons of one area: (most persons of an area, channels) each.

    inside (m,): 1 for whom the hours suffice. ratio, rank (m,): work space.
    """

    best: Doubles
    second: Doubles
    at: Choices
    then: Choices
    inside: npt.NDArray[np.int8]
    ratio: Doubles
    rank: Positions
    hours: Doubles


class Person(NamedTuple):
    """Work space for one person: value and taken (c,); limit and use of a change (2 z,)."""

    value: Doubles
    taken: npt.NDArray[np.int8]
    limit: npt.NDArray[np.int64]
    use: Doubles


class Seen(NamedTuple):
    """What a sweep adds up: counts (classes, k), curvature (r, r), hour_price and hours_used (a,)."""

    counts: Doubles
    curvature: Doubles
    hour_price: Doubles
    hours_used: Doubles


@dataclass(frozen=True, eq=False)
class Swept:
    """value: the bound. used (r,): of each limit, scaled. curvature (r, r). hour_price (a,)."""

    value: float
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
        look, person = space(ground, program.uses, first, last)
        return _sweep(ground, charges, program.uses, width, first, last, look, person, seen), seen

    parts = both(part, np.diff(ground.start))
    return Swept(
        value=sum(value for value, _ in parts) + rows.ends(prices),
        used=rows.used(sum((seen.counts for _, seen in parts), np.zeros((count, k)))),
        curvature=sum((seen.curvature for _, seen in parts), np.zeros((len(prices), len(prices)))),
        hour_price=hour_price,
    )


def space(ground: Ground, uses: Uses, first: int, last: int) -> tuple[Look, Person]:
    """Work space for some areas."""
    most = int(np.diff(ground.start[first : last + 1]).max(initial=1))
    channels, shortest = len(ground.first) - 1, uses.at.shape[2]
    look = Look(
        np.empty((most, channels)),
        np.empty((most, channels)),
        np.empty((most, channels), np.int16),
        np.empty((most, channels), np.int16),
        np.empty(most, np.int8),
        np.empty(most),
        np.empty(most, np.int64),
        np.empty(most),
    )
    person = Person(
        np.empty(channels),
        np.empty(channels, np.int8),
        np.empty(2 * shortest, np.int64),
        np.empty(2 * shortest),
    )
    return look, person


@kernel
def look_at(ground: Ground, charges: Doubles, i: int, row: int, look: Look) -> None:
    """The best two options of each channel for person i, net of all prices but the hours'."""
    masked = len(ground.times) > 0
    lot = ((i * 2654435761) & 0xFFFFFFFF) / 4294967296.0
    charge = charges[ground.of_class[i]]
    for c in range(len(ground.first) - 1):
        best, second, at, then = -np.inf, -np.inf, -1, -1
        for place in range(ground.first[c], ground.first[c + 1]):
            o = ground.order[place]
            times = np.float64(ground.times[i, o]) if masked else 1.0
            gain = np.float64(ground.gain[i, o])
            net = ground.worth * gain - times * charge[o] + lot * ground.lots[o]
            net = net if gain > 0.0 and times > 0.0 else -np.inf
            better = net > best
            above = net > second
            then = at if better else (o if above else then)
            second = best if better else (net if above else second)
            at = o if better else at
            best = net if better else best
        look.best[row, c], look.second[row, c] = best, second
        look.at[row, c], look.then[row, c] = at, then


@kernel
def displaced(best: Doubles, door: int, most: int) -> float:
    """What a person loses by a contact at the door: the least of the best `most` others, 0 when fewer are worth it."""
    if most <= 0:
        return np.inf
    above = np.inf
    last = -1
    for _ in range(most):
        highest, which = 0.0, -1
        for c in range(len(best)):
            if c == door:
                continue
            if highest < best[c] and (best[c] < above or (best[c] == above and c > last)):
                highest, which = best[c], c
        if which < 0:
            return 0.0
        above, last = highest, which
    return above


@kernel
def share_hours(
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
    start, end = ground.start[area], ground.start[area + 1]
    door, count, asked = ground.door, 0, 0.0
    for row in range(end - start):
        look.inside[row] = 0
        look.ratio[row] = 0.0
        if door >= 0 and look.best[row, door] > 0.0:
            i = start + row
            gained = look.best[row, door] - displaced(look.best[row], door, ground.most[i])
            if gained > 0.0:
                hours = np.float64(ground.each[i])
                look.ratio[row], look.hours[row] = gained / hours, hours
                look.rank[count] = row
                look.inside[row] = 1
                asked += hours
                count += 1
    if asked <= ground.hours[area]:
        return 0.0, -1, 0.0
    full, left = share_hours(look.ratio, look.hours, look.rank, count, ground.hours[area])
    if full == count:
        return 0.0, -1, 0.0
    for place in range(full, count):
        look.inside[look.rank[place]] = 0
    first = look.rank[full]
    return look.ratio[first], first, left / look.hours[first]


@kernel
def choose(look: Look, row: int, door: int, inside: bool, most: int, charge: float, person: Person) -> float:
    """The best set of one person, whose hours cost `charge`, with or without the door; its value."""
    value, taken = person.value, person.taken
    for c in range(len(value)):
        value[c] = look.best[row, c]
        taken[c] = 0
    total, room = 0.0, np.int64(most)
    if door >= 0:
        value[door] -= charge
        if inside:
            taken[door] = 1
            total += value[door]
            room -= 1
    for _ in range(room):
        highest, which = 0.0, -1
        for c in range(len(value)):
            if c != door and taken[c] == 0 and value[c] > highest:
                highest, which = value[c], c
        if which < 0:
            break
        taken[which] = 1
        total += highest
    return total


@kernel
def _count(
    ground: Ground, i: int, look: Look, row: int, taken: npt.NDArray[np.int8], share: float, seen: Seen
) -> None:
    for c in range(len(taken)):
        if taken[c]:
            o = look.at[row, c]
            times = np.float64(ground.times[i, o]) if len(ground.times) > 0 else 1.0
            seen.counts[ground.of_class[i], o] += share * times


@kernel
def _difference(ground: Ground, uses: Uses, i: int, out: int, into: int, person: Person) -> int:
    """What changes in the limits when a person gets `into` instead of `out`: how many entries."""
    length, of_class = 0, ground.of_class[i]
    for o, sign in ((np.int64(out), -1.0), (np.int64(into), 1.0)):
        if o < 0:
            continue
        times = np.float64(ground.times[i, o]) if len(ground.times) > 0 else 1.0
        for z in range(uses.at.shape[2]):
            if uses.at[of_class, o, z] < 0:
                break
            person.limit[length] = uses.at[of_class, o, z]
            person.use[length] = sign * times * uses.use[of_class, o, z]
            length += 1
    return length


@kernel
def _tie(
    ground: Ground, uses: Uses, i: int, out: int, into: int, hours: float, weight: float, person: Person,
    curvature: Doubles, by_hours: Doubles,
) -> None:  # fmt: skip
    """Count a near-tie of two options; by_hours (r + 1,): with the area's hours, the last one hours with hours."""
    length = _difference(ground, uses, i, out, into, person)
    for a in range(length):
        row, use = person.limit[a], weight * person.use[a]
        for b in range(length):
            curvature[row, person.limit[b]] += use * person.use[b]
        by_hours[row] += use * hours
    by_hours[-1] += weight * hours * hours


@kernel
def _near_ties(
    ground: Ground, uses: Uses, i: int, look: Look, row: int, width: float, person: Person, curvature: Doubles,
    by_hours: Doubles,
) -> None:  # fmt: skip
    """The ties that a person's choice is near to: the second option of a channel, another channel, one contact more."""
    value, taken, door = person.value, person.taken, ground.door
    room, outside, other = np.int64(ground.most[i]), 0.0, -1
    for c in range(len(value)):
        room -= taken[c]
    if room <= 0:
        for c in range(len(value)):
            if not taken[c] and value[c] > outside:
                outside, other = value[c], c
    hours = np.float64(ground.each[i]) if door >= 0 else 0.0
    for c in range(len(value)):
        if taken[c]:
            second = look.second[row, c] - (look.best[row, c] - value[c])
            within = second > outside
            gap = value[c] - (second if within else outside)
            into, change, wide = -1, 0.0, width * ground.near[c]
            if within:
                into = look.then[row, c]
            else:
                change -= hours if c == door else 0.0
                if other >= 0:
                    into = look.at[row, other]
                    change += hours if other == door else 0.0
                    wide = max(wide, width * ground.near[other])
            if gap < wide:
                weight = (1.0 - max(gap, 0.0) / wide) / wide
                _tie(ground, uses, i, look.at[row, c], into, change, weight, person, curvature, by_hours)
        elif room > 0 and -value[c] < width * ground.near[c]:
            wide = width * ground.near[c]
            weight = (1.0 - max(-value[c], 0.0) / wide) / wide
            change = hours if c == door else 0.0
            _tie(ground, uses, i, -1, look.at[row, c], change, weight, person, curvature, by_hours)


@kernel
def _sweep(
    ground: Ground, charges: Doubles, uses: Uses, width: float, first: int, last: int, look: Look, person: Person,
    seen: Seen,
) -> float:  # fmt: skip
    value, limits = 0.0, seen.curvature.shape[0]
    by_hours = np.zeros(limits + 1)
    for area in range(first, last):
        start, end = ground.start[area], ground.start[area + 1]
        for i in range(start, end):
            look_at(ground, charges, i, i - start, look)
        price, marginal, share = fill(ground, area, look)
        by_hours[:] = 0.0
        if price > 0.0:
            value += price * ground.hours[area]
        for i in range(start, end):
            row = i - start
            inside = look.inside[row] == 1
            charge = price * ground.each[i] if ground.door >= 0 else 0.0
            if row == marginal:
                choose(look, row, ground.door, True, ground.most[i], charge, person)
                _count(ground, i, look, row, person.taken, share, seen)
            value += choose(look, row, ground.door, inside, ground.most[i], charge, person)
            _count(ground, i, look, row, person.taken, 1.0 - share if row == marginal else 1.0, seen)
            if width > 0.0:
                _near_ties(ground, uses, i, look, row, width, person, seen.curvature, by_hours)
        seen.hour_price[area] = price
        if price > 0.0 and by_hours[limits] > 0.0:
            for a in range(limits):
                for b in range(limits):
                    seen.curvature[a, b] -= by_hours[a] * by_hours[b] / by_hours[limits]
    return value
