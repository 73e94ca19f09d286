"""Classes of a map: how values become a few steps of colour that a reader can tell apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

STEPS = 5


@dataclass(frozen=True)
class Step:
    """One colour: its place from light to dark, and its range in words."""

    index: int
    label: str


def breaks(values: Sequence[float]) -> list[float]:
    """The lower edges of the second to the last step: none for nothing at all, else up to four, rising.

    The first step is zero alone. The others hold about as many areas each (quantiles), at rounded edges, so that a few
    big areas do not make all the rest look alike.
    """
    positive = sorted(value for value in values if value > 0)
    if not positive:
        return []
    edges = [positive[0], *(positive[len(positive) * k // (STEPS - 1)] for k in range(1, STEPS - 1))]
    rounded = [_rounded_down(edge) for edge in edges]
    return sorted(set(rounded))


def _rounded_down(value: float) -> float:
    """To two significant figures, never above the value."""
    size = 1.0
    while size * 100 <= value:
        size *= 10
    while size * 10 > value:
        size /= 10
    edge = round(int(value / size + 1e-9) * size, 12)  # 0.3 / 0.01 is a little below 30
    return edge if edge <= value else round(edge - size, 12)


def steps(edges: Sequence[float], written: Callable[[float], str], none: str, more: str) -> list[Step]:
    """The legend: `none` for the first step, ranges, and `more` (with {low}) for the last."""
    found = [Step(0, none)]
    for place, low in enumerate(edges, start=1):
        last = place == len(edges)
        label = more.format(low=written(low)) if last else f"{written(low)} – {written(edges[place])}"
        found.append(Step(place, label))
    return found
