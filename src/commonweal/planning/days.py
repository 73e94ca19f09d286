"""The days of a plan, as `[days]` of plan.toml says them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import get_args

import msgspec

from commonweal.planning.options import Channel

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CHANNELS: tuple[Channel, ...] = get_args(Channel)
LONGEST = 366
"""Days of a horizon at most: a longer one is a slip of the pen."""


class ChannelDays(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a channel is used.

    on           days of the week, as WEEKDAYS has them; None: all
    a_day        contacts a day at most, in the whole campaign; None: as many as needed
    first, last  where it begins later or ends earlier than the plan: a letter has to arrive
    """

    on: tuple[str, ...] | None = None
    a_day: int | None = None
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        if self.on is not None and not self.on:
            raise ValueError("on names no day of the week; leave it out for all of them")
        for day in self.on or ():
            if day not in WEEKDAYS:
                raise ValueError(f"on names {day!r}: give days of the week, of {', '.join(WEEKDAYS)}")
        if self.a_day is not None and self.a_day < 1:
            raise ValueError(
                f"a_day is {self.a_day}: give 1 or more, or leave the channel's options out of the plan"
            )
        if self.first is not None and self.last is not None and self.last < self.first:
            raise ValueError(f"first is {self.first}, after last, {self.last}")

    def allows(self, day: date) -> bool:
        """Whether these lines leave a day open."""
        return (
            (self.on is None or WEEKDAYS[day.weekday()] in self.on)
            and (self.first is None or day >= self.first)
            and (self.last is None or day <= self.last)
        )


_ALWAYS = ChannelDays()


class Days(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when to when a plan's contacts are made, and how they are spread.

    first, last  days; None: from the next day that can still be used, as when it is past, to the eve of the next round
    apart        days at least between two contacts of a person or a household, through whatever channels; 0: on one day too
    door …       what is otherwise for a channel
    """

    first: date | None = None
    last: date | None = None
    apart: int = 1
    door: ChannelDays = _ALWAYS
    phone: ChannelDays = _ALWAYS
    sms: ChannelDays = _ALWAYS
    email: ChannelDays = _ALWAYS
    post: ChannelDays = _ALWAYS

    def __post_init__(self) -> None:
        if not 0 <= self.apart <= LONGEST:
            raise ValueError(f"apart is {self.apart}: a number of days from 0 to {LONGEST}")
        for channel in CHANNELS:
            self._check_ends(channel)
        if self.first is None or self.last is None:
            return
        if self.last < self.first:
            raise ValueError(f"days: first is {self.first}, after last, {self.last}")
        length = (self.last - self.first).days + 1
        if length > LONGEST:
            raise ValueError(f"days: from {self.first} to {self.last} are {length} days, more than {LONGEST}")
        if self.apart >= length > 1:
            raise ValueError(
                f"days: contacts are {self.apart} days apart, but from {self.first} to {self.last} are {length} days"
            )
        for channel in CHANNELS:
            if not any(map(self.of(channel).allows, span(self.first, self.last))):
                raise ValueError(f"days.{channel} leaves no day from {self.first} to {self.last}")

    def _check_ends(self, channel: str) -> None:
        """A channel's own ends have to meet the plan's, also where the plan says only one."""
        own = self.of(channel)
        if self.last is not None and own.first is not None and self.last < own.first:
            raise ValueError(f"days.{channel}: first is {own.first}, after the last day, {self.last}")
        if self.first is not None and own.last is not None and own.last < self.first:
            raise ValueError(f"days.{channel}: last is {own.last}, before the first day, {self.first}")

    def of(self, channel: str) -> ChannelDays:
        """What is said of one channel."""
        found: ChannelDays = getattr(self, channel)
        return found


def span(first: date, last: date) -> Iterator[date]:
    """Each day, both ends with them."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
