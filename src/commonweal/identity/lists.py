"""Tables to records that can be linked, without a campaign: mapping guessed and corrected, cells normalised.

Each row becomes a record, whatever is wrong with it: a value that can't be read is unknown, and so is evidence of
nothing. Rows go to quarantine where a campaign imports a list; who links a table wants all of it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from commonweal.identity import evidence
from commonweal.identity.errors import ColumnNowhere
from commonweal.identity.tables import EXTRA
from commonweal.intake import guess, recorder, region, rules
from commonweal.intake.errors import EmptyFile
from commonweal.intake.mapping import Corrections
from commonweal.intake.model import Mapping
from commonweal.intake.normalise.names import name_keys
from commonweal.intake.normalise.text import Text, fold
from commonweal.intake.readers import open_file
from commonweal.intake.readers.parquet import as_text
from commonweal.intake.records import Records
from commonweal.jobs.model import Progress
from commonweal.store.catalogue import KEY_FIELDS, PERSON_FIELDS

SAMPLE = 20_000  # rows from which a mapping is guessed
_ROWS = 65_536
_EVER = 3_000  # years: a list of historical figures is a list, too


@dataclass(frozen=True)
class List:
    """One list: its rows as text, what its columns mean, and the country whose way of writing is meant (ISO 3166)."""

    name: str
    rows: pa.Table
    mapping: Mapping
    region: str

    @property
    def sample(self) -> pa.RecordBatch:
        """The first rows."""
        return _batch(self.rows.slice(0, SAMPLE))


def read_file(path: Path, corrections: Corrections, progress: Progress) -> tuple[pa.Table, int]:
    """All rows of a file as text, and how many of its lines are no rows. Raises what is wrong with the file."""
    file = open_file(path, corrections.format, path.name)
    parts, bad = [], 0
    for chunk in file.reader.chunks():
        parts.append(pa.Table.from_batches([chunk.columns]))
        bad += len(chunk.bad)
        position = file.reader.position
        progress(position.done, position.total, f"reading {path.name}")
    rows = pa.concat_tables(parts, promote_options="default") if parts else pa.table({})
    if not rows.num_rows:
        raise EmptyFile(path=path)
    return rows, bad


def in_text(table: pa.Table) -> pa.Table:
    """A table with every column as text, as a reader gives a file's; headers tidied and all different."""
    columns = [
        pa.chunked_array([as_text(part) for part in column.chunks], pa.string()) for column in table.columns
    ]
    return pa.table(columns, names=list(rules.unique_headers(list(table.column_names))))


def understood(tables: Map[str, pa.Table], truth: str | None, corrections: Corrections) -> list[List]:
    """What the columns of the tables (of text, by name) mean: guessed, corrected, never the column `truth`.

    Raises ColumnNowhere for a correction of a column that no table has, and what is wrong with a mapping.
    """
    without = {name: _without(table, truth) for name, table in tables.items()}
    headers = tuple(dict.fromkeys(header for table in without.values() for header in table.column_names))
    told = rules.resolve_headers(tuple(corrections.columns), headers)
    missing = [header for header, found in told.items() if found is None and header != truth]
    if missing:
        raise ColumnNowhere(columns=", ".join(map(repr, missing)), known=", ".join(headers))
    lists = [_guessed(name, table, corrections) for name, table in without.items()]
    chosen = evidence.chosen([(each.mapping, each.sample) for each in lists])
    corrected = [
        replace(each, mapping=corrections.applied_to(mapping))
        for each, mapping in zip(lists, chosen, strict=True)
    ]
    for each in corrected:
        rules.check(each.name, each.mapping)
    return corrected


def _without(table: pa.Table, truth: str | None) -> pa.Table:
    return table.drop_columns([truth]) if truth in table.column_names else table


def _guessed(name: str, table: pa.Table, corrections: Corrections) -> List:
    sample = _batch(table.slice(0, SAMPLE))
    country = corrections.constants.get("country", "").upper() or region.guess(sample)
    return List(name, table, guess.guess(name, sample, country), country)


def records(lists: Sequence[List], as_of: date, progress: Progress) -> pa.Table:
    """The lists' rows as records, in order: the columns of `intake.record` that the engine compares, and extras.

    record_id counts the rows from 0 through all lists. Two-digit years of birth are full by the day `as_of`.
    """
    total = sum(each.rows.num_rows for each in lists)
    parts, done = [], 0
    for each in lists:
        reader = recorder.prepare(
            each.mapping, tuple(each.rows.column_names), each.sample, each.region, as_of, oldest=_EVER
        )
        for batch in _batches(each.rows):
            parts.append(_as_columns(reader.read(batch), each.name))
            done += batch.num_rows
            progress(done, total, "understanding")
    whole = pa.concat_tables(parts, promote_options="default")
    return whole.add_column(0, "record_id", pa.array(range(whole.num_rows), pa.int64()))


def _as_columns(found: Records, source: str) -> pa.Table:
    columns: dict[str, pa.Array] = {"source": pa.repeat(pa.scalar(source), found.rows)}
    for name, kind in (PERSON_FIELDS | KEY_FIELDS).items():
        values = found.fields.get(name, found.keys.get(name))
        if values is not None and name != "registration_number":
            columns[name] = values.cast(kind)
    return pa.table(columns | _extras(found))


def _extras(found: Records) -> dict[str, Text]:
    """Further evidence about the person. Numbers have typing errors like all else, so none is taken for proof."""
    extras = {f"{EXTRA}{_slug(each.name)}": fold(each.text, digits=True) for each in found.attributes}
    if "middle_name" in found.fields:
        extras[f"{EXTRA}middle_name"] = name_keys(found.fields["middle_name"])
    if "registration_number" in found.fields:
        number = fold(found.fields["registration_number"], digits=True)
        extras[f"{EXTRA}registration_number"] = pc.replace_substring(number, " ", "")
    return extras


def _slug(name: str) -> str:
    return rules.fold_header(name).replace(" ", "_")


def _batches(table: pa.Table) -> Iterator[pa.RecordBatch]:
    for begin in range(0, table.num_rows, _ROWS):
        yield _batch(table.slice(begin, _ROWS))


def _batch(table: pa.Table) -> pa.RecordBatch:
    """A table's rows in one piece."""
    columns = [column.combine_chunks() for column in table.columns]
    return pa.RecordBatch.from_arrays(columns, schema=table.schema)


def shown(mapping: Mapping) -> dict[str, str]:
    """The columns that mean something, each with its target."""
    return {header: column.target for header, column in mapping.columns.items() if column.target}
