"""To begin, and to see where one stands."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from commonweal import terminal
from commonweal.campaign import Campaign, Mode, Round, Settings, utc_now
from commonweal.cli.frame import HERE, AsJson, Folder
from commonweal.cli.pages import open_pages
from commonweal.consent import packs
from commonweal.jobs.actions import bury

commands = typer.Typer()
command = partial(commands.command, rich_help_panel="To begin")


@command()
def demo(
    directory: Annotated[Path, typer.Option("--dir", help="Where the demo lives.")] = Path("demo"),
    voters: Annotated[int, typer.Option(min=1_000, max=10_000_000, help="How many made-up voters.")] = 30_000,
    seed: Annotated[int, typer.Option(help="Same seed, same lists.")] = 1,
    serve: Annotated[bool, typer.Option(help="Serve the pages afterwards.")] = True,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    json: AsJson = False,
) -> None:
    """Build a campaign of made-up voters in Toulouse and take it through the whole loop.

    Example: commonweal demo --voters 5000 --no-serve
    """
    from commonweal import demo as demonstration
    from commonweal import evening
    from commonweal.reports import standing as reports

    with terminal.progress_bars() as bars:
        report = demonstration.run(directory, voters=voters, seed=seed, progress=bars)
        if serve:
            evening.run(directory, progress=bars)
    terminal.show_json(report) if json else reports.show_demo(report)
    if serve:
        open_pages(report.campaign, host, port)


@command()
def init(
    folder: Annotated[Path, typer.Argument(help="A new folder for the campaign.")],
    name: Annotated[str | None, typer.Option(help="Its name; else the folder's.")] = None,
    mode: Annotated[Mode, typer.Option(help="live contacts people; study looks back.")] = Mode.LIVE,
    jurisdiction: Annotated[
        str | None,
        typer.Option(
            help="Whose law and formats apply: fr, eu, us; none for made-up people. By default eu, for US dollars us."
        ),
    ] = None,
    timezone: Annotated[str, typer.Option(help="IANA time zone.")] = "UTC",
    round_: Annotated[
        list[datetime] | None, typer.Option("--round", formats=["%Y-%m-%d"], help="Day of a vote.")
    ] = None,
    locale: Annotated[str, typer.Option(help="Language of the pages: en or fr.")] = "en",
    currency: Annotated[str, typer.Option(help="ISO 4217 code.")] = "EUR",
) -> None:
    """Make a campaign's folder.

    Example: commonweal init toulouse --jurisdiction fr --timezone Europe/Paris --round 2027-04-11
    """
    law = jurisdiction or ("us" if currency == "USD" else "eu")
    try:
        settings = Settings(
            name=name or folder.resolve().name,
            mode=mode,
            jurisdiction=law,
            timezone=timezone,
            rounds=tuple(Round(day.date()) for day in sorted(round_ or [])),
            locale=locale,
            currency=currency,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    packs.load(law, utc_now().date())
    Campaign.create(folder, settings)
    terminal.OUT.print(f"Made {folder}/campaign.toml. Next: cd {folder} && commonweal import YOUR-LIST.csv")


@command()
def status(campaign: Folder = HERE, json: AsJson = False) -> None:
    """Where the campaign stands: lists, persons, models, plans, runs.

    Example: commonweal status --json
    """
    from commonweal.reports import standing as reports

    with Campaign.open(campaign) as opened:
        bury(opened.ledger, opened.clock)
        report = reports.status(opened)
    terminal.show_json(report) if json else reports.show_status(report)
