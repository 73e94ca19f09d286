"""One file of the lake: how a table's rows are laid down in Parquet, and how a few of them are found again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from commonweal.store import disk
from commonweal.store.catalogue import LakeTable
from commonweal.store.errors import LakeFileMissing

Batches: TypeAlias = pa.RecordBatchReader | Iterable[pa.RecordBatch]

_FOOTERS = 256  # kept in memory, of files where rows are looked up


def write(path: Path, table: LakeTable, batches: Batches) -> int:
    """Write a new file with a table's rows, synced; how many they are. A missing or surplus column raises ValueError."""
    rows = 0
    with path.open("wb") as file:
        with pq.ParquetWriter(
            file, table.schema, compression="zstd", use_dictionary=_repeating(table.schema)
        ) as writer:
            for batch in batches:
                writer.write_batch(_conform(batch, table.schema), row_group_size=table.row_group)
                rows += batch.num_rows
        disk.sync(file)
    disk.sync_folder(path.parent)
    return rows


def _repeating(schema: pa.Schema) -> list[str]:
    """The columns that get a dictionary: all but ids and line numbers, which hardly repeat. A dictionary of theirs makes
    the column two to four times as large, and writing it two to five times as slow.
    """
    return [
        f"{column.name}.list.element" if pa.types.is_list(column.type) else column.name
        for column in schema
        if not pa.types.is_int64(column.type)
    ]


@dataclass(frozen=True)
class _Footer:
    """What a file tells of itself: from what to what value each row group goes, and which columns hold nothing."""

    metadata: pq.FileMetaData
    least: npt.NDArray[np.int64]
    most: npt.NDArray[np.int64]
    filled: tuple[str, ...]


@lru_cache(maxsize=_FOOTERS)
def _footer(path: Path, column: str) -> _Footer:
    """A file never changes under its name, so that its footer may be kept."""
    metadata = pq.read_metadata(path)
    names = metadata.schema.names
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    told = [group.column(names.index(column)).statistics for group in groups]
    filled = [
        name
        for place, name in enumerate(names)
        if any(group.column(place).statistics.null_count < group.num_rows for group in groups)
    ]
    return _Footer(
        metadata, np.array([each.min for each in told]), np.array([each.max for each in told]), tuple(filled)
    )


def find(path: Path, table: LakeTable, column: str, wanted: pa.Array) -> pa.Table:
    """The rows of a file whose `column`, an integer, is one of `wanted`: only the row groups whose statistics fit are
    read, and no column that holds nothing. Raises LakeFileMissing.
    """
    try:
        footer = _footer(path, column)
    except FileNotFoundError as error:
        raise LakeFileMissing(path=path, table=table.name) from error
    values, schema = wanted.to_numpy(), table.schema
    fits = (footer.least[:, None] <= values) & (values <= footer.most[:, None])
    groups = np.flatnonzero(fits.any(axis=1)).tolist()
    if not groups:
        return schema.empty_table()
    with pq.ParquetFile(path, metadata=footer.metadata, memory_map=True, pre_buffer=False) as file:
        rows = file.read_row_groups(groups, columns=list(footer.filled), use_threads=False)
    rows = rows.filter(pc.is_in(rows[column], wanted))
    missing = set(schema.names) - set(footer.filled)
    columns = [
        pa.nulls(rows.num_rows, field.type) if field.name in missing else rows[field.name] for field in schema
    ]
    return pa.table(columns, schema=schema)


def _conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    surplus = set(batch.schema.names) ^ set(schema.names)
    if surplus:
        raise ValueError(f"columns differ from the catalogue's: {sorted(surplus)}")
    return batch.select(schema.names).cast(schema)
