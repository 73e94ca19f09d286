"""The nouns of privacy: a request, an erasure, what is held of a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What is asked for: GDPR articles 15, 16, 17 and 21."""

    ACCESS = "access"
    CORRECTION = "correction"
    ERASURE = "erasure"
    OBJECTION = "objection"


class State(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True)
class Request:
    """One request. `due`: the day by which it must be answered; `extended`: why that was put off, once.

    `subjects`: whom it is about, as far as that was found out.
    """

    request_id: int
    kind: Kind
    state: State
    received: date
    due: date
    extended: str | None
    words: str
    made_by: str
    made_at: datetime
    closed_by: str | None
    closed_at: datetime | None
    outcome: str
    subjects: tuple[int, ...]

    def days_left(self, today: date) -> int:
        """Below zero: so many days late."""
        return (self.due - today).days


@dataclass(frozen=True)
class Receipt:
    """What became of an erasure. `rows`: by table, in the ledger at once and in the lake when it was rewritten."""

    erasure_id: int
    request_id: int | None
    erased_at: datetime
    erased_by: str
    rows: dict[str, int]
    rewritten_at: datetime | None
    gone_at: datetime | None


@dataclass(frozen=True)
class Purpose:
    """One line of the register (GDPR 30): what is processed, what for, on what ground, where it came from."""

    list_name: str
    kind: str
    origin: str
    purpose: str
    legal_basis: str
    fields: tuple[str, ...]
    records: int
    newest: date | None


@dataclass(frozen=True)
class Held:
    """All that is held of one person, as data: what `export.read` gives and pages show."""

    person_id: int
    made_at: datetime
    content: dict[str, Any]
