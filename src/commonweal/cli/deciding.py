"""Whom to contact, how, and with what message."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from commonweal import terminal
from commonweal.campaign import Campaign
from commonweal.cli.frame import HERE, AsJson, Folder, at_work

commands = typer.Typer()
command = partial(commands.command, rich_help_panel="Whom to contact")


@command()
def score(campaign: Folder = HERE, json: AsJson = False) -> None:
    """Train the turnout and support models and the effects of contacts; score everyone.

    Example: commonweal score
    """
    from commonweal import loop
    from commonweal.reports import deciding as reports

    with at_work(campaign, "score", {}) as (opened, run):
        report = loop.score(opened, run)
        run.result = report
    terminal.show_json(report) if json else reports.show_score(report)


@command()
def plan(
    budget: Annotated[float, typer.Option(help="Money to spend, in the campaign's currency.")],
    name: Annotated[str, typer.Option(help="What to call the plan.")] = "",
    without: Annotated[list[str] | None, typer.Option(help="Leave out an option; may be repeated.")] = None,
    limit: Annotated[
        list[str] | None, typer.Option(help="Change a limit, as NAME=NUMBER; may be repeated.")
    ] = None,
    basis: Annotated[
        int | None, typer.Option(help="The number of a plan: compare with it, and begin at its prices.")
    ] = None,
    approve: Annotated[bool, typer.Option(help="Put the plan in force at once.")] = False,
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """Choose whom to contact, how, and with what message: the best use of money and hours (plan.toml).

    Example: commonweal plan --budget 12000 --without door:climate --limit calls=60
    """
    from commonweal import loop
    from commonweal.reports import deciding as reports

    changes = dict(map(_change, limit or ()))
    arguments = {"budget": budget, "without": without or [], "changes": changes, "basis": basis}
    with at_work(campaign, "plan", arguments) as (opened, run):
        left_out = tuple(without or ())
        report = loop.plan(
            opened, budget, run, name=name, without=left_out, changes=changes, basis=basis, approve=approve
        )
        run.result = report
        unusable = [(code, refusal.code) for code, refusal in loop.unusable(opened).items()]
    terminal.show_json(report) if json else reports.show_plan(report)
    if unusable and not json:
        terminal.show_table("Left out: what they say may be told to nobody", ("option", "rule"), unusable)


def _change(told: str) -> tuple[str, float]:
    """NAME=NUMBER."""
    name, _equals, number = told.rpartition("=")
    try:
        return name, float(number)
    except ValueError:
        raise typer.BadParameter(f"“{told}” is not NAME=NUMBER", param_hint="--limit") from None


@command()
def experiment(
    name: Annotated[str, typer.Argument(help="A draw's name, or exploration: what plans drew.")],
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """What came of an experiment, arm by arm, or of the contacts that plans drew to learn from.

    Example: commonweal experiment exploration
    """
    from commonweal.experiments import actions
    from commonweal.reports import deciding as reports

    with Campaign.open(campaign) as opened:
        found = actions.analyse(opened, name)
    terminal.show_json({"metrics": found}) if json else reports.show_experiment(found)


@command()
def export(
    folder: Annotated[Path, typer.Argument(help="Folder to write the lists into.")],
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Doors, calls and letters of the days ahead, too, up to this one."
        ),
    ] = None,
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """Claim the contacts of the plan in force, and write the walk, phone and mailing lists as CSV: what is due by today, where
    the plan has days.

    Example: commonweal export lists/ --until 2026-12-01
    """
    from commonweal.contacts import lists
    from commonweal.reports import deciding as reports

    last = until.date() if until else None
    arguments = {"folder": str(folder), "until": last.isoformat() if last else None}
    with at_work(campaign, "export", arguments) as (opened, run):
        run(0, None, "writing the lists")
        written = lists.export(opened, folder, until=last, progress=run)
        run.result = {"files": [str(each.path) for each in written if each.path]}
    terminal.show_json({"files": written}) if json else reports.show_lists(written, ahead=last is not None)


@command()
def contact_rules(
    load: Annotated[bool, typer.Option(help="Put the rules of contact_rules.toml in force.")] = False,
    campaign: Folder = HERE,
) -> None:
    """Show the contact rules in force, as contact_rules.toml says them; or put that file in force.

    Example: commonweal contact-rules > contact_rules.toml
    """
    from commonweal.contacts import actions

    with Campaign.open(campaign) as opened:
        if load:
            version = actions.load_rules(opened)
            terminal.OUT.print(f"In force: version {version}.")
        else:
            print(actions.rules_text(opened), end="")  # noqa: T201  for a file: no colours, no wrapping


@command()
def study(
    budget: Annotated[float, typer.Option(help="Money for mailings in the half that is planned.")],
    with_: Annotated[
        list[str] | None, typer.Option("--with", help="Allow an option left out by default.")
    ] = None,
    without: Annotated[list[str] | None, typer.Option("--without", help="Leave an option out.")] = None,
    salts: Annotated[int, typer.Option(min=0, help="How many more splits to try, for the spread.")] = 20,
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """Look back at a randomised campaign: learn on half of the households, plan the other half, see what it was worth.

    Loads the lists in data/ first, if they are not loaded yet. Writes the mailing list, one piece per household.

    Example: commonweal study -C examples/michigan-2006 --budget 20000 --with neighbors
    """
    from commonweal import study as looking_back
    from commonweal.reports import deciding as reports

    arguments = {"budget": budget, "with": with_ or [], "without": without or []}
    with at_work(campaign, "study", arguments) as (opened, run):
        report = looking_back.run(
            opened,
            budget,
            allow=tuple(with_ or ()),
            leave_out=tuple(without or ()),
            salts=salts,
            progress=run,
        )
        run.result = report
    terminal.show_json(report) if json else reports.show_study(report)
