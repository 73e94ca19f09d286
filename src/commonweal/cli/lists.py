"""Lists in, and who is who in them."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import asdict

from commonweal import terminal
from commonweal.campaign import Campaign
from commonweal.cli.frame import HERE, AsJson, Folder, at_work
from commonweal.store.ledger import LedgerRole

commands = typer.Typer()
command = partial(commands.command, rich_help_panel="Lists")


@command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, Excel, Parquet or JSON lines; gzip too.")],
    source: Annotated[
        str | None, typer.Option(help="Name of the list; else guessed from the file's name.")
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day the list tells of.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Only show the mapping; load nothing.")] = False,
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """Load a list. Its columns' meaning is guessed, shown, and kept in sources/NAME.toml for you to correct.

    Example: commonweal import roll-2026-11.csv --source roll
    """
    from commonweal.intake import actions, queries
    from commonweal.reports import lists as reports

    if dry_run:
        with Campaign.open(campaign) as opened:
            preview = actions.preview(opened, file, source=source)
        terminal.show_json(preview) if json else reports.show_preview(preview)
        return
    arguments = {"file": str(file), "source": source}
    with at_work(campaign, "import", arguments) as (opened, run):
        batch = actions.import_file(opened, file, source=source, as_of=_day(as_of), progress=run)
        run.result = batch
        with opened.ledger.read(LedgerRole.BULK) as connection:
            kept_out = queries.quarantine_counts(connection, batch.batch_id)
    if json:
        terminal.show_json(asdict(batch) | {"quarantine": kept_out})
    else:
        reports.show_batch(batch, kept_out, campaign)


@command()
def take_back(
    batch: Annotated[int, typer.Argument(help="Number of the batch; see commonweal status.")],
    campaign: Folder = HERE,
) -> None:
    """Take a loaded batch back: its records no longer count from the next resolve on.

    Example: commonweal take-back 3
    """
    from commonweal.intake import actions

    with at_work(campaign, "take-back", {"batch": batch}) as (opened, run):
        run(0, 1, "taking the batch back")
        actions.take_back(opened, batch)
    terminal.OUT.print(f"Batch {batch} no longer counts. Next: commonweal resolve")


@command()
def areas(
    file: Annotated[Path, typer.Argument(help="GeoJSON with one polygon an area.")],
    code: Annotated[str, typer.Option(help="Property that holds the area's code.")],
    name: Annotated[str | None, typer.Option(help="Property that holds its name.")] = None,
    campaign: Folder = HERE,
) -> None:
    """Load the areas (polling places, precincts, tracts) as polygons.

    Example: commonweal areas bureaux.geojson --code "Numéro du bureau" --name NOM
    """
    from commonweal.people import actions

    with at_work(campaign, "areas", {"file": str(file)}) as (opened, run):
        run(0, 1, "reading the areas")
        count = actions.load_areas(opened, file, code_property=code, name_property=name)
    terminal.OUT.print(f"{count} areas loaded.")


@command()
def resolve(
    full: Annotated[
        bool, typer.Option("--full", help="Compare all records again, though few or none have changed.")
    ] = False,
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """Find out which records are one person and which persons are one household; build the profiles.

    Example: commonweal resolve
    """
    from commonweal import loop
    from commonweal.reports import lists as reports

    with at_work(campaign, "resolve", {}) as (opened, run):
        report = loop.resolve(opened, run, full=full)
        run.result = report
    terminal.show_json(report) if json else reports.show_resolve(report)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
