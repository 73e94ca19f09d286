"""A run that looks only at what has changed: new records meet the kept keys, not all other records again.

It comes to what a run over all records by the same model and census comes to. The pairs worth comparing are those that
share a key which not too many share; a change of some records changes pairs in two ways, by these records themselves and by
a key that becomes shared by too many, or by few enough. All other pairs weigh what they weighed. Groups are put together
within a component (whoever is joined by pairs that speak for it); only components with a changed pair are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commonweal.campaign import Campaign
from commonweal.identity import blocking, meeting, standing, tables
from commonweal.identity.binding import Binding
from commonweal.identity.changes import Changes, rows
from commonweal.identity.cluster import Bounds, Pairs, clusters, joined
from commonweal.identity.judging import Listed, Scored
from commonweal.identity.link import evidenced, known
from commonweal.identity.model import Census, LinkModel
from commonweal.identity.pairs import prepared
from commonweal.identity.rules import MOST_RECORDS, THRESHOLD, Ids, Numbered, among
from commonweal.identity.standing import Index, Seen
from commonweal.store.catalogue import LAKE
from commonweal.store.engine import hold
from commonweal.store.lake import LakeWriter

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

_PAIR = ["record_id", "other_record_id"]
# A census holds while there are no more and no fewer records than this, as a share of those that it counted.
GROWTH = (0.8, 1.25)


@dataclass(frozen=True)
class Ground:
    """What a run goes on from. `lists`: each batch's list."""

    campaign: Campaign
    model: LinkModel
    census: Census
    then: Seen
    lists: dict[int, str]
    index: Index

    def standing(self) -> tuple[Census, ir.Table]:
        """The census with its counted values."""
        return self.census, self.campaign.lake.table("identity.frequency")

    @property
    def backend(self) -> BaseBackend:
        """The lake's engine."""
        return self.campaign.lake.backend


@dataclass(frozen=True)
class Renewed:
    """The records that are to be compared anew: those that are new or say something else now (`fresh`, with the code of
    their `number`), and those that were compared before and are gone or changed (`stale`).

    In the engine: `keys` of the fresh (with `content`), `before`: the index's rows of the stale.
    """

    fresh: Ids
    number: Ids
    stale: Ids
    keys: ir.Table
    before: ir.Table

    @property
    def all(self) -> Ids:
        """All of them, ordered."""
        return np.union1d(self.fresh, self.stale)


@dataclass(frozen=True)
class Met:
    """What the renewed records share with the others, in the engine: their keys (`fresh`, long), the keys' sizes, the
    other records that have them (`members`); the pairs that are to be compared; whom the index is not asked of."""

    fresh: ir.Table
    sized: ir.Table
    members: ir.Table
    candidates: ir.Table
    passed: tuple[ir.Table, ir.Table]


@dataclass(frozen=True)
class Relinked:
    """Records (ordered by id) that were put together anew, along them what `link.Linked` has. `seen`: all records as
    they are now; `pairs`: all pairs as they weigh now (columns of `identity.pair`), in the engine."""

    record_id: Ids
    cluster: Ids
    evidence: npt.NDArray[np.object_]
    probability: npt.NDArray[np.float64]
    seen: Seen
    pairs: ir.Table


def met(ground: Ground, changes: Changes, held: ExitStack) -> tuple[Renewed, Met] | None:
    """What has to be compared; None where the census does not hold any more. The tables live until `held` is closed."""
    renewed = _renewed(ground, changes, held)
    if not _in_bounds(ground, changes, renewed):
        return None
    found = _met(ground, renewed, held)
    return (renewed, found) if _no_crowd_is_new(ground, found) else None


