"""The API's description (OpenAPI 3.1), made from the very types that read and answer."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from commonweal.errors import _
from commonweal.interactions.rules import MOST
from commonweal.web.api.events import MOST_ASKED, MOST_BYTES, Statuses, Verdicts
from commonweal.web.api.problems import MEDIA, PROBLEMS, Problem
from commonweal.web.api.reading import JSON, LINES, Posted
from commonweal.web.guard import PUBLIC

_INTERNAL = ("person_id", "claim_id")  # ids that no request may carry
_EXAMPLE = {
    "event_id": "0f3c-118",
    "kind": "delivered",
    "occurred_at": "2027-01-15T18:30:00+01:00",
    "channel": "email",
    "email": "somebody@example.org",
    "message_version": "housing-2",
}


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    (posted, verdicts, statuses, problem), schemas = msgspec.json.schema_components(
        (Posted, Verdicts, Statuses, Problem), ref_template="#/components/schemas/{name}"
    )
    for name in _INTERNAL:
        schemas["Posted"]["properties"].pop(name)
    schemas = {"Event": schemas.pop("Posted") | {"title": "Event"}} | schemas
    event = {"$ref": posted["$ref"].replace("Posted", "Event")}
    batch = {"type": "array", "items": event, "maxItems": MOST}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Commonweal", "version": version("commonweal"), "description": _ABOUT},
        "security": [{"token": []}],
        "paths": {
            "/api/v1/events": {
                "post": {
                    "operationId": "sendEvents",
                    "summary": _("Send a batch of events"),
                    "description": _SEND,
                    "requestBody": {
                        "required": True,
                        "content": {
                            JSON: {"schema": batch, "example": [_EXAMPLE]},
                            LINES: {"schema": {"type": "string"}},
                        },
                    },
                    "responses": _responses(verdicts, problem, (400, 401, 403, 413, 415, 422, 500, 503, 507)),
                },
                "get": {
                    "operationId": "askForEvents",
                    "summary": _("Ask what became of some events"),
                    "description": "Needs the scope events:read. An event is known by its sender and its id.",
                    "parameters": [
                        {
                            "name": "event_id",
                            "in": "query",
                            "required": True,
                            "schema": {
                                "type": "array",
                                "items": {"type": "string", "minLength": 1, "maxLength": 128},
                                "minItems": 1,
                                "maxItems": MOST_ASKED,
                            },
                        }
                    ],
                    "responses": _responses(statuses, problem, (400, 401, 403, 500, 503)),
                },
            }
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


_ABOUT = "What other systems tell a campaign: that an e-mail was opened, that a door was knocked at."
_SEND = (
    f"Needs the scope events:write. At most {MOST:,} events and {MOST_BYTES // 1_000_000} MB a request, as a JSON array or "
    "one object a line. Each event gets its verdict; the good ones are on the disk when the answer comes. An event is "
    "known by the token's sender and its event_id, for ever: to send it again is harmless, so after any error send the "
    "same batch again. An event names a person by the token of a link (person), by a list and its key (source, key), by "
    "e-mail or by phone; one whom the campaign doesn't know yet waits until it does."
)


def _responses(good: dict[str, Any], problem: dict[str, Any], statuses: tuple[int, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {"200": {"description": _("Done."), "content": {JSON: {"schema": good}}}}
    for status in statuses:
        found[str(status)] = {"description": PROBLEMS[status][1], "content": {MEDIA: {"schema": problem}}}
    return found


@get("/api/schema/openapi.json", opt=PUBLIC, sync_to_thread=False)
def openapi() -> Response[bytes]:
    """The OpenAPI document."""
    return Response(msgspec.json.encode(document()), media_type="application/json")


ROUTES: list[HTTPRouteHandler] = [openapi]
