"""JSON: one object or list a line, or one list of them over the whole file; nested values flattened.

{"name": "A", "address": {"city": "B"}, "phones": [{"n": 1}]} gives name, address.city, phones.0.n. A list of plain
values stays one cell, as JSON text. Lists instead of objects: the first one names the columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from commonweal.errors import Phrase, _
from commonweal.intake.errors import EmptyFile, FileCut, NotATable, TooManyColumns
from commonweal.intake.model import FileKind, Format
from commonweal.intake.readers import lines
from commonweal.intake.readers.model import (
    MAX_COLUMNS,
    MAX_LINE,
    SHOWN,
    BadRow,
    Chunk,
    Progressed,
    text_batch,
)
from commonweal.intake.readers.stream import Survey, encoding_of, utf8_blocks
from commonweal.intake.rules import Reason, unique_headers

_ROWS = 20_000
_SAMPLE = 2_000
_decode = msgspec.json.Decoder().decode

Row = dict[str, str | None]


@dataclass
class JsonReader:
    """A recognised JSON list; make it by `open_json`. `names` grows while it is read."""

    path: Path
    format: Format
    encoding: str
    size: int
    by_line: bool
    names: dict[str, None] = field(default_factory=dict)
    done: int = 0

    @property
    def headers(self) -> tuple[str, ...]:
        """The keys found so far, flattened, in the order of their first appearance."""
        return tuple(self.names)

    @property
    def position(self) -> Progressed:
        """Bytes of text read."""
        return Progressed(self.done, self.size)

    def _saw(self, count: int) -> None:
        self.done += count

    def chunks(self) -> Iterator[Chunk]:
        """All rows, in order. Raises FileCut, TooManyColumns."""
        self.done = 0
        listed: tuple[str, ...] | None = None
        rows: list[Row] = []
        places: list[int] = []
        bad: list[BadRow] = []
        for line, value in self._values():
            if isinstance(value, BadRow):
                bad.append(value)
            elif isinstance(value, list) and listed is None:
                listed = unique_headers([_text(cell) or "" for cell in value])
            elif isinstance(value, dict) or (
                isinstance(value, list) and listed and len(value) == len(listed)
            ):
                row: Row = {}
                _flatten(
                    value if isinstance(value, dict) else dict(zip(listed or (), value, strict=True)), "", row
                )
                rows.append(row)
                places.append(line)
            else:
                reason = Reason.RAGGED if isinstance(value, list) else Reason.NOT_A_ROW
                bad.append(BadRow(line, reason, (_text(value),)))
            if len(rows) + len(bad) >= _ROWS:
                yield self._chunk(rows, places, bad)
                rows, places, bad = [], [], []
        if rows or bad:
            yield self._chunk(rows, places, bad)

    def _chunk(self, rows: list[Row], places: list[int], bad: list[BadRow]) -> Chunk:
        for row in rows:
            if row.keys() - self.names.keys():
                self.names.update(dict.fromkeys(row))
        if len(self.names) > MAX_COLUMNS:
            raise TooManyColumns(path=self.path, limit=MAX_COLUMNS)
        text = pa.struct([(name, pa.string()) for name in self.names])
        columns = pa.array(rows, text).flatten()
        return Chunk(np.array(places, np.int64), text_batch(self.headers, columns), bad)

    def _values(self) -> Iterator[tuple[int, Any]]:
        return self._line_values() if self.by_line else self._list_values()

    def _line_values(self) -> Iterator[tuple[int, Any]]:
        """Each line's value, or why it has none."""
        for first, text, whole in self._blocks():
            for number, raw in enumerate(text.split(b"\n"), first):
                try:
                    yield number, _decode(raw) if len(raw) <= MAX_LINE else self._broken(number, raw, whole)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    if raw.strip():
                        yield number, self._broken(number, raw, whole or "truncated" not in str(error))

    def _broken(self, line: int, raw: bytes, whole: bool) -> BadRow:
        """Why a line has no value. Raises FileCut where the file ends in its middle."""
        if len(raw) > MAX_LINE:
            return BadRow(line, Reason.LINE_TOO_LONG, (raw[:SHOWN].decode("utf-8", "replace"),))
        if not whole:
            raise FileCut(path=self.path, reason=Phrase(_("it ends in the middle of line {line}"), line=line))
        text = raw.decode("utf-8", "replace")
        damaged = "\ufffd" in text and b"\xef\xbf\xbd" not in raw
        return BadRow(line, Reason.UNDECODABLE if damaged else Reason.BROKEN_JSON, (text,))

    def _blocks(self) -> Iterator[tuple[int, bytes, bool]]:
        """Blocks of whole lines, each with the number of its first; the last may lack its line end."""
        held, number = b"", 1
        for block in utf8_blocks(self.path, self.encoding, self._saw):
            text = held + block
            end = lines.last_line_end(text)
            if end:
                yield number, text[:end], True
            number += text.count(b"\n", 0, end)
            held = text[end:]
            if len(held) > 8 * MAX_LINE:
                raise NotATable(path=self.path, found=Phrase(_("JSON without line ends")))
        if held:
            yield number, held, False

    def _list_values(self) -> Iterator[tuple[int, Any]]:
        """The members of one list that fills the whole file, each with its line."""
        decoder = json.JSONDecoder()
        held, line, begun, done = "", 1, False, False
        for text, final in _texts(self):
            held += text
            while not done:
                bare = held.lstrip(" \t\r\n," if begun else " \t\r\n\ufeff")
                line += held.count("\n", 0, len(held) - len(bare))
                held = bare
                if not begun and held.startswith("["):
                    begun, held = True, held[1:]
                    continue
                if held.startswith("]"):
                    done = True
                    break
                try:
                    value, end = decoder.raw_decode(held)
                except ValueError:
                    break
                if end == len(held) and not final:
                    break  # a number may go on in the next block
                yield line, value
                line += held.count("\n", 0, end)
                held = held[end:]
            if len(held) > 8 * MAX_LINE and not done:
                raise NotATable(path=self.path, found=Phrase(_("broken JSON (line {line})"), line=line))
        if not done:
            raise FileCut(
                path=self.path, reason=Phrase(_("its list has no end after line {line}"), line=line)
            )


