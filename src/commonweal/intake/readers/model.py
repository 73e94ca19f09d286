"""What every reader gives: chunks of rows as text, each row with its line, and the rows it could not read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commonweal.intake.model import Format

Lines = npt.NDArray[np.int64]

MAX_COLUMNS = 2_000
MAX_LINE = 1 << 20  # bytes; a longer line goes to quarantine
SHOWN = 200  # characters of an unreadable line that quarantine keeps


@dataclass(frozen=True)
class BadRow:
    """A row that is no row: where it stands, why (a code of `rules.Reason`), and its cells as far as they go."""

    line: int
    reason: str
    cells: tuple[str | None, ...]


@dataclass(frozen=True)
class Chunk:
    """Some rows of a list. `columns` is text only, named by the headers; `lines` has each row's first line."""

    lines: Lines
    columns: pa.RecordBatch
    bad: list[BadRow] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows of the input are accounted for here."""
        return len(self.lines) + len(self.bad)


@dataclass(frozen=True)
class Progressed:
    """How far a reader is: bytes of the file where it knows them, else rows."""

    done: int
    total: int | None


class Reader(Protocol):
    """A file that was recognised as a table."""

    @property
    def headers(self) -> tuple[str, ...]:
        """The column names, all different. A JSON list may name more as it goes on."""

    @property
    def format(self) -> Format:
        """How the file is written, as found or as told."""

    @property
    def position(self) -> Progressed:
        """How far the last chunk reached."""

    def chunks(self) -> Iterator[Chunk]:
        """All rows, in order, from the beginning. Raises what is wrong with the file as a whole."""


def text_batch(headers: tuple[str, ...], columns: list[pa.Array]) -> pa.RecordBatch:
    """A record batch of text columns; no column at all gives an empty batch."""
    return pa.RecordBatch.from_arrays(
        columns, schema=pa.schema([(header, pa.string()) for header in headers])
    )
