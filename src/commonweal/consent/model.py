"""The nouns of consent: what is asked of the law, what a rule says, what a person said. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Literal

import msgspec


class Use(StrEnum):
    """What somebody wants to do with a person's data."""

    CONTACT = "contact"
    TARGET = "target"  # choose whom an online advertisement is shown to
    SCORE_TURNOUT = "score_turnout"
    SCORE_SUPPORT = "score_support"
    EXPORT = "export"
    STORE = "store"

    @property
    def purpose(self) -> Purpose:
        """The purpose that a consent must name to serve this use."""
        return _PURPOSES.get(self, Purpose.CONTACT)


class Purpose(StrEnum):
    """What a person agreed to. One purpose never stands for another (GDPR 7(2))."""

    CONTACT = "contact"
    TARGETING = "targeting"
    PROFILING = "profiling"


_PURPOSES = {
    Use.TARGET: Purpose.TARGETING,
    Use.SCORE_TURNOUT: Purpose.PROFILING,
    Use.SCORE_SUPPORT: Purpose.PROFILING,
}


class Channel(StrEnum):
    """How a person is reached. ANY stands for all of them, or for a use that reaches nobody."""

    ANY = "*"
    DOOR = "door"
    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"
    POST = "post"
    AUTOMATED = "automated"  # a call without a human at the other end
    ONLINE = "online"


class Suppressed(StrEnum):
    """Why somebody is not to be contacted; the gravest first, and the order is told where there are several."""

    ERASED = "erased"
    DECEASED = "deceased"
    OBJECTION = "objection"
    REFUSED_ALL = "refused_all"
    DO_NOT_CONTACT = "do_not_contact"
    STOP = "stop"
    COMPLAINT = "complaint"
    WRONG_NUMBER = "wrong_number"
    MOVED = "moved"


class Effect(StrEnum):
    """What makes a rule refuse a person that it bears on.

    REFUSE               always
    SUPPRESSED           a suppression of one of the rule's `reasons` stands
    SAID_NO              their last word is no
    OPT_IN               their last word is not yes
    EXPLICIT_CONSENT     they have not said yes themselves
    ONE_MESSAGE          they have not said yes, and the one message that asks was sent
    FREEZE               it is between 00:00 on the eve of a round and the close of the polls, where they live
    AFTER_ROUNDS         the last round is past, by `days`
    UNKNOWN              nobody of this id lives in the serving copy
    FIELDS               none: the rule bears on what a selection or a model asks, not on persons
    """

    REFUSE = "refuse"
    SUPPRESSED = "suppressed"
    SAID_NO = "said_no"
    OPT_IN = "opt_in"
    EXPLICIT_CONSENT = "explicit_consent"
    ONE_MESSAGE = "one_message"
    FREEZE = "freeze"
    AFTER_ROUNDS = "after_rounds"
    UNKNOWN = "unknown"
    FIELDS = "fields"


Origin = Literal["official", "given", "observed", "bought", "synthetic", "research"]
FREE_ORIGINS = frozenset({"synthetic", "research"})
"""The origins that the pack `none` is meant for: nobody who lives is told of."""

LAW = "law:"
"""What stands before the code of a rule where other rooms keep it beside reasons of their own."""

_STANDS_FOR = {
    "roll": "official",
    "experiment": "official",
    "signups": "given",
    "donors": "given",
    "canvass": "observed",
}


