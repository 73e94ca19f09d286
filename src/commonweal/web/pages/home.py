"""The home page of each role: what its reader opens first."""

from __future__ import annotations

from litestar import get
from litestar.handlers import HTTPRouteHandler

from commonweal.access.model import Permission
from commonweal.web.guard import needs
from commonweal.web.visit import Here, Html


@get("/", opt=needs(Permission.BE_HERE), sync_to_thread=True)
def home_page(visit: Here) -> Html:
    """The page that goes with the role."""
    return visit.page("home.html")


ROUTES: list[HTTPRouteHandler] = [home_page]
