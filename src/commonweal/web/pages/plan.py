"""The plan: what is done, where, for how much, and whom it leaves out; approval; the lists to work from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, URLEncodedBody

from commonweal.access.model import Permission
from commonweal.access.queries import names
from commonweal.errors import CommonwealError, _
from commonweal.people import queries as people
from commonweal.people.publishing import COMMAND as PUBLISH
from commonweal.planning import actions, queries
from commonweal.planning.errors import BadEnd, BudgetTooSmall
from commonweal.planning.options import allowed, read_options
from commonweal.planning.price import queries as price
from commonweal.planning.terms import MONEY, changed, evening_of, read_terms
from commonweal.planning.totals import AreaTotal, LeftOut, MadePlan, OptionTotal
from commonweal.store.ledger import Connection
from commonweal.web import choropleth, words
from commonweal.web.days import by_day, strips
from commonweal.web.guard import needs
from commonweal.web.language import read_number
from commonweal.web.limits import Told, hours_told, most_told, told
from commonweal.web.pages.people import area_names
from commonweal.web.pages.runs import MOST_MONEY, begin, begin_behind
from commonweal.web.pages.today import days_to_take
from commonweal.web.visit import Here, Html, Visit

_POINTS = 100.0  # that a form writes for a share of 1


@dataclass
class Area:
    """What a plan does in one area: contacts by channel, cost in minor units, votes."""

    code: str
    name: str
    contacts: dict[str, int] = field(default_factory=dict)
    cost: int = 0
    votes: float = 0.0

    @property
    def all_contacts(self) -> int:
        """Over all channels."""
        return sum(self.contacts.values())


@get("/plan", opt=needs(Permission.SEE_PLAN), sync_to_thread=True)
def newest_page(visit: Here) -> Html:
    """The plan made last, for who makes plans; for all others the one that they work by."""
    choose = queries.latest if visit.may(Permission.START_RUNS) else queries.shown
    with visit.read() as connection:
        return _page(visit, connection, choose(connection))


@get("/plan/{token:str}", opt=needs(Permission.SEE_PLAN), sync_to_thread=True)
def plan_page(visit: Here, token: FromPath[str]) -> Html:
    """Any plan."""
    with visit.read() as connection:
        plan = queries.plan(connection, visit.id_of("plan", token))
        if plan is None:
            raise NotFoundException
        return _page(visit, connection, plan)


@get("/plan/{token:str}/areas.json", opt=needs(Permission.SEE_PLAN), sync_to_thread=True)
def areas_of_the_map(visit: Here, token: FromPath[str]) -> Response[Any]:
    """The areas' outlines as GeoJSON, each with what the plan does there, and the same in words."""
    plan_id = visit.id_of("plan", token)
    with visit.read() as connection:
        outlines = people.area_outlines(connection)
        totals = {area.code: area for area in by_area(queries.area_totals(connection, plan_id), {}, "")}
    for feature in outlines["features"]:
        properties = feature["properties"]
        area = totals.get(properties["code"], Area(properties["code"], properties["name"]))
        feature["properties"] = {
            "code": properties["code"],
            "contacts": area.all_contacts,
            "votes": round(area.votes, 2),
            "told": _told(visit, properties["name"], area),
        }
    return Response(outlines, media_type="application/geo+json")


@dataclass
class Change:
    """A limit of a plan, as `limits.Told.key` names it, and its new end, as somebody writes it."""

    limit: str
    value: str


@post("/plan/{token:str}/change", opt=needs(Permission.START_RUNS), sync_to_thread=True)
def change(visit: Here, token: FromPath[str], data: URLEncodedBody[Change]) -> Response[Any]:
    """Make this plan again with one limit changed, as a new draft; the run is followed on the page of runs. What the limit can't be
    is told beside it.
    """
    plan_id = visit.id_of("plan", token)
    with visit.read() as connection:
        plan = queries.plan(connection, plan_id)
        limits = queries.limit_totals(connection, plan_id)
    if plan is None:
        raise NotFoundException
    share = any(each.name == data.limit and each.unit == "share" for each in limits)
    value = _number(data.value, share=share)
    try:
        _check(visit, plan, data, value)
    except CommonwealError as error:
        with visit.read() as connection:
            return _page(visit, connection, plan, Refused(data.limit, data.value, error))
    begin(visit, "plan", partial(_changed, visit, plan, data.limit, value))
    return visit.go("/runs")


