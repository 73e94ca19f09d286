"""The campaign's terms: what a plan may use, beside its budget and the options' capacities. They stand in plan.toml."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from commonweal.planning.days import CHANNELS, Days
from commonweal.planning.errors import (
    BadEnd,
    BadMost,
    BadNumberADay,
    BadShare,
    BelowLeast,
    NoSuchLimit,
    TermsUnreadable,
)
from commonweal.planning.options import CampaignOption, Channel

_HOURS, _MOST = "hours:", "most"  # what changes are called that are no limit's name
DAYS = "days:"
"""What stands before a channel in the name of the limit of its contacts a day."""

MONEY = "money"
"""The name of the budget among a plan's limits; a capacity has its option's code, any other limit the name in plan.toml."""

EVENING = 3.0
"""Hours that a volunteer is at doors in an evening, where plan.toml doesn't say."""


class Doors(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Volunteers' hours at the door, area by area.

    hours_each  what one door takes, with the way to the next one
    evening     hours that a volunteer is at doors in an evening: what days are filled with
    hours       hours that each area has, by its code; 0 closes the door there
    elsewhere   hours in each area that `hours` doesn't name; None: as many as needed
    """

    hours_each: float
    evening: float = EVENING
    hours: dict[str, float] = {}
    elsewhere: float | None = None

    def __post_init__(self) -> None:
        if not (self.hours_each > 0 and math.isfinite(self.hours_each)):
            raise ValueError(f"a door takes {self.hours_each} hours: it takes more than 0")
        if not (self.evening >= self.hours_each and math.isfinite(self.evening)):
            raise ValueError(f"an evening of {self.evening} hours is too short for a door")
        for area, hours in self.hours.items():
            _check_number(f"the hours of area {area!r}", hours)
        if self.elsewhere is not None:
            _check_number("the hours elsewhere", self.elsewhere)


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A limit on all contacts together that are of this channel, message and option, in these areas, with people who meet `who` (an
    expression over the electorate, as a promise has it); left out: of all. A household counts with the first `who` of plan.toml that
    one of its members meets, and with no other.

    each      what one contact uses of it, 0.1 where a call takes six minutes of so many hours
    unit      what is counted, for pages: contacts or hours
    at_most, at_least   the ends, in that unit; None and 0: there is no such end
    at_most_share, at_least_share   instead of these, one of the two, below 1: with `who` or `areas` the share of these people among
              the contacts that the rest counts, without the share of what it counts among all contacts; each contact counts as one
    """

    name: str
    channel: Channel | None = None
    message: str | None = None
    option: str | None = None
    areas: tuple[str, ...] = ()
    who: str = ""
    each: float = 1.0
    unit: Literal["contacts", "hours"] = "contacts"
    at_most: float | None = None
    at_least: float = 0.0
    at_most_share: float | None = None
    at_least_share: float | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a limit needs a name")
        called = f"limit {self.name!r}"
        if not (self.each > 0 and math.isfinite(self.each)):
            raise ValueError(f"{called}: a contact uses {self.each} of it, which has to be more than 0")
        _check_number(f"{called}: at_least", self.at_least)
        if self.is_share:
            self._check_share(called)
        elif self.at_most is None and not self.at_least:
            raise ValueError(f"{called} has neither at_most nor at_least")
        if self.at_most is not None:
            _check_number(f"{called}: at_most", self.at_most)
            if self.at_most < self.at_least:
                raise ValueError(f"{called}: at least {self.at_least:g} is above at most {self.at_most:g}")

    def _check_share(self, called: str) -> None:
        ends = (self.at_most, self.at_least or None, self.at_most_share, self.at_least_share)
        if sum(end is not None for end in ends) > 1:
            raise ValueError(f"{called} has several ends: of a share there is one, make it two limits")
        if self.each != 1 or self.unit != "contacts":
            raise ValueError(f"{called}: a share is one of contacts, without each and unit")
        if not 0 <= self.share < 1:
            raise ValueError(f"{called}: {self.share} is not a share from 0 to below 1")

    @property
    def is_share(self) -> bool:
        """Whether its end is a share."""
        return self.at_most_share is not None or self.at_least_share is not None

    @property
    def share(self) -> float:
        """The share that is its end; 0 where it is none."""
        return self.at_most_share if self.at_most_share is not None else self.at_least_share or 0.0

    @property
    def of_people(self) -> bool:
        """Whether it counts some people only."""
        return bool(self.who or self.areas)

    def counts(self, option: CampaignOption) -> bool:
        """Whether contacts of an option count in it."""
        return (
            self.channel in (None, option.channel)
            and self.message in (None, option.message)
            and self.option in (None, option.code)
        )


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What plan.toml says.

    most      contacts that one person gets at most, over all channels, one each; of a household likewise
    learning  the share of households, drawn once for the campaign, that get nothing: who compares learns what contacts do
    exploring a further share, drawn likewise, whose contact is drawn too instead of chosen: so that one learns of every option
    doors     volunteers' hours by area; None: as many as needed
    days      when contacts are made; None: the plan has no days
    limit     any other limits
    """

    most: int = 1
    learning: float = 0.0
    exploring: float = 0.0
    doors: Doors | None = None
    days: Days | None = None
    limit: tuple[Term, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.most <= 5:
            raise ValueError(f"most is {self.most}: a person gets 1 to 5 contacts, one a channel")
        if not 0 <= self.learning <= 0.5:
            raise ValueError(f"learning is {self.learning}: a share from 0 to 0.5")
        if not 0 <= self.exploring <= 0.5:
            raise ValueError(f"exploring is {self.exploring}: a share from 0 to 0.5")
        if self.exploring and not self.learning:
            raise ValueError("exploring needs learning above 0: nobody is left alone to compare with")
        names = [term.name for term in self.limit]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"limit {twice[0]!r} stands twice")


def read_terms(folder: Path) -> Terms:
    """What plan.toml of the campaign's folder says; without it, the terms are one contact and no limit.

    Raises TermsUnreadable.
    """
    path = folder / "plan.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Terms)
    except FileNotFoundError:
        return Terms()
    except (msgspec.MsgspecError, OSError, UnicodeDecodeError) as error:
        raise TermsUnreadable(path=path, reason=error) from error


def evening_of(folder: Path) -> float:
    """Hours of a volunteer's evening as plan.toml says now; EVENING where it says nothing, or can't be read."""
    try:
        doors = read_terms(folder).doors
    except TermsUnreadable:
        return EVENING
    return doors.evening if doors else EVENING


def counting(terms: Terms, options: Iterable[CampaignOption], closed: Iterable[CampaignOption]) -> Terms:
    """The terms without limits that mean nothing once some options are closed: those that count closed ones only, for a minimum of what
    can't be done asks for nothing; and the most that a part of all contacts may be, where nothing is left but that part."""
    open_, closed = tuple(options), tuple(closed)
    limit = tuple(term for term in terms.limit if _means(term, open_, closed))
    return msgspec.structs.replace(terms, limit=limit)


def _means(term: Term, open_: Iterable[CampaignOption], closed: Iterable[CampaignOption]) -> bool:
    mine, others = ([term.counts(option) for option in options] for options in (open_, closed))
    if term.at_most_share is not None and not term.of_people and all(mine):
        return all(others)
    return any(mine) or not any(others)


def groups(terms: Terms) -> tuple[str, ...]:
    """Each `who` of the limits, once, in their order."""
    return tuple(dict.fromkeys(term.who for term in terms.limit if term.who))


def changed(
    options: tuple[CampaignOption, ...], terms: Terms, changes: Mapping[str, float]
) -> tuple[tuple[CampaignOption, ...], Terms]:
    """The same with some limits otherwise: by an option's code its capacity; by a limit's name the most of it, or the least
    where it has no other end; "hours:AREA" an area's hours; "days:CHANNEL" a channel's contacts a day; "most" the contacts of a person.

    Raises NoSuchLimit, BadEnd.
    """
    for name, value in changes.items():
        options, terms = _change(options, terms, name, value)
    return options, terms


def _change(
    options: tuple[CampaignOption, ...], terms: Terms, name: str, value: float
) -> tuple[tuple[CampaignOption, ...], Terms]:
    replace = msgspec.structs.replace
    try:
        _check_number(name, value)
        if name == _MOST:
            return options, replace(terms, most=_whole(value))
        if name.startswith(_HOURS) and terms.doors:
            hours = terms.doors.hours | {name.removeprefix(_HOURS): value}
            return options, replace(terms, doors=replace(terms.doors, hours=hours))
        if name.startswith(DAYS) and terms.days and name.removeprefix(DAYS) in CHANNELS:
            return options, replace(terms, days=_with_a_day(terms.days, name.removeprefix(DAYS), value))
        if any(term.name == name for term in terms.limit):
            limit = tuple(_with_end(term, value) if term.name == name else term for term in terms.limit)
            return options, replace(terms, limit=limit)
        if any(option.code == name for option in options):
            return tuple(
                replace(each, capacity=int(value)) if each.code == name else each for each in options
            ), terms
    except ValueError:
        raise _bad_end(terms, name, value) from None
    raise NoSuchLimit(name=name, known=", ".join(_known(options, terms)))


def _known(options: Iterable[CampaignOption], terms: Terms) -> list[str]:
    """What a change may name, as one writes it; of the areas' hours the form, for any area may be named."""
    names = [_MOST, *(option.code for option in options), *(term.name for term in terms.limit)]
    if terms.days:
        used = {option.channel for option in options}
        names += [DAYS + channel for channel in CHANNELS if channel in used]
    return [*names, f"{_HOURS}AREA"] if terms.doors else names


def _bad_end(terms: Terms, name: str, value: float) -> BadEnd:
    """What is wrong with a value that a limit can't have, with what fits it."""
    if name == _MOST:
        return BadMost(name=name, value=f"{value:g}")
    if name.startswith(DAYS):
        return BadNumberADay(name=name, value=f"{value:g}")
    term = next((term for term in terms.limit if term.name == name), None)
    if term and term.is_share:
        return BadShare(name=name, value=f"{100 * value:g}%")
    if term and 0 <= value < term.at_least:
        return BelowLeast(name=name, value=f"{value:g}", least=f"{term.at_least:g}")
    return BadEnd(name=name, value=f"{value:g}")


def _with_a_day(days: Days, channel: str, value: float) -> Days:
    return msgspec.structs.replace(
        days, **{channel: msgspec.structs.replace(days.of(channel), a_day=_whole(value))}
    )


def _whole(value: float) -> int:
    """A whole number; 0, which none of these may be, for any other."""
    return int(value) if value == int(value) else 0


def _with_end(term: Term, value: float) -> Term:
    if term.is_share:
        name = "at_least_share" if term.at_most_share is None else "at_most_share"
    else:
        name = "at_least" if term.at_most is None else "at_most"
    return msgspec.structs.replace(term, **{name: value})


def _check_number(what: str, value: float) -> None:
    if not (value >= 0 and math.isfinite(value)):
        raise ValueError(f"{what}: {value} is not a number of 0 or more")
