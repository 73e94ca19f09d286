"""What an event does to the pressure on a person, to their claim and to what they may be asked: pure, one event at a time."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import msgspec

from commonweal.consent.model import Channel as LawChannel
from commonweal.consent.model import Suppressed
from commonweal.contacts.model import Channel, stamp
from commonweal.contacts.rules import Rules
from commonweal.interactions.model import Direction, Event, Kind, ResultCode
from commonweal.interactions.rules import direction

_NO_CHANNEL = 7  # of a stamp that is no contact
_CHANNELS: dict[str | None, Channel] = {channel.value: channel for channel in Channel}

NOBODY_REACHED = frozenset(
    {
        ResultCode.NOT_HOME,
        ResultCode.INACCESSIBLE,
        ResultCode.BUSY,
        ResultCode.WRONG_NUMBER,
        ResultCode.DISCONNECTED,
        ResultCode.MOVED,
        ResultCode.DECEASED,
    }
)
"""An attempt that ended so cost money, but nobody was spoken to: it counts for no cap and no rest."""

_ENDED = frozenset({Kind.UNSUBSCRIBED, Kind.COMPLAINED})
_NO = frozenset({ResultCode.REFUSED, ResultCode.HOSTILE, ResultCode.DO_NOT_CONTACT})


class Happened(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An event as contacts need it: from a batch, or from the ledger. Thousands a batch: a struct is made in no time."""

    sender: str
    event_id: str
    kind: Kind
    occurred_at: datetime
    subject: int
    household_id: int | None
    channel: str | None
    outgoing: bool
    claim_id: int | None
    message: str | None
    result: ResultCode | None
    answers: tuple[str, ...]
    corrects: str | None

    @classmethod
    def of(cls, sender: str, event: Event, subject: int, household_id: int | None) -> Happened:
        """An event of a batch, with the person whom it is about."""
        return cls(
            sender,
            event.event_id,
            event.kind,
            event.occurred_at,
            subject,
            household_id,
            event.channel,
            direction(event) is Direction.OUT,
            event.claim_id,
            event.message_version,
            event.result,
            tuple(event.answers or ()),
            event.corrects,
        )

    @property
    def by(self) -> Channel | None:
        """The channel, if it is one by which the campaign reaches people."""
        return _CHANNELS.get(self.channel)

    @property
    def closes_a_claim(self) -> bool:
        """Whether it is the contact itself, made or tried."""
        return self.outgoing and (self.kind is Kind.SENT or self.kind is Kind.ATTEMPT) and self.by is not None

    @property
    def contact(self) -> int | None:
        """Its stamp, if somebody was reached."""
        channel = self.by
        reached = self.closes_a_claim and self.result not in NOBODY_REACHED
        return stamp(self.occurred_at, channel) if reached and channel is not None else None


class Mark(NamedTuple):
    """One entry to add to, or take from, what a subject told: a stamp or a word, in one column of their pressure."""

    subject: int
    column: str
    stamp: int | None = None
    word: str | None = None


class Made(NamedTuple):
    """A contact to add to, or take from, the pressure of a subject: its stamp, and what it said, if anything."""

    subject: int
    stamp: int
    message: str | None


def made(event: Happened, members: list[int], message: str | None) -> list[Made]:
    """What a contact adds to all whom it counts for; nothing if nobody was reached."""
    stamp = event.contact
    return [] if stamp is None else [Made(member, stamp, message or None) for member in members]


def told_marks(event: Happened) -> list[Mark]:
    """What the person told by it, whether or not it was a contact."""
    columns = []
    if event.result in _NO:
        columns.append("refusals")
    if event.kind is Kind.VOTED or event.result is ResultCode.ALREADY_VOTED:
        columns.append("votes")
    if event.kind is Kind.GAVE:
        columns.append("gifts")
    when = int(event.occurred_at.timestamp()) * 8 + _NO_CHANNEL if columns else None
    return [
        *(Mark(event.subject, column, when) for column in columns),
        *(Mark(event.subject, "answered", word=question) for question in event.answers),
    ]


def suppressions(event: Happened, rules: Rules) -> list[tuple[LawChannel, Suppressed]]:
    """Which channels are closed by it, and why."""
    if event.result is None and event.kind not in _ENDED:
        return []
    own = LawChannel(event.by) if event.by else LawChannel.ANY
    if event.kind is Kind.UNSUBSCRIBED:
        return [(own, Suppressed.STOP)]
    if event.kind is Kind.COMPLAINED:
        return [(own, Suppressed.COMPLAINT)]
    match event.result:
        case ResultCode.DO_NOT_CONTACT:
            return [(own, Suppressed.DO_NOT_CONTACT)]
        case ResultCode.DECEASED:
            return [(LawChannel.ANY, Suppressed.DECEASED)]
        case ResultCode.WRONG_NUMBER | ResultCode.DISCONNECTED:
            return [(channel, Suppressed.WRONG_NUMBER) for channel in (LawChannel.PHONE, LawChannel.SMS)]
        case ResultCode.MOVED if rules.useless.moved:
            return [(channel, Suppressed.MOVED) for channel in (LawChannel.DOOR, LawChannel.POST)]
    return []
