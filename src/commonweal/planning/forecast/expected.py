"""What a campaign's own scores say of each area, and what its plan adds."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from commonweal.campaign import Campaign
from commonweal.experiments.model import WIDTH_95
from commonweal.planning import queries
from commonweal.planning.forecast.errors import NothingScored
from commonweal.planning.forecast.model import Areas, Doubles, Places
from commonweal.planning.population import read_population
from commonweal.store.ledger import LedgerRole

US, THEM = "us", "the others"

_EDGE = 1e-4  # a chance of 0 or 1 has no log odds


def of_campaign(campaign: Campaign) -> Areas:
    """Two choices, us and all others: those registered, the turnout and the support that the scores expect in each area, and
    the votes that the newest plan adds. Who has no support score counts as their area; an area without any score is left out.

    Raises NothingScored, and what `population.read_population` raises.
    """
    population = read_population(campaign, ())
    names = np.array(population.area.fill_null("").to_pylist(), dtype=object)
    scored = ~np.isnan(population.turnout) & (names != "")
    heard = scored & ~np.isnan(population.support)
    if not heard.any():
        raise NothingScored
    known = np.unique(names[heard])
    place = np.searchsorted(known, names)
    inside = scored & (place < len(known))
    inside[inside] = known[place[inside]] == names[inside]
    registered = _sums(place[inside], np.ones(inside.sum()), len(known))
    comes = _sums(place[inside], population.turnout[inside], len(known))
    heard_comes = _sums(place[heard], population.turnout[heard], len(known))
    ours = _sums(place[heard], population.turnout[heard] * population.support[heard], len(known))
    support = np.clip(ours / heard_comes, _EDGE, 1 - _EDGE)
    added, error = _of_plan(campaign, known.tolist())
    return Areas(
        (US, THEM),
        registered,
        np.clip(comes / registered, _EDGE, 1 - _EDGE),
        np.column_stack([support, 1 - support]),
        added=added,
        added_error=error,
        names=tuple(known.tolist()),
    )


def _sums(place: Places, values: Doubles, areas: int) -> Doubles:
    return np.asarray(np.bincount(place, values, minlength=areas), np.float64)


def _of_plan(campaign: Campaign, areas: list[str]) -> tuple[Doubles | None, float]:
    """By area the votes that the newest plan gains, and the standard error of their sum; None without a plan."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        plan = queries.latest(connection)
        if plan is None:
            return None, 0.0
        totals = queries.area_totals(connection, plan.plan_id)
    gained: defaultdict[str, float] = defaultdict(float)
    for total in totals:
        gained[total.area_code] += total.votes
    return np.array([gained[area] for area in areas]), (plan.votes_high - plan.votes_low) / (2 * WIDTH_95)
