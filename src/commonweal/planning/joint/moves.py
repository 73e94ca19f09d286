"""Kernels of the rounding: what each person could have instead of what they get at the prices, and which of it is done.

A move takes a contact from a person, gives one, or both. Its loss is by how much what the person has is worth less
afterwards, net of all prices: so the plan falls behind the bound by the losses and by what is left of priced limits.
Hours that a move frees count as lost: few in their area could use them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from commonweal.planning.joint.choices import Margins
from commonweal.planning.joint.kernel import kernel
from commonweal.planning.joint.model import Doubles, Positions
from commonweal.planning.joint.program import Ground, Uses
from commonweal.planning.joint.sweep import Choices

_FEW = 1e-11
Whole = int | np.int64  # a number that numba should not take for a constant: it compiles anew for each


class Draft(NamedTuple):
    """A plan being made: choice (n, c) the option in each channel, -1 for none; used (r,), scaled; hours_left (a,); margin (n,): what
    any move of a person loses at least.
    """

    choice: Choices
    used: Doubles
    hours_left: Doubles
    margin: Margins


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
def find_moves(  # noqa: PLR0912 - one loop, so that its arrays are unpacked once
    ground: Ground, charges: Doubles, hour_price: Doubles, draft: Draft, areas: Positions, reach: float, mends: Mends,
    found: Moves,
) -> Whole:  # fmt: skip
    """The moves in some areas that lose less than `reach`, and mend something where that is asked: how many there are; as
    many are written as there is room for.
    """
    gain, times, of_class, most, each = ground.gain, ground.times, ground.of_class, ground.most, ground.each
    order, first, choice, worth, door = ground.order, ground.first, draft.choice, ground.worth, ground.door
    k, channels, press, only = gain.shape[1], len(first) - 1, mends.press, mends.only
    net, nothing, margin = np.empty(k), np.int64(-1), draft.margin
    count: Whole = np.int64(0)
    eases = np.zeros(len(press), np.bool_)
    for own in range(len(press)):
        eases[own] = (press[own] < 0.0).any()
    for area in areas:
        for i in range(ground.start[area], ground.start[area + 1]):
            if margin[i] >= reach or (
                only and not eases[of_class[i]] and not _presses(choice, press, i, of_class[i])
            ):
                continue
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
                    count = _write(ground, draft, mends, found, count, i, out, nothing, value, -gained)
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
                            count = _write(ground, draft, mends, found, count, i, out, o, has - net[o], more)
    return count


@kernel
def _presses(choice: Choices, press: Doubles, i: int, own: int) -> bool:
    """Whether a person has something that makes what is broken worse."""
    found = False
    for c in range(choice.shape[1]):
        found |= choice[i, c] >= 0 and press[own, choice[i, c]] > 0.0
    return found


@kernel
def _write(
    ground: Ground, draft: Draft, mends: Mends, found: Moves, count: Whole, i: int, out: int, into: Whole, loss: float,
    gain: float,
) -> Whole:  # fmt: skip
    mended = 0.0
    if mends.only:
        had = draft.choice[i, out] if out >= 0 else -1
        mended = -_worse(ground, mends, draft.used, i, had, into)
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
    ground: Ground, mends: Mends, order: Positions, moves: Moves, draft: Draft, moved: npt.NDArray[np.bool_]
) -> int:  # fmt: skip
    """Make moves one by one in this order, one a person at most: those that mend something where that is asked, else
    those that gain and make nothing worse. How many were made.
    """
    uses, made = mends.uses, 0
    for m in order:
        i, out, into = moves.person[m], moves.out[m], np.int64(moves.into[m])
        if moved[i] or (not mends.only and moves.gain[m] <= 0.0):
            continue
        had = draft.choice[i, out] if out >= 0 else -1
        worse = _worse(ground, mends, draft.used, i, had, into)
        if worse > (-_FEW if mends.only else _FEW):
            continue
        if ground.door >= 0:
            doors = (into >= 0 and _channel(ground, into) == ground.door) - (out == ground.door)
            area = np.searchsorted(ground.start, i, side="right") - 1
            taken = doors * np.float64(ground.each[i])
            if taken > draft.hours_left[area]:
                continue
            draft.hours_left[area] -= taken
        for o, sign in ((np.int64(had), -1.0), (np.int64(into), 1.0)):
            if o >= 0:
                times = np.float64(ground.times[i, o]) if len(ground.times) > 0 else 1.0
                for z in range(uses.at.shape[2]):
                    row = uses.at[ground.of_class[i], o, z]
                    if row >= 0:
                        draft.used[row] += sign * times * uses.use[ground.of_class[i], o, z]
        if out >= 0:
            draft.choice[i, out] = -1
        if into >= 0:
            draft.choice[i, _channel(ground, into)] = into
        moved[i], draft.margin[i] = True, -np.inf
        made += 1
    return made


@kernel
def _channel(ground: Ground, option: Whole) -> int:
    for c in range(len(ground.first) - 1):
        for place in range(ground.first[c], ground.first[c + 1]):
            if ground.order[place] == option:
                return c
    return -1


@kernel
def count_contacts(choice: Choices) -> int:
    """How many there are."""
    count = 0
    for i in range(choice.shape[0]):
        for c in range(choice.shape[1]):
            count += choice[i, c] >= 0
    return count


@kernel
def list_contacts(choice: Choices, person: Positions, option: npt.NDArray[np.int16]) -> None:
    """All of them, by person, then by channel."""
    at = 0
    for i in range(choice.shape[0]):
        for c in range(choice.shape[1]):
            if choice[i, c] >= 0:
                person[at], option[at] = i, choice[i, c]
                at += 1
