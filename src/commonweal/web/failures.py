"""What a visitor reads when something did not work: in words, with what to do."""

from __future__ import annotations

import logging
from typing import Any, Final

import psycopg
from litestar import Request, Response
from litestar.exceptions import ClientException, HTTPException
from litestar.types import ExceptionHandlersMap

from commonweal.errors import CommonwealError, _
from commonweal.web.api import problems
from commonweal.web.visit import Frame, Visit

_LOG = logging.getLogger(__name__)

_WHAT = {
    400: _("That can't be understood."),
    403: _("This isn't open to your role."),
    404: _("There is nothing here."),
    405: _("There is nothing here."),
    413: _("That is too large."),
    429: _("Too many tries. Wait a minute, then try again."),
}
_REMEDY = {
    400: _("Go back and try again."),
    403: _("Ask your data director if you need it. If you left this page open for long, load it again."),
    404: _("The link may be old: go back to the home page."),
}
_BROKEN = _("Something broke on our side.")
_BROKEN_REMEDY = _("Nothing half-done was kept. Try again; if it happens again, tell your data director.")

# What no column or index can hold (a NUL, a number too large, a day out of time, a name of ten pages), found by the
# driver (None) or by the server.
_NOT_TO_BE_HELD: Final = frozenset({None, "22003", "22008", "22021", "22P05", "54000"})


def handlers(frame: Frame) -> ExceptionHandlersMap:
    """Litestar's exception handlers."""

    def refused(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
        if problems.concerns(request):
            return problems.refused(error)
        visit = Visit(frame, request)
        if error.status_code == 401:
            return visit.go("/sign-in")
        if error.status_code not in _WHAT:
            return broken(request, error)
        answer = _told(visit, error.status_code, _WHAT[error.status_code], _REMEDY.get(error.status_code))
        if error.status_code == 429:
            answer.headers["retry-after"] = (error.headers or {}).get("RateLimit-Reset", "60")
        return answer

    def wrong(request: Request[Any, Any, Any], error: CommonwealError) -> Response[Any]:
        if problems.concerns(request):
            return problems.wrong(error)
        visit = Visit(frame, request)
        return _told(visit, 503 if error.transient else 422, error.worded(visit.gettext))

    def unfit(request: Request[Any, Any, Any], error: psycopg.Error) -> Response[Any]:
        if error.sqlstate not in _NOT_TO_BE_HELD:
            return broken(request, error)
        return refused(request, ClientException())

    def broken(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        _LOG.error("%s %s", request.method, request.url.path, exc_info=error)
        if problems.concerns(request):
            return problems.broken()
        return _told(Visit(frame, request), 500, _BROKEN, _BROKEN_REMEDY)

    return {
        HTTPException: refused,
        CommonwealError: wrong,
        psycopg.DataError: unfit,
        psycopg.errors.ProgramLimitExceeded: unfit,
        Exception: broken,
    }


def _told(visit: Visit, status: int, what: str, remedy: str | None = None) -> Response[Any]:
    """A page of its own, or for a part of a page a notice at its top: htmx 4 swaps whatever the status is."""
    context: dict[str, Any] = {"what": visit.gettext(what), "remedy": visit.gettext(remedy) if remedy else ""}
    if visit.by_htmx:
        headers = {"HX-Retarget": "#notice", "HX-Reswap": "innerHTML show:top"}
        return visit.page("notice.html", status=status, headers=headers, **context)
    return visit.page("failure.html", status=status, **context)
