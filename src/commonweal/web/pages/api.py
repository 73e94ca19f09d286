"""The API for people: what it takes, in words; and the director's page of its tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, URLEncodedBody

from commonweal.access import bearers
from commonweal.access.errors import NoSuchToken
from commonweal.access.model import Permission, Scope
from commonweal.access.queries import names
from commonweal.errors import CommonwealError
from commonweal.interactions.model import FAULT
from commonweal.web.api.schema import document
from commonweal.web.guard import PUBLIC, needs
from commonweal.web.visit import Here, Html

_SHOWN = timedelta(days=30)  # how long a revoked token stays listed


@dataclass
class NewToken:
    """In whose name a token is to speak, and what it may do."""

    sender: str = ""
    scopes: list[Scope] | Scope = field(default_factory=list)  # a form with one box ticked sends one value

    @property
    def chosen(self) -> list[Scope]:
        """All boxes that were ticked."""
        return self.scopes if isinstance(self.scopes, list) else [self.scopes]


@get("/api", opt=PUBLIC, sync_to_thread=True)
def api_page(visit: Here) -> Html:
    """What the API takes and answers, made from its description."""
    described = document()
    return visit.page(
        "api.html", document=described, schemas=described["components"]["schemas"], faults=FAULT
    )


@get("/tokens", opt=needs(Permission.MANAGE_ACCOUNTS), sync_to_thread=True)
def tokens_page(visit: Here) -> Html:
    """All tokens."""
    return _tokens(visit)


@post("/tokens/make", opt=needs(Permission.MANAGE_ACCOUNTS), sync_to_thread=True)
def make(visit: Here, data: URLEncodedBody[NewToken]) -> Html:
    """Make a token; it is shown once."""
    try:
        token = bearers.make_token(visit.campaign, data.sender, data.chosen, actor=visit.actor)
    except CommonwealError as error:
        return _tokens(visit, 422, told=error.worded(visit.gettext), given=data)
    return _tokens(visit, made=token, made_for=data.sender.strip())


@post("/tokens/{token:str}/revoke", opt=needs(Permission.MANAGE_ACCOUNTS), sync_to_thread=True)
def revoke(visit: Here, token: FromPath[str]) -> Response[Any]:
    """Take a token back."""
    try:
        bearers.revoke_token(visit.campaign, visit.id_of("token", token), actor=visit.actor)
    except NoSuchToken as error:
        return _tokens(visit, 422, told=error.worded(visit.gettext))
    return visit.go("/tokens")


def _tokens(
    visit: Here,
    status: int = 200,
    told: str | None = None,
    given: NewToken | None = None,
    made: str | None = None,
    made_for: str = "",
) -> Html:
    with visit.read() as connection:
        listed = bearers.all_tokens(connection, visit.campaign.clock() - _SHOWN)
        actors = names(connection)
    return visit.page(
        "tokens.html",
        status=status,
        listed=listed,
        actors=actors,
        told=told,
        given=given,
        made=made,
        made_for=made_for,
        scopes=list(Scope),
    )


ROUTES: list[HTTPRouteHandler] = [api_page, tokens_page, make, revoke]
