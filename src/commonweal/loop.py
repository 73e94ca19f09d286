"""The loop: the stages in their order, and what each must be followed by.

A stage that changes what pages show ends by publishing the serving copy. Each stage publishes all or nothing, so
after a kill the same call goes on to the same end.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonweal.campaign import Campaign
from commonweal.consent import parting as refusals
from commonweal.contacts import actions as contacts
from commonweal.contacts import closing, due
from commonweal.contacts import parting as pressure
from commonweal.contacts import queries as contact_queries
from commonweal.contacts.errors import NothingApproved
from commonweal.contacts.model import Refusal
from commonweal.identity import actions as identity
from commonweal.identity.errors import UndoneAlready
from commonweal.identity.model import ResolveReport
from commonweal.identity.undoing import TakingBack
from commonweal.intake import actions as intake
from commonweal.interactions.model import Found
from commonweal.interactions.moving import move_old
from commonweal.interactions.pending import resolve_pending
from commonweal.interactions.queries import subjects
from commonweal.jobs.actions import Tracked, tracked
from commonweal.jobs.model import Progress, silent
from commonweal.jobs.worker import Handler
from commonweal.mandate import counting
from commonweal.people import actions as people
from commonweal.people.publishing import COMMAND as PUBLISH
from commonweal.planning import actions as planning
from commonweal.planning import forecast as forecasting
from commonweal.planning import making
from commonweal.planning.errors import NoDayLeft, NoRoundAhead
from commonweal.planning.forecast import Forecast, MostVotes, expected
from commonweal.planning.options import allowed, read_options
from commonweal.planning.price import COMMAND as PRICE
from commonweal.planning.price import Price
from commonweal.planning.price import computing as pricing
from commonweal.planning.totals import PlanReport
from commonweal.privacy import rewriting
from commonweal.scoring.actions import score as score_everyone
from commonweal.scoring.model import ScoreReport
from commonweal.store.ledger import Connection, LedgerRole

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoopReport:
    """What one night's loop did."""

    resolve: ResolveReport
    score: ScoreReport
    plan: PlanReport | None


def resolve(campaign: Campaign, progress: Progress = silent, *, full: bool = False) -> ResolveReport:
    """Records to persons and households, their profiles, and the serving copy. `full`: compare all records again, though
    nothing has changed."""
    report = identity.resolve(campaign, full=full, progress=progress)
    _show(campaign, progress)
    return report


def undo(
    campaign: Campaign, event_id: int, *, why: str = "", actor: str | None = None, progress: Progress = silent
) -> ResolveReport:
    """A merge taken back, and what follows from it: what was refused or done holds for both where it can't be told
    whose it was; then the profiles and the serving copy. Raises as `identity.actions.undo`."""

    def part(connection: Connection, back: TakingBack) -> None:
        family = subjects(connection, back.living)
        refusals.part(connection, campaign, back.gone, family, back.since)
        pressure.part(connection, back.gone, family, back.since)

    try:
        report = identity.undo(campaign, event_id, why=why, actor=actor, also=part, progress=progress)
    except UndoneAlready:  # by a process, perhaps, that ended before it was shown
        _show(campaign, progress)
        raise
    _show(campaign, progress)
    return report


def _show(campaign: Campaign, progress: Progress) -> None:
    people.build(campaign, progress=progress)
    publish(campaign, progress)


def score(campaign: Campaign, progress: Progress = silent) -> ScoreReport:
    """Models and effects, scores of everyone, and the serving copy."""
    report = score_everyone(campaign, progress=progress)
    publish(campaign, progress)
    return report


def plan(
    campaign: Campaign,
    budget: float,
    progress: Progress = silent,
    *,
    name: str = "",
    without: tuple[str, ...] = (),
    changes: Mapping[str, float] | None = None,
    basis: int | None = None,
    approve: bool = False,
    actor: str | None = None,
) -> PlanReport:
    """The best plan under a budget (in the campaign's currency) and plan.toml, as a draft or in force, and the serving copy. It
    does without the options of `unusable`, and leaves out what was done already (`contacts.closing`). changes, basis, actor: as
    in `making.make`. Raises NothingApproved where that leaves none."""
    barred = unusable(campaign)
    left_out = tuple(dict.fromkeys((*without, *barred)))
    if barred and not allowed(read_options(campaign.folder), leave_out=left_out):
        raise NothingApproved(options=", ".join(barred))
    report = making.make(
        campaign,
        budget,
        name=name,
        without=left_out,
        changes=changes,
        basis=basis,
        closing=closing.closed,
        actor=actor,
        progress=progress,
    )
    if approve:
        planning.approve(campaign, report.plan.plan_id)
        report = making.report(campaign, report.plan.plan_id)
    publish(campaign, progress)
    return report


