"""What plans gain against how much they may say, drawn: where each point, its interval and the marks of both axes stand in an
SVG of fixed size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from commonweal.web.dots import round_step

WIDTH, HEIGHT = 380.0, 246.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 14.0, 36.0, 34.0

_LEVELS = 4  # about so many, above 0


@dataclass(frozen=True)
class Given:
    """What a point shows: its place's name below the axis, votes with their interval, the words above it and for who points at
    it; `marked`: the one that the sentence is about; `ruled`: the rule in force."""

    tick: str
    votes: float
    low: float
    high: float
    above: str
    told: str
    marked: bool = False
    ruled: bool = False


@dataclass(frozen=True)
class Point:
    """A point at x, y with its interval from `low` up to `high` (y grows downwards)."""

    x: float
    y: float
    low: float
    high: float
    given: Given


@dataclass(frozen=True)
class Curve:
    """A drawing. levels: marks of the upright axis (y, votes); plan: where the plan in force stands, None where it can't."""

    points: tuple[Point, ...]
    levels: tuple[tuple[float, float], ...]
    plan: tuple[float, float] | None

    @property
    def line(self) -> str:
        """The points as SVG's polyline takes them."""
        return " ".join(f"{point.x},{point.y}" for point in self.points)


def curve(given: Sequence[Given], plan: tuple[int, float] | None = None) -> Curve:
    """Points from left to right, evenly; the upright axis begins at 0. plan: at which of them (0 …) and with how many votes
    the plan in force stands."""
    most = max([each.votes for each in given] + ([plan[1]] if plan else []) + [1e-9])
    step = round_step(most / _LEVELS)
    top = step * -(-most // step)
    wide = (WIDTH - LEFT - RIGHT) / max(len(given), 2)

    def across(place: int) -> float:
        return round(LEFT + wide * (place + 0.5), 1)

    def up(votes: float) -> float:
        share = min(max(votes / top, 0.0), 1.0)
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share, 1)

    points = tuple(
        Point(across(place), up(each.votes), up(each.low), up(each.high), each)
        for place, each in enumerate(given)
    )
    levels = tuple((up(step * number), step * number) for number in range(round(top / step) + 1))
    return Curve(points, levels, (across(plan[0]), up(plan[1])) if plan else None)
