"""What happens today, as the home pages show it live: contacts, money, what one hand stopped, the areas."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from math import sqrt
from typing import Any
from zoneinfo import ZoneInfo

from commonweal.access.model import Account, Permission, Role
from commonweal.audit.actions import record
from commonweal.audit.queries import is_noted
from commonweal.contacts import due, tally
from commonweal.contacts import queries as contacts
from commonweal.contacts.lists import AHEAD
from commonweal.contacts.model import Channel, Refusal, Stopped
from commonweal.contacts.topics import CLAIMS
from commonweal.people import queries as people
from commonweal.planning import queries as planning
from commonweal.store.ledger import Connection
from commonweal.web import refusals
from commonweal.web.pages.people import area_names
from commonweal.web.parts import Part, by_account
from commonweal.web.visit import Visit

_AREAS_SHOWN = 8
_RULES_SHOWN = 6
_WORKED = {Role.ORGANISER: AHEAD, Role.DIGITAL: frozenset(Channel) - AHEAD}
_WIDE = 1.96  # standard errors: 19 times out of 20


@dataclass(frozen=True)
class Stop:
    """How many contacts a rule stopped through a channel."""

    channel: Channel
    rule: str
    persons: int


@dataclass(frozen=True)
class Example:
    """One whom a rule spared a contact, with why in words; for who may see people."""

    person: int
    name: str
    channel: Channel
    why: str


def likely(share_of: int, total: int) -> tuple[float, float]:
    """Between what shares the true one lies, 19 times out of 20 (Wilson's interval): 3 of 4 is 0.30 to 0.95."""
    if not total:
        return 0.0, 1.0
    square = _WIDE * _WIDE
    middle = (share_of + square / 2) / (total + square)
    reach = _WIDE * sqrt(share_of * (total - share_of) / total + square / 4) / (total + square)
    return middle - reach, middle + reach


def _own(account: Account) -> Sequence[str] | None:
    """The areas that an organiser's numbers are of; those of the others are of everywhere."""
    return list(account.areas) if account.role is Role.ORGANISER else None


def _topics(account: Account) -> Collection[str]:
    areas = _own(account)
    return [tally.TOPIC] if areas is None else [tally.area_topic(area) for area in areas]


def _today(visit: Visit, connection: Connection) -> dict[str, Any]:
    found = tally.of_day(connection, visit.campaign.today, _own(visit.account))
    return {"channels": found, "likely": likely, "own": _own(visit.account) is not None}


def _due(visit: Visit, connection: Connection) -> dict[str, Any]:
    """What the plan means for today, of the channels that the reader works with; nothing where it has no days."""
    own = _WORKED.get(visit.account.role, frozenset(Channel))
    found = due.agenda(connection, visit.campaign.today, _own(visit.account))
    agenda = [each for each in found if each.channel in own]
    return {
        "agenda": agenda,
        "open": sum(each.today.open for each in agenda),
        "overdue": sum(each.overdue for each in agenda),
        "spared": sum(each.spared for each in agenda),
    }


def days_to_take(visit: Visit, connection: Connection) -> dict[str, list[tuple[date, int]]]:
    """By channel that may be taken ahead: up to which days, with how many contacts; none where the plan has no days."""
    found = due.agenda(connection, visit.campaign.today, _own(visit.account))
    return {each.channel.value: each.upto for each in found if each.channel in AHEAD}


def _areas(visit: Visit, connection: Connection) -> dict[str, Any]:
    found = tally.of_areas(connection, visit.campaign.today, _own(visit.account))
    return {
        "areas": found[:_AREAS_SHOWN],
        "more": len(found[_AREAS_SHOWN:]),
        "area_names": area_names(connection) if found else {},
    }


def _money(visit: Visit, connection: Connection) -> dict[str, Any]:
    plan = planning.shown(connection)
    rows = contacts.money(connection)
    spent = sum(row.spent for row in rows)
    return {
        "rows": [row for row in rows if row.live or row.done],
        "committed": sum(row.committed for row in rows),
        "spent": spent,
        "since": spent - plan.spent_before if plan else 0,
        "plan": plan,
        "live": sum(row.live for row in rows),
        "done": sum(row.done for row in rows),
        "budget": plan.budget if plan else None,
        "currency": plan.currency if plan else visit.campaign.settings.currency,
    }


def _stopped(visit: Visit, connection: Connection) -> dict[str, Any]:
    """What each rule stopped today, the most first, and somebody whom it spared."""
    found = contacts.stopped(connection, visit.campaign.today)
    stops = [
        Stop(channel, refusals.in_short(visit.campaign, each.code, visit.language), each.persons)
        for channel, each in found
    ]
    return {
        "stops": stops[:_RULES_SHOWN],
        "persons": sum(each.persons for each in stops),
        "most": max((each.persons for each in stops), default=0),
        "example": _example(visit, connection, found),
    }


def _example(
    visit: Visit, connection: Connection, found: Sequence[tuple[Channel, Stopped]]
) -> Example | None:
    if not visit.may(Permission.SEE_PEOPLE):
        return None
    spared = [(channel, each.code, *example) for channel, each in found for example in each.examples]
    names = people.names(connection, {person for _, _, person, _ in spared})
    for channel, code, person, params in spared:
        if person in names:
            why = refusals.worded(visit.campaign, Refusal(code, params), visit.language)
            return Example(person, names[person], channel, why)
    return None


def note_spared(visit: Visit, connection: Connection) -> None:
    """Note whom a page that is loaded names as an example."""
    _note_example(visit, connection, _stopped(visit, connection))


def _note_example(visit: Visit, connection: Connection, context: dict[str, Any]) -> None:
    """Once a day: it is drawn again with each contact."""
    example: Example | None = context["example"]
    if example is None:
        return
    zone = ZoneInfo(visit.campaign.settings.timezone)
    midnight = datetime.combine(visit.campaign.today, time(), zone)
    if not is_noted(connection, visit.actor, "look_at_stopped", [example.person], midnight):
        record(connection, visit.campaign, "look_at_stopped", persons=[example.person], actor=visit.actor)


DUE = Part("due", "due.html", _due, lambda _: [due.TOPIC])
TODAY = Part("today", "today.html", _today, _topics)
AREAS = Part("areas", "today_areas.html", _areas, _topics)
MONEY = Part("money", "today_money.html", _money, lambda _: [CLAIMS])
STOPS = Part("stops", "stopped_count.html", _stopped, lambda _: [CLAIMS])
STOPPED = Part("stopped", "today_stopped.html", _stopped, lambda _: [CLAIMS], by_account, _note_example)

BY_ROLE: dict[Role, list[Part]] = {
    Role.DIRECTOR: [STOPS, DUE, STOPPED, TODAY, MONEY, AREAS],
    Role.CANDIDATE: [TODAY, MONEY, STOPPED, AREAS],
    Role.TREASURER: [MONEY, TODAY],
    Role.ORGANISER: [DUE, TODAY, AREAS],
    Role.DIGITAL: [DUE, TODAY, STOPPED],
}
