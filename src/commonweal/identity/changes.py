"""Which records are new, changed or gone since the last run, from the batches that it saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commonweal.identity.rules import Ids
from commonweal.identity.standing import Place, Seen, places
from commonweal.intake.model import Batch
from commonweal.intake.tables import batch_order, living_records
from commonweal.store.lake import Lake


@dataclass(frozen=True)
class Changes:
    """Records of the lists whose batches have changed, as they are now, ordered by id: `record_id`, the batch that
    gives each and whether it is on its list. `other`: those of them that are new, or that another batch gives. `gone`:
    records that no list holds any more."""

    record_id: Ids
    batch_id: Ids
    active: npt.NDArray[np.bool_]
    other: Ids
    gone: Ids

    def batch_of(self, then: Seen, ids: Ids) -> Ids:
        """The batch that gives each record now."""
        return _looked_up(ids, (self.record_id, self.batch_id), (then.record_id, then.batch_id))


def changes(lake: Lake, then: Seen, before: Sequence[Place], batches: Sequence[Batch]) -> Changes:
    """What has changed between what the last run saw (records `then`, batches `before`) and the loaded `batches`."""
    now = places(batches)
    lists = {place[1] for place in set(before) ^ set(now)}
    changed = [each for each in batches if each.source in lists]
    numbers = [each.batch_id for each in changed]
    record = lake.table("intake.record").select("record_id", "batch_id")
    living = living_records(record.filter(record.batch_id.isin(numbers)), batch_order(changed))
    found = lake.read(living.select("record_id", "batch_id", "active")).sort_by("record_id")
    record_id, batch_id, active = (found[name].to_numpy() for name in found.column_names)
    old = then.where(np.isin(then.batch_id, [place[0] for place in before if place[1] in lists]))
    gone = old.record_id[~np.isin(old.record_id, record_id)]
    batch_before = _looked_up(record_id, (old.record_id, old.batch_id))
    return Changes(record_id, batch_id, active, record_id[batch_id != batch_before], gone)


def rows(lake: Lake, record_id: Ids, batch_id: Ids) -> ir.Table:
    """Some records as these batches give them: columns of `intake.record`."""
    wanted = ibis.memtable(pa.table({"record_id": record_id, "batch_id": batch_id.astype(np.int32)}))
    return lake.table("intake.record").semi_join(wanted, ["record_id", "batch_id"])


def _looked_up(ids: Ids, *tables: tuple[Ids, Ids]) -> Ids:
    """For each id what the first of some tables (ids in order, values) has for it; -1 where none has it."""
    found = np.full(ids.size, -1, dtype=np.int64)
    for keys, values in reversed(tables):
        if keys.size:
            at = np.minimum(np.searchsorted(keys, ids), keys.size - 1)
            hit = keys[at] == ids
            found[hit] = values[at[hit]]
    return found
