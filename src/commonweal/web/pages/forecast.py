"""How the election may end: the newest drawing of it, and a new one."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from commonweal.access.model import Permission
from commonweal.jobs import queries
from commonweal.jobs.model import RunStatus
from commonweal.planning.forecast import Forecast
from commonweal.web.dots import heap
from commonweal.web.guard import needs
from commonweal.web.pages.people import area_names
from commonweal.web.pages.runs import begin
from commonweal.web.visit import Here, Html

_COMMAND = "forecast"
_AREAS = 8


@get("/forecast", opt=needs(Permission.SEE_FORECAST), sync_to_thread=True)
def forecast_page(visit: Here) -> Html:
    """The newest forecast."""
    with visit.read() as connection:
        done = queries.last(connection, _COMMAND, RunStatus.DONE)
        found = msgspec.convert(done.result, Forecast) if done else None
        return visit.page(
            "forecast.html",
            found=found,
            heap=heap(found.margins) if found else None,
            at=done.finished_at if done else None,
            under_way=queries.under_way(connection, _COMMAND) is not None,
            areas=found.areas[:_AREAS] if found else (),
            area_names=area_names(connection) if found else {},
        )


@post("/forecast/draw", opt=needs(Permission.START_RUNS), sync_to_thread=True)
def draw(visit: Here) -> Response[Any]:
    """Queue a new one, unless it waits or runs already."""
    begin(visit, _COMMAND, dict)
    return visit.go("/runs")


ROUTES: list[HTTPRouteHandler] = [forecast_page, draw]
