"""The privacy officer's desk: who asks what, by when; a person's data in one file; erasure; the register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, URLEncodedBody

from commonweal.access.model import Permission
from commonweal.access.queries import names
from commonweal.audit.actions import record
from commonweal.errors import CommonwealError
from commonweal.jobs import actions as jobs
from commonweal.people import queries as people
from commonweal.people.errors import NoSuchPerson
from commonweal.people.model import Person
from commonweal.planning import queries as planning
from commonweal.privacy import actions, erasing, export, queries, rewriting, rules
from commonweal.privacy.errors import NoSuchRequest
from commonweal.privacy.model import Kind, State
from commonweal.store.ledger import Connection
from commonweal.web.guard import needs
from commonweal.web.language import Language, read_day
from commonweal.web.pages.people import Wanted, search
from commonweal.web.reasons import why
from commonweal.web.visit import Here, Html, Visit

_MOST = 10
_SOON = 7  # days
_HANDLE = needs(Permission.HANDLE_REQUESTS)


@dataclass
class NewRequest:
    """What came in."""

    kind: Kind
    received: str = ""
    words: str = ""


@dataclass
class Whom:
    """A person, by the token of their page."""

    person: str


@dataclass
class Reason:
    """Why, in a few words."""

    reason: str = ""


@dataclass
class End:
    """How a request ends."""

    state: State
    outcome: str = ""


@dataclass
class Corrected:
    """A value that a person gave."""

    person: str
    field: str
    value: str = ""


@get("/privacy", opt=_HANDLE, sync_to_thread=True)
def desk_page(visit: Here) -> Html:
    """All requests, the most urgent first."""
    return _desk(visit)


@post("/privacy/requests", opt=_HANDLE, sync_to_thread=True)
def open_request(visit: Here, data: URLEncodedBody[NewRequest]) -> Response[Any]:
    """Take a request in."""
    try:
        with visit.transaction() as connection:
            request_id = actions.open_request(
                connection,
                visit.campaign,
                data.kind,
                read_day(data.received) or visit.campaign.today,
                data.words,
                actor=visit.actor,
            )
    except CommonwealError as error:
        return _desk(visit, status=422, told=error.worded(visit.gettext), given=data)
    return visit.go(f"/privacy/requests/{visit.link('request', request_id)}")


@get("/privacy/requests/{token:str}", opt=_HANDLE, sync_to_thread=True)
def request_page(visit: Here, token: FromPath[str]) -> Html:
    """One request, and whom it is about."""
    return _request(visit, token)


@post("/privacy/requests/{token:str}/find", opt=_HANDLE, sync_to_thread=True)
def find(visit: Here, token: FromPath[str], data: URLEncodedBody[Wanted]) -> Html:
    """Look for the person. Who was shown is noted, what was typed is not."""
    return _request(visit, token, **search(visit, data, _MOST))


@post("/privacy/requests/{token:str}/link", opt=_HANDLE, sync_to_thread=True)
def link(visit: Here, token: FromPath[str], data: URLEncodedBody[Whom]) -> Response[Any]:
    """Say whom it is about."""
    person_id = visit.id_of("person", data.person)
    return _done(visit, token, lambda c, r: actions.link(c, visit.campaign, r, person_id, actor=visit.actor))


@post("/privacy/requests/{token:str}/unlink", opt=_HANDLE, sync_to_thread=True)
def unlink(visit: Here, token: FromPath[str], data: URLEncodedBody[Whom]) -> Response[Any]:
    """Take that back."""
    person_id = visit.id_of("person", data.person)
    return _done(
        visit, token, lambda c, r: actions.unlink(c, visit.campaign, r, person_id, actor=visit.actor)
    )


@post("/privacy/requests/{token:str}/extend", opt=_HANDLE, sync_to_thread=True)
def extend(visit: Here, token: FromPath[str], data: URLEncodedBody[Reason]) -> Response[Any]:
    """Put the day off, once."""
    return _done(
        visit, token, lambda c, r: actions.extend(c, visit.campaign, r, data.reason, actor=visit.actor)
    )


@post("/privacy/requests/{token:str}/close", opt=_HANDLE, sync_to_thread=True)
def close(visit: Here, token: FromPath[str], data: URLEncodedBody[End]) -> Response[Any]:
    """Answered, or refused with a reason."""
    return _done(
        visit,
        token,
        lambda c, r: actions.close(c, visit.campaign, r, data.state, data.outcome, actor=visit.actor),
    )


@post("/privacy/requests/{token:str}/end-contact", opt=_HANDLE, sync_to_thread=True)
def end_contact(visit: Here, token: FromPath[str]) -> Response[Any]:
    """No contact any more, by any channel; and the request is answered."""

    def act(connection: Connection, request_id: int) -> None:
        actions.end_contact(connection, visit.campaign, request_id, actor=visit.actor)
        actions.close(connection, visit.campaign, request_id, State.DONE, actor=visit.actor)

    return _done(visit, token, act)


@post("/privacy/requests/{token:str}/correct", opt=_HANDLE, sync_to_thread=True)
def correct(visit: Here, token: FromPath[str], data: URLEncodedBody[Corrected]) -> Response[Any]:
    """A value that the person gave wins over every list."""
    person_id = visit.id_of("person", data.person)
    return _done(
        visit,
        token,
        lambda c, r: actions.correct(
            c, visit.campaign, r, person_id, data.field, data.value, actor=visit.actor
        ),
    )


@post("/privacy/requests/{token:str}/erase", opt=_HANDLE, sync_to_thread=True)
def erase(visit: Here, token: FromPath[str]) -> Response[Any]:
    """Erase whom the request is about: out of the ledger now; the worker rewrites the files."""
    campaign = visit.campaign

    def act(connection: Connection, request_id: int) -> None:
        request = actions.linked(connection, request_id)
        actions.close(connection, campaign, request_id, State.DONE, actor=visit.actor)
        subjects.extend(request.subjects)

    request_id, subjects = visit.id_of("request", token), list[int]()
    try:
        with visit.transaction() as connection:  # may this account, and is it open? Nothing is changed yet
            found = actions.linked(connection, request_id).subjects
        erasing.erase(campaign, found, request_id=request_id, actor=visit.actor)
    except NoSuchRequest as error:
        raise NotFoundException from error
    except CommonwealError as error:
        return _request(visit, token, status=422, told=error.worded(visit.gettext))
    jobs.queue(campaign.ledger, campaign.clock, rewriting.COMMAND, {}, visit.actor)
    return _done(visit, token, act)


@post("/privacy/requests/{token:str}/export", opt=_HANDLE, sync_to_thread=True)
def export_file(visit: Here, token: FromPath[str], data: URLEncodedBody[Whom]) -> Response[Any]:
    """The person's data as a file to send them: ?form=json, else a page that needs nothing else to be read.

    A POST, because it writes the audit.
    """
    person_id = visit.id_of("person", data.person)
    request_id = visit.id_of("request", token)
    asked = visit.request.query_params
    language = visit.frame.languages.get(asked.get("language", ""), visit.language)
    with visit.transaction() as connection:
        try:
            if person_id not in queries.request(connection, request_id).subjects:
                raise NotFoundException
            held = export.read(connection, visit.campaign, person_id, actor=visit.actor)
            reasons = _reasons(visit, connection, person_id, language)
        except (NoSuchPerson, NoSuchRequest) as error:
            raise NotFoundException from error
    if asked.get("form") == "json":
        text = msgspec.json.format(msgspec.json.encode(held.content), indent=2)
        return _file(text, f"data-{request_id}.json", "application/json")
    page = visit.frame.template("export.html", language.code).render(
        held=held.content, made_at=held.made_at, reasons=reasons
    )
    return _file(page.encode(), f"data-{request_id}.html", "text/html; charset=utf-8")


@get("/privacy/register", opt=_HANDLE, sync_to_thread=True)
def register_page(visit: Here) -> Html:
    """The record of processing (GDPR 30)."""
    with visit.read() as connection:
        return visit.page("register.html", purposes=queries.register(connection))


def _reasons(visit: Visit, connection: Connection, person_id: int, language: Language) -> list[str]:
    """Why a plan chose them, or did not, in their language."""
    planned = people.person(connection, person_id).planned
    if planned is None:
        return []
    options = {each.option: each for each in planning.option_totals(connection, planned.plan_id)}
    days = planning.day_totals(connection, planned.plan_id)
    return why(planned, planning.plan(connection, planned.plan_id), options, language, days)


def _file(content: bytes, name: str, kind: str) -> Response[Any]:
    return Response(
        content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'}
    )


def _done(visit: Visit, token: str, act: Any) -> Response[Any]:
    """Do something with a request, and show it again; or why not."""
    request_id = visit.id_of("request", token)
    try:
        with visit.transaction() as connection:
            act(connection, request_id)
    except NoSuchRequest as error:
        raise NotFoundException from error
    except CommonwealError as error:
        return _request(visit, token, status=422, told=error.worded(visit.gettext))
    return visit.go(f"/privacy/requests/{token}")


def _desk(visit: Visit, status: int = 200, told: str | None = None, given: NewRequest | None = None) -> Html:
    with visit.read() as connection:
        open_ = queries.open_requests(connection)
        return visit.page(
            "privacy.html",
            status=status,
            told=told,
            given=given,
            kinds=list(Kind),
            waiting=open_,
            late=sum(each.days_left(visit.campaign.today) < 0 for each in open_),
            closed=queries.closed_requests(connection),
            receipts=queries.receipts(connection),
            today=visit.campaign.today,
            soon=_SOON,
            actors=names(connection),
        )


def _request(visit: Visit, token: str, status: int = 200, told: str | None = None, **more: Any) -> Html:
    request_id = visit.id_of("request", token)
    with visit.transaction() as connection:
        try:
            request = queries.request(connection, request_id)
        except NoSuchRequest as error:
            raise NotFoundException from error
        about = [_shown(visit, connection, subject) for subject in request.subjects]
        context: dict[str, Any] = {
            "token": token,
            "asked": request,
            "about": about,
            "receipts": queries.receipts_of(connection, request_id),
            "left": request.days_left(visit.campaign.today),
            "soon": _SOON,
            "correctable": rules.CORRECTABLE,
            "states": State,
            "actors": names(connection),
            "found": None,
            "text": "",
            "area_names": {},
        }
        return visit.page("request.html", status=status, told=told, **(context | more))


def _shown(visit: Visit, connection: Connection, subject: int) -> tuple[int, Person | None]:
    """A person as the request shows them, noted as a look; None when nothing is held of them any more."""
    try:
        person = people.person(connection, subject)
    except NoSuchPerson:
        return subject, None
    record(
        connection,
        visit.campaign,
        "look",
        subject=f"person:{person.person_id}",
        detail={"fields": ["name", "birth_year"]},
        actor=visit.actor,
    )
    return subject, person


ROUTES: list[HTTPRouteHandler] = [
    desk_page,
    register_page,
    open_request,
    request_page,
    find,
    link,
    unlink,
    extend,
    close,
    end_contact,
    correct,
    erase,
    export_file,
]
