"""Which pairs a change of some records brings and ends: what they share with all others, by the kept keys.

Ibis expressions over long tables of keys (record_id, block, key): small ones for the records that changed, and those
parts of the index that share a key with them.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import selectors as s

from commonweal.identity.blocking import key
from commonweal.identity.standing import Index

_KEY = ["block", "key"]


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


def holders(index: Index, blocks: int, keys: ir.Table, passed: tuple[ir.Table, ir.Table]) -> ir.Table:
    """The records of the index that have any of some `keys` (block, key): record_id, block, key.

    Without those that are `passed` over (record_id), in the base and in the changes: what the index has of them holds
    no more.
    """
    found = []
    for block in range(blocks):
        wanted = keys.filter(keys.block == block).select("key")
        column = index.base[key(block)]
        own = index.base.select("record_id", block=ibis.literal(block, "int64"), key=column)
        found.append(own.semi_join(wanted, "key"))
    newer = long(index.changes).semi_join(keys, _KEY).anti_join(passed[1], "record_id")
    return ibis.union(*found).anti_join(passed[0], "record_id").union(newer)


def sized(asked: ir.Table, rest: ir.Table, limits: Sequence[int]) -> ir.Table:
    """`asked` with how many records shared each key `before` and share it `after`, and the `most` that may.

    `rest`: the other records that have them (`holders`).
    """
    most = ibis.memtable(pa.table({"block": range(len(limits)), "most": limits}))
    others = rest.group_by(_KEY).aggregate(others=rest.count())
    told = asked.left_join(others, _KEY).select(*asked.columns, others=ibis._.others.fill_null(0))
    return told.join(most, "block").mutate(
        before=ibis._.others + ibis._.went, after=ibis._.others + ibis._.came
    )


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
