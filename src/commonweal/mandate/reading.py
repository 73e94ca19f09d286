"""A list of promises from any file: CSV, Excel, Parquet, JSON, TOML; its columns guessed as those of other lists are."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from commonweal.errors import CommonwealError
from commonweal.intake.readers import open_file
from commonweal.intake.rules import fold_header
from commonweal.mandate import cells, scopes
from commonweal.mandate.errors import CellUnreadable, KeyTwice, ListUnreadable, NoPromises
from commonweal.mandate.levers import Levers, shipped
from commonweal.mandate.likeness import language_of
from commonweal.mandate.model import Promise, Scope, Status

T = TypeVar("T")
Row = dict[str, str]

_MARKUP = re.compile(r"<[^>]{0,200}>")
_DEEPEST = 8  # lists in lists of a JSON file
_EXAMPLES = {
    "cost": "1 200 000, 1.2 million, nothing",
    "funding": "the reserve; fraud: 2 billion",
    "levers": "VAT down; retirement age up",
    "public": "yes, no",
    "kept": "yes, no",
    "status": "draft, announced, under way, stalled, kept, kept in part, broken, withdrawn",
}


@dataclass(frozen=True)
class Fault:
    """A cell that says nothing that could be understood: the promise is read without it."""

    key: str
    error: CommonwealError


@dataclass(frozen=True)
class Listed:
    """A file read: its promises, the levers and budgets that are known there, what its columns were taken for, and what
    could not be understood. `blank` counts rows that promise nothing; `unread` are the lines that are no rows."""

    promises: tuple[Promise, ...]
    levers: Levers
    budgets: Mapping[str, int]
    columns: Mapping[str, str]
    faults: tuple[Fault, ...]
    blank: int
    unread: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Found:
    """The rows of a file, and what it says beside them."""

    rows: Sequence[Row]
    levers: Sequence[str] = ()
    budgets: Mapping[str, str] = field(default_factory=dict)
    unread: Sequence[int] = ()


def read(path: Path, on: date, *, minor_units: int = 100) -> Listed:
    """The promises of a file; `on`: the day whose law holds, `minor_units`: of one unit of its money.

    Raises NoPromises, ListUnreadable, KeyTwice, and what intake raises of a file that it can't read.
    """
    found = _content(path)
    columns = _meanings(found.rows)
    if "text" not in columns.values():
        raise NoPromises(path=path, columns=", ".join(_headers(found.rows)) or "-")
    levers = shipped().also(found.levers)
    reader = _Reader(path, on, minor_units, levers)
    promises = [
        reader.promise(number, _by_meaning(row, columns)) for number, row in enumerate(found.rows, start=1)
    ]
    kept = [promise for promise in promises if promise.text]
    twice = [key for key, count in Counter(promise.key for promise in kept).items() if count > 1]
    if twice:
        raise KeyTwice(path=path, key=twice[0])
    if not kept:
        raise NoPromises(path=path, columns=", ".join(columns))
    budgets = {
        cells.budget(name): reader.cell(name, "cost", told, lambda text: cells.amount(text, minor_units), 0)
        for name, told in found.budgets.items()
    }
    return Listed(
        tuple(kept),
        levers,
        budgets,
        columns,
        tuple(reader.faults),
        len(promises) - len(kept),
        tuple(found.unread),
    )


class _Reader:
    """Rows to promises. What can't be understood is noted and left out."""

    def __init__(self, path: Path, on: date, minor_units: int, levers: Levers) -> None:
        self._path, self._on, self._minor_units, self._levers = path, on, minor_units, levers
        self.faults: list[Fault] = []

    def promise(self, number: int, row: Row) -> Promise:
        """One row's promise; its text is empty where the row promises nothing."""
        key = row.get("key") or str(number)
        text = " ".join(filter(None, (row.get("text"), row.get("detail")))) if row.get("text") else ""
        units, levers = self._minor_units, self._levers
        return Promise(
            key=key,
            text=" ".join(_MARKUP.sub(" ", text).split()),
            language=row.get("language", "").lower()[:2] or language_of(text),
            issue=row.get("issue", ""),
            gains=self._scope(key, row.get("gains")),
            pays=self._scope(key, row.get("pays")),
            cost=self.cell(key, "cost", row.get("cost"), lambda told: cells.amount(told, units), None),
            funding=self.cell(
                key, "funding", row.get("funding"), lambda told: cells.funding(told, units), ()
            ),
            pulls=self.cell(
                key,
                "levers",
                row.get("levers"),
                lambda told: cells.pulls(told, levers, row.get("direction", "")),
                (),
            ),
            public=self.cell(key, "public", row.get("public"), cells.answer, True),
            status=self._status(key, row),
            source=row.get("source", ""),
            overrides=cells.keys(row.get("overrides", "")),
        )

    def cell(
        self, key: str, column: str, told: str | None, understand: Callable[[str], T], otherwise: T
    ) -> T:
        """What a cell means; `otherwise` where it is empty or can't be understood."""
        if not told:
            return otherwise
        try:
            return understand(told)
        except ValueError:
            error = CellUnreadable(
                path=self._path, key=key, value=told, column=column, example=_EXAMPLES[column]
            )
            self.faults.append(Fault(key, error))
            return otherwise

    def _status(self, key: str, row: Row) -> Status:
        if row.get("kept") and not row.get("status"):
            kept = self.cell(key, "kept", row["kept"], cells.answer, False)
            return Status.KEPT if kept else Status.ANNOUNCED  # not kept yet: not broken
        return self.cell(key, "status", row.get("status"), cells.status, Status.ANNOUNCED)

    def _scope(self, key: str, told: str | None) -> Scope | None:
        if not told:
            return None
        try:
            return scopes.read(told, self._on)
        except CommonwealError as error:
            self.faults.append(Fault(key, error))
            return None


