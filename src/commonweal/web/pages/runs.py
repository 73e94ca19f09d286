"""Runs of long work: start the loop, follow it live, stop it, see what came of earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Stream

from commonweal.access.model import Permission
from commonweal.access.queries import names
from commonweal.audit.actions import record
from commonweal.jobs import actions, queries
from commonweal.jobs.model import RunStatus
from commonweal.planning.queries import latest
from commonweal.store.ledger import Connection
from commonweal.web.errors import BudgetNotUnderstood
from commonweal.web.guard import needs
from commonweal.web.language import read_number
from commonweal.web.parts import Part, Parts, pushed
from commonweal.web.visit import Here, Html, Visit

LOOP = "night"
MOST_MONEY = 1e12
_OPEN = (RunStatus.QUEUED, RunStatus.RUNNING)


@dataclass
class Start:
    """The budget of the new plan, in whole units of the campaign's currency; empty: no new plan."""

    budget: str = ""


@get("/runs", opt=needs(Permission.SEE_RUNS), sync_to_thread=True)
def runs_page(visit: Here) -> Html:
    """What runs, and the history."""
    with visit.read() as connection:
        plan = latest(connection)
        budget = plan.budget if plan else None
        return visit.page("runs.html", runs=RUNS.drawn(visit, connection), budget=budget)


@get("/runs/live", opt=needs(Permission.SEE_RUNS))
async def live(visit: Here, parts: NamedDependency[Parts]) -> Stream:
    """The list of runs, again whenever one moves."""
    return pushed(parts.stream(visit, [RUNS]))


@post("/runs/start", opt=needs(Permission.START_RUNS), sync_to_thread=True)
def start(visit: Here, data: URLEncodedBody[Start]) -> Response[Any]:
    """Queue the loop, unless it waits or runs already; with a budget it ends in a new draft of the plan."""
    begin(visit, LOOP, partial(_arguments, data))
    return visit.go("/runs")


def begin(visit: Visit, command: str, arguments: Callable[[], Mapping[str, Any]]) -> None:
    """Queue a run, unless one of the command waits or runs already: then the arguments are not even read."""
    with visit.read() as connection:
        if queries.under_way(connection, command):
            return
    campaign = visit.campaign
    run_id = actions.queue(campaign.ledger, campaign.clock, command, arguments(), visit.actor)
    with visit.transaction() as connection:
        _note(visit, run_id, connection)


def begin_behind(visit: Visit, command: str, connection: Connection) -> None:
    """Queue a run in a transaction whose work it is to find, unless one waits that will."""
    campaign = visit.campaign
    run_id = actions.queue_behind(connection, campaign.clock, command, visit.actor)
    if run_id is not None:
        _note(visit, run_id, connection)


def _note(visit: Visit, run_id: int, connection: Connection) -> None:
    record(connection, visit.campaign, "start_run", subject=f"run:{run_id}", actor=visit.actor)


@post("/runs/{token:str}/stop", opt=needs(Permission.START_RUNS), sync_to_thread=True)
def stop(visit: Here, token: FromPath[str]) -> Response[Any]:
    """Ask a run to stop."""
    end(visit, visit.id_of("run", token))
    return visit.go("/runs")


def end(visit: Visit, run_id: int) -> None:
    """Ask a run to stop, and note who did."""
    actions.ask_to_stop(visit.campaign.ledger, run_id)
    with visit.transaction() as connection:
        record(connection, visit.campaign, "stop_run", subject=f"run:{run_id}", actor=visit.actor)


def _arguments(data: Start) -> dict[str, float]:
    budget = read_number(data.budget)
    if budget is None:
        return {}
    if not 0 < budget < MOST_MONEY:
        raise BudgetNotUnderstood(budget=data.budget)
    return {"budget": budget}


def _context(visit: Visit, connection: Connection) -> dict[str, Any]:
    runs = queries.recent(connection, 30)
    return {
        "open_runs": [run for run in runs if run.status in _OPEN],
        "past_runs": [run for run in runs if run.status not in _OPEN],
        "actors": names(connection),
    }


RUNS = Part("runs", "runs_list.html", _context, lambda _: ["runs"])

ROUTES: list[HTTPRouteHandler] = [runs_page, live, start, stop]
