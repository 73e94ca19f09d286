"""One person or two: the pairs that no run could tell, one at a time, the most telling first; and merges taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, URLEncodedBody

from commonweal.access.model import Permission
from commonweal.audit.actions import record
from commonweal.identity import queries as identity
from commonweal.identity.actions import decide
from commonweal.identity.errors import UndoneAlready
from commonweal.identity.model import Answer
from commonweal.jobs import actions as jobs
from commonweal.people import queries as people
from commonweal.store.ledger import Connection
from commonweal.web import weighing
from commonweal.web.guard import needs
from commonweal.web.pages.people import list_names
from commonweal.web.visit import Here, Html, Visit

_LONGEST = 300


@dataclass
class Said:
    """An answer: of which two records, by their tokens, and why."""

    left: str
    right: str
    answer: str
    why: str = ""


@dataclass
class Reason:
    """Why a merge is taken back."""

    why: str = ""


@get("/review", opt=needs(Permission.REVIEW_IDENTITY), sync_to_thread=True)
def review_page(visit: Here) -> Html:
    """The pair whose answer tells most. To be shown it is a look at both persons."""
    with visit.transaction() as connection:
        return visit.page("review.html", standing=None, **_next(visit, connection))


@post("/review/answer", opt=needs(Permission.REVIEW_IDENTITY), sync_to_thread=True)
def answer(visit: Here, data: URLEncodedBody[Said]) -> Response[Any]:
    """Take an answer down, and show the next pair at once."""
    if data.answer not in set(Answer):
        raise NotFoundException
    records = (visit.id_of("record", data.left), visit.id_of("record", data.right))
    with visit.transaction() as connection:
        standing = decide(
            connection,
            visit.campaign,
            records,
            Answer(data.answer),
            why=data.why[:_LONGEST],
            actor=visit.actor,
        )
        if not visit.by_htmx:
            return visit.go("/review")
        return visit.page("pair.html", standing=standing, **_next(visit, connection))


@post("/review/undo/{token:str}", opt=needs(Permission.REVIEW_IDENTITY), sync_to_thread=True)
def undo(visit: Here, token: FromPath[str], data: URLEncodedBody[Reason]) -> Response[Any]:
    """Queue the taking back of a merge: the worker changes the lake, pages never do."""
    event_id = visit.id_of("merge", token)
    campaign = visit.campaign
    with visit.transaction() as connection:
        merge = identity.merge(connection, event_id)
        if merge is None:
            raise NotFoundException
        if merge.undone:
            raise UndoneAlready(event=event_id)
        record(
            connection,
            campaign,
            "ask_to_undo",
            persons=[merge.gone],
            detail={"merge": event_id},
            actor=visit.actor,
        )
    arguments = {"event": event_id, "why": data.why[:_LONGEST]}
    jobs.queue(campaign.ledger, campaign.clock, "undo", arguments, visit.actor)
    return visit.go("/review" if not visit.may(Permission.SEE_RUNS) else "/runs")


def _next(visit: Visit, connection: Connection) -> dict[str, Any]:
    queue = identity.queue(connection)
    context: dict[str, Any] = {"queue": queue, "doubt": queue.next, "list_names": list_names(connection)}
    if queue.next is None:
        return context
    left, right = people.records(connection, (queue.next.left, queue.next.right))
    owners = identity.owners(connection, (queue.next.left, queue.next.right))
    record(
        connection,
        visit.campaign,
        "look_at_pair",
        persons=sorted(set(owners.values())),
        detail={"records": [queue.next.left, queue.next.right]},
        actor=visit.actor,
    )
    return context | {
        "left": left,
        "right": right,
        "together": len(set(owners.values())) == 1,
        "pairings": weighing.pairings(left, right),
        "waterfall": weighing.waterfall(queue.next, visit.language),
        "chance": weighing.chance(queue.next),
        "longest": _LONGEST,
    }


ROUTES: list[HTTPRouteHandler] = [review_page, answer, undo]
