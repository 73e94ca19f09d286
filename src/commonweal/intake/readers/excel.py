"""Excel and OpenDocument workbooks (xlsx, xlsm, xlsb, xls, ods), by calamine."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import python_calamine

from commonweal.errors import Phrase, _
from commonweal.intake.errors import (
    EmptyFile,
    FileCut,
    FileDamaged,
    FileTooLarge,
    NoSuchSheet,
    TooManyColumns,
)
from commonweal.intake.model import FileKind, Format
from commonweal.intake.readers import sniff
from commonweal.intake.readers.model import MAX_COLUMNS, Chunk, Progressed, text_batch
from commonweal.intake.rules import unique_headers

_ROWS = 50_000
_SAMPLE = 300
_LARGEST = 2 << 30  # bytes of a sheet's XML: what a sheet of 1,048,576 rows and 20 columns comes to


@dataclass
class ExcelReader:
    """One sheet of a workbook; make it by `open_excel`."""

    path: Path
    headers: tuple[str, ...]
    format: Format
    sheet: Any
    first: int  # how many of the sheet's rows are skipped: those up to the header
    offset: int  # rows above the used range
    done: int = 0

    @property
    def position(self) -> Progressed:
        """Rows read."""
        return Progressed(self.done, int(self.sheet.height))

    def chunks(self) -> Iterator[Chunk]:
        """All rows below the header; rows without any content are none."""
        self.done = 0
        rows = islice(self.sheet.iter_rows(), self.first, None)
        line = self.offset + self.first
        while block := list(islice(rows, _ROWS)):
            texts = [[_text(cell) for cell in row] for row in block]
            kept = [i for i, row in enumerate(texts) if any(row)]
            columns = [
                pa.array([texts[i][position] for i in kept], pa.string())
                for position in range(len(self.headers))
            ]
            self.done += len(block)
            yield Chunk(np.array(kept, np.int64) + line + 1, text_batch(self.headers, columns))
            line += len(block)


def open_excel(path: Path, told: Format) -> ExcelReader:
    """Open the told sheet of a workbook, else its first that has rows.

    Raises FileCut, FileDamaged, FileTooLarge, NoSuchSheet, EmptyFile, TooManyColumns.
    """
    _weigh(path)
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
        sheet, rows = _sheet(path, workbook, told.sheet)
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError) as error:
        raise FileDamaged(path=path, reason=error) from error
    texts = [[_text(cell) for cell in row] for row in rows]
    offset = int((sheet.start or (0, 0))[0])
    top = (
        max(0, told.header - 1 - offset)
        if told.header
        else sniff.header_row(texts)
        if told.header is None
        else None
    )
    width = max(map(len, texts))
    if width > MAX_COLUMNS:
        raise TooManyColumns(path=path, limit=MAX_COLUMNS)
    if top is not None and not any(any(row) for row in texts[top + 1 :]):
        raise EmptyFile(path=path)
    names = (
        [f"column_{i}" for i in range(1, width + 1)] if top is None else [cell or "" for cell in texts[top]]
    )
    return ExcelReader(
        path=path,
        headers=unique_headers(names),
        format=msgspec.structs.replace(
            told, kind=FileKind.EXCEL, sheet=str(sheet.name), header=0 if top is None else offset + top + 1
        ),
        sheet=sheet,
        first=0 if top is None else top + 1,
        offset=offset,
    )


def _sheet(path: Path, workbook: Any, name: str | None) -> tuple[Any, list[list[Any]]]:
    """The sheet to read, with its first rows."""
    known = list(workbook.sheet_names)
    if name is not None and name not in known:
        raise NoSuchSheet(path=path, sheet=name, known=", ".join(known))
    for each in [name] if name is not None else known:
        sheet = workbook.get_sheet_by_name(each)
        rows = list(islice(sheet.iter_rows(), _SAMPLE))
        if any(_text(cell) for row in rows for cell in row):
            return sheet, rows
    raise EmptyFile(path=path)


def _weigh(path: Path) -> None:
    """Refuse a workbook that swells like a bomb, or is cut, before its content is unpacked."""
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            return
    try:
        with zipfile.ZipFile(path) as archive:
            largest = max((entry.file_size for entry in archive.infolist()), default=0)
    except zipfile.BadZipFile:
        raise FileCut(path=path, reason=Phrase(_("the end of the workbook is missing"))) from None
    if largest > _LARGEST:
        ratio = largest // max(1, path.stat().st_size)
        raise FileTooLarge(path=path, limit=f"{_LARGEST >> 20} MiB", ratio=ratio)


def _text(value: Any) -> str | None:
    """A cell as text: 31000.0 is "31000", a day is ISO 8601."""
    if isinstance(value, str):
        return value or None
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)
