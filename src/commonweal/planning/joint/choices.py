"""Kernels of what everybody gets at given prices, within the hours of areas, and of how clear that is.

A person's margin is what any single move, of a contact that goes, comes or makes room for another, would lose them, net of all
prices. While prices move by less than the margin, what they get stays; so only the others are looked at again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from commonweal.planning.joint.kernel import kernel
from commonweal.planning.joint.model import Doubles, Positions
from commonweal.planning.joint.program import Ground, Uses
from commonweal.planning.joint.sweep import Change, Choices, Flags, Look, bend, choose, fill, look_over

Margins = npt.NDArray[np.float32]
_WINDOW = 32  # persons on either side of an area's hour price who are tried against each other
_SWAPS = 24
_FEW = 1e-11


class State(NamedTuple):
    """What everybody gets: choice (n, c) the option in each channel, -1 for none; hours_left (a,), hour_price (a,); counts
    (classes, k) of the contacts; margin (n,), -inf: unknown.
    """

    choice: Choices
    hours_left: Doubles
    hour_price: Doubles
    counts: Doubles
    margin: Margins


@kernel
def first_choice(
    ground: Ground, charges: Doubles, first: int, last: int, look: Look, state: State, uses: Uses, width: float,
    change: Change, curvature: Doubles,
) -> tuple[float, float]:  # fmt: skip
    """What everybody in some areas gets at the prices, within the areas' hours, added to state.counts; what it gains, and what
    those lose, net of all prices, who don't get their best set because of the hours. state.hour_price: what an hour costs where
    there are enough for these. width, curvature: as in `sweep`.
    """
    choice, margin, counts = state.choice, state.margin, state.counts
    best, second, at, taken, inside = look.best, look.second, look.at, look.taken, look.inside
    gain, times, of_class, most, each = ground.gain, ground.times, ground.of_class, ground.most, ground.each
    door, worth, gained, lost = ground.door, ground.worth, 0.0, 0.0
    for area in range(first, last):
        start, end = ground.start[area], ground.start[area + 1]
        look_over(ground, charges, area, look)
        price = fill(ground, area, look)[0]
        if price <= 0.0:
            price = state.hour_price[area]
        state.hour_price[area] = price
        if door >= 0:
            state.hours_left[area] = _use_up(ground, area, look, price)
        for i in range(start, end):
            row = i - start
            choose(best, taken, row, door, inside[row] == 1, most[i], 0.0)
            for c in range(best.shape[1]):
                if taken[row, c]:
                    o = np.int64(at[row, c])
                    choice[i, c] = o
                    gained += worth * np.float64(gain[i, o])
                    counts[of_class[i], o] += np.float64(times[i, o]) if len(times) > 0 else 1.0
                else:
                    choice[i, c] = -1
            hours = each[i] * price if door >= 0 else 0.0
            margin[i] = _margin(best, second, taken, row, door, hours, most[i])
            lost += max(0.0, -np.float64(margin[i]))
        if width > 0.0:
            bend(ground, uses, area, look, price, width, change, curvature)
    return gained, lost


@kernel
def _margin(
    best: Doubles, second: Doubles, taken: Flags, row: int, door: int, hours: float, most: int
) -> float:  # fmt: skip
    room, outside, least = np.int64(most), -np.inf, np.inf
    for c in range(best.shape[1]):
        if taken[row, c]:
            room -= 1
        else:
            outside = max(outside, best[row, c] - (hours if c == door else 0.0))
    if room > 0:
        least, outside = -outside, 0.0
    outside = max(outside, 0.0)
    for c in range(best.shape[1]):
        if taken[row, c]:
            charge = hours if c == door else 0.0
            least = min(least, best[row, c] - charge - max(second[row, c] - charge, outside))
    return least


class Swing(NamedTuple):
    """By how much the charges of contacts rise at least and at most, by class (classes,), each with 0 among them: of the door's, and
    of all others. hours (a,): by how much the price of an hour has risen with them.
    """

    door: tuple[Doubles, Doubles]
    others: tuple[Doubles, Doubles]
    hours: Doubles


@kernel
def doubtful(
    ground: Ground, swing: Swing, before: Swing, near: float, first: int, last: int, margin: Margins, found: Positions
) -> int:  # fmt: skip
    """Who in some areas may get something else when charges rise so: from start[first] on in `found` (n,), how many. The margin of
    the others is what is left of it. before: the last time, of which the hours' part is counted only now. near: margins that are
    looked at in any case: who is that near a tie tells what an hour costs.
    """
    of_class, each, count = ground.of_class, ground.each, ground.start[first]
    low, high = np.minimum(swing.door[0], swing.others[0]), np.maximum(swing.door[1], swing.others[1])
    counted = np.maximum(before.door[1], before.others[1]) - np.minimum(before.door[0], before.others[0])
    for area in range(first, last):
        risen = before.hours[area]
        for i in range(ground.start[area], ground.start[area + 1]):
            own = of_class[i]
            left = margin[i] - (high[own] - low[own])
            if risen != 0.0:
                hours = risen * each[i]
                most = max(before.others[1][own], before.door[1][own] + hours)
                least = min(before.others[0][own], before.door[0][own] + hours)
                left -= max(0.0, most - least - counted[own])
            margin[i] = left
            if left <= near:
                found[count] = i
                count += 1
    return int(count - ground.start[first])


@kernel
def choose_again(
    ground: Ground, charges: Doubles, first: int, last: int, look: Look, state: State, persons: Positions, some: Ground,
    anew: State, uses: Uses, change: Change, curvature: Doubles,
) -> tuple[float, float]:  # fmt: skip
    """The same as `first_choice` for some persons (p,) of these areas, in rising order; the others keep what they have.

    What is gained is told as a difference. some, anew: work space, of one area with room for the largest.
    """
    gain, times, door, k = ground.gain, ground.times, ground.door, ground.gain.shape[1]
    choice, counts, gained, lost, at = state.choice, state.counts, 0.0, 0.0, 0
    for area in range(first, last):
        begun, free = at, state.hours_left[area]
        while at < len(persons) and persons[at] < ground.start[area + 1]:
            i, row = persons[at], at - begun
            for o in range(k):
                some.gain[row, o] = gain[i, o]
            if len(times) > 0:
                for o in range(k):
                    some.times[row, o] = times[i, o]
            some.of_class[row], some.most[row] = ground.of_class[i], ground.most[i]
            if door >= 0:
                some.each[row] = ground.each[i]
                free += ground.each[i] if choice[i, door] >= 0 else 0.0
            for c in range(choice.shape[1]):
                had = np.int64(choice[i, c])
                if had >= 0:
                    gained -= ground.worth * np.float64(gain[i, had])
                    counts[ground.of_class[i], had] -= np.float64(times[i, had]) if len(times) > 0 else 1.0
            at += 1
        if at == begun:
            continue
        everybody = at - begun == ground.start[area + 1] - ground.start[area]
        some.start[1], some.hours[0] = at - begun, ground.hours[area] if everybody else free
        anew.hour_price[0] = 0.0 if everybody else state.hour_price[area]
        more, less = first_choice(some, charges, 0, 1, look, anew, uses, 0.0, change, curvature)
        gained += more
        lost += less
        state.hours_left[area] = anew.hours_left[0] if door >= 0 else ground.hours[area]
        state.hour_price[area] = anew.hour_price[0]
        for row in range(at - begun):
            i = persons[begun + row]
            state.margin[i] = anew.margin[row]
            for c in range(choice.shape[1]):
                choice[i, c] = anew.choice[row, c]
    return gained, lost


@kernel
def _use_up(ground: Ground, area: int, look: Look, price: float) -> float:
    """Spend what is left of an area's hours, by who fits and by exchanges near the price; the hours left then."""
    rows = ground.start[area + 1] - ground.start[area]
    left, count = float(ground.hours[area]), 0
    for row in range(rows):
        if look.ratio[row] > 0.0:
            look.rank[count] = row
            count += 1
            if look.inside[row]:
                left -= look.hours[row]
    if price <= 0.0:
        return left
    own, others = np.empty(_WINDOW, np.int64), np.empty(_WINDOW, np.int64)
    inside, outside = 0, 0
    for place in range(count):
        row = look.rank[place]
        if look.inside[row]:
            inside = _insert(own, inside, row, look.ratio, -1.0)
        else:
            outside = _insert(others, outside, row, look.ratio, 1.0)
    near = np.concatenate((others[:outside], own[:inside]))
    left = _fit(look, near, left)
    for _ in range(_SWAPS):
        out, into = _best_exchange(look, near, left)
        if out < 0:
            break
        look.inside[out], look.inside[into] = 0, 1
        left = _fit(look, near, left - (look.hours[into] - look.hours[out]))
    return left


@kernel
def _insert(rows: Positions, length: int, row: int, ratio: Doubles, sign: float) -> int:
    """Put a row into a short list by falling sign x ratio, from which the last drops out; how many are in it."""
    place = length
    while place > 0 and sign * ratio[rows[place - 1]] < sign * ratio[row]:
        if place < len(rows):
            rows[place] = rows[place - 1]
        place -= 1
    if place < len(rows):
        rows[place] = row
    return min(length + 1, len(rows))


@kernel
def _fit(look: Look, order: Positions, left: float) -> float:
    """Let in who fits into the hours left, in this order."""
    for row in order:
        if not look.inside[row] and look.hours[row] <= left:
            look.inside[row] = 1
            left -= look.hours[row]
    return left


@kernel
def _best_exchange(look: Look, near: Positions, left: float) -> tuple[int, int]:
    """Who should give their hours to whom; -1, -1: nobody."""
    most, out, into = _FEW, -1, -1
    for a in near:
        for b in near:
            more = look.ratio[b] * look.hours[b] - look.ratio[a] * look.hours[a]
            fits = look.inside[a] and not look.inside[b] and look.hours[b] - look.hours[a] <= left
            if fits and more > most:
                most, out, into = more, a, b
    return out, into
