"""Whose household a change of some records may have changed; their households alone are made anew.

A person's household hangs on where that person is at home, and on who else is known there: at the address, by the telephone,
in the household that a list names. So whoever shares such a value with somebody touched is looked at, with all of their
household; and whoever shares one with these, that crowds are seen. `_Places` are fingerprints; which is the same place is
told afterwards by the values themselves (`households.house`).
"""

from __future__ import annotations

from contextlib import ExitStack

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from commonweal.identity.changes import rows
from commonweal.identity.delta import Ground, Relinked, Renewed
from commonweal.identity.households import house
from commonweal.identity.rules import MOST_ON_A_PHONE, MOST_RECORDS, Ids, among
from commonweal.identity.settling import identify, previous_of
from commonweal.identity.standing import PLACES, Seen
from commonweal.store.engine import hold

_READ = (
    *("record_id", "batch_id", "source", "unit", "household_key", "phone", "house_number", "street_key"),
    *("postcode", "city_key", "surname_key", "birth_surname_key"),
)
# Where a greater share of all persons would be looked at, all are.
_MOST = 0.25
# A telephone of so many records is of more persons than a household has, and was before: of those that so many brought.
_CROWD = 4 * MOST_ON_A_PHONE * MOST_RECORDS


def rehoused(
    ground: Ground, relinked: Relinked, renewed: Renewed, before: pa.Table, links: pa.Table
) -> tuple[pa.Table, bool] | None:
    """The households of all persons, and whether they are as before; None where too many would have to be looked at.

    `before`, `links`: who was who and who is who, ordered by record.
    """
    lake = ground.campaign.lake
    homes = lake.partition("identity.household", "")
    touched, vanished = _touched(ground.then, relinked.seen, renewed, before, links)
    with ExitStack() as held:
        where = held.enter_context(hold(ground.backend, _where(ground, relinked.seen, renewed, links)))
        quiet = _quiet(ground, renewed, where)
        if quiet is None:
            return None
        where = where.mutate(phone=ibis.ifelse(where.phone.isin(quiet), ibis.null("int64"), where.phone))
        near = _sharing(ground, where, touched, renewed.before.select(PLACES))
        near = _sharing(ground, where, near)
        anew = _with_households(homes, near, vanished)
        around = _sharing(ground, where, anew)
        if around.size > _MOST * homes.num_rows:
            return None
        records = held.enter_context(hold(ground.backend, _records(ground, where, relinked.seen, around)))
        own = links.filter(pa.array(among(links["person_id"].to_numpy(), around)))
        found = house(ground.backend, records, ibis.memtable(own.select(["record_id", "person_id"])), around)
    chosen = among(around, anew)
    household = np.unique(found.household[chosen], return_inverse=True)[1].astype(np.int64)
    previous = previous_of(anew, homes["person_id"].to_numpy(), homes["household_id"].to_numpy())
    ids = identify(ground.campaign, "household", household, previous).member_of
    evidence = pa.array(found.evidence[chosen].tolist(), pa.string())
    new = pa.table({"person_id": anew, "household_id": ids, "evidence": evidence})
    over = among(homes["person_id"].to_numpy(), np.concatenate((anew, vanished)))
    all_ = pa.concat_tables([homes.filter(pa.array(~over)), new])
    all_ = all_.take(np.argsort(all_["person_id"].to_numpy(), kind="stable")).combine_chunks()
    return all_, all_.equals(homes.combine_chunks())


def _touched(then: Seen, seen: Seen, renewed: Renewed, before: pa.Table, links: pa.Table) -> tuple[Ids, Ids]:
    """The persons, of now and of before, who got or lost a record, or of whom one is given otherwise; and those of them
    who are no more."""
    was, now = (each["person_id"].to_numpy() for each in (before, links))
    at = np.minimum(np.searchsorted(seen.record_id, then.record_id), seen.record_id.size - 1)
    other = (then.batch_id != seen.batch_id[at]) | (then.active != seen.active[at]) | (was != now[at])
    other |= seen.record_id[at] != then.record_id
    records = np.union1d(then.record_id[other], renewed.all)
    old = np.unique(was[among(then.record_id, records)])
    new = np.unique(now[among(seen.record_id, records)])
    vanished = np.setdiff1d(old, now[among(now, old)])
    return np.setdiff1d(np.union1d(old, new), vanished), vanished


