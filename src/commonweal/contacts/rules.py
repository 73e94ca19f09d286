"""The contact rules, as a file says them, and the plain decision by them: values in, a verdict out.

What `decide` says of one person in plain Python, `claiming` asks of a thousand in one statement; a test holds both equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
import tomlkit

from commonweal.contacts.errors import RulesUnreadable
from commonweal.contacts.model import (
    CHANNELS,
    Channel,
    History,
    Refusal,
    Stop,
    Verdict,
    Wish,
    stamped_at,
    stamped_channel,
)
from commonweal.mandate.standing import Standing

ALWAYS = datetime.fromtimestamp(0, UTC)
WEEK = 7  # local days, today included

# 0 is refused: another tool's cap of 0 by default once stopped every message (Mautic, issue 10416).
Cap = Annotated[int, msgspec.Meta(ge=1, le=10_000)] | Literal["unlimited"]
NO_CAP = 2**31 - 1
"""More contacts than anybody has: what a statement compares with where there is no cap."""

Hours = Annotated[float, msgspec.Meta(ge=0, le=8760)]
Days = Annotated[int, msgspec.Meta(ge=0, le=365)]
_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class ChannelCaps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The most contacts of one person through one channel: in a local day, in seven of them, in the whole campaign."""

    day: Cap = "unlimited"
    week: Cap = "unlimited"
    campaign: Cap = "unlimited"


class Caps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The most contacts of one person: over all channels, and besides through each."""

    day: Cap = 1
    week: Cap = 3
    campaign: Cap = 20
    door: ChannelCaps = ChannelCaps(week=1, campaign=4)
    phone: ChannelCaps = ChannelCaps(week=1, campaign=4)
    sms: ChannelCaps = ChannelCaps(week=1, campaign=4)
    email: ChannelCaps = ChannelCaps(week=2, campaign=12)
    post: ChannelCaps = ChannelCaps(week=1, campaign=4)

    def of(self, channel: Channel) -> ChannelCaps:
        """Those of one channel."""
        found: ChannelCaps = getattr(self, channel.value)
        return found


class QuietHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When nobody is disturbed, in their local time: "20:00-10:00", over midnight or not; "none" for never."""

    door: str = "20:00-10:00"
    phone: str = "20:00-10:00"
    sms: str = "20:00-10:00"
    email: str = "none"
    post: str = "none"

    def __post_init__(self) -> None:
        for channel in CHANNELS:
            text = getattr(self, channel.value)
            if text != "none" and not _QUIET.fullmatch(text):
                raise ValueError(
                    f'quiet hours of {channel.value}: {text!r} is neither "20:00-10:00" nor "none"'
                )

    def of(self, channel: Channel) -> tuple[time, time] | None:
        """From when to when, or None."""
        found = _QUIET.fullmatch(getattr(self, channel.value))
        if found is None:
            return None
        hour, minute, until_hour, until_minute = (int(part) for part in found.groups())
        return time(hour, minute), time(until_hour, until_minute)


