"""Mappings that come with Commonweal, for exports that many campaigns have; each recognised by its column names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import Any

import msgspec

from commonweal.intake.mapping import from_data
from commonweal.intake.model import Column, Mapping
from commonweal.intake.rules import fold_header


class Shipped(msgspec.Struct, frozen=True):
    """One shipped mapping: its name, the headers that give it away, and patterns for columns that vary.

    A pattern's target may quote its groups; a pattern with a `part` numbers the parts by its first group.
    """

    name: str
    recognised_by: tuple[str, ...]
    mapping: Mapping
    patterns: tuple[tuple[str, Column], ...]


@lru_cache(maxsize=1)
def all_shipped() -> tuple[Shipped, ...]:
    """Every shipped mapping."""
    return tuple(_load())


def _load() -> Iterator[Shipped]:
    folder = resources.files("commonweal.intake") / "mappings"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            data = tomllib.loads(file.read_text(encoding="utf-8"))
            recognised = tuple(fold_header(name) for name in data.pop("recognise"))
            patterns = tuple((pattern, _column(each)) for pattern, each in data.pop("patterns", {}).items())
            yield Shipped(file.name.removesuffix(".toml"), recognised, from_data(data), patterns)


def _column(data: str | dict[str, Any]) -> Column:
    return msgspec.convert({"target": data} if isinstance(data, str) else data, Column)


def recognise(headers: tuple[str, ...]) -> Shipped | None:
    """The shipped mapping whose tell-tale columns are all there; of several the one with the most of them."""
    folded = {fold_header(header) for header in headers}
    fitting = [shipped for shipped in all_shipped() if folded.issuperset(shipped.recognised_by)]
    return max(fitting, key=lambda shipped: len(shipped.recognised_by), default=None)


def fit(shipped: Shipped, headers: tuple[str, ...]) -> Mapping:
    """The shipped mapping for exactly these headers: a column that it does not know is listed and left out.

    Where two columns have one target (or one part of it), the one that stands first in the shipped file has it.
    """
    by_fold: dict[str, str] = {}
    for header in headers:
        by_fold.setdefault(fold_header(header), header)
    order = {
        by_fold[fold_header(name)]: name for name in shipped.mapping.columns if fold_header(name) in by_fold
    }
    taken: set[tuple[str, int | None]] = set()
    columns: dict[str, Column] = {}
    for header, name in order.items():
        columns[header] = _claim(shipped.mapping.columns[name], taken)
    for header in headers:
        if header not in columns:
            columns[header] = _claim(_by_pattern(shipped, header), taken)
    key = tuple(by_fold[fold_header(name)] for name in shipped.mapping.key if fold_header(name) in by_fold)
    return msgspec.structs.replace(
        shipped.mapping,
        key=key if len(key) == len(shipped.mapping.key) else (),
        columns={header: columns[header] for header in headers},
    )


def _claim(column: Column, taken: set[tuple[str, int | None]]) -> Column:
    """The column, or nothing if another one has its target (or its part of it)."""
    place = (column.target, column.part)
    whole = column.part is None or (column.target, None) in taken
    if column.target and (
        any(target == column.target for target, _part in taken) if whole else place in taken
    ):
        return Column()
    taken.add(place)
    return column


def _by_pattern(shipped: Shipped, header: str) -> Column:
    for pattern, column in shipped.patterns:
        match = re.fullmatch(pattern, header)
        if match:
            part = column.part if column.part is None else int(match[1]) + 1
            return msgspec.structs.replace(column, target=match.expand(column.target), part=part)
    return Column()
