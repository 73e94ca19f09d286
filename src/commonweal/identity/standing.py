"""What a run leaves behind for the next one to go on from, in the lake and in the ledger.

`identity.key` and `identity.pair` are two partitions each: `base`, and `changes` that stand for rows of it. So a run
that changes little writes little; where the changes have become many, the base is written anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commonweal.identity import blocking, tables
from commonweal.identity.cluster import joined
from commonweal.identity.queries import LastRun
from commonweal.identity.rules import THRESHOLD, Ids, among
from commonweal.intake.model import Batch
from commonweal.store.catalogue import IDENTITY_KEYS, LAKE
from commonweal.store.lake import Lake, LakeWriter
from commonweal.store.ledger import Connection

if TYPE_CHECKING:
    from commonweal.identity.link import Basis

BASE, CHANGES = "base", "changes"
PLACES = ["door", "town", "phone", "named"]
_KEEP = (
    *("identity.key", "identity.pair", "identity.seen", "identity.frequency"),
    *("identity.link", "identity.household"),
)
# A share of the base that the changes may come to before it is written anew.
_MOST_CHANGES = 0.2
_NEITHER = "record_id", "other_record_id"

Place = tuple[int, str, str, str]
"""A batch as a run saw it: its number, list, day and mode."""


@dataclass(frozen=True)
class LeftBehind:
    """The batches that a run saw, and the files of the lake that it left."""

    batches: tuple[Place, ...]
    files: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For the ledger."""
        return {"batches": self.batches, "files": self.files}


def places(batches: Sequence[Batch]) -> tuple[Place, ...]:
    """What a run remembers of the loaded batches."""
    return tuple((each.batch_id, each.source, str(each.as_of), str(each.mode)) for each in batches)


def left_behind(last: LastRun | None, model_id: int | None, lake: Lake) -> LeftBehind | None:
    """What a run with these weights can go on from; None where it must begin from nothing: other weights, another
    engine, files written anew since (an erasure, a restore), somebody erased."""
    if last is None or last.census is None or last.left_behind is None:
        return None
    found = LeftBehind(
        tuple(tuple(each) for each in last.left_behind["batches"]), tuple(last.left_behind["files"])
    )
    here = {file.path for name in _KEEP for file in lake.files(name)}
    erased = lake.erased()
    same = last.model_id == model_id and last.census.maker == blocking.maker(lake.backend)
    whole = here == set(found.files) and not (erased.persons or erased.records or erased.rows)
    return found if same and whole else None


def files(connection: Connection) -> tuple[str, ...]:
    """The lake's files that the next run must find."""
    rows = connection.execute(
        "SELECT path FROM store.file WHERE table_name = ANY (%s) AND removed IS NULL ORDER BY path",
        (list(_KEEP),),
    ).fetchall()
    return tuple(path for (path,) in rows)


@dataclass(frozen=True)
class Seen:
    """Records ordered by id, as a run saw them; see the lake's `identity.seen`."""

    record_id: Ids
    batch_id: Ids
    active: npt.NDArray[np.bool_]
    number: Ids
    component: Ids

    @classmethod
    def read(cls, lake: Lake) -> Seen:
        """As the last run left it."""
        found = lake.partition("identity.seen", "")
        return cls(*(found[name].to_numpy() for name in LAKE["identity.seen"].schema.names))

    def as_arrow(self) -> pa.Table:
        """Rows of `identity.seen`."""
        schema = LAKE["identity.seen"].schema
        return pa.table({name: pa.array(getattr(self, name)) for name in schema.names}).cast(schema)

    def where(self, chosen: npt.NDArray[np.bool_]) -> Seen:
        """The chosen records only."""
        return Seen(*(getattr(self, name)[chosen] for name in LAKE["identity.seen"].schema.names))

    def with_(self, others: Seen) -> Seen:
        """With others in the place of those of the same id, or added."""
        rest = self.where(~among(self.record_id, others.record_id))
        names = LAKE["identity.seen"].schema.names
        both = [np.concatenate((getattr(rest, name), getattr(others, name))) for name in names]
        order = np.argsort(both[0], kind="stable")
        return Seen(*(each[order] for each in both))

    def places(self, ids: Ids) -> Ids:
        """Where records stand; those that aren't there are left out."""
        if not self.record_id.size:
            return np.empty(0, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.record_id, ids), self.record_id.size - 1)
        there: Ids = at[self.record_id[at] == ids]
        return there


def first_of(component: Ids, record_id: Ids) -> Ids:
    """For each record the first record of its component. Both run along records ordered by id."""
    _, first, inverse = np.unique(component, return_index=True, return_inverse=True)
    found: Ids = record_id[first][inverse]
    return found


