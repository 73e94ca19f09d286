"""Dates: whatever order and separator a list uses, to real days of the calendar.

A date that no calendar has (31 February) is never moved to one that it has.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.intake.model import DateOrder
from commonweal.intake.normalise.text import Reading, Text, by_distinct, clean, fold
from commonweal.intake.rules import Reason

Numbers = npt.NDArray[np.int64]

OLDEST = 125  # years; the longest proven life was 122
_YOUNGEST = 16  # for a year of two digits: the latest century that makes the person at least this old …
_CENTENARIAN = 105  # … unless that would make them older than this
_EARLIEST = 1000
_LONG_AGO, _SOON = 1850, 2050
_ORDERS: tuple[DateOrder, ...] = ("dmy", "mdy", "ymd")

_TIME = r"(?:[T ]+\d{1,2}[:h.]\d{2}.*)?"
_SEPARATOR = r"\s*[-/. ]\s*"
_YEAR_FIRST = rf"^(?P<y>\d{{4}}){_SEPARATOR}(?P<m>\d{{1,2}}){_SEPARATOR}(?P<d>\d{{1,2}}){_TIME}$"
_YEAR_LAST = rf"^(?P<a>\d{{1,2}}){_SEPARATOR}(?P<b>\d{{1,2}}){_SEPARATOR}(?P<y>\d{{4}}|\d{{2}}){_TIME}$"
_DAY_NAMED = r"^(?:[a-z]+ )?(?P<d>\d{1,2})(?:st|nd|rd|th|er)? (?:of )?(?P<m>[a-z]+) (?P<y>\d{4}|\d{2})$"
_MONTH_NAMED = r"^(?:[a-z]+ )?(?P<m>[a-z]+) (?P<d>\d{1,2})(?:st|nd|rd|th)? (?P<y>\d{4})$"
_SIX = r"^(?P<a>\d{2})(?P<b>\d{2})(?P<c>\d{2})$"
_EIGHT = r"^(?P<a>\d{2})(?P<b>\d{2})(?P<c>\d{2})(?P<d>\d{2})$"
_YEAR_ONLY = r"^(?P<y>\d{4})$"

_MONTHS = {
    name: number
    for number, group in enumerate(
        (
            "jan january janvier janv",
            "feb february fevrier fev fevr",
            "mar march mars",
            "apr april avril avr",
            "may mai",
            "jun june juin",
            "jul july juillet juil",
            "aug august aout",
            "sep sept september septembre",
            "oct october octobre",
            "nov november novembre",
            "dec december decembre",
        ),
        start=1,
    )
    for name in group.split()
}


class Calendar:
    """Years, months and days read from cells; 0 where a cell leaves one open, -1 where nothing was read."""

    def __init__(self, count: int) -> None:
        self.year: Numbers = np.full(count, -1, np.int64)
        self.month: Numbers = np.full(count, -1, np.int64)
        self.day: Numbers = np.full(count, -1, np.int64)

    def put(self, where: npt.NDArray[np.bool_], year: Numbers, month: Numbers, day: Numbers) -> None:
        """Fill in what one pattern read, where nothing was read before."""
        fresh = where & (self.year < 0)
        for target, values in ((self.year, year), (self.month, month), (self.day, day)):
            target[fresh] = values[fresh]

    @property
    def is_day(self) -> npt.NDArray[np.bool_]:
        """Which are days that the calendar has."""
        leap = (self.year % 4 == 0) & ((self.year % 100 != 0) | (self.year % 400 == 0))
        lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
        fits = (self.month >= 1) & (self.month <= 12) & (self.year >= _EARLIEST)
        length = lengths[np.where(fits, self.month, 0)] + ((self.month == 2) & leap)
        return np.asarray(fits & (self.day >= 1) & (self.day <= length))

    @property
    def is_year(self) -> npt.NDArray[np.bool_]:
        """Which say a year and leave the day or the month open, as registers do for "00/00/1950"."""
        open_day = (self.day == 0) & (self.month <= 12) | (self.month == 0) & (self.day <= 31)
        return np.asarray((self.year >= _EARLIEST) & open_day)

    def days(self) -> pa.Array:
        """As date32; null where there is no full date."""
        good = self.is_day
        months = (np.where(good, self.year, 1970) - 1970) * 12 + np.where(good, self.month, 1) - 1
        first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        numbers = (first + np.where(good, self.day, 1) - 1).astype(np.int32)
        return pa.array(numbers, pa.int32(), mask=~good).cast(pa.date32())


def dates(cells: Text, order: DateOrder) -> Reading:
    """Any dates, as date32. Cells that are none are null, with the reason."""

    def read(distinct: Text) -> Reading:
        found, blank = _read(distinct, order, None)
        bad = ~found.is_day & ~blank
        reasons = pa.array([Reason.IMPOSSIBLE_VALUE_DATE.value] * len(bad), pa.string(), mask=~bad)
        return Reading(found.days(), reasons)

    return by_distinct(cells, read)


def birth_dates(cells: Text, order: DateOrder, as_of: date, oldest: int = OLDEST) -> tuple[Reading, pa.Array]:
    """Birth dates as date32, and birth years as int16, which may be known where the day is not, or is impossible.

    Reasons: IMPOSSIBLE_DATE, UNREADABLE_DATE, FUTURE_DATE; TOO_OLD (by more than `oldest` years) leaves the date null.
    """
    encoded = cells.dictionary_encode()
    found, blank = _read(encoded.dictionary, order, as_of)
    usable = found.is_day | found.is_year
    days = found.days()
    future = _as_mask(pc.greater(days, pa.scalar(as_of))) | (usable & (found.year > as_of.year))
    old = usable & (found.year < as_of.year - oldest)
    reasons = np.full(len(blank), None, object)
    reasons[~usable & ~blank & (found.year >= 0)] = Reason.IMPOSSIBLE_DATE.value
    reasons[~blank & (found.year < 0)] = Reason.UNREADABLE_DATE.value
    reasons[old] = Reason.TOO_OLD.value
    reasons[future] = Reason.FUTURE_DATE.value
    kept = usable & ~old & ~future
    lived = (found.year >= max(_EARLIEST, as_of.year - oldest)) & (found.year <= as_of.year) & ~future
    years = pa.array(np.where(lived, found.year, 0).astype(np.int16), pa.int16(), mask=~lived)
    days = pc.if_else(pa.array(kept), days, pa.scalar(None, pa.date32()))
    reason_array = pa.array(reasons, pa.string())
    take = encoded.indices
    return Reading(days.take(take), reason_array.take(take)), years.take(take)


def date_order(cells: Text, fallback: DateOrder) -> DateOrder:
    """The order that makes most of a column's dates real; `fallback` where nothing speaks for either."""
    distinct = clean(cells.unique()).drop_null()
    year_first = _as_mask(pc.match_substring_regex(distinct, _YEAR_FIRST))
    open_ = distinct.filter(pa.array(~year_first))
    scores = {order: _score(open_, order) for order in _ORDERS}
    if year_first.sum() > 0.5 * len(distinct) or not len(distinct):
        return "ymd" if len(distinct) else fallback
    best = max(scores.values())
    return fallback if scores[fallback] == best else next(o for o in _ORDERS if scores[o] == best)