class CoolDown(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hours between two contacts of one person: between any two, and from one channel to another."""

    any: Hours = 20
    after: dict[Channel, dict[Channel, Hours]] = {}

    def seconds(self, before: Channel, channel: Channel) -> int:
        """How long after a contact through `before` one through `channel` has to wait."""
        return int(3600 * max(self.any, self.after.get(before, {}).get(channel, 0)))


class Holds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hours until a claim lapses: one made by hand, and one of a list."""

    single: Annotated[float, msgspec.Meta(gt=0, le=720)] = 4
    list: Annotated[float, msgspec.Meta(gt=0, le=720)] = 72


class Useless(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What would tell people nothing, or ask for what is done; each true or false.

    same_message: a message that they had. answered: a question that they answered, through any channel. voted: any
    contact once they told that they voted in this round. gave: an ask for a gift once they gave. moved: doors and
    letters at an address where they don't live any more.
    """

    same_message: bool = True
    answered: bool = True
    voted: bool = True
    gave: bool = True
    moved: bool = True


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All contact rules. What a file leaves out is as strict as here.

    approval: which messages are used only once they are approved: those that carry promises, or all, so that each has to be
    written down.
    """

    rest_after_refusal: Days = 30
    approval: Literal["promises", "all"] = "promises"
    caps: Caps = Caps()
    quiet_hours: QuietHours = QuietHours()
    cool_down: CoolDown = CoolDown()
    holds: Holds = Holds()
    useless: Useless = Useless()


def from_toml(text: str, where: str = "contact_rules.toml") -> Rules:
    """The rules that a file gives. Raises RulesUnreadable with the line."""
    try:
        return msgspec.toml.decode(text, type=Rules)
    except msgspec.ValidationError as error:
        raise RulesUnreadable(where=_at(where, text, str(error)), reason=error) from error
    except (msgspec.MsgspecError, ValueError) as error:
        raise RulesUnreadable(where=where, reason=error) from error


def from_data(data: Any) -> Rules:
    """The rules as the ledger or a form holds them. Raises RulesUnreadable."""
    try:
        return msgspec.convert(data, Rules)
    except (msgspec.ValidationError, ValueError) as error:
        raise RulesUnreadable(where="contact_rules", reason=error) from error


def as_data(rules: Rules) -> dict[str, Any]:
    """The rules as plain values, each said."""
    data: dict[str, Any] = msgspec.to_builtins(rules)
    return data


def as_toml(rules: Rules) -> str:
    """The rules as a file."""
    document = tomlkit.document()
    document.add(
        tomlkit.comment("How often, when, and how soon again a person may be contacted: docs/contacts.md")
    )
    for key, value in as_data(rules).items():
        document.add(key, value)
    return tomlkit.dumps(document)


def _at(where: str, text: str, error: str) -> str:
    """The file with the line that a validation error speaks of, as far as it can be told."""
    path = re.search(r"`\$\.([\w.]+)`", error)
    field = re.search(r"unknown field `(\w+)`", error)
    keys = [*(path[1].split(".") if path else []), *([field[1]] if field else [])]
    table: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[([\w.]+)\]", line)
        if header:
            table = header[1].split(".")
        found = table if header else [*table, line.partition("=")[0].strip()]
        if keys and found == keys:
            return f"{where}, line {number}"
    return where


@dataclass(frozen=True)
class Moment:
    """Now, where somebody lives."""

    now: datetime
    zone: ZoneInfo

    @cached_property
    def local(self) -> datetime:
        """The time on their clock."""
        return self.now.astimezone(self.zone)

    def start(self, days: int) -> datetime:
        """When the first of so many days began, the last of which is today."""
        day = self.local.date() - timedelta(days=days - 1)
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def quiet_until(self, hours: tuple[time, time] | None) -> datetime | None:
        """When the quiet hours end in which this moment lies; None when it lies in none."""
        if hours is None:
            return None
        begin, end = hours
        clock = self.local.time()
        within = begin <= clock < end if begin <= end else clock >= begin or clock < end
        if not within:
            return None
        day = self.local.date() + timedelta(days=int(clock >= end))
        return datetime.combine(day, end, self.zone).astimezone(UTC)


def decide(
    history: History,
    rules: Rules,
    wish: Wish,
    moment: Moment,
    *,
    household: Sequence[History] = (),
    voted_since: datetime = ALWAYS,
    standing: Standing | None = None,
) -> Verdict:
    """Whether the contact may be made by the contact rules, and if not why.

    household: the others for whom it would count too (at a door, in a letter). voted_since: what was told before
    then was about an earlier round. standing: of the message, where it is on the ledger.
    """
    together = (history, *household)
    return (
        unusable(wish.option.message, standing, rules)
        or _held(together, moment)
        or _capped(together, rules, wish, moment)
        or _resting(together, rules, moment)
        or _cooling(together, rules, wish, moment)
        or _quiet(rules, wish, moment)
        or _useless(history, rules, wish, voted_since)
    )


def unusable(message: str, standing: Standing | None, rules: Rules) -> Verdict:
    """Why nobody may be told this message now, whoever they are; no name: nothing is asked. The plan, each claim and each
    send ask by this."""
    code = _unusable(standing, rules.approval == "all") if message else None
    return Refusal(code.value, {"message": message}) if code else None


def _unusable(standing: Standing | None, every: bool) -> Stop | None:
    if standing is None:
        return Stop.MESSAGE_UNWRITTEN if every else None
    if standing.withdrawn:
        return Stop.MESSAGE_WITHDRAWN
    if not standing.approved:
        return Stop.MESSAGE_UNAPPROVED if every or standing.promises else None
    return Stop.PROMISE_TAKEN_BACK if standing.taken_back else None


def _later(code: Stop, until: datetime) -> Refusal:
    return Refusal(code.value, {"until": until.isoformat()})


def _held(together: Iterable[History], moment: Moment) -> Verdict:
    held = [h.held_until for h in together if h.held_until is not None and h.held_until > moment.now]
    return _later(Stop.HELD, max(held)) if held else None


def _capped(together: Sequence[History], rules: Rules, wish: Wish, moment: Moment) -> Verdict:
    caps = rules.caps.of(wish.channel)
    for days, general, own, code, code_own in (
        (1, rules.caps.day, caps.day, Stop.CAP_DAY, Stop.CAP_DAY_CHANNEL),
        (WEEK, rules.caps.week, caps.week, Stop.CAP_WEEK, Stop.CAP_WEEK_CHANNEL),
        (None, rules.caps.campaign, caps.campaign, Stop.CAP_CAMPAIGN, Stop.CAP_CAMPAIGN_CHANNEL),
    ):
        since = moment.start(days) if days else None
        for cap, channel, which in ((general, None, code), (own, wish.channel, code_own)):
            reached = max(_count(history.contacts, since, channel) for history in together)
            if cap != "unlimited" and reached >= cap:
                return capped(which, cap, wish.channel)
    return None


def capped(code: Stop, cap: int, channel: Channel) -> Refusal:
    """The refusal of a cap."""
    own = code.value.endswith("_channel")
    return Refusal(code.value, {"cap": cap, "channel": channel.value} if own else {"cap": cap})


def most(cap: Cap) -> int:
    """A cap as a number."""
    return NO_CAP if cap == "unlimited" else cap


def cap_of(rules: Rules, code: Stop, channel: Channel) -> int:
    """The cap that a code speaks of."""
    own = code.value.endswith("_channel")
    span = code.value.removeprefix("cap_").removesuffix("_channel")
    cap = getattr(rules.caps.of(channel) if own else rules.caps, span)
    assert isinstance(cap, int)
    return cap


def _count(stamps: Iterable[int], since: datetime | None, channel: Channel | None) -> int:
    return sum(
        (since is None or stamped_at(number) >= since)
        and (channel is None or stamped_channel(number) is channel)
        for number in stamps
    )


def _resting(together: Iterable[History], rules: Rules, moment: Moment) -> Verdict:
    rest = timedelta(days=rules.rest_after_refusal)
    ends = [stamped_at(number) + rest for history in together for number in history.refusals]
    last = max(ends, default=moment.now)
    return _later(Stop.REST, last) if last > moment.now else None


def _cooling(together: Iterable[History], rules: Rules, wish: Wish, moment: Moment) -> Verdict:
    ends = [
        stamped_at(number) + timedelta(seconds=rules.cool_down.seconds(stamped_channel(number), wish.channel))
        for history in together
        for number in history.contacts
    ]
    last = max(ends, default=moment.now)
    return _later(Stop.COOL_DOWN, last) if last > moment.now else None


def _quiet(rules: Rules, wish: Wish, moment: Moment) -> Verdict:
    until = None if wish.ahead else moment.quiet_until(rules.quiet_hours.of(wish.channel))
    return _later(Stop.QUIET, until) if until else None


def _useless(history: History, rules: Rules, wish: Wish, voted_since: datetime) -> Verdict:
    useless, option = rules.useless, wish.option
    if useless.voted and any(stamped_at(number) >= voted_since for number in history.votes):
        return Refusal(Stop.VOTED.value)
    if useless.gave and option.question == "gift" and history.gifts:
        return Refusal(Stop.GAVE.value)
    if useless.same_message and option.message in history.messages:
        return Refusal(Stop.MESSAGE_TWICE.value, {"message": option.message})
    if useless.answered and option.question in history.answered:
        return Refusal(Stop.ANSWERED.value, {"question": option.question})
    return None
