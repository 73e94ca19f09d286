"""The nouns of the joint plan: options, limits, the problem. Arrays are NumPy's; n persons, k options, a areas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commonweal.planning.joint.errors import BadShare

Floats = npt.NDArray[np.floating]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer]
Positions = npt.NDArray[np.int64]

UNLIMITED = float("inf")


@dataclass(frozen=True)
class Option:
    """A message through a channel, in a slot of time (a week, an evening; "" where there is one only).

    unit_cost: what one contact costs, in any unit of money, above 0.
    """

    code: str
    channel: str
    message: str
    unit_cost: float
    slot: str = ""


@dataclass(frozen=True, eq=False)
class Limit:
    """What all contacts together may use at most, or have to use at least, of something.

    use       (k,) what one contact of each option uses, in the unit of at_least and at_most; below 0: what it gives back,
              where there is no lower end (a share of contacts: see `narrowness`)
    at_most   0 or more. at_least: a lower end where it is above 0
    group     counts persons of this group only; None: of every group
    region    counts persons of this region only; None: of every region
    outside   what a contact with anybody else uses, as a multiple of `use`; below 0: the other way (the share of a group: see
              `share`)
    """

    name: str
    use: Floats
    at_most: float = UNLIMITED
    at_least: float = 0.0
    group: int | None = None
    region: int | None = None
    outside: float = 0.0


def money(options: Sequence[Option], at_most: float) -> Limit:
    """The budget, in the unit of the options' unit_cost."""
    return Limit("money", np.array([option.unit_cost for option in options]), at_most)


def contacts(
    name: str,
    options: Sequence[Option],
    which: Callable[[Option], bool] | None = None,
    *,
    each: float = 1.0,
    at_most: float = UNLIMITED,
    at_least: float = 0.0,
    group: int | None = None,
    region: int | None = None,
) -> Limit:
    """How many contacts of some options, or of all, there may or must be; `each`: what one of them uses (0.1 hours on the phone)."""
    use = np.array([each if which is None or which(option) else 0.0 for option in options])
    return Limit(name, use, at_most, at_least, group, region)


def share(
    name: str,
    options: Sequence[Option],
    which: Callable[[Option], bool] | None = None,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    group: int | None = None,
    region: int | None = None,
) -> Limit:
    """That at most or at least such a share of the contacts is so, 0 … 1, below 1; one of the two ends.

    With a group or a region: the share of these people among the contacts of the options that `which` counts. Without: the share of
    those options among all contacts. Of n contacts, w of them so: w - s n <= 0, or s n - w <= 0.
    """
    counted = np.array([which is None or which(option) for option in options], np.float64)
    part, sign = (at_most, 1.0) if at_least is None else (at_least, -1.0)
    if part is None or not 0 <= part < 1:
        raise BadShare(name=name, share=np.nan if part is None else part)
    if group is None and region is None:
        return Limit(name, sign * (counted - part), 0.0)
    return Limit(name, sign * (1.0 - part) * counted, 0.0, 0.0, group, region, -part / (1.0 - part))


@dataclass(frozen=True, eq=False)
class Hours:
    """Volunteers' hours, which are given area by area, for one channel (the door).

    each (n,): hours that a contact takes, above 0. available (a,): hours of each area, 0 or more; 0 closes the channel
    there, infinite: as many as needed.
    """

    channel: str
    each: Floats
    available: Floats


@dataclass(frozen=True, eq=False)
class Problem:
    """Whom to contact, how often, and how.

    gain      (n, k) votes that a contact gains; float32 is taken as it is, anything else copied. 0 or less: never useful,
              never chosen. Missing or infinite is an error, unless the option is closed to that person.
    options   k of them; a person gets at most one option a channel
    limits    for all contacts together: money, throughput, floors and caps
    most      (n,), or one number: contacts a person may get at most, over all channels; 0 … 127
    allowed   (n, k) whether a person may be given an option. Where a row stands for a household: how many contacts it
              takes, so how often it is paid for; 0: closed. bool or uint8; None: 1 everywhere
    group     (n,) 0 … g-1, what limits by group look at; None: all 0
    area      (n,) 0 … a-1, in rising order, each with somebody; None: one area
    region    (a,) 0 … r-1, the region of each area, what limits by region look at; None: all 0
    hours     volunteers' hours by area, None: none are counted
    """

    gain: Floats
    options: tuple[Option, ...]
    limits: tuple[Limit, ...]
    most: Integers | int = 1
    allowed: npt.NDArray[np.bool_] | npt.NDArray[np.uint8] | None = None
    group: Integers | None = None
    area: Integers | None = None
    region: Integers | None = None
    hours: Hours | None = None

    @property
    def persons(self) -> int:
        """How many rows there are."""
        return len(self.gain)

    @property
    def channel(self) -> Positions:
        """(k,): a number for each option's channel."""
        return np.unique([option.channel for option in self.options], return_inverse=True)[1]

    @property
    def takes_hours(self) -> npt.NDArray[np.bool_]:
        """(k,): whether a contact by an option takes hours of its area."""
        return np.array(
            [self.hours is not None and each.channel == self.hours.channel for each in self.options]
        )

    def weight(self, limit: Limit, persons: Positions) -> Doubles:
        """(p,): how a limit counts contacts of these persons: 1 its own people, the others as it says."""
        inside = np.ones(len(persons), bool)
        if limit.group is not None:
            inside &= (0 if self.group is None else self.group[persons]) == limit.group
        if limit.region is not None:
            region = 0 if self.region is None or self.area is None else self.region[self.area[persons]]
            inside &= region == limit.region
        return np.where(inside, 1.0, limit.outside)


@dataclass(frozen=True, eq=False)
class Prices:
    """What limits cost at the margin, in votes a unit of theirs.

    limits (r,): of each limit; above 0 where its upper end costs votes, below 0 where its lower end does.
    hours (a,): of an hour in each area, 0 or more; empty when none are counted.
    """

    limits: Doubles
    hours: Doubles


@dataclass(frozen=True)
class GapParts:
    """Why the plan's votes lie below `Plan.in_part`; the parts add up to the difference.

    limits: what is left of limits that have a price, at that price. hours: the same of areas' hours.
    persons: what persons would gain more, net of prices, by what is best for each alone.
    """

    limits: float
    hours: float
    persons: float


@dataclass(frozen=True)
class Use:
    """How a limit is used. price: votes that one unit more of its upper end gains, or less of its lower end (below 0).

    shortfall: what its lower end lacks; 0 when it is met.
    """

    limit: Limit
    used: float
    price: float

    @property
    def shortfall(self) -> float:
        """What is missing to its lower end."""
        return max(0.0, self.limit.at_least - self.used) if self.limit.at_least > 0 else 0.0


@dataclass(frozen=True, eq=False)
class Plan:
    """The contacts, and how good they are.

    person, option (m,): the contacts, by person, then by channel
    votes       sum of their gains
    bound       no plan within all limits gains more, by these gains; certified apart, in float64
    in_part     the bound of contacts that may be made in part, which is what a linear program finds; at least `bound`
    uses        every limit, in the problem's order
    hours_used  (a,) hours used in each area; empty when none are counted
    prices      at which the bound was found; a changed problem starts from them
    """

    person: Positions
    option: npt.NDArray[np.int16]
    votes: float
    bound: float
    in_part: float
    gap_parts: GapParts
    uses: tuple[Use, ...]
    hours_used: Doubles
    prices: Prices

    @property
    def gap(self) -> float:
        """(bound - votes) / bound: the share by which a better plan could at most be better."""
        return (self.bound - self.votes) / self.bound if self.bound > 0.0 else 0.0
