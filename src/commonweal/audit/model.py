"""What the audit keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One act or look: who, what, to whom or what; `detail` holds ids, counts and field names, never values.

    `persons`: how many an act upon many concerned; who they were stands in the row, and is asked by `who_saw`.
    """

    entry_id: int
    at: datetime
    actor: str
    verb: str
    subject: str | None
    detail: dict[str, Any]
    persons: int | None = None
    why: str | None = None


@dataclass(frozen=True)
class Moment:
    """One line of a person's time: when, who, did what."""

    at: datetime
    actor: str
    verb: str
    why: str | None


@dataclass(frozen=True)
class Seal:
    """One link of the chain; `hash` in hexadecimal."""

    seal_id: int
    at: datetime
    rows: int
    hash: str


class Fault(StrEnum):
    """How a chain can be broken."""

    SEAL_MISSING = "seal_missing"
    SEAL_ALTERED = "seal_altered"
    ENTRY_MISSING = "entry_missing"
    ENTRY_ALTERED = "entry_altered"
    ENTRY_INSERTED = "entry_inserted"
    OTHER_CHAIN = "other_chain"  # not the one whose hash was noted elsewhere


@dataclass(frozen=True)
class Break:
    """A seal that does not hold; `entries` are the ids it names, as PostgreSQL writes a multirange."""

    fault: Fault
    seal_id: int
    entries: str


@dataclass(frozen=True)
class Verdict:
    """What `verify` found. `unsealed`: the newest entries, whose seal is yet to come. `inserted`: ids of no seal."""

    intact: bool
    seals: int
    entries: int
    unsealed: int
    last: Seal | None
    breaks: tuple[Break, ...]
    inserted: tuple[int, ...]
