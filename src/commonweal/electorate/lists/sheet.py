"""One list's rows for one block of people, before they are written to a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from commonweal.electorate.model import Flags, Ints, Texts

BROKEN_SHARE = 0.012
"""Share of the rows of each list that are spoilt on purpose, to feed quarantine."""

RAGGED, CUT = "ragged_line", "cut_line"  # done by the writer, which alone knows lines


@dataclass(frozen=True, eq=False)
class Sheet:
    """Rows of a list. `person` is the true person number of each; `again` marks repeats of a person.

    `broken` names how a row was spoilt, or is an empty text.
    """

    columns: dict[str, Texts]
    person: Ints
    again: Flags
    broken: Texts

    def __len__(self) -> int:
        return len(self.person)


Break = Callable[[dict[str, Texts], int], None]
"""Spoils one row of the columns in place."""


def make_sheet(
    rng: np.random.Generator,
    columns: dict[str, Texts],
    person: Ints,
    again: Flags,
    breaks: dict[str, Break],
) -> Sheet:
    """Spoil `BROKEN_SHARE` of the rows, each by one of `breaks`, chosen evenly."""
    broken = np.full(len(person), "", dtype=object)
    kinds = list(breaks)
    for row in np.flatnonzero(rng.random(len(person)) < BROKEN_SHARE):
        kind = kinds[int(rng.integers(len(kinds)))]
        breaks[kind](columns, int(row))
        broken[row] = kind
    return Sheet(columns, person, again, broken)


def left_to_writer(_columns: dict[str, Texts], _row: int) -> None:
    """For breaks of the line itself."""


def blank(*names: str) -> Break:
    """Empties the named columns: a row about nobody."""

    def spoil(columns: dict[str, Texts], row: int) -> None:
        for name in names:
            columns[name][row] = ""

    return spoil


def put(name: str, text: str) -> Break:
    """Writes a value that cannot be: the 31st of February, an amount in words."""

    def spoil(columns: dict[str, Texts], row: int) -> None:
        columns[name][row] = text

    return spoil


def shift(names: Sequence[str]) -> Break:
    """Moves the values of neighbouring columns one to the right, the last one's being lost."""

    def spoil(columns: dict[str, Texts], row: int) -> None:
        values = ["", *(columns[name][row] for name in names[:-1])]
        for name, value in zip(names, values, strict=True):
            columns[name][row] = value

    return spoil


def bad_byte(name: str, byte: int) -> Break:
    """Puts a byte into a text that its encoding cannot hold; written through `surrogateescape` (PEP 383)."""

    def spoil(columns: dict[str, Texts], row: int) -> None:
        text = columns[name][row]
        columns[name][row] = text[:2] + chr(0xDC00 + byte) + text[2:]

    return spoil


def repeats(rng: np.random.Generator, rows: Ints, chance: float) -> tuple[Ints, Flags]:
    """`rows` with some of them twice, in random order; the flags mark the second ones."""
    twice = rows[rng.random(len(rows)) < chance]
    both = np.concatenate([rows, twice])
    again = np.arange(len(both)) >= len(rows)
    order = rng.permutation(len(both))
    return both[order], again[order]
