"""Model cards (Mitchell et al. 2019): what a model learnt from, how good it is, what matters to it, who is missing.

A card is data: pages word it. Chances in it lie in 0-1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.metrics import log_loss, roc_auc_score

from commonweal.scoring.model import Kind

Floats = npt.NDArray[np.float64]

_BINS = 10
_MATTERS = 20
_AREAS = 20
_BANDS = ((0, "under 25"), (25, "25-34"), (35, "35-49"), (50, "50-64"), (65, "65-79"), (80, "80 and over"))


@dataclass(frozen=True)
class ReliabilityBin:
    """People whose chances are alike: what was said of them, what they did (with its standard error)."""

    persons: int
    said: float
    did: float
    error: float


@dataclass(frozen=True)
class Quality:
    """How well out-of-fold chances fit what people did.

    auc: chance that one who did is ranked above one who did not. log_loss beside that of always saying the mean.
    calibration_error: mean over ten bins of equal count of |said - did|.
    """

    auc: float
    log_loss: float
    log_loss_of_mean: float
    calibration_error: float
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True)
class Group:
    """How many of a group of persons have a score, and how many an outcome to learn from."""

    by: str
    name: str
    persons: int
    scored: int
    outcomes: int


@dataclass(frozen=True)
class Level:
    """The outcomes of an experiment's control arm that chances were brought to the level of, and the fit to them."""

    experiment: str
    persons: int
    share: float
    said_before: float
    auc: float


@dataclass(frozen=True)
class Lesson:
    """What a model learnt from, and how well it did on people it had not seen.

    outcome: what was learnt ("vote:2026_local", "attribute:support_level"). outcome_lists: the lists that told it.
    persons: with an outcome; learnt_from: of these, when more than enough, a sample by household. share: of them
    who did. recent: the elections that the rows knew of, the latest first, up to `as_of`. left_out: facts not used,
    for they came with the answer, or are votes in an election whose name tells no year. matters: what the model leans on most, each with its share of the gain.
    """

    kind: Kind
    outcome: str
    outcome_lists: tuple[str, ...]
    as_of: date
    persons: int
    learnt_from: int
    households: int
    share: float
    recent: tuple[str, ...]
    left_out: tuple[str, ...]
    quality: Quality
    matters: tuple[tuple[str, float], ...]
    rounds: int
    undecided: int = 0
    level: Level | None = None


@dataclass(frozen=True)
class Card:
    """All that a person should know of a model before acting on its scores.

    missing: who has a score and who an outcome, by group. off_the_roll: persons that no list of voters knows; they
    have no score. half_width: the median half width of the 95% intervals, in points of 100. interval and
    calibration name the methods (see `models` and `calibration`).
    """

    lesson: Lesson
    trained_on: date
    scored: int
    missing: tuple[Group, ...]
    off_the_roll: int
    half_width: float
    interval: str
    calibration: str
    folds: int
    seed: int


@dataclass(frozen=True)
class OptionCard:
    """One option in an experiment: the plain difference to the control, and the effect that is used.

    All in probability (0.01 is a point). effect: on everybody scored, on average, after learning from the other
    options. plain_effect is NaN for an arm of hardly anybody.
    """

    option: str
    persons: int
    plain_effect: float
    plain_error: float
    effect: float
    error: float


@dataclass(frozen=True)
class MetricCard:
    """What an experiment says of turnout, or of support; scales, design effect and left_over as in `hierarchy`.

    asked: of the persons, how many had answered the same question before the draw.
    """

    kind: Kind
    persons: int
    control_persons: int
    design_effect: float
    scales: dict[str, float]
    options: tuple[OptionCard, ...]
    asked: int = 0
    left_over: float = 1.0


@dataclass(frozen=True)
class EffectsCard:
    """Where the effects come from."""

    experiment: str
    control: str
    metrics: tuple[MetricCard, ...]
    moderators: tuple[str, ...]
    draws: int


