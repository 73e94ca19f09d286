"""What happens between the campaign and a person: events, their kinds, their results."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from commonweal.errors import _


class Kind(StrEnum):
    """What happened."""

    SENT = "sent"
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"
    BOUNCED = "bounced"
    COMPLAINED = "complained"  # marked as spam
    UNSUBSCRIBED = "unsubscribed"
    ATTEMPT = "attempt"  # a door, a call: with its result, or with answers
    VISIT = "visit"  # of a web page
    SIGNED_UP = "signed_up"
    GAVE = "gave"
    ATTENDED = "attended"
    VOTED = "voted"
    CORRECTION = "correction"  # the event that it corrects did not happen


class Channel(StrEnum):
    """By what way."""

    DOOR = "door"
    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"
    POST = "post"
    WEB = "web"
    EVENT = "event"


class Direction(StrEnum):
    """Out: from the campaign to the person. In: from them to us."""

    OUT = "out"
    IN = "in"


class ResultCode(StrEnum):
    """How an attempt ended. DO_NOT_CONTACT means the channel of its event."""

    CANVASSED = "canvassed"
    NOT_HOME = "not_home"
    INACCESSIBLE = "inaccessible"
    LEFT_MESSAGE = "left_message"
    LITERATURE_LEFT = "literature_left"
    REFUSED = "refused"
    MOVED = "moved"
    DECEASED = "deceased"
    WRONG_NUMBER = "wrong_number"
    DISCONNECTED = "disconnected"
    BUSY = "busy"
    CALL_BACK = "call_back"
    OTHER_LANGUAGE = "other_language"
    HOSTILE = "hostile"
    ALREADY_VOTED = "already_voted"
    DO_NOT_CONTACT = "do_not_contact"


class Fault(StrEnum):
    """Why an event is not taken in."""

    NOT_UNDERSTOOD = "not_understood"
    MISSING = "missing"
    UNKNOWN_CODE = "unknown_code"
    UNKNOWN_FIELD = "unknown_field"
    TOO_LONG = "too_long"
    BAD_TEXT = "bad_text"
    FUTURE = "future"
    LONG_PAST = "long_past"
    NOBODY = "nobody"
    HALF_KEY = "half_key"
    NO_CHANNEL = "no_channel"
    BOTH_OUTCOMES = "both_outcomes"
    NO_OUTCOME = "no_outcome"
    OUTCOME_OUT_OF_PLACE = "outcome_out_of_place"
    TOO_MANY_ANSWERS = "too_many_answers"
    CORRECTS_NOTHING = "corrects_nothing"
    CORRECTS_ITSELF = "corrects_itself"
    BAD_EMAIL = "bad_email"
    BAD_PHONE = "bad_phone"
    RAW_ID = "raw_id"
    BAD_PERSON = "bad_person"
    BAD_CLAIM = "bad_claim"
    BAD_ACTOR = "bad_actor"
    ERASED = "erased"


FAULT: dict[Fault, str] = {
    Fault.NOT_UNDERSTOOD: _("It can't be understood: {reason}."),
    Fault.MISSING: _("A field is missing: {field}."),
    Fault.UNKNOWN_CODE: _("{field} has a code that is not known."),
    Fault.UNKNOWN_FIELD: _("There is no field {field}."),
    Fault.TOO_LONG: _("{field} is too long, too short or too large."),
    Fault.BAD_TEXT: _("{field} holds a control character."),
    Fault.FUTURE: _("It is said to happen in the future, more than {minutes} minutes from now."),
    Fault.LONG_PAST: _("It is said to have happened more than {years} years ago."),
    Fault.NOBODY: _(
        "It names nobody: give a person, a source and a key, an e-mail address or a phone number."
    ),
    Fault.HALF_KEY: _("A source and a key belong together."),
    Fault.NO_CHANNEL: _("It has no channel."),
    Fault.BOTH_OUTCOMES: _("It carries a result and answers: only one of them is possible."),
    Fault.NO_OUTCOME: _("An attempt carries a result or answers."),
    Fault.OUTCOME_OUT_OF_PLACE: _("Only an attempt or a reply has a result or answers."),
    Fault.TOO_MANY_ANSWERS: _("It has more than {most} answers, or an answer is too long."),
    Fault.CORRECTS_NOTHING: _("A correction says which event it corrects."),
    Fault.CORRECTS_ITSELF: _("It corrects itself."),
    Fault.BAD_EMAIL: _("The e-mail address is none."),
    Fault.BAD_PHONE: _("The phone number is none."),
    Fault.RAW_ID: _("Persons and claims are named by the tokens of the campaign's links, never by numbers."),
    Fault.BAD_PERSON: _("The person's token was not made by this campaign."),
    Fault.BAD_CLAIM: _("The claim's token was not made by this campaign."),
    Fault.BAD_ACTOR: _("The actor is named as the campaign names its own people: give their name alone."),
    Fault.ERASED: _("The person has been erased: nothing about them is kept."),
}

EventId = Annotated[str, Meta(min_length=1, max_length=128)]
Short = Annotated[str, Meta(min_length=1, max_length=100)]
Answer = str | int | float | bool | list[str]


class Event(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One thing that happened, as its sender tells it. It is about whoever `person_id`, or `source` and `key` (a row
    of a list), or `email`, or `phone` names; an address beside a person is the one that was used. `cost` is in minor
    units of the campaign's money.
    """

    event_id: EventId
    kind: Kind
    occurred_at: Annotated[datetime, Meta(tz=True)]
    channel: Channel | None = None
    direction: Direction | None = None
    person_id: int | None = None
    source: Annotated[str, Meta(min_length=1, max_length=60)] | None = None
    key: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    email: Annotated[str, Meta(min_length=1, max_length=254)] | None = None
    phone: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    claim_id: int | None = None
    message_version: Short | None = None
    arm: Short | None = None
    source_code: Short | None = None
    actor: Short | None = None
    device: Short | None = None
    result: ResultCode | None = None
    answers: dict[str, Answer] | None = None
    cost: Annotated[int, Meta(ge=0, le=1_000_000_000)] | None = None
    corrects: EventId | None = None


@dataclass(frozen=True)
class Refusal:
    """An event that is not taken in: its place in the batch, why, and what the words of `FAULT` need."""

    position: int
    code: Fault
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Taken:
    """What became of a batch. The new events stand beside who they are about (None: nobody known yet); they were
    received on the day `received_on` of the campaign's zone.
    """

    accepted: int
    repeated: int
    pending: int
    refused: tuple[Refusal, ...] = ()
    events: tuple[Event, ...] = ()
    subjects: tuple[int | None, ...] = ()
    households: tuple[int | None, ...] = ()
    received_on: date | None = None


@dataclass(frozen=True)
class Found:
    """Events that waited and now have their person: one entry an event, in three columns of the same length."""

    subjects: tuple[int, ...] = ()
    households: tuple[int | None, ...] = ()
    event_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Moment:
    """One point on a person's line of time.

    `source` says what kind of thing it is ("event", "consent", "audit", "identity", …), `code` which one of them,
    `params` what its words need (ids, codes, counts), `actor` who did it where that is known.
    """

    when: datetime
    source: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)
    actor: str | None = None
    number: int | str = 0  # orders moments of one source at the same instant


@dataclass(frozen=True)
class Moved:
    """What went to the lake: how many days of receipt, how many events."""

    days: int
    events: int