class _Toml(msgspec.Struct, frozen=True):
    """[[promise]] tables; [budget] name = what it holds; levers = ["…"]."""

    promise: tuple[dict[str, Any], ...] = ()
    budget: dict[str, str | int | float] = {}
    levers: tuple[str, ...] = ()


def _content(path: Path) -> _Found:
    """The rows of a file, whatever its kind."""
    match path.suffix.lower():
        case ".toml":
            told = _document(path, lambda text: msgspec.toml.decode(text, type=_Toml))
            budgets = {name: str(held) for name, held in told.budget.items()}
            return _Found([_flat(row) for row in told.promise], told.levers, budgets)
        case ".json":
            return _Found(_of_json(_document(path, msgspec.json.decode)))
        case _:
            chunks = list(open_file(path, None, path.name).reader.chunks())
            rows = [row for chunk in chunks for row in chunk.columns.to_pylist()]
            return _Found(
                [{header: cell for header, cell in row.items() if cell} for row in rows],
                unread=[bad.line for chunk in chunks for bad in chunk.bad],
            )


def _document(path: Path, decode: Callable[[bytes], T]) -> T:
    try:
        return decode(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except OSError as error:
        raise ListUnreadable(path=path, reason=error.strerror or error) from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ListUnreadable(path=path, reason=error) from error


def _of_json(data: Any) -> list[Row]:
    """The rows of the list of objects, at any depth, in which most promises stand; those of all lists in one place
    together, each with its parent's words as the issue where it has none of its own."""
    places: dict[tuple[str, ...], list[Row]] = {}
    for place, row in _objects(data, (), ""):
        places.setdefault(place, []).append(row)
    telling = [rows for rows in places.values() if "text" in _meanings(rows).values()]
    return max(telling, key=len, default=[])


def _objects(data: Any, place: tuple[str, ...], parent: str) -> Iterator[tuple[tuple[str, ...], Row]]:
    """Every object that stands in a list, with the place of its list."""
    if len(place) > _DEEPEST:
        return
    if isinstance(data, dict):
        named = _by_meaning(_flat(data), _meanings([_flat(data)])).get("text", "") or parent
        for name, value in data.items():
            yield from _objects(value, (*place, name), named)
    elif isinstance(data, list):
        for each in data:
            if isinstance(each, dict):
                row = _flat(each)
                if parent and "issue" not in _meanings([row]).values():
                    row["issue"] = parent
                yield place, row
            yield from _objects(each, place, parent)


def _flat(row: Mapping[str, Any]) -> Row:
    """An object's values as cells; without those that say nothing."""
    told = {name: _cell(value) for name, value in row.items()}
    return {name: value for name, value in told.items() if value}


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return "; ".join(filter(None, map(_cell, value)))
        case dict():
            return " ".join(filter(None, map(_cell, value.values())))
        case _:
            return str(value).strip()


def _headers(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(header for row in rows for header in row))


def _meanings(rows: Sequence[Row]) -> dict[str, str]:
    """What each column is taken for: each meaning once, the best name first."""
    ranked = sorted(
        (rank, place, header, meaning)
        for place, header in enumerate(_headers(rows))
        if (known := _known().get(fold_header(header)))
        for meaning, rank in (known,)
    )
    found: dict[str, str] = {}
    for _rank, _place, header, meaning in ranked:
        if meaning not in found.values():
            found[header] = meaning
    return found


def _by_meaning(row: Row, columns: Mapping[str, str]) -> Row:
    return {meaning: row[header] for header, meaning in columns.items() if header in row}


@lru_cache(maxsize=1)
def _known() -> dict[str, tuple[str, int]]:
    """Folded header: its meaning and how good a name it is, 0 the best."""
    text = (resources.files("commonweal.mandate") / "headers.toml").read_text(encoding="utf-8")
    return {
        fold_header(name): (meaning, rank)
        for meaning, names in tomllib.loads(text).items()
        for rank, name in enumerate(names)
    }
