"""Numbers over weeks, drawn: where each point, its interval and the marks of both axes stand in an SVG of fixed size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from commonweal.mandate.model import Measure

WIDTH, HEIGHT = 320.0, 130.0
LEFT, BOTTOM, TOP, RIGHT = 34.0, 18.0, 8.0, 18.0

_MOST_MARKS = 6  # weeks named below


@dataclass(frozen=True)
class Point:
    """A week's value at x, y; its interval from `low` up to `high` (y grows downwards), None where nobody can tell."""

    x: float
    y: float
    low: float | None
    high: float | None
    told: str


@dataclass(frozen=True)
class Chart:
    """A drawing: points from left to right, marks of the upright axis (y, words) and of the weeks (x, words)."""

    points: tuple[Point, ...]
    levels: tuple[tuple[float, str], ...]
    weeks: tuple[tuple[float, str], ...]

    @property
    def line(self) -> str:
        """The points as SVG's polyline takes them."""
        return " ".join(f"{point.x},{point.y}" for point in self.points)


def weekly(
    values: Sequence[tuple[date, Measure]],
    most: float,
    written: Callable[[float], str],
    day: Callable[[date], str],
    told: Callable[[date, Measure], str],
) -> Chart:
    """A chart of weeks, its upright axis from 0 to `most`. Weeks without a value leave a gap as wide as they are."""
    first, last = values[0][0], values[-1][0]
    span = max((last - first).days, 7)

    def across(week: date) -> float:
        if first == last:
            return round((LEFT + WIDTH - RIGHT) / 2, 1)
        return round(LEFT + 4 + (WIDTH - RIGHT - LEFT - 8) * (week - first).days / span, 1)

    def up(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * min(value, most) / most, 1)

    points = tuple(
        Point(
            across(week),
            up(each.value),
            None if each.low is None else up(each.low),
            None if each.high is None else up(each.high),
            told(week, each),
        )
        for week, each in values
    )
    step = -(-len(values) // _MOST_MARKS)
    levels = tuple((up(most * part / 4), written(most * part / 4)) for part in (0, 2, 4))
    return Chart(points, levels, tuple((across(week), day(week)) for week, _ in values[::step]))