def _where(ground: Ground, seen: Seen, renewed: Renewed, links: pa.Table) -> ir.Table:
    """Where each record says that its person is: record_id, person_id, active, and fingerprints of door, town,
    telephone and the household that a list names."""
    columns = ["record_id", *PLACES]
    base, changes = (part.select(columns) for part in (ground.index.base, ground.index.changes))
    owners = links.select(["record_id", "person_id"]).append_column("active", pa.array(seen.active))
    over = ibis.memtable(pa.table({"record_id": renewed.all}))
    kept = base.anti_join(changes, "record_id").union(changes).anti_join(over, "record_id")
    return kept.union(renewed.keys.select(columns)).join(ibis.memtable(owners), "record_id")


def _quiet(ground: Ground, renewed: Renewed, where: ir.Table) -> list[int] | None:
    """The telephones of so many that they are no household's, and were none before; None where a run brings so many of
    one that it can't be told."""
    many = [
        each.group_by("phone")
        .aggregate(times=each.count())
        .filter(ibis._.times > times, ibis._.phone.notnull())
        for each, times in ((where, _CROWD), (renewed.keys, _CROWD // 2))
    ]
    crowds, new = (ground.campaign.lake.read(each)["phone"].to_pylist() for each in many)
    return None if new else crowds


def _sharing(ground: Ground, where: ir.Table, persons: Ids, more: ir.Table | None = None) -> Ids:
    """These persons and all who share a place or a telephone with them, or with `more`. A door without a town may be in
    any."""
    own = where.semi_join(ibis.memtable(pa.table({"person_id": persons})), "person_id").select(PLACES)
    with hold(ground.backend, (own.union(more) if more is not None else own).distinct()) as told:
        nowhere = where.filter(where.town.isnull())
        met = (
            where.semi_join(told.filter(told.phone.notnull()), "phone"),
            where.semi_join(told.filter(told.named.notnull()), "named"),
            where.semi_join(told.filter(told.door.notnull(), told.town.notnull()), ["door", "town"]),
            where.semi_join(told.filter(told.door.notnull(), told.town.isnull()), "door"),
            nowhere.semi_join(told.filter(told.door.notnull()), "door"),
        )
        found = ibis.union(*(each.select("person_id") for each in met), distinct=True)
        return np.union1d(persons, ground.campaign.lake.read(found)["person_id"].to_numpy())


def _with_households(homes: pa.Table, persons: Ids, vanished: Ids) -> Ids:
    """These persons, with all who were of their households and of those of the vanished."""
    person_id, household_id = (homes[name].to_numpy() for name in ("person_id", "household_id"))
    of = np.unique(household_id[among(person_id, np.concatenate((persons, vanished)))])
    return np.setdiff1d(np.union1d(persons, person_id[among(household_id, of)]), vanished)


def _records(ground: Ground, where: ir.Table, seen: Seen, persons: Ids) -> ir.Table:
    """The active records of some persons, and those that tell in which town a door is of which theirs don't."""
    active = where.filter(where.active)
    own = active.semi_join(ibis.memtable(pa.table({"person_id": persons})), "person_id")
    telling = active.filter(active.town.notnull()).semi_join(own.filter(own.town.isnull()), "door")
    ids = own.select("record_id").union(telling.select("record_id"), distinct=True)
    record_id = np.sort(ground.campaign.lake.read(ids)["record_id"].to_numpy())
    batch = seen.batch_id[np.searchsorted(seen.record_id, record_id)]
    return rows(ground.campaign.lake, record_id, batch).select(_READ)
