"""What went wrong, for machines: problem details (RFC 9457) with a code that stays."""

from __future__ import annotations

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from commonweal.errors import CommonwealError, _
from commonweal.store.errors import DiskFull

MEDIA = "application/problem+json"
_PATHS = ("/api/v1/", "/api/schema/")

# By status: the code, and what it means. The page of the API lists them.
PROBLEMS: dict[int, tuple[str, str]] = {
    400: ("not_understood", _("The request can't be understood.")),
    401: ("no_token", _("There is no token, or it is not good: it was revoked, or never made.")),
    403: ("not_in_scope", _("The token may not do this.")),
    404: ("nothing_here", _("There is nothing here.")),
    405: ("nothing_here", _("There is nothing here for this method.")),
    413: ("too_large", _("A request holds at most 5,000 events and 5 MB.")),
    415: ("wrong_media_type", _("Send application/json or application/x-ndjson, not compressed.")),
    422: ("refused", _("The request is understood, and refused.")),
    500: ("broken", _("Something broke on our side. Nothing half-done was kept: send it again.")),
    503: ("busy", _("The campaign's store can't be reached. Nothing was kept: send it again in a while.")),
    507: (
        "disk_full",
        _("The campaign's disk is full. Nothing of this request was kept: send it again later."),
    ),
}


class Problem(msgspec.Struct, omit_defaults=True):
    """Problem details (RFC 9457). `code` is for machines and stays; `detail` is for people and may change."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""


class Refused(HTTPException):
    """An answer other than 2xx, with its code."""

    def __init__(self, status: int, detail: str = "", code: str | None = None) -> None:
        super().__init__(status_code=status, detail=detail)
        self.code = code


def concerns(request: Request[object, object, object]) -> bool:  # type: ignore[type-var]
    """Whether a machine asked."""
    return request.url.path.startswith(_PATHS)


def refused(error: HTTPException) -> Response[bytes]:
    """The answer to a request that is refused."""
    told = error.detail if isinstance(error, Refused) else ""
    return _answer(error.status_code, told, error.code if isinstance(error, Refused) else None)


def wrong(error: CommonwealError) -> Response[bytes]:
    """The answer when the campaign says why not."""
    if error.code == "TokenRevoked":
        return _answer(401, error.worded(), None)
    status = 507 if isinstance(error, DiskFull) else 503 if error.transient else 422
    return _answer(status, error.worded() if status == 422 else "", error.code if status == 422 else None)


def broken() -> Response[bytes]:
    """The answer when something broke."""
    return _answer(500, "", None)


def _answer(status: int, detail: str, code: str | None) -> Response[bytes]:
    known, title = PROBLEMS.get(status, PROBLEMS[400] if status < 500 else PROBLEMS[500])
    problem = Problem(f"/api#{known}", title, status, code or known, detail)
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}.get(status)
    return Response(msgspec.json.encode(problem), status_code=status, media_type=MEDIA, headers=headers)
