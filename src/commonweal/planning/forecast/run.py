"""As many elections as it takes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from commonweal.experiments.model import WIDTH_95, Estimate
from commonweal.jobs.model import Progress, silent
from commonweal.planning.forecast import doubts
from commonweal.planning.forecast.drawing import Common, Drawer
from commonweal.planning.forecast.errors import BadAreas, NotAChoice
from commonweal.planning.forecast.model import (
    Areas,
    Doubles,
    Errors,
    Floats,
    Forecast,
    Otherwise,
    Outlook,
    Part,
    Tipping,
    Transfers,
)
from commonweal.planning.forecast.systems import Count, Flags, System

PRECISE = 0.005
"""Half the width of the chance's Monte Carlo interval at which drawing ends: half a point."""

_ROOM = 16_000_000  # numbers in a block of votes: 64 MB
_LEAST = 4_000  # elections, however sure the outcome looks
_MOST = 200_000
_OTHERS = (0.75, 1.25)  # errors so many times as wide, to see how much the chance hangs on them
_FEWER = 10_000  # elections for these
_HUNDRED = (np.arange(100) + 0.5) / 100


def forecast(
    areas: Areas,
    system: System,
    ours: str,
    errors: Errors | None = None,
    transfers: Transfers | None = None,
    *,
    elections: int | None = None,
    seed: int = 2024,
    progress: Progress = silent,
) -> Forecast:
    """How the election may end for the choice called `ours`.

    Draws elections until the chance to win is known to half a point (`PRECISE`), or `elections` of them. Two draws with one
    seed are alike. Raises NotAChoice, BadSystem, BadAreas.
    """
    if ours not in areas.choices:
        raise NotAChoice(name=ours, known=", ".join(areas.choices))
    _check_places(areas)
    errors = errors or Errors()
    drawer = Drawer(areas, errors, transfers or Transfers.usual(len(areas.choices)))
    system.check(drawer.constituencies)
    tally = _Tally(drawer, system, areas.choices.index(ours))
    tally.run(np.random.default_rng(seed), elections, progress)
    others = []
    for factor in _OTHERS:
        other = Drawer(areas, errors.times(factor), drawer.transfers)
        wider = _Tally(other, system, tally.ours)
        wider.run(np.random.default_rng(seed), min(_FEWER, elections or _FEWER), progress)
        others.append(Otherwise(factor, wider.chance.value))
    return tally.forecast(tuple(others))


def _check_places(areas: Areas) -> None:
    for name, places in (("region", areas.regions), ("constituency", areas.constituencies)):
        if places.shape != (len(areas),) or places.min() < 0 or not np.bincount(places).all():
            raise BadAreas(problem=BadAreas.places_off, name=name)


