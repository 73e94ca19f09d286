"""Options that what was done already closes to people: the room of contacts tells, by its rules, and a plan leaves them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.campaign import Campaign
from commonweal.planning.horizon import Horizon
from commonweal.planning.options import CampaignOption
from commonweal.planning.population import Barrier, Population, read_population

Closing = Callable[[Campaign, Sequence[CampaignOption], Horizon | None], pa.Table]
"""Gives what stays closed until the plan's last day: person_id (int64), option (int64, its place), reason (a code). Nothing is told
of what the law closes, nor of contacts under way."""

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


def barred(population: Population, closed: pa.Table) -> Population:
    """The population, to whom these are closed as well. What was closed before keeps its reason; who is gone is passed over."""
    if not closed.num_rows or not len(population):
        return population
    reason = closed["reason"].combine_chunks()
    codes = pc.unique(reason)
    number = _FIRST + pc.index_in(reason, codes).to_numpy().astype(np.uint8)
    ids, option = closed["person_id"].to_numpy(), closed["option"].to_numpy()
    person = np.minimum(np.searchsorted(population.person, ids), len(population) - 1)
    mine = (population.person[person] == ids) & (population.barrier[person, option] == Barrier.OPEN)
    barrier, reasons = population.barrier.copy(), population.reasons.copy()
    barrier[person[mine], option[mine]] = number[mine]
    reasons[_FIRST : _FIRST + len(codes)] = codes.to_pylist()
    return replace(population, barrier=barrier, reasons=reasons)
