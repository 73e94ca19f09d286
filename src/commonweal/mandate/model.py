"""The nouns of the mandate: promises, the levers that they pull, who gains and who pays, what is found of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from commonweal.people.universe import Node


class Status(StrEnum):
    """Where a promise stands; `rules.next_steps` says what may follow.

    UNDER_WAY: begun after the vote. STALLED: begun, and nothing moves. KEPT_IN_PART: what was done is less than what
    was promised. WITHDRAWN: taken back before anybody could keep or break it.
    """

    DRAFT = "draft"
    ANNOUNCED = "announced"
    UNDER_WAY = "under_way"
    STALLED = "stalled"
    KEPT = "kept"
    KEPT_IN_PART = "kept_in_part"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"

    @property
    def binds(self) -> bool:
        """Whether it was made and not taken back: what is promised now has to go with it."""
        return self not in {Status.DRAFT, Status.WITHDRAWN}


class Direction(StrEnum):
    """Which way a lever is pulled. HOLD: it is promised not to touch it."""

    UP = "up"
    DOWN = "down"
    HOLD = "hold"


@dataclass(frozen=True)
class Scope:
    """Some of the electorate: an expression as universes write it (docs/universes.md). `node` None: everyone."""

    text: str = ""
    node: Node | None = None


EVERYONE = Scope()


@dataclass(frozen=True)
class Pull:
    """A lever that a promise pulls: its code ("vat") and which way."""

    lever: str
    direction: Direction


@dataclass(frozen=True)
class Funding:
    """What pays for a promise: a budget by its name, and how much of it a year, in minor units. `amount` None: not said."""

    source: str
    amount: int | None = None


@dataclass(frozen=True)
class Promise:
    """One promise.

    key        what it is called in its list: unique there
    text       what was said, in the language of `language` (ISO 639-1; "" if not known)
    issue      what it is about
    gains      whom it serves; None: not said
    pays       at whose expense; None: not said
    cost       a year, in minor units of the list's money; below 0 it saves; None: not said
    funding    how it is paid for
    pulls      the levers that it pulls
    public     whether everyone can read it, or only who was told
    source     where and when it was made
    overrides  keys of promises in whose place it stands
    """

    key: str
    text: str
    language: str = ""
    issue: str = ""
    gains: Scope | None = None
    pays: Scope | None = None
    cost: int | None = None
    funding: tuple[Funding, ...] = ()
    pulls: tuple[Pull, ...] = ()
    public: bool = True
    status: Status = Status.ANNOUNCED
    source: str = ""
    overrides: tuple[str, ...] = ()

    @property
    def touches(self) -> tuple[Scope, ...]:
        """Whom it touches, gaining or paying; everyone where neither is said."""
        return tuple(scope for scope in (self.gains, self.pays) if scope is not None) or (EVERYONE,)


class Code(StrEnum):
    """What can be found of promises, the gravest first.

    PULLED_BOTH_WAYS    two promises pull one lever different ways, and somebody may be touched by both
    PULLS_ITSELF        one promise pulls a lever different ways
    CIRCULAR            promises that override each other in a circle: none of them stands
    OVERDRAWN           promises draw more from a budget than it holds
    DRAWN_TWICE         promises draw from one budget, and nobody says how much it holds
    EMPTY               it serves no one and costs nothing, and says so
    SERVES_NO_ONE       nobody can meet what it says of whom it serves
    PRIVATE_ONLY        it was made, but not in public
    UNPAID              it costs more than what is named to pay for it
    UNKNOWN_LEVER       a lever that nobody has named before
    OVERRIDES_NOTHING   it overrides a promise that is not there
    """

    PULLED_BOTH_WAYS = "pulled_both_ways"
    PULLS_ITSELF = "pulls_itself"
    CIRCULAR = "circular"
    OVERDRAWN = "overdrawn"
    DRAWN_TWICE = "drawn_twice"
    EMPTY = "empty"
    SERVES_NO_ONE = "serves_no_one"
    PRIVATE_ONLY = "private_only"
    UNPAID = "unpaid"
    UNKNOWN_LEVER = "unknown_lever"
    OVERRIDES_NOTHING = "overrides_nothing"

    @property
    def grave(self) -> bool:
        """Whether what was found can't stand as it is; of the rest a person may well think otherwise."""
        return self not in {Code.DRAWN_TWICE, Code.PRIVATE_ONLY, Code.UNPAID, Code.UNKNOWN_LEVER}


@dataclass(frozen=True)
class Finding:
    """Something found: which promises (keys) it is about, and what its words need."""

    code: Code
    keys: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Bill:
    """What promises cost a year, in minor units: `cost` of those that cost, `saved` by those that save, `paid` of the
    cost by something that is named; `unsaid` counts those that say nothing of their cost."""

    cost: int
    saved: int
    paid: int
    unsaid: int

    @property
    def unpaid(self) -> int:
        """What nothing is named for."""
        return self.cost - self.paid


@dataclass(frozen=True)
class Measure:
    """A number with its 95% interval; the interval is None where there is too little to tell."""

    value: float
    low: float | None = None
    high: float | None = None


class Answer(StrEnum):
    """What somebody says of two promises. COMPATIBLE: their levers do not contradict each other, for a reason."""

    SAME = "same"
    DIFFERENT = "different"
    COMPATIBLE = "compatible"


class Heard(StrEnum):
    """When the public page tells how many heard each promise."""

    AFTER_VOTE = "after_vote"
    NOW = "now"
    NEVER = "never"


@dataclass(frozen=True)
class Kept:
    """A promise on the ledger. `serves` of `everyone`: persons, once counted; `told`: persons who heard it, `contacts`: how
    often it was said, `areas`: in how many areas, `last_on`: when last."""

    promise_id: int
    promise: Promise
    outcome: str
    made_by: int
    made_at: datetime
    version: int
    serves: int | None
    everyone: int | None
    told: int
    contacts: int
    areas: int
    last_on: date | None

    @property
    def share(self) -> float | None:
        """The share of the electorate that it serves; None before it was counted."""
        return self.serves / self.everyone if self.serves is not None and self.everyone else None


@dataclass(frozen=True)
class Published:
    """A promise as everybody reads it. `told`: how many heard it, to the nearest 50; None where that is never told."""

    promise_id: int
    text: str
    cost: int | None
    status: Status
    outcome: str
    source: str
    funding: tuple[str, ...]
    told: int | None


@dataclass(frozen=True)
class Publication:
    """A decision on the public page, and who the sponsor is."""

    open: bool
    heard: Heard
    sponsor: str
    email: str
    address: str
    controlled_by: str
    by: int
    at: datetime


@dataclass(frozen=True)
class Notice:
    """What the transparency notice of a version of a message says: Regulation (EU) 2024/900, article 12(1).

    paid_by: who pays, if not the sponsor, with an address (b); begins, ends: when it is used (c); amount: minor units paid for
    it, other benefits by their value (d); origin: "private", "public" or "both", and
    inside_union: where the money comes from (e); method: how the amount was reckoned (f); election: which one it is linked
    to (g), official: a link to how to vote (h); repository: a link (i); targeting: by which personal data people were
    chosen (l), empty if by none.
    """

    begins: date
    ends: date
    amount: int
    origin: str
    inside_union: bool
    method: str
    election: str
    official: str = ""
    repository: str = ""
    targeting: str = ""
    paid_by: str = ""
