"""A day for every contact: plain arrays in, one day each out. No campaign, no I/O.

The contacts are chosen already; here they are only put on days. What is kept to:

- a channel is used on its open days only, and on none for more than so many contacts;
- two contacts of a unit (a person, a household) are so many days apart.

What is aimed at, in this order: that every contact finds a day; that doors are walked street by street, in whole evenings of a
volunteer; that what gains most comes first, so that the least is lost if the last days are.

First doors: the streets of an area, those with the most votes a door first, fill evenings, and evenings fill days. Then all else, by
votes, each on the first day that is left. What has found none is tried once more: another contact of its unit, or one of its own
channel, gives way. That is a search by rule and not by proof; how often it finds as much as can be found is measured in
tests/planning/test_schedule.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from commonweal.planning.joint.kernel import kernel

Whole = npt.NDArray[np.int64]
Days = npt.NDArray[np.int16]

NO_DAY = -1
NO_CAP = 1 << 60
"""As many a day as needed."""

_LOOKED_AT = 64  # streets that are tried for what is left of an evening
_WASTED = 4  # an evening of which more than this part would be left takes a part of a street
_GIVING_WAY = 4_000  # contacts of its channel that are asked to give way to one


@dataclass(frozen=True, eq=False)
class Agenda:
    """m contacts, c channels, d days.

    unit      (m,) whose contacts are kept apart
    channel   (m,) 0 … c-1
    pieces    (m,) how many contacts of `a_day` it is, 1 or more
    votes     (m,) what it gains
    held      (m,) under way: on day 0, whatever else
    drawn     (m,) served before what was chosen: at a door with its street, anything else before all
    open      (c, d) whether a channel may be used on a day
    a_day     (c,) pieces a day at most, NO_CAP: as many as needed
    apart     days between two contacts of a unit, at least; 0: they may fall on one day
    door      the channel that is walked street by street, -1: none
    area, street, number   (m,) where a door is: a street is one of its area; not looked at elsewhere
    evening   doors of a volunteer's evening; 0: not known, so that each street is by itself
    """

    unit: Whole
    channel: Whole
    pieces: Whole
    votes: npt.NDArray[np.float64]
    held: npt.NDArray[np.bool_]
    drawn: npt.NDArray[np.bool_]
    open: npt.NDArray[np.bool_]
    a_day: Whole
    apart: int
    door: int
    area: Whole
    street: Whole
    number: Whole
    evening: int


class _Board(NamedTuple):
    """What kernels read and fill in.

    channel, pieces, held (m,): as in `Agenda`. unit (m,): 0 … u-1; theirs (m,): contacts, unit by unit, of which each's begin at
    start (u + 1,). day (m,); room (c, d): pieces that a day still takes. apart, door (1,): numbers.
    """

    channel: Whole
    pieces: Whole
    held: npt.NDArray[np.bool_]
    unit: Whole
    theirs: Whole
    start: Whole
    day: Days
    room: Whole
    apart: int
    door: int


def spread(agenda: Agenda) -> Days:
    """(m,): the day of each contact, NO_DAY where none was found."""
    if not len(agenda.unit):
        return np.zeros(0, np.int16)
    board = _board(agenda)
    _early(_best_first(agenda, np.flatnonzero(agenda.drawn & (agenda.channel != agenda.door))), board)
    doors = np.flatnonzero((agenda.channel == agenda.door) & ~agenda.held)
    if len(doors):
        _walk_streets(agenda, doors, board)
    waiting = _best_first(agenda, np.flatnonzero(board.day == NO_DAY))
    _early(waiting, board)
    left = waiting[board.day[waiting] == NO_DAY]
    if len(left):
        by_channel = np.argsort(agenda.channel, kind="stable")
        begins = np.searchsorted(agenda.channel[by_channel], np.arange(len(agenda.open) + 1))
        _give_way(left, by_channel, begins, board)
    return board.day


def _best_first(agenda: Agenda, which: Whole) -> Whole:
    worth = agenda.votes[which] / agenda.pieces[which]
    return which[np.lexsort((-worth, ~agenda.drawn[which]))]


def _board(agenda: Agenda) -> _Board:
    """With those under way on day 0, and all else without a day."""
    unit = np.unique(agenda.unit, return_inverse=True)[1].astype(np.int64)
    theirs = np.argsort(unit, kind="stable")
    start = np.searchsorted(unit[theirs], np.arange(int(unit.max()) + 2))
    day = np.where(agenda.held, 0, NO_DAY).astype(np.int16)
    room = np.where(agenda.open, agenda.a_day[:, None], 0).astype(np.int64)
    held = agenda.channel[agenda.held], agenda.pieces[agenda.held]
    taken = np.bincount(*held, minlength=len(room)).astype(np.int64)
    room[:, 0] = np.maximum(room[:, 0] - taken, 0)
    return _Board(
        agenda.channel,
        agenda.pieces,
        agenda.held,
        unit,
        theirs,
        start,
        day,
        room,
        agenda.apart,
        agenda.door,
    )


# Doors


def _walk_streets(agenda: Agenda, doors: Whole, board: _Board) -> None:
    """Put doors (positions) on days, evening by evening; those that can't go with their street stay without."""
    doors = doors[np.lexsort((agenda.number[doors], agenda.street[doors], agenda.area[doors]))]
    area, street = agenda.area[doors], agenda.street[doors]
    begins = np.flatnonzero(np.r_[True, (area[1:] != area[:-1]) | (street[1:] != street[:-1])])
    size = np.diff(np.r_[begins, len(doors)])
    worth = np.add.reduceat(agenda.votes[doors], begins) / size
    place = np.unique(area[begins], return_inverse=True)[1].astype(np.int64)
    best_first = np.lexsort((-worth, place))
    first = np.searchsorted(place[best_first], np.arange(int(place.max()) + 2))
    evening = np.empty(len(doors), np.int64)
    evenings = _fill_evenings(best_first, first, begins, size, agenda.evening, evening)
    where = np.empty(evenings, np.int64)
    where[evening] = np.repeat(place, size)
    of_area = np.bincount(where, minlength=int(place.max()) + 1)
    nights = max(1, int(agenda.open[agenda.door].sum()))
    at_once = -(-of_area // nights) if agenda.evening else of_area
    votes = np.bincount(evening, agenda.votes[doors], minlength=evenings)
    best = np.argsort(-votes / np.bincount(evening, minlength=evenings), kind="stable")
    members = np.argsort(evening, kind="stable")
    ends = np.searchsorted(evening[members], np.arange(evenings + 1))
    _walk(best, doors[members], ends, where, at_once, board)


@kernel
def _fill_evenings(
    streets: Whole, first: Whole, begins: Whole, size: Whole, evening: int, found: Whole
) -> int:
    """Give each door its evening's number, in `found`; gives how many evenings there are.

    streets: area by area, each area's best first; first: where each area's begin there. begins, size: of each street's doors. What is left
    of an evening takes the best street that is small enough, and part of one rather than a good deal of nothing.
    """
    number, left = 0, size.copy()
    for area in range(len(first) - 1):
        at, last = first[area], first[area + 1]
        while True:
            while at < last and left[streets[at]] == 0:
                at += 1
            if at == last:
                break
            space = evening if evening > 0 else left[streets[at]]
            if left[streets[at]] < space:
                tried = 0
                for other in range(at, last):
                    street = streets[other]
                    if 0 < left[street] <= space:
                        space -= _take(street, left[street], number, begins, size, left, found)
                    tried += left[street] > 0
                    if space == 0 or tried == _LOOKED_AT:
                        break
                while at < last and left[streets[at]] == 0:
                    at += 1
            if at < last and space * _WASTED > evening:
                _take(streets[at], min(space, left[streets[at]]), number, begins, size, left, found)
            number += 1
    return number


@kernel
def _take(street: int, doors: int, number: int, begins: Whole, size: Whole, left: Whole, found: Whole) -> int:
    """The next doors of a street go to an evening."""
    begin = begins[street] + size[street] - left[street]
    found[begin : begin + doors] = number
    left[street] -= doors
    return doors


@kernel
def _walk(best: Whole, doors: Whole, ends: Whole, where: Whole, at_once: Whole, board: _Board) -> None:
    """Each evening, the best first, goes on the first day that has room for it and on which its area isn't walked already; else on the
    first that has room; else in parts. ends: of each evening's doors; where: its area; at_once: evenings of an area a day.
    """
    days = board.room.shape[1]
    walked = np.zeros((len(at_once), days), np.int64)
    for evening in best:
        members, area = doors[ends[evening] : ends[evening + 1]], where[evening]
        when = _night(members, walked[area], at_once[area], board)
        if when == NO_DAY:
            when = _night(members, walked[area], walked[area].sum() + 1, board)
        if when == NO_DAY:
            for each in range(days):
                _visit(members, each, board)
        else:
            _visit(members, when, board)
            walked[area, when] += 1


@kernel
def _night(members: Whole, walked: Whole, at_once: int, board: _Board) -> int:
    """The first day that has room for those of some doors who may be visited on it, if there are any."""
    for when in range(len(walked)):
        if walked[when] >= at_once or board.room[board.door, when] == 0:
            continue
        wanted = 0
        for contact in members:
            if _is_apart(contact, when, NO_DAY, board):
                wanted += board.pieces[contact]
        if 0 < wanted <= board.room[board.door, when]:
            return when
    return NO_DAY


@kernel
def _visit(members: Whole, when: int, board: _Board) -> None:
    for contact in members:
        if board.day[contact] == NO_DAY:
            _put(contact, when, board)


# All else


@kernel
def _is_apart(contact: int, when: int, but: int, board: _Board) -> bool:
    """Whether a day is far enough from those of the unit's other contacts, `but` one."""
    unit = board.unit[contact]
    for place in range(board.start[unit], board.start[unit + 1]):
        other = board.theirs[place]
        if other in (contact, but) or board.day[other] < 0:
            continue
        if abs(board.day[other] - when) < board.apart:
            return False
    return True


@kernel
def _put(contact: int, when: int, board: _Board) -> bool:
    """Put a contact on a day, if it may be there and there is room; gives whether it is."""
    channel = board.channel[contact]
    if board.pieces[contact] > board.room[channel, when] or not _is_apart(contact, when, NO_DAY, board):
        return False
    before = board.day[contact]
    if before >= 0:
        board.room[channel, before] += board.pieces[contact]
    board.room[channel, when] -= board.pieces[contact]
    board.day[contact] = when
    return True


@kernel
def _early(waiting: Whole, board: _Board) -> None:
    """Each in turn on the first day that has room for it."""
    days = board.room.shape[1]
    begin = np.zeros(len(board.room), np.int64)
    for contact in waiting:
        channel = board.channel[contact]
        while begin[channel] < days and board.room[channel, begin[channel]] == 0:
            begin[channel] += 1
        for when in range(begin[channel], days):
            if _put(contact, when, board):
                break


@kernel
def _give_way(left: Whole, by_channel: Whole, begins: Whole, board: _Board) -> None:
    """For each that is left one other contact moves: first one of its unit, but no door; then one of its channel; then a door."""
    for contact in left:
        channel = board.channel[contact]
        same = by_channel[begins[channel] : begins[channel + 1]]
        if _beside(contact, False, board) or _instead(contact, same, board):
            continue
        _beside(contact, True, board)


@kernel
def _beside(contact: int, doors_too: bool, board: _Board) -> bool:
    """Another contact of the unit goes to another day, so that there is one for this."""
    unit, channel = board.unit[contact], board.channel[contact]
    for when in range(board.room.shape[1]):
        if board.pieces[contact] > board.room[channel, when]:
            continue
        if _put(contact, when, board):
            return True
        for place in range(board.start[unit], board.start[unit + 1]):
            other = board.theirs[place]
            if other == contact or board.day[other] < 0 or board.held[other]:
                continue
            if board.channel[other] == board.door and not doors_too:
                continue
            if _is_apart(contact, when, other, board) and _away(other, when, board):
                return _put(contact, when, board)
    return False


@kernel
def _away(other: int, when: int, board: _Board) -> bool:
    """A contact leaves its day for one that is far enough from another day."""
    for then in range(board.room.shape[1]):
        if then != board.day[other] and abs(then - when) >= board.apart and _put(other, then, board):
            return True
    return False


@kernel
def _instead(contact: int, same: Whole, board: _Board) -> bool:
    """A contact of the same channel goes to a day that has room, and this one takes its place."""
    days, channel, asked = board.room.shape[1], board.channel[contact], 0
    fits = np.zeros(days, np.bool_)
    for when in range(days):
        fits[when] = _is_apart(contact, when, NO_DAY, board)
    for other in same[::-1]:
        when = board.day[other]
        if when < 0 or board.held[other] or not fits[when] or board.unit[other] == board.unit[contact]:
            continue
        if board.room[channel, when] + board.pieces[other] < board.pieces[contact]:
            continue
        asked += 1
        for then in range(days):
            if then != when and _put(other, then, board):
                return _put(contact, when, board)
        if asked == _GIVING_WAY:
            return False
    return False