def _number(text: str, *, share: bool) -> float:
    """The value of a field; NaN for what is no number, or one that no limit has."""
    value = read_number(text.removesuffix("%") if share else text)
    if value is None or not value < MOST_MONEY:
        return math.nan
    return value / _POINTS if share else value


def _check(visit: Visit, plan: MadePlan, data: Change, value: float) -> None:
    """Raises what planning would: BudgetTooSmall, BadEnd, NoSuchLimit, and what reading options.toml and plan.toml raises."""
    if data.limit == MONEY:
        if not value > 0:
            raise BudgetTooSmall(budget=data.value.strip() or "–")
        return
    folder = visit.campaign.folder
    options = allowed(read_options(folder), leave_out=tuple(plan.without))
    changed(options, read_terms(folder), {**plan.changes, data.limit: value})


def _changed(visit: Visit, plan: MadePlan, limit: str, value: float) -> dict[str, Any]:
    """What the run is to be told: the plan's own terms but one."""
    budget, changes = plan.budget / visit.campaign.settings.minor_units, dict(plan.changes)
    if limit == MONEY:
        budget = value
    else:
        changes[limit] = value
    return {"budget": budget, "changes": changes, "without": list(plan.without), "basis": plan.plan_id}


@post("/plan/{token:str}/approve", opt=needs(Permission.APPROVE_PLAN), sync_to_thread=True)
def approve(visit: Here, token: FromPath[str]) -> Response[Any]:
    """Put a plan in force, and by a run into the serving copy, from which it is handed out."""
    plan_id = visit.id_of("plan", token)
    actions.approve(visit.campaign, plan_id, actor=visit.actor, also=partial(begin_behind, visit, PUBLISH))
    return visit.go("/plan")


def _told(visit: Visit, name: str, area: Area) -> str:
    lines, colon = [name], visit.gettext(_(": "))
    for channel, contacts in sorted(area.contacts.items()):
        lines.append(words.word("channel", channel, visit.gettext) + colon + visit.language.number(contacts))
    if area.contacts:
        lines.append(visit.gettext("Votes gained") + colon + visit.language.gain(area.votes))
    else:
        lines.append(visit.gettext("Nothing is done here."))
    return "\n".join(lines)


def _measures(visit: Visit, areas: Sequence[Area]) -> list[Measure]:
    """What the map can show, each with its classes and their words."""
    gettext, number = visit.gettext, visit.language.number
    more = gettext("{low} or more")
    found = []
    for name, label, unit, values in (
        (
            "contacts",
            gettext("Contacts"),
            gettext("contacts in each area"),
            [float(a.all_contacts) for a in areas],
        ),
        (
            "votes",
            gettext("Votes gained"),
            gettext("votes gained in each area"),
            [round(a.votes, 2) for a in areas],
        ),
    ):
        edges = choropleth.breaks(values)
        whole = all(edge == int(edge) for edge in edges)
        written = partial(number, digits=0 if whole else 1 if edges[-1] >= 1 else 2)
        found.append(
            Measure(name, label, unit, edges, choropleth.steps(edges, written, gettext("none"), more))
        )
    return found


@dataclass(frozen=True)
class Refused:
    """A limit's new end as it was written, and why it can't be that."""

    key: str
    value: str
    error: CommonwealError

    def beside(self, rows: Sequence[Told], visit: Visit) -> str:
        """Why, in words of the page: with the limit's name and the value as they stand there."""
        row = next((row for row in rows if row.key == self.key), None)
        error = self.error
        if row and isinstance(error, BadEnd):
            unit = row.unit if row.unit not in self.value else ""
            error = type(error)(**error.parameters | {"name": row.name, "value": self.value + unit})
        return error.worded(visit.gettext)