def _score(cells: Text, order: DateOrder) -> float:
    """How many dates are real in this order; a year that nobody alive knows counts little."""
    found, _ = _read(cells, order, None)
    recent = (found.year >= _LONG_AGO) & (found.year <= _SOON)
    return float(np.where(recent, 1.0, 0.2)[found.is_day].sum())


def date_share(cells: Text) -> float:
    """The share of the distinct filled cells that look like dates."""
    distinct = clean(cells.unique()).drop_null()
    if not len(distinct):
        return 0.0
    folded = fold(distinct, digits=True).fill_null("")
    looks = (
        _as_mask(pc.match_substring_regex(distinct, _YEAR_FIRST))
        | _as_mask(pc.match_substring_regex(distinct, _YEAR_LAST))
        | _as_mask(pc.match_substring_regex(folded, _DAY_NAMED))
        | _as_mask(pc.match_substring_regex(folded, _MONTH_NAMED))
        | _is_eight(distinct)
    )
    return float(looks.mean())


def _is_eight(distinct: Text) -> npt.NDArray[np.bool_]:
    """Which are eight digits that are a day in some order."""
    eight = _as_mask(pc.match_substring_regex(distinct, _EIGHT))
    if eight.any():
        days = [_read(distinct, order, None)[0] for order in _ORDERS]
        eight &= np.any(
            [found.is_day & (found.year >= 1500) & (found.year <= _SOON) for found in days], axis=0
        )
    return eight


