"""The nouns of scoring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What is modelled."""

    TURNOUT = "turnout"
    SUPPORT = "support"
    EFFECTS = "effects"


@dataclass(frozen=True)
class Election:
    """One election as lists name it; month and day where the name tells them."""

    name: str
    year: int
    month: int | None
    day: int | None
    kind: str

    @property
    def held(self) -> date:
        """The day it was held; the middle of the year (of the month) when only that is known."""
        return date(self.year, self.month or 6, min(self.day or 15, 28 if not self.day else self.day))


@dataclass(frozen=True)
class ElectionVotes:
    """How many persons are known to have voted in an election, and to have stayed at home."""

    election: str
    voted: int
    stayed: int


@dataclass(frozen=True)
class AttributeCount:
    """How many persons have an attribute, how many of them as a number, and how many different texts there are."""

    name: str
    persons: int
    numbers: int
    levels: int


@dataclass(frozen=True)
class Window:
    """The past that a row of features may know: elections newest first, none on or after the day `as_of`."""

    as_of: date
    recent: tuple[str, ...]
    alike: tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """Which facts a row holds: how many past votes, which attributes, which lists."""

    lags: int
    alike: int = 2
    numbers: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()

    @property
    def vote_names(self) -> tuple[str, ...]:
        """voted_1 (the latest) … and alike_1 … (of the kind that is predicted)."""
        recent = (f"voted_{i + 1}" for i in range(self.lags))
        return (*recent, *(f"alike_{i + 1}" for i in range(self.alike)))

    @property
    def plain(self) -> tuple[str, ...]:
        """The columns that tell of the person alone."""
        return (
            "age",
            "sex",
            "latitude",
            "longitude",
            "has_email",
            "has_phone",
            *self.vote_names,
            "votes_known",
            "share_voted",
            "household_size",
            "area_size",
            *(f"number_{i}" for i in range(len(self.numbers))),
            *(f"text_{i}" for i in range(len(self.texts))),
            *(f"list_{i}" for i in range(len(self.lists))),
            "lists",
        )


@dataclass(frozen=True)
class Skipped:
    """A model that could not be trained, and why: the error's code, parameters and text."""

    kind: Kind
    code: str
    parameters: dict[str, str]
    reason: str


@dataclass(frozen=True)
class ModelSummary:
    """One trained model, for reports: area under the curve, calibration error (0-1), people learnt from."""

    kind: Kind
    model_id: int
    outcome: str
    learnt_from: int
    auc: float
    calibration_error: float
    half_width: float


@dataclass(frozen=True)
class ScoreReport:
    """What a scoring did. `scored` of `persons` are on the roll; `options` have effects from `experiment`."""

    run_id: int
    at: datetime
    persons: int
    scored: int
    models: tuple[ModelSummary, ...]
    experiment: str | None
    options: tuple[str, ...]
    skipped: tuple[Skipped, ...]
