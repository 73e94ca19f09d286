"""Identity alone on a table: any lists linked, no campaign needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commonweal import terminal
from commonweal.cli.frame import AsJson

commands = typer.Typer()


@commands.command(rich_help_panel="Lists")
def link(
    files: Annotated[list[Path], typer.Argument(help="CSV, TSV, Excel, Parquet or JSON lines; gzip too.")],
    truth: Annotated[
        str | None,
        typer.Option(help="Column that tells the true person: measures the result, is no evidence."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the rows with their person's number: .csv or .parquet.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="TOML file that corrects what the columns were guessed to mean.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Find which rows of any lists are one person, without a campaign.

    Example: commonweal link members.csv donors.xlsx --out persons.csv
    """
    from commonweal.identity import alone
    from commonweal.intake.mapping import read_corrections
    from commonweal.reports import linking as reports

    if out:
        alone.check_output(out, files)
    corrections = read_corrections(mapping) if mapping else None
    with terminal.progress_bars() as bars:
        linked = alone.link_files(files, truth=truth, corrections=corrections, progress=bars)
        if out:
            linked.write(out)
    terminal.show_json(linked.as_json()) if json else reports.show_linking(linked, out)
