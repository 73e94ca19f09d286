"""Linking without a campaign: any lists to persons, and how well that was done where the truth is known."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from commonweal.campaign import NotWritable, utc_now
from commonweal.identity import lists, measures, rules
from commonweal.identity.errors import CannotWriteAs, ColumnNowhere, WouldReplaceList
from commonweal.identity.link import link_records
from commonweal.identity.measures import Ids, Measures
from commonweal.identity.missed import Missed
from commonweal.intake.errors import EmptyFile
from commonweal.intake.mapping import Corrections
from commonweal.intake.rules import resolve_headers
from commonweal.jobs.model import Progress, silent

WRITTEN = (".csv", ".parquet")


@dataclass(frozen=True)
class Linking:
    """Which rows are one person.

    `person` has the person's number (0 to persons-1, by first row) of each row, in the order of the lists and their
    rows; `rows` the rows as they came, as text: the columns of all lists. `threshold`: the log2 odds from which a pair
    speaks for one person. `measures` is there where the truth was told, `missed` where there are two rows or more: what
    no comparison brought together, told without a truth. `unread` counts lines that are no rows.
    """

    person: Ids
    rows: pa.Table
    threshold: float
    measures: Measures | None
    missed: Missed | None
    lists: tuple[lists.List, ...]
    unread: int
    seconds: float

    @property
    def records(self) -> int:
        """How many rows were linked."""
        return int(self.person.size)

    @property
    def persons(self) -> int:
        """How many persons they are."""
        return int(self.person.max(initial=-1)) + 1

    def as_json(self) -> dict[str, Any]:
        """What `commonweal link --json` prints; the measures are null where no truth was told."""
        found = self.measures
        return {
            "records": self.records,
            "persons": self.persons,
            "threshold": self.threshold,
            "blocking_recall": found and found.blocking_recall,
            "edges": found and vars(found.edges),
            "pairwise": found and vars(found.pairwise),
            "exact": found and vars(found.exact),
            "seconds": self.seconds,
            "missed": self.missed and self.missed.as_json(),
        }

    def write(self, path: Path) -> None:
        """Write the rows, each with its person's number in a column `person`, as CSV or Parquet by the name.

        Where the lists have such a column, ours is called `person (2)`. Whole or not at all. Raises CannotWriteAs,
        NotWritable.
        """
        check_output(path)
        path = path.resolve()  # a link stays one
        name, again = "person", 2
        while name in self.rows.column_names:
            name, again = f"person ({again})", again + 1
        table = self.rows.append_column(name, pa.array(self.person))
        temporary = path.with_name(f".{path.name}.new")
        try:
            if path.suffix.lower() == ".csv":
                pcsv.write_csv(table, temporary)
            else:
                pq.write_table(table, temporary)
            temporary.replace(path)
        except OSError as error:
            raise NotWritable(folder=path.parent, reason=error.strerror or error) from error
        finally:
            temporary.unlink(missing_ok=True)


def check_output(path: Path, lists: Sequence[Path] = ()) -> None:
    """Raise what is wrong with a file that the rows of `lists` are to be written to, before long work begins:
    CannotWriteAs, NotWritable, WouldReplaceList."""
    if path.suffix.lower() not in WRITTEN:
        raise CannotWriteAs(path=path)
    folder = path.resolve().parent
    if not folder.is_dir():
        raise NotWritable(folder=path.parent, reason="there is no such folder")
    if path.is_dir():
        raise NotWritable(folder=path, reason="it is a folder, not a file")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise NotWritable(folder=path.parent, reason=os.strerror(errno.EACCES))
    if path.resolve() in {each.resolve() for each in lists}:
        raise WouldReplaceList(path=path)


def link_files(
    paths: Sequence[Path],
    *,
    truth: str | None = None,
    corrections: Corrections | None = None,
    progress: Progress = silent,
) -> Linking:
    """Which rows of the files are one person; see `link_tables`. Files: CSV, TSV, Excel, Parquet, JSON lines, gzip.

    Raises what is wrong with a file (`commonweal.intake.errors`) and what `link_tables` does.
    """
    started = time.monotonic()
    told = corrections or Corrections()
    tables: dict[str, pa.Table] = {}
    unread = 0
    for path in paths:
        rows, bad = lists.read_file(path, told, progress)
        tables[path.name if path.name not in tables else str(path)] = rows
        unread += bad
    return _linked(tables, truth, told, progress, unread, started)


def link_tables(
    tables: Map[str, pa.Table],
    *,
    truth: str | None = None,
    corrections: Corrections | None = None,
    progress: Progress = silent,
) -> Linking:
    """Which rows of the tables (by name; columns of any type) are one person, without a campaign and without labels.

    What the columns mean is guessed from their names and values; `corrections` says otherwise. `truth` names the
    column that tells which person a row is of: it is evidence of nothing, and measures the result (rows where it is
    null or blank, and tables without it, are left out of the measures). A column that numbers the rows is no
    evidence either. Raises ColumnNowhere, EmptyFile for a table without rows, NothingMapped, and what is wrong with
    the corrections.
    """
    started = time.monotonic()
    for name, table in tables.items():
        if not table.num_rows:
            raise EmptyFile(path=name)
    texts = {name: lists.in_text(table) for name, table in tables.items()}
    return _linked(texts, truth, corrections or Corrections(), progress, 0, started)


def _linked(
    tables: dict[str, pa.Table],
    truth: str | None,
    corrections: Corrections,
    progress: Progress,
    unread: int,
    started: float,
) -> Linking:
    truths = _truth_columns(tables, truth)
    untold = {name: _without(table, truths.get(name)) for name, table in tables.items()}
    understood = lists.understood(untold, corrections, ignored=truth)
    records = lists.records(understood, utc_now().date(), progress)
    codes = _codes(tables, truths) if truth is not None else None
    linked = link_records(records, progress=progress, truth=codes, survey=True)
    return Linking(
        person=linked.cluster,
        rows=pa.concat_tables(list(tables.values()), promote_options="default"),
        threshold=rules.THRESHOLD,
        measures=linked.measures,
        missed=linked.missed,
        lists=tuple(understood),
        unread=unread,
        seconds=round(time.monotonic() - started, 2),
    )


def _truth_columns(tables: dict[str, pa.Table], truth: str | None) -> dict[str, str]:
    """For each table that has it the header of the column that tells the truth. Raises ColumnNowhere."""
    if truth is None:
        return {}
    found = {
        name: resolve_headers((truth,), tuple(table.column_names))[truth] for name, table in tables.items()
    }
    told = {name: header for name, header in found.items() if header is not None}
    if not told:
        headers = dict.fromkeys(header for table in tables.values() for header in table.column_names)
        raise ColumnNowhere(columns=repr(truth), known=", ".join(headers))
    return told


def _without(table: pa.Table, header: str | None) -> pa.Table:
    return table if header is None else table.drop_columns([header])


def _codes(tables: dict[str, pa.Table], truths: dict[str, str]) -> Ids:
    columns = [
        table[truths[name]] if name in truths else pa.chunked_array([pa.nulls(table.num_rows, pa.string())])
        for name, table in tables.items()
    ]
    return measures.truth_codes(pa.chunked_array([chunk for column in columns for chunk in column.chunks]))
