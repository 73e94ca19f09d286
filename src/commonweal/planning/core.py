"""The last step of the knapsack: which departures from the start make the most of the money that is left.

The start takes every unit's best option at the price p and leaves s of the budget. A departure (move) gives one unit
another option: it changes the cost and has a regret >= 0. Moves of a total change in cost c <= s turn the loss p s
into (sum of regrets) + p (s - c). The least loss is sought.

A set of moves that cancel out in cost may be dropped: it brings regret only. So an optimal set holds none, and its
moves can be put in an order in which the running change in cost stays within -w to w, w being the dearest
cost: add when it is at 0 or below, take away when above. No sum comes twice, hence at most 2 w moves; and of moves of
the same change only the 2 w of smallest regret can matter.

- *Completion bound.* Let all moves of the same change be as cheap as the cheapest, and be used as often as one
  likes: the least loss that can follow on a change c is then a shortest path over -w … w, found by relaxation. It
  never exceeds the true one. Its path from 0, walked with different units, is mostly the optimum already.
- *Pruning.* A move of regret r and change c is in no better set if r + bound(c) is not below the loss known.
- *Search.* Unit by unit, from the smallest regret on, the states are kept that no other beats in cost and value
  both and that the bound does not rule out. Where a change can be made by many units at the same regret (ties), it
  is left out of the search and added at the end as often as one likes; that the units suffice is checked.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MANY = 256
"""Units that can make the same change in cost at the same regret from which these count as plenty."""

_MOST_WORK = 500_000_000  # additions that the completion bound may take; beyond, the search does without


@dataclass(frozen=True, eq=False)
class Moves:
    """Departures from the start, one entry each: which unit takes which option, its change in cost, its regret."""

    unit: Ints
    option: Ints
    cost: Ints
    regret: Floats

    @staticmethod
    def none() -> Moves:
        """No departure."""
        empty = np.empty(0, np.int64)
        return Moves(empty, empty, empty, np.empty(0))

    def take(self, rows: Ints) -> Moves:
        """Some of the moves."""
        return Moves(self.unit[rows], self.option[rows], self.cost[rows], self.regret[rows])

    def join(self, *others: Moves) -> Moves:
        """These and the others."""
        parts = (self, *others)
        return Moves(
            np.concatenate([part.unit for part in parts]),
            np.concatenate([part.option for part in parts]),
            np.concatenate([part.cost for part in parts]),
            np.concatenate([part.regret for part in parts]),
        )

    def cheapest(self, count: int) -> Moves:
        """The `count` moves of smallest regret of each change in cost, in the order of (change, regret)."""
        order = np.lexsort((self.regret, self.cost))
        _, first, size = np.unique(self.cost[order], return_index=True, return_counts=True)
        rank = np.arange(len(order)) - np.repeat(first, size)
        return self.take(order[rank < count])


@dataclass(frozen=True, eq=False)
class Gap:
    """What is to be closed: `left` of the budget, worth `price` each; costs lie within 0 … `dearest`."""

    left: int
    price: float
    dearest: int
    rounding: float

    @property
    def nothing(self) -> float:
        """The loss when nothing is moved."""
        return self.price * self.left

    def loss(self, cost: Ints, regret: Floats) -> Floats:
        """The loss after changes in cost and their regrets; infinite beyond the budget."""
        return np.where(cost <= self.left, regret + self.price * (self.left - cost), np.inf)


@dataclass(frozen=True, eq=False)
class Closed:
    """Outcome of a search: the moves of the best solution found, its loss, and the least loss not ruled out."""

    moves: Moves
    loss: float
    least: float


@dataclass(frozen=True, eq=False)
class _Paths:
    """The least loss that can follow on each change in cost when some moves may be made again and again.

    loss (2 reach + 1,): at the changes -reach … reach. onward: position in `changes` of the move that follows, -1
    when none does. Farther out, a bound: what one unit of cost takes at least to shed (`fall`), to fill (`rise`).
    """

    loss: Floats
    onward: Ints
    changes: Ints
    reach: int
    left: int
    fall: float
    rise: float

    @staticmethod
    def find(moves: Moves, gap: Gap, reach: int) -> _Paths | None:
        """By relaxation, from one move for each change; None when it takes too long."""
        costs = np.arange(-reach, reach + 1)
        loss, onward = gap.loss(costs, np.zeros(len(costs))), np.full(len(costs), -1)
        for _ in range(max(1, _MOST_WORK // max(1, len(costs) * len(moves.cost)))):
            better = False
            for index, (change, regret) in enumerate(
                zip(moves.cost.tolist(), moves.regret.tolist(), strict=True)
            ):
                better |= _relax(loss, onward, index, change, regret)
            if not better:
                rates = moves.regret / np.abs(moves.cost)
                fall = float(rates[moves.cost < 0].min(initial=np.inf))
                rise = float(rates[moves.cost > 0].min(initial=gap.price))
                return _Paths(loss, onward, moves.cost, reach, gap.left, fall, rise)
        return None

    def after(self, cost: Ints) -> Floats:
        """The least loss that follows on these changes, or less than that where they are out of reach."""
        near = self.loss[np.clip(cost, -self.reach, self.reach) + self.reach]
        excess = cost - self.left
        far = np.where(excess > 0, self.fall, -self.rise) * np.where(excess == 0, 1, excess)
        return np.where(np.abs(cost) <= self.reach, near, far)

    def walk(self, at: int) -> list[int]:
        """The changes in cost that lead from `at` to the end."""
        found: list[int] = []
        while abs(at) <= self.reach and (step := int(self.onward[at + self.reach])) >= 0:
            found.append(int(self.changes[step]))
            at += found[-1]
        return found


def _relax(loss: Floats, onward: Ints, index: int, change: int, regret: float) -> bool:
    """Let loss(c) <= regret + loss(c + change), in place; whether anything became less."""
    here = slice(max(0, -change), max(0, len(loss) - max(0, change)))
    there = slice(max(0, change), max(0, len(loss) + min(0, change)))
    through = loss[there] + regret
    less = through < loss[here]
    loss[here][less] = through[less]
    onward[here][less] = index
    return bool(less.any())


@dataclass(frozen=True, eq=False)
class Core:
    """The gap, the few cheapest moves of each change in cost, and the completion bound (None: it took too long)."""

    gap: Gap
    few: Moves
    bound: _Paths | None

    @staticmethod
    def of(few: Moves, gap: Gap) -> Core:
        """From moves among which are the cheapest of each change in cost."""
        return Core(gap, few, _Paths.find(few.cheapest(1), gap, gap.dearest))

    def after(self, cost: Ints) -> Floats:
        """The least loss that can follow on these changes in cost, but for the regret so far."""
        return self.bound.after(cost) if self.bound else np.zeros(len(cost))

    def useful(self, moves: Moves, loss: float) -> Moves:
        """The moves that may have a part in a smaller loss."""
        return moves.take(np.flatnonzero(moves.regret + self.after(moves.cost) < loss - self.gap.rounding))

    def walk(self) -> Closed:
        """The bound's own path from 0, each step made by another unit; no step when that can't be done."""
        least = min(self.gap.nothing, float(self.after(np.zeros(1, np.int64))[0]))
        made = _make(self.few, self.bound.walk(0) if self.bound else [], Moves.none())
        chosen = Moves.none() if made is None else made
        return self._settled(chosen, least)

    def search(self, moves: Moves, known: Closed, most_states: int) -> Closed:
        """The least loss by these moves, one for each unit at most; `known` when nothing less is found."""
        common = self._common()
        paths = _Paths.find(common, self.gap, 8 * self.gap.dearest) if len(common.cost) else None
        searched = moves.take(
            np.flatnonzero(~np.isin(moves.cost, common.cost)) if paths else np.arange(len(moves.cost))
        )
        search = _Search(self, searched, paths, known.loss)
        least = search.run(most_states)
        if search.state < 0:
            return Closed(known.moves, known.loss, min(known.loss, least))
        start = searched.take(search.trail.follow(search.state))
        made = _make(self.few, paths.walk(int(start.cost.sum())) if paths else [], start)
        if made is None:
            return Closed(known.moves, known.loss, min(least, search.loss))
        return self._settled(made, min(least, search.loss))

    def _common(self) -> Moves:
        """For each change that many units can make at the same, smallest regret: one such move."""
        cheapest = self.few.cheapest(1)
        smallest = cheapest.regret[np.searchsorted(cheapest.cost, self.few.cost)]
        alike = self.few.cost[self.few.regret <= smallest + self.gap.rounding / (2 * self.gap.dearest + 1)]
        changes, count = np.unique(alike, return_counts=True)
        many = changes[count >= min(2 * self.gap.dearest, MANY)]
        return cheapest.take(np.flatnonzero(np.isin(cheapest.cost, many)))

    def _settled(self, moves: Moves, least: float) -> Closed:
        loss = float(self.gap.loss(moves.cost.sum(keepdims=True), moves.regret.sum(keepdims=True))[0])
        return Closed(moves, loss, loss if least >= loss - self.gap.rounding else least)


def _make(few: Moves, changes: list[int], start: Moves) -> Moves | None:
    """`start` and these changes in cost, each made by the cheapest unit that is still free; None when none is."""
    order = np.lexsort((few.regret, few.cost))
    costs = few.cost[order]
    used = set(start.unit.tolist())
    chosen: list[int] = []
    for change in changes:
        first, last = np.searchsorted(costs, [change, change + 1])
        free = (int(row) for row in order[first:last] if int(few.unit[row]) not in used)
        row = next(free, None)
        if row is None:
            return None
        used.add(int(few.unit[row]))
        chosen.append(row)
    return start.join(few.take(np.array(chosen, np.int64)))


@dataclass(frozen=True, eq=False)
class _States:
    """Partial solutions, one entry each: change in cost, regret, name in the trail.

    While a move is being made, `name` is that of the state before it and `row` the move; -1 where none is made.
    """

    cost: Ints
    regret: Floats
    name: Ints
    row: Ints | None = None

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> _States:
        row = None if self.row is None else self.row[rows]
        return _States(self.cost[rows], self.regret[rows], self.name[rows], row)

    def undominated(self, price: float) -> _States:
        """Those that no other beats in cost and value both: by rising cost and rising value."""
        value = price * self.cost - self.regret
        order = np.lexsort((-value, self.cost))
        highest = np.maximum.accumulate(value[order])
        return self.take(order[np.concatenate([[True], highest[1:] > highest[:-1]])])


@dataclass
class _Trail:
    """How each state came about: the state before it and the move, over all stages. State 0 is the start."""

    parents: list[Ints] = field(default_factory=lambda: [np.zeros(1, np.int64)])
    moves: list[Ints] = field(default_factory=lambda: [np.zeros(1, np.int64)])
    length: int = 1

    def name(self, states: _States) -> _States:
        """Give names to the states that a move has just made."""
        if states.row is None:
            return states
        fresh, names = np.flatnonzero(states.row >= 0), states.name.copy()
        names[fresh] = np.arange(self.length, self.length + len(fresh))
        self.parents.append(states.name[fresh])
        self.moves.append(states.row[fresh])
        self.length += len(fresh)
        return _States(states.cost, states.regret, names)

    def follow(self, state: int) -> Ints:
        """The moves that led to a state."""
        parents, moves = np.concatenate(self.parents), np.concatenate(self.moves)
        found: list[int] = []
        while state:
            found.append(int(moves[state]))
            state = int(parents[state])
        return np.array(found, np.int64)


@dataclass
class _Search:
    """The search over some moves. `loss`: the least found; `state`: its name in the trail, -1 while none is found."""

    core: Core
    moves: Moves
    paths: _Paths | None
    loss: float
    state: int = -1
    trail: _Trail = field(default_factory=_Trail)

    def run(self, most_states: int) -> float:
        """Search; returns the least loss that is not ruled out (infinite when all is)."""
        states = _States(np.zeros(1, np.int64), np.zeros(1), np.zeros(1, np.int64))
        self._judge(states)
        made = 0
        for rows in _by_unit(self.moves):
            states = self._alive(states)
            if not len(states.cost) or made > most_states:
                return self._least(states)
            spread = _spread(states, self.moves, rows, self.loss - self.core.gap.rounding)
            made += len(spread.cost)
            states = self.trail.name(spread.undominated(self.core.gap.price))
            self._judge(states)
        return self._beyond(states)

    def _judge(self, states: _States) -> None:
        ends = self.core.gap.loss(states.cost, states.regret)
        if self.paths:
            near = np.abs(states.cost) <= self.paths.reach
            ends = np.where(near, states.regret + self.paths.after(states.cost), ends)
        if len(ends) and ends.min() < self.loss - self.core.gap.rounding:
            self.loss, self.state = float(ends.min()), int(states.name[ends.argmin()])

    def _alive(self, states: _States) -> _States:
        least = states.regret + self.core.after(states.cost)
        return states.take(least < self.loss - self.core.gap.rounding)

    def _beyond(self, states: _States) -> float:
        """What the states may still lead to from which no path to the end is known."""
        if self.paths is None:
            return np.inf
        far = states.take(np.abs(states.cost) > self.paths.reach)
        return float((far.regret + self.paths.after(far.cost)).min(initial=np.inf))

    def _least(self, states: _States) -> float:
        return float((states.regret + self.core.after(states.cost)).min(initial=np.inf))


def _spread(states: _States, moves: Moves, rows: Ints, below: float) -> _States:
    """The states, and after them those that follow when one unit makes one of its moves (`rows`)."""
    regret = (states.regret[:, None] + moves.regret[rows]).ravel()
    fresh = np.flatnonzero(regret < below)
    origin, row = fresh // len(rows), rows[fresh % len(rows)]
    old = np.full(len(states.cost), -1)
    return _States(
        np.concatenate([states.cost, states.cost[origin] + moves.cost[row]]),
        np.concatenate([states.regret, regret[fresh]]),
        np.concatenate([states.name, states.name[origin]]),
        np.concatenate([old, row]),
    )


def _by_unit(moves: Moves) -> list[Ints]:
    """Rows of each unit's moves; units in the order of their smallest regret."""
    order = np.lexsort((moves.regret, moves.unit))
    _, first = np.unique(moves.unit[order], return_index=True)
    groups = np.split(order, first[1:]) if len(order) else []
    return sorted(groups, key=lambda rows: float(moves.regret[rows[0]]))
