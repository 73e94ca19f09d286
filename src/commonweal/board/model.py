"""Actions that people agree on, and what happens to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

WHAT_MOST = 300  # characters of an action, and of the line that ends it
TEXT_MOST = 2000  # characters of a comment
OWNERS_MOST = 20


class State(StrEnum):
    """Where an action stands."""

    OPEN = "open"
    DOING = "doing"
    DONE = "done"
    DROPPED = "dropped"

    @property
    def ended(self) -> bool:
        """Whether nothing more is awaited."""
        return self in {State.DONE, State.DROPPED}


class About(StrEnum):
    """What an action may be about."""

    AREA = "area"
    PERSON = "person"
    PLAN = "plan"
    OPTION = "option"


class Happened(StrEnum):
    """What may happen to an action."""

    WRITTEN = "written"
    COMMENTED = "commented"
    AMENDED = "amended"
    MOVED = "moved"


@dataclass(frozen=True)
class Link:
    """What an action is about: a person's or a plan's id, an area's or an option's code."""

    about: About
    id: int | None = None
    code: str | None = None


@dataclass(frozen=True)
class Action:
    """One action as it stands. `owners` are accounts; `area_code` is the area that it is about, or where the person lives."""

    action_id: int
    what: str
    owners: tuple[int, ...]
    due: date | None
    link: Link | None
    area_code: str | None
    written_by: int
    written_at: datetime
    state: State
    outcome: str | None
    closed_at: datetime | None
    version: int
    comments: int
    concerned: tuple[int, ...]

    def overdue(self, today: date) -> bool:
        """Whether its day is past and it is not ended."""
        return self.due is not None and self.due < today and not self.state.ended


@dataclass(frozen=True)
class Event:
    """Something that happened to an action. `detail` of an amendment holds what was before, by field."""

    kind: Happened
    at: datetime
    by: int
    text: str | None
    detail: dict[str, Any]
