"""From rows of facts to the numbers that a model reads, the same way at training and at scoring.

What was learnt at training (which facts vary, which texts are frequent) is kept in the model as a list of
features, so that a later row is encoded as an earlier one was. A text becomes its place in the list of levels,
one that was rare or never seen the next number, a missing value NaN: LightGBM splits on sets of levels and
learns where missing values go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.scoring.model import Columns

Matrix = npt.NDArray[np.float32]

_LEVELS = 254
_FREQUENT = 30  # persons a level needs to be told apart from the others
_KEYS = frozenset({"person_id", "household_id", "on_roll", "outcome"})


@dataclass(frozen=True)
class Feature:
    """One column of the matrix: its name for people, the column of facts, and the levels of a text."""

    name: str
    column: str
    levels: tuple[str, ...] | None = None


NOTHING = Feature("household_size", "household_size")
"""What a model is given where no fact varies: it then says the same of everybody."""


def learn(facts: pa.Table, columns: Columns) -> tuple[Feature, ...]:
    """The features of these rows that can tell anything: those that vary; NOTHING where none does."""
    names = [name for name in facts.schema.names if name not in _KEYS]
    found = (_learn_one(facts[name], name, columns) for name in names)
    return tuple(feature for feature in found if feature is not None) or (NOTHING,)


def _learn_one(values: pa.ChunkedArray, column: str, columns: Columns) -> Feature | None:
    name = told(column, columns)
    if not _is_text(values.type):
        span = pc.min_max(values)
        varies = span["min"].is_valid and (span["min"] != span["max"] or values.null_count > 0)
        return Feature(name, column) if varies else None
    counts = pc.value_counts(values.drop_null().combine_chunks()).to_pylist()
    frequent = sorted(
        (c for c in counts if c["counts"] >= _FREQUENT), key=lambda c: (-c["counts"], c["values"])
    )
    levels = tuple(count["values"] for count in frequent[:_LEVELS])
    varies = len(counts) > 1 or values.null_count > 0
    return Feature(name, column, levels) if levels and varies else None


def told(column: str, columns: Columns) -> str:
    """A column's name as the model card shows it: the attribute's or the list's own name."""
    kind, _, index = column.rpartition("_")
    named: dict[str, Sequence[str]] = {
        "number": columns.numbers,
        "text": columns.texts,
        "list": columns.lists,
    }
    if kind not in named:
        return column
    prefix = "list" if kind == "list" else "attribute"
    return f"{prefix}:{named[kind][int(index)]}"


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def encode(facts: pa.Table | pa.RecordBatch, features: Sequence[Feature]) -> Matrix:
    """The matrix (rows, features) in float32; NaN where a fact is missing."""
    matrix = np.empty((facts.num_rows, len(features)), dtype=np.float32)
    for index, feature in enumerate(features):
        matrix[:, index] = _encode_one(facts[feature.column], feature)
    return matrix


def _encode_one(values: pa.Array | pa.ChunkedArray, feature: Feature) -> npt.NDArray[np.floating]:
    if feature.levels is None:
        return _floats(values.cast(pa.float32(), safe=False))
    place = pc.index_in(values, value_set=pa.array(feature.levels, values.type), skip_nulls=True)
    known = pc.fill_null(place, len(feature.levels))
    return np.where(_flags(values.is_null()), np.nan, _floats(known.cast(pa.float32())))


def _floats(values: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.floating]:
    return np.asarray(
        values.to_numpy(zero_copy_only=False) if isinstance(values, pa.Array) else values.to_numpy()
    )


def _flags(values: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return np.asarray(
        values.to_numpy(zero_copy_only=False) if isinstance(values, pa.Array) else values.to_numpy()
    )


def categorical(features: Sequence[Feature]) -> list[int]:
    """Which columns of the matrix hold levels."""
    return [index for index, feature in enumerate(features) if feature.levels is not None]
