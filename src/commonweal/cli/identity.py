"""Who is who, after the runs: what they miss, and merges taken back."""

from __future__ import annotations

from typing import Annotated

import typer

from commonweal import terminal
from commonweal.campaign import Campaign
from commonweal.cli.frame import HERE, AsJson, Folder, at_work

commands = typer.Typer(
    no_args_is_help=True, help="Who is who, after a run: what it misses; a merge taken back."
)


@commands.command()
def undo(
    merge: Annotated[int, typer.Argument(help="The merge's number, as the person's page gives it.")],
    why: Annotated[str, typer.Option(help="Why they are two, without names.")] = "",
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """Take a merge back: who went by it lives again, and later runs keep the two apart.

    Example: commonweal identity undo 12 --why "mother and daughter"
    """
    from commonweal import loop
    from commonweal.reports import lists as reports

    with at_work(campaign, "undo", {"event": merge}) as (opened, run):
        report = loop.undo(opened, merge, why=why, progress=run)
        run.result = report
    terminal.show_json(report) if json else reports.show_resolve(report)


@commands.command()
def missed(campaign: Folder = HERE, json: AsJson = False) -> None:
    """Tell which share of the pairs of one person no run has compared, and what each block brings together.

    Example: commonweal identity missed
    """
    from commonweal.identity.missed import in_campaign
    from commonweal.reports.blocking import show_missed

    with Campaign.open(campaign) as opened:
        found = in_campaign(opened)
    terminal.show_json(found.as_json()) if json else show_missed(found, whole=True)
