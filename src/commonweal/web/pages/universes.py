"""Universes: saved selections of people, counted while they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, URLEncodedBody

from commonweal.access.model import Permission
from commonweal.access.queries import names
from commonweal.errors import CommonwealError
from commonweal.people import actions, lawful, queries
from commonweal.people.errors import EmptyExpression
from commonweal.people.model import Preview
from commonweal.people.wording import described
from commonweal.web.guard import needs
from commonweal.web.visit import Here, Html, Visit

_EXAMPLES = (
    "age < 30 and turnout > 40",
    'support between 40 and 60 and area in ("0113", "0114")',
    "has email and not has phone",
    "household_size >= 3 and turnout < 50",
)


@dataclass
class Draft:
    """A universe in the making."""

    name: str = ""
    expression: str = ""


@dataclass
class Nothing:
    """A form of a button alone."""


@get("/universes", opt=needs(Permission.SEE_UNIVERSES), sync_to_thread=True)
def universes_page(visit: Here) -> Html:
    """All universes, and the form of a new one."""
    return _page(visit, Draft())


@post("/universes/count", opt=needs(Permission.SEE_UNIVERSES), sync_to_thread=True)
def count(visit: Here, data: URLEncodedBody[Draft]) -> Html:
    """How many persons an expression holds, and what it says in words; or where it can't be read."""
    return visit.page("universe_count.html", **_counted(visit, data.expression))


@post("/universes/save", opt=needs(Permission.SAVE_UNIVERSES), sync_to_thread=True)
def save(visit: Here, data: URLEncodedBody[Draft]) -> Response[Any]:
    """Save a universe; what can't be read stays in the form."""
    try:
        actions.save_universe(
            visit.campaign,
            data.name,
            data.expression,
            account=visit.account.account_id,
            actor=visit.actor,
        )
    except CommonwealError as error:
        return _page(visit, data, told=error.worded(visit.gettext))
    return visit.go("/universes")


@post("/universes/{token:str}/delete", opt=needs(Permission.SAVE_UNIVERSES), sync_to_thread=True)
def delete(visit: Here, token: FromPath[str]) -> Response[Any]:
    """Delete a universe."""
    number = visit.id_of("universe", token)
    actions.delete_universe(visit.campaign, number, account=visit.account.account_id, actor=visit.actor)
    return visit.go("/universes")


def _page(visit: Visit, draft: Draft, told: str | None = None) -> Html:
    with visit.read() as connection:
        known = queries.vocabulary(connection)
        context = {
            "universes": queries.universes(connection),
            "actors": names(connection),
            "known": {
                "election": sorted(known.elections),
                "attribute": sorted(known.attributes),
                "tag": sorted(known.tags),
                "list": sorted(known.lists),
            },
        }
    counted = (
        _counted(visit, draft.expression)
        if draft.expression and not told
        else {"preview": None, "told": told}
    )
    return visit.page(
        "universes.html", 422 if told else 200, None, draft=draft, examples=_EXAMPLES, **context, **counted
    )


def _counted(visit: Visit, expression: str) -> dict[str, Any]:
    try:
        with visit.read() as connection:
            preview: Preview = queries.preview(connection, expression, visit.campaign.today)
            barred = lawful.refused(visit.campaign, connection, preview.node)
    except EmptyExpression:
        return {"preview": None, "told": None}
    except CommonwealError as error:
        return {"preview": None, "told": error.worded(visit.gettext)}
    return {
        "preview": preview,
        "in_words": described(preview.node, visit.gettext),
        "barred": barred.worded(visit.gettext) if barred else None,
        "told": None,
    }


ROUTES: list[HTTPRouteHandler] = [universes_page, count, save, delete]