def _texts(reader: JsonReader) -> Iterator[tuple[str, bool]]:
    """The text in blocks that cut no letter, and whether it is the last."""
    held = b""
    for block in utf8_blocks(reader.path, reader.encoding, reader._saw):
        raw = held + block
        end = lines.last_line_end(raw) or len(raw)
        held = raw[end:]
        yield raw[:end].decode("utf-8", "replace"), False
    yield held.decode("utf-8", "replace"), True


def open_json(path: Path, found: Survey, told: Format, source: str) -> JsonReader:
    """Recognise a JSON list. Raises NotATable, EmptyFile, WrongEncoding."""
    encoding = encoding_of(path, found, told.encoding, source)
    reader = JsonReader(
        path=path,
        format=msgspec.structs.replace(told, kind=FileKind.JSON, encoding=encoding),
        encoding=encoding,
        size=found.unpacked,
        by_line=_is_by_line(found.head),
    )
    seen = 0
    for _line, value in reader._values():
        row: Row = {}
        if isinstance(value, dict):
            _flatten(value, "", row)
            reader.names.update(dict.fromkeys(row))
        elif isinstance(value, list) and not reader.names:
            reader.names.update(dict.fromkeys(unique_headers([_text(cell) or "" for cell in value])))
            seen -= 1
        seen += 1
        if seen >= _SAMPLE:
            break
    if not reader.names:
        raise NotATable(path=path, found=Phrase(_("JSON without objects or lists")))
    if seen == 0:
        raise EmptyFile(path=path)
    return reader


def _is_by_line(head: bytes) -> bool:
    """One value a line? Else the file is one list."""
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0].strip()
    if not first.startswith(b"["):
        return True
    try:
        value = _decode(first)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return not any(isinstance(member, dict | list) for member in value)


def _flatten(value: dict[str, Any], prefix: str, row: Row) -> None:
    for key, member in value.items():
        name = prefix + key if prefix else key
        kind = type(member)
        if kind is str:
            row[name] = member
        elif kind is dict:
            _flatten(member, f"{name}.", row)
        elif kind is list and any(isinstance(each, dict) for each in member):
            _flatten({str(i): each for i, each in enumerate(member)}, f"{name}.", row)
        else:
            row[name] = _text(member)


def _text(value: Any) -> str | None:
    """A value as the text of a cell; an empty list or object is an empty cell."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return msgspec.json.encode(value).decode() if value else None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return json.dumps(value)
