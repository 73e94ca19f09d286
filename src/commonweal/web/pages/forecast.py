"""How the election may end: the newest drawing of it, and a new one."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from commonweal.access.model import Permission
from commonweal.audit.actions import record
from commonweal.jobs import actions, queries
from commonweal.jobs.model import RunStatus
from commonweal.planning.forecast import Forecast
from commonweal.web.dots import heap
from commonweal.web.guard import needs
from commonweal.web.pages.people import area_names
from commonweal.web.visit import Here, Html

_COMMAND = "forecast"
_AREAS = 8


@get("/forecast", opt=needs(Permission.SEE_FORECAST), sync_to_thread=True)
def forecast_page(visit: Here) -> Html:
    """The newest forecast."""
    with visit.read() as connection:
        done = queries.last(connection, _COMMAND, RunStatus.DONE)
        newest = queries.last(connection, _COMMAND)
        found = msgspec.convert(done.result, Forecast) if done else None
        return visit.page(
            "forecast.html",
            found=found,
            heap=heap(found.margins) if found else None,
            at=done.finished_at if done else None,
            under_way=newest is not None and newest.status in {RunStatus.QUEUED, RunStatus.RUNNING},
            areas=found.areas[:_AREAS] if found else (),
            area_names=area_names(connection) if found else {},
        )


@post("/forecast/draw", opt=needs(Permission.START_RUNS), sync_to_thread=True)
def draw(visit: Here) -> Response[Any]:
    """Queue a new one, unless it waits or runs already."""
    with visit.read() as connection:
        newest = queries.last(connection, _COMMAND)
    if newest is None or newest.status not in {RunStatus.QUEUED, RunStatus.RUNNING}:
        campaign = visit.campaign
        run_id = actions.queue(campaign.ledger, campaign.clock, _COMMAND, {}, visit.actor)
        with visit.transaction() as connection:
            record(connection, campaign, "start_run", subject=f"run:{run_id}", actor=visit.actor)
    return visit.go("/runs")


ROUTES: list[HTTPRouteHandler] = [forecast_page, draw]
