"""Why a contact is meant for its day, as far as the stored plan tells it: what speaks against the days before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto

from commonweal.planning.totals import DayTotal

DOOR = "door"


class Because(Enum):
    """FIRST: the plan uses the channel on no earlier day. APART: `days` after another contact of the person, which is as near as may be.
    FULL: the days before are. STREET: doors are walked street by street, those where a door gains most first. UNTOLD: the plan's totals
    don't say, as where another of the household is contacted before.
    """

    FIRST = auto()
    APART = auto()
    FULL = auto()
    STREET = auto()
    UNTOLD = auto()


@dataclass(frozen=True)
class WhyDay:
    """other: the option of the contact that comes before, days after which this one is; both of APART only."""

    because: Because
    other: str = ""
    days: int = 0


def why_day(
    day: date, channel: str, others: Iterable[tuple[str, date]], totals: Sequence[DayTotal], apart: int
) -> WhyDay:
    """Of a contact through `channel`; others: the option and day of each other contact of the person. totals: the plan's, of all channels."""
    known = list(others)
    mine = {total.day: total for total in totals if total.channel == channel}
    before = sorted((each for each in mine if each < day), reverse=True)
    if day not in mine:
        return WhyDay(Because.UNTOLD)
    if not before:
        return WhyDay(Because.FIRST)
    if not all(_is_full(mine[each]) or _is_near(each, known, apart) for each in before):
        return WhyDay(Because.STREET if channel == DOOR else Because.UNTOLD)
    earlier = [each for each in known if each[1] < day and _is_near(before[0], [each], apart)]
    if earlier:
        option, other = max(earlier, key=lambda each: each[1])
        return WhyDay(Because.APART, option, (day - other).days)
    return WhyDay(Because.FULL if any(_is_full(mine[each]) for each in before) else Because.UNTOLD)


def _is_full(total: DayTotal) -> bool:
    return total.a_day is not None and total.contacts >= total.a_day


def _is_near(day: date, others: Iterable[tuple[str, date]], apart: int) -> bool:
    return any(abs((day - other).days) < apart for _option, other in others)
