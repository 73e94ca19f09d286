"""The home page of each role: what its reader opens first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from commonweal.access.model import Permission, Role
from commonweal.access.queries import names
from commonweal.audit import queries as audit
from commonweal.contacts import doors
from commonweal.people import queries as people
from commonweal.people.spread import spreads
from commonweal.planning import queries as planning
from commonweal.privacy import queries as requests
from commonweal.scoring import queries as scoring
from commonweal.scoring.model import Kind
from commonweal.store.ledger import Connection
from commonweal.web.deeds import looks
from commonweal.web.guard import needs
from commonweal.web.matrix import SHORT, matrix
from commonweal.web.pages import mandate, price, today
from commonweal.web.pages.board import STRIP, composer
from commonweal.web.pages.doors import DOORS, note_looks, volunteers
from commonweal.web.pages.lists import loaded_lists
from commonweal.web.pages.models import models
from commonweal.web.pages.people import area_names, audit_a_look, list_names
from commonweal.web.pages.plan import by_area, by_channel, why_left_out
from commonweal.web.parts import Part, Parts, pushed
from commonweal.web.visit import Here, Html, Visit

_LOOKS = {
    *("look", "look_at_rows", "look_at_doors", "look_at_stopped", "look_in_hand", "look_at_pair"),
    *("plan.export", "search"),
}


@get("/", opt=needs(Permission.BE_HERE), sync_to_thread=True)
def home_page(visit: Here) -> Html:
    """The page that goes with the role."""
    role = visit.account.role
    with visit.transaction() as connection:
        live = {part.name: part.drawn(visit, connection) for part in live_parts(role)}
        context = _CONTEXT[role](visit, connection) | composer(visit, connection)
        return visit.page("home.html", live=live, **context)


@get("/live", opt=needs(Permission.BE_HERE))
async def home_live(visit: Here, parts: NamedDependency[Parts]) -> Stream:
    """What moves on the home page of the role."""
    return pushed(parts.stream(visit, live_parts(visit.account.role)))


def live_parts(role: Role) -> list[Part]:
    """The parts of a role's home page that change while one looks."""
    own = [DOORS] if role is Role.VOLUNTEER else today.BY_ROLE.get(role, [])
    return [*own, STRIP]


def _director(visit: Visit, connection: Connection) -> dict[str, Any]:
    lists = loaded_lists(connection)
    today.note_spared(visit, connection)
    return {
        "lists": lists,
        "rows_read": sum(each.rows_read for each in lists),
        "quarantined": sum(each.quarantined for each in lists),
        **_example(visit, connection),
        **_tonight(connection),
    }


def _example(visit: Visit, connection: Connection) -> dict[str, Any]:
    """Somebody found on many lists, as the last publish chose them: a look like any other."""
    overview = people.overview(connection)
    if overview is None or overview.example is None:
        return {"example": None, "overview": overview, "list_names": {}}
    person = people.person(connection, overview.example)
    audit_a_look(connection, visit, person)
    shown = matrix(person, SHORT, most=6, quiet=False)
    return {
        "example": shown,
        "on_lists": len({record.source for record in shown.columns}),
        "overview": overview,
        "list_names": list_names(connection),
    }


def _candidate(visit: Visit, connection: Connection) -> dict[str, Any]:
    vote = visit.campaign.next_round
    return {
        "days": (vote - visit.campaign.today).days if vote else None,
        "standing": spreads(connection),
        "off": _off(connection),
        **mandate.at_home(connection),
        **price.at_home(connection),
        **_tonight(connection),
    }


def _analyst(visit: Visit, connection: Connection) -> dict[str, Any]:
    return models(visit, connection)


def _off(connection: Connection) -> dict[str, float]:
    """By how many points each model was off, on average over groups of people."""
    run = scoring.last_run(connection)
    cards = scoring.cards(connection, run.run_id) if run else []
    return {
        each.kind.value: 100 * each.card["lesson"]["quality"]["calibration_error"]
        for each in cards
        if each.kind is not Kind.EFFECTS
    }


def _treasurer(visit: Visit, connection: Connection) -> dict[str, Any]:
    return _tonight(connection)


def _digital(visit: Visit, connection: Connection) -> dict[str, Any]:
    tonight = _tonight(connection)
    return tonight | {"options": [each for each in tonight["options"] if each.channel in {"email", "sms"}]}


def _organiser(visit: Visit, connection: Connection) -> dict[str, Any]:
    found = _doors(visit, connection)
    own = [area for area in found["areas"] if area.code in visit.account.areas]
    return found | {
        "areas": own,
        "doors": sum(area.contacts.get("door", 0) for area in own),
        "volunteers": volunteers(connection),
        "upto": today.days_to_take(visit, connection),
    }


def _doors(visit: Visit, connection: Connection) -> dict[str, Any]:
    """How many doors wait in each area: numbers only."""
    plan = planning.shown(connection)
    totals = planning.area_totals(connection, plan.plan_id) if plan else []
    areas = by_area(totals, area_names(connection), visit.gettext("No area known"))
    areas.sort(key=lambda area: (-area.contacts.get("door", 0), area.code))
    return {"plan": plan, "areas": areas, "doors": sum(area.contacts.get("door", 0) for area in areas)}


def _volunteer(visit: Visit, connection: Connection) -> dict[str, Any]:
    note_looks(visit, connection, doors.held(connection, visit.campaign, visit.account.account_id))
    return {}


def _privacy(visit: Visit, connection: Connection) -> dict[str, Any]:
    lists = loaded_lists(connection)
    groundless = [each for each in lists if not (each.source.purpose and each.source.legal_basis)]
    entries = [entry for entry in audit.recent(connection, limit=300) if entry.verb in _LOOKS]
    return {
        "waiting": requests.open_requests(connection),
        "today": visit.campaign.today,
        "lists": lists,
        "groundless": len(groundless),
        "looks": looks(visit, entries, names(connection))[:10],
    }


def _tonight(connection: Connection) -> dict[str, Any]:
    """The plan that people work by in short, and a draft that was made since; nothing where there is none."""
    plan, newest = planning.shown(connection), planning.latest(connection)
    if plan is None:
        return {"plan": None, "draft": None, "options": [], "channels": [], "left_out": []}
    options = planning.option_totals(connection, plan.plan_id)
    return {
        "plan": plan,
        "draft": newest if newest != plan else None,
        "options": options,
        "channels": by_channel(options),
        "left_out": why_left_out(planning.left_out(connection, plan.plan_id)),
    }


_CONTEXT: dict[Role, Callable[[Visit, Connection], dict[str, Any]]] = {
    Role.DIRECTOR: _director,
    Role.CANDIDATE: _candidate,
    Role.ANALYST: _analyst,
    Role.TREASURER: _treasurer,
    Role.DIGITAL: _digital,
    Role.ORGANISER: _organiser,
    Role.VOLUNTEER: _volunteer,
    Role.PRIVACY: _privacy,
}

ROUTES: list[HTTPRouteHandler] = [home_page, home_live]