def relink(
    ground: Ground,
    changes: Changes,
    renewed: Renewed,
    found: Met,
    bound: Binding,
    told: Iterable[int],
    writer: LakeWriter,
    held: ExitStack,
) -> Relinked:
    """Compare and put together what has changed, and stage what the next run goes on from.

    `bound`: what holds of what reviewers said; `told`: all records that anybody ever spoke of.
    """
    lake = ground.campaign.lake
    seen = _seen(ground, changes, renewed)
    before = held.enter_context(hold(ground.backend, standing.pairs(lake)))
    gained = _scored(ground, seen, found.candidates)
    dropped = _dropped(ground, renewed, found, before)
    now = held.enter_context(hold(ground.backend, _replaced(before, gained, dropped)))
    looked = _looked_at(ground.then, seen, renewed, gained, dropped, np.array(list(told), dtype=np.int64))
    standing.change_keys(lake, writer, renewed.keys, np.setdiff1d(renewed.stale, renewed.fresh))
    standing.change_pairs(lake, writer, gained, dropped)
    relinked = _together(ground, seen, now, looked, bound)
    writer.stage("identity.seen", relinked.seen.as_arrow())
    return relinked


def _renewed(ground: Ground, changes: Changes, held: ExitStack) -> Renewed:
    lake, other = ground.campaign.lake, changes.other
    batch = changes.batch_of(ground.then, other)
    with prepared(ground.backend, rows(lake, other, batch), ground.standing()) as comparing:
        blocked = tables.with_content(blocking.keys(comparing.comparable), comparing.comparable)
        keys = held.enter_context(hold(ground.backend, blocked))
    known_before = other[ground.then.has(other)]
    before = held.enter_context(
        hold(ground.backend, ground.index.of_records(np.union1d(known_before, changes.gone)))
    )
    now = lake.read(keys.select("record_id", "content", number=keys[blocking.key(blocking.NUMBER)]))
    was = lake.read(before.select("record_id", "content"))
    both = now.join(was, ["record_id", "content"], join_type="left anti").sort_by("record_id")
    fresh = both["record_id"].to_numpy()
    number = both["number"].fill_null(-1).to_numpy().astype(np.int64)
    stale = np.union1d(changes.gone, known_before[among(known_before, fresh)])
    return Renewed(
        fresh,
        number,
        stale,
        keys.semi_join(_ids(fresh), "record_id"),
        before.semi_join(_ids(stale), "record_id"),
    )


def _in_bounds(ground: Ground, changes: Changes, renewed: Renewed) -> bool:
    """Is the campaign about as large as when its records were counted, and was each list with numbers known?"""
    counted = ground.census.records
    new = changes.record_id.size - int(ground.then.has(changes.record_id).sum())
    records = ground.then.record_id.size + new - changes.gone.size
    numbered = changes.batch_of(ground.then, renewed.fresh[renewed.number >= 0])
    lists = {ground.lists[batch] for batch in np.unique(numbered).tolist()}
    as_large = records > 0 and GROWTH[0] * counted <= records <= GROWTH[1] * counted
    return as_large and lists <= ground.census.registers.keys()


def _met(ground: Ground, renewed: Renewed, held: ExitStack) -> Met:
    index, limits = ground.index, ground.census.limits

    def kept(expression: ir.Table) -> ir.Table:
        return held.enter_context(hold(ground.backend, expression))

    fresh, stale = kept(meeting.long(renewed.keys)), kept(meeting.long(renewed.before))
    asked = kept(meeting.asked(fresh, stale))
    own = _ids(renewed.all)
    passed = kept(index.changes.select("record_id").union(own)), own
    rest = meeting.holders(index, len(limits), asked, passed)
    sized = kept(meeting.sized(asked, rest, limits))
    few = sized.filter((sized.after <= sized.most) | (sized.before <= sized.most), sized.others > 0)
    members = kept(meeting.holders(index, len(limits), few, passed))
    candidates = kept(meeting.gained(fresh, members, sized))
    return Met(fresh, sized, members, candidates, passed)


