"""The pages, one module for each thing that people look at."""

from __future__ import annotations

from litestar.handlers import HTTPRouteHandler

from commonweal.web.pages import accounts, entry, home, plan, runs

ROUTES: list[HTTPRouteHandler] = [*entry.ROUTES, *home.ROUTES, *plan.ROUTES, *runs.ROUTES, *accounts.ROUTES]
