"""How much two lists overlap: what a pair's lists alone say for one person.

A canvass and the roll that it walks by share most people, a donors' list holds few twice. So how likely a pair is of
one person beforehand is learnt for each pair of lists, as a lift (bits) above what holds among all records.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commonweal.identity.model import LinkModel, Overlap

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_AS_IF_PAIRS = 30.0  # so many pairs of one person are taken to be as among all records
_MOST_LIFT = 6.0


@dataclass(frozen=True)
class Overlaps:
    """Pairs of records by the pair of lists that they are from.

    `names`: the pairs of lists, each "a|b" in the order of the alphabet; `kind`: for each pair of records which it is
    from; `possible`: how many pairs of records each pair of lists has.
    """

    names: tuple[str, ...]
    kind: Ids
    possible: Floats

    @classmethod
    def of(cls, sources: pa.Array, left: Ids, right: Ids) -> Overlaps:
        """`sources`: each record's list; `left`, `right`: the pairs, as positions there."""
        encoded = sources.dictionary_encode()
        lists = [name or "" for name in encoded.dictionary.to_pylist()] + [""]
        code = np.asarray(encoded.indices.fill_null(len(lists) - 1), dtype=np.int64)
        size = np.bincount(code, minlength=len(lists)).astype(np.float64)
        one, other = np.minimum(code[left], code[right]), np.maximum(code[left], code[right])
        there, kind = np.unique(one * len(lists) + other, return_inverse=True)
        ends = [divmod(pair, len(lists)) for pair in there.tolist()]
        possible = [size[a] * (size[b] if a != b else (size[a] - 1) / 2) for a, b in ends]
        return cls(tuple("|".join(sorted((lists[a], lists[b]))) for a, b in ends), kind, np.array(possible))

    def lifts(self, model: LinkModel) -> tuple[Floats, Floats]:
        """For each pair of records the lifts for one person, and for two of one household."""
        known = [model.overlaps.get(name, Overlap()) for name in self.names]
        same, mates = np.array([each.same for each in known]), np.array([each.mates for each in known])
        return same[self.kind], mates[self.kind]

    def learnt(self, same: Floats, mates: Floats, model: LinkModel, records: int) -> dict[str, Overlap]:
        """What pairs show that are of one person, or of one household, with such probabilities."""
        lifts = (
            self._lift(seen, prior).tolist()
            for seen, prior in ((same, model.prior(records)), (mates, model.mates_prior(records)))
        )
        return {name: Overlap(*each) for name, *each in zip(self.names, *lifts, strict=True)}

    def _lift(self, seen: Floats, prior: float) -> Floats:
        found = np.bincount(self.kind, weights=seen, minlength=len(self.names))
        lift = np.log2((found + _AS_IF_PAIRS) / (self.possible * prior + _AS_IF_PAIRS))
        return np.round(np.clip(lift, -_MOST_LIFT, _MOST_LIFT), 2)
