"""Who did and looked at what: the privacy officer's page."""

from __future__ import annotations

from litestar import get
from litestar.handlers import HTTPRouteHandler

from commonweal.access.model import Permission
from commonweal.access.queries import names
from commonweal.audit import queries
from commonweal.web.deeds import deeds
from commonweal.web.guard import needs
from commonweal.web.visit import Here, Html

_PAGE = 40


@get("/audit", opt=needs(Permission.SEE_AUDIT), sync_to_thread=True)
def audit_page(visit: Here) -> Html:
    """The newest entries, of one verb if asked; `before` (a signed id) goes further back."""
    asked = visit.request.query_params
    before = visit.id_of("entry", asked["before"]) if asked.get("before") else None
    verb = asked.get("verb") or None
    with visit.read() as connection:
        accounts = names(connection)
        entries = queries.recent(connection, before=before, verb=verb, limit=_PAGE)
        return visit.page(
            "audit.html",
            deeds=deeds(visit, entries, accounts),
            older=entries[-1].entry_id if len(entries) == _PAGE else None,
            verb=verb,
            verbs=queries.verbs(connection),
        )


ROUTES: list[HTTPRouteHandler] = [audit_page]
