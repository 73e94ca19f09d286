"""A hundred outcomes as a hundred dots, heaped where they are alike: people read chances off them better than off a curve
(Kay, Kola, Hullman and Munson 2016, CHI, "When (ish) is my bus?").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_COLUMNS = 25
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Dot:
    """One outcome: column and height, counted from 0, and whether it is on our side of 0."""

    column: int
    height: int
    ours: bool


@dataclass(frozen=True)
class Heap:
    """The dots, the height of the highest column, where 0 is (in columns from the left), and the values of some columns' middles."""

    dots: tuple[Dot, ...]
    highest: int
    zero: float
    ticks: tuple[tuple[float, float], ...]
    columns: int = _COLUMNS


def heap(outcomes: Sequence[float]) -> Heap:
    """Outcomes from the least to the greatest. 0 is an edge between two columns, so that no column is of both sides."""
    least, most = min(0.0, *outcomes), max(0.0, *outcomes)
    width = (most - least) / (_COLUMNS - 2) or 1.0
    before = int(-least / width) + 1
    seen: Counter[int] = Counter()
    dots = []
    for outcome in outcomes:
        column = before + (int(outcome / width) if outcome > 0 else -int(-outcome / width) - 1)
        column = min(max(column, 0), _COLUMNS - 1)
        dots.append(Dot(column, seen[column], outcome > 0))
        seen[column] += 1
    step = round_step((most - least) / 6)
    first = int(least / step)
    values = [step * turn for turn in range(first, int(most / step) + 1)]
    return Heap(
        tuple(dots), max(seen.values()), float(before), tuple((before + v / width, v) for v in values)
    )


def round_step(least: float) -> float:
    """The next round number from `least` on: 1, 2, 2.5, 5 times a power of ten."""
    power = 1.0
    while power * 10 <= least:
        power *= 10
    while power > least > 0:
        power /= 10
    return next(power * each for each in _STEPS if power * each >= least)
