"""Kernels of the rounding: the first choice at the prices, what each person could have instead, and which of it is done.

A move takes a contact from a person, gives one, or both. Its loss is by how much what the person has is worth less
afterwards, net of all prices: so the plan falls behind the bound by the losses and by what is left of priced limits.
Hours that a move frees count as lost: few in their area could use them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from commonweal.planning.joint.kernel import kernel
from commonweal.planning.joint.model import Doubles, Positions
from commonweal.planning.joint.program import Ground, Uses
from commonweal.planning.joint.sweep import Choices, Look, choose, fill, look_over

_WINDOW = 32  # persons on either side of an area's hour price who are tried against each other
_SWAPS = 24
_FEW = 1e-11
Whole = int | np.int64  # a number that numba should not take for a constant: it compiles anew for each


class State(NamedTuple):
    """A plan being made: choice (n, c) the option in each channel, -1 for none; used (r,), scaled; hours_left (a,)."""

    choice: Choices
    used: Doubles
    hours_left: Doubles


class Moves(NamedTuple):
    """person (m,); out (m,): the channel that is emptied, -1 for none; into (m,): the option that is given, -1 for none;
    loss (m,); gain (m,): votes, more or less; mended (m,): by how much less the limits are broken.
    """

    person: Positions
    out: npt.NDArray[np.int16]
    into: npt.NDArray[np.int16]
    loss: Doubles
    gain: Doubles
    mended: Doubles


class Mends(NamedTuple):
    """The limits' ends (r,), scaled, and who counts in them. only: look for moves that mend what is broken; else for all.
    hard: how much an excess counts, a shortfall being 1. press (classes, k): what a contact does to what is broken, above 0
    where it makes it worse. change (r,): zeros, work space.
    """

    uses: Uses
    lower: Doubles
    upper: Doubles
    hard: float
    only: bool
    press: Doubles
    change: Doubles


@kernel
def first_choice(
    ground: Ground, charges: Doubles, first: int, last: int, look: Look, hour_price: Doubles, state: State
) -> None:  # fmt: skip
    """What everybody in some areas gets at the prices, within the areas' hours."""
    choice, best, at, taken, inside, most = (
        state.choice,
        look.best,
        look.at,
        look.taken,
        look.inside,
        ground.most,
    )
    for area in range(first, last):
        start, end = ground.start[area], ground.start[area + 1]
        look_over(ground, charges, area, look)
        hour_price[area] = fill(ground, area, look)[0]
        if ground.door >= 0:
            state.hours_left[area] = _use_up(ground, area, look, hour_price[area])
        for i in range(start, end):
            row = i - start
            choose(best, taken, row, ground.door, inside[row] == 1, most[i], 0.0)
            for c in range(best.shape[1]):
                choice[i, c] = at[row, c] if taken[row, c] else -1


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


@kernel
def count_contacts(ground: Ground, choice: Choices, first: int, last: int, counts: Doubles) -> None:
    """Add up the contacts of some persons, by class and option."""
    for i in range(first, last):
        for c in range(choice.shape[1]):
            o = choice[i, c]
            if o >= 0:
                counts[ground.of_class[i], o] += ground.times[i, o] if len(ground.times) > 0 else 1.0


@kernel
def find_moves(  # noqa: PLR0912 - one loop, so that its arrays are unpacked once
    ground: Ground, charges: Doubles, hour_price: Doubles, state: State, areas: Positions, reach: float, mends: Mends,
    found: Moves,
) -> Whole:  # fmt: skip
    """The moves in some areas that lose less than `reach`, and mend something where that is asked: how many there are; as
    many are written as there is room for.
    """
    gain, times, of_class, most, each = ground.gain, ground.times, ground.of_class, ground.most, ground.each
    order, first, choice, worth, door = ground.order, ground.first, state.choice, ground.worth, ground.door
    k, channels, press, only = gain.shape[1], len(first) - 1, mends.press, mends.only
    net, nothing = np.empty(k), np.int64(-1)
    count: Whole = np.int64(0)
    for area in areas:
        for i in range(ground.start[area], ground.start[area + 1]):
            hours, own = each[i] * hour_price[area] if door >= 0 else 0.0, of_class[i]
            for o in range(k):
                often = np.float64(times[i, o]) if len(times) > 0 else 1.0
                one = np.float64(gain[i, o])
                net[o] = worth * one - often * charges[own, o] if one > 0.0 and often > 0.0 else -np.inf
            if door >= 0:
                for place in range(first[door], first[door + 1]):
                    net[order[place]] -= hours
            room = np.int64(most[i])
            for c in range(channels):
                room -= 1 if choice[i, c] >= 0 else 0
            for out in range(-1, channels):
                had = np.int64(choice[i, out]) if out >= 0 else -1
                if (out >= 0 and had < 0) or (out < 0 and room <= 0):
                    continue
                value = net[had] + (hours if out == door else 0.0) if had >= 0 else 0.0
                gained, eased = 0.0, 0.0
                if had >= 0:
                    gained = np.float64(gain[i, had])
                    eased = press[own, had] * (np.float64(times[i, had]) if len(times) > 0 else 1.0)
                if had >= 0 and value < reach and only and eased > 0.0:
                    count = _write(ground, state, mends, found, count, i, out, nothing, value, -gained)
                for c in range(channels):
                    if c != out and (choice[i, c] >= 0 or (out >= 0 and room > 0)):
                        continue  # taken; or to be had without taking anything away
                    has = net[had] if had >= 0 and c == out else value
                    for place in range(first[c], first[c + 1]):
                        o = order[place]
                        if has - net[o] < reach and o != had:
                            more = np.float64(gain[i, o]) - gained
                            often = np.float64(times[i, o]) if len(times) > 0 else 1.0
                            if (only and eased - often * press[own, o] <= 0.0) or (not only and more <= 0.0):
                                continue
                            count = _write(ground, state, mends, found, count, i, out, o, has - net[o], more)
    return count


