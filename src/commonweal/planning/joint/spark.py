"""Blocks that stand on Spark: each partition of a table is one, looked at where it lies (`mapInArrow`)."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_Result = TypeVar("_Result")


@dataclass(frozen=True, eq=False)
class SparkBlocks:
    """Partitions of rows as `blocks.Terms` tells, each area in one partition and rising there:

        rows.repartitionByRange(parts, "area").sortWithinPartitions("area").persist()

    Every look goes through the rows anew: persist them. Workers need commonweal installed, and a folder that all see.
    """

    rows: DataFrame

    def map(self, work: Callable[[int, pa.Table], _Result]) -> list[_Result]:
        """See `blocks.Blocks`; partitions without rows are left out."""

        def on_partition(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            from pyspark import TaskContext

            context, rows = TaskContext.get(), list(batches)
            if context is not None and any(batch.num_rows for batch in rows):
                number = context.partitionId()
                made = pickle.dumps(work(number, pa.Table.from_batches(rows)))
                yield pa.RecordBatch.from_pydict({"number": [number], "made": [made]}, _MADE)

        found = self.rows.mapInArrow(on_partition, "number long, made binary").collect()
        # What our own work has made a moment ago comes back, nothing from elsewhere.
        return [pickle.loads(row.made) for row in sorted(found, key=lambda row: row.number)]  # noqa: S301


_MADE = pa.schema({"number": pa.int64(), "made": pa.binary()})
