"""The one place that lets a request through: each route names its permission, and what names none is refused."""

from __future__ import annotations

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from commonweal.access.model import Permission, Scope, Session, Token
from commonweal.access.rules import may

_KEY: Final = "permission"
_EVERYBODY: Final = "everybody"

PUBLIC: Final[dict[str, Any]] = {_KEY: _EVERYBODY}
"""For `opt=` of the few routes that need no sign-in."""

Connection = ASGIConnection[Any, Session | None, Any, Any]


def needs(permission: Permission | Scope) -> dict[str, Any]:
    """For `opt=` of a route: who comes here must have this permission.

    A scope is asked of a token in the request's header; no cookie is looked at there, so that no form of another site
    can be behind it.
    """
    if isinstance(permission, Scope):
        return {_KEY: permission, "exclude_from_csrf": True, "exclude_from_auth": True}
    return {_KEY: permission}


def required(handler: BaseRouteHandler) -> Permission | Scope | None:
    """The permission that a route names; None where it is public. Raises PermissionDeniedException if it names none."""
    named = handler.opt.get(_KEY)
    if named == _EVERYBODY:
        return None
    if not isinstance(named, Permission | Scope):
        raise PermissionDeniedException(f"{handler} names no permission")
    return named


def check(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let the request through, or raise: not signed in, or not permitted."""
    permission = required(handler)
    if permission is None:
        return
    if isinstance(permission, Scope):
        _check_token(connection, permission)
        return
    if connection.user is None:
        raise NotAuthorizedException
    if not may(connection.user.account.role, permission):
        raise PermissionDeniedException


def _check_token(connection: Connection, scope: Scope) -> None:
    token = connection.scope.get("auth")
    if not isinstance(token, Token):
        raise NotAuthorizedException
    if scope not in token.scopes:
        raise PermissionDeniedException