def judged(origin: str, kind: str) -> str:
    """How the law would see a list: a made-up or a research list as the list that it stands for.

    The function consent.judged of migration 0012 says the same.
    """
    return _STANDS_FOR.get(kind, "bought") if origin in FREE_ORIGINS else origin


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in each language."""

    en: str
    fr: str

    def __getitem__(self, language: str) -> str:
        return self.fr if language == "fr" else self.en


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of a pack. It bears on a person when all of its conditions hold; then its effect decides.

    valid_from, valid_to   the days between which the law says so; valid_to is the first day on which it no longer does
    uses, channels         what it is asked for; no channel named: all of them
    origins                how the data came to the campaign: of the contact point where a channel is asked for, else
                           of the best list that holds the person; none named: all
    without_purpose        the list tells no purpose
    without_basis          the list tells no legal basis
    younger_than           years; a person of unknown birth is not known to be younger
    reasons                of a suppression
    fields, except_fields  FIELDS: what is asked of a person ("surname", "attribute:birthplace"; "vote:" is any vote)
    sensitive              FIELDS: columns that the mapping marks as sensitive, whatever their category
    closes                 FREEZE: when the polls close, local time, the latest of the country
    eves                   FREEZE: how many days before the round it begins, at 00:00
    days                   AFTER_ROUNDS: how long after the last round
    """

    code: str
    article: Words
    text: Words
    remedy: Words
    valid_from: date
    valid_to: date | None = None
    uses: tuple[Use, ...]
    channels: tuple[Channel, ...] = ()
    effect: Effect
    origins: tuple[Origin, ...] = ()
    without_purpose: bool = False
    without_basis: bool = False
    younger_than: int | None = None
    reasons: tuple[Suppressed, ...] = ()
    fields: tuple[str, ...] = ()
    except_fields: tuple[str, ...] = ()
    sensitive: bool = False
    closes: time = time(20)
    eves: int = 1
    days: int = 0

    def holds_on(self, day: date) -> bool:
        """Whether the rule is law on that day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def is_for(self, use: Use, channel: Channel) -> bool:
        """Whether the rule is asked for this use of this channel."""
        return use in self.uses and (not self.channels or channel in self.channels)

    @property
    def parameters(self) -> dict[str, Any]:
        """What its text may quote."""
        return {"age": self.younger_than, "closes": self.closes.strftime("%H:%M"), "days": self.days}


@dataclass(frozen=True)
class Calendar:
    """When people vote, in whose time; a study (`live` False) is refused nothing for its date."""

    rounds: tuple[date, ...] = ()
    zone: str = "UTC"
    live: bool = True


@dataclass(frozen=True)
class Pack:
    """The rules that hold on one day, in the order in which they are told, and the campaign's calendar."""

    name: str
    title: Words
    on: date
    rules: tuple[Rule, ...]
    calendar: Calendar = field(default_factory=Calendar)

    def rule(self, code: str) -> Rule:
        """The rule of this code. Raises KeyError."""
        return {rule.code: rule for rule in self.rules}[code]

    def asked(self, use: Use, channel: Channel) -> tuple[Rule, ...]:
        """The rules that judge persons for this use of this channel."""
        return tuple(
            rule for rule in self.rules if rule.effect is not Effect.FIELDS and rule.is_for(use, channel)
        )

    def freezes(self, rule: Rule) -> list[tuple[datetime, datetime]]:
        """From when until when, local time, a freeze lasts around each round; none in a study."""
        days = self.calendar.rounds if self.calendar.live else ()
        return [
            (datetime.combine(day - timedelta(days=rule.eves), time()), datetime.combine(day, rule.closes))
            for day in days
        ]

    def ends(self, rule: Rule) -> datetime | None:
        """The local time from which an AFTER_ROUNDS rule refuses; None: never."""
        if not self.calendar.rounds or not self.calendar.live:
            return None
        return datetime.combine(max(self.calendar.rounds) + timedelta(days=1 + rule.days), time())


@dataclass(frozen=True)
class Refusal:
    """Why not: a rule's code and what its text quotes; `packs.worded` says it in the reader's language."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Worded:
    """A refusal in words: the article that forbids, what it says, what to do instead."""

    code: str
    article: str
    text: str
    remedy: str


@dataclass(frozen=True)
class Field:
    """Something asked of a person by a selection or a model: its name, the judged origins of its lists in this
    campaign, and whether a mapping marks it as sensitive."""

    name: str
    origins: frozenset[str] = frozenset()
    sensitive: bool = False


@dataclass(frozen=True)
class Moment:
    """Something a person said, for their line of time. kind: given, withdrawn, or suppressed, lifted."""

    at: datetime
    kind: str
    channel: Channel
    purpose: Purpose | None
    reason: Suppressed | None
    evidence: str
    source: str
    actor: str
    suppression_id: int | None = None
