"""How the election may end, in a terminal."""

from __future__ import annotations

from commonweal.experiments.model import Estimate
from commonweal.planning.forecast.model import Forecast, Outlook
from commonweal.terminal import OUT, show_table

_SHOWN = 8  # areas, constituencies


def show_forecast(found: Forecast) -> None:
    """The chance and how far it goes, then what decides it."""
    ours = found.choices[found.ours]
    OUT.print(
        f"[bold]{ours}: {_percent(found.chance.value)} to win[/]"
        f" (± {100 * (found.chance.high - found.chance.value):.1f} points from drawing {found.simulations:,} elections)"
    )
    hangs = " · ".join(
        f"{_percent(each.chance)} if errors are {each.times:g} times as wide" for each in found.otherwise
    )
    OUT.print(f"How much hangs on how far one may be off: {hangs}.")
    if found.unit == "weight":
        OUT.print(f"Weight beyond what is needed: {_range(found.margin, '')}.")
    else:
        OUT.print(f"Ahead of the best rival in the round that decides: {_range(found.margin, ' points')}.")
    if found.second_round is not None:
        OUT.print(f"In a second round: {_percent(found.second_round)}.")
    if found.moved is not None:
        OUT.print(f"The plan moves the chance by {_points(found.moved)}.")
    rows = [
        (name, _range(_times(each, 100), " %"))
        for name, each in zip(found.choices, found.shares, strict=True)
    ]
    show_table("First round", ("choice", "share of the votes, nine times in ten"), rows)
    parts = [(part.name, _percent(part.share)) for part in found.parts]
    if parts:
        show_table("Where the doubt comes from", ("source", "of the margin's variance"), parts)
    weights = [(area.name, _percent(area.share)) for area in found.areas[:_SHOWN]]
    show_table("Areas that move the result most", ("area", "of the variance"), weights)
    if found.tipping:
        tips = [
            (each.constituency, _percent(each.chance), _percent(each.decides))
            for each in found.tipping[:_SHOWN]
        ]
        show_table("Constituencies that decide", ("constituency", "we win it", "it tips"), tips)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _times(outlook: Outlook, factor: float) -> Outlook:
    return Outlook(factor * outlook.mean, factor * outlook.low, factor * outlook.high)


def _range(outlook: Outlook, unit: str) -> str:
    return f"{outlook.mean:.1f}{unit} ({outlook.low:.1f} to {outlook.high:.1f})"


def _points(moved: Estimate) -> str:
    return f"{100 * moved.value:+.2f} points ({100 * moved.low:+.2f} to {100 * moved.high:+.2f})"
