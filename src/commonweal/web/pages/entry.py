"""Coming in and going out; the reader's language; in the demo, the role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.params import URLEncodedBody

from commonweal.access import actions
from commonweal.access.errors import LinkSpent, WrongSignIn
from commonweal.access.model import Permission, Role
from commonweal.campaign import LANGUAGES
from commonweal.errors import CommonwealError
from commonweal.web.guard import PUBLIC, needs
from commonweal.web.sign_in import COOKIE, session_cookie
from commonweal.web.visit import LANGUAGE_COOKIE, Here, Html, Visit

_A_YEAR: Final = 365 * 24 * 3600
_PATIENT: Final = RateLimitConfig(
    rate_limit=("minute", 20)
)  # tries to sign in, for each address they come from


@dataclass
class LinkForm:
    """A sign-in link, or only its token."""

    token: str


@dataclass
class PasswordForm:
    """E-mail address and password."""

    email: str
    password: str


@dataclass
class LanguageForm:
    """The wish for a language, and where to go back to."""

    code: str
    back: str = "/"


@dataclass
class RoleForm:
    """The wish to see the demo as somebody else."""

    role: Role


@get("/sign-in", opt=PUBLIC, sync_to_thread=True)
def sign_in_page(visit: Here) -> Response[Any]:
    """The form; a link's token stands after the # and never reaches a log."""
    if visit.user:
        return visit.go("/")
    return visit.page("sign_in.html", told=None, email="")


@post("/sign-in/link", opt=PUBLIC, sync_to_thread=True, middleware=[_PATIENT.middleware])
def by_link(visit: Here, data: URLEncodedBody[LinkForm]) -> Response[Any]:
    """Use up a link."""
    try:
        token = actions.sign_in_by_link(visit.campaign, data.token.strip().rpartition("#")[2])
    except LinkSpent as error:
        return _refused(visit, error)
    return _signed_in(visit, token)


@post("/sign-in/password", opt=PUBLIC, sync_to_thread=True, middleware=[_PATIENT.middleware])
def by_password(visit: Here, data: URLEncodedBody[PasswordForm]) -> Response[Any]:
    """Check a password."""
    try:
        token = actions.sign_in_by_password(visit.campaign, data.email, data.password)
    except WrongSignIn as error:
        return _refused(visit, error, data.email)
    return _signed_in(visit, token)


@post("/sign-out", opt=needs(Permission.BE_HERE), sync_to_thread=True)
def sign_out(visit: Here) -> Response[Any]:
    """End the session."""
    actions.sign_out(visit.campaign, visit.session)
    response = visit.go("/sign-in")
    response.delete_cookie(COOKIE)
    return response


@post("/language", opt=PUBLIC, sync_to_thread=True)
def choose_language(visit: Here, data: URLEncodedBody[LanguageForm]) -> Response[Any]:
    """Remember the language, with the account and in the browser; go back to the page."""
    response = visit.go(local(data.back))
    if data.code in LANGUAGES:
        if visit.user:
            actions.set_language(visit.campaign, visit.account, data.code)
        response.set_cookie(
            Cookie(LANGUAGE_COOKIE, value=data.code, max_age=_A_YEAR, samesite="lax", httponly=True)
        )
    return response


@post("/role", opt=needs(Permission.BE_HERE), sync_to_thread=True)
def switch_role(visit: Here, data: URLEncodedBody[RoleForm]) -> Response[Any]:
    """See the demo as another role."""
    actions.switch_role(visit.campaign, visit.session, data.role)
    return visit.go("/")


def _signed_in(visit: Visit, token: str) -> Response[Any]:
    response = visit.go("/")
    response.set_cookie(session_cookie(token, secure=visit.request.app.state.https))
    return response


def _refused(visit: Visit, error: CommonwealError, email: str = "") -> Html:
    """The form again, with what was wrong."""
    return visit.page("sign_in.html", 403, told=error.worded(visit.gettext), email=email)


def local(path: str) -> str:
    """A path of this site, as it may stand in a header; the home page in place of anything else."""
    plain = path.isascii() and path.isprintable() and path.startswith("/")
    if not plain or path[1:2] in ("/", "\\"):
        return "/"
    parts = urlsplit(path)
    return "/" if parts.scheme or parts.netloc else path


ROUTES: list[HTTPRouteHandler] = [sign_in_page, by_link, by_password, sign_out, choose_language, switch_role]
