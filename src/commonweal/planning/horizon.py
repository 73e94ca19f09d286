"""The days on which a plan's contacts can be made: what plan.toml says, less what the law closes and what is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from commonweal.campaign import Campaign
from commonweal.consent import packs
from commonweal.consent.model import Channel, Use
from commonweal.planning.days import CHANNELS, LONGEST, Days, span
from commonweal.planning.errors import HorizonTooLong, NoDayLeft, NoRoundAhead
from commonweal.planning.options import CampaignOption
from commonweal.planning.options import Channel as ChannelName
from commonweal.planning.terms import Terms, counting

_NOON = 12


@dataclass(frozen=True, eq=False)
class Horizon:
    """first: day 0. apart: days between two contacts of a unit, at least. open: of each channel that has a day left, or of which
    something is under way, on which of them it may be used (d,). a_day: of channels that have a day, contacts a day at most. closed: channels
    without a day that is left.
    """

    first: date
    apart: int
    open: Mapping[str, npt.NDArray[np.bool_]]
    a_day: Mapping[str, int]
    closed: tuple[str, ...] = ()

    @property
    def days(self) -> int:
        """How many days it has, open or not."""
        return len(next(iter(self.open.values())))

    @property
    def last(self) -> date:
        """Its last day."""
        return self.date(self.days - 1)

    @property
    def most(self) -> int:
        """How many contacts of one person it holds."""
        count, free = 0, 0
        for day in np.flatnonzero(np.any(list(self.open.values()), axis=0)):
            if day >= free:
                count, free = count + 1, int(day) + self.apart
        return count if self.apart else sum(bool(open_.any()) for open_ in self.open.values())

    def also(self, channels: Iterable[str]) -> Horizon:
        """The same with these channels, which have no day left if they aren't in it."""
        none: dict[str, npt.NDArray[np.bool_]] = dict.fromkeys(channels, np.zeros(self.days, bool))
        return replace(self, open={**none, **self.open})

    def date(self, day: int) -> date:
        """The date of a day, by its number."""
        return self.first + timedelta(days=day)


def horizon_of(campaign: Campaign, days: Days | None, channels: Iterable[ChannelName]) -> Horizon | None:
    """The days that are left for contacts by these channels; None where the plan has no days. A channel without any is left out of
    `open`: its time is over, or the law closes what is left.

    Raises NoRoundAhead, NoDayLeft, HorizonTooLong, UnknownPack, PackNotInForce.
    """
    if days is None:
        return None
    first, last = _ends(campaign, days)
    if last < first:
        raise NoDayLeft(first=first, last=last)
    length = (last - first).days + 1
    if length > LONGEST:
        raise HorizonTooLong(first=first, last=last, days=length, most=LONGEST)
    law = packs.of(campaign)
    left: dict[str, npt.NDArray[np.bool_]] = {}
    wanted = sorted(set(channels), key=CHANNELS.index)
    for channel in wanted:
        own, name = days.of(channel), Channel(channel)
        open_ = [
            own.allows(day) and not packs.closes(law, Use.CONTACT, name, day) for day in span(first, last)
        ]
        if any(open_):
            left[channel] = np.array(open_)
    if not left:
        raise NoDayLeft(first=first, last=last)
    a_day = {channel: most for channel in left if (most := days.of(channel).a_day) is not None}
    closed = tuple(channel for channel in wanted if channel not in left)
    return Horizon(first, days.apart, left, a_day, closed)


def in_time(
    campaign: Campaign, options: tuple[CampaignOption, ...], terms: Terms
) -> tuple[tuple[CampaignOption, ...], Terms, Horizon | None]:
    """The options whose channel has a day left, the terms without limits that mean nothing any more (`counting`), and the days. Raises what
    `horizon_of` does."""
    horizon = horizon_of(campaign, terms.days, (option.channel for option in options))
    if horizon is None:
        return options, terms, None
    open_ = tuple(option for option in options if option.channel in horizon.open)
    closed = (option for option in options if option not in open_)
    return open_, counting(terms, open_, closed), horizon


def _ends(campaign: Campaign, days: Days) -> tuple[date, date]:
    """A plan that is made before noon can still be used on the same day. A first day that is past is as good as none. Without a last
    day it ends on the eve of the first round that comes after it begins, or, once all are over, of the last: no day is left.
    """
    now = campaign.clock().astimezone(ZoneInfo(campaign.settings.timezone))
    first = days.first
    if first is None or first < now.date():
        first = now.date() + timedelta(days=now.hour >= _NOON)
    if days.last is not None:
        return first, days.last
    if campaign.last_round is None:
        raise NoRoundAhead(first=first)
    ahead = [each.date for each in campaign.settings.rounds if each.date > first]
    return first, min(ahead, default=campaign.last_round) - timedelta(days=1)
