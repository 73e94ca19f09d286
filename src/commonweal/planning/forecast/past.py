"""A past election as an expectation, read from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from commonweal.intake.readers import open_file
from commonweal.intake.rules import fold_header
from commonweal.planning.forecast.errors import NotAChoice, UnreadablePast
from commonweal.planning.forecast.model import Areas, Doubles, Places

Column = list[str]

_WORDS = {
    "area": (
        "area",
        "precinct",
        "ward",
        "tract",
        "bureau",
        "bureau de vote",
        "numero du bureau",
        "commune",
        "name",
    ),
    "registered": ("registered", "registered voters", "electorate", "inscrits", "nombre d inscrits"),
    "turnout": ("turnout", "participation"),
    "region": ("region", "county", "canton", "code canton", "departement"),
    "constituency": ("constituency", "district", "state", "circonscription", "code circonscription"),
    "weight": ("seats", "electors", "weight", "sieges", "grands electeurs"),
}
# Counted, but for nobody.
_NOT_CHOICES = {
    *("abstentions", "nombre d abstentions", "votants", "nombre de votants", "voters", "ballots", "total"),
    *(
        "blancs",
        "nuls",
        "nombre de bulletins blancs",
        "nombre de bulletins nuls",
        "blank",
        "invalid",
        "spoilt",
    ),
    *("exprimes", "nombre d exprimes", "valid", "valid votes"),
}
_SMALLEST = 0.5  # votes that a choice without any counts as: its log odds would be infinite


@dataclass(frozen=True, eq=False)
class Past:
    """Results by area. weights (k,): of each constituency, where the file says so."""

    areas: Areas
    weights: Doubles | None


def read(path: Path, choices: Sequence[str] = (), *, together: bool = False) -> Past:
    """Results from a table: one row an area, a column of votes for each of `choices` (else each column of numbers that has no
    other meaning), and who was registered. Columns for turnout (a share), region, constituency and its weight may stand there;
    `together`: all is one constituency all the same.

    Raises UnreadablePast, BadAreas, and what intake raises of a file that it can't read.
    """
    columns, lines = _columns(path)
    meant = {meaning: header for header in columns if (meaning := _meaning(header))}
    counted = {} if together else {name: meant[name] for name in ("constituency", "weight") if name in meant}
    if "registered" not in meant:
        known = ", ".join(columns)
        raise UnreadablePast(path=path, problem=UnreadablePast.no_column, name="registered", known=known)
    table = _Table(path, columns, lines)
    named = _choices(table, meant, choices)
    registered, votes = (
        table.numbers(meant["registered"]),
        np.column_stack([table.numbers(each) for each in named]),
    )
    over = votes.sum(axis=1) > registered
    if over.any():
        at = int(np.argmax(over))
        sizes = {"row": lines[at], "votes": float(votes[at].sum()), "registered": float(registered[at])}
        raise UnreadablePast(path=path, problem=UnreadablePast.too_many, **sizes)
    region, _regions = table.places(meant.get("region"))
    constituency, called = table.places(counted.get("constituency"))
    votes = np.maximum(votes, _SMALLEST)
    total = votes.sum(axis=1)
    turnout = (
        table.numbers(meant["turnout"]) if "turnout" in meant else total / np.maximum(registered, total + 1)
    )
    areas = Areas(
        tuple(named),
        registered,
        turnout,
        votes / total[:, None],
        region,
        constituency,
        names=tuple(columns[meant["area"]]) if "area" in meant else (),
        called=called,
    )
    weights = None
    if "weight" in counted:
        weights = np.zeros(int(areas.constituencies.max()) + 1)
        np.maximum.at(weights, areas.constituencies, table.numbers(counted["weight"]))
    return Past(areas, weights)


def _columns(path: Path) -> tuple[dict[str, Column], list[int]]:
    reader = open_file(path).reader
    columns: dict[str, Column] = {header: [] for header in reader.headers}
    lines: list[int] = []
    for chunk in reader.chunks():
        lines.extend(chunk.lines.tolist())
        for header, cells in columns.items():
            cells.extend(each or "" for each in chunk.columns[header].to_pylist())
    if not lines:
        raise UnreadablePast(path=path, problem=UnreadablePast.empty)
    return columns, lines


def _meaning(header: str) -> str | None:
    folded = fold_header(header)
    return next((meaning for meaning, words in _WORDS.items() if folded in words), None)


def _choices(table: _Table, meant: Mapping[str, str], asked: Sequence[str]) -> list[str]:
    for name in asked:
        if name not in table.columns:
            raise NotAChoice(name=name, known=", ".join(table.columns))
    found = list(asked) or [
        header
        for header in table.columns
        if header not in meant.values()
        and fold_header(header) not in _NOT_CHOICES
        and table.is_of_numbers(header)
    ]
    if len(found) < 2:
        raise UnreadablePast(path=table.path, problem=UnreadablePast.no_choices)
    return found


@dataclass(frozen=True)
class _Table:
    """A file's columns as text, with the line of each row."""

    path: Path
    columns: Mapping[str, Column]
    lines: Sequence[int]

    def numbers(self, header: str) -> Doubles:
        """A column of numbers of 0 or more; what is empty is 0. A thin space, a comma between thousands may stand in it."""
        values = [_number(text) for text in self.columns[header]]
        for line, text, value in zip(self.lines, self.columns[header], values, strict=True):
            if value is None:
                where = {"row": line, "name": header, "value": text}
                raise UnreadablePast(path=self.path, problem=UnreadablePast.not_a_number, **where)
        return np.array(values, np.float64)

    def is_of_numbers(self, header: str) -> bool:
        """Whether a column may hold votes."""
        return any(self.columns[header]) and all(_number(text) is not None for text in self.columns[header])

    def places(self, header: str | None) -> tuple[Places | None, tuple[str, ...]]:
        """Numbers from 0 on for the words of a column, in the order in which they first stand there, and the words."""
        if header is None:
            return None, ()
        words = list(dict.fromkeys(self.columns[header]))
        order = {word: place for place, word in enumerate(words)}
        return np.array([order[word] for word in self.columns[header]], np.intp), tuple(words)


def _number(text: str) -> float | None:
    try:
        value = float("".join(text.replace(",", "").split()) or 0)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
