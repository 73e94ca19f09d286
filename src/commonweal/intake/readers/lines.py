"""Delimited text cut into records, each with its physical line: vectorised where lines are regular, careful elsewhere.

A *regular* line holds a whole record: each quotation mark in it opens a cell right after a delimiter, closes one
right before a delimiter, or is doubled inside (RFC 4180). Anything else (a note over several lines, a stray mark)
is read cell by cell. A mark that opens and never closes spoils its own line only, not the rest of the file.
"""

from __future__ import annotations

import codecs
import re
import threading
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from commonweal.intake.readers.model import MAX_COLUMNS, MAX_LINE, SHOWN, BadRow, Lines
from commonweal.intake.rules import Reason

_NEWLINE, _RETURN, _QUOTE = 10, 13, 34
_MOST_LINES = 200  # of one record
_MOST_BYTES = 256 << 10
_WIDE = 5

Flags = npt.NDArray[np.bool_]


class Unclosed(Exception):
    """The last record of the file opens a quotation mark, or lacks cells, and the file ends."""

    def __init__(self, line: int) -> None:
        self.line = line


@dataclass
class Cut:
    """A block of text cut into records.

    `regular` is CSV text of whole records, one a line, which stand at `regular_lines`; `careful` are records read
    cell by cell, by line. `consumed` bytes and `passed` lines of the block are dealt with: the rest comes again.
    """

    regular: bytes
    regular_lines: Lines
    careful: dict[int, list[str]] = field(default_factory=dict)
    bad: list[BadRow] = field(default_factory=list)
    consumed: int = 0
    passed: int = 0


@dataclass(frozen=True)
class _Block:
    """A block's bytes, and where its lines begin and end (without their line ends)."""

    text: bytes
    codes: npt.NDArray[np.uint8]
    starts: Lines
    ends: Lines
    first_line: int
    final: bool

    def line(self, index: int) -> bytes:
        return self.text[self.starts[index] : self.ends[index]]

    def decoded(self, index: int) -> str:
        return self.line(index).decode("utf-8", "replace")

    def is_open(self, index: int) -> bool:
        """Is it the file's last line, without a line end?"""
        return self.final and index == len(self.starts) - 1 and self.ends[index] == len(self.text)


def last_line_end(text: bytes) -> int:
    """Where the last whole line of a block ends, behind its line end; 0 if there is none."""
    return text.rfind(b"\n") + 1


def first_line_end(text: bytes) -> int:
    """Where the first line of a block ends, behind its line end; the block's length if it has no line end."""
    return text.find(b"\n") + 1 or len(text)


def cut(text: bytes, *, delimiter: str, columns: int, first_line: int, final: bool, check_text: bool) -> Cut:
    """Cut a block of whole lines (the last one open only if `final`) into records of `columns` cells.

    `check_text`: some bytes may be no UTF-8. Raises Unclosed where the file ends inside its last record.
    """
    block = _block(text, first_line, final)
    count = len(block.starts)
    blank = block.starts == block.ends
    spoilt = _spoilt(block, check_text)
    regular, cells = _regular(block, delimiter, columns)
    good = regular & (cells == columns) & ~blank
    for index in spoilt:
        good[index] = False
    found = Cut(b"", np.empty(0, np.int64), consumed=len(text), passed=count)
    taken = blank.copy()
    for index in np.flatnonzero(~good & ~blank).tolist():
        if taken[index]:
            continue
        reach = _careful(block, index, spoilt, good, delimiter, columns, found)
        if reach == 0:  # its end may lie in the next block
            found.consumed, found.passed = int(block.starts[index]), index
            good[index:] = False
            break
        taken[index : index + reach] = True
    good &= ~taken
    found.regular, found.regular_lines = _join(block, good), np.flatnonzero(good) + first_line
    return found