@dataclass(eq=False)
class _Tally:
    """What the drawn elections add up to. A block is drawn once and counted with the plan and without."""

    drawer: Drawer
    system: System
    ours: int
    common: list[Common] = field(default_factory=list)
    won: list[Doubles] = field(default_factory=list)
    won_without: list[Doubles] = field(default_factory=list)
    margin: list[Doubles] = field(default_factory=list)
    weight: list[Doubles] = field(default_factory=list)
    shares: list[Doubles] = field(default_factory=list)
    again: list[Flags] = field(default_factory=list)
    taken: list[Doubles] = field(default_factory=list)
    decides: list[Doubles] = field(default_factory=list)

    def __post_init__(self) -> None:
        votes = self.drawer.areas.votes.sum(axis=0)
        votes[self.ours] = -1
        self.rival = int(votes.argmax())
        self.areas = doubts.AreaDoubts(len(self.drawer.areas))

    def run(self, dice: np.random.Generator, elections: int | None, progress: Progress) -> None:
        """Draw and count."""
        areas = self.drawer.areas
        block = max(16, min(4_000, _ROOM // areas.shares.size))
        while (left := self._left(elections)) > 0:
            self._block(dice, min(block, left))
            progress(self.drawn, elections, "drawing elections")

    @property
    def drawn(self) -> int:
        """How many elections so far."""
        return sum(map(len, self.won))

    @property
    def chance(self) -> Estimate:
        """That we win."""
        return _share(np.concatenate(self.won))

    def _left(self, elections: int | None) -> int:
        if elections is not None:
            return elections - self.drawn
        if self.drawn < _LEAST:
            return _LEAST - self.drawn
        if WIDTH_95 * self.chance.error <= PRECISE:
            return 0
        return _MOST - self.drawn

    def _block(self, dice: np.random.Generator, elections: int) -> None:
        drawer, ours = self.drawer, self.ours
        common = Common.draw(dice, elections, len(drawer.areas.choices), drawer.regions)
        by_area: Floats = drawer.votes(common, dice)
        self.areas.add(by_area, ours, self.rival)
        votes = drawer.by_constituency(by_area)
        affinity = drawer.affinity(common) if self.system.rounds > 1 else None
        if drawer.areas.added is not None:
            self.won_without.append(self._wins(self.system.count(votes, drawer.registered, affinity)))
            votes[:, :, ours] = np.maximum(votes[:, :, ours] + drawer.added(common), 0.0)
        count = self.system.count(votes, drawer.registered, affinity)
        self.common.append(common)
        self.won.append(self._wins(count))
        self.weight.append(count.weight[:, ours])
        self.again.append(np.asarray((count.again & (count.last[:, :, ours] > 0)).any(axis=1)))
        total = votes.sum(axis=1)
        self.shares.append(total / total.sum(axis=1, keepdims=True))
        self._note_margin(count)

    def _wins(self, count: Count) -> Doubles:
        return np.asarray(count.weight[:, self.ours] > count.weight.sum(axis=1) / 2, np.float64)

    def _note_margin(self, count: Count) -> None:
        by_place = _lead(count.last, self.ours)
        self.taken.append((by_place > 0).astype(np.float64))
        if self.drawer.constituencies == 1:
            self.margin.append(100 * by_place[:, 0])
            return
        self.margin.append(count.weight[:, self.ours] - count.weight.sum(axis=1) / 2)
        self.decides.append(_deciding(by_place, self._weights()))

    def _weights(self) -> Doubles:
        weights: Doubles | None = getattr(self.system, "weights", None)
        return np.ones(self.drawer.constituencies) if weights is None else weights

    def forecast(self, others: tuple[Otherwise, ...]) -> Forecast:
        """What it says."""
        areas, margin = self.drawer.areas, np.concatenate(self.margin)
        shares = np.concatenate(self.shares)
        with_plan = areas.added is not None
        return Forecast(
            simulations=self.drawn,
            choices=areas.choices,
            ours=self.ours,
            chance=self.chance,
            otherwise=others,
            margin=_outlook(margin),
            margins=tuple(np.quantile(margin, _HUNDRED).tolist()),
            unit="points" if self.drawer.constituencies == 1 else "weight",
            shares=tuple(_outlook(column) for column in shares.T),
            weight=_outlook(np.concatenate(self.weight)),
            second_round=float(np.concatenate(self.again).mean()) if self.system.rounds > 1 else None,
            parts=doubts.parts(
                self.common,
                margin,
                regions=self.drawer.regions,
                two_rounds=self.system.rounds > 1,
                plan=with_plan,
            ),
            areas=self._areas(),
            tipping=self._tipping(),
            moved=_mean(np.concatenate(self.won) - np.concatenate(self.won_without)) if with_plan else None,
        )

    def _areas(self) -> tuple[Part, ...]:
        shares = self.areas.shares()
        return tuple(
            Part(self.drawer.areas.name(place), shares[place].item()) for place in np.argsort(-shares)
        )

    def _tipping(self) -> tuple[Tipping, ...]:
        if not self.decides:
            return ()
        taken, decides = np.concatenate(self.taken).mean(axis=0), np.concatenate(self.decides).mean(axis=0)
        called = self.drawer.areas.called or tuple(map(str, range(len(taken))))
        found = [Tipping(*each) for each in zip(called, taken.tolist(), decides.tolist(), strict=True)]
        return tuple(sorted(found, key=lambda each: -each.decides))


def _lead(votes: Doubles, ours: int) -> Doubles:
    """(s, k): ours over the best rival, as a share of the votes."""
    rivals = np.delete(votes, ours, axis=2).max(axis=2)
    return np.asarray((votes[:, :, ours] - rivals) / votes.sum(axis=2))


def _deciding(lead: Doubles, weights: Doubles) -> Doubles:
    """(s, k): 1 for the constituency that tips: in the order of our lead, the one whose weight brings more than half."""
    order = np.argsort(-lead, axis=1)
    reached = np.cumsum(weights[order], axis=1) > weights.sum() / 2
    found = np.zeros(lead.shape)
    np.put_along_axis(found, np.take_along_axis(order, reached.argmax(axis=1)[:, None], axis=1), 1.0, axis=1)
    return found


def _share(won: Doubles) -> Estimate:
    """A share with its Monte Carlo error; one that is 0 or 1 counts two more of each kind (Agresti and Coull 1998)."""
    n = len(won)
    value = float(won.mean())
    near = (float(won.sum()) + 2) / (n + 4)
    return Estimate(value, float(np.sqrt(near * (1 - near) / (n + 4))))


def _mean(values: Doubles) -> Estimate:
    return Estimate(float(values.mean()), float(values.std() / np.sqrt(len(values))))


def _outlook(values: Doubles) -> Outlook:
    low, high = np.quantile(values, [0.05, 0.95])
    return Outlook(float(values.mean()), float(low), float(high))