def _no_crowd_is_new(ground: Ground, found: Met) -> bool:
    """Is no value shared by more than a person may have, that was not when the records were counted?"""
    records = ground.census.records
    crowds = []
    for block, share in ((blocking.EMAIL, 0.0), (blocking.PHONE, 0.0), (blocking.BIRTH, tables.CROWD)):
        here = found.sized.filter(found.sized.block == block)
        many = (here.after > tables.MOST_SHARING) & (here.after > share * records)
        few = (here.after >= tables.FEW) & (here.after > tables.NO_YEAR * records)
        crowds.append(here.filter(many | few).select("key"))
    return not ground.campaign.lake.read(ibis.union(*crowds).limit(1)).num_rows


def _seen(ground: Ground, changes: Changes, renewed: Renewed) -> Seen:
    """All records as they are now; the component of new ones is not known yet."""
    then = ground.then
    was = then.where(among(then.record_id, changes.record_id))
    number, component = (np.full(changes.record_id.size, -1, dtype=np.int64) for _ in range(2))
    at = np.searchsorted(changes.record_id, was.record_id)
    number[at], component[at] = was.number, was.component
    number[np.searchsorted(changes.record_id, renewed.fresh)] = renewed.number
    now = Seen(changes.record_id, changes.batch_id, changes.active, number, component)
    return then.where(~among(then.record_id, changes.gone)).with_(now)


def _scored(ground: Ground, seen: Seen, candidates: ir.Table) -> pa.Table:
    """The candidates that may be of one person: columns of `identity.pair`, the smaller id first."""
    lake = ground.campaign.lake
    ends = candidates.select(record_id="join_key_l").union(candidates.select(record_id="join_key_r"))
    ids = np.sort(lake.read(ends.distinct())["record_id"].to_numpy())
    if not ids.size:
        return LAKE["identity.pair"].schema.empty_table()
    batch = seen.batch_id[np.searchsorted(seen.record_id, ids)]
    with (
        hold(ground.backend, rows(lake, ids, batch).select(tables.READ)) as records,
        prepared(ground.backend, records, ground.standing()) as comparing,
    ):
        listed = Listed.of(ground.backend, records)
        scored = Scored.of(listed, comparing.score(ground.model, candidates))
    weighed = scored.parted(listed.numbered(ground.census.registers)).weighed(ground.model, ground.census)
    found = weighed.pairs.turned()
    columns = [listed.record_id[found.left], listed.record_id[found.right], found.weight, weighed.sure]
    return pa.table(columns, schema=LAKE["identity.pair"].schema)


def _dropped(ground: Ground, renewed: Renewed, found: Met, before: ir.Table) -> pa.Table:
    """The pairs that are no more: of records that are gone or changed, and such as share no key any longer that few
    enough share."""
    left, right = (_with_end(before, end, renewed.stale) for end in _PAIR)
    touched = ground.campaign.lake.read(left.union(right, distinct=True))
    return pa.concat_tables([touched, _outgrown(ground, found, before)])


def _outgrown(ground: Ground, found: Met, before: ir.Table) -> pa.Table:
    lake = ground.campaign.lake
    over = meeting.overgrown(found.members, found.sized).rename(
        record_id="join_key_l", other_record_id="join_key_r"
    )
    lost = lake.read(before.semi_join(over, _PAIR))
    if not lost.num_rows:
        return lost
    ends = np.unique(np.concatenate([lost[name].to_numpy() for name in _PAIR]))
    pairs = ibis.memtable(lost.select(_PAIR).rename_columns(["join_key_l", "join_key_r"]))
    with (
        hold(ground.backend, meeting.long(ground.index.of_records(ends))) as keys,
        hold(ground.backend, meeting.shared(pairs, keys)) as shared,
    ):
        still = lake.read(_still(ground, found, shared)).rename_columns(_PAIR)
    return lost.join(still, _PAIR, join_type="left anti")


