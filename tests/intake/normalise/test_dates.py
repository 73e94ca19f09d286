"""Dates: what the calendar has, and never anything else."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.intake.model import DateOrder
from commonweal.intake.normalise import dates
from commonweal.intake.rules import Reason

AS_OF = date(2026, 5, 1)
FORMS: dict[DateOrder, list[str]] = {
    "dmy": ["%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y %H:%M", "%d%m%Y", "%d %B %Y"],
    "mdy": ["%m/%d/%Y", "%m-%d-%Y", "%m%d%Y", "%B %d, %Y"],
    "ymd": ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%dT%H:%M:%SZ"],
}


def read(cell: str | None, order: DateOrder = "dmy") -> tuple[date | None, int | None, str | None]:
    reading, years = dates.birth_dates(pa.array([cell], pa.string()), order, AS_OF)
    assert reading.reasons is not None
    return reading.values[0].as_py(), years[0].as_py(), reading.reasons[0].as_py()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("31/02/1980", (None, 1980, Reason.IMPOSSIBLE_DATE)),
        ("29/02/1900", (None, None, Reason.IMPOSSIBLE_DATE)),
        ("29/02/2000", (date(2000, 2, 29), 2000, None)),
        ("00/00/1950", (None, 1950, None)),
        ("1950", (None, 1950, None)),
        ("1er mars 1950", (date(1950, 3, 1), 1950, None)),
        ("12-JAN-1975", (date(1975, 1, 12), 1975, None)),
        ("03.04.75", (date(1975, 4, 3), 1975, None)),
        ("12/05/30", (date(1930, 5, 12), 1930, None)),
        ("12/05/08", (date(2008, 5, 12), 2008, None)),
        ("01/01/1900", (None, None, Reason.TOO_OLD)),
        ("02/05/2026", (None, None, Reason.FUTURE_DATE)),
        ("2030", (None, None, Reason.FUTURE_DATE)),
        ("yesterday", (None, None, Reason.UNREADABLE_DATE)),
        ("13/13/1980", (None, 1980, Reason.IMPOSSIBLE_DATE)),
        ("", (None, None, None)),
        (None, (None, None, None)),
    ],
)
def test_birth_dates(cell: str | None, expected: tuple[date | None, int | None, str | None]) -> None:
    assert read(cell) == expected


@given(st.dates(date(1902, 1, 1), AS_OF), st.sampled_from(sorted(FORMS)), st.data())
def test_every_day_is_read_back_however_it_is_written(
    day: date, order: DateOrder, data: st.DataObject
) -> None:
    form = data.draw(st.sampled_from(FORMS[order]))
    assert read(day.strftime(form), order) == (day, day.year, None)


@given(st.integers(0, 40), st.integers(0, 20), st.integers(1920, 2020))
def test_no_date_is_made_up(day: int, month: int, year: int) -> None:
    found, _year, reason = read(f"{day}/{month}/{year}")
    if found is None:
        with pytest.raises(ValueError, match=r"must be|is out of range"):
            date(year, month, day)
        assert reason == Reason.IMPOSSIBLE_DATE or day == 0 or month == 0
    else:
        assert found == date(year, month, day)


@given(st.dates(date(1930, 1, 1), date(2007, 1, 1)))
def test_two_digits_of_a_year_make_a_voter(day: date) -> None:
    found, _year, _reason = read(day.strftime("%d/%m/%y"))
    assert found is not None
    assert (found.month, found.day, found.year % 100) == (day.month, day.day, day.year % 100)
    assert timedelta(days=15 * 365) < AS_OF - found < timedelta(days=106 * 366)


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["3/4/1980", "25/12/1980"], "dmy"),
        (["3/4/1980", "12/25/1980"], "mdy"),
        (["1980-03-04", "1981-01-01"], "ymd"),
        (["19800304", "19811231"], "ymd"),
        (["16300801", "15991231"], "ymd"),
        (["20031975", "31121981"], "dmy"),
        (["03201975", "12311981"], "mdy"),
        (["75-03-31", "81-12-31"], "ymd"),
        (["3 avril 1980", "12 août 1975"], "mdy"),
        (["3/4/1980"], "mdy"),  # nothing speaks for either: the fallback
        ([], "mdy"),
    ],
)
def test_order_is_found_in_the_list(cells: list[str], order: DateOrder) -> None:
    assert dates.date_order(pa.array(cells, pa.string()), "mdy") == order


def test_other_dates_may_lie_ahead() -> None:
    reading = dates.dates(pa.array(["31/12/2199", "31/11/2026", ""]), "dmy")
    assert reading.values.to_pylist() == [date(2199, 12, 31), None, None]
    assert reading.reasons is not None
    assert reading.reasons.to_pylist() == [None, Reason.IMPOSSIBLE_VALUE_DATE, None]
