"""Files to rows: a file is recognised by its content, never by its name, and read in chunks of text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from commonweal.intake.errors import EmptyFile
from commonweal.intake.model import FileKind, Format
from commonweal.intake.readers import sniff
from commonweal.intake.readers.delimited import open_delimited
from commonweal.intake.readers.excel import open_excel
from commonweal.intake.readers.json_rows import open_json
from commonweal.intake.readers.model import BadRow, Chunk, Reader
from commonweal.intake.readers.parquet import open_parquet
from commonweal.intake.readers.stream import Survey, survey

__all__ = ["BadRow", "Chunk", "OpenFile", "Reader", "open_file"]


@dataclass(frozen=True)
class OpenFile:
    """A file that was looked through once and recognised."""

    path: Path
    survey: Survey
    reader: Reader


def open_file(path: Path, told: Format | None = None, source: str = "") -> OpenFile:
    """Look a file through and recognise it; what `told` leaves open is sniffed. `source` names the mapping to correct.

    Raises any error of `commonweal.intake.errors` that is about a file.
    """
    told = told or Format()
    found = survey(path)
    if not found.head.strip(b"\0\t\n\r \xef\xbb\xbf\xff\xfe"):
        raise EmptyFile(path=path)
    return OpenFile(path, found, _reader(path, found, told, source))


def _reader(path: Path, found: Survey, told: Format, source: str) -> Reader:
    match told.kind or sniff.file_kind(path, found.head):
        case FileKind.PARQUET:
            return open_parquet(path, told)
        case FileKind.EXCEL:
            return open_excel(path, told)
        case FileKind.JSON:
            return open_json(path, found, told, source)
        case FileKind.CSV:
            return open_delimited(path, found, told, source)