def quality(chance: Floats, outcome: Floats) -> Quality:
    """Judge chances (n,) that were made without the outcomes (n,; 0 or 1) they are held against."""
    bins = tuple(_bin(chance[part], outcome[part]) for part in _equal_parts(chance))
    weight = np.array([each.persons for each in bins])
    gap = np.array([abs(each.said - each.did) for each in bins])
    return Quality(
        auc=float(roc_auc_score(outcome, chance)),
        log_loss=float(log_loss(outcome, chance)),
        log_loss_of_mean=float(log_loss(outcome, np.full(len(outcome), outcome.mean()))),
        calibration_error=float(np.average(gap, weights=weight)),
        bins=bins,
    )


def _equal_parts(chance: Floats) -> list[npt.NDArray[np.int64]]:
    return [part for part in np.array_split(np.argsort(chance, kind="stable"), _BINS) if len(part)]


def _bin(chance: Floats, outcome: Floats) -> ReliabilityBin:
    did = float(outcome.mean())
    error = float(np.sqrt(max(did * (1 - did), 0.25 / len(outcome)) / len(outcome)))
    return ReliabilityBin(len(outcome), float(chance.mean()), did, error)


def matters(names: Sequence[str], gain: Floats) -> tuple[tuple[str, float], ...]:
    """The features that a model leans on most, each with its share of the gain."""
    order = np.argsort(-gain, kind="stable")[:_MATTERS]
    return tuple((names[index], float(gain[index])) for index in order if gain[index] > 0)


class Coverage:
    """Counts, block by block, who is scored and who has an outcome, by age, sex and area."""

    def __init__(self) -> None:
        self._counts: list[pa.Table] = []

    def add(
        self,
        facts: pa.RecordBatch,
        scored: npt.NDArray[np.bool_],
        outcome: npt.NDArray[np.bool_],
    ) -> None:
        """Count the persons of a block of facts (age, sex, area_code, on_roll)."""
        block = pa.table(
            {
                "age": _bands(facts["age"]),
                "sex": facts["sex"],
                "area": facts["area_code"],
                "on_roll": facts["on_roll"],
                "persons": np.ones(facts.num_rows, np.int64),
                "scored": scored.astype(np.int64),
                "outcomes": outcome.astype(np.int64),
            }
        )
        self._counts.append(_summed(block, ["age", "sex", "area", "on_roll"]))

    def off_the_roll(self) -> int:
        """Persons that no list of voters knows."""
        everyone = pa.concat_tables(self._counts)
        return int(pc.sum(everyone.filter(pc.invert(everyone["on_roll"]))["persons"]).as_py() or 0)

    def groups(self) -> tuple[Group, ...]:
        """All age bands and sexes, and the areas of which the least is known; voters only."""
        everyone = pa.concat_tables(self._counts)
        voters = everyone.filter(everyone["on_roll"])
        found = [group for by in ("age", "sex") for group in _groups(voters, by)]
        areas = sorted(
            _groups(voters, "area"), key=lambda group: (group.outcomes / group.persons, group.name)
        )
        return (*found, *areas[:_AREAS])


def _bands(age: pa.Array) -> pa.Array:
    starts = np.array([start for start, _ in _BANDS])
    names = pa.array([name for _, name in _BANDS])
    years = np.asarray(age.to_numpy(zero_copy_only=False), dtype=np.float64)
    place = np.searchsorted(starts, np.nan_to_num(years, nan=0.0), side="right") - 1
    return names.take(pa.array(np.maximum(place, 0), mask=np.isnan(years)))


def _summed(table: pa.Table, by: Sequence[str]) -> pa.Table:
    counts = ["persons", "scored", "outcomes"]
    found = table.group_by(list(by)).aggregate([(name, "sum") for name in counts])
    return found.select([*by, *(f"{name}_sum" for name in counts)]).rename_columns([*by, *counts])


def _groups(counts: pa.Table, by: str) -> list[Group]:
    rows = _summed(counts, [by]).to_pylist()
    rows.sort(key=lambda row: (row[by] is None, row[by]))
    return [
        Group(by, row[by] if row[by] is not None else "", row["persons"], row["scored"], row["outcomes"])
        for row in rows
    ]
