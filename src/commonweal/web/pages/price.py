"""The price of governing big: what few messages would keep of the votes, and the rule that a candidate makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import URLEncodedBody
from litestar.response import Stream

from commonweal.access.model import Permission
from commonweal.access.queries import names
from commonweal.errors import _
from commonweal.jobs import queries as runs
from commonweal.jobs.model import Run, RunStatus
from commonweal.mandate.model import Bill
from commonweal.planning import queries as plans
from commonweal.planning.price import COMMAND, Point, Price, Rule, actions, promised, queries
from commonweal.planning.price.errors import CurveOutdated
from commonweal.planning.totals import MadePlan
from commonweal.store.ledger import Connection
from commonweal.web import curve, words
from commonweal.web.guard import needs
from commonweal.web.pages.runs import begin, end
from commonweal.web.parts import Part, Parts, pushed
from commonweal.web.visit import Here, Html, Visit

_SEE, _DECIDE = needs(Permission.SEE_MANDATE), needs(Permission.SET_PLAN_RULE)
_HERE = "/mandate/price"


@dataclass
class Choice:
    """A point that somebody chose: its place in a curve ("number:2", "share:0") of the run (its token) that computed it."""

    run: str
    point: str


@dataclass(frozen=True)
class InForce:
    """What the plan in force says: its messages, as far as they are known what they promise, and what that costs."""

    plan: MadePlan
    messages: tuple[str, ...]
    promises: int
    bill: Bill


@get(_HERE, opt=_SEE, sync_to_thread=True)
def price_page(visit: Here) -> Html:
    """The curves as they were computed last, beside the plan and the rule in force."""
    with visit.read() as connection:
        done = runs.last(connection, COMMAND, RunStatus.DONE)
        newest = runs.last(connection, COMMAND)
        context = _curves(visit, connection, done) if done else {"found": None}
        return visit.page(
            "price.html",
            **context,
            under_way=runs.under_way(connection, COMMAND) is not None,
            run_part=RUN.drawn(visit, connection),
            failed=newest if newest and newest.status is RunStatus.FAILED else None,
            rule=queries.in_force(connection),
            actors=names(connection),
        )


@get(f"{_HERE}/live", opt=_SEE)
async def price_live(visit: Here, parts: NamedDependency[Parts]) -> Stream:
    """How far the computing is."""
    return pushed(parts.stream(visit, [RUN]))


@post(f"{_HERE}/compute", opt=_DECIDE, sync_to_thread=True)
def compute(visit: Here) -> Response[Any]:
    """Compute the curves anew: a run is queued, unless one waits or runs already."""
    begin(visit, COMMAND, dict)
    return visit.go(_HERE)


@post(f"{_HERE}/stop", opt=_DECIDE, sync_to_thread=True)
def stop(visit: Here) -> Response[Any]:
    """Ask the run that is under way to stop."""
    with visit.read() as connection:
        run = runs.under_way(connection, COMMAND)
    if run is not None:
        end(visit, run.run_id)
    return visit.go(_HERE)


@post(f"{_HERE}/choose", opt=_DECIDE, sync_to_thread=True)
def choose(visit: Here, data: URLEncodedBody[Choice]) -> Response[Any]:
    """Make a point the rule of the plans to come."""
    with visit.read() as connection:
        done = runs.last(connection, COMMAND, RunStatus.DONE)
    if done is None or done.run_id != visit.id_of("run", data.run):
        raise CurveOutdated
    actions.choose(visit.campaign, visit.account, _point(msgspec.convert(done.result, Price), data.point))
    return visit.go(_HERE)


@post(f"{_HERE}/back", opt=_DECIDE, sync_to_thread=True)
def take_back(visit: Here) -> Response[Any]:
    """Take the rule back."""
    actions.take_back(visit.campaign, visit.account)
    return visit.go(_HERE)


def _point(found: Price, place: str) -> Point:
    kind, _colon, number = place.partition(":")
    points = {"number": found.by_number, "share": found.by_narrowness}.get(kind, ())
    if not number.isdecimal() or int(number) >= len(points):
        raise NotFoundException
    return points[int(number)]


def at_home(connection: Connection) -> dict[str, Any]:
    """What the candidate's home page tells: the curves as they were computed last, the point that the page begins with, and the rule
    in force; None where there are none."""
    done = runs.last(connection, COMMAND, RunStatus.DONE)
    found = msgspec.convert(done.result, Price) if done else None
    return {
        "price": found,
        "price_point": found.fewest() if found else None,
        "plan_rule": queries.in_force(connection),
    }


def _curves(visit: Visit, connection: Connection, done: Run) -> dict[str, Any]:
    found = msgspec.convert(done.result, Price)
    few, rule, force = found.fewest(), queries.in_force(connection), _in_force(connection, found)
    ruled = next((each for each in (*found.by_number, *found.by_narrowness) if _is(rule, each)), None)
    shown = None
    if force and force.plan.budget == found.budget and force.plan.goal == found.goal:
        shown = _place(found.by_number, len(force.messages)), force.plan.votes
    return {
        "found": found,
        "run": done,
        "few": few,
        "ruled": ruled,
        "force": force,
        "numbered": curve.curve(_drawn(visit, found.by_number, few, ruled), shown),
        "shared": curve.curve(_drawn(visit, found.by_narrowness, few, ruled)),
    }


def _drawn(visit: Visit, points: Sequence[Point], few: Point, ruled: Point | None) -> list[curve.Given]:
    """The points as they are drawn: what is kept stands above those where it has changed."""
    given, before = list[curve.Given](), ""
    for point in points:
        kept = visit.language.percent(point.kept.value)
        whole = point.kept.value < 1 and kept == visit.language.percent(1)
        above = "" if (kept == before or whole) and point is not few else kept
        before = kept
        given.append(_given(visit, point, above, point is few, point is ruled))
    return given


def _place(points: Sequence[Point], messages: int) -> int:
    """The point of so many messages, or the next with more."""
    return next((at for at, each in enumerate(points) if (each.most or 0) >= messages), len(points) - 1)


def _is(rule: Rule | None, point: Point) -> bool:
    if rule is None:
        return False
    if rule.messages is None:
        return point.at_most == rule.narrow
    return point.most is not None and set(point.messages) == set(rule.messages)


def _given(visit: Visit, point: Point, above: str, marked: bool, ruled: bool) -> curve.Given:
    language, off = visit.language, point.lost.high - point.lost.value
    votes = point.votes.value
    told = visit.gettext(_("{votes} votes, {share} of all: {messages}")).format(
        votes=language.number(votes),
        share=language.percent(point.kept.value, 1),
        messages=language.listing([words.word("message", each, visit.gettext) for each in point.messages]),
    )
    tick = language.number(point.most) if point.most else language.percent(point.at_most or 0)
    return curve.Given(tick, votes, votes - off, votes + off, above, told, marked, ruled)


def _in_force(connection: Connection, found: Price) -> InForce | None:
    plan = plans.in_force(connection)
    if plan is None:
        return None
    options = plans.option_totals(connection, plan.plan_id)
    messages = tuple(dict.fromkeys(each.message for each in options if each.contacts))
    known = promised.standing(connection)
    told = {each for message in found.messages if message.name in messages for each in message.promises}
    return InForce(plan, messages, len(told & set(known)), promised.bill(told & set(known), known))


def _run(visit: Visit, connection: Connection) -> dict[str, Any]:
    return {"open_run": runs.under_way(connection, COMMAND)}


RUN = Part("price", "price_run.html", _run, lambda _: ["runs"])

ROUTES: list[HTTPRouteHandler] = [price_page, price_live, compute, stop, choose, take_back]
