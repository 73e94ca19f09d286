"""From prices to a plan: what each would get at the prices, then the fewest losses until every limit holds.

At the least bound's prices nearly all of what persons would choose by themselves fits. What does not is mended by moves
that lose least for what they mend; then what is left of the limits is used by moves that gain and break nothing. Among
very many persons a part has near-ties enough, so areas are gone over part by part.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commonweal.planning.joint.chosen import Chosen
from commonweal.planning.joint.kernel import THREADS, both
from commonweal.planning.joint.model import Doubles, Positions
from commonweal.planning.joint.moves import (
    Draft,
    Mends,
    Moves,
    count_contacts,
    find_moves,
    list_contacts,
    make_moves,
)
from commonweal.planning.joint.program import Program

_PART = 100_000  # persons, about, whose moves are looked at together
_MOST_MOVES = 400_000
_REACH = 0.1  # of a usual gain: the loss of the first moves, among few persons
_WIDER = 4.0
_TRIES = 40
_MANY = 30_000  # moves, of which none gained: those that lose more are not looked at
_FEW_TRIES = 8
_ROUNDS = 4
_IMPROVED = 3  # parts that are gone over to use what is left
_SOFT, _HARD = 0.03, 1e6  # what an excess counts, a shortfall being 1
_FEW = 1e-9  # of a limit: less is rounding


@dataclass(eq=False)
class Rounding:
    """A plan in the making. prices (r,): of the scaled limits. charges (classes, k) and hour_price (a,): what contacts and hours cost at the prices."""

    program: Program
    prices: Doubles
    charges: Doubles
    hour_price: Doubles
    draft: Draft

    @staticmethod
    def of(chosen: Chosen) -> Rounding:
        """From what everybody would get at the prices."""
        state = chosen.state
        draft = Draft(state.choice.copy(), chosen.used, state.hours_left.copy(), state.margin.copy())
        return Rounding(chosen.program, chosen.prices, chosen.charges, state.hour_price, draft)

    def finish(self) -> None:
        """Come near to the ends that have a price, mend what is broken, then use what is left.

        A lower end may be out of reach of single moves, because each would break an upper one: then it is met all the same,
        and the upper ones are mended by others.
        """
        self._mend(self._near_ends(), min(_FEW_TRIES, 4 + self._part_count()))
        self._mend_all()
        for _ in range(_ROUNDS):
            if not self._shortfall().any():
                break
            self._mend(self._ends(_SOFT), _FEW_TRIES)
            self._mend_all()
        if self._excess().any():
            self._drop_excess()
        self._improve()

    def _mend_all(self) -> None:
        self._mend(self._ends(1.0))
        if self._excess().any():
            self._mend(self._ends(_HARD))

    def _ends(self, hard: float, *, mend: bool = True) -> Mends:
        rows = self.program.rows
        return self._mends(rows.lower, rows.upper, hard, mend=mend)

    def _near_ends(self) -> Mends:
        """As if what has a price had to be used up, but for less than a contact."""
        rows = self.program.rows
        lower = np.where(self.prices > 0, np.maximum(rows.upper - 1.0, rows.lower), rows.lower)
        upper = np.where(self.prices < 0, np.minimum(rows.lower + 1.0, rows.upper), rows.upper)
        return self._mends(lower, upper, 1.0, mend=True)

    def _mends(self, lower: Doubles, upper: Doubles, hard: float, *, mend: bool) -> Mends:
        change, none = np.zeros(len(lower)), np.zeros(self.charges.shape)
        return Mends(self.program.uses, lower, upper, hard, mend, none, change)

    def _broken(self, ends: Mends) -> bool:
        return bool(
            (_over(self.draft.used, ends.upper) > 0).any() or (_over(ends.lower, self.draft.used) > 0).any()
        )

    def _excess(self) -> Doubles:
        return _over(self.draft.used, self.program.rows.upper)

    def _shortfall(self) -> Doubles:
        return _over(self.program.rows.lower, self.draft.used)

    def _first_reach(self) -> float:
        return _REACH * self.program.gain * min(1.0, math.sqrt(_PART / self.program.persons))

    def _part_count(self) -> int:
        return max(1, min(len(self.program.ground.hours), self.program.persons // _PART))

    def _parts(self) -> Iterator[Positions]:
        """Of the areas, over and over."""
        areas, count = len(self.program.ground.hours), self._part_count()
        while True:
            yield from (np.arange(part, areas, count) for part in range(count))

    def _mend(self, ends: Mends, tries: int = _TRIES) -> None:
        reach, in_vain = self._first_reach(), 0
        for areas, _ in zip(self._parts(), range(tries), strict=False):
            if not self._broken(ends) or in_vain > self._part_count():
                return
            moves = self._moves(areas, reach, ends)
            made = self._make(np.argsort(moves.loss / moves.mended, kind="stable"), moves, ends)
            in_vain = 0 if made or reach < self.program.highest else in_vain + 1
            reach *= 1.0 if made else _WIDER

    def _improve(self) -> None:
        """Part by part; where there is one part only, with all moves, until none gains."""
        reach, once = self._first_reach(), self.program.persons >= 2 * _PART
        ends = self._ends(_HARD, mend=False)
        for areas, _ in zip(self._parts(), range(_IMPROVED if once else _TRIES), strict=False):
            moves = self._moves(areas, reach, ends)
            made = self._make(np.argsort(moves.loss, kind="stable"), moves, ends)
            if not once and not made:
                if reach > self.program.highest or len(moves.person) > _MANY:
                    return
                reach *= _WIDER

    def _make(self, order: Positions, moves: Moves, ends: Mends) -> int:
        moved = np.zeros(self.program.persons, np.bool_)
        return make_moves(self.program.ground, ends, order, moves, self.draft, moved)

    def _moves(self, areas: Positions, reach: float, ends: Mends) -> Moves:
        """Those that lose less than `reach`, or than what leaves not too many."""
        ground, used = self.program.ground, self.draft.used
        pressing = ends.hard * (_over(used, ends.upper) > 0) - 1.0 * (_over(ends.lower, used) > 0)
        ends = ends._replace(press=self.program.rows.charges(pressing))
        sizes = np.diff(ground.start)[areas]
        while True:

            def part(first: int, last: int, reach: float = reach) -> tuple[int, Moves]:
                found = _no_moves(_MOST_MOVES // THREADS)
                own = ends._replace(change=np.zeros(len(ends.lower)))
                some = areas[first:last]
                prices = self.charges, self.hour_price
                return int(find_moves(ground, *prices, self.draft, some, reach, own, found)), found

            parts = both(part, sizes)
            most = max(count for count, _ in parts)
            if most <= _MOST_MOVES // THREADS:
                return _joined(parts)
            reach = min(reach, self.program.highest) * 0.7 * _MOST_MOVES / THREADS / most

    def _drop_excess(self) -> None:
        """Take contacts away, those that gain least for what they use first, until no upper end is broken."""
        program, ground = self.program, self.program.ground
        while len(rows := np.flatnonzero(self._excess())):
            row = rows[0]
            persons, channels = np.nonzero(self.draft.choice >= 0)
            options = self.draft.choice[persons, channels]
            use = program.rows.member[row, ground.of_class[persons]] * program.rows.use[row, options]
            use *= ground.times[persons, options] if len(ground.times) else 1.0
            users = np.flatnonzero(use > 0)
            order = users[np.argsort(ground.gain[persons, options][users] / use[users])]
            enough = int(np.searchsorted(np.cumsum(use[order]), self._excess()[row])) + 1
            self._take_away(persons[order[:enough]], channels[order[:enough]])

    def _take_away(self, persons: Positions, channels: Positions) -> None:
        ground, options = self.program.ground, self.draft.choice[persons, channels]
        at_door = persons[channels == ground.door]
        if len(at_door):
            area = np.searchsorted(ground.start, at_door, side="right") - 1
            np.add.at(self.draft.hours_left, area, ground.each[at_door])
        counts = np.zeros(self.program.open_counts.shape)
        often = ground.times[persons, options] if len(ground.times) else 1.0
        np.add.at(counts, (ground.of_class[persons], options), often)
        self.draft.used[:] -= self.program.rows.used(counts)
        self.draft.choice[persons, channels] = -1
        self.draft.margin[persons] = -np.inf

    def contacts(self) -> tuple[Positions, npt.NDArray[np.int16]]:
        """Person and option of every contact, by person, then by channel."""
        count = count_contacts(self.draft.choice)
        person, option = np.empty(count, np.int64), np.empty(count, np.int16)
        list_contacts(self.draft.choice, person, option)
        return person, option


def _over(values: Doubles, ends: Doubles) -> Doubles:
    """By how much values are above ends, where that is more than rounding."""
    over = values - ends
    return np.asarray(np.where(over > _FEW * np.maximum(np.minimum(np.abs(ends), 1e300), 1.0), over, 0.0))


def _no_moves(room: int) -> Moves:
    return Moves(
        np.empty(room, np.int64),
        np.empty(room, np.int16),
        np.empty(room, np.int16),
        np.empty(room),
        np.empty(room),
        np.empty(room),
    )


def _joined(parts: Sequence[tuple[int, Moves]]) -> Moves:
    return Moves(
        np.concatenate([found.person[:count] for count, found in parts]),
        np.concatenate([found.out[:count] for count, found in parts]),
        np.concatenate([found.into[:count] for count, found in parts]),
        np.concatenate([found.loss[:count] for count, found in parts]),
        np.concatenate([found.gain[:count] for count, found in parts]),
        np.concatenate([found.mended[:count] for count, found in parts]),
    )
