"""What a file is, by its content: its kind, its delimiter, and which of its first rows names the columns."""

from __future__ import annotations

import csv
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from commonweal.errors import Phrase, _
from commonweal.intake.errors import NotATable
from commonweal.intake.model import FileKind

DELIMITERS = (",", ";", "\t", "|", "^", "~")
_SAMPLE_ROWS = 300
_PREAMBLE = 20  # rows that may stand above the column names
_ODDITIES = {
    b"%PDF": _("a PDF"),
    b"\x89PNG": _("an image"),
    b"\xff\xd8\xff": _("an image"),
    b"GIF8": _("an image"),
    b"BZh": _("a bzip2 archive"),
    b"\xfd7zXZ": _("an xz archive"),
    b"7z\xbc\xaf": _("a 7-Zip archive"),
    b"Rar!": _("a RAR archive"),
    b"\x28\xb5\x2f\xfd": _("a Zstandard archive"),
    b"SQLite format 3": _("a SQLite database"),
    b"\x7fELF": _("a program"),
    b"{\\rtf": _("a rich-text document"),
}
_CLASSES = (
    ("number", re.compile(r"[+-]?[\d\s.,]+%?")),
    ("date", re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?")),
    ("phone", re.compile(r"\+?[\d\s().-]{8,}")),
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")),
)


def file_kind(path: Path, head: bytes) -> FileKind:
    """CSV, JSON, Excel or Parquet, by the first bytes of the unpacked content. Raises NotATable."""
    if head.startswith(b"PAR1"):
        return FileKind.PARQUET
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return FileKind.EXCEL
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    for mark, name in _ODDITIES.items():
        if head.startswith(mark):
            raise NotATable(path=path, found=Phrase(name))
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if re.match(rb"(?i)<(!doctype|html|\?xml|svg|table)", start):
        raise NotATable(path=path, found=Phrase(_("a web page or XML")))
    if re.match(rb"\{\s*(\"|\})|\[\s*([\[{\"\]\d-]|null|true|false)", start) and _is_json(start):
        return FileKind.JSON
    return FileKind.CSV


def _is_json(start: bytes) -> bool:
    """An object or list to the end of its line, or one that goes on over several lines."""
    first = start.split(b"\n", 1)[0].rstrip()
    return first.endswith((b"}", b"]", b",", b"{", b"[", b":")) or b"\n" not in start


def _zip_kind(path: Path) -> FileKind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return FileKind.EXCEL  # cut or damaged; the workbook's reader tells
    if any(name.startswith("xl/") or name == "content.xml" for name in names):
        return FileKind.EXCEL
    raise NotATable(path=path, found=Phrase(_("a ZIP archive (extract the list from it first)")))


def delimiter_of(path: Path, lines: list[str]) -> str:
    """The delimiter by which most lines fall into the same number of cells. Raises NotATable."""
    best, best_score = "", 0.0
    for delimiter in DELIMITERS:
        rows = rows_of(lines, delimiter)
        widths = Counter(len(row) for row in rows if len(row) > 1)
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        share = count / max(1, len(rows))
        if share <= 0.5 or (width == 2 and _is_prose(rows[0])):
            continue
        score = share + min(width, 50) / 1000
        if score > best_score:
            best, best_score = delimiter, score
    if best:
        return best
    if _is_single_column(lines):
        return ","
    raise NotATable(path=path, found=Phrase(_("text without columns")))


def _is_prose(row: list[str]) -> bool:
    """Sentences, where column names would be: in a letter, too, most lines may have one comma."""
    return sum(len(cell.split()) for cell in row) > 4 * len(row)


def _is_single_column(lines: list[str]) -> bool:
    """One short word or address a line, without spaces: a list of e-mails, numbers or identifiers."""
    filled = [line.strip() for line in lines if line.strip()]
    return len(filled) > 1 and sum(
        bool(re.fullmatch(r"[^\s,;|]{1,120}", line)) for line in filled[1:]
    ) >= 0.9 * (len(filled) - 1)


def rows_of(lines: list[str], delimiter: str) -> list[list[str]]:
    """The first lines as rows, read leniently; blank ones left out."""
    try:
        rows = list(csv.reader(lines[:_SAMPLE_ROWS], delimiter=delimiter))
    except csv.Error:
        rows = [line.split(delimiter) for line in lines[:_SAMPLE_ROWS]]
    return [row for row in rows if any(cell.strip() for cell in row)]


def header_row(rows: Sequence[Sequence[str | None]]) -> int | None:
    """Which of the first rows names the columns; None if the rows begin with data. Title rows above are passed.

    The header is the first row as wide as most; it is data if each cell is of its column's own class.
    """
    if not rows:
        return None
    widths = Counter(_width(row) for row in rows)
    usual = max(widths, key=lambda width: (widths[width], width))
    top = next(
        (i for i, row in enumerate(rows[:_PREAMBLE]) if _width(row) >= max(1, min(usual, 2), usual // 2)), 0
    )
    body = rows[top + 1 :]
    if not body or not _is_data(rows[top], body):
        return top
    return None


def _width(row: Sequence[str | None]) -> int:
    return sum(bool((cell or "").strip()) for cell in row)


def _is_data(first: Sequence[str | None], body: Sequence[Sequence[str | None]]) -> bool:
    telling = 0
    for position, cell in enumerate(first):
        below = Counter(
            _class(row[position]) for row in body if position < len(row) and (row[position] or "").strip()
        )
        own = _class(cell)
        usual = below.most_common(1)[0][0] if below else "text"
        if own == "text" and usual != "text":
            return False
        telling += own == usual != "text"
    return telling > 0


def _class(cell: str | None) -> str:
    text = (cell or "").strip()
    return next((name for name, pattern in _CLASSES if text and pattern.fullmatch(text)), "text")
