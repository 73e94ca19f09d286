"""The nouns of people: where a value comes from, a person as pages show one, areas, universes, counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from commonweal.intake.model import Kind, Origin


@dataclass(frozen=True)
class ListBatch:
    """One loaded batch of a list, as far as it decides which value wins.

    `columns` maps a target ("surname", "vote:2022_t2", "full_name") to the list's own name for its column.
    """

    batch_id: int
    source: str
    kind: Kind
    origin: Origin
    as_of: date
    purpose: str = ""
    legal_basis: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Provenance:
    """Where one value comes from: the list and its column, when the list was true, what for, on what ground."""

    batch_id: int
    source: str
    column: str | None
    as_of: date
    purpose: str
    legal_basis: str
