"""Options that what was done already closes to people: the room of contacts tells, by its rules, and a plan leaves them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.campaign import Campaign
from commonweal.planning.horizon import Horizon
from commonweal.planning.options import CampaignOption
from commonweal.planning.population import Barrier, Population, read_population


@dataclass(frozen=True, eq=False)
class Closed:
    """What stays closed to whom until a plan's last day; not told of what the law closes, nor of contacts under way.

    rows: person_id (int64), option (int64, its place), reason (a code). once: a message is for nobody twice.
    """

    rows: pa.Table
    once: bool


Closing = Callable[[Campaign, Sequence[CampaignOption], Horizon | None], Closed]

_FIRST = (
    50  # the number of the first of these reasons among the barriers, between planning's own and those of law
)


def known(
    campaign: Campaign,
    options: tuple[CampaignOption, ...],
    horizon: Horizon | None,
    closing: Closing | None,
    who: Sequence[str] = (),
) -> Population:
    """As `read_population`, less what is closed by what was done; without a `closing` as if nothing had been."""
    population = read_population(campaign, options, who)
    return population if closing is None else barred(population, closing(campaign, options, horizon))


def barred(population: Population, closed: Closed) -> Population:
    """The population, to whom these are closed as well. What was closed before keeps its reason; who is gone is passed over."""
    population, rows = replace(population, once=closed.once), closed.rows
    if not rows.num_rows or not len(population):
        return population
    reason = rows["reason"].combine_chunks()
    codes = pc.unique(reason)
    number = _FIRST + pc.index_in(reason, codes).to_numpy().astype(np.uint8)
    ids, option = rows["person_id"].to_numpy(), rows["option"].to_numpy()
    person = np.minimum(np.searchsorted(population.person, ids), len(population) - 1)
    mine = (population.person[person] == ids) & (population.barrier[person, option] == Barrier.OPEN)
    barrier, reasons = population.barrier.copy(), population.reasons.copy()
    barrier[person[mine], option[mine]] = number[mine]
    reasons[_FIRST : _FIRST + len(codes)] = codes.to_pylist()
    return replace(population, barrier=barrier, reasons=reasons)
