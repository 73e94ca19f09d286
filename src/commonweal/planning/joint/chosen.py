"""What everybody gets at given prices; and at others, by another look at those only for whom it may change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.planning.joint.choices import State, Swing, choose_again, doubtful, first_choice
from commonweal.planning.joint.kernel import both
from commonweal.planning.joint.model import Doubles
from commonweal.planning.joint.program import Ground, Program
from commonweal.planning.joint.sweep import room_for_change, space

_WIDEST = 0.1  # of a usual gain: what counts as near a tie among few persons
_NEAR = 10.0  # persons x the square of the same among very many
_MOST = 0.5  # of the persons: where more are in doubt, everybody is looked at


@dataclass(eq=False)
class Chosen:
    """prices (r,): of the scaled limits. charges (classes, k): what contacts cost at them. swing: the last move's.
    gained, lost: see `first_choice`.
    """

    program: Program
    prices: Doubles
    charges: Doubles
    state: State
    swing: Swing
    gained: float = 0.0
    lost: float = 0.0

    @staticmethod
    def at(program: Program, prices: Doubles) -> Chosen:
        """What everybody would get at these prices."""
        areas, n = len(program.ground.hours), program.persons
        state = _empty(n, len(program.ground.first) - 1, areas, program.open_counts.shape)
        charges = program.rows.charges(prices)
        chosen = Chosen(program, prices, charges, state, _swing(program.ground, np.zeros_like(charges)))
        chosen._look_at_all(0.0)
        return chosen

    @property
    def used(self) -> Doubles:
        """(r,): of each limit, scaled."""
        return self.program.rows.used(self.state.counts)

    @property
    def value(self) -> float:
        """The bound at the prices, as far as float64 of jittered gains tells."""
        ends = self.program.rows.ends(self.prices) - float(self.prices @ self.used)
        priced = self.state.hour_price > 0
        hours = float(self.state.hour_price[priced] @ self.state.hours_left[priced])
        return self.gained + self.lost + ends + hours

    def copied(self) -> State:
        """What everybody gets, for changes."""
        state = self.state
        return State(
            state.choice.copy(),
            state.hours_left.copy(),
            state.hour_price.copy(),
            state.counts.copy(),
            state.margin.copy(),
        )

    def under(self, program: Program) -> Chosen:
        """The same persons and options under another program's limits, hours and caps, for `move`."""
        before, now, state = self.program.ground, program.ground, self.copied()
        if before.door != now.door or not np.array_equal(before.each, now.each):
            state.margin[:] = -np.inf
        else:
            state.margin[before.most != now.most] = -np.inf
            for area in np.flatnonzero(before.hours != now.hours):
                state.margin[now.start[area] : now.start[area + 1]] = -np.inf
        return Chosen(program, self.prices, self.charges, state, self.swing, self.gained, self.lost)

    def move(self, prices: Doubles, width: float = 0.0) -> Doubles | None:
        """What everybody would get at other prices; where all have to be looked at, the curvature too, as `sweep` tells it."""
        ground, state = self.program.ground, self.state
        charges = self.program.rows.charges(prices)
        swing = _swing(ground, (charges - self.charges) * self.program.often)
        self.prices, self.charges = prices, charges
        near = self.program.gain * min(_WIDEST, (_NEAR / self.program.persons) ** 0.5)
        found, earlier = np.empty(self.program.persons, np.int64), state.hour_price.copy()

        def doubt(first: int, last: int) -> tuple[int, int]:
            count = doubtful(ground, swing, self.swing, near, first, last, state.margin, found)
            return int(ground.start[first]), int(count)

        parts = both(doubt, np.diff(ground.start))
        if sum(count for _, count in parts) > _MOST * self.program.persons:
            return self._look_at_all(width)
        persons = np.concatenate([found[first : first + count] for first, count in parts])
        begins = np.searchsorted(persons, ground.start)

        def part(first: int, last: int) -> tuple[float, float, Doubles]:
            rows = persons[begins[first] : begins[last]]
            counts = np.zeros(self.program.open_counts.shape)
            some = _some(ground, int(np.diff(begins[first : last + 1]).max(initial=0)))
            anew = _empty(len(some.gain), len(ground.first) - 1, 1, (0, 0))._replace(counts=counts)
            own = state._replace(counts=counts)
            look = space(some._replace(start=np.array([0, len(some.gain)])), 0, 1)
            ties = self.program.uses, room_for_change(self.program), np.zeros((0, 0))
            return *choose_again(ground, charges, first, last, look, own, rows, some, anew, *ties), counts

        looked = both(part, np.diff(begins))
        self.gained += sum(gained for gained, _, _ in looked)
        self.lost = sum(lost for _, lost, _ in looked)
        for _, _, counts in looked:
            state.counts[:] += counts
        self.swing = swing._replace(hours=state.hour_price - earlier)
        return None

    def _look_at_all(self, width: float) -> Doubles:
        """The curvature."""
        ground, state, limits = self.program.ground, self.state, len(self.prices)
        state.counts[:], state.hour_price[:] = 0.0, 0.0
        state.hours_left[:] = ground.hours
        self.swing = _swing(ground, np.zeros_like(self.charges))

        def part(first: int, last: int) -> tuple[float, float, Doubles, Doubles]:
            own = state._replace(counts=np.zeros_like(state.counts))
            look, curvature = space(ground, first, last), np.zeros((limits, limits))
            ties = self.program.uses, width, room_for_change(self.program), curvature
            return *first_choice(ground, self.charges, first, last, look, own, *ties), own.counts, curvature

        parts = both(part, np.diff(ground.start))
        self.gained, self.lost = sum(each[0] for each in parts), sum(each[1] for each in parts)
        for each in parts:
            state.counts[:] += each[2]
        return sum((each[3] for each in parts), np.zeros((limits, limits)))


def _swing(ground: Ground, rise: Doubles) -> Swing:
    """Of charges that rise so (classes, k)."""
    door = np.zeros(rise.shape[1], np.bool_)
    if ground.door >= 0:
        door[ground.order[ground.first[ground.door] : ground.first[ground.door + 1]]] = True
    ends = [
        (rise[:, which].min(axis=1, initial=0.0), rise[:, which].max(axis=1, initial=0.0))
        for which in (door, ~door)
    ]
    return Swing(ends[0], ends[1], np.zeros(len(ground.hours)))


def _empty(persons: int, channels: int, areas: int, counted: tuple[int, ...]) -> State:
    return State(
        choice=np.empty((persons, channels), np.int16),
        hours_left=np.zeros(areas),
        hour_price=np.zeros(areas),
        counts=np.zeros(counted),
        margin=np.empty(persons, np.float32),
    )


def _some(ground: Ground, persons: int) -> Ground:
    """Room for some persons of one area."""
    return ground._replace(
        gain=np.empty((persons, ground.gain.shape[1]), np.float32),
        times=np.empty((persons if len(ground.times) else 0, ground.times.shape[1]), np.uint8),
        of_class=np.empty(persons, np.int32),
        most=np.empty(persons, np.int8),
        each=np.empty(persons if len(ground.each) else 0),
        start=np.zeros(2, np.int64),
        hours=np.zeros(1),
    )
