"""Events in: POST /api/v1/events takes a batch, GET asks what became of some. Saying it twice changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler

from commonweal.access.bearers import check_still_good
from commonweal.access.model import Scope, Token
from commonweal.campaign import Campaign
from commonweal.contacts.actions import counting
from commonweal.interactions import queries
from commonweal.interactions.actions import take_in
from commonweal.interactions.model import FAULT, Fault, Refusal, Taken
from commonweal.store.ledger import Connection, LedgerRole
from commonweal.web.api.bearer import BEARER
from commonweal.web.api.problems import Refused
from commonweal.web.api.reading import Body, read
from commonweal.web.guard import needs
from commonweal.web.language import negotiate
from commonweal.web.visit import Frame

MOST_BYTES = 5_000_000
MOST_ASKED = 100

_CONTROL = re.compile("[\x00-\x1f\x7f]")
Here = NamedDependency[Frame]
Asked = Request[None, Token, Any]


class Verdict(msgspec.Struct):
    """Why one event of a batch was not taken in: its place in the batch, counted from 0, a code, and words."""

    position: int
    event_id: str | None
    code: Fault
    detail: str


class Verdicts(msgspec.Struct):
    """What became of a batch: events taken in, among them those whose person is not known yet (pending); those that
    were there already; and those refused, one by one. The four add up: accepted + repeated + refused = sent.
    """

    accepted: int
    pending: int
    repeated: int
    refused: list[Verdict]


class EventStatus(msgspec.Struct):
    """What became of one event: accepted, pending (accepted, its person not known yet), or unknown."""

    event_id: str
    state: str
    received_on: str | None = None


class Statuses(msgspec.Struct):
    """What became of the events that were asked for, in their order."""

    events: list[EventStatus]


@post(
    "/api/v1/events",
    opt=needs(Scope.EVENTS_WRITE),
    middleware=[BEARER],
    request_max_body_size=MOST_BYTES,
    status_code=200,
)
async def take(request: Asked, frame: Here) -> Response[bytes]:
    """Take in a batch: at most 5,000 events or 5 MB. The answer comes once they are on the disk."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Refused(415)
    body = await request.body()
    kind = request.headers.get("content-type", "")
    return await sync_to_thread(_take, frame, request.auth, body, kind, _gettext(request, frame))


@get("/api/v1/events", opt=needs(Scope.EVENTS_READ), middleware=[BEARER])
async def ask(request: Asked, frame: Here) -> Response[bytes]:
    """What became of some events: `event_id` in the address, up to 100 times."""
    asked = request.query_params.getall("event_id", [])
    if not 0 < len(asked) <= MOST_ASKED or any(
        not 0 < len(each) <= 128 or _CONTROL.search(each) for each in asked
    ):
        raise Refused(400, f"Give event_id, 1 to {MOST_ASKED} times, each with 1 to 128 characters.")
    found = await sync_to_thread(_statuses, frame.campaign, request.auth.sender, asked)
    return Response(msgspec.json.encode(found), media_type="application/json")


def _take(
    frame: Frame, token: Token, body: bytes, content_type: str, gettext: Callable[[str], str]
) -> Response[bytes]:
    told = read(body, content_type, frame.links)

    count = counting(frame.campaign, token.sender)

    def also(connection: Connection, taken: Taken) -> None:
        count(connection, taken)
        check_still_good(connection, token)

    taken = take_in(frame.campaign, told.events, token.sender, also=also, actor=token.actor)
    verdicts = Verdicts(
        accepted=taken.accepted,
        pending=taken.pending,
        repeated=taken.repeated,
        refused=_refused(told, taken, gettext),
    )
    return Response(msgspec.json.encode(verdicts), media_type="application/json")


def _refused(told: Body, taken: Taken, gettext: Callable[[str], str]) -> list[Verdict]:
    """Those that could not be read, and those that were not taken in, by their places in the request."""
    found = [_verdict(refusal, refusal.position, None, gettext) for refusal in told.refused]
    for refusal in taken.refused:
        event = told.events[refusal.position]
        found.append(_verdict(refusal, told.places[refusal.position], event.event_id, gettext))
    return sorted(found, key=lambda verdict: verdict.position)


def _verdict(refusal: Refusal, position: int, event_id: str | None, gettext: Callable[[str], str]) -> Verdict:
    words = gettext(FAULT[refusal.code]).format(**refusal.params)
    return Verdict(position, event_id, refusal.code, words)


def _statuses(campaign: Campaign, sender: str, asked: list[str]) -> Statuses:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        return Statuses([_status(queries.status(connection, sender, each), each) for each in asked])


def _status(found: queries.Status | None, event_id: str) -> EventStatus:
    if found is None:
        return EventStatus(event_id, "unknown")
    return EventStatus(event_id, "pending" if found.pending else "accepted", found.received_on.isoformat())


def _gettext(request: Asked, frame: Frame) -> Callable[[str], str]:
    return frame.languages[negotiate(request.headers.get("accept-language"), "en")].gettext


ROUTES: list[HTTPRouteHandler] = [take, ask]