def _block(text: bytes, first_line: int, final: bool) -> _Block:
    codes = np.frombuffer(text, np.uint8)
    stops = np.flatnonzero(codes == _NEWLINE)
    if b"\r" in text:
        returns = np.flatnonzero(codes == _RETURN)
        at_end = returns == len(codes) - 1
        follows = codes[np.minimum(returns + 1, len(codes) - 1)]
        stops = np.union1d(stops, returns[at_end | (follows != _NEWLINE)])
    starts = np.concatenate([[0], stops + 1]).astype(np.int64)
    ends = np.concatenate([stops, [len(text)]]).astype(np.int64)
    if starts[-1] == len(text):
        starts, ends = starts[:-1], ends[:-1]
    if b"\r\n" in text:
        crlf = (ends > starts) & (ends < len(text))
        before = np.where(crlf, ends - 1, 0)
        ends = ends - (
            crlf & (codes[before] == _RETURN) & (codes[np.minimum(ends, len(text) - 1)] == _NEWLINE)
        )
    return _Block(text, codes, starts, ends, first_line, final)


def _spoilt(block: _Block, check_text: bool) -> dict[int, Reason]:
    """Lines that are damaged whatever their cells are: too long, with null bytes, or no text."""
    found: dict[int, Reason] = {}
    if check_text:
        for index in _lines_of(block, _undecodable(block.text)):
            found[index] = Reason.UNDECODABLE
    if b"\0" in block.text:
        for index in _lines_of(block, np.flatnonzero(block.codes == 0)):
            found[index] = Reason.NUL
    for index in np.flatnonzero(block.ends - block.starts > MAX_LINE).tolist():
        found[index] = Reason.LINE_TOO_LONG
    return found


def _lines_of(block: _Block, positions: npt.NDArray[np.int64]) -> list[int]:
    """The lines that hold any of the positions."""
    found: list[int] = np.unique(np.searchsorted(block.starts, positions, "right") - 1).tolist()
    return found


def _undecodable(text: bytes) -> npt.NDArray[np.int64]:
    """Where bytes are no UTF-8."""
    _faults.positions = []
    text.decode("utf-8", _NOTE)
    return np.array(_faults.positions, np.int64)


def _note_fault(error: UnicodeError) -> tuple[str, int]:
    """Note where decoding failed, and go on behind it."""
    assert isinstance(error, UnicodeDecodeError)
    _faults.positions.append(error.start)
    return "", error.end


_faults = threading.local()
_NOTE = "commonweal.note"
codecs.register_error(_NOTE, _note_fault)


def _regular(block: _Block, delimiter: str, columns: int) -> tuple[Flags, npt.NDArray[np.int64]]:
    """Which lines are regular, and how many cells each line has by its delimiters outside quotation marks."""
    regular = np.ones(len(block.starts), bool)
    outside = block.codes == ord(delimiter)
    if b'"' in block.text:
        quotes = block.codes == _QUOTE
        regular = _well_quoted(block, np.flatnonzero(quotes), ord(delimiter))
        for index in np.flatnonzero(~regular).tolist():
            quotes[block.starts[index] : block.ends[index]] = False
        outside &= ~np.logical_xor.accumulate(quotes)
    positions = np.flatnonzero(outside)
    each = columns - 1
    if (
        each and len(positions) == len(block.starts) * each
    ):  # almost surely all lines are whole: one cheap look
        firsts, lasts = positions[::each], positions[each - 1 :: each]
        if ((firsts >= block.starts) & (lasts < block.ends)).all():
            return regular, np.full(len(block.starts), columns, np.int64)
    until = np.searchsorted(positions, np.append(block.starts, len(block.text)))
    return regular, np.diff(until) + 1


def _well_quoted(block: _Block, at: npt.NDArray[np.int64], delimiter: int) -> Flags:
    """Which lines have quotation marks only where RFC 4180 puts them; `at` are the marks' positions."""
    line = np.searchsorted(block.starts, at, "right") - 1
    first = np.searchsorted(line, np.arange(len(block.starts)))
    ordinal = np.arange(len(at)) - first[line]
    opens = ordinal % 2 == 0
    before = block.codes[np.maximum(at - 1, 0)]
    after = block.codes[np.minimum(at + 1, len(block.codes) - 1)]
    doubled_before = np.zeros(len(at), bool)
    doubled_before[1:] = (np.diff(at) == 1) & (line[1:] == line[:-1])
    doubled_after = np.append(doubled_before[1:], False)
    fine_open = (at == block.starts[line]) | (before == delimiter) | doubled_before
    fine_close = (at + 1 == block.ends[line]) | (after == delimiter) | doubled_after
    wrong = np.where(opens, ~fine_open, ~fine_close)
    regular = np.ones(len(block.starts), bool)
    regular[line[wrong]] = False
    marks = np.bincount(line, minlength=len(block.starts))
    return np.asarray(regular & (marks % 2 == 0), bool)


