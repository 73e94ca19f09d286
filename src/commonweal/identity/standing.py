"""What a run leaves behind for the next one to go on from, in the lake and in the ledger.

`identity.key` and `identity.pair` are two partitions each: `base`, and `changes` that stand for rows of it. So a run
that changes little writes little; where the changes have become many, the base is written anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
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
from commonweal.identity.rules import THRESHOLD, Ids
from commonweal.intake.model import Batch
from commonweal.store.catalogue import IDENTITY_KEYS, LAKE
from commonweal.store.engine import hold
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
_PAIR = ["record_id", "other_record_id"]

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
        at, known = np.searchsorted(self.record_id, others.record_id), self.has(others.record_id)

        def both(own: npt.NDArray[Any], new: npt.NDArray[Any]) -> npt.NDArray[Any]:
            own = own.copy()
            own[at[known]] = new[known]
            return np.insert(own, at[~known], new[~known]) if not known.all() else own

        names = LAKE["identity.seen"].schema.names
        return Seen(*(both(getattr(self, name), getattr(others, name)) for name in names))

    def has(self, ids: Ids) -> npt.NDArray[np.bool_]:
        """Which ids are there."""
        if not self.record_id.size:
            return np.zeros(ids.size, dtype=bool)
        at = np.minimum(np.searchsorted(self.record_id, ids), self.record_id.size - 1)
        there: npt.NDArray[np.bool_] = self.record_id[at] == ids
        return there

    def places(self, ids: Ids) -> Ids:
        """Where records stand; those that aren't there are left out."""
        found: Ids = np.searchsorted(self.record_id, ids[self.has(ids)])
        return found


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


@dataclass(frozen=True)
class Index:
    """`identity.key` in the engine: the base, and the changes that stand for rows of it."""

    base: ir.Table
    changes: ir.Table

    @classmethod
    def of(cls, lake: Lake, blocks: int, held: ExitStack) -> Index:
        """Brought into the engine, with the keys of so many blocks; it is asked block by block, several times."""
        columns = ["record_id", "content", *PLACES, *(blocking.key(at) for at in range(blocks))]
        parts = (lake.table("identity.key", partition=each).select(columns) for each in (BASE, CHANGES))
        return cls(*(held.enter_context(hold(lake.backend, each)) for each in parts))

    def of_records(self, record_id: Ids) -> ir.Table:
        """The rows of some records, but those that are gone."""
        wanted = ibis.memtable(pa.table({"record_id": record_id}))
        base, changes = (part.semi_join(wanted, "record_id") for part in (self.base, self.changes))
        return base.anti_join(self.changes, "record_id").union(changes.filter(changes.content.notnull()))


def pairs(lake: Lake) -> ir.Table:
    """`identity.pair` as it stands."""
    base, changes = (lake.table("identity.pair", partition=each) for each in (BASE, CHANGES))
    if not lake.partition_rows("identity.pair", CHANGES):
        return base
    return base.anti_join(changes, _PAIR).union(changes.filter(changes.weight.notnull()))


def change_keys(lake: Lake, writer: LakeWriter, rows: ir.Table, gone: Ids) -> None:
    """Stage the keys of new and changed records (`tables.with_content`), and that some are gone."""
    _stage(lake, writer, "identity.key", lake.read(_filled(rows)), pa.table({"record_id": gone}), "content")


def change_pairs(lake: Lake, writer: LakeWriter, gained: pa.Table, dropped: pa.Table) -> None:
    """Stage pairs gained, and that some are no more (both: columns of identity.pair)."""
    ended = dropped.select(_PAIR).join(gained.select(_PAIR), _PAIR, join_type="left anti")
    _stage(lake, writer, "identity.pair", gained, ended, "weight")


def _stage(lake: Lake, writer: LakeWriter, name: str, new: pa.Table, ended: pa.Table, alive: str) -> None:
    """Stage rows that are `new`, and the ids of those that have `ended`, as changes; where the changes have become many,
    in one with the base. `alive`: a column that is null in those that have ended.

    Not by the engine: Spark takes tables of memory through pandas, where a number that is null becomes another.
    """
    schema, by = LAKE[name].schema, ended.column_names
    ids = pa.concat_tables([new.select(by), ended])
    before = lake.partition(name, CHANGES).join(ids, by, join_type="left anti")
    gone = [ended[each.name] if each.name in by else pa.nulls(ended.num_rows, each.type) for each in schema]
    changes = pa.concat_tables([before, new.cast(schema), pa.table(gone, schema=schema)])
    if changes.num_rows <= _MOST_CHANGES * lake.partition_rows(name, BASE):
        writer.stage(name, changes, CHANGES)
        return
    base = lake.partition(name, BASE).join(changes.select(by), by, join_type="left anti")
    writer.stage(name, pa.concat_tables([base, changes.filter(changes[alive].is_valid())]), BASE)
    writer.drop(name, CHANGES)


def _filled(keys: ir.Table) -> ir.Table:
    """With an empty column for each block that there might be."""
    schema = LAKE["identity.key"].schema
    blocks = sum(name.startswith("key_") for name in keys.columns)
    beyond = {f"key_{at}": ibis.null("int32") for at in range(blocks, IDENTITY_KEYS)}
    return keys.mutate(**beyond).select(*schema.names)
