"""What effects may depend on: a few facts of a person, centred and of unit variance among those who were tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import logit

from commonweal.scoring.features import told
from commonweal.scoring.model import Columns, Kind

Floats = npt.NDArray[np.float64]
Facts: TypeAlias = pa.Table | pa.RecordBatch

_NUMBERS = ("age", "household_size", "share_voted", "has_email", "has_phone")
_ATTRIBUTES = 6  # numbers among the attributes
_LEVELS = 16
_RARE = 0.05
_FAR = 3.0  # standard deviations beyond which a value counts as being there
_CERTAIN = 1e-4


@dataclass(frozen=True)
class Moderator:
    """One fact: a number, whether a text is `level`, or the logit of a chance (to the power of `power`)."""

    name: str
    column: str
    level: str | None = None
    power: int = 1
    centre: float = 0.0
    scale: float = 1.0

    def values(self, facts: Facts, chances: Mapping[Kind, Floats]) -> Floats:
        """Standardised; 0 where the fact is missing."""
        raw = self._raw(facts, chances)
        standard = np.clip((raw - self.centre) / self.scale, -_FAR, _FAR)
        return np.where(np.isfinite(raw), standard, 0.0)

    def standardised(self, facts: Facts, chances: Mapping[Kind, Floats]) -> Moderator | None:
        """The same with centre and scale as in these rows; None when it hardly varies there."""
        raw = self._raw(facts, chances)
        known = raw[np.isfinite(raw)]
        if len(known) < len(raw) / 10 or known.std() < 1e-9:
            return None
        if self.level is not None and not _RARE < known.mean() < 1 - _RARE:
            return None
        return Moderator(
            self.name, self.column, self.level, self.power, float(known.mean()), float(known.std())
        )

    def _raw(self, facts: Facts, chances: Mapping[Kind, Floats]) -> Floats:
        if self.column in chances:
            chance = np.clip(chances[Kind(self.column)], _CERTAIN, 1 - _CERTAIN)
            return np.asarray(logit(chance) ** self.power)
        column = facts[self.column]
        if self.level is not None:
            column = pc.equal(column, self.level).cast(pa.float64())
        array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        return np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.float64)


def choose(facts: pa.Table, chances: Mapping[Kind, Floats], columns: Columns) -> tuple[Moderator, ...]:
    """The moderators that vary among these rows."""
    found = (each.standardised(facts, chances) for each in _candidates(facts, chances, columns))
    return tuple(moderator for moderator in found if moderator is not None)


def _candidates(facts: pa.Table, chances: Mapping[Kind, Floats], columns: Columns) -> Iterator[Moderator]:
    for kind in chances:
        yield Moderator(f"{kind} score", kind.value)
    if Kind.TURNOUT in chances:
        yield Moderator("turnout score, squared", Kind.TURNOUT.value, power=2)
    for column in (*_NUMBERS, *(f"number_{i}" for i in range(min(_ATTRIBUTES, len(columns.numbers))))):
        yield Moderator(told(column, columns), column)
    yield from _levels(facts, "sex", columns, most=1)
    left = _LEVELS
    for index in range(len(columns.texts)):
        levels = list(_levels(facts, f"text_{index}", columns, most=left))
        yield from levels
        left -= len(levels)


def _levels(facts: pa.Table, column: str, columns: Columns, most: int) -> Iterator[Moderator]:
    counts = pc.value_counts(facts[column].drop_null().combine_chunks()).to_pylist()
    counts.sort(key=lambda count: (-count["counts"], count["values"]))
    name = told(column, columns)
    for count in counts[:most]:
        if count["counts"] > _RARE * facts.num_rows:
            yield Moderator(f"{name} = {count['values']}", column, level=count["values"])


def matrix(moderators: Sequence[Moderator], facts: Facts, chances: Mapping[Kind, Floats]) -> Floats:
    """(rows, moderators)"""
    if not moderators:
        return np.empty((facts.num_rows, 0))
    return np.column_stack([moderator.values(facts, chances) for moderator in moderators])
