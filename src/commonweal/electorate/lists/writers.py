"""Files that grow block by block. Each is written beside its place and moved there when whole."""

from __future__ import annotations

import csv
import json
import re
import shutil
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl.utils.exceptions import WorkbookAlreadySaved

from commonweal.electorate.lists.sheet import CUT, RAGGED, Sheet

_TIMESTAMP, _NO_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), b"1980-01-01T00:00:00Z"


class Writer(Protocol):
    """A list being written to `path`."""

    path: Path

    def add(self, sheet: Sheet) -> None:
        """Append the rows of `sheet`."""

    def close(self) -> None:
        """Finish the file."""

    def drop(self) -> None:
        """Let go of the file as it is, finished or not."""


class CsvWriter:
    """Delimited text with a header line; lines end in CR LF, as spreadsheets write them."""

    def __init__(self, path: Path, columns: list[str], delimiter: str, encoding: str) -> None:
        self.path = path
        self._file = path.open("w", encoding=encoding, errors="surrogateescape", newline="")
        self._rows = csv.writer(self._file, delimiter=delimiter)
        self._rows.writerow(columns)

    def add(self, sheet: Sheet) -> None:
        """Append the rows of `sheet`."""
        rows = [list(row) for row in zip(*sheet.columns.values(), strict=True)]
        for row, broken in zip(rows, sheet.broken, strict=True):
            if broken == RAGGED:
                _make_ragged(row)
        self._rows.writerows(rows)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def drop(self) -> None:
        """Let go of the file as it is, finished or not."""
        with suppress(OSError):  # a full disk may refuse what is still in memory
            self._file.close()


def _make_ragged(row: list[object]) -> None:
    """Lines with an even length of text lose three cells, the others gain one in the middle."""
    if sum(len(str(cell)) for cell in row) % 2:
        row.insert(len(row) // 2, "???")
    else:
        del row[-3:]


class JsonLinesWriter:
    """One JSON object a line, UTF-8. Empty values are left out in half of the rows, null in the others."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("w", encoding="utf-8", errors="surrogateescape", newline="\n")

    def add(self, sheet: Sheet) -> None:
        """Append the rows of `sheet`."""
        names = list(sheet.columns)
        rows = zip(*sheet.columns.values(), strict=True)
        for at, (row, broken) in enumerate(zip(rows, sheet.broken, strict=True)):
            keep_null = at % 2 == 0
            filled = {name: value if value != "" else None for name, value in zip(names, row, strict=True)}
            kept = {name: value for name, value in filled.items() if keep_null or value is not None}
            line = json.dumps(kept, ensure_ascii=False)
            self._file.write(line[: len(line) // 2] if broken == CUT else line)
            self._file.write("\n")

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def drop(self) -> None:
        """Let go of the file as it is, finished or not."""
        with suppress(OSError):  # a full disk may refuse what is still in memory
            self._file.close()


class XlsxWriter:
    """One worksheet with a header row. A sheet holds 1,048,576 rows at most: enough for this list at any size."""

    def __init__(self, path: Path, title: str, columns: list[str]) -> None:
        self.path = path
        self._book = openpyxl.Workbook(write_only=True)
        self._sheet = self._book.create_sheet(title)
        self._sheet.append(columns)

    def add(self, sheet: Sheet) -> None:
        """Append the rows of `sheet`."""
        for row in zip(*sheet.columns.values(), strict=True):
            self._sheet.append([value if value != "" else None for value in row])

    def close(self) -> None:
        """Finish the file."""
        self._book.save(self.path)
        _forget_time(self.path)

    def drop(self) -> None:
        """Let go of the file as it is, finished or not."""
        with suppress(OSError, WorkbookAlreadySaved):  # openpyxl removes its own draft when Python ends
            self._sheet.close()
        _fixed(self.path).unlink(missing_ok=True)


def _forget_time(path: Path) -> None:
    """Take the time of writing out of an XLSX file, so that the same seed gives the same bytes."""
    fixed = _fixed(path)
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(fixed, "w") as target:
        for item in source.infolist():
            entry = zipfile.ZipInfo(item.filename, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with source.open(item) as read, target.open(entry, "w", force_zip64=True) as write:
                if item.filename == "docProps/core.xml":
                    write.write(_TIMESTAMP.sub(_NO_TIME, read.read()))
                else:
                    shutil.copyfileobj(read, write, 1 << 20)
    fixed.replace(path)


def _fixed(path: Path) -> Path:
    return path.with_name(path.name + ".fixed")


class ParquetWriter:
    """A Parquet file, one row group a block. Empty texts become null."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self._schema = schema
        self._file = pq.ParquetWriter(path, schema, compression="zstd")

    def add(self, sheet: Sheet) -> None:
        """Append the rows of `sheet`."""
        columns = [
            pa.array([None if value == "" else value for value in sheet.columns[field.name]], type=field.type)
            for field in self._schema
        ]
        self._file.write_table(pa.Table.from_arrays(columns, schema=self._schema))

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def drop(self) -> None:
        """Let go of the file as it is, finished or not."""
        with suppress(OSError):  # a full disk may refuse what is still in memory
            self._file.close()
