"""Who a request comes from: the cookie's session, looked up in the ledger at each request."""

from __future__ import annotations

from typing import Any, Final

from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from commonweal.access.actions import note_use
from commonweal.access.model import Session
from commonweal.access.queries import session
from commonweal.access.rules import SESSION_LIFE
from commonweal.campaign import Campaign
from commonweal.store.ledger import LedgerRole

COOKIE: Final = "commonweal_session"


class SessionMiddleware(AbstractAuthenticationMiddleware):
    """Sets `user` to the living session of the request's cookie, or None."""

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        """The session, from the ledger: one that was ended elsewhere is over at once."""
        token = connection.cookies.get(COOKIE)
        found = None
        if token:
            found = await sync_to_thread(_living, connection.app.state.campaign, token)
        return AuthenticationResult(user=found, auth=None)


def _living(campaign: Campaign, token: str) -> Session | None:
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        found = session(connection, token, campaign.clock())
    if found:
        note_use(campaign, found)
    return found


def session_cookie(token: str, *, secure: bool) -> Cookie:
    """The cookie that signs a browser in: scripts can't read it, other sites can't send it along."""
    return Cookie(
        COOKIE,
        value=token,
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        secure=secure,
        samesite="lax",
    )
