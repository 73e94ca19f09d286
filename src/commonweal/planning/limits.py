"""Limits beside the budget, and what units would choose at given prices of them all.

A limit says: the sum over units of what the chosen option uses of it is at most so much. `Table` holds values and uses
by option, column by column, and goes over them in blocks: units u, options k, limits r, the budget being the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commonweal.planning.knapsack import NONE, Choices

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Positions = npt.NDArray[np.intp]

_BLOCK = 1 << 14
_LOT = 5e-7  # of a value: by which equals are told apart
_SEED = 1


@dataclass(frozen=True, eq=False)
class Limit:
    """What is chosen may use at most so much of something: contacts, minutes of work, messages.

    use: by the option's position, what one choice of it uses: whole numbers >= 0, one for all units or (u,).
    Options that are not named use nothing.
    """

    use: Mapping[int, int | Ints]
    at_most: int

    def used(self, choice: Choices) -> int:
        """By a choice (u,)."""
        return sum(int(self.of(option, np.flatnonzero(choice == option)).sum()) for option in self.use)

    def of(self, option: int, rows: Positions) -> Ints:
        """What an option uses with some units."""
        use = self.use.get(option, 0)
        return np.full(len(rows), use, np.int64) if isinstance(use, int) else use[rows]


def budget_limit(cost: Ints, budget: int) -> Limit:
    """Money as a limit; cost (k,) or (u, k)."""
    if cost.ndim == 1:
        return Limit({option: int(each) for option, each in enumerate(cost)}, budget)
    columns = (np.ascontiguousarray(cost[:, option]) for option in range(cost.shape[1]))
    return Limit(
        {
            option: int(column[0]) if (column == column[0]).all() else column
            for option, column in enumerate(columns)
        },
        budget,
    )


@dataclass(frozen=True, eq=False)
class Near:
    """Departures from the best choice at some prices: unit, option (NONE: nothing) and regret, (m,) each.

    reach: all departures with a smaller regret are among them.
    """

    unit: Positions
    option: npt.NDArray[np.int64]
    regret: Floats
    reach: float

    def least(self, most: int) -> Near:
        """Those of the smallest regret."""
        if len(self.unit) <= most:
            return self
        order = np.argpartition(self.regret, most)
        kept = np.sort(order[:most])
        reach = min(self.reach, float(self.regret[order[most]]))
        return Near(self.unit[kept], self.option[kept], self.regret[kept], reach)


@dataclass(frozen=True, eq=False)
class Table:
    """columns: k of them (u,), the worth of an option to each unit; -inf where a limit has no room for it.
    limits: each with room for something. lots (u,): factors just above 1, None for none.

    Lots tell equals apart: else thousands of units with one value would all change their choice at one price, and no
    price would fill a limit. They differ by less than a millionth and never make a value above 0 smaller.
    """

    columns: tuple[Floats, ...]
    limits: tuple[Limit, ...]
    lots: Floats | None = None

    @staticmethod
    def of(value: Floats, limits: Sequence[Limit]) -> Table:
        """From values (u, k). A limit of 0 closes the options that use it and is left out."""
        columns = []
        for option in range(value.shape[1]):
            column = np.ascontiguousarray(value[:, option])
            for limit in limits:
                over = limit.use.get(option, 0) > np.int64(limit.at_most)
                if over.any():
                    column = np.where(over, -np.inf, column)
            columns.append(column)
        return Table(tuple(columns), tuple(limit for limit in limits if limit.at_most > 0))

    def with_lots(self) -> Table:
        """The same with equals told apart."""
        lots = 1.0 + _LOT * np.random.default_rng(_SEED).random(self.units)
        return Table(self.columns, self.limits, lots)

    @property
    def units(self) -> int:
        """How many there are."""
        return len(self.columns[0])

    def blocks(self) -> Iterator[slice]:
        """Of units."""
        starts = range(0, self.units, _BLOCK)
        return (slice(start, min(start + _BLOCK, self.units)) for start in starts)

    def net(self, prices: Floats, option: int, rows: slice) -> Floats:
        """What an option is worth to some units, net of all prices (r,), each of one unit of its limit."""
        worth = self._value(option, rows)
        flat = 0.0
        for price, limit in zip(prices, self.limits, strict=True):
            use = limit.use.get(option, 0)
            if isinstance(use, int):
                flat += price * use
            elif price > 0.0:
                worth = worth - price * use[rows]
        return np.asarray(worth - flat)

    def net_of(self, prices: Floats, option: int, rows: Positions) -> Floats:
        """The same for some units."""
        uses = (price * limit.of(option, rows) for price, limit in zip(prices, self.limits, strict=True))
        return np.asarray(self._value(option, rows) - sum(uses))

    def _value(self, option: int, rows: slice | Positions) -> Floats:
        column = self.columns[option][rows]
        return column if self.lots is None else column * self.lots[rows]

    def best(self, prices: Floats, rows: slice) -> tuple[Floats, Choices]:
        """Each unit's best option at the prices, NONE where none is worth them, and what it is worth net."""
        units = rows.stop - rows.start
        worth, choice = np.zeros(units), np.full(units, NONE, np.int16)
        for option in range(len(self.columns)):
            own = self.net(prices, option, rows)
            better = own > worth
            np.copyto(worth, own, where=better)
            np.copyto(choice, np.int16(option), where=better)
        return worth, choice

    def worth(self, choice: Choices) -> float:
        """What a choice (u,) is worth in all, without lots."""
        chosen = (column[choice == option] for option, column in enumerate(self.columns))
        return float(sum(column.sum() for column in chosen))

    def choose(self, prices: Floats) -> Choices:
        """Every unit's best option at the prices."""
        return np.concatenate([self.best(prices, rows)[1] for rows in self.blocks()])

    def dual(self, prices: Floats) -> tuple[float, Ints]:
        """The bound that the prices give, and what the best choices at them use of each limit (r,).

        No choice that keeps the limits is worth more (Geoffrion, *Mathematical Programming Study* 2, 1974).
        """
        total, used = 0.0, np.zeros(len(self.limits), np.int64)
        for rows in self.blocks():
            worth, choice = self.best(prices, rows)
            total += float(worth.sum())
            used += self._used(choice, rows)
        return total + float(prices @ self.room), used

    @property
    def room(self) -> Ints:
        """What each limit allows."""
        return np.array([limit.at_most for limit in self.limits], np.int64)

    def _used(self, choice: Choices, rows: slice) -> Ints:
        count = np.bincount(choice + 1, minlength=len(self.columns) + 1)[1:]
        used = np.zeros(len(self.limits), np.int64)
        for place, limit in enumerate(self.limits):
            for option, use in limit.use.items():
                used[place] += (
                    use * count[option] if isinstance(use, int) else use[rows][choice == option].sum()
                )
        return used

    def sample(self, step: int) -> Table:
        """Every step-th unit with its share of the limits, rounded up."""
        limits = tuple(
            Limit(
                {option: use if isinstance(use, int) else use[::step] for option, use in limit.use.items()},
                -(-limit.at_most // step),
            )
            for limit in self.limits
        )
        columns = tuple(np.ascontiguousarray(column[::step]) for column in self.columns)
        return Table(columns, limits, None if self.lots is None else self.lots[::step])

    def near(self, prices: Floats, most: int) -> Near:
        """The departures from the best choices that cost least at the prices: at most so many."""
        found = Near(np.empty(0, np.intp), np.empty(0, np.int64), np.empty(0), np.inf)
        for rows in self.blocks():
            found = _join(found, self._departures(prices, rows, found.reach)).least(most)
        return found

    def _departures(self, prices: Floats, rows: slice, reach: float) -> Near:
        worth, choice = self.best(prices, rows)
        units, options, regrets = [], [], []
        for option in range(NONE, len(self.columns)):
            regret = worth - (0.0 if option == NONE else self.net(prices, option, rows))
            close = np.flatnonzero((choice != option) & (regret < reach))
            units.append(close + rows.start)
            options.append(np.full(len(close), option))
            regrets.append(regret[close])
        return Near(np.concatenate(units), np.concatenate(options), np.concatenate(regrets), reach)


def _join(one: Near, other: Near) -> Near:
    return Near(
        np.append(one.unit, other.unit),
        np.append(one.option, other.option),
        np.append(one.regret, other.regret),
        min(one.reach, other.reach),
    )
