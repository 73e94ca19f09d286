"""Behind the link of a message, for the person who got it: why, from whom, and an end to it in one step.

No sign-in and no cookie. GET shows and changes nothing (mail programs open links ahead of their readers); a POST ends
it all, also the bare one that a mail program sends for its reader (RFC 8058).
"""

from __future__ import annotations

from typing import Any

from litestar import HttpMethod, Request, route
from litestar.concurrency import sync_to_thread
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.params import FromPath

from commonweal.privacy import public
from commonweal.privacy.model import Kind
from commonweal.web.guard import PUBLIC
from commonweal.web.reasons import chosen, drawn, on_its_day
from commonweal.web.visit import Here, Html, Visit

CLAIM, PERSON = "why.claim", "why.person"
"""The kinds of token: `visit.link(CLAIM, claim_id)`. A token of a staff page does not open this one, nor the reverse."""

_OPEN: dict[str, Any] = PUBLIC | {"exclude_from_csrf": True}


async def _is_a_look(request: Request[Any, Any, Any]) -> bool:
    return request.method == HttpMethod.GET


_PATIENT = RateLimitConfig(
    rate_limit=("minute", 60),  # from one address
    check_throttle_handler=_is_a_look,  # no objection is put off, ever
    store="looks_behind_links",  # else whoever looks here often could not sign in any more
)
_KINDS = {"access": Kind.ACCESS, "erasure": Kind.ERASURE}


@route(
    "/why/{token:str}",
    http_method=[HttpMethod.GET, HttpMethod.POST],
    opt=_OPEN,
    status_code=200,
    middleware=[_PATIENT.middleware],
)
async def why_page(visit: Here, token: FromPath[str]) -> Html:
    """GET: why they got it; nothing changes by looking. POST: end all contact; or hand a wish to see or to erase the data
    to the privacy officer. A mail program posts another field, or nothing: then it is an end.
    """
    if visit.request.method == HttpMethod.GET:
        return await sync_to_thread(_page, visit, token)
    form = await visit.request.form()
    return await sync_to_thread(_end, visit, token, str(form.get("ask", "")))


def _end(visit: Visit, token: str, wish: str) -> Html:
    person_id, _claim = _named(visit, token)
    if wish in _KINDS:
        public.ask(visit.campaign, person_id, _KINDS[wish])
        return _page(visit, token, asked=wish)
    public.end_it_all(visit.campaign, person_id)
    return _page(visit, token, asked="stop")


def _named(visit: Visit, token: str) -> tuple[int, int | None]:
    """The person, and the claim, that a link names. Raises NotFoundException."""
    claim_id = visit.frame.links.read(CLAIM, token)
    if claim_id is not None:
        person_id = public.person_of_claim(visit.campaign, claim_id)
    else:
        person_id = visit.frame.links.read(PERSON, token)
    if person_id is None:
        raise NotFoundException
    return person_id, claim_id


def _page(visit: Visit, token: str, asked: str = "") -> Html:
    person_id, claim_id = _named(visit, token)
    told = public.why(visit.campaign, person_id, claim_id)
    return visit.page("why.html", token=token, why=told, reasons=_reasons(visit, told), asked=asked)


def _reasons(visit: Visit, told: public.Why) -> list[str]:
    """Why they were chosen, and for which day."""
    if told.planned is None or told.plan is None:
        return []
    lines = drawn(told.planned, visit.language)
    for contact in told.planned.contacts:
        lines.append(chosen(contact, told.options, visit.language))
        if contact.day:
            lines.append(
                on_its_day(contact, told.planned, told.plan, told.options, told.days, visit.language)
            )
    return lines


ROUTES: list[HTTPRouteHandler] = [why_page]
