"""Parquet files: every column as text, structs flattened, lists as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from commonweal.errors import Phrase, _
from commonweal.intake.errors import EmptyFile, FileCut, FileDamaged, FileUnreadable, TooManyColumns
from commonweal.intake.model import FileKind, Format
from commonweal.intake.readers.model import MAX_COLUMNS, Chunk, Progressed, text_batch
from commonweal.intake.rules import unique_headers

_ROWS = 65_536


@dataclass
class ParquetReader:
    """A Parquet file; make it by `open_parquet`. A row's line is its number, from 1."""

    path: Path
    headers: tuple[str, ...]
    format: Format
    file: Any
    done: int = 0

    @property
    def position(self) -> Progressed:
        """Rows read."""
        return Progressed(self.done, int(self.file.metadata.num_rows))

    def chunks(self) -> Iterator[Chunk]:
        """All rows. Raises FileDamaged."""
        self.done = 0
        try:
            for batch in self.file.iter_batches(batch_size=_ROWS):
                columns = [text for _name, column in _leaves(batch) for text in [as_text(column)]]
                begin, self.done = self.done, self.done + batch.num_rows
                yield Chunk(
                    np.arange(begin + 1, self.done + 1, dtype=np.int64), text_batch(self.headers, columns)
                )
        except (pa.ArrowException, OSError) as error:
            raise FileDamaged(path=self.path, reason=error) from error


def open_parquet(path: Path, told: Format) -> ParquetReader:
    """Open a Parquet file. Raises FileCut, FileDamaged, FileUnreadable, EmptyFile, TooManyColumns."""
    try:
        with path.open("rb") as raw:
            raw.seek(-4, 2)
            whole = raw.read(4) == b"PAR1"
        if not whole:
            raise FileCut(path=path, reason=Phrase(_("the end of the Parquet file is missing")))
        file = pq.ParquetFile(path)
        empty = file.schema_arrow.empty_table().to_batches() or [_empty(file.schema_arrow)]
    except pa.ArrowException as error:
        raise FileDamaged(path=path, reason=error) from error
    except OSError as error:
        raise FileUnreadable(path=path, reason=error.strerror or error) from error
    headers = unique_headers([name for name, _column in _leaves(empty[0])])
    if len(headers) > MAX_COLUMNS:
        raise TooManyColumns(path=path, limit=MAX_COLUMNS)
    if file.metadata.num_rows == 0 or not headers:
        raise EmptyFile(path=path)
    return ParquetReader(path, headers, msgspec.structs.replace(told, kind=FileKind.PARQUET), file)


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], column.type) for column in schema], schema=schema)


def _leaves(batch: pa.RecordBatch) -> list[tuple[str, pa.Array]]:
    """The columns, with a struct's members in its place, named struct.member."""
    found: list[tuple[str, pa.Array]] = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        found += _open_struct(name, column)
    return found


def _open_struct(name: str, column: pa.Array) -> list[tuple[str, pa.Array]]:
    if not pa.types.is_struct(column.type):
        return [(name, column)]
    members = zip([member.name for member in column.type], column.flatten(), strict=True)
    return [leaf for member, values in members for leaf in _open_struct(f"{name}.{member}", values)]


def as_text(column: pa.Array) -> pa.Array:
    """Any column as text: dates in ISO 8601, whole floats without their ".0", lists as JSON (empty: null)."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return as_text(column.dictionary_decode())
    if pa.types.is_string(kind):
        return column
    if pa.types.is_floating(kind):
        return pc.replace_substring_regex(column.cast(pa.float64()).cast(pa.string()), r"\.0$", "")
    if pa.types.is_timestamp(kind):
        return pc.replace_substring_regex(column.cast(pa.string()), r"[ T]00:00:00(\.0+)?Z?$", "")
    if _is_plain(kind):
        return column.cast(pa.string())
    texts = [None if value in (None, [], {}) else _json(value) for value in column.to_pylist()]
    return pa.array(texts, pa.string())


def _is_plain(kind: pa.DataType) -> bool:
    tests = (
        pa.types.is_large_string,
        pa.types.is_string_view,
        pa.types.is_integer,
        pa.types.is_boolean,
        pa.types.is_date,
        pa.types.is_time,
        pa.types.is_decimal,
        pa.types.is_null,
    )
    return any(test(kind) for test in tests)


def _json(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False, default=str)
