"""The lake: Parquet files, reached through Ibis only, listed in the ledger.

A file counts once the ledger lists it. A step stages files (written and synced under their final name, but
listed nowhere), then lists them in the same ledger transaction that holds whatever else it decides::

    with lake.writer("identity.resolve") as writer:
        writer.stage("identity.link", links)
        with ledger.transaction(LedgerRole.BULK) as connection:
            writer.publish(connection)
            ...

So kill -9 anywhere leaves the old state or the new one. What was staged and never listed is swept by the
next writer. There is one writer at a time, by an advisory lock in the ledger.
"""

from __future__ import annotations

import functools
import operator
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import ibis
import ibis.expr.types as ir
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg.types.json import Jsonb

from commonweal.store import disk, parquet
from commonweal.store.catalogue import LAKE, LakeTable
from commonweal.store.engine import connect, read_parquet
from commonweal.store.errors import LakeFileMissing, LakeNotWritable, LedgerLocked, out_of_room
from commonweal.store.ledger import HeldLock, Ledger, LedgerRole

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

Data: TypeAlias = ir.Table | pa.Table | parquet.Batches

_CHUNK = 100_000
_LINES = 1 << 40  # more than any file has
GRACE = timedelta(hours=1)  # how long a delisted file stays, for readers that began before


@dataclass(frozen=True)
class LakeFile:
    """One file that the ledger lists."""

    table: str
    partition: str
    path: str
    rows: int
    version: int


@dataclass(frozen=True)
class Erased:
    """Who and what was erased: persons, records, rows of batches (batch_id, line)."""

    persons: tuple[int, ...] = ()
    records: tuple[int, ...] = ()
    rows: tuple[tuple[int, int], ...] = ()

    def of(self, table: ir.Table) -> ir.BooleanValue | None:
        """Which rows of a table are theirs; None where none can be."""
        wanted = [
            (name, ids)
            for name, ids in (
                ("person_id", self.persons),
                ("subject", self.persons),
                ("record_id", self.records),
                ("other_record_id", self.records),
            )
            if ids and name in table.columns
        ]
        tests = [table[name].isin(ids).fill_null(False) for name, ids in wanted]
        if self.rows and {"batch_id", "line"} <= set(table.columns):
            place = table.batch_id.cast("int64") * _LINES + table.line
            tests.append(place.isin([batch * _LINES + line for batch, line in self.rows]))
        return functools.reduce(operator.or_, tests) if tests else None


@dataclass(frozen=True)
class _Staged:
    table: LakeTable
    partition: str
    path: str
    rows: int
    size: int
    sha256: str