@kernel
def _write(
    ground: Ground, state: State, mends: Mends, found: Moves, count: Whole, i: int, out: int, into: Whole, loss: float,
    gain: float,
) -> Whole:  # fmt: skip
    mended = 0.0
    if mends.only:
        had = state.choice[i, out] if out >= 0 else -1
        mended = -_worse(ground, mends, state.used, i, had, into)
        if mended <= _FEW:
            return count
    if count < len(found.person):
        found.person[count] = i
        found.out[count] = out
        found.into[count] = into
        found.loss[count] = loss
        found.gain[count] = gain
        found.mended[count] = mended
    return count + 1


@kernel
def _worse(ground: Ground, mends: Mends, used: Doubles, i: int, out: int, into: Whole) -> float:
    """By how much a move makes all excesses and shortfalls larger."""
    uses, change, lower, upper = mends.uses, mends.change, mends.lower, mends.upper
    of_class, worse = ground.of_class[i], 0.0
    for o, sign in ((np.int64(out), -1.0), (np.int64(into), 1.0)):
        if o >= 0:
            times = np.float64(ground.times[i, o]) if len(ground.times) > 0 else 1.0
            for z in range(uses.at.shape[2]):
                if uses.at[of_class, o, z] >= 0:
                    change[uses.at[of_class, o, z]] += sign * times * uses.use[of_class, o, z]
    for o in (np.int64(out), np.int64(into)):
        if o >= 0:
            for z in range(uses.at.shape[2]):
                row = uses.at[of_class, o, z]
                if row >= 0 and change[row] != 0.0:
                    now = used[row] + change[row]
                    worse += mends.hard * (max(0.0, now - upper[row]) - max(0.0, used[row] - upper[row]))
                    worse += max(0.0, lower[row] - now) - max(0.0, lower[row] - used[row])
                    change[row] = 0.0
    return worse


@kernel
def make_moves(
    ground: Ground, mends: Mends, order: Positions, moves: Moves, state: State, moved: npt.NDArray[np.bool_]
) -> int:  # fmt: skip
    """Make moves one by one in this order, one a person at most: those that mend something where that is asked, else
    those that gain and make nothing worse. How many were made.
    """
    uses, made = mends.uses, 0
    for m in order:
        i, out, into = moves.person[m], moves.out[m], np.int64(moves.into[m])
        if moved[i] or (not mends.only and moves.gain[m] <= 0.0):
            continue
        had = state.choice[i, out] if out >= 0 else -1
        worse = _worse(ground, mends, state.used, i, had, into)
        if worse > (-_FEW if mends.only else _FEW):
            continue
        if ground.door >= 0:
            doors = (into >= 0 and _channel(ground, into) == ground.door) - (out == ground.door)
            area = np.searchsorted(ground.start, i, side="right") - 1
            taken = doors * np.float64(ground.each[i])
            if taken > state.hours_left[area]:
                continue
            state.hours_left[area] -= taken
        for o, sign in ((np.int64(had), -1.0), (np.int64(into), 1.0)):
            if o >= 0:
                times = np.float64(ground.times[i, o]) if len(ground.times) > 0 else 1.0
                for z in range(uses.at.shape[2]):
                    row = uses.at[ground.of_class[i], o, z]
                    if row >= 0:
                        state.used[row] += sign * times * uses.use[ground.of_class[i], o, z]
        if out >= 0:
            state.choice[i, out] = -1
        if into >= 0:
            state.choice[i, _channel(ground, into)] = into
        moved[i] = True
        made += 1
    return made


@kernel
def _channel(ground: Ground, option: Whole) -> int:
    for c in range(len(ground.first) - 1):
        for place in range(ground.first[c], ground.first[c + 1]):
            if ground.order[place] == option:
                return c
    return -1