def keep(lake: Lake, writer: LakeWriter, basis: Basis, records: ir.Table, fresh: bool) -> None:
    """Stage what a run over all `records` (with `active`) leaves behind; `fresh`: its census was taken in it."""
    writer.stage("identity.key", _filled(tables.with_content(basis.keys, basis.comparable)), BASE)
    writer.drop("identity.key", CHANGES)
    found, ids = basis.weighed.pairs.turned(), basis.listed.record_id
    columns = [ids[found.left], ids[found.right], found.weight, basis.weighed.sure]
    writer.stage("identity.pair", pa.table(columns, schema=LAKE["identity.pair"].schema), BASE)
    writer.drop("identity.pair", CHANGES)
    labels = joined(found, ids.size, THRESHOLD, basis.bounds.must)
    seen = lake.read(records.select("record_id", "batch_id", "active")).sort_by("record_id")
    batch_id, active = (seen[name].to_numpy() for name in ("batch_id", "active"))
    told = Seen(ids, batch_id, active, basis.listed.number, first_of(labels, ids))
    writer.stage("identity.seen", told.as_arrow())
    if fresh:
        writer.stage("identity.frequency", basis.counted)


def index(lake: Lake) -> tuple[ir.Table, ir.Table]:
    """`identity.key`: the base, and the changes."""
    return lake.table("identity.key", partition=BASE), lake.table("identity.key", partition=CHANGES)


def kept_keys(lake: Lake, record_id: Ids) -> ir.Table:
    """The rows of `identity.key` of some records, but those that are gone."""
    wanted = ibis.memtable(pa.table({"record_id": record_id}))
    base, changes = (part.semi_join(wanted, "record_id") for part in index(lake))
    return base.anti_join(changes, "record_id").union(changes.filter(changes.content.notnull()))


def pairs(lake: Lake) -> ir.Table:
    """`identity.pair` as it stands."""
    base, changes = (lake.table("identity.pair", partition=each) for each in (BASE, CHANGES))
    if not lake.partition_rows("identity.pair", CHANGES):
        return base
    return base.anti_join(changes, _NEITHER).union(changes.filter(changes.weight.notnull()))


def change_keys(lake: Lake, writer: LakeWriter, rows: ir.Table, gone: Ids) -> None:
    """Stage the keys of new and changed records (columns of `blocking.keys`, and content), and that some are gone."""
    schema = LAKE["identity.key"].schema
    nulls = [pa.nulls(gone.size, field.type) for field in schema]
    ended = ibis.memtable(pa.table([pa.array(gone), *nulls[1:]], schema=schema))
    own = _filled(rows).union(ended) if gone.size else _filled(rows)
    base, before = index(lake)
    changes = before.anti_join(own, "record_id").union(own)
    _stage(lake, writer, "identity.key", base, changes, ("record_id",), "content")


def change_pairs(lake: Lake, writer: LakeWriter, gained: pa.Table, dropped: pa.Table) -> None:
    """Stage pairs gained, and that some are no more (both: columns of identity.pair)."""
    schema = LAKE["identity.pair"].schema
    ended = pa.table(
        [
            *(dropped[name] for name in _NEITHER),
            *(pa.nulls(dropped.num_rows, schema.field(n).type) for n in ("weight", "sure")),
        ],
        schema=schema,
    )
    ended_ = ibis.memtable(ended).anti_join(ibis.memtable(gained), _NEITHER)
    own = ibis.memtable(gained).union(ended_)
    base, before = (lake.table("identity.pair", partition=each) for each in (BASE, CHANGES))
    changes = before.anti_join(own, _NEITHER).union(own)
    _stage(lake, writer, "identity.pair", base, changes, _NEITHER, "weight")


def _stage(
    lake: Lake,
    writer: LakeWriter,
    name: str,
    base: ir.Table,
    changes: ir.Table,
    by: tuple[str, ...],
    alive: str,
) -> None:
    """Stage the changes, or, where they have become many, the base with them."""
    found = lake.read(changes)
    if found.num_rows <= _MOST_CHANGES * lake.partition_rows(name, BASE):
        writer.stage(name, found, CHANGES)
        return
    told = ibis.memtable(found)
    writer.stage(name, base.anti_join(told, by).union(told.filter(told[alive].notnull())), BASE)
    writer.drop(name, CHANGES)


def _filled(keys: ir.Table) -> ir.Table:
    """With an empty column for each block that there might be."""
    schema = LAKE["identity.key"].schema
    blocks = sum(name.startswith("key_") for name in keys.columns)
    beyond = {f"key_{at}": ibis.null("int32") for at in range(blocks, IDENTITY_KEYS)}
    return keys.mutate(**beyond).select(*schema.names)
