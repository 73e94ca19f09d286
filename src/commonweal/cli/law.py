"""The law of the campaign's country, as rules."""

from __future__ import annotations

from typing import Annotated

import typer

from commonweal import terminal
from commonweal.campaign import Campaign, utc_now
from commonweal.cli.frame import HERE, AsJson, Folder
from commonweal.consent import packs
from commonweal.store.ledger import LedgerRole

Whole = Annotated[
    bool, typer.Option("--all", help="With each rule's code and all the fields that it bears on.")
]

commands = typer.Typer(no_args_is_help=True, help="The law of the campaign's country, as rules.")


@commands.command("show")
def show_policy(
    pack: Annotated[str, typer.Argument(help="fr, eu, us or none; else the campaign's own.")] = "",
    campaign: Folder = HERE,
    whole: Whole = False,
    json: AsJson = False,
) -> None:
    """Show the rules of a policy pack that hold today, each with its article.

    Example: commonweal policy show fr
    """
    from commonweal.campaign import read_settings
    from commonweal.consent import trial
    from commonweal.reports import law as reports

    rules = trial.rules(packs.load(pack or read_settings(campaign).jurisdiction, utc_now().date()), "en")
    terminal.show_json({"rules": rules}) if json else reports.show_policy(rules, whole=whole)


@commands.command("try")
def try_policy(
    pack: Annotated[str, typer.Argument(help="fr, eu, us or none; else the campaign's own.")] = "",
    campaign: Folder = HERE,
    whole: Whole = False,
    json: AsJson = False,
) -> None:
    """Count what a policy pack would refuse in this campaign, why, and what it leaves. Changes nothing.

    Example: commonweal policy try fr
    """
    from commonweal.consent import trial
    from commonweal.reports import law as reports

    with Campaign.open(campaign) as opened, opened.ledger.read(LedgerRole.BULK) as connection:
        told = trial.told(trial.trial(connection, opened, pack), "en")
    terminal.show_json(told) if json else reports.show_trial(told, whole=whole)