def _read(distinct: Text, order: DateOrder, as_of: date | None) -> tuple[Calendar, npt.NDArray[np.bool_]]:
    cells = clean(distinct)
    found = Calendar(len(cells))
    _read_numbers(cells, found, order, as_of)
    blank = _as_mask(pc.is_null(cells))
    left = np.flatnonzero((found.year < 0) & ~blank)
    if len(left):
        words = Calendar(len(left))
        _read_words(cells.take(pa.array(left)), words, as_of)
        found.year[left], found.month[left], found.day[left] = words.year, words.month, words.day
    return found, blank


def _read_numbers(cells: Text, found: Calendar, order: DateOrder, as_of: date | None) -> None:
    parts = pc.extract_regex(cells, _YEAR_FIRST)
    found.put(_as_mask(pc.is_valid(parts)), *(_numbers(parts, name) for name in "ymd"))
    parts = pc.extract_regex(cells, _YEAR_LAST)
    here = _as_mask(pc.is_valid(parts))
    first, second, last = (_numbers(parts, name) for name in "aby")
    short = np.asarray(pc.fill_null(pc.less(pc.utf8_length(parts.field(2)), 4), False))
    if order == "ymd":  # 75-03-31; with a long year last it can only be day first
        found.put(here & short, _century(first, as_of), second, last)
    last = np.where(short, _century(last, as_of), last)
    found.put(here, last, *((first, second) if order == "mdy" else (second, first)))
    parts = pc.extract_regex(cells, _EIGHT)
    here = _as_mask(pc.is_valid(parts))
    if here.any():
        a, b, c, d = (_numbers(parts, name) for name in "abcd")
        if order == "ymd":
            found.put(here, a * 100 + b, c, d)
        else:
            found.put(here, c * 100 + d, *((a, b) if order == "mdy" else (b, a)))
    parts = pc.extract_regex(cells, _SIX)
    here = _as_mask(pc.is_valid(parts))
    if here.any():
        a, b, c = (_numbers(parts, name) for name in "abc")
        if order == "ymd":
            found.put(here, _century(a, as_of), b, c)
        else:
            found.put(here, _century(c, as_of), *((a, b) if order == "mdy" else (b, a)))
    parts = pc.extract_regex(cells, _YEAR_ONLY)
    zero = np.zeros(len(cells), np.int64)
    found.put(_as_mask(pc.is_valid(parts)), _numbers(parts, "y"), zero, zero)


def _read_words(cells: Text, found: Calendar, as_of: date | None) -> None:
    """Dates with the month in words, English or French."""
    folded = fold(cells, digits=True)
    for pattern in (_DAY_NAMED, _MONTH_NAMED):
        parts = pc.extract_regex(folded, pattern)
        names = parts.field([part.name for part in parts.type].index("m")).to_pylist()
        month = np.array([_MONTHS.get(name or "", -1) for name in names], np.int64)
        year = _numbers(parts, "y")
        year = np.where((year >= 0) & (year < 100), _century(year, as_of), year)
        found.put(_as_mask(pc.is_valid(parts)) & (month > 0), year, month, _numbers(parts, "d"))


def _century(short: Numbers, as_of: date | None) -> Numbers:
    """Years of two digits in full: for a birth by the ages that voters have, else the years 1970 to 2069."""
    if as_of is None:
        return np.asarray(np.where(short >= 70, 1900, 2000) + short)
    recent = short + (as_of.year // 100) * 100
    recent = np.where(recent > as_of.year, recent - 100, recent)
    young = as_of.year - recent < _YOUNGEST
    elder = recent - 100
    return np.asarray(np.where(young & (as_of.year - elder <= _CENTENARIAN), elder, recent))


def _numbers(parts: pa.Array, name: str) -> Numbers:
    field = parts.field([part.name for part in parts.type].index(name))
    valid = pc.and_(pc.is_valid(parts), pc.match_substring_regex(field, r"^\d+$"))
    digits = pc.if_else(pc.fill_null(valid, False), field, "-1")
    return np.asarray(digits.cast(pa.int64()))


def _as_mask(values: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(values.fill_null(False), dtype=bool)
