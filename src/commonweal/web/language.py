"""The languages that pages speak: texts, numbers, dates, money, each as its readers write them.

English stands in the code; locale/<language>/LC_MESSAGES/commonweal.po has the rest and is read at start.
"""

from __future__ import annotations

import io
import json
import math
import re
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

import babel
from babel import dates, lists, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from commonweal.campaign import LANGUAGES
from commonweal.errors import _
from commonweal.web.errors import NotADay

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_VALUES = {
    ("sex", "f"): _("woman"),
    ("sex", "m"): _("man"),
    ("sex", "x"): _("another sex"),
    ("consent", "yes"): _("yes"),
    ("consent", "no"): _("no"),
}


@cache
def _french(text: str) -> str:
    """A line never ends before the signs that French sets apart."""
    return re.sub(" (?=[:;!?»])|(?<=«) ", "\N{NO-BREAK SPACE}", text)


_TYPESET = {"fr": _french}


@cache
def translations(code: str) -> NullTranslations:
    """The texts of a language."""
    if code == "en":
        return NullTranslations()
    file = resources.files("commonweal.web") / "locale" / code / "LC_MESSAGES" / "commonweal.po"
    with file.open("rb") as source:
        catalogue = read_po(source, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def negotiate(*wishes: str | None) -> str:
    """The first wish that can be met: each is a language, or an Accept-Language header. English if none can."""
    for wish in wishes:
        ranked = sorted(map(_ranked, (wish or "").split(",")), reverse=True)
        for weight, code in ranked:
            if weight > 0 and code in LANGUAGES:
                return code
    return "en"


def _ranked(item: str) -> tuple[float, str]:
    tag, _, quality = item.partition(";")
    try:
        weight = float(quality.partition("=")[2] or 1)
    except ValueError:
        weight = 0
    return weight, tag.strip().lower().split("-")[0]


class Language:
    """One language, for one campaign's time zone and currency."""

    def __init__(self, code: str, zone: str, currency: str) -> None:
        self.code = code
        self.locale = (
            babel.Locale("en", "GB" if currency != "USD" else "US") if code == "en" else babel.Locale(code)
        )
        self.currency = currency
        self.zone = ZoneInfo(zone)
        self._texts = translations(code)
        self._typeset = _TYPESET.get(code, str)

    def gettext(self, text: str) -> str:
        """A text in this language; itself where there is none."""
        return self._typeset(self._texts.gettext(text)) if text else ""

    def ngettext(self, one: str, many: str, count: float) -> str:
        """The form of a text that goes with a count."""
        return self._typeset(self._texts.ngettext(one, many, int(count)))

    def number(self, value: float, digits: int = 0) -> str:
        """12,345 or, with digits, 12,345.6."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return _decimal(round(value, digits) + 0.0, pattern, self.locale)

    def signed(self, value: float, digits: int = 0) -> str:
        """A change: +12, −3."""
        text = self.number(abs(value), digits)
        return ("−" if value < 0 and round(value, digits) else "+") + text

    def gain(self, votes: float) -> str:
        """Votes gained, with as many digits as tell something: +412, +2.4, +0.07."""
        size = abs(votes)
        return self.signed(votes, 0 if size >= 100 else 1 if size >= 1 or not votes else 2)

    def percent(self, share: float, digits: int = 0) -> str:
        """12% of a share of 0.12."""
        pattern = self.locale.percent_formats[None].pattern
        return numbers.format_percent(
            share, format=pattern.replace("0", "0." + "0" * digits) if digits else None, locale=self.locale
        )

    def money(self, minor: float, currency: str | None = None, *, cents: bool | None = None) -> str:
        """An amount of minor units: €1,234; cents are shown below 100 or when asked."""
        code = currency or self.currency
        exponent = numbers.get_currency_precision(code)
        amount = minor / 10**exponent
        show = cents if cents is not None else abs(amount) < 100 and amount != int(amount)
        return _currency(amount if show else float(round(amount)), code, self.locale, show)

    @property
    def minor_units(self) -> int:
        """How many of its smallest units make one of the currency."""
        return int(10 ** numbers.get_currency_precision(self.currency))

    def major(self, minor: float, currency: str | None = None) -> int:
        """Whole units of an amount of minor units: 4000 of 400000 cents."""
        return int(minor // 10 ** numbers.get_currency_precision(currency or self.currency))

    def day(self, value: date | datetime, form: str = "long") -> str:
        """15 January 2027."""
        local = value.astimezone(self.zone).date() if isinstance(value, datetime) else value
        return dates.format_date(local, form, locale=self.locale)

    def short_day(self, value: date) -> str:
        """Fri 15 Jan."""
        return dates.format_skeleton("MMMEd", value, locale=self.locale)

    def when(self, value: datetime, now: datetime) -> str:
        """20:05 of today, otherwise with the day."""
        local, today = value.astimezone(self.zone), now.astimezone(self.zone).date()
        time = dates.format_time(local, "short", locale=self.locale)
        if local.date() == today:
            return time
        day = dates.format_skeleton(
            "MMMd" if local.year == today.year else "yMMMd", local, locale=self.locale
        )
        return f"{day}, {time}"

    def shown(self, value: object, field: str = "") -> str:
        """A value of a person as a reader writes it: dates, numbers, yes and no."""
        if value is None:
            return ""
        if isinstance(value, str) and _DAY.fullmatch(value):
            with suppress(ValueError):
                value = date.fromisoformat(value)
        if (
            isinstance(value, str) and value.startswith('["') and value.endswith('"]')
        ):  # a list, as lists give it
            with suppress(json.JSONDecodeError):
                return ", ".join(map(str, json.loads(value)))
        if isinstance(value, date):
            return self.day(value, "medium")
        if isinstance(value, float) and not value.is_integer():
            return self.number(value, 5 if field in {"latitude", "longitude"} else 2)
        if isinstance(value, float):
            return self.number(value)
        code = (field.partition("_")[0], str(value))
        if value in {"true", "false"}:
            code = ("consent", "yes" if value == "true" else "no")
        return self.gettext(_VALUES[code]) if code in _VALUES else str(value)

    def lasting(self, seconds: float) -> str:
        """How long something took: 12 seconds, 3 minutes."""
        return dates.format_timedelta(timedelta(seconds=seconds), threshold=1.5, locale=self.locale)

    def listing(self, items: list[str]) -> str:
        """One, two and three."""
        return lists.format_list(items, locale=self.locale)


def read_day(text: str) -> date | None:
    """A day as a form gives it: year-month-day, or nothing. Raises NotADay."""
    told = text.strip()
    try:
        return date.fromisoformat(told) if told else None
    except ValueError as error:
        raise NotADay(day=told) from error


def read_number(text: str) -> float | None:
    """A number as people write it, in English or French: 1 200, 1,5; None for nothing, NaN for what is none."""
    told = text.replace("\u202f", "").replace("\xa0", "").replace(" ", "").replace(",", ".")
    try:
        return float(told) if told else None
    except ValueError:
        return math.nan


@lru_cache(20_000)  # a table has thousands of numbers, and most of them come again
def _decimal(value: float, pattern: str, locale: babel.Locale) -> str:
    return numbers.format_decimal(value, format=pattern, locale=locale).replace("-", "−")


@lru_cache(20_000)
def _currency(amount: float, code: str, locale: babel.Locale, show_minor: bool) -> str:
    if show_minor:
        return numbers.format_currency(amount, code, locale=locale)
    pattern = locale.currency_formats["standard"].pattern.replace("0.00", "0")
    return numbers.format_currency(amount, code, format=pattern, locale=locale, currency_digits=False)
