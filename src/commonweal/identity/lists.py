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

from commonweal.identity import births, evidence
from commonweal.identity.errors import ColumnNowhere
from commonweal.identity.tables import EXTRA
from commonweal.intake import guess, recorder, region, rules
from commonweal.intake.errors import EmptyFile, NothingMapped
from commonweal.intake.mapping import Corrections
from commonweal.intake.model import Mapping
from commonweal.intake.normalise import codes
from commonweal.intake.normalise.names import name_keys
from commonweal.intake.normalise.text import Text, clean, fold
from commonweal.intake.readers import open_file
from commonweal.intake.readers.parquet import as_text
from commonweal.intake.records import Records
from commonweal.jobs.model import Progress
from commonweal.store.catalogue import KEY_FIELDS, PERSON_FIELDS

SAMPLE = 20_000  # rows from which a mapping is guessed
_ROWS = 65_536
_NOTHING = r"^\s*(?:NA|(?i:null|nan|none|nil|n/a|#n/a|\\n|nat|unknown|inconnue?|missing|non renseign\pL+)|[-?.*_]+)\s*$"
_LEAST_DIGITS = 6
_FLOAT = r"^\s*-?\d+\.0\s*$"
_MOSTLY = 0.9
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


def understood(
    tables: Map[str, pa.Table], corrections: Corrections, ignored: str | None = None
) -> list[List]:
    """What the columns of the tables (of text, by name) mean: guessed and corrected.

    Raises ColumnNowhere for a correction of a column that no table has (but for `ignored`), and what is wrong with a
    mapping.
    """
    blanked = {
        name: births.whole_dates(_blanked(table), corrections.columns) for name, table in tables.items()
    }
    headers = tuple(dict.fromkeys(header for table in blanked.values() for header in table.column_names))
    told = rules.resolve_headers(tuple(corrections.columns), headers)
    missing = [header for header, found in told.items() if found is None and header != ignored]
    if missing:
        raise ColumnNowhere(columns=", ".join(map(repr, missing)), known=", ".join(headers))
    lists = [_guessed(name, table, corrections) for name, table in blanked.items()]
    chosen = evidence.chosen([(each.mapping, _batch(each.rows)) for each in lists])
    corrected = [
        replace(each, mapping=corrections.applied_to(mapping))
        for each, mapping in zip(lists, chosen, strict=True)
    ]
    for each in corrected:
        if not each.mapping.targets():
            raise NothingMapped(source=each.name, mapping="--mapping FILE")
        rules.check(each.name, each.mapping)
    return corrected


def _blanked(table: pa.Table) -> pa.Table:
    """The table with its words for nothing (NULL, n/a) as null, and numbers without the ".0" that software adds."""
    columns = []
    for column in table.columns:
        blank = pc.match_substring_regex(column, _NOTHING)
        cells = pc.if_else(pc.fill_null(blank, False), pa.scalar(None, pa.string()), column)
        whole = pc.mean(pc.match_substring_regex(cells, _FLOAT)).as_py() or 0
        columns.append(pc.replace_substring_regex(cells, r"\.0\s*$", "") if whole > _MOSTLY else cells)
    return pa.table(columns, names=table.column_names)


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
            found = reader.read(batch)
            _keep_unreadable(found, batch, each.mapping)
            parts.append(_as_columns(found, each.name))
            done += batch.num_rows
            progress(done, total, "understanding")
    whole = pa.concat_tables(parts, promote_options="default")
    return whole.add_column(0, "record_id", pa.array(range(whole.num_rows), pa.int64()))


def _keep_unreadable(found: Records, batch: pa.RecordBatch, mapping: Mapping) -> None:
    """Telephone numbers that no country has and misspelt e-mail addresses, as they came: who gives the same twice may
    be one person all the same."""
    targets = mapping.targets()
    if "phone" in found.fields:
        for header in targets["phone"]:
            digits = pc.replace_substring_regex(clean(batch.column(header)), r"\D+", "")
            long = pc.greater_equal(pc.utf8_length(digits), _LEAST_DIGITS)
            found.fields["phone"] = pc.coalesce(found.fields["phone"], pc.if_else(long, digits, None))
    if "email" in found.fields:
        for header in targets["email"]:
            found.keys["email_key"] = pc.coalesce(
                found.keys["email_key"], pc.utf8_lower(clean(batch.column(header)))
            )


def _as_columns(found: Records, source: str) -> pa.Table:
    columns: dict[str, pa.Array] = {"source": pa.repeat(pa.scalar(source), found.rows)}
    for name, kind in (PERSON_FIELDS | KEY_FIELDS).items():
        values = found.fields.get(name, found.keys.get(name))
        if values is not None and name != "registration_number":
            columns[name] = values.cast(kind)
    if "sex" not in columns and "title" in columns:
        columns["sex"] = codes.sexes(columns["title"], None).values
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
