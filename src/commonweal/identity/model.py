"""The nouns of identity: a model and its weights, the evidence for a link, what a run did to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

_MOST_LIKELY = 0.01
_FEWEST = 0.001


def _share(others: float, records: int) -> float:
    """How likely a record, drawn at random from so many, is one of so many others."""
    return min(_MOST_LIKELY, max(others, _FEWEST) / max(records - 1, 1))


@dataclass(frozen=True)
class Weight:
    """One level of agreement: `m` of the pairs of one person show it, `u` of the pairs of two persons do."""

    m: float
    u: float


@dataclass(frozen=True)
class Overlap:
    """How much likelier (bits) a pair from two lists is of one person, and of two of one household, than any pair."""

    same: float = 0.0
    mates: float = 0.0


@dataclass(frozen=True)
class LinkModel:
    """How much each level of agreement says, and how many other records of its person and household a record has.

    `definition` is the version of the comparisons that the weights belong to; `partners` the mean number of
    further records of a record's person, `mates` of the others of its household; `repeats` the number of partners that
    was assumed when the frequencies of names were counted; `weights` holds, for each
    comparison, one weight a level in the comparison's order; `overlaps`, for pairs of lists ("a|b"), what their
    overlap says.
    """

    definition: int
    partners: float
    mates: float
    repeats: float
    weights: Mapping[str, tuple[Weight, ...]]
    overlaps: Mapping[str, Overlap] = field(default_factory=dict)

    def prior(self, records: int) -> float:
        """How likely two of so many records, drawn at random, are of one person."""
        return _share(self.partners, records)

    def mates_prior(self, records: int) -> float:
        """How likely two of so many records, drawn at random, are of two persons of one household."""
        return _share(self.mates, records)

    def as_json(self) -> dict[str, Any]:
        """For the ledger."""
        weights = {name: [[each.m, each.u] for each in levels] for name, levels in self.weights.items()}
        return {
            "definition": self.definition,
            "partners": self.partners,
            "mates": self.mates,
            "repeats": self.repeats,
            "weights": weights,
            "overlaps": {lists: [each.same, each.mates] for lists, each in self.overlaps.items()},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `as_json`."""
        weights = {name: tuple(Weight(m, u) for m, u in levels) for name, levels in value["weights"].items()}
        overlaps = {lists: Overlap(*lifts) for lists, lifts in value.get("overlaps", {}).items()}
        partners = value["partners"]
        mates, repeats = value.get("mates", partners), value.get("repeats", partners)
        return cls(value["definition"], partners, mates, repeats, weights, overlaps)


@dataclass(frozen=True)
class Crowds:
    """Values that stand for an unknown one, or for an office (fingerprints, see `tables.crowded`): birth dates, and those
    of them whose year is no year of birth either; e-mail addresses; telephones."""

    stopgaps: tuple[int, ...] = ()
    yearless: tuple[int, ...] = ()
    emails: tuple[int, ...] = ()
    phones: tuple[int, ...] = ()


@dataclass(frozen=True)
class Census:
    """What the weight of a pair takes from all records together, counted once and then held: the same two records weigh
    the same until the next census.

    `maker`: whose fingerprints these are, of which comparisons and blocks (`blocking.maker`). `records`: how many were
    counted; `known`: of these, how many have a value in each column whose values are counted. `limits`: how many
    records may share a key, for each block. `registers`: for each list with registration numbers the register that they
    are from, -1 where they tell nobody apart.
    """

    maker: str
    records: int
    known: Mapping[str, int]
    crowds: Crowds
    limits: tuple[int, ...] = ()
    registers: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the ledger."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `as_json`."""
        crowds = Crowds(**{name: tuple(values) for name, values in value["crowds"].items()})
        return cls(**{**value, "crowds": crowds, "limits": tuple(value["limits"])})


class ModelOrigin(StrEnum):
    """Where the weights of a run come from."""

    STARTING = "starting"  # the starting weights: too few records overlap to learn from
    TRAINED = "trained"  # learnt in this run
    KEPT = "kept"  # learnt before


class Evidence(StrEnum):
    """What ties a record to its person."""

    SURE_KEY = "sure_key"  # a registration number that another record of the person gives too
    MODEL = "model"  # alike enough in names, birth, contact points, address
    ALONE = "alone"  # the person's only record


class HouseholdEvidence(StrEnum):
    """What ties a person to a household."""

    LIST = "list"  # a list names the household
    ADDRESS_SURNAME = "address_surname"  # same address, and a surname in common
    ADDRESS = "address"  # same flat
    PHONE = "phone"  # same telephone, and nothing says that they live apart
    ALONE = "alone"


class EventKind(StrEnum):
    """What can happen to a person in a run."""

    CREATE = "create"  # records became a new person
    ATTACH = "attach"  # records came to a person that was there before
    DETACH = "detach"  # records are gone from their lists
    MERGE = "merge"  # one person turned out to be another
    SPLIT = "split"  # some records of a person turned out to be another's
    UNDO = "undo"  # a merge was taken back


class Answer(StrEnum):
    """What somebody says of two records."""

    SAME = "same"  # they are one person
    DIFFERENT = "different"  # they are two
    UNSURE = "unsure"  # it can't be told from what there is


class Standing(StrEnum):
    """What becomes of an answer."""

    COUNTS = "counts"  # the next resolve goes by it
    MOOT = "moot"  # they have become one person meanwhile, as it says; it is kept for later
    PARTS = "parts"  # they have become one person meanwhile; the next resolve parts them, if the answer is that they are two
    ANSWERED = "answered"  # somebody else was sure meanwhile: not to be sure takes back nobody else's answer
    GONE = "gone"  # one of the records is in no list any more; it is kept in case it comes back


@dataclass(frozen=True)
class Decision:
    """What was said of two records; `left` is the smaller id."""

    decision_id: int
    left: int
    right: int
    answer: Answer


@dataclass(frozen=True)
class Turn:
    """One thing that happened to a person's id.

    `kind`: an event's, or "review". `person`: whom it happened to, `other`: whom it came from or went to (see
    identity.event). `records`: those that came or went, as far as they were noted; `number`: how many. `answer` and
    `why`: what a review said. `undone`: when a merge was taken back, by whom.
    """

    at: datetime
    kind: str
    actor: str
    event_id: int | None = None
    person: int | None = None
    other: int | None = None
    number: int = 0
    records: tuple[int, ...] = ()
    answer: Answer | None = None
    why: str = ""
    undone: tuple[datetime, str] | None = None


@dataclass(frozen=True)
class ResolveReport:
    """What a run found and changed. `model` says which weights were used: starting, trained or kept; `doubts`: how
    many pairs wait for a reviewer; `overruled`: how many answers newer ones contradict. `new`, `renewed`, `gone`: the
    records that are new, that say something else than before (0 where the run compared all records anew), that no list
    holds any more; `looked_at`: how many persons were put together anew."""

    records: int
    persons: int
    households: int
    attached: int
    created: int
    merged: int
    split: int
    detached: int
    doubts: int
    overruled: int
    model: ModelOrigin
    changed: bool
    seconds: float
    new: int = 0
    renewed: int = 0
    gone: int = 0
    looked_at: int = 0
