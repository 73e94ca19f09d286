"""The curves of the campaign; a point of them becomes a rule of the plan, and is taken back."""

from __future__ import annotations

from collections.abc import Mapping

from commonweal.access.model import Account
from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.jobs.model import Progress, silent
from commonweal.planning import queries as plans
from commonweal.planning import rules
from commonweal.planning.options import allowed, read_options
from commonweal.planning.population import read_population
from commonweal.planning.posing import pose
from commonweal.planning.price import curves, obeying, promised, queries
from commonweal.planning.price.errors import NoBudget
from commonweal.planning.price.model import Point, Price
from commonweal.planning.terms import read_terms
from commonweal.store.ledger import Connection, LedgerRole

COMMAND = "price"


def price(
    campaign: Campaign,
    budget: float | None = None,
    *,
    without: tuple[str, ...] = (),
    progress: Progress = silent,
) -> Price:
    """Both curves, for `budget` (in the campaign's currency) or, without one, that of the newest plan; `without`: options
    left out. A rule in force is not looked at: the curves tell what it costs.

    Raises NoBudget, NoMessages, and what making a plan raises.
    """
    options = allowed(read_options(campaign.folder), (), without)
    progress(0, None, "reading scores and effects")
    population = read_population(campaign, options)
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        money = _money(campaign, connection, budget)
        said = obeying.said_by(campaign, connection, options)
        promises = promised.standing(connection)
    posed = pose(campaign.lake, population, options, money, read_terms(campaign.folder))
    return curves.draw(posed, said, promises, money, campaign.settings.currency, progress)


def _money(campaign: Campaign, connection: Connection, budget: float | None) -> int:
    if budget is not None:
        return rules.money(campaign.settings, budget)
    newest = plans.latest(connection)
    if newest is None:
        raise NoBudget
    return newest.budget


def choose(campaign: Campaign, account: Account, point: Point) -> None:
    """Make a point of a curve the rule of the plans to come; whoever does it leads the campaign. The one before is replaced; the free
    plan's point takes it back."""
    if point.at_most is None and point.most is None:
        take_back(campaign, account)
        return
    messages = list(point.messages) if point.at_most is None else None
    detail = {"messages": messages, "narrow": point.at_most}
    _decide(campaign, account, "plan.rule", messages, point.at_most, min(point.kept.value, 1.0), detail)


def take_back(campaign: Campaign, account: Account) -> None:
    """Let plans say whatever is in options.toml again; nothing happens where no rule is in force."""
    with campaign.ledger.read(LedgerRole.WEB, account=account.account_id) as connection:
        if queries.in_force(connection) is None:
            return
    _decide(campaign, account, "plan.rule_back", None, None, None, {})


def _decide(
    campaign: Campaign,
    account: Account,
    verb: str,
    messages: list[str] | None,
    narrow: float | None,
    kept: float | None,
    detail: Mapping[str, object],
) -> None:
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        connection.execute(
            "INSERT INTO planning.rule (messages, narrow, kept, by, at) VALUES (%s, %s, %s, %s, %s)",
            (messages, narrow, kept, account.account_id, campaign.clock()),
        )
        audit.record(connection, campaign, verb, actor=account.actor, detail=detail)
