"""A plan's days as its page shows them: a strip for each channel, and a table with the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from commonweal.planning.totals import DayTotal, MadePlan

HEIGHT = 24.0
"""Of a strip; a day is 10 wide."""


@dataclass(frozen=True)
class Bar:
    """One day of a strip. number: its place; high, room: heights of its contacts and of what it holds, 0 where that is not limited."""

    number: int
    total: DayTotal
    high: float
    room: float


@dataclass(frozen=True)
class Strip:
    """What a plan does by one channel, day by day. days: of the whole plan; used: on how many there is something; full: of these, on how
    many there is no room left; first, last: of these; None where the plan doesn't use the channel.
    """

    channel: str
    contacts: int
    a_day: int | None
    days: int
    used: int
    full: int
    first: date | None
    last: date | None
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Day:
    """What is done on one day, by channel."""

    day: date
    totals: dict[str, DayTotal]

    @property
    def contacts(self) -> int:
        """Over all channels."""
        return sum(total.contacts for total in self.totals.values())


def strips(plan: MadePlan, totals: Sequence[DayTotal]) -> list[Strip]:
    """One a channel, the one with most contacts first."""
    if plan.first_day is None or plan.last_day is None:
        return []
    days = (plan.last_day - plan.first_day).days + 1
    by_channel = groupby(
        sorted(totals, key=lambda each: (each.channel, each.day)), key=lambda each: each.channel
    )
    found = [_strip(channel, list(mine), plan.first_day, days) for channel, mine in by_channel]
    return sorted(found, key=lambda strip: (-strip.contacts, strip.channel))


def _strip(channel: str, totals: list[DayTotal], first: date, days: int) -> Strip:
    used = [each.day for each in totals if each.contacts]
    a_day = totals[0].a_day
    highest = max(a_day or 0, *(each.contacts for each in totals), 1)
    bars = tuple(
        Bar(
            (each.day - first).days,
            each,
            round(HEIGHT * each.contacts / highest, 2),
            round(HEIGHT * (each.a_day or 0) / highest, 2),
        )
        for each in totals
    )
    return Strip(
        channel,
        contacts=sum(each.contacts for each in totals),
        a_day=a_day,
        days=days,
        used=len(used),
        full=sum(a_day is not None and each.contacts >= a_day for each in totals),
        first=min(used, default=None),
        last=max(used, default=None),
        bars=bars,
    )


def by_day(totals: Sequence[DayTotal]) -> list[Day]:
    """The days on which something is done, in their order."""
    found = [
        Day(day, {each.channel: each for each in mine})
        for day, mine in groupby(sorted(totals, key=lambda each: each.day), key=lambda each: each.day)
    ]
    return [day for day in found if day.contacts]
