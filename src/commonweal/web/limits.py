"""The limits of a plan in words of the field: what is used, what a little more would gain, what it was in the plan before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commonweal.errors import _
from commonweal.planning.terms import DAYS
from commonweal.planning.totals import DoorHours, Kind, LimitTotal, OptionTotal
from commonweal.web.language import Language
from commonweal.web.reasons import option_name
from commonweal.web.words import word

_AMOUNT = 100  # whole units of money
_POINT = 0.01
_ROUNDING = 1e-6
_OF = _("%(used)s of %(most)s")
_OF_A_DAY = _("%(used)s of %(most)s, on average")
_AT_LEAST = _("%(used)s; at least %(least)s")
_MONEY = _("%(step)s more would gain about %(votes)s votes.")
_CONTACTS = _("%(step)s more contacts would gain about %(votes)s votes.")
_MORE_A_DAY = _("%(step)s more a day would gain about %(votes)s votes.")
_MORE_HOURS = _("%(step)s more hours would gain about %(votes)s votes.")
_ONE_CONTACT = _("One more contact would gain about %(votes)s votes.")
_ONE_A_DAY = _("One more a day would gain about %(votes)s votes.")
_ONE_HOUR = _("One more hour would gain about %(votes)s votes.")
_ONE_HOUR_LESS = _("To ask for one hour less would gain about %(votes)s votes.")
_FEWER = _("To ask for %(step)s fewer would gain about %(votes)s votes.")
_FEWER_HOURS = _("To ask for %(step)s hours fewer would gain about %(votes)s votes.")
_AT_MOST_SHARE = _("%(used)s of the contacts; at most %(most)s")
_AT_LEAST_SHARE = _("%(used)s of the contacts; at least %(least)s")
_MORE_SHARE = _("One point more would gain about %(votes)s votes.")
_LESS_SHARE = _("To ask for one point less would gain about %(votes)s votes.")
_SHORT = _("%(short)s are missing.")
_EVENING = _("One more volunteer evening would gain about %(votes)s votes.")


@dataclass(frozen=True)
class Told:
    """One limit. key, end: how a form names it, and its present end, both empty where it can't be changed here; was: the end that
    the plan before had, if another; unit: what the end is counted in, where its number doesn't say.
    """

    name: str
    used: str
    more: str
    key: str
    end: str
    was: str
    unit: str = ""


def told(
    limits: Sequence[LimitTotal],
    before: Sequence[LimitTotal],
    options: Sequence[OptionTotal],
    language: Language,
    currency: str,
) -> list[Told]:
    """All limits but those of rules, which are decided elsewhere."""
    names = {option.option: option_name(option, language) for option in options}
    ends = {each.name: _end(each) for each in before}
    return [
        Told(
            name=_name(each, names, language),
            used=_used(each, language, currency),
            more=_more(each, language, currency),
            key=each.name,
            end=_form(each, language),
            was=_shown(each, ends[each.name], language, currency)
            if each.name in ends and ends[each.name] != _end(each)
            else "",
            unit="%" if each.unit == "share" else "",
        )
        for each in limits
        if each.kind is not Kind.RULE
    ]


def most_told(most: int, before: int, language: Language) -> Told:
    """How many contacts a person gets at most."""
    return Told(
        name=language.gettext("Contacts of a person"),
        used=_say(language, _("at most %(most)s, each through another channel"), most=language.number(most)),
        more="",
        key="most",
        end=str(most),
        was="" if most == before else language.number(before),
    )


def hours_told(
    hours: Sequence[DoorHours],
    before: Sequence[DoorHours],
    areas: Mapping[str, str],
    evening: float,
    language: Language,
) -> list[Told]:
    """Volunteers' hours at the doors of each area that has some or would need some. evening: hours of one."""
    ends = {each.area_code: each.available for each in before}
    return [
        Told(
            name=areas.get(each.area_code, each.area_code) or language.gettext("No area known"),
            used=_hours_used(each, language),
            more=_say(language, _EVENING, votes=_votes(each.price * evening, language)) if each.price else "",
            key="" if each.available is None or not each.area_code else f"hours:{each.area_code}",
            end="" if each.available is None else f"{each.available:g}",
            was=language.number(ends[each.area_code] or 0.0, 1)
            if each.area_code in ends and ends[each.area_code] not in (each.available, None)
            else "",
        )
        for each in hours
        if each.used or each.price
    ]


