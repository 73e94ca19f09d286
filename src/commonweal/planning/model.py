"""The nouns of planning: options, the problem, the plan. All arrays are NumPy; n persons, k options, u units."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
import numpy.typing as npt

from commonweal.experiments.model import Estimate

Floats = npt.NDArray[np.floating]
Doubles = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]
Choices = npt.NDArray[np.int16]
Flags = npt.NDArray[np.bool_]

NONE = -1
"""The choice of a unit that gets nothing."""

OPEN = 0
"""The code of an option that a person may be given."""


class Per(StrEnum):
    """What one contact of an option costs: once a person reached, or once a household, however many live there."""

    PERSON = "person"
    HOUSEHOLD = "household"


class Goal(StrEnum):
    """What a plan is to gain; `rules` gives the formulas.

    VOTES: the expected margin, votes for less votes against: one voter who comes is 1, one who changes sides is 2.
    TURNOUT: expected voters, whomever they are for.
    """

    VOTES = "votes"
    TURNOUT = "turnout"


@dataclass(frozen=True)
class Option:
    """A message through a channel.

    unit_cost: what one contact costs, in minor units of money, 0 or more. capacity: most contacts that can be made (for
    a household a contact each, or one for each member, as it is paid for); 0 closes the option, None: as many as one pays.
    """

    code: str
    channel: str
    message: str
    unit_cost: int
    per: Per = Per.PERSON
    capacity: int | None = None


@dataclass(frozen=True, eq=False)
class EffectDraws:
    """The error that estimated effects share, as B joint draws (a bootstrap's, or a posterior's).

    An effect is estimated from one experiment and applied to many, so its error does not average out over them: it
    is common to a segment. segment (n,): position of each person's segment, 0 … S-1. turnout, support (B, S, k): what
    a draw says beyond the estimate, as a change of probability, averaged over the segment; the mean over draws is
    about 0. `support` may be None under the goal TURNOUT.
    """

    segment: npt.NDArray[np.integer]
    turnout: Floats
    support: Floats | None = None


@dataclass(frozen=True, eq=False)
class Problem:
    """Whom to contact, how, with this much money.

    options      k of them
    budget       minor units of money, above 0
    d_turnout    (n, k) what one contact adds to a person's chance of voting, -1 … 1
    d_support    (n, k) what it adds to the chance that a vote of theirs is for us; None under the goal TURNOUT
    se_turnout   (n, k) standard errors of these estimates
    se_support   (n, k)
    turnout      (n,) chance of voting if nothing is done, 0 … 1; None under the goal TURNOUT
    support      (n,) chance that a vote of theirs is for us if nothing is done; None under the goal TURNOUT
    barred       (n, k) why a person may not be given an option: any code from 1 to 255, OPEN (0) if they may; None:
                 everyone may be given everything. Estimates of what is barred are not looked at.
    household    (n,) ids; given: one contact a household at most, meant for all its members who are open to
                 the option; None: one contact a person at most
    draws        the errors that effects share; None: the errors of one option are taken as wholly shared by all
                 persons, those of different options as independent: wide, but never too narrow for that option
    """

    options: tuple[Option, ...]
    budget: int
    d_turnout: Floats
    se_turnout: Floats
    d_support: Floats | None = None
    se_support: Floats | None = None
    turnout: Floats | None = None
    support: Floats | None = None
    barred: Codes | None = None
    household: Ids | None = None
    draws: EffectDraws | None = None
    goal: Goal = Goal.VOTES


class Reason(IntEnum):
    """Why a unit gets what it gets."""

    CHOSEN = 0
    BARRED = 1
    NEVER_USEFUL = 2
    OUTBID = 3
    RAN_OUT = 4
    FULL = 5

    @property
    def code(self) -> str:
        """The code that a page words."""
        return self.name.lower()


@dataclass(frozen=True)
class PlannedOption:
    """What a plan does by one option.

    eligible: persons who are open to it. contacts: pieces, visits, calls: what is paid for. reached: persons they
    are meant for. cost: minor units. votes: gained, with the error of the effects. more: votes that one contact more
    than its capacity would gain; 0 where that is not reached.
    """

    option: Option
    eligible: int
    contacts: int
    reached: int
    cost: int
    votes: Estimate
    more: float = 0.0


@dataclass(frozen=True, eq=False)
class Plan:
    """The best use of the budget and the capacities. A unit is a person, or a household when the problem has households.

    unit          (n,) position of each person's unit; units are in the order of their ids
    choice        (u,) position of the chosen option, -1 for none
    reached       (n,) whom a contact is meant for
    gain, error   (u,) votes that the choice gains, and their standard error; 0 where there is none
    cost          (u,) minor units
    reason        (u,) a Reason: CHOSEN; BARRED, from every option; NEVER_USEFUL, no open option gains anything;
                  OUTBID, the money gains more elsewhere; RAN_OUT, as good as the last that were chosen;
                  FULL, it would be worth the money, but the option that it is worth most by has no room
    barrier       (u,) where BARRED, the code that stands most often in the way of its members; else 0
    second        (u,) the best option at the prices but the chosen one, -1 for none
    second_gain   (u,) votes that it would gain
    lead          (u,) by how many votes, net of all prices, the choice beats the best alternative, doing nothing
                  included; where nothing is chosen: what the best option is worth net of all prices, below 0 if
                  OUTBID; 0 where there is none
    votes         gained in all, with the standard error of the effects they rest on
    bound         no plan for this budget within the capacities gains more by these estimates; equal to the value, but
                  for rounding, when `proved`
    price         votes that one more minor unit of money would gain; 0 when money is left over
    """

    options: tuple[PlannedOption, ...]
    budget: int
    spent: int
    votes: Estimate
    bound: float
    proved: bool
    price: float
    unit: npt.NDArray[np.intp]
    choice: Choices
    reached: Flags
    gain: Doubles
    error: Doubles
    cost: Ids
    reason: Codes
    barrier: Codes
    second: Choices
    second_gain: Doubles
    lead: Doubles

    @property
    def gap(self) -> float:
        """By how many votes a better plan could at most beat this one; 0 when none can."""
        return self.bound - self.votes.value

    @property
    def left_out(self) -> dict[Reason, int]:
        """How many units get nothing, by reason."""
        counts = np.bincount(self.reason, minlength=len(Reason))
        return {reason: int(counts[reason]) for reason in Reason if reason is not Reason.CHOSEN}