class Lake:
    """Reads what the ledger lists; writes through `writer`."""

    def __init__(
        self, root: Path, ledger: Ledger, clock: Callable[[], datetime], engine: str = "duckdb"
    ) -> None:
        self.root = root
        self.engine = engine
        self._ledger = ledger
        self._clock = clock

    @cached_property
    def backend(self) -> BaseBackend:
        """The Ibis backend, connected at first use. On DuckDB, `backend.con` is the raw connection."""
        scratch = self.root / ".scratch"
        scratch.mkdir(parents=True, exist_ok=True)
        return connect(self.engine, scratch)

    def files(self, name: str) -> list[LakeFile]:
        """The live files of a table, oldest first. Raises KeyError for a table that is not in the catalogue."""
        LAKE[name]
        with self._ledger.read(LedgerRole.BULK) as connection:
            rows = connection.execute(
                "SELECT table_name, partition, path, rows, schema_version FROM store.file"
                " WHERE table_name = %s AND removed IS NULL ORDER BY file_id",
                (name,),
            ).fetchall()
        return [LakeFile(*row) for row in rows]

    def table(self, name: str, *, hide: bool = True, partition: str | None = None) -> ir.Table:
        """All live rows of a table, or of one partition; a table that has no file yet is empty, with its schema.

        `hide`: leave out the rows of persons who were erased and whose files wait to be written anew.
        """
        schema = LAKE[name].schema
        files = [file for file in self.files(name) if file.rows and partition in (None, file.partition)]
        if not files:
            return ibis.memtable(schema.empty_table(), schema=ibis.Schema.from_pyarrow(schema))
        rows = self._rows(name, files)
        hidden = self.erased().of(rows) if hide else None
        return rows if hidden is None else rows.filter(~hidden)

    def _rows(self, name: str, files: Sequence[LakeFile]) -> ir.Table:
        paths = [str(self.root / file.path) for file in files]
        missing = next((path for path in paths if not Path(path).exists()), None)
        if missing:
            raise LakeFileMissing(path=missing, table=name)
        versions = sorted({file.version for file in files})
        parts = [
            self._of_version(
                name, [str(self.root / file.path) for file in files if file.version == version], version
            )
            for version in versions
        ]
        return parts[0] if len(parts) == 1 else ibis.union(*parts)

    def _of_version(self, name: str, paths: list[str], version: int) -> ir.Table:
        """The rows of files that were written when the table had this version, with nulls for what was added since."""
        table = LAKE[name]
        later = [column for column, since in table.added.items() if since > version]
        types = ibis.Schema.from_pyarrow(table.schema)
        rows = read_parquet(self.backend, paths)
        return rows.mutate(**{name: ibis.null(types[name]) for name in later}).select(*table.schema.names)

    def erased(self) -> Erased:
        """What was erased and still stands in files: no read shows it."""
        with self._ledger.read(LedgerRole.BULK) as connection:
            rows = connection.execute("SELECT kind, id, batch_id FROM store.erased").fetchall()
        return Erased(
            tuple(number for kind, number, _ in rows if kind == "person"),
            tuple(number for kind, number, _ in rows if kind == "record"),
            tuple((batch, line) for kind, line, batch in rows if kind == "row"),
        )

    def cleaned(self, name: str, erased: Erased) -> dict[str, tuple[int, ir.Table]]:
        """The partitions of a table with rows of the erased: how many, and all rows but those."""
        parts: dict[str, list[LakeFile]] = {}
        for file in self.files(name):
            if file.rows:
                parts.setdefault(file.partition, []).append(file)
        found = {}
        for partition, files in parts.items():
            rows = self._rows(name, files)
            hidden = erased.of(rows)
            count = 0 if hidden is None else int(self.backend.execute(rows.filter(hidden).count()))
            if hidden is not None and count:
                found[partition] = (count, rows.filter(~hidden))
        return found

    def find(
        self,
        connection: psycopg.Connection[Any],
        name: str,
        column: str,
        values: Sequence[int],
        within: Sequence[str],
    ) -> pa.Table:
        """The rows of a table whose `column` is one of `values`, out of the partitions that begin with one of `within`.

        For tables sorted by that column, in small row groups: only the groups whose statistics fit are read. So a few
        rows come out of many millions in milliseconds. `connection`: role bulk, worker or owner.
        """
        paths = connection.execute(
            "SELECT DISTINCT path FROM store.file JOIN unnest(%s::text[]) AS w (prefix) ON starts_with(partition, prefix)"
            " WHERE table_name = %s AND removed IS NULL AND rows > 0 ORDER BY path",
            (list(within), name),
        ).fetchall()
        wanted = pa.array(values, LAKE[name].schema.field(column).type)
        found = [parquet.find(self.root / path, LAKE[name], column, wanted) for (path,) in paths]
        schema = LAKE[name].schema
        return pa.concat_tables(found) if found else schema.empty_table()

    def partition(self, name: str, partition: str) -> pa.Table:
        """The rows of one partition of a table, in memory."""
        paths = [self.root / file.path for file in self.files(name) if file.partition == partition]
        schema = LAKE[name].schema
        return (
            pa.concat_tables([pq.read_table(path, schema=schema) for path in paths])
            if paths
            else schema.empty_table()
        )

    def partition_rows(self, name: str, partition: str) -> int:
        """How many rows a partition of a table has, erased ones among them."""
        return sum(file.rows for file in self.files(name) if file.partition == partition)

    def partitions(self, name: str) -> list[str]:
        """The partitions of a table that have live files."""
        return sorted({file.partition for file in self.files(name)})

    def read(self, expression: ir.Table) -> pa.Table:
        """An expression's rows, in memory."""
        return self.backend.to_pyarrow(expression)

    def batches(self, expression: ir.Table, chunk: int = _CHUNK) -> pa.RecordBatchReader:
        """An expression's rows as a stream: memory does not grow with them."""
        return self.backend.to_pyarrow_batches(expression, chunk_size=chunk)

    @contextmanager
    def writer(
        self, step: str, inputs: dict[str, Any] | None = None, wait: float | None = 600
    ) -> Iterator[LakeWriter]:
        """The one writer of the lake, for as long as the block runs. Waits up to `wait` seconds for its turn.

        `inputs` tells what the step was computed from. Raises LedgerLocked when another writer stays.
        """
        with self._ledger.lock("lake", wait=wait) as lock:
            self.sweep()
            writer = LakeWriter(self, step, inputs or {}, self._clock(), lock)
            try:
                yield writer
            finally:
                writer.discard()

    def sweep(self) -> int:
        """Delete the files that no reader can reach any more; how many. Call it only as the one writer.

        None while a backup copies files.
        """
        try:
            with self._ledger.lock("lake.sweep"):
                return self._sweep()
        except LedgerLocked:
            return 0

    def _sweep(self) -> int:
        expired = self._clock() - GRACE
        with self._ledger.transaction(LedgerRole.BULK) as connection:
            connection.execute(
                "DELETE FROM store.file USING store.snapshot"
                " WHERE snapshot_id = removed AND snapshot.at < %s",
                (expired,),
            )
            listed = {path for (path,) in connection.execute("SELECT path FROM store.file").fetchall()}
        stray = [
            path
            for path in self.root.glob("*/**/*.parquet")
            if str(path.relative_to(self.root)) not in listed
        ]
        for path in stray:
            path.unlink(missing_ok=True)
        return len(stray)

    def close(self) -> None:
        """Give back the engine's memory and files."""
        if "backend" in self.__dict__:
            self.backend.disconnect()
            del self.__dict__["backend"]


