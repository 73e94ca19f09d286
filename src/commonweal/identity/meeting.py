"""Which pairs a change of some records brings and ends: what they share with all others, by the kept keys.

Ibis expressions over long tables of keys (record_id, block, key): small ones for the records that changed, and those
parts of the index that share a key with them. The index itself, which has a key for each record and block, is looked
through once as arrays, column by column, so that it need not be held by the engine.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis import selectors as s

from commonweal.identity.rules import Ids, among
from commonweal.identity.standing import Index, Keys

_KEY = ["block", "key"]
_BITS = 20  # a megabyte, which stays in the processor's cache

_WHICH = [("block", pa.int64()), ("key", pa.int32())]
SIZED = pa.schema(
    _WHICH + [(name, pa.int64()) for name in ("came", "went", "others", "most", "before", "after")]
)
MEMBERS = pa.schema([("record_id", pa.int64()), *_WHICH])


def long(keys: ir.Table) -> ir.Table:
    """Keys (columns of `blocking.keys`) as rows: record_id, block, key; none where a value is unknown."""
    turned = keys.select("record_id", s.startswith("key_")).pivot_longer(
        s.startswith("key_"),
        names_to="block",
        names_pattern=r"key_(\d+)",
        names_transform=int,
        values_to="key",
    )
    return turned.filter(turned.key.notnull()).mutate(block=turned.block.cast("int64"))


def asked(fresh: ir.Table, stale: ir.Table) -> ir.Table:
    """The keys that gain or lose a record: block, key, and how many gain (`came`) and lose (`went`) it. Both: `long`."""
    came = fresh.select(*_KEY, came=ibis.literal(1), went=ibis.literal(0))
    went = stale.select(*_KEY, came=ibis.literal(0), went=ibis.literal(1))
    both = came.union(went)
    return both.group_by(_KEY).aggregate(came=both.came.sum(), went=both.went.sum())


def met(
    index: Index, asked: pa.Table, limits: Sequence[int], passed: tuple[Ids, Ids]
) -> tuple[pa.Table, pa.Table]:
    """`asked` as `SIZED`: how many `others` have each key, how many records shared it `before` and share it `after`, and
    the `most` that may; and those others (`MEMBERS`) whose key few enough share, or did before.

    passed: the records, ordered, that are no others in the base and in the changes: what the index has of them holds no more.
    One look at each block's keys, column by column: of a thousand million records, four gigabytes at a time.
    """
    places = [np.flatnonzero(~among(ids, over)) for ids, over in zip(index.record_ids(), passed, strict=True)]
    record_id = np.concatenate([ids[at] for ids, at in zip(index.record_ids(), places, strict=True)])
    sized, members = [SIZED.empty_table()], [MEMBERS.empty_table()]
    for block, most in enumerate(limits):
        own = asked.filter(pc.equal(asked["block"], block)).sort_by("key")
        if own.num_rows:
            keys = np.concatenate([each[at] for each, at in zip(index.keys(block), places, strict=True)])
            told, of = _met(own, keys, most)
            sized.append(told)
            at, key_ = of
            members.append(pa.table([record_id[at], np.full(at.size, block), key_], schema=MEMBERS))
    return pa.concat_tables(sized), pa.concat_tables(members)


def _met(asked: pa.Table, keys: Keys, most: int) -> tuple[pa.Table, tuple[Ids, Keys]]:
    """One block's: its asked keys, ordered, with their sizes; and where in `keys` those stand that few have, and which."""
    wanted = asked["key"].to_numpy()
    here, code = _places(keys, wanted)
    others = np.bincount(code, minlength=wanted.size)
    came, went = (asked[name].to_numpy() for name in ("came", "went"))
    before, after = others + went, others + came
    few = (np.minimum(before, after) <= most)[code]
    columns = [asked["block"], wanted, came, went, others, np.full(wanted.size, most), before, after]
    return pa.table(columns, schema=SIZED), (here[few], keys[here[few]])


def _places(keys: Keys, wanted: Keys) -> tuple[Ids, Ids]:
    """Where in `keys` any of the wanted (ordered) stands, and which of them it is. A table of the last bits tells nearly all
    that are none of them."""
    last = np.zeros(1 << _BITS, dtype=bool)
    last[wanted & (last.size - 1)] = True
    maybe = np.flatnonzero(last[keys & (last.size - 1)])
    code = np.minimum(np.searchsorted(wanted, keys[maybe]), wanted.size - 1)
    right = wanted[code] == keys[maybe]
    return maybe[right], code[right]


def gained(fresh: ir.Table, members: ir.Table, sized: ir.Table) -> ir.Table:
    """The pairs that are worth comparing now and were not, or whose records changed, as `blocking.candidates` gives them.

    `fresh`: the changed records' keys; `members`: the other records' that share them and aren't too many.
    """
    alive = sized.filter(sized.after <= sized.most)
    ours = fresh.join(alive.select(_KEY), _KEY)
    theirs = members.join(alive.select(_KEY), _KEY)
    revived = members.join(alive.filter(alive.before > alive.most).select(_KEY), _KEY)
    found = ibis.union(_pairs(ours, theirs), _pairs(ours, ours), _pairs(revived, revived), distinct=True)
    return found.mutate(match_key=ibis.literal("0"))


def overgrown(members: ir.Table, sized: ir.Table) -> ir.Table:
    """The pairs of other records that share a key which too many share now, and did not before."""
    gone = sized.filter(sized.before <= sized.most, sized.after > sized.most)
    crowd = members.join(gone.select(_KEY), _KEY)
    return _pairs(crowd, crowd).distinct()


def shared(pairs: ir.Table, keys: ir.Table) -> ir.Table:
    """The keys (`long`) that both records of some pairs have: join_key_l, join_key_r, block, key."""
    left = keys.select(*_KEY, join_key_l="record_id")
    right = keys.select(*_KEY, join_key_r="record_id")
    return pairs.join(left, "join_key_l").join(right, ["join_key_r", *_KEY])


def _pairs(left: ir.Table, right: ir.Table) -> ir.Table:
    ours, theirs = left.select(*_KEY, one="record_id"), right.select(*_KEY, other="record_id")
    met = ours.join(theirs, _KEY)
    apart = met.filter(met.one != met.other)
    return apart.select(
        join_key_l=ibis.least(apart.one, apart.other), join_key_r=ibis.greatest(apart.one, apart.other)
    )
