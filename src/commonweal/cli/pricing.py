"""The price of governing big."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from commonweal import terminal
from commonweal.cli.frame import HERE, AsJson, Folder, at_work

commands = typer.Typer()
command = partial(commands.command, rich_help_panel="Whom to contact")


@command()
def price(
    budget: Annotated[
        float | None,
        typer.Option(
            min=0.01, help="Money for the plan, in the campaign's currency; else the newest plan's."
        ),
    ] = None,
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """What the best plan gains with 1, 2, 3 … messages, or with less talk that serves few: what the narrow road is worth.

    Example: commonweal price --budget 12000
    """
    from commonweal import loop
    from commonweal.reports import pricing as reports

    arguments = {} if budget is None else {"budget": budget}
    with at_work(campaign, "price", arguments) as (opened, run):
        found = run.result = loop.price(opened, run, budget=budget)
        minor = opened.settings.minor_units
    terminal.show_json(found) if json else reports.show_price(found, minor)