def _still(ground: Ground, found: Met, shared: ir.Table) -> ir.Table:
    """The pairs that share a key which few enough share."""
    keys = shared.select("block", "key").distinct()
    came = found.fresh.group_by("block", "key").aggregate(came=found.fresh.count())
    asked = keys.left_join(came, ["block", "key"]).select(
        "block", "key", came=ibis._.came.fill_null(0), went=ibis.literal(0)
    )
    limits = ground.census.limits
    rest = meeting.holders(ground.index, len(limits), keys, found.passed)
    sized = meeting.sized(asked, rest, limits)
    alive = sized.filter(sized.after <= sized.most)
    return shared.semi_join(alive, ["block", "key"]).select("join_key_l", "join_key_r").distinct()


def _replaced(before: ir.Table, gained: pa.Table, dropped: pa.Table) -> ir.Table:
    gone = pa.concat_tables([gained, dropped]).select(_PAIR)
    return before.anti_join(ibis.memtable(gone), _PAIR).union(ibis.memtable(gained))


def _looked_at(
    then: Seen, seen: Seen, renewed: Renewed, gained: pa.Table, dropped: pa.Table, told: Ids
) -> Ids:
    """The records of all components that may have changed: those with a record that was renewed or spoken of, or with a
    pair gained or lost that speaks for one person, or that both its records are in."""
    touched = [renewed.stale, told]
    for each in (gained, dropped):
        ends = [each[name].to_numpy() for name in _PAIR]
        one, other = (_component(then, end) for end in ends)
        counts = (each["weight"].to_numpy() >= THRESHOLD) | ((one == other) & (one >= 0))
        touched += [end[counts] for end in ends]
    of = np.unique(then.component[then.places(np.unique(np.concatenate(touched)))])
    others = then.record_id[among(then.component, of)]
    looked = np.union1d(others, renewed.fresh)
    return looked[seen.has(looked)]


def _component(then: Seen, ids: Ids) -> Ids:
    """Of each record; -1 where it is new."""
    found = np.full(ids.size, -1, dtype=np.int64)
    there = then.has(ids)
    found[there] = then.component[np.searchsorted(then.record_id, ids[there])]
    return found


def _together(ground: Ground, seen: Seen, pairs: ir.Table, looked: Ids, bound: Binding) -> Relinked:
    """Put the records together that are `looked` at (ordered)."""
    one, other = _PAIR
    inside = ground.campaign.lake.read(_with_end(_with_end(pairs, one, looked), other, looked))
    left, right = (np.searchsorted(looked, inside[name].to_numpy()) for name in _PAIR)
    found = Pairs(left, right, inside["weight"].to_numpy())
    own_seen = seen.where(among(seen.record_id, looked))
    numbered = _numbered(ground, own_seen)
    here = bound.among(set(looked.tolist()))
    decided = (known(pairs_of(each), looked) for each in (here.must, here.cannot))
    bounds = Bounds(numbered.number, numbered.register, MOST_RECORDS, *decided)
    cluster = clusters(found, looked.size, THRESHOLD, bounds)
    component = standing.first_of(joined(found, looked.size, THRESHOLD, bounds.must), looked)
    evidence, probability = evidenced(found, inside["sure"].to_numpy(), cluster)
    now = seen.with_(replace(own_seen, component=component))
    return Relinked(looked, cluster, evidence, probability, now, pairs)


def _numbered(ground: Ground, seen: Seen) -> Numbered:
    registers = {batch: ground.census.registers.get(name, -1) for batch, name in ground.lists.items()}
    batches, inverse = np.unique(seen.batch_id, return_inverse=True)
    of = np.array([registers[batch] for batch in batches.tolist()], dtype=np.int64)
    register = np.where(seen.number >= 0, of[inverse], -1)
    return Numbered(np.where(register >= 0, seen.number, -1), register)


def pairs_of(told: Sequence[tuple[int, int]]) -> Ids:
    """Pairs of records as an array of shape (n, 2)."""
    return np.array(told, dtype=np.int64).reshape(-1, 2)


def _with_end(pairs: ir.Table, end: str, ids: Ids) -> ir.Table:
    return pairs.semi_join(ibis.memtable(pa.table({end: ids})), end)


def _ids(ids: Ids) -> ir.Table:
    return ibis.memtable(pa.table({"record_id": ids}))
