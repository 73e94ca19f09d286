"""The pages, one module for each thing that people look at."""

from __future__ import annotations

from litestar.handlers import HTTPRouteHandler

from commonweal.web.pages import (
    accounts,
    api,
    audit,
    board,
    entry,
    home,
    lists,
    models,
    people,
    plan,
    runs,
    universes,
)

_PAGES = (entry, home, board, people, lists, universes, plan, models, runs, accounts, api, audit)

ROUTES: list[HTTPRouteHandler] = [route for page in _PAGES for route in page.ROUTES]
