"""What the audit has, in sentences: who did what to whom, with the page where one can look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from commonweal.access.model import Permission
from commonweal.audit.model import Entry
from commonweal.errors import _
from commonweal.web import words
from commonweal.web.visit import Visit
from commonweal.web.vocabulary.audit import COUNTED, NAMED, PAGE

_MAY_OPEN = {
    "person": Permission.SEE_PEOPLE,
    "batch": Permission.SEE_LISTS,
    "plan": Permission.SEE_PLAN,
    "request": Permission.HANDLE_REQUESTS,
    "action": Permission.USE_BOARD,
}


@dataclass(frozen=True)
class Deed:
    """One entry as a reader takes it in: `who` did `what`, to `whom` (empty where `what` says it), at `page`."""

    at: datetime
    who: str
    what: str
    whom: str
    page: str | None
    details: tuple[str, ...]
    times: int = 1


@dataclass(frozen=True)
class Looks:
    """How often somebody looked in one way, and when last."""

    who: str
    what: str
    times: int
    last: datetime


def deeds(visit: Visit, entries: Iterable[Entry], accounts: Mapping[str, str]) -> list[Deed]:
    """Entries in the reader's language; what somebody did again and again, with nothing between, is one, at its last time."""
    found: list[Deed] = []
    for entry in entries:
        told = _deed(visit, entry, accounts)
        last = found[-1] if found else None
        if last and replace(last, at=told.at, times=1) == told:
            found[-1] = replace(last, times=last.times + 1)
        else:
            found.append(told)
    return found


def _deed(visit: Visit, entry: Entry, accounts: Mapping[str, str]) -> Deed:
    """The audit names no person; the link leads to whom it is about."""
    say, subject = visit.gettext, entry.subject or ""
    return Deed(
        entry.at,
        words.actor(entry.actor, accounts, say),
        words.word("verb", entry.verb, say),
        "" if not subject or subject.startswith("person:") else words.subject(subject, accounts, say),
        _page(visit, subject),
        tuple(_details(visit, entry)),
    )


def looks(visit: Visit, entries: Iterable[Entry], accounts: Mapping[str, str]) -> list[Looks]:
    """Who looked at people, each way of looking once; who looked last comes first."""
    found: dict[tuple[str, str], Looks] = {}
    for entry in entries:
        known = found.get((entry.actor, entry.verb))
        times, last = (known.times + 1, max(known.last, entry.at)) if known else (1, entry.at)
        who, what = (
            words.actor(entry.actor, accounts, visit.gettext),
            words.word("verb", entry.verb, visit.gettext),
        )
        found[entry.actor, entry.verb] = Looks(who, what, times, last)
    return sorted(found.values(), key=lambda each: each.last, reverse=True)


def _page(visit: Visit, subject: str) -> str | None:
    kind, _colon, number = subject.partition(":")
    if kind not in PAGE or not number.isdecimal() or not visit.may(_MAY_OPEN[kind]):
        return None
    return PAGE[kind] + visit.link(kind, int(number))


def _details(visit: Visit, entry: Entry) -> Iterable[str]:
    say, colon = visit.gettext, visit.gettext(_(": "))
    if entry.persons:
        yield say(_("People")) + colon + visit.language.number(entry.persons)
    for name, value in entry.detail.items():
        told = _value(visit, name, value)
        if told:
            label = NAMED[name][0] if name in NAMED else COUNTED.get(name, _MORE.get(name, ""))
            yield say(label) + colon + told
    if entry.why:
        yield entry.why


_MORE = {"source": _("List"), "budget": _("Budget"), "metrics": _("What was measured"), "name": _("Name")}


def _value(visit: Visit, name: str, value: Any) -> str:
    """What a detail says; empty where it says nothing to a reader: ids, what is none, what no table knows."""
    say = visit.gettext
    if name in NAMED and isinstance(value, str):
        return words.word(NAMED[name][1], value, say)
    if name in COUNTED and not isinstance(value, str | bool | None):
        return _count(visit, value)
    if name == "budget" and isinstance(value, int):
        return visit.language.money(value)
    if name == "metrics" and isinstance(value, Sequence):
        return visit.language.listing([words.target(str(each), say) for each in value])
    return words.told(value, say) if name in _MORE and isinstance(value, str) else ""


def _count(visit: Visit, value: Any) -> str:
    number = value if isinstance(value, int | float) else len(value)
    return visit.language.number(number) if number else ""
