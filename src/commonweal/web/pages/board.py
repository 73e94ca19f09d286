"""The board: what people agreed to do; written in one line from any live page, followed to its end."""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Stream

from commonweal.access.model import Account, Permission, Role
from commonweal.access.queries import names
from commonweal.board import actions, queries, rules
from commonweal.board.errors import NoSuchAction
from commonweal.board.model import About, Action, Event, Link, State
from commonweal.errors import _
from commonweal.people import queries as people
from commonweal.planning import queries as planning
from commonweal.store.ledger import Connection
from commonweal.web.forms import several
from commonweal.web.guard import needs
from commonweal.web.language import read_day
from commonweal.web.pages.entry import local
from commonweal.web.parts import Part, Parts, by_account, pushed
from commonweal.web.reasons import option_name
from commonweal.web.visit import Here, Html, Visit

_ON_A_STRIP = 5


@dataclass
class NewAction:
    """One line: what, who, by when, about what ("area:0113"); `back` is the page that it was written on."""

    what: str
    key: str
    owner: int
    due: str = ""
    about: str = ""
    back: str = "/board"


@dataclass
class Change:
    """An action as it is to be; `version` is the one that was shown."""

    what: str
    key: str
    version: int
    owners: list[int] | int | None = None
    due: str = ""


@dataclass
class Step:
    """A step of an action, with the line on what came of it where it ends."""

    to: State
    key: str
    version: int
    outcome: str = ""


@dataclass
class Comment:
    """What somebody says about an action."""

    text: str
    key: str


@dataclass(frozen=True)
class Shown:
    """An action as a page tells it: `about` is the words for its link and `href` their address, where it has one."""

    action: Action
    token: str
    who: str
    when: str
    overdue: bool
    about: str
    href: str


@get("/board", opt=needs(Permission.USE_BOARD), sync_to_thread=True)
def board_page(visit: Here) -> Html:
    """All actions that concern the reader; `?about=person:…` begins one about that."""
    about = visit.request.query_params.get("about", "")
    with visit.read() as connection:
        return visit.page(
            "board.html", board=BOARD.drawn(visit, connection), **composer(visit, connection, about, "/board")
        )


@get("/board/live", opt=needs(Permission.USE_BOARD))
async def board_live(visit: Here, parts: NamedDependency[Parts]) -> Stream:
    """The board, again whenever an action is written or changed."""
    return pushed(parts.stream(visit, [BOARD]))


@post("/board/write", opt=needs(Permission.USE_BOARD), sync_to_thread=True)
def write(visit: Here, data: URLEncodedBody[NewAction]) -> Response[Any]:
    """Write an action; by htmx the answer is an empty line for the next one."""
    link = _link(visit, data.about)
    action_id = actions.write(
        visit.campaign,
        visit.account,
        data.what,
        [data.owner],
        key=data.key,
        due=read_day(data.due),
        link=link,
    )
    if not visit.by_htmx:
        return visit.go(local(data.back))
    token = visit.link("action", action_id)
    with visit.read() as connection:
        context = composer(visit, connection, data.about, local(data.back), written=token)
    return visit.page("write_action.html", **context)


@get("/board/{token:str}", opt=needs(Permission.USE_BOARD), sync_to_thread=True)
def action_page(visit: Here, token: FromPath[str]) -> Html:
    """One action with all that happened to it."""
    part = _one(visit.id_of("action", token))
    with visit.read() as connection:
        try:
            context = part.context(visit, connection)
        except NoSuchAction as error:
            raise NotFoundException from error
        return visit.page(
            "action.html",
            part=part.drawn(visit, connection),
            token=token,
            key=secrets.token_urlsafe(12),
            action=context["action"],
            asked=_amendable(visit, connection, context["action"]),
        )


@get("/board/{token:str}/live", opt=needs(Permission.USE_BOARD))
async def action_live(visit: Here, parts: NamedDependency[Parts], token: FromPath[str]) -> Stream:
    """One action, again whenever it changes."""
    return pushed(parts.stream(visit, [_one(visit.id_of("action", token))]))