def _page(
    visit: Visit, connection: Connection, plan: MadePlan | None, refused: Refused | None = None
) -> Html:
    if plan is None:
        return visit.page("plan.html", plan=None)
    totals = queries.area_totals(connection, plan.plan_id)
    options = queries.option_totals(connection, plan.plan_id)
    called = area_names(connection)
    areas = by_area(totals, called, visit.gettext("No area known"))
    basis = queries.plan(connection, plan.basis) if plan.basis else None
    before = basis.plan_id if basis else plan.plan_id
    by_channel_and_day = queries.day_totals(connection, plan.plan_id)
    limits = [
        *told(
            queries.limit_totals(connection, plan.plan_id),
            queries.limit_totals(connection, before),
            options,
            visit.language,
            plan.currency,
        ),
        most_told(plan.most, basis.most if basis else plan.most, visit.language),
    ]
    hours = hours_told(
        queries.door_hours(connection, plan.plan_id),
        queries.door_hours(connection, before),
        called,
        evening_of(visit.campaign.folder),
        visit.language,
    )
    return visit.page(
        "plan.html",
        status=422 if refused else 200,
        plan=plan,
        token=visit.link("plan", plan.plan_id),
        actors=names(connection),
        rule=price.in_force(connection),
        options=options,
        limits=limits,
        hours=hours,
        refused=refused,
        why_refused=refused.beside([*limits, *hours], visit) if refused else "",
        basis=basis,
        strips=strips(plan, by_channel_and_day),
        days=by_day(by_channel_and_day),
        files=[channel.name for channel in by_channel(options)] if plan.status == "approved" else [],
        upto=days_to_take(visit, connection) if plan.status == "approved" else {},
        closed=", ".join(words.word("channel", channel, visit.gettext) for channel in plan.closed),
        left_out=why_left_out(queries.left_out(connection, plan.plan_id)),
        areas=areas,
        channels=sorted({total.channel for total in totals}),
        plans=queries.plans(connection),
        has_map=bool(called),
        measures=_measures(visit, areas),
    )


@dataclass(frozen=True)
class Measure:
    """What the map shows: where its colours change, and the legend."""

    name: str
    label: str
    unit: str
    breaks: list[float]
    steps: list[choropleth.Step]


@dataclass(frozen=True)
class ByChannel:
    """What a plan does through one channel, whatever the message."""

    name: str
    contacts: int
    cost: int
    votes: float


def by_channel(options: Sequence[OptionTotal]) -> list[ByChannel]:
    """One entry a channel that is used, the one with most contacts first."""
    found = []
    for name in {option.channel for option in options if option.contacts}:
        own = [option for option in options if option.channel == name]
        contacts, cost, votes = (sum(getattr(o, what) for o in own) for what in ("contacts", "cost", "votes"))
        found.append(ByChannel(name, contacts, cost, votes))
    return sorted(found, key=lambda channel: (-channel.contacts, channel.name))


def why_left_out(rows: Sequence[LeftOut]) -> list[LeftOut]:
    """The reasons as a page tells them: those beside somebody else of their household in one line."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts["other_member" if row.reason.startswith("other_member") else row.reason] += row.persons
    return [LeftOut(reason, persons) for reason, persons in counts.most_common()]


def by_area(totals: Sequence[AreaTotal], area_names: dict[str, str], unknown: str) -> list[Area]:
    """One entry an area, the one where the plan gains most first."""
    areas: dict[str, Area] = {}
    for total in totals:
        name = area_names.get(total.area_code, total.area_code or unknown)
        area = areas.setdefault(total.area_code, Area(total.area_code, name))
        area.contacts[total.channel] = total.contacts
        area.cost += total.cost
        area.votes += total.votes
    return sorted(areas.values(), key=lambda area: (-area.votes, area.code))


ROUTES: list[HTTPRouteHandler] = [newest_page, plan_page, areas_of_the_map, change, approve]
