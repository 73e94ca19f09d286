"""The API: what other systems say to the campaign, under a token of their own."""

from __future__ import annotations

from litestar.handlers import HTTPRouteHandler

from commonweal.web.api import events, schema

ROUTES: list[HTTPRouteHandler] = [*events.ROUTES, *schema.ROUTES]
