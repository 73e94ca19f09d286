"""Why a contact is meant for its day: what speaks against the days before."""

from __future__ import annotations

from datetime import date

import pytest

from commonweal.planning.totals import DayTotal
from commonweal.planning.why_day import Because, WhyDay, why_day


def day(number: int) -> date:
    return date(2027, 2, number)


def total(number: int, contacts: int, a_day: int | None, channel: str = "phone") -> DayTotal:
    return DayTotal(day(number), channel, contacts, a_day, 0.0)


CALLS = [total(1, 9, 9), total(2, 9, 9), total(3, 5, 9), total(4, 5, 9), total(5, 1, 9)]
DOORS = [total(1, 50, None, "door"), total(3, 10, None, "door")]


@pytest.mark.parametrize(
    ("number", "channel", "others", "found"),
    [
        (1, "phone", [], WhyDay(Because.FIRST)),
        (3, "phone", [], WhyDay(Because.FULL)),
        (4, "phone", [], WhyDay(Because.UNTOLD)),
        (4, "phone", [("sms:a", day(2))], WhyDay(Because.APART, "sms:a", 2)),
        (5, "phone", [("sms:a", day(3)), ("door:b", day(1))], WhyDay(Because.APART, "sms:a", 2)),
        (3, "phone", [("sms:a", day(6))], WhyDay(Because.FULL)),
        (2, "phone", [("sms:a", day(4))], WhyDay(Because.FULL)),
        (3, "door", [], WhyDay(Because.STREET)),
        (3, "door", [("sms:a", day(1))], WhyDay(Because.APART, "sms:a", 2)),
        (1, "door", [], WhyDay(Because.FIRST)),
        (2, "door", [], WhyDay(Because.UNTOLD)),
        (2, "email", [], WhyDay(Because.UNTOLD)),
    ],
)
def test_the_day_has_its_reason(
    number: int, channel: str, others: list[tuple[str, date]], found: WhyDay
) -> None:
    assert why_day(day(number), channel, others, CALLS + DOORS, apart=2) == found


def test_without_days_between_nobody_waits_for_another() -> None:
    assert why_day(day(3), "phone", [("sms:a", day(2))], CALLS, apart=0) == WhyDay(Because.FULL)
