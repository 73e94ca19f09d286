"""The pages, one module for each thing that people look at."""

from __future__ import annotations

from litestar.handlers import HTTPRouteHandler

from commonweal.web.pages import (
    accounts,
    api,
    audit,
    board,
    contacts,
    doors,
    entry,
    forecast,
    home,
    lists,
    mandate,
    models,
    people,
    plan,
    policy,
    price,
    privacy,
    report_back,
    review,
    runs,
    saying,
    universes,
    why,
)

_PAGES = (
    entry,
    home,
    board,
    people,
    review,
    contacts,
    doors,
    lists,
    universes,
    plan,
    forecast,
    mandate,
    saying,
    report_back,
    price,
    policy,
    models,
    runs,
    accounts,
    api,
    privacy,
    why,
    audit,
)

ROUTES: list[HTTPRouteHandler] = [route for page in _PAGES for route in page.ROUTES]
