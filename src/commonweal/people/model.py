"""The nouns of people: where a value comes from, a person as pages show one, areas, universes, counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from commonweal.intake.model import Kind, Origin
from commonweal.people.universe import Node


@dataclass(frozen=True)
class ListColumn:
    """The column (or columns) of a list that give a target, with what the values may be used for."""

    name: str
    purpose: str
    legal_basis: str


@dataclass(frozen=True)
class ListBatch:
    """One loaded batch of a list, as far as it decides which value wins.

    `columns`: by target ("surname", "vote:2022_t2", "full_name"), for those that a column gives.
    """

    batch_id: int
    source: str
    kind: Kind
    origin: Origin
    as_of: date
    purpose: str = ""
    legal_basis: str = ""
    columns: Mapping[str, ListColumn] = field(default_factory=dict)


@dataclass(frozen=True)
class Provenance:
    """Where one value comes from: the list and its column (None: the list says it of everyone on it), when the
    list was true, what the value may be used for, on what legal ground."""

    batch_id: int
    source: str
    column: str | None
    as_of: date
    purpose: str
    legal_basis: str


@dataclass(frozen=True)
class Chosen:
    """One field of a person: the value that won, and where it comes from."""

    field: str
    value: str | int | float | date
    provenance: Provenance | None


@dataclass(frozen=True)
class ListRecord:
    """One row of a list about a person. `given`: every value of it, by field; `inactive_since`: the list came again
    without it."""

    record_id: int
    source: str
    batch_id: int
    as_of: date | None
    line: int
    evidence: str
    inactive_since: date | None
    given: Mapping[str, Any]
    votes: Mapping[str, bool]
    attributes: Mapping[str, str | float]


@dataclass(frozen=True)
class Member:
    """Somebody of a household."""

    person_id: int
    name: str
    birth_year: int | None
    sex: str | None


@dataclass(frozen=True)
class Score:
    """0-100, with its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class PlannedContact:
    """A contact by an option, the votes that it gains, the standard error of these, and the day that it is meant for: None
    where the plan has no days."""

    option: str
    votes: float
    votes_error: float
    day: date | None


@dataclass(frozen=True)
class Planned:
    """What a plan does with a person: contacts, what gains most first, or the reason why none; what came second."""

    plan_id: int
    contacts: tuple[PlannedContact, ...]
    reason: str | None
    second: str | None
    second_votes: float | None


@dataclass(frozen=True)
class Person:
    """All that the serving copy holds of one person."""

    person_id: int
    name: str
    fields: tuple[Chosen, ...]
    votes: Mapping[str, bool]
    attributes: Mapping[str, str | float]
    tags: tuple[str, ...]
    lists: tuple[str, ...]
    records: tuple[ListRecord, ...]
    household_id: int | None
    household: tuple[Member, ...]
    area: Area | None
    turnout: Score | None
    support: Score | None
    planned: Planned | None

    def value(self, field: str) -> str | int | float | date | None:
        """A field's chosen value, or None where no list gives one."""
        return next((chosen.value for chosen in self.fields if chosen.field == field), None)


@dataclass(frozen=True)
class Found:
    """One person in the results of a search; `by` says what matched: name, email, phone, registration, address."""

    person_id: int
    name: str
    birth_year: int | None
    address: str
    area_code: str | None
    sources: int
    by: str


@dataclass(frozen=True)
class Area:
    """A precinct, polling place or tract. `facts` are published figures; latitude and longitude lie inside of it."""

    area_code: str
    name: str
    address: str | None
    latitude: float
    longitude: float
    facts: Mapping[str, Any]
    persons: int = 0


@dataclass(frozen=True)
class Universe:
    """A saved selection, and how many persons it held when it was counted."""

    universe_id: int
    name: str
    expression: str
    persons: int
    counted_at: datetime
    made_by: str
    made_at: datetime
    changed_by: str | None
    changed_at: datetime | None


@dataclass(frozen=True)
class Preview:
    """An expression as it was understood: its tree, its text written tidily, and how many persons meet it."""

    node: Node
    expression: str
    persons: int


@dataclass(frozen=True)
class Overview:
    """What the serving copy holds. `by_lists`: how many persons are found on 1, 2, … lists."""

    at: datetime
    persons: int
    households: int
    records: int
    by_lists: Mapping[int, int]
    example: int | None


@dataclass(frozen=True)
class BuildReport:
    """What a build made; `changed` is False where nothing it is made from had changed."""

    persons: int
    changed: bool


@dataclass(frozen=True)
class PublishReport:
    """How many rows of the serving copy a publish touched, by table; nothing where nothing differed."""

    persons: int
    touched: Mapping[str, int]
