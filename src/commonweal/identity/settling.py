"""Which person and which household has which id now."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from commonweal.campaign import Campaign
from commonweal.identity import rules
from commonweal.identity.households import house
from commonweal.identity.rules import Ids


def previous_of(now: Ids, before: Ids, owners: Ids) -> Ids:
    """For each of `now` the owner that it had, or `NOBODY`; `before` is ordered."""
    previous = np.full(now.size, rules.NOBODY, dtype=np.int64)
    if before.size:
        at = np.minimum(np.searchsorted(before, now), before.size - 1)
        known = before[at] == now
        previous[known] = owners[at[known]]
    return previous


def identify(campaign: Campaign, kind: str, clusters: Ids, previous: Ids) -> rules.Outcome:
    """Share ids of a kind out to clusters (`rules.assign`), new ones where they are due."""
    assignment = rules.assign(clusters, previous, lambda ids: campaign.ids.age(kind, ids))
    new = campaign.ids.take(kind, assignment.due) if assignment.due else np.empty(0, dtype=np.int64)
    return rules.settle(assignment, clusters, previous, new)


def housed(campaign: Campaign, records: ir.Table, links: pa.Table) -> tuple[pa.Table, bool]:
    """The households of all persons, as the lake holds them; and whether they are as before."""
    lake = campaign.lake
    before = lake.read(lake.table("identity.household").order_by("person_id"))
    active = records.filter(records.active)
    persons = np.unique(links["person_id"].to_numpy())
    found = house(lake.backend, active, ibis.memtable(links.select(["record_id", "person_id"])), persons)
    previous = previous_of(persons, before["person_id"].to_numpy(), before["household_id"].to_numpy())
    outcome = identify(campaign, "household", found.household, previous)
    households = pa.table(
        {
            "person_id": persons,
            "household_id": outcome.member_of,
            "evidence": pa.array(found.evidence.tolist(), pa.string()),
        }
    )
    return households, households.equals(before)
