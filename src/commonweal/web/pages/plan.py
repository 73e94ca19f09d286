"""The plan: what is done, where, for how much, and whom it leaves out; approval; the lists to work from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from commonweal.access.model import Permission
from commonweal.access.queries import names
from commonweal.planning import queries
from commonweal.planning.totals import AreaTotal, MadePlan
from commonweal.store.ledger import Connection
from commonweal.web.guard import needs
from commonweal.web.visit import Here, Html, Visit


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
    """The plan made last."""
    with visit.read() as connection:
        return _page(visit, connection, queries.latest(connection))


@get("/plan/{token:str}", opt=needs(Permission.SEE_PLAN), sync_to_thread=True)
def plan_page(visit: Here, token: FromPath[str]) -> Html:
    """Any plan."""
    with visit.read() as connection:
        plan = queries.plan(connection, visit.id_of("plan", token))
        if plan is None:
            raise NotFoundException
        return _page(visit, connection, plan)


def _page(visit: Visit, connection: Connection, plan: MadePlan | None) -> Html:
    if plan is None:
        return visit.page("plan.html", plan=None)
    totals = queries.area_totals(connection, plan.plan_id)
    return visit.page(
        "plan.html",
        plan=plan,
        token=visit.link("plan", plan.plan_id),
        actors=names(connection),
        options=queries.option_totals(connection, plan.plan_id),
        left_out=queries.left_out(connection, plan.plan_id),
        areas=by_area(totals, {}, visit.gettext("No area known")),
        channels=sorted({total.channel for total in totals}),
        plans=queries.plans(connection),
        has_map=False,
        measures=[],
    )


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


ROUTES: list[HTTPRouteHandler] = [newest_page, plan_page]
