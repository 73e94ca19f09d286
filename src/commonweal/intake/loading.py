"""The path of a file's rows into the lake: read, tell apart, number, stage; every row a record or in quarantine."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.intake.hashing import Hashes, hash_text
from commonweal.intake.keys import Flags, KeyBook
from commonweal.intake.readers import Chunk
from commonweal.intake.recorder import Recorder
from commonweal.intake.records import Records
from commonweal.intake.rules import Reason, spares_row
from commonweal.store.catalogue import KEY_FIELDS, LAKE, PERSON_FIELDS
from commonweal.store.lake import LakeWriter

EXAMPLES = 200  # quarantined rows of each reason that pages can show
_FLUSH = 200_000  # rows held before they are written
_AHEAD = 3  # chunks that may be in the making

Ids = npt.NDArray[np.int64]
TABLES = ("intake.raw", "intake.record", "intake.vote", "intake.attribute", "intake.quarantine")


@dataclass(frozen=True)
class Example:
    """A quarantined row or value to be shown."""

    line: int
    reason: str
    column_name: str | None
    value: str | None
    cells: list[str | None] | None


@dataclass
class Tally:
    """The counts of one file: rows_read = records + quarantined, and so the sum of `row_reasons` = quarantined."""

    rows_read: int = 0
    records: int = 0
    quarantined: int = 0
    set_aside: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Example]] = field(default_factory=dict)

    def check(self) -> None:
        """Raise AssertionError unless every row is accounted for."""
        rows = sum(count for reason, count in self.reasons.items() if not spares_row(reason))
        if self.rows_read != self.records + self.quarantined or rows != self.quarantined:
            raise AssertionError(
                f"{self.rows_read} rows read, {self.records} records, {self.quarantined} quarantined,"
                f" {rows} reasons: the counts do not add up"
            )


@dataclass
class Loader:
    """Stages one batch. `take_ids` makes new record ids; `book` knows the keys of the source's other batches.

    `is_erased` tells the rows about people who had their data erased: of those, nothing is kept but the count.
    """

    writer: LakeWriter
    batch_id: int
    source: str
    recorder: Recorder
    book: KeyBook
    take_ids: Callable[[int], Ids]
    is_erased: Callable[[Records], Flags]
    tally: Tally = field(default_factory=Tally)
    _held: dict[str, list[pa.RecordBatch]] = field(default_factory=lambda: {name: [] for name in TABLES})
    _held_rows: int = 0

    def load(self, chunks: Iterator[Chunk], on_chunk: Callable[[], None]) -> Tally:
        """Stage all rows; `on_chunk` is called after each chunk, and may raise to stop."""
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool, ThreadPoolExecutor(1) as writing:
            written: list[Future[None]] = []
            for chunk, records in _read_ahead(pool, chunks, self.recorder):
                self._take(chunk, records)
                if self._held_rows >= _FLUSH:
                    _finish(written)
                    written.append(writing.submit(self._stage, self._held_back()))
                on_chunk()
            _finish(written)
            self._stage(self._held_back())
        self.tally.check()
        return self.tally

    def _take(self, chunk: Chunk, records: Records) -> None:
        columns = list(chunk.columns.columns)
        keys = records.key if records.key is not None else self.book.content_keys(columns)
        doubt = _Doubt(records, self.recorder.mapping.key[0] if self.recorder.mapping.key else None)
        hashes = hash_text(keys) if records.key is None else records.key_hashes
        repeats = self.book.repeats(hashes, records.hashes, ~doubt.any)
        doubt.put(repeats.same, Reason.DUPLICATE_ROW, keys)
        doubt.put(repeats.other, Reason.DUPLICATE_KEY, keys)
        erased = self.is_erased(records)
        doubt.forget(erased)
        kept = ~doubt.any
        raw = _without(_cell_lists(columns, records.rows), erased)
        self._count(chunk, kept, records)
        self._hold("intake.raw", self._raw(chunk, raw))
        self._hold("intake.quarantine", self._quarantine(chunk, raw, doubt))
        self._hold("intake.quarantine", self._set_aside(chunk, records, kept))
        if kept.any():
            ids = self._ids(hashes[kept])
            self._hold("intake.record", self._records(chunk, records, keys, ids, kept))
            self._hold("intake.vote", self._votes(records, ids, kept))
            self._hold("intake.attribute", self._attributes(records, ids, kept))
        self._held_rows += chunk.rows

    def _count(self, chunk: Chunk, kept: Flags, records: Records) -> None:
        good = int(kept.sum())
        self.tally.rows_read += chunk.rows
        self.tally.records += good
        self.tally.quarantined += records.rows - good + len(chunk.bad)

    def _ids(self, hashes: Hashes) -> Ids:
        """Record ids for (hashed) keys: as before for a key that the source had before, else new."""
        known, ids = self.book.record_ids(hashes)
        fresh = int((~known).sum())
        if fresh:
            ids[~known] = self.take_ids(fresh)
        return ids

    def _records(
        self, chunk: Chunk, records: Records, keys: pa.Array, ids: Ids, kept: Flags
    ) -> pa.RecordBatch:
        count, mask = len(ids), pa.array(kept)
        columns: dict[str, pa.Array] = {
            "record_id": pa.array(ids),
            "batch_id": _same(self.batch_id, count, pa.int32()),
            "source": _same(self.source, count, pa.string()),
            "line": pa.array(chunk.lines[kept]),
            "key": keys.filter(mask),
            "row_hash": pa.array(records.hashes[kept]),
        }
        tags = records.tags if records.tags is not None else pa.nulls(records.rows, pa.list_(pa.string()))
        for name, kind in (PERSON_FIELDS | KEY_FIELDS).items():
            values = records.fields.get(name, records.keys.get(name))
            columns[name] = pa.nulls(count, kind) if values is None else values.filter(mask)
        return _batch("intake.record", columns | {"tags": tags.filter(mask)})

    def _votes(self, records: Records, ids: Ids, kept: Flags) -> pa.RecordBatch:
        parts = []
        for election, answers in records.votes.items():
            voted = answers.filter(pa.array(kept))
            known = pc.is_valid(voted)
            count = pc.sum(known).as_py() or 0
            parts.append(
                {
                    "batch_id": _same(self.batch_id, count, pa.int32()),
                    "record_id": pa.array(ids).filter(known),
                    "election": _same(election, count, pa.string()),
                    "voted": voted.filter(known),
                }
            )
        return _stacked("intake.vote", parts)

    def _attributes(self, records: Records, ids: Ids, kept: Flags) -> pa.RecordBatch:
        parts = []
        for attribute in records.attributes:
            text = attribute.text.filter(pa.array(kept))
            known = pc.is_valid(text)
            count = pc.sum(known).as_py() or 0
            parts.append(
                {
                    "batch_id": _same(self.batch_id, count, pa.int32()),
                    "record_id": pa.array(ids).filter(known),
                    "name": _same(attribute.name, count, pa.string()),
                    "text": text.filter(known),
                    "number": attribute.number.filter(pa.array(kept)).filter(known),
                }
            )
        return _stacked("intake.attribute", parts)

    def _raw(self, chunk: Chunk, raw: pa.ListArray) -> pa.RecordBatch:
        bad = pa.array([list(row.cells) for row in chunk.bad], pa.list_(pa.string()))
        lines = np.concatenate([chunk.lines, np.array([row.line for row in chunk.bad], np.int64)])
        cells = pa.concat_arrays([raw, bad])
        return _batch(
            "intake.raw",
            {
                "batch_id": _same(self.batch_id, len(lines), pa.int32()),
                "line": pa.array(lines),
                "cells": cells,
            },
        )

    def _quarantine(self, chunk: Chunk, raw: pa.ListArray, doubt: _Doubt) -> pa.RecordBatch:
        """The rows that are no records: those the reader refused, and those in doubt."""
        at = np.flatnonzero(doubt.any)
        refused = pa.array([list(row.cells) for row in chunk.bad], pa.list_(pa.string()))
        lines = [row.line for row in chunk.bad] + chunk.lines[at].tolist()
        batch = self._quarantine_batch(
            lines,
            [str(row.reason) for row in chunk.bad] + doubt.reasons[at].tolist(),
            [None] * len(chunk.bad) + doubt.columns[at].tolist(),
            [None] * len(chunk.bad) + doubt.values[at].tolist(),
            pa.concat_arrays([refused, raw.take(pa.array(at))]),
        )
        self._show(batch)
        return batch

    def _set_aside(self, chunk: Chunk, records: Records, kept: Flags) -> pa.RecordBatch:
        """The single values of kept rows that could not be taken as they came."""
        lines: list[int] = []
        reasons: list[str] = []
        columns: list[str | None] = []
        values: list[str | None] = []
        for finding in records.findings:
            at = np.flatnonzero(np.asarray(pc.is_valid(finding.reasons)) & kept)
            found = pa.array(at)
            lines += chunk.lines[at].tolist()
            reasons += finding.reasons.take(found).to_pylist()
            columns += [finding.column] * len(at)
            values += finding.cells.take(found).to_pylist()
        self.tally.set_aside += len(lines)
        batch = self._quarantine_batch(
            lines, reasons, columns, values, pa.nulls(len(lines), pa.list_(pa.string()))
        )
        self._show(batch)
        return batch

    def _quarantine_batch(
        self,
        lines: list[int],
        reasons: list[str],
        columns: list[str | None],
        values: list[str | None],
        cells: pa.ListArray,
    ) -> pa.RecordBatch:
        return _batch(
            "intake.quarantine",
            {
                "batch_id": _same(self.batch_id, len(lines), pa.int32()),
                "line": pa.array(lines, pa.int64()),
                "reason": pa.array(reasons, pa.string()),
                "column": pa.array(columns, pa.string()),
                "value": pa.array(values, pa.string()),
                "cells": cells,
            },
        )

    def _show(self, batch: pa.RecordBatch) -> None:
        """Count the reasons, and keep the first rows of each as examples."""
        for reason, count in Counter(batch["reason"].to_pylist()).items():
            self.tally.reasons[reason] += count
            shown = self.tally.examples.setdefault(reason, [])
            room = EXAMPLES - len(shown)
            if room > 0:
                rows = batch.filter(pc.equal(batch["reason"], reason)).slice(0, room).to_pylist()
                shown += [Example(r["line"], reason, r["column"], r["value"], r["cells"]) for r in rows]

    def _hold(self, name: str, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self._held[name].append(batch)

    def _held_back(self) -> dict[str, list[pa.RecordBatch]]:
        """What is held, to be staged; from now on nothing is held."""
        held, self._held = self._held, {name: [] for name in TABLES}
        self._held_rows = 0
        return held

    def _stage(self, held: dict[str, list[pa.RecordBatch]]) -> None:
        for name, batches in held.items():
            if batches:
                self.writer.stage(name, iter(batches), str(self.batch_id))


def _finish(written: list[Future[None]]) -> None:
    """Wait for what is being written; raise what went wrong there."""
    while written:
        written.pop().result()


class _Doubt:
    """Why rows of a chunk can't be records; the first reason that is found stays."""

    def __init__(self, records: Records, key: str | None) -> None:
        self.reasons = np.full(records.rows, None, object)
        self.columns = np.full(records.rows, None, object)
        self.values = np.full(records.rows, None, object)
        self._key = key
        self._put(records.empty, Reason.EMPTY_ROW)
        if records.key is not None:
            self._put(np.asarray(pc.is_null(records.key)), Reason.MISSING_KEY, key)
        for finding in records.findings:
            reasons = finding.reasons.to_numpy(zero_copy_only=False)
            grave = np.array([reason is not None and not spares_row(reason) for reason in reasons], bool)
            for reason in {reasons[i] for i in np.flatnonzero(grave)}:
                self._put(grave & (reasons == reason), reason, finding.column, finding.cells)
        self._put(records.nobody, Reason.NOBODY)

    @property
    def any(self) -> Flags:
        """Which rows are in doubt."""
        return np.asarray(self.reasons != np.array(None), bool)

    def forget(self, where: Flags) -> None:
        """Rows about the erased, whatever else is wrong with them."""
        self.reasons[where], self.columns[where], self.values[where] = str(Reason.ERASED), None, None

    def put(self, where: Flags, reason: Reason, keys: pa.Array) -> None:
        """Rows in doubt because of their key."""
        self._put(where, reason, self._key, keys)

    def _put(
        self, where: Flags, reason: str, column: str | None = None, cells: pa.Array | None = None
    ) -> None:
        at = np.flatnonzero(where & ~self.any)
        if len(at):
            self.reasons[at] = str(reason)
            self.columns[at] = column
            if cells is not None:
                self.values[at] = cells.take(pa.array(at)).to_pylist()


