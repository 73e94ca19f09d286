"""The nouns of identity: a model and its weights, the evidence for a link, what a run did to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

_MOST_LIKELY = 0.01


@dataclass(frozen=True)
class Weight:
    """One level of agreement: `m` of the pairs of one person show it, `u` of the pairs of two persons do."""

    m: float
    u: float


@dataclass(frozen=True)
class LinkModel:
    """How much each level of agreement says, and how many other records of its person a record has.

    `definition` is the version of the comparisons that the weights belong to; `partners` the mean number of
    further records of a record's person; `weights` holds, for each comparison, one weight a level in the
    comparison's order.
    """

    definition: int
    partners: float
    weights: Mapping[str, tuple[Weight, ...]]

    def prior(self, records: int) -> float:
        """How likely two of so many records, drawn at random, are of one person."""
        return min(_MOST_LIKELY, self.partners / max(records - 1, 1))

    def as_json(self) -> dict[str, Any]:
        """For the ledger."""
        weights = {name: [[each.m, each.u] for each in levels] for name, levels in self.weights.items()}
        return {"definition": self.definition, "partners": self.partners, "weights": weights}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `as_json`."""
        weights = {name: tuple(Weight(m, u) for m, u in levels) for name, levels in value["weights"].items()}
        return cls(value["definition"], value["partners"], weights)


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
    ALONE = "alone"


class EventKind(StrEnum):
    """What can happen to persons in a run."""

    CREATE = "create"  # records became new persons
    ATTACH = "attach"  # records went to persons that were there before
    DETACH = "detach"  # records are gone from their lists, or went from one person to another
    MERGE = "merge"  # one person turned out to be another
    SPLIT = "split"  # some records of a person turned out to be another's


@dataclass(frozen=True)
class ResolveReport:
    """What a run found and changed. `model` says which weights were used: starting, trained or kept."""

    records: int
    persons: int
    households: int
    attached: int
    created: int
    merged: int
    split: int
    detached: int
    model: ModelOrigin
    changed: bool
    seconds: float