def unusable(campaign: Campaign) -> dict[str, Refusal]:
    """The options whose message may be told to nobody now, with why: it is not approved, or no longer."""
    options = read_options(campaign.folder)
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        why = contact_queries.unusable(connection, campaign, (option.message for option in options))
    return {option.code: why[option.message] for option in options if option.message in why}


def forecast(campaign: Campaign, progress: Progress = silent) -> Forecast:
    """How the election may end by the scores and the newest plan: us against all others. Raises NothingScored."""
    return forecasting.forecast(expected.of_campaign(campaign), MostVotes(), expected.US, progress=progress)


def price(campaign: Campaign, progress: Progress = silent, *, budget: float | None = None) -> Price:
    """The price of governing big, for this budget or that of the newest plan, without the options of `unusable`."""
    without = tuple(unusable(campaign))
    return pricing.price(campaign, budget, without=without, closing=closing.closed, progress=progress)


def draw(campaign: Campaign, progress: Progress = silent) -> Forecast | None:
    """The forecast as a run of its own, which pages show. What goes wrong stands there and stops nothing else: None."""
    try:
        with tracked(campaign.ledger, campaign.clock, "forecast", campaign.actor, watch=progress) as run:
            found = forecast(campaign, run)
            run.result = found
    except Exception as error:  # noqa: BLE001 - whatever it is, the night's other work is done
        _LOG.warning("no forecast tonight: %s", error)
        return None
    return found


def publish(campaign: Campaign, progress: Progress = silent) -> None:
    """The serving copy, and what waited for a person who is known there now."""
    people.publish(campaign, progress=progress)

    def count(connection: Connection, found: Found) -> None:
        contacts.count_found(campaign, connection, found)

    resolve_pending(campaign, also=count)


def night(campaign: Campaign, progress: Progress = silent, *, budget: float | None = None) -> LoopReport:
    """The whole loop: resolve, score, and, when a budget is given, a new draft of the plan. Old interactions go to the
    lake; who heard which promise is counted anew; at last the forecast is drawn. Once no day is left for any contact there is no
    draft: what is in force stays. Raises NoRoundAhead, a mistake in a file, when all else is done.
    """
    resolved = resolve(campaign, progress)
    scored = score(campaign, progress)
    planned = _planned(campaign, budget, progress) if budget else None
    move_old(campaign)
    if counting.is_wanted(campaign):
        counting.count(campaign, progress)
    draw(campaign, progress)
    if isinstance(planned, NoRoundAhead):
        raise planned
    return LoopReport(resolved, scored, planned)


def _planned(campaign: Campaign, budget: float, progress: Progress) -> PlanReport | NoRoundAhead | None:
    try:
        return plan(campaign, budget, progress)
    except NoDayLeft as error:
        _LOG.warning("no plan tonight: %s", error)
        return None
    except NoRoundAhead as error:
        return error


def handlers(campaign: Campaign) -> Mapping[str, Handler]:
    """What the worker does for pages, by the name of the command."""

    def _night(arguments: Mapping[str, Any], run: Tracked, actor: str) -> object:
        return night(campaign, run, budget=arguments.get("budget"))

    def _plan(arguments: Mapping[str, Any], run: Tracked, actor: str) -> object:
        without = tuple(arguments.get("without", ()))
        return plan(
            campaign,
            arguments["budget"],
            run,
            name=arguments.get("name", ""),
            without=without,
            changes=arguments.get("changes"),
            basis=arguments.get("basis"),
            actor=actor,
        )

    def _take_back(arguments: Mapping[str, Any], run: Tracked, actor: str) -> object:
        run(0, None, "taking the file back")
        return intake.take_back(campaign, arguments["batch_id"])

    def _undo(arguments: Mapping[str, Any], run: Tracked, actor: str) -> object:
        return undo(campaign, arguments["event"], why=arguments.get("why", ""), actor=actor, progress=run)

    def _forget(arguments: Mapping[str, Any], run: Tracked, actor: str) -> object:
        return rewriting.rewrite(campaign, run)

    def _forecast(arguments: Mapping[str, Any], run: Tracked, actor: str) -> object:
        return forecast(campaign, run)

    def _price(arguments: Mapping[str, Any], run: Tracked, actor: str) -> object:
        return price(campaign, run)

    def _publish(arguments: Mapping[str, Any], run: Tracked, actor: str) -> object:
        publish(campaign, run)
        due.count(campaign)
        return None

    def _count_promises(arguments: Mapping[str, Any], run: Tracked, actor: str) -> object:
        return counting.count(campaign, run)

    return {
        counting.COMMAND: _count_promises,
        rewriting.COMMAND: _forget,
        "forecast": _forecast,
        "night": _night,
        "plan": _plan,
        PRICE: _price,
        PUBLISH: _publish,
        "take_back": _take_back,
        "undo": _undo,
    }