def _read_ahead(
    pool: ThreadPoolExecutor, chunks: Iterator[Chunk], recorder: Recorder
) -> Iterator[tuple[Chunk, Records]]:
    """Chunks with what they say, in order; some are read while earlier ones are being dealt with."""
    waiting: deque[tuple[Chunk, Future[Records]]] = deque()
    for chunk in chunks:
        waiting.append((chunk, pool.submit(recorder.read, chunk.columns)))
        if len(waiting) > _AHEAD:
            first, future = waiting.popleft()
            yield first, future.result()
    for first, future in waiting:
        yield first, future.result()


def _cell_lists(columns: list[pa.Array], rows: int) -> pa.ListArray:
    """The columns' cells as one list a row.

    The cells of a row stand one behind the other in the text of the joined row, so that only where each begins is
    left to say: several times as quick as taking them one by one.
    """
    width = len(columns)
    if not width or not rows:
        return pa.array([[]] * rows, pa.list_(pa.string()))
    joined = pc.binary_join_element_wise(*columns, "", null_handling="replace", null_replacement="")
    lengths = np.column_stack([pc.fill_null(pc.binary_length(column), 0) for column in columns]).ravel()
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    given = np.packbits(np.column_stack([pc.is_valid(column) for column in columns]), bitorder="little")
    text = joined.buffers()[2] or pa.py_buffer(b"")
    cells = pa.StringArray.from_buffers(rows * width, pa.py_buffer(ends), text, pa.py_buffer(given))
    return pa.ListArray.from_arrays(pa.array(np.arange(rows + 1, dtype=np.int32) * width), cells)


def _without(cells: pa.ListArray, gone: Flags) -> pa.ListArray:
    """The rows' cells, those of some rows taken out."""
    if not gone.any():
        return cells
    return pc.if_else(pa.array(gone), pa.scalar([], cells.type), cells)


def _same(value: int | str, count: int, kind: pa.DataType) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), count)


def _batch(name: str, columns: dict[str, pa.Array]) -> pa.RecordBatch:
    schema = LAKE[name].schema
    return pa.RecordBatch.from_arrays([columns[column] for column in schema.names], schema=schema)


def _stacked(name: str, parts: list[dict[str, pa.Array]]) -> pa.RecordBatch:
    schema = LAKE[name].schema
    if not parts:
        return _batch(name, {column.name: pa.array([], column.type) for column in schema})
    return _batch(
        name, {column: pa.concat_arrays([part[column] for part in parts]) for column in schema.names}
    )
