"""The mandate: what was promised."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commonweal import terminal
from commonweal.campaign import CURRENCIES, Campaign, read_settings, utc_now
from commonweal.cli.frame import HERE, AsJson, Folder
from commonweal.contacts.model import Channel
from commonweal.store.ledger import LedgerRole

commands = typer.Typer(no_args_is_help=True, help="What was promised.")


def _currency(code: str | None) -> str | None:
    if code is not None and code not in CURRENCIES:
        raise typer.BadParameter(f"{code!r} is not one of {', '.join(CURRENCIES)}")
    return code


@commands.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A list of promises: CSV, Excel, Parquet, JSON or TOML.")],
    campaign: Annotated[
        Path | None, typer.Option("--campaign", "-C", help="Count in this campaign whom each promise serves.")
    ] = None,
    currency: Annotated[
        str | None,
        typer.Option(
            callback=_currency, help="Of the list's amounts (ISO 4217); else the campaign's, or EUR."
        ),
    ] = None,
    whole: Annotated[bool, typer.Option("--all", help="Every pair and every promise.")] = False,
    json: AsJson = False,
) -> None:
    """Look a list of promises through: contradictions, budgets spent twice, the same promised in other words.

    Ends with status 1 when something can't stand as it is.

    Example: commonweal mandate check promises.csv
    """
    from commonweal.mandate import checking, electorate, reading
    from commonweal.reports import mandate as reports
    from commonweal.web.language import Language

    known = currency or (read_settings(campaign).currency if campaign else "EUR")
    language = Language("en", "UTC", known)
    listed = reading.read(file, utc_now().date(), minor_units=language.minor_units)
    if campaign:
        with Campaign.open(campaign) as opened, opened.ledger.read(LedgerRole.BULK) as connection:
            checked = checking.check(listed, electorate.shares(connection, opened.today))
    else:
        checked = checking.check(listed)
    terminal.show_json(checked.as_json()) if json else reports.show_checked(checked, language, whole=whole)
    if checked.contradicted:
        raise typer.Exit(1)


@commands.command("report-back")
def report_back(
    folder: Annotated[Path, typer.Argument(help="Folder to write the lists into.")],
    channel: Annotated[
        list[Channel] | None, typer.Option(help="List those who agreed to hear by it; may be repeated.")
    ] = None,
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """What was promised where, and to whom of those who agreed to hear what came of it: for the day after the vote.

    Both are as of the last count; the pages and each night's loop count.

    Example: commonweal mandate report-back lists/ --channel email
    """
    from commonweal.contacts import report_back as reporting

    with Campaign.open(campaign) as opened:
        written = reporting.export(opened, folder, channel or ())
    rows = [(str(path), count) for path, count in written]
    if json:
        terminal.show_json({"files": [{"path": path, "rows": count} for path, count in rows]})
    else:
        terminal.show_table("Lists written", ("file", "rows"), rows)
