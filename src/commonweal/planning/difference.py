"""By how much a changed plan differs from the one it was changed from, with the error of that.

What both plans owe to one estimate cancels: where they do the same nothing is in doubt, however wide the interval of either is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commonweal.campaign import Campaign
from commonweal.experiments.model import Estimate
from commonweal.planning.closed import Closing, known
from commonweal.planning.horizon import Horizon, horizon_of
from commonweal.planning.joint import Plan
from commonweal.planning.options import CampaignOption, read_options
from commonweal.planning.population import Barrier, Population
from commonweal.planning.posing import Posed, effects_of

Positions = npt.NDArray[np.int64]


def difference(
    campaign: Campaign,
    population: Population,
    posed: Posed,
    plan: Plan,
    basis: int,
    closing: Closing | None = None,
) -> Estimate | None:
    """Votes that a plan gains more than another, by the estimates of today; of the other, what may still be done. None where it is no
    longer known whom that contacts, or an option of it is gone from options.toml. closing: as in `making.make`.
    """
    table = campaign.lake.table("planning.contact")
    before = campaign.lake.read(table.filter(table.plan_id == basis).select("person_id", "option"))
    used = before["option"].drop_null().unique().to_pylist()
    options = _with(posed.options, used, read_options(campaign.folder))
    if not before.num_rows or options is None:
        return None
    effects, horizon = posed.effects, posed.horizon
    if len(options) > len(posed.options):
        horizon = horizon_of(campaign, posed.terms.days, (option.channel for option in options))
        population = known(campaign, options, horizon, closing)
        effects = effects_of(campaign.lake, population, options)
    chosen = posed.fixed.and_also(posed.units.contacts(plan.person, plan.option))
    one, other = (chosen.person, chosen.given), _contacts(population, options, before, horizon)
    gained = effects.gains(*one).sum() - effects.gains(*other).sum()
    return Estimate(float(gained), effects.difference(one, other))


def _with(
    options: tuple[CampaignOption, ...], used: Sequence[str], known: Sequence[CampaignOption]
) -> tuple[CampaignOption, ...] | None:
    """The options, and after them those that another plan uses; None where one is not known."""
    more = sorted(set(used) - {option.code for option in options})
    found = {option.code: option for option in known}
    return (*options, *(found[code] for code in more)) if found.keys() >= set(more) else None


def _contacts(
    population: Population, options: Sequence[CampaignOption], rows: pa.Table, horizon: Horizon | None
) -> tuple[Positions, Positions]:
    """Persons and options of the rows with an option, as positions: of who is still there and may still be contacted so, by a channel
    that has a day left.
    """
    rows = rows.filter(rows["option"].is_valid())
    if not len(population):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    ids = rows["person_id"].to_numpy()
    codes = {option.code: place for place, option in enumerate(options)}
    option = np.array([codes[code] for code in rows["option"].to_pylist()], np.int64)
    left = np.array([horizon is None or option.channel in horizon.open for option in options])[option]
    person = np.minimum(np.searchsorted(population.person, ids), len(population) - 1)
    open_ = (population.person[person] == ids) & (population.barrier[person, option] == Barrier.OPEN)
    open_ &= left
    return person[open_].astype(np.int64), option[open_]