@post("/board/{token:str}/comment", opt=needs(Permission.USE_BOARD), sync_to_thread=True)
def comment(visit: Here, token: FromPath[str], data: URLEncodedBody[Comment]) -> Response[Any]:
    """Say something about an action."""
    actions.comment(visit.campaign, visit.account, visit.id_of("action", token), data.text, key=data.key)
    return visit.go(f"/board/{token}")


@post("/board/{token:str}/amend", opt=needs(Permission.USE_BOARD), sync_to_thread=True)
def amend(visit: Here, token: FromPath[str], data: URLEncodedBody[Change]) -> Response[Any]:
    """Change what, who or by when."""
    actions.amend(
        visit.campaign,
        visit.account,
        visit.id_of("action", token),
        data.version,
        what=data.what,
        owners=several(data.owners),
        due=read_day(data.due),
        key=data.key,
    )
    return visit.go(f"/board/{token}")


@post("/board/{token:str}/move", opt=needs(Permission.USE_BOARD), sync_to_thread=True)
def move(visit: Here, token: FromPath[str], data: URLEncodedBody[Step]) -> Response[Any]:
    """Begin, end or open again."""
    actions.move(
        visit.campaign,
        visit.account,
        visit.id_of("action", token),
        data.version,
        data.to,
        outcome=data.outcome,
        key=data.key,
    )
    return visit.go(f"/board/{token}")


def composer(
    visit: Visit, connection: Connection, about: str = "", back: str = "/", *, written: str = ""
) -> dict[str, Any]:
    """What the line to write an action needs: who can be asked, what it can be about."""
    asked = [
        each for each in queries.accounts(connection).values() if rules.may_be_asked(visit.account, each)
    ]
    choices = _subjects(visit, connection)
    link = _link(visit, about)
    if link is not None and about not in dict(choices):
        choices.insert(0, (about, _named(visit, connection, link)[0]))
    return {
        "asked": asked,
        "subjects": choices,
        "about": about,
        "back": back,
        "key": secrets.token_urlsafe(12),
        "written": written,
    }


def _subjects(visit: Visit, connection: Connection) -> list[tuple[str, str]]:
    """What an action may be about: the plan for whoever sees it, an organiser's areas, for leaders all areas."""
    found = []
    plan = planning.shown(connection) if visit.may(Permission.SEE_PLAN) else None
    if plan:
        found.append((f"plan:{visit.link('plan', plan.plan_id)}", _plan_name(visit, plan.name)))
        options = planning.option_totals(connection, plan.plan_id)
        found += [(f"option:{each.option}", option_name(each, visit.language)) for each in options]
    if visit.account.role in {Role.DIRECTOR, Role.CANDIDATE, Role.ORGANISER}:
        own = visit.account.areas if visit.account.role is Role.ORGANISER else None
        areas = [area for area in people.areas(connection) if own is None or area.area_code in own]
        found += [(f"area:{area.area_code}", f"{area.name} ({area.area_code})") for area in areas]
    return found


def _plan_name(visit: Visit, name: str) -> str:
    return visit.gettext("The plan “%(name)s”") % {"name": name}


def _link(visit: Visit, about: str) -> Link | None:
    """What a form's "person:TOKEN" or "area:CODE" stands for. Raises NotFoundException."""
    if not about:
        return None
    kind, _colon, value = about.partition(":")
    if kind not in {each.value for each in About} or not value:
        raise NotFoundException
    if kind in {About.PERSON, About.PLAN}:
        return Link(About(kind), id=visit.id_of(kind, value))
    return Link(About(kind), code=value)


def _named(visit: Visit, connection: Connection, link: Link) -> tuple[str, str]:
    """The words for what an action is about, and its address where the reader may go there."""
    if link.about is About.PERSON:
        assert (
            link.id is not None
        )  # their name would be a look at them, which leaves its audit row on their page
        href = f"/people/{visit.link('person', link.id)}" if visit.may(Permission.SEE_PEOPLE) else ""
        return visit.gettext("a person"), href
    if link.about is About.PLAN:
        assert link.id is not None
        plan = planning.plan(connection, link.id)
        href = f"/plan/{visit.link('plan', link.id)}" if visit.may(Permission.SEE_PLAN) else ""
        return _plan_name(visit, plan.name if plan else str(link.id)), href
    assert link.code is not None
    if link.about is About.AREA:
        return next((a.name for a in people.areas(connection) if a.area_code == link.code), link.code), ""
    plan = planning.shown(connection)
    options = planning.option_totals(connection, plan.plan_id) if plan else []
    return next((option_name(o, visit.language) for o in options if o.option == link.code), link.code), ""


