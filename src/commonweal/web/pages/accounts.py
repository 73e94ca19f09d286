"""Who works here: the director invites and shuts out; everybody sets their own password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, URLEncodedBody

from commonweal.access import actions, queries
from commonweal.access.errors import WeakPassword
from commonweal.access.model import Permission, Role
from commonweal.access.rules import PASSWORD_LEAST
from commonweal.errors import CommonwealError
from commonweal.web.guard import needs
from commonweal.web.visit import Here, Html, Visit


@dataclass
class Invitation:
    """Who is invited, and as what."""

    name: str
    role: Role
    email: str = ""
    areas: str = ""


@dataclass
class NewPassword:
    """A password to be."""

    password: str


@get("/accounts", opt=needs(Permission.MANAGE_ACCOUNTS), sync_to_thread=True)
def accounts_page(visit: Here) -> Html:
    """All accounts."""
    return _accounts(visit)


@post("/accounts/invite", opt=needs(Permission.MANAGE_ACCOUNTS), sync_to_thread=True)
def invite(visit: Here, data: URLEncodedBody[Invitation]) -> Html:
    """Make an account; its link is shown once."""
    areas = [code for code in (part.strip() for part in data.areas.replace(";", ",").split(",")) if code]
    try:
        token = actions.invite(
            visit.campaign, data.name, data.role, email=data.email, areas=areas, actor=visit.actor
        )
    except CommonwealError as error:
        return _accounts(visit, status=422, told=error.worded(visit.gettext), given=data)
    return _accounts(visit, link=_address(visit, token), link_for=data.name.strip())


@post("/accounts/{token:str}/link", opt=needs(Permission.MANAGE_ACCOUNTS), sync_to_thread=True)
def new_link(visit: Here, token: FromPath[str]) -> Html:
    """A new sign-in link, shown once."""
    account_id = visit.id_of("account", token)
    link = actions.make_link(visit.campaign, account_id, actor=visit.actor)
    with visit.read() as connection:
        account = queries.account(connection, account_id)
    return _accounts(visit, link=_address(visit, link), link_for=account.name if account else "")


@post("/accounts/{token:str}/end", opt=needs(Permission.MANAGE_ACCOUNTS), sync_to_thread=True)
def end(visit: Here, token: FromPath[str]) -> Response[Any]:
    """End all sessions of an account."""
    actions.end_sessions(visit.campaign, visit.id_of("account", token), actor=visit.actor)
    return visit.go("/accounts")


@post("/accounts/{token:str}/close", opt=needs(Permission.MANAGE_ACCOUNTS), sync_to_thread=True)
def close(visit: Here, token: FromPath[str]) -> Response[Any]:
    """Close an account."""
    actions.close_account(visit.campaign, visit.id_of("account", token), actor=visit.actor)
    return visit.go("/accounts")


@get("/me", opt=needs(Permission.BE_HERE), sync_to_thread=True)
def own_page(visit: Here) -> Html:
    """One's own account."""
    return _own(visit)


@post("/me/password", opt=needs(Permission.BE_HERE), sync_to_thread=True)
def set_password(visit: Here, data: URLEncodedBody[NewPassword]) -> Html:
    """Set one's own password."""
    try:
        actions.set_password(visit.campaign, visit.session, data.password)
    except WeakPassword as error:
        return _own(visit, 422, told=error.worded(visit.gettext))
    return _own(visit, done=True)


@post("/me/sessions/end", opt=needs(Permission.BE_HERE), sync_to_thread=True)
def end_others(visit: Here) -> Response[Any]:
    """End all one's other sessions."""
    actions.end_other_sessions(visit.campaign, visit.session)
    return visit.go("/me")


def _own(visit: Visit, status: int = 200, *, told: str | None = None, done: bool = False) -> Html:
    with visit.read() as connection:
        sessions = queries.sessions_of(connection, visit.account.account_id, visit.campaign.clock())
    return visit.page("me.html", status, told=told, done=done, least=PASSWORD_LEAST, sessions=sessions)


def _accounts(
    visit: Here,
    status: int = 200,
    told: str | None = None,
    given: Invitation | None = None,
    link: str | None = None,
    link_for: str = "",
) -> Html:
    with visit.read() as connection:
        listed = queries.accounts(connection, visit.campaign.clock())
    return visit.page(
        "accounts.html", status=status, listed=listed, told=told, given=given, link=link, link_for=link_for
    )


def _address(visit: Visit, token: str) -> str:
    return f"{str(visit.request.base_url).rstrip('/')}/sign-in#{token}"


ROUTES: list[HTTPRouteHandler] = [
    accounts_page,
    invite,
    new_link,
    end,
    close,
    own_page,
    set_password,
    end_others,
]
