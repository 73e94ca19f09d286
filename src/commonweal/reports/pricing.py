"""The price of governing big, in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from commonweal.planning.price import Point, Price
from commonweal.terminal import OUT, show_table


def show_price(found: Price, minor_units: int) -> None:
    """The fewest messages that keep nearly all votes, then both curves."""
    few = found.fewest()
    more = len(set(found.free.promises) - set(few.promises))
    costs = f"costs {more:,} promises"
    if not found.free.promises:
        costs = f"takes {len(set(found.free.messages) - set(few.messages))} messages more"
    noun = "message keeps" if few.most == 1 else "messages keep"
    OUT.print(
        f"[bold]{few.most} {noun} {100 * few.kept.value:.1f} % of the votes:[/] the narrow road is worth"
        f" {few.lost.value:,.1f} votes ({few.lost.low:,.1f} to {few.lost.high:,.1f}) and {costs}."
    )
    OUT.print(f"Of {found.budget / minor_units:,.2f} {found.currency}; intervals are of 95 %.")
    numbered = [(str(point.most), point) for point in found.by_number]
    _show("With so few messages", "messages", numbered, found.currency, minor_units)
    shares = [(f"{100 * (point.at_most or 0):.0f} %", point) for point in found.by_narrowness]
    if shares:
        _show("With so little talk that serves few", "at most", shares, found.currency, minor_units)


def _show(
    title: str, limit: str, points: Sequence[tuple[str, Point]], currency: str, minor_units: int
) -> None:
    rows = [
        (
            name,
            f"{100 * point.kept.value:.1f} %",
            f"{point.votes.value:,.1f}",
            f"{point.bound:,.1f}",
            "–" if point.narrow is None else f"{100 * point.narrow:.0f} %",
            f"{len(point.promises):,}",
            f"{point.bill.cost / minor_units:,.0f} {currency}",
            ", ".join(point.messages),
        )
        for name, point in points
    ]
    heads = (limit, "kept", "votes", "at most", "serves few", "promises", "cost a year", "which")
    show_table(title, heads, rows)