def _name(each: LimitTotal, names: Mapping[str, str], language: Language) -> str:
    match each.kind:
        case Kind.MONEY:
            return language.gettext("Money")
        case Kind.CAPACITY:
            return names.get(each.name, each.name)
        case Kind.DAYS:
            channel = word("channel", each.name.removeprefix(DAYS), language.gettext)
            return _say(language, _("%(channel)s, contacts a day"), channel=channel)
        case _:
            return each.name


def _end(each: LimitTotal) -> float:
    """The end that a change is about."""
    return each.at_least if each.at_most is None else each.at_most


def _form(each: LimitTotal, language: Language) -> str:
    """As a field of a form holds it; money in whole units, shares in points of a hundred."""
    end = _end(each) / language.minor_units if each.kind is Kind.MONEY else _end(each)
    if each.unit == "share":
        return f"{round(100 * end, 6):g}"
    return f"{end:g}" if end < 1e6 else f"{end:.0f}"


def _shown(each: LimitTotal, value: float, language: Language, currency: str) -> str:
    if each.kind is Kind.MONEY:
        return language.money(value, currency)
    if each.unit == "share":
        return language.percent(value, 0 if abs(100 * value - round(100 * value)) < _ROUNDING else 1)
    number = language.number(value, 0 if value == int(value) else 1)
    return (
        number if each.unit in {"contacts", "a_day"} else _say(language, _("%(number)s hours"), number=number)
    )


def _used(each: LimitTotal, language: Language, currency: str) -> str:
    used = _shown(each, each.used, language, currency)
    parts = []
    if each.unit == "share":
        sentence = _AT_LEAST_SHARE if each.at_most is None else _AT_MOST_SHARE
        end = _shown(each, _end(each), language, currency)
        return _say(language, sentence, used=used, most=end, least=end)
    if each.at_most is not None:
        sentence = _OF_A_DAY if each.kind is Kind.DAYS else _OF
        parts.append(_say(language, sentence, used=used, most=_shown(each, each.at_most, language, currency)))
    if each.at_least:
        least = _shown(each, each.at_least, language, currency)
        parts.append(_say(language, _AT_LEAST, used=used, least=least))
    if each.shortfall > 1e-6 * each.at_least:
        parts.append(_say(language, _SHORT, short=_shown(each, each.shortfall, language, currency)))
    return " ".join(parts)


def _hours_used(each: DoorHours, language: Language) -> str:
    used = language.number(each.used, 1)
    if each.available is None:
        return _say(language, _("%(number)s hours"), number=used)
    most = _say(language, _("%(number)s hours"), number=language.number(each.available, 1))
    return _say(language, _OF, used=used, most=most)


def _more(each: LimitTotal, language: Language, currency: str) -> str:
    if not each.price:
        return ""
    if each.kind is Kind.MONEY:
        step = _AMOUNT * language.minor_units
        votes = _votes(each.price * step, language)
        return _say(language, _MONEY, step=language.money(step, currency), votes=votes)
    if each.unit == "share":
        votes = _votes(abs(each.price) * _POINT, language)
        return _say(language, _MORE_SHARE if each.price > 0 else _LESS_SHARE, votes=votes)
    one, several = {
        (True, "a_day"): (_ONE_A_DAY, _MORE_A_DAY),
        (True, "contacts"): (_ONE_CONTACT, _CONTACTS),
        (True, "hours"): (_ONE_HOUR, _MORE_HOURS),
        (False, "contacts"): (_FEWER, _FEWER),
        (False, "hours"): (_ONE_HOUR_LESS, _FEWER_HOURS),
    }[each.price > 0, each.unit]
    votes = _votes(abs(each.price) * each.step, language)
    return _say(language, one if each.step == 1 else several, step=language.number(each.step), votes=votes)


def _votes(votes: float, language: Language) -> str:
    return language.number(votes, 1 if votes >= 1 else 2)


def _say(language: Language, sentence: str, **values: str) -> str:
    return language.gettext(sentence) % values