_TODAY, _TOMORROW = _("today"), _("tomorrow")
_BY, _SINCE = _("by {day}"), _("since {day}")


def _when(visit: Visit, action: Action) -> str:
    today = visit.campaign.today
    if action.due is None or action.state.ended:
        return ""
    days = (action.due - today).days
    if days in {0, 1}:
        return visit.gettext(_TOMORROW if days else _TODAY)
    return visit.gettext(_SINCE if days < 0 else _BY).format(day=visit.language.day(action.due, "medium"))


def shown(visit: Visit, connection: Connection, found: Sequence[Action]) -> list[Shown]:
    """Actions as a page tells them."""
    known = names(connection)
    links = {action.link for action in found if action.link}
    named = {link: _named(visit, connection, link) for link in links}
    listed = []
    for action in found:
        about, href = named[action.link] if action.link else ("", "")
        listed.append(
            Shown(
                action,
                visit.link("action", action.action_id),
                visit.language.listing([known[f"account:{owner}"] for owner in action.owners]),
                _when(visit, action),
                action.overdue(visit.campaign.today),
                about,
                href,
            )
        )
    return listed


def _board(visit: Visit, connection: Connection) -> dict[str, Any]:
    today = visit.campaign.today
    found = sorted(queries.open_actions(connection), key=partial(rules.urgency, today=today))
    listed = shown(visit, connection, found)
    return {
        "overdue": [each for each in listed if each.overdue],
        "open": [each for each in listed if not each.overdue],
        "ended": shown(visit, connection, queries.ended(connection)),
    }


def _strip(visit: Visit, connection: Connection) -> dict[str, Any]:
    found = sorted(queries.open_actions(connection), key=partial(rules.urgency, today=visit.campaign.today))
    return {"first": shown(visit, connection, found[:_ON_A_STRIP]), "more": len(found[_ON_A_STRIP:])}


def _sight(account: Account) -> Hashable:
    """Who leads sees everything; of the others each sees what concerns them."""
    return account.role if account.role in rules.SEES_ALL else account.account_id


def _one(action_id: int) -> Part:
    """The part that shows one action."""

    def context(visit: Visit, connection: Connection) -> dict[str, Any]:
        action = queries.action(connection, action_id)
        return {
            "shown": shown(visit, connection, [action])[0],
            "action": action,
            "events": _told(visit, queries.events(connection, action_id), names(connection)),
            "may_change": rules.may_change(visit.account, action),
            "steps": [state for state in State if state in rules.steps(action.state)],
            "step_key": f"{action_id}.{action.version}",
        }

    return Part(f"action-{action_id}", "action_part.html", context, lambda _: [actions.TOPIC], by_account)


def _told(visit: Visit, found: Sequence[Event], known: dict[str, str]) -> list[dict[str, Any]]:
    """Events as a page tells them: an amendment with what was before."""
    listed = []
    for event in found:
        before = dict(event.detail)
        if "owners" in before:
            before["owners"] = visit.language.listing([known[f"account:{each}"] for each in before["owners"]])
        if before.get("due"):
            before["due"] = visit.language.day(date.fromisoformat(before["due"]), "medium")
        listed.append({"event": event, "who": known[f"account:{event.by}"], "before": before})
    return listed


def _amendable(visit: Visit, connection: Connection, action: Action) -> list[Account]:
    """Who may be made to do an action; nobody where the reader may not change it."""
    if not rules.may_change(visit.account, action):
        return []
    known = queries.accounts(connection).values()
    return [
        each for each in known if each.account_id in action.owners or rules.may_be_asked(visit.account, each)
    ]


BOARD = Part("board", "board_list.html", _board, lambda _: [actions.TOPIC], _sight)
STRIP = Part("strip", "board_strip.html", _strip, lambda _: [actions.TOPIC], _sight)

ROUTES: list[HTTPRouteHandler] = [
    board_page,
    board_live,
    write,
    action_page,
    action_live,
    comment,
    amend,
    move,
]
