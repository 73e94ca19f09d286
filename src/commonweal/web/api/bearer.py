"""Who an API request comes from: the token of its Authorization header (RFC 6750), looked up at each request."""

from __future__ import annotations

from typing import Any

from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult, DefineMiddleware

from commonweal.access.bearers import bearer

_LONGEST = 200  # characters of a token: ours are shorter


class BearerMiddleware(AbstractAuthenticationMiddleware):
    """Sets `auth` to the request's token if it is good; cookies are not looked at."""

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        """The token, from the ledger: one that was revoked is refused from now on."""
        kind, _space, token = connection.headers.get("authorization", "").partition(" ")
        token = token.strip()
        found = None
        if kind.lower() == "bearer" and 0 < len(token) <= _LONGEST:
            found = await sync_to_thread(bearer, connection.app.state.campaign, token)
        return AuthenticationResult(user=None, auth=found)


BEARER = DefineMiddleware(BearerMiddleware, exclude_from_auth_key="exclude_from_bearer")
"""For `middleware=` of the API's routes; their `exclude_from_auth` is meant for the cookies' middleware."""