@dataclass
class LakeWriter:
    """What one step writes: staged files, and partitions to delist, published together."""

    lake: Lake
    step: str
    inputs: dict[str, Any]
    at: datetime
    lock: HeldLock
    _staged: list[_Staged] = field(default_factory=list)
    _dropped: list[tuple[str, str]] = field(default_factory=list)
    _published: bool = False

    def stage(self, name: str, data: Data, partition: str = "") -> int:
        """Write the rows that a partition of a table is to hold; they count once published. Returns how many.

        Columns are cast to the catalogue's schema; a missing or surplus column raises ValueError.
        """
        table = LAKE[name]
        folder = self.lake.root / name.replace(".", "/") / (partition or "_")
        relative = str((folder / f"{uuid.uuid4().hex}.parquet").relative_to(self.lake.root))
        path = self.lake.root / relative
        try:
            folder.mkdir(parents=True, exist_ok=True)
            rows = parquet.write(path, table, self._as_batches(data))
        except OSError as error:
            path.unlink(missing_ok=True)
            raise out_of_room(error, path) or LakeNotWritable(
                path=path, reason=error.strerror or error
            ) from error
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        self._staged.append(_Staged(table, partition, relative, rows, path.stat().st_size, disk.sha256(path)))
        return rows

    def staged(self, name: str) -> ir.Table:
        """The rows staged for a table so far, to be read before they are published."""
        schema = LAKE[name].schema
        paths = [
            str(self.lake.root / file.path) for file in self._staged if file.table.name == name and file.rows
        ]
        if not paths:
            return ibis.memtable(schema.empty_table(), schema=ibis.Schema.from_pyarrow(schema))
        return read_parquet(self.lake.backend, paths)

    @property
    def has_staged(self) -> bool:
        """Is there anything to publish?"""
        return bool(self._staged)

    def drop(self, name: str, partition: str = "") -> None:
        """Delist a partition of a table when the step is published."""
        LAKE[name]
        self._dropped.append((name, partition))

    def publish(self, connection: psycopg.Connection[Any]) -> int:
        """List what was staged, in the caller's transaction (role bulk or owner). Returns the snapshot's id.

        Raises LockLost when the server was restarted since the writer began: what is staged may be swept already.
        """
        self.lock.check(connection)
        row = connection.execute(
            "INSERT INTO store.snapshot (at, step, inputs) VALUES (%s, %s, %s) RETURNING snapshot_id",
            (self.at, self.step, Jsonb(self.inputs)),
        ).fetchone()
        assert row is not None
        snapshot: int = row[0]
        replaced = {(file.table.name, file.partition) for file in self._staged} | set(self._dropped)
        for name, partition in sorted(replaced):
            connection.execute(
                "UPDATE store.file SET removed = %s WHERE table_name = %s AND partition = %s AND removed IS NULL",
                (snapshot, name, partition),
            )
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO store.file (table_name, partition, path, rows, bytes, sha256, schema_version, added)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    (f.table.name, f.partition, f.path, f.rows, f.size, f.sha256, f.table.version, snapshot)
                    for f in self._staged
                ],
            )
        self._published = True
        return snapshot

    def discard(self) -> None:
        """Delete what was staged and not listed. A transaction that rolled back leaves it to the next sweep."""
        if self._published:
            return
        for file in self._staged:
            (self.lake.root / file.path).unlink(missing_ok=True)

    def _as_batches(self, data: Data) -> parquet.Batches:
        if isinstance(data, ir.Table):
            return self.lake.batches(data)
        return data.to_reader(_CHUNK) if isinstance(data, pa.Table) else data
