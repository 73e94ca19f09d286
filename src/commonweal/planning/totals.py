"""A plan that was made, as the ledger keeps it: its totals by option and area, and whom it leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class MadePlan:
    """One plan. Money in minor units; votes gained with their 95% interval; contacts are pieces, reached persons.

    `bound`: no plan for this budget gains more votes. `price`: votes that one more minor unit would gain.
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
class LeftOut:
    """How many persons a plan leaves out for one reason."""

    reason: str
    persons: int


@dataclass(frozen=True)
class PlanReport:
    """A plan with its totals by option and whom it leaves out: what `commonweal plan` prints."""

    plan: MadePlan
    options: tuple[OptionTotal, ...]
    left_out: tuple[LeftOut, ...]
