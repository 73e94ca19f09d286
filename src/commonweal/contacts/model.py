"""The nouns of contacts: channels, stamps, the history of a person, claims, and why a contact is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any


class Channel(StrEnum):
    """How a person is reached. The order is part of every stamp that was ever made: add at the end only."""

    DOOR = "door"
    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"
    POST = "post"

    @property
    def number(self) -> int:
        """Its place in a stamp."""
        return _NUMBERS[self]


CHANNELS = tuple(Channel)
_NUMBERS = {channel: number for number, channel in enumerate(CHANNELS)}
HOUSEHOLD_CHANNELS = frozenset({Channel.DOOR, Channel.POST})
"""One knock, one letter: what is done there counts for all who live there."""


def stamp(at: datetime, channel: Channel) -> int:
    """A moment (to the second) and a channel as one number: seconds since 1970 * 8 + the channel's number."""
    return int(at.timestamp()) * 8 + channel.number


def first_stamp(at: datetime) -> int:
    """The least stamp of a moment: all that happened since have this one or a greater."""
    return stamp(at, CHANNELS[0])


def stamped_at(number: int) -> datetime:
    """The moment of a stamp."""
    return datetime.fromtimestamp(number >> 3, UTC)


def stamped_channel(number: int) -> Channel:
    """The channel of a stamp."""
    return CHANNELS[number & 7]


@dataclass(frozen=True)
class Option:
    """What a contact says: a message, perhaps asking a question, for a price in minor units.

    per_household: the price is for all of a household together; else for each who is asked.
    question: what it asks for; "vote" and "gift" are asks that can be done with.
    """

    code: str
    message: str
    cost: int = 0
    question: str = ""
    per_household: bool = False


@dataclass(frozen=True)
class History:
    """What was done to a person (all their subjects together), and what they told. Stamps in any order."""

    contacts: tuple[int, ...] = ()
    refusals: tuple[int, ...] = ()
    votes: tuple[int, ...] = ()
    gifts: tuple[int, ...] = ()
    messages: frozenset[str] = frozenset()
    answered: frozenset[str] = frozenset()
    held_until: datetime | None = None


@dataclass(frozen=True)
class Wish:
    """A contact that somebody wants to make. `ahead`: it takes place later (a walk list), so no hour is too late."""

    channel: Channel
    option: Option
    ahead: bool = False


class Stop(StrEnum):
    """Why a contact is refused, in the order in which it is asked. Before all comes the law (consent's own codes)."""

    UNKNOWN = "unknown"
    MESSAGE_WITHDRAWN = "message_withdrawn"
    MESSAGE_UNAPPROVED = "message_unapproved"
    PROMISE_TAKEN_BACK = "promise_taken_back"
    MESSAGE_UNWRITTEN = "message_unwritten"
    HELD = "held"
    CAP_DAY = "cap_day"
    CAP_DAY_CHANNEL = "cap_day_channel"
    CAP_WEEK = "cap_week"
    CAP_WEEK_CHANNEL = "cap_week_channel"
    CAP_CAMPAIGN = "cap_campaign"
    CAP_CAMPAIGN_CHANNEL = "cap_campaign_channel"
    REST = "rest"
    COOL_DOWN = "cool_down"
    QUIET = "quiet"
    VOTED = "voted"
    GAVE = "gave"
    MESSAGE_TWICE = "message_twice"
    ANSWERED = "answered"


@dataclass(frozen=True)
class Refusal:
    """Why not: a code with its parameters. `until` (ISO 8601, UTC): when it will be possible again, where that is known."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


Verdict = Refusal | None
"""None: the contact may be made."""


class State(StrEnum):
    """What became of a claim."""

    LIVE = "live"
    DONE = "done"
    UNDONE = "undone"
    LAPSED = "lapsed"
    RETURNED = "returned"


@dataclass(frozen=True)
class Claim:
    """A contact reserved for `asked`; it counts for all `members` (their household at a door, else themselves)."""

    claim_id: int
    subject: int
    asked: tuple[int, ...]
    members: tuple[int, ...]
    household_id: int | None
    channel: Channel
    option: str
    message: str
    question: str
    cost: int
    state: State
    claimed_at: datetime
    lapses_at: datetime
    closed_at: datetime | None
    account_id: int | None
    actor: str
    batch_id: int | None
    stamp: int | None = None
    sender: str | None = None
    event_id: str | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether it still holds: what has lapsed is none, even before the job that notes it."""
        return self.state is State.LIVE and now < self.lapses_at


@dataclass(frozen=True)
class Stopped:
    """How many persons one rule stopped, with up to 20 of them."""

    code: str
    persons: int
    examples: tuple[tuple[int, Mapping[str, Any]], ...] = ()


@dataclass(frozen=True)
class BatchReport:
    """What became of a batch. asked = claimed + refused; claims: at a door one for several persons.

    until: the day up to which the contacts are meant, where their plan has days; taken: persons who were not asked for, since
    somebody holds them already or the contact is made.
    """

    batch_id: int
    channel: Channel
    asked: int
    claimed: int
    claims: int
    stopped: tuple[Stopped, ...]
    finished: bool
    until: date | None = None
    taken: int = 0

    @property
    def refused(self) -> int:
        """Persons who were refused."""
        return self.asked - self.claimed


@dataclass(frozen=True)
class Money:
    """What a channel's claims cost, in minor units: reserved by live ones, spent by done ones."""

    channel: Channel
    live: int
    done: int
    committed: int
    spent: int


@dataclass(frozen=True)
class Level:
    """Persons of an area and a channel (None: over all) by how near they are to a cap."""

    area_code: str
    channel: Channel | None
    never: int
    free: int
    near: int
    over: int

    @property
    def persons(self) -> int:
        """All of them."""
        return self.never + self.free + self.near + self.over
