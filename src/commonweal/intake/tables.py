"""Which records count: a list's batches laid over one another, in order.

A snapshot is the whole list: who is absent from it is inactive from its day on. A delta changes or adds what it
holds. The latest batch that holds a record gives its values.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from commonweal.intake.model import Batch, Mode, Status

_ORDER = pa.schema([("batch_id", pa.int32()), ("place", pa.int32()), ("inactive_since", pa.date32())])


def batch_order(batches: Sequence[Batch]) -> ir.Table:
    """The loaded batches as a table: batch_id, its `place` in its source, and `inactive_since`.

    `inactive_since` is the day of the first snapshot that came after the batch: from then on, what only this batch
    and earlier ones hold is no longer on the list. Null if there is none.
    """
    rows = []
    loaded = sorted(
        (batch for batch in batches if batch.status is Status.LOADED),
        key=attrgetter("source", "as_of", "batch_id"),
    )
    for _source, group in groupby(loaded, key=attrgetter("source")):
        own = list(group)
        for place, batch in enumerate(own):
            later = (each.as_of for each in own[place + 1 :] if each.mode is Mode.SNAPSHOT)
            rows.append({"batch_id": batch.batch_id, "place": place, "inactive_since": next(later, None)})
    table = pa.Table.from_pylist(rows, schema=_ORDER)
    return ibis.memtable(table, schema=ibis.Schema.from_pyarrow(_ORDER))


def living_records(records: ir.Table, batches: ir.Table) -> ir.Table:
    """Each record once, as its latest batch has it: the columns of intake.record, `active` and `inactive_since`.

    `records`: rows of intake.record; `batches`: what `batch_order` gives.
    """
    placed = records.join(batches, "batch_id")
    latest = placed.group_by("record_id").agg(latest=placed.place.max())
    living = placed.join(latest, "record_id").filter(lambda row: row.place == row.latest)
    return living.select(*records.columns, "inactive_since", active=living.inactive_since.isnull())


def living_values(values: ir.Table, living: ir.Table) -> ir.Table:
    """The rows of intake.vote or intake.attribute that belong to `living` records, with `source` and `active`."""
    owners = living.select("record_id", "batch_id", "source", "active")
    joined = values.join(owners, ["record_id", "batch_id"])
    return joined.select(*values.columns, "source", "active")