def _careful(
    block: _Block,
    index: int,
    spoilt: dict[int, Reason],
    good: Flags,
    delimiter: str,
    columns: int,
    found: Cut,
) -> int:
    """Read the record that begins at line `index` cell by cell; returns how many lines it took, 0 if unknown yet."""
    number = block.first_line + index
    if index in spoilt:
        found.bad.append(BadRow(number, spoilt[index], (block.decoded(index)[:SHOWN],)))
        return 1
    line = block.decoded(index)
    if line.strip() in ("", "\x1a"):
        return 1
    record = read_record(line, delimiter)
    if record is None:
        return _over_lines(block, index, spoilt, good, delimiter, columns, found)
    cells = record[0]
    if len(cells) == columns:
        found.careful[number] = cells
    elif len(cells) < columns and block.is_open(index):
        raise Unclosed(number)
    else:
        found.bad.append(BadRow(number, Reason.RAGGED, tuple(cells[:MAX_COLUMNS])))
    return 1


def _over_lines(
    block: _Block,
    index: int,
    spoilt: dict[int, Reason],
    good: Flags,
    delimiter: str,
    columns: int,
    found: Cut,
) -> int:
    """A quotation mark is open at the end of line `index`: look for its end in the lines that follow."""
    number = block.first_line + index
    last = min(index + _MOST_LINES, len(block.starts))
    at_edge = last == len(block.starts) and block.ends[-1] - block.starts[index] < _MOST_BYTES
    window = block.text[block.starts[index] : min(block.ends[last - 1], block.starts[index] + _MOST_BYTES)]
    text = window.replace(b"\r\n", b"\n").replace(b"\r", b"\n").decode("utf-8", "replace")
    match = read_record(text, delimiter)
    if match is not None and len(match[0]) == columns:
        reach = text.count("\n", 0, match[1]) + 1
        inner = range(index + 1, index + reach)
        # In a wide list a following line that is a whole record by itself shows that the mark was a stray one.
        if not any(i in spoilt for i in inner) and (
            columns < _WIDE or not good[index + 1 : index + reach].any()
        ):
            found.careful[number] = match[0]
            return reach
    if match is None and at_edge:
        if not block.final:
            return 0
        if not good[index + 1 :].any():
            raise Unclosed(number)
    found.bad.append(BadRow(number, Reason.BROKEN_QUOTES, tuple(block.decoded(index).split(delimiter))))
    return 1


def read_record(text: str, delimiter: str) -> tuple[list[str], int] | None:
    """The cells of the record that `text` begins with, and where it ends; None if a quoted cell never ends.

    A mark inside an unquoted cell is just a letter.
    """
    pattern = _cell_pattern(delimiter)
    cells: list[str] = []
    position = 0
    while match := pattern.match(text, position):
        quoted, plain = match.groups()
        cells.append(quoted.replace('""', '"') if quoted is not None else plain)
        position = match.end()
        if position >= len(text) or text[position] == "\n":
            return cells, position
        position += 1
    return None


@lru_cache(maxsize=16)
def _cell_pattern(delimiter: str) -> re.Pattern[str]:
    d = re.escape(delimiter)
    return re.compile(rf'"((?:[^"]|"")*+)"(?={d}|\n|\Z)|((?!")[^{d}\n]*)')


def _join(block: _Block, good: Flags) -> bytes:
    """The text of the good lines alone."""
    if good.all():
        return block.text
    if not good.any():
        return b""
    edges = np.diff(np.concatenate([[0], good.astype(np.int8), [0]]))
    begins, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    after = np.append(block.starts, len(block.text))
    pieces = [
        block.text[block.starts[a] : after[b]] for a, b in zip(begins.tolist(), stops.tolist(), strict=True)
    ]
    return b"".join(pieces)
