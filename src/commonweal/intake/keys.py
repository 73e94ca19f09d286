"""Which rows of a list are the same record: in one file, and from one file to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.intake.hashing import Hashes, hash_rows, hash_text
from commonweal.intake.normalise.text import clean

Flags = npt.NDArray[np.bool_]

GLUE = "|"


class Notebook:
    """A growing map from hashes to numbers, in two sorted arrays: 16 bytes an entry."""

    def __init__(self) -> None:
        self._hashes = np.empty(0, np.int64)
        self._numbers = np.empty(0, np.int64)

    def find(self, hashes: Hashes) -> tuple[Flags, npt.NDArray[np.int64]]:
        """Which hashes are noted, and the number of each (0 where it is not)."""
        if not len(self._hashes):
            return np.zeros(len(hashes), bool), np.zeros(len(hashes), np.int64)
        at = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        found = np.asarray(self._hashes[at] == hashes)
        return found, np.where(found, self._numbers[at], 0)

    def note(self, hashes: Hashes, numbers: npt.NDArray[np.int64]) -> None:
        """Note new hashes, all different and none noted before."""
        merged = np.concatenate([self._hashes, hashes])
        order = np.argsort(merged, kind="stable")
        self._hashes = merged[order]
        self._numbers = np.concatenate([self._numbers, numbers])[order]

    def add(self, hashes: Hashes, counts: npt.NDArray[np.int64]) -> None:
        """Add counts to hashes (all different), new ones starting from zero."""
        found, _numbers = self.find(hashes)
        if found.any():
            self._numbers[np.searchsorted(self._hashes, hashes[found])] += counts[found]
        self.note(hashes[~found], counts[~found])


@dataclass(frozen=True)
class Repeats:
    """Rows whose key an earlier row of the file has: `same` says the same, `other` says something else."""

    same: Flags
    other: Flags


class KeyBook:
    """The keys of one file as it is read, and the record ids that its source gave them before."""

    def __init__(self) -> None:
        self._known = Notebook()  # key -> record id, from earlier batches
        self._seen = Notebook()  # key -> hash of what its first row in this file says
        self._copies = Notebook()  # raw row -> how many of it there were in this file

    def remember(self, keys: pa.Array, record_ids: npt.NDArray[np.int64]) -> None:
        """Keys of the source's living records, with their ids."""
        hashes, first = np.unique(hash_text(keys), return_index=True)
        found, _ids = self._known.find(hashes)
        self._known.note(hashes[~found], record_ids[first[~found]])

    def repeats(self, hashes: Hashes, row_hashes: Hashes, usable: Flags) -> Repeats:
        """Note the (hashed) keys of the usable rows; tell which of them were there before."""
        same, other = np.zeros(len(hashes), bool), np.zeros(len(hashes), bool)
        at = np.flatnonzero(usable)
        unique, first, inverse = np.unique(hashes[at], return_index=True, return_inverse=True)
        found, said = self._seen.find(unique)
        said = np.where(found, said, row_hashes[at[first]])
        self._seen.note(unique[~found], said[~found])
        again = found[inverse] | (first[inverse] != np.arange(len(at)))
        agrees = said[inverse] == row_hashes[at]
        same[at], other[at] = again & agrees, again & ~agrees
        return Repeats(same, other)

    def record_ids(self, hashes: Hashes) -> tuple[Flags, npt.NDArray[np.int64]]:
        """Which (hashed) keys have a record already, and its id."""
        return self._known.find(hashes)

    def content_keys(self, cells: list[pa.Array]) -> pa.Array:
        """Keys for a list without key columns: the hash of the whole row, and how many such rows came before it."""
        hashes = hash_rows(cells)
        unique, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
        _found, before = self._copies.find(unique)
        order = np.argsort(inverse, kind="stable")
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(counts) else np.empty(0, np.int64)
        rank = np.empty(len(hashes), np.int64)
        rank[order] = np.arange(len(hashes)) - starts[inverse[order]]
        rank += before[inverse]
        self._copies.add(unique, counts.astype(np.int64))
        unsigned = hashes.view(np.uint64)
        return pa.array(
            [f"{h:016x}.{n}" for h, n in zip(unsigned.tolist(), rank.tolist(), strict=True)], pa.string()
        )


def column_keys(cells: list[pa.Array]) -> pa.Array:
    """Keys of rows from their key columns; null where all of them are empty."""
    parts = [pc.replace_substring(clean(column), GLUE, "¦") for column in cells]
    if len(parts) == 1:
        return parts[0]
    filled = [pc.is_valid(part) for part in parts]
    some = filled[0]
    for each in filled[1:]:
        some = pc.or_(some, each)
    whole = pc.binary_join_element_wise(*parts, GLUE, null_handling="replace", null_replacement="")
    return pc.if_else(some, whole, pa.scalar(None, pa.string()))
