"""How the election may end."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commonweal import terminal
from commonweal.cli.frame import HERE, AsJson, Folder, at_work

if TYPE_CHECKING:
    from commonweal.planning.forecast import Areas, Errors, System
    from commonweal.planning.forecast.model import Doubles

commands = typer.Typer()
command = partial(commands.command, rich_help_panel="Whom to contact")


class Rules(StrEnum):
    """Rules of counting, by the names that the command takes."""

    MOST_VOTES = "most-votes"
    TWO_ROUNDS = "two-rounds"
    DEPUTIES = "deputies"
    LISTS = "lists"


@command()
def forecast(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Results of a past election by area; without one: the campaign's scores and plan."
        ),
    ] = None,
    ours: Annotated[str | None, typer.Option(help="Which of the file's choices is ours.")] = None,
    choice: Annotated[
        list[str] | None, typer.Option(help="A column of votes; may be repeated. Else all that look so.")
    ] = None,
    poll: Annotated[
        list[str] | None, typer.Option(help="What polls say today: NAME=PERCENT, once for each choice.")
    ] = None,
    learn_from: Annotated[
        Path | None,
        typer.Option(help="Results of the election before: how areas err is learnt from the two."),
    ] = None,
    rules: Annotated[Rules, typer.Option(help="How votes are counted.")] = Rules.MOST_VOTES,
    together: Annotated[
        bool, typer.Option("--together", help="Count all areas as one, whatever constituencies the file has.")
    ] = False,
    seats: Annotated[int, typer.Option(min=1, help="Seats of the council, for lists.")] = 69,
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """Draw thousands of elections: the chance to win, what decides it, and what the plan moves.

    Example: commonweal forecast results.csv --ours Martin --rules two-rounds --poll Martin=31 --poll Diallo=28
    """
    from commonweal import loop
    from commonweal.planning import forecast as forecasting
    from commonweal.planning.forecast import past, polls
    from commonweal.reports import forecasting as reports

    shares = _polls(poll or [])
    if file is None:
        with at_work(campaign, "forecast", {}) as (opened, run):
            found = run.result = loop.forecast(opened, run)
    else:
        results = past.read(file, choice or (), together=together)
        areas = polls.levelled(results.areas, shares) if shares else results.areas
        errors = _errors(learn_from, choice or (), areas)
        with terminal.progress_bars() as bars:
            found = forecasting.forecast(
                areas, _system(rules, seats, results.weights), _ours(ours, areas), errors, progress=bars
            )
    terminal.show_json(found) if json else reports.show_forecast(found)


def _polls(told: list[str]) -> dict[str, float]:
    found = {}
    for each in told:
        name, _equals, number = each.rpartition("=")
        try:
            found[name] = float(number.rstrip("% "))
        except ValueError:
            raise typer.BadParameter(f"{each!r} is no NAME=PERCENT") from None
    return found


def _errors(path: Path | None, choices: list[str] | tuple[str, ...], areas: Areas) -> Errors | None:
    from commonweal.planning.forecast import hindsight, past

    return hindsight.learnt(past.read(path, choices).areas, areas) if path else None


def _ours(name: str | None, areas: Areas) -> str:
    if name is None:
        raise typer.BadParameter(f"say which choice is ours: --ours {' | '.join(areas.choices)}")
    return name


def _system(rules: Rules, seats: int, weights: Doubles | None) -> System:
    from commonweal.planning.forecast import ListSeats, MostVotes, TwoRounds

    match rules:
        case Rules.MOST_VOTES:
            return MostVotes(weights)
        case Rules.TWO_ROUNDS:
            return TwoRounds(weights=weights)
        case Rules.DEPUTIES:
            return TwoRounds(quorum=0.25, qualify=0.125, weights=weights)
        case Rules.LISTS:
            return ListSeats(seats)
