"""What can be done with lists: import a file, look at what an import would make of it, take a batch back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from psycopg.types.json import Jsonb

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.consent import packs
from commonweal.intake import guess, queries, recorder, rules
from commonweal.intake import mapping as mappings
from commonweal.intake.errors import (
    BatchSuperseded,
    ColumnMissing,
    EmptyFile,
    FileChanged,
    FileUnreadable,
    NothingReadable,
)
from commonweal.intake.graveyard import graveyard
from commonweal.intake.keys import KeyBook
from commonweal.intake.loading import TABLES, Loader, Tally
from commonweal.intake.model import Batch, FileKind, Mapping, Preview, Status
from commonweal.intake.readers import Chunk, OpenFile, open_file
from commonweal.jobs.model import Progress, silent
from commonweal.store.lake import LakeWriter
from commonweal.store.ledger import Connection, LedgerRole

_SAMPLE = 20_000  # rows from which a mapping is guessed
_SHOWN = 10


@dataclass(frozen=True)
class _Job:
    """A file, recognised, with the name and the mapping of the list that it belongs to."""

    file: OpenFile
    source: str
    mapping: Mapping
    kept: bool  # the mapping stands in sources/ as it is
    sample: pa.RecordBatch

    @property
    def version(self) -> str:
        return mappings.version(self.mapping)


def import_file(
    campaign: Campaign,
    path: Path,
    *,
    source: str | None = None,
    mapping: Mapping | None = None,
    as_of: date | None = None,
    progress: Progress = silent,
) -> Batch:
    """Load a file: each row becomes a record or goes to quarantine, and all of it counts at once or not at all.

    `source` names the list (default: from the file's name). Its mapping is `mapping`, else sources/NAME.toml, else
    guessed; it is written to sources/NAME.toml before the rows are read. `as_of` is the day that the list tells of
    (default: today). The same bytes under the same mapping are loaded once: a second call says `already`. Under a
    corrected mapping they replace the older batch. Raises what is wrong with the file or the mapping, and
    RealListsNeedPack, UnknownPack, PackNotInForce.
    """
    started = campaign.clock()
    progress(0, None, "looking through the file")
    before = _state(path)
    job = _recognise(campaign, path, source, mapping)
    packs.check_sources(campaign, {job.source: job.mapping.origin})
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        found = _same_batch(connection, job)
    if found is not None:
        return found
    if not job.kept:
        mappings.write(mappings.path_of(campaign.folder, job.source), job.mapping, job.file.reader.format)
    day = as_of or campaign.today
    inputs = {"source": job.source, "sha256": job.file.survey.sha256, "mapping": job.version}
    with campaign.lake.writer("intake.import", inputs) as writer:
        with campaign.ledger.read(LedgerRole.BULK) as connection:
            found = _same_batch(connection, job)  # another import may have been quicker
        if found is not None:
            return found
        number = _next_number(campaign)
        tally = _stage(campaign, writer, job, number, day, progress)
        if _state(path) != before:
            raise FileChanged(path=path)
        progress(tally.rows_read, tally.rows_read, "publishing")
        seconds = (campaign.clock() - started).total_seconds()
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            return _publish(
                campaign, connection, writer, job, _batch(campaign, job, number, day, tally, seconds), tally
            )


def preview(
    campaign: Campaign, path: Path, *, source: str | None = None, mapping: Mapping | None = None
) -> Preview:
    """What an import would make of a file: the mapping, the first rows, and what they would say. Changes nothing."""
    job = _recognise(campaign, path, source, mapping)
    reader = _recorder(campaign, job, campaign.today)
    read = reader.read(job.sample)
    reasons: Counter[str] = Counter()
    for finding in read.findings:
        reasons.update(reason for reason in finding.reasons.to_pylist() if reason is not None)
    shown = {name: values.slice(0, _SHOWN).to_pylist() for name, values in read.fields.items()}
    shown |= {f"vote:{name}": values.slice(0, _SHOWN).to_pylist() for name, values in read.votes.items()}
    shown |= {f"attribute:{each.name}": each.text.slice(0, _SHOWN).to_pylist() for each in read.attributes}
    return Preview(
        source=job.source,
        mapping=mappings.to_data(job.mapping),
        mapping_version=job.version,
        guessed=not job.kept and mapping is None,
        format=job.file.reader.format,
        columns=job.file.reader.headers,
        rows=tuple(job.sample.slice(0, _SHOWN).to_pylist()),
        records=tuple(dict(zip(shown, row, strict=True)) for row in zip(*shown.values(), strict=True)),
        sampled=job.sample.num_rows,
        reasons=dict(reasons),
    )


def take_back(campaign: Campaign, batch_id: int) -> Batch:
    """Take a batch back: its rows leave the lake, its records no longer count. Taking back twice is harmless.

    Raises NoSuchBatch, BatchSuperseded.
    """
    with (
        campaign.lake.writer("intake.take_back", {"batch": batch_id}) as writer,
        campaign.ledger.transaction(LedgerRole.BULK) as connection,
    ):
        batch = queries.batch(connection, batch_id)
        if batch.status is Status.SUPERSEDED:
            raise BatchSuperseded(batch_id=batch_id)
        if batch.status is Status.WITHDRAWN:
            return batch
        _end(connection, writer, batch_id, Status.WITHDRAWN)
        writer.publish(connection)
        detail = {"source": batch.source}
        audit.record(connection, campaign, "take back", subject=f"batch:{batch_id}", detail=detail)
    return msgspec.structs.replace(batch, status=Status.WITHDRAWN)


def _recognise(campaign: Campaign, path: Path, source: str | None, mapping: Mapping | None) -> _Job:
    """Open the file under the list's mapping, or under a guessed one; check that they fit."""
    name = source or rules.source_name(path.name)
    rules.check_source_name(name)
    place = mappings.path_of(campaign.folder, name)
    stored = mappings.read(place) if place.exists() else None
    wanted = mapping or stored
    if wanted is not None:
        rules.check(name, wanted)
    file = open_file(path, wanted.format if wanted else None, name)
    sample = _sample(file)
    if wanted is None:
        title = " ".join(name.replace("_", " ").split()).capitalize()
        wanted = guess.guess(title, sample, campaign.settings.region)
        rules.check(name, wanted)
    _check_columns(path, name, wanted, file)
    return _Job(file, name, wanted, wanted == stored, sample)


def _sample(file: OpenFile) -> pa.RecordBatch:
    """The first rows that can be read. Raises EmptyFile where no row has any form."""
    found: list[pa.RecordBatch] = []
    seen = False
    for chunk in file.reader.chunks():
        found.append(chunk.columns)
        seen = seen or chunk.rows > 0
        if sum(batch.num_rows for batch in found) >= _SAMPLE:
            break
    if not seen:
        raise EmptyFile(path=file.path)
    tables = [pa.Table.from_batches([batch]) for batch in found]
    sample = pa.concat_tables(tables, promote_options="default").slice(0, _SAMPLE).combine_chunks()
    return sample.to_batches()[0] if sample.num_rows else found[0].slice(0, 0)


def _check_columns(path: Path, source: str, mapping: Mapping, file: OpenFile) -> None:
    """Raise ColumnMissing unless the file has all columns that matter. JSON rows may lack some, but for the key."""
    found = rules.resolve_headers(mapping.columns, file.reader.headers)
    wanted = [header for header, column in mapping.columns.items() if column.target or header in mapping.key]
    missing = [header for header in wanted if found[header] is None]
    sparse = file.reader.format.kind is FileKind.JSON and 2 * len(missing) < len(wanted)
    if missing and not (sparse and not set(missing) & set(mapping.key)):
        raise ColumnMissing(
            path=path,
            source=f"sources/{source}.toml",
            columns=", ".join(map(repr, missing)),
            known=", ".join(file.reader.headers),
        )


def _recorder(campaign: Campaign, job: _Job, day: date) -> recorder.Recorder:
    return recorder.prepare(job.mapping, job.file.reader.headers, job.sample, campaign.settings.region, day)


def _stage(
    campaign: Campaign, writer: LakeWriter, job: _Job, number: int, day: date, progress: Progress
) -> Tally:
    """Read all rows and stage them. Raises EmptyFile, NothingReadable."""
    loader = Loader(
        writer=writer,
        batch_id=number,
        source=job.source,
        recorder=_recorder(campaign, job, day),
        book=_book(campaign, job.source),
        take_ids=lambda count: campaign.ids.take("record", count),
        is_erased=graveyard(campaign),
    )

    def report() -> None:
        position = job.file.reader.position
        progress(position.done, position.total, f"reading {job.file.path.name}")

    tally = loader.load(_chunks(job.file), report)
    if tally.rows_read == 0:
        raise EmptyFile(path=job.file.path)
    if tally.records == 0:
        reasons = ", ".join(f"{reason} ({count})" for reason, count in tally.reasons.most_common(3))
        raise NothingReadable(
            path=job.file.path, rows=tally.rows_read, reasons=reasons, mapping=f"sources/{job.source}.toml"
        )
    return tally


def _chunks(file: OpenFile) -> Iterator[Chunk]:
    """The file's chunks; a fault of the disk while reading gets its words."""
    try:
        yield from file.reader.chunks()
    except OSError as error:
        raise FileUnreadable(path=file.path, reason=error.strerror or error) from error


def _book(campaign: Campaign, source: str) -> KeyBook:
    """The keys and ids of the source's records in the lake."""
    book = KeyBook()
    table = campaign.lake.table("intake.record")
    own = table.filter(table.source == source).select("key", "record_id").distinct()
    for batch in campaign.lake.batches(own):
        book.remember(batch["key"], np.asarray(batch["record_id"], np.int64))
    return book


def _batch(campaign: Campaign, job: _Job, number: int, day: date, tally: Tally, seconds: float) -> Batch:
    return Batch(
        batch_id=number,
        source=job.source,
        mode=job.mapping.mode,
        file_name=job.file.path.name,
        sha256=job.file.survey.sha256,
        mapping_version=job.version,
        as_of=day,
        columns=job.file.reader.headers,
        rows_read=tally.rows_read,
        records=tally.records,
        quarantined=tally.quarantined,
        set_aside=tally.set_aside,
        status=Status.LOADED,
        loaded_at=campaign.clock(),
        actor=campaign.actor,
        seconds=seconds,
    )


def _publish(
    campaign: Campaign, connection: Connection, writer: LakeWriter, job: _Job, batch: Batch, tally: Tally
) -> Batch:
    """Make the batch count, in the caller's transaction: files, source, batch, quarantine, audit."""
    replaced = [
        older.batch_id
        for older in queries.loaded_batches(connection, job.source)
        if older.sha256 == batch.sha256
    ]
    for number in replaced:
        _end(connection, writer, number, Status.SUPERSEDED)
    writer.publish(connection)
    _write_source(connection, job)
    _write_batch(connection, batch)
    _write_quarantine(connection, batch.batch_id, tally)
    detail = {
        "source": batch.source,
        "rows": batch.rows_read,
        "records": batch.records,
        "quarantined": batch.quarantined,
        "replaced": replaced,
    }
    audit.record(connection, campaign, "import", subject=f"batch:{batch.batch_id}", detail=detail)
    return batch


def _end(connection: Connection, writer: LakeWriter, number: int, status: Status) -> None:
    """A batch no longer counts: its rows are delisted, its examples go, its counts stay."""
    for table in TABLES:
        writer.drop(table, str(number))
    connection.execute("UPDATE intake.batch SET status = %s WHERE batch_id = %s", (status.value, number))
    connection.execute("DELETE FROM intake.quarantine_row WHERE batch_id = %s", (number,))


def _write_source(connection: Connection, job: _Job) -> None:
    mapping = job.mapping
    connection.execute(
        "INSERT INTO intake.source AS s"
        " (name, list, kind, mode, origin, purpose, legal_basis, mapping_version, mapping)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (name) DO UPDATE SET (list, kind, mode, origin, purpose, legal_basis, mapping_version, mapping)"
        " = (EXCLUDED.list, EXCLUDED.kind, EXCLUDED.mode, EXCLUDED.origin, EXCLUDED.purpose, EXCLUDED.legal_basis,"
        " EXCLUDED.mapping_version, EXCLUDED.mapping)",
        (
            job.source,
            mapping.list_name,
            mapping.kind.value,
            mapping.mode.value,
            mapping.origin.value,
            mapping.purpose,
            mapping.legal_basis,
            job.version,
            Jsonb(mappings.to_data(mapping)),
        ),
    )


def _write_batch(connection: Connection, batch: Batch) -> None:
    values: dict[str, Any] = msgspec.structs.asdict(batch)
    del values["already"]
    values |= {"mode": batch.mode.value, "status": batch.status.value, "columns": list(batch.columns)}
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    connection.execute(f"INSERT INTO intake.batch ({names}) VALUES ({places})", values)


def _write_quarantine(connection: Connection, number: int, tally: Tally) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO intake.quarantine_count (batch_id, reason, rows) VALUES (%s, %s, %s)",
            [(number, reason, count) for reason, count in tally.reasons.items()],
        )
        cursor.executemany(
            "INSERT INTO intake.quarantine_row (batch_id, reason, line, column_name, value, cells)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [
                (
                    number,
                    reason,
                    each.line,
                    _storable(each.column_name),
                    _storable(each.value),
                    None if each.cells is None else [_storable(cell) for cell in each.cells],
                )
                for reason, examples in tally.examples.items()
                for each in examples
            ],
        )


def _storable(text: str | None) -> str | None:
    """PostgreSQL's text can't hold a null character: show its picture."""
    return None if text is None else text.replace("\0", "␀")


def _same_batch(connection: Connection, job: _Job) -> Batch | None:
    """The loaded batch of the same bytes under the same mapping, marked `already`."""
    for batch in queries.loaded_batches(connection, job.source):
        if batch.sha256 == job.file.survey.sha256 and batch.mapping_version == job.version:
            return msgspec.structs.replace(batch, already=True)
    return None


def _next_number(campaign: Campaign) -> int:
    """A batch number, never given before; a gap is harmless."""
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        row = connection.execute("SELECT nextval('intake.batch_number')").fetchone()
    assert row is not None
    return int(row[0])


def _state(path: Path) -> tuple[int, int] | None:
    """What tells that a file was written to."""
    try:
        found = path.stat()
    except OSError:
        return None  # the reader will say what is wrong
    return found.st_size, found.st_mtime_ns
