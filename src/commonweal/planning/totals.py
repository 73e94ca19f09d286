"""A plan that was made, as the ledger keeps it: its totals by option and area, and whom it leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from commonweal.experiments.model import Estimate

_STEPS = (100, 50, 20, 10, 5, 2, 1)


@dataclass(frozen=True)
class MadePlan:
    """One plan. Money in minor units; votes gained with their 95% interval; contacts are pieces, reached persons.

    `bound`: no plan within the same limits gains more votes. `price`: votes that one more minor unit would gain. `most`:
    contacts that a person gets at most. `basis`: the plan that this one was changed from, None: of none; `changes`: what is
    otherwise than options.toml and plan.toml say, by limit, and `without` the options left out. `explored`: persons whose contact
    was drawn, to learn from; `forgone`: the votes that this costs. first_day, last_day: within which the contacts are made, those of
    one person or household `apart` days from one another; None: the plan has no days. `spent_before`: what contacts had cost when it was
    made: none of it is of its budget. `closed`: channels that no day is left for.
    """

    plan_id: int
    name: str
    status: str
    goal: str
    made_at: datetime
    made_by: str
    approved_at: datetime | None
    approved_by: str | None
    budget: int
    spent: int
    currency: str
    persons: int
    contacts: int
    reached: int
    votes: float
    votes_low: float
    votes_high: float
    bound: float
    price: float
    most: int
    basis: int | None
    changes: Mapping[str, float]
    without: Sequence[str]
    first_day: date | None
    last_day: date | None
    apart: int | None
    explored: int
    forgone: float
    difference: float | None
    difference_error: float | None
    spent_before: int
    closed: Sequence[str]

    @property
    def compared(self) -> Estimate | None:
        """Votes that it gains more than its basis, with their error; None without one, or where that can't be told any more."""
        if self.difference is None or self.difference_error is None:
            return None
        return Estimate(self.difference, self.difference_error)

    @property
    def gap(self) -> float:
        """By how many votes a better plan could at most beat this one."""
        return max(0.0, self.bound - self.votes)


class Kind(StrEnum):
    """What a limit comes from: the budget, an option's capacity, plan.toml, a candidate's decision, a channel's contacts a day."""

    MONEY = "money"
    CAPACITY = "capacity"
    TERM = "term"
    RULE = "rule"
    DAYS = "days"


@dataclass(frozen=True)
class LimitTotal:
    """How a plan uses a limit. unit: money (minor units), contacts, hours, a_day (contacts a day, on average) or share (of contacts, 1
    for all); each: what one contact uses of it, or is of those of which it is a share; at_most None: it has a lower end only. price:
    votes that one unit more of the upper end gains; below 0: what one less of the lower end would.
    """

    name: str
    kind: Kind
    unit: str
    each: float
    at_most: float | None
    at_least: float
    used: float
    price: float

    @property
    def shortfall(self) -> float:
        """What is missing to its lower end."""
        return max(0.0, self.at_least - self.used)

    @property
    def step(self) -> int:
        """A little more of it, in contacts or hours, by which one tells what more would gain: a round number, of its end a tenth at most,
        but 1 at least.
        """
        end = self.at_least if self.at_most is None else self.at_most
        most = 100 if self.unit == "contacts" else 10
        return next((step for step in _STEPS if step <= min(most, end / 10)), 1)


@dataclass(frozen=True)
class DoorHours:
    """Volunteers' hours at the doors of one area. available None: as many as needed; price: votes that one more gains."""

    area_code: str
    available: float | None
    used: float
    price: float


@dataclass(frozen=True)
class OptionTotal:
    """What a plan does by one option; `eligible` is how many could have had it.

    capacity: most contacts that could be made, None: as many as one pays for. more: votes that one contact more than
    that would gain, 0 where the capacity is not reached.
    """

    option: str
    channel: str
    message: str
    unit_cost: int
    eligible: int
    contacts: int
    cost: int
    votes: float
    capacity: int | None
    more: float


@dataclass(frozen=True)
class AreaTotal:
    """What a plan does in one area by one channel; the code is empty where no area is known."""

    area_code: str
    channel: str
    contacts: int
    cost: int
    votes: float


@dataclass(frozen=True)
class DayTotal:
    """What a plan does on one day through one channel that may be used on it. a_day: contacts of a day at most, None: as many as needed."""

    day: date
    channel: str
    contacts: int
    a_day: int | None
    votes: float


@dataclass(frozen=True)
class LeftOut:
    """How many persons a plan leaves out for one reason."""

    reason: str
    persons: int


@dataclass(frozen=True)
class PlanReport:
    """A plan with its totals by option and limit, and whom it leaves out: what `commonweal plan` prints."""

    plan: MadePlan
    options: tuple[OptionTotal, ...]
    limits: tuple[LimitTotal, ...]
    hours: tuple[DoorHours, ...]
    left_out: tuple[LeftOut, ...]
    days: tuple[DayTotal, ...]
