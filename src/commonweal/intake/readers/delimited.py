"""CSV and its kin: any delimiter, any encoding, streamed; Arrow parses the regular lines, `lines` the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv

from commonweal.errors import Phrase, _
from commonweal.intake.errors import EmptyFile, FileCut, NotATable, TooManyColumns
from commonweal.intake.model import FileKind, Format
from commonweal.intake.readers import lines, sniff
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


@dataclass
class DelimitedReader:
    """A recognised CSV file; make it by `open_delimited`."""

    path: Path
    headers: tuple[str, ...]
    format: Format
    encoding: str
    check_text: bool
    old_lines: bool  # lines end with a carriage return alone
    size: int
    done: int = 0

    @property
    def position(self) -> Progressed:
        """Bytes of text read."""
        return Progressed(self.done, self.size)

    def _saw(self, count: int) -> None:
        self.done += count

    def chunks(self) -> Iterator[Chunk]:
        """All rows below the header. Raises FileCut where the file ends inside a row."""
        self.done = 0
        skip = self.format.header or 0
        held, line = b"", 1
        stream = _with_last(utf8_blocks(self.path, self.encoding, self._saw))
        dropping = False
        for block, final in stream:
            text = held + (block.replace(b"\r", b"\n") if self.old_lines else block)
            end = len(text) if final else lines.last_line_end(text)
            text, held = text[:end], text[end:]
            if dropping and text:  # the rest of a line that is too long
                text, dropping = text[lines.first_line_end(text) :], False
                line += 1
            if skip and text:
                text, line, skip = _skip(text, line, skip, self.format.delimiter or ",")
            if text:
                found = self._cut(text, line, final)
                yield self._chunk(found)
                held, line = text[found.consumed :] + held, line + found.passed
            if len(held) > 8 * MAX_LINE and not dropping:
                shown = held[:SHOWN].decode("utf-8", "replace")
                yield Chunk(
                    np.empty(0, np.int64),
                    text_batch(self.headers, [pa.array([], pa.string())] * len(self.headers)),
                    [BadRow(line, Reason.LINE_TOO_LONG, (shown,))],
                )
                dropping = True
            if dropping:
                held = b""

    def _cut(self, text: bytes, line: int, final: bool) -> lines.Cut:
        try:
            return lines.cut(
                text,
                delimiter=self.format.delimiter or ",",
                columns=len(self.headers),
                first_line=line,
                final=final,
                check_text=self.check_text,
            )
        except lines.Unclosed as error:
            reason = Phrase(_("it ends in the middle of line {line}"), line=error.line)
            raise FileCut(path=self.path, reason=reason) from None

    def _chunk(self, found: lines.Cut) -> Chunk:
        columns = self._parse(found.regular) if len(found.regular_lines) else self._empty()
        if columns.num_rows != len(found.regular_lines):
            raise RuntimeError(
                f"{columns.num_rows} rows from {len(found.regular_lines)} lines of {self.path}"
            )
        places = found.regular_lines
        if found.careful:
            extra = list(zip(*found.careful.values(), strict=True))
            batch = text_batch(self.headers, [pa.array(cells, pa.string()) for cells in extra])
            places = np.concatenate([places, np.fromiter(found.careful, np.int64)])
            order = np.argsort(places, kind="stable")
            table = pa.Table.from_batches([columns, batch]).combine_chunks().take(order)
            columns, places = table.to_batches()[0], places[order]
        return Chunk(places, columns, found.bad)

    def _empty(self) -> pa.RecordBatch:
        return text_batch(self.headers, [pa.array([], pa.string()) for _header in self.headers])

    def _parse(self, text: bytes) -> pa.RecordBatch:
        table = pa.csv.read_csv(
            pa.BufferReader(text),
            read_options=pa.csv.ReadOptions(
                column_names=self.headers, block_size=len(text) + 1, use_threads=False
            ),
            parse_options=pa.csv.ParseOptions(delimiter=self.format.delimiter or ","),
            convert_options=pa.csv.ConvertOptions(
                column_types={header: pa.string() for header in self.headers},
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
        return table.combine_chunks().to_batches()[0]


def open_delimited(path: Path, found: Survey, told: Format, source: str) -> DelimitedReader:
    """Recognise a delimited text. Raises NotATable, EmptyFile, WrongEncoding, TooManyColumns, FileCut."""
    encoding = encoding_of(path, found, told.encoding, source)
    sample = _sample(path, encoding)
    if _is_binary(sample):
        raise NotATable(path=path, found=Phrase(_("binary data")))
    text_lines = sample.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not any(line.strip() for line in text_lines):
        raise EmptyFile(path=path)
    delimiter = told.delimiter or sniff.delimiter_of(path, text_lines)
    header, names = _headers(path, text_lines, delimiter, told.header, found)
    if len(names) > MAX_COLUMNS:
        raise TooManyColumns(path=path, limit=MAX_COLUMNS)
    return DelimitedReader(
        path=path,
        headers=names,
        format=msgspec.structs.replace(
            told, kind=FileKind.CSV, encoding=encoding, delimiter=delimiter, header=header
        ),
        encoding=encoding,
        check_text=found.broken > 0 or not encoding.startswith("utf-8"),
        old_lines="\n" not in sample and "\r" in sample,
        size=found.unpacked,
    )


def _sample(path: Path, encoding: str, size: int = 1 << 20) -> str:
    """The beginning of the text, whole lines where it has any."""
    raw = b""
    for block in utf8_blocks(path, encoding):
        raw += block
        if len(raw) >= size:
            break
    text = raw[:size].decode("utf-8", "replace")
    whole = len(raw) < size
    return text if whole or "\n" not in text else text[: text.rfind("\n")]


def _is_binary(sample: str) -> bool:
    odd = sum(1 for letter in sample[:4096] if ord(letter) < 32 and letter not in "\t\n\r\f\x1a")
    return odd > len(sample[:4096]) // 20


def _headers(
    path: Path, text_lines: list[str], delimiter: str, told: int | None, found: Survey
) -> tuple[int, tuple[str, ...]]:
    """The line of the column names (0: none) and the names."""
    numbered = _numbered_rows(text_lines, delimiter)
    rows = [row for _line, row in numbered]
    if told is not None:
        top = next((i for i, (line, _row) in enumerate(numbered) if line >= told), 0) if told else None
    else:
        top = sniff.header_row(rows)
    body = rows if top is None else rows[top + 1 :]
    if not body:
        if not found.ends_with_newline and len(rows) == 1 and len(text_lines) == 1 and rows[0][-1:] == [""]:
            raise FileCut(path=path, reason=Phrase(_("it ends in the middle of its column names")))
        raise EmptyFile(path=path)
    if top is None:
        return 0, tuple(f"column_{i}" for i in range(1, max(map(len, rows)) + 1))
    names = list(rows[top])
    wide = [row for row in body if len(row) == len(names) + 1 and not row[-1].strip()]
    if len(wide) > len(body) / 2:  # each row ends with a delimiter that the header lacks
        names.append("")
    return numbered[top][0], unique_headers(names)


def _numbered_rows(text_lines: list[str], delimiter: str) -> list[tuple[int, list[str]]]:
    """The sample's records with their first lines; a record may go over several lines."""
    found: list[tuple[int, list[str]]] = []
    index = 0
    while index < len(text_lines) and len(found) < 300:
        line = text_lines[index]
        if not line.strip():
            index += 1
            continue
        record = lines.read_record(line, delimiter)
        reach = 1
        if record is None:
            record = lines.read_record("\n".join(text_lines[index : index + 50]), delimiter)
            reach = (
                1
                if record is None
                else "\n".join(text_lines[index : index + 50]).count("\n", 0, record[1]) + 1
            )
        found.append((index + 1, record[0] if record else line.split(delimiter)))
        index += reach
    return found


def _skip(text: bytes, line: int, last: int, delimiter: str) -> tuple[bytes, int, int]:
    """Leave out the lines up to the column names (line `last`), which may go over several lines themselves."""
    while line < last:
        end = lines.first_line_end(text)
        if end == len(text):
            return b"", line + 1, last
        text, line = text[end:], line + 1
    window = text[: 64 << 10].replace(b"\r\n", b"\n").decode("utf-8", "replace")
    record = lines.read_record(window, delimiter)
    for _again in range(window.count("\n", 0, record[1]) + 1 if record else 1):
        text, line = text[lines.first_line_end(text) :], line + 1
    return text, line, 0


def _with_last(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block, and whether it is the last one."""
    held: bytes | None = None
    for block in blocks:
        if held is not None:
            yield held, False
        held = block
    yield held or b"", True
