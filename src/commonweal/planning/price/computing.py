"""Both curves of the campaign. Apart from `actions`: pages need no optimiser."""

from __future__ import annotations

from commonweal.campaign import Campaign
from commonweal.jobs.model import Progress, silent
from commonweal.planning import queries as plans
from commonweal.planning import rules
from commonweal.planning.closed import Closing, known
from commonweal.planning.horizon import in_time
from commonweal.planning.options import allowed, read_options
from commonweal.planning.posing import pose
from commonweal.planning.price import curves, obeying, promised
from commonweal.planning.price.errors import NoBudget
from commonweal.planning.price.model import Price
from commonweal.planning.terms import groups, read_terms
from commonweal.store.ledger import Connection, LedgerRole


def price(
    campaign: Campaign,
    budget: float | None = None,
    *,
    without: tuple[str, ...] = (),
    closing: Closing | None = None,
    progress: Progress = silent,
) -> Price:
    """Both curves, for `budget` (in the campaign's currency) or, without one, that of the newest plan; `without`: options
    left out; `closing`: what was done already. A rule in force is not looked at: the curves tell what it costs.

    Raises NoBudget, NoMessages, and what making a plan raises.
    """
    options = allowed(read_options(campaign.folder), (), without)
    progress(0, None, "reading scores and effects")
    options, terms, horizon = in_time(campaign, options, read_terms(campaign.folder))
    population = known(campaign, options, horizon, closing, groups(terms))
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        money = _money(campaign, connection, budget)
        promises = promised.standing(connection)
        said = obeying.said_by(campaign, connection, options, promises)
    posed = pose(campaign.lake, population, options, money, terms, horizon)
    return curves.draw(posed, said, promises, money, campaign.settings.currency, progress)


def _money(campaign: Campaign, connection: Connection, budget: float | None) -> int:
    if budget is not None:
        return rules.money(campaign.settings, budget)
    newest = plans.latest(connection)
    if newest is None:
        raise NoBudget
    return newest.budget
