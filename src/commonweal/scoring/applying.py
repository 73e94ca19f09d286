"""Everybody scored, block by block: memory does not grow with the electorate but for the scores themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commonweal.jobs.model import Progress, silent
from commonweal.scoring.cards import Coverage
from commonweal.scoring.effects import Effects
from commonweal.scoring.ground import Ground
from commonweal.scoring.model import Kind
from commonweal.scoring.models import Chances
from commonweal.scoring.training import Trained
from commonweal.store.catalogue import LAKE

Floats = npt.NDArray[np.float64]

_BLOCK = 100_000
_SCORE = LAKE["scoring.score"].schema
_PARTS = ("", "_low", "_high")


@dataclass
class Scoring:
    """One pass over everybody: `effects()` yields the effects and fills `scores` and the counts on the way."""

    ground: Ground
    trained: Mapping[Kind, Trained]
    effects: Effects | None = None
    persons: int = 0
    scored: dict[Kind, int] = field(default_factory=dict)
    coverage: dict[Kind, Coverage] = field(default_factory=dict)
    _scores: list[pa.RecordBatch] = field(default_factory=list)
    _widths: dict[Kind, list[Floats]] = field(default_factory=dict)

    def run(self, progress: Progress = silent) -> Iterator[pa.RecordBatch]:
        """Score all blocks; yields rows of scoring.effect."""
        known = {kind: self._with_outcome(trained) for kind, trained in self.trained.items()}
        facts = self.ground.facts(self.ground.window())
        for block in self.ground.lake.batches(facts, _BLOCK):
            chances = {kind: trained.predict(block) for kind, trained in self.trained.items()}
            on_roll = block["on_roll"].to_numpy(zero_copy_only=False)
            self._keep(block, chances, on_roll, known)
            self.persons += block.num_rows
            progress(self.persons, self.ground.persons, "scoring")
            if self.effects is not None:
                yield from self.effects.rows(block.filter(block["on_roll"]), _only(chances, on_roll))

    def scores(self) -> pa.Table:
        """scoring.score, once all blocks have run."""
        return pa.Table.from_batches(self._scores, _SCORE)

    def half_width(self, kind: Kind) -> float:
        """The median half width of the intervals, in points of 100."""
        widths = np.concatenate(self._widths[kind])
        return float(np.median(widths)) if len(widths) else float("nan")

    def _with_outcome(self, trained: Trained) -> npt.NDArray[np.int64]:
        return np.sort(self.ground.lake.read(trained.outcome.select("person_id"))["person_id"].to_numpy())

    def _keep(
        self,
        block: pa.RecordBatch,
        chances: Mapping[Kind, Chances],
        on_roll: npt.NDArray[np.bool_],
        known: Mapping[Kind, npt.NDArray[np.int64]],
    ) -> None:
        columns: dict[str, pa.Array] = {"person_id": block["person_id"]}
        for kind in (Kind.TURNOUT, Kind.SUPPORT):
            columns |= _columns(kind, chances.get(kind), on_roll)
        self._scores.append(
            pa.RecordBatch.from_arrays([columns[name] for name in _SCORE.names], schema=_SCORE)
        )
        for kind, chance in chances.items():
            has = _among(block["person_id"].to_numpy(), known[kind])
            self.coverage.setdefault(kind, Coverage()).add(block, on_roll, has)
            self.scored[kind] = self.scored.get(kind, 0) + int(on_roll.sum())
            self._widths.setdefault(kind, []).append(50.0 * (chance.high - chance.low)[on_roll])


def _columns(kind: Kind, chance: Chances | None, on_roll: npt.NDArray[np.bool_]) -> dict[str, pa.Array]:
    """A kind's score and interval, 0-100, null off the roll and without a model."""
    names = [f"{kind}{part}" for part in _PARTS]
    if chance is None:
        return {name: pa.nulls(len(on_roll), pa.float32()) for name in names}
    values = (chance.chance, chance.low, chance.high)
    return {
        name: pa.array((100.0 * value).astype(np.float32), mask=~on_roll)
        for name, value in zip(names, values, strict=True)
    }


def _only(chances: Mapping[Kind, Chances], rows: npt.NDArray[np.bool_]) -> dict[Kind, Chances]:
    return {
        kind: Chances(chance.chance[rows], chance.low[rows], chance.high[rows])
        for kind, chance in chances.items()
    }


def _among(ids: npt.NDArray[np.int64], known: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which ids are in the sorted array `known`."""
    place = np.searchsorted(known, ids)
    found: npt.NDArray[np.bool_] = np.zeros(len(ids), dtype=bool)
    inside = place < len(known)
    found[inside] = known[place[inside]] == ids[inside]
    return found
