"""Reading a written electorate back, as anyone would."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from commonweal.electorate import WrittenLists

VOTERS = 3_000


@dataclass(frozen=True)
class Town:
    """A written electorate, with its lists as anyone would read them: one entry a data row."""

    written: WrittenLists
    persons: pa.Table
    records: pa.Table
    areas: pa.Table

    def rows(self, name: str) -> list[dict[str, object]]:
        """The rows of a list; those of text files that can't be read are empty."""
        return list(_READERS[name](self.written[name].path))

    def truth(self, name: str) -> list[dict[str, object]]:
        """The hidden truth about the rows of a list, in their order."""
        return [row for row in self.records.to_pylist() if row["list"] == name]


def _csv(path: Path, encoding: str, delimiter: str) -> Iterator[dict[str, object]]:
    with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
        yield from csv.DictReader(file, delimiter=delimiter)


def _json_lines(path: Path) -> Iterator[dict[str, object]]:
    for line in path.open(encoding="utf-8", errors="surrogateescape"):
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            yield {}


def _xlsx(path: Path) -> Iterator[dict[str, object]]:
    rows = openpyxl.load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True)
    header = next(rows)
    for row in rows:
        yield dict(zip(header, row, strict=True))


_READERS = {
    "roll": lambda path: _csv(path, "cp1252", ";"),
    "signups": _json_lines,
    "donors": _xlsx,
    "canvass": lambda path: _csv(path, "utf-8", ","),
    "append": lambda path: pq.read_table(path).to_pylist(),
}
