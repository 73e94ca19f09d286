"""Messages and the promises that they carry; the decision to open the public page; the public page itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.params import FromPath, URLEncodedBody

from commonweal.access.model import Account, Permission
from commonweal.access.queries import names
from commonweal.campaign import LANGUAGES, Campaign
from commonweal.errors import CommonwealError
from commonweal.mandate import cells, queries, saying
from commonweal.mandate.errors import FieldUnreadable
from commonweal.mandate.model import Heard, Notice, Publication
from commonweal.messages import queries as messages
from commonweal.messages.errors import NoSuchVersion
from commonweal.planning.options import read_options
from commonweal.store.ledger import LedgerRole
from commonweal.web import promises
from commonweal.web.contacting import messages_not_to_tell
from commonweal.web.forms import several
from commonweal.web.guard import PUBLIC, needs
from commonweal.web.language import read_day
from commonweal.web.visit import Here, Html, Visit

_SEE, _WRITE = needs(Permission.SEE_MANDATE), needs(Permission.WRITE_MANDATE)


@dataclass
class Wording:
    """A new version of a message, in one language or both, and the promises that it carries, by token."""

    code: str
    en: str = ""
    fr: str = ""
    carries: list[str] | str | None = None


@dataclass
class Approval:
    """A reason where a promise is broken, or an approval taken back."""

    reason: str = ""


@dataclass
class NoticeForm:
    """A transparency notice as its form gives it."""

    begins: str
    ends: str
    amount: str
    origin: str
    method: str
    election: str
    inside_union: str = ""
    official: str = ""
    repository: str = ""
    targeting: str = ""
    paid_by: str = ""


@dataclass
class Decision:
    """What is decided of the public page."""

    heard: Heard
    sponsor: str
    email: str
    address: str = ""
    controlled_by: str = ""
    open: str = ""


@get("/mandate/messages", opt=_SEE, sync_to_thread=True)
def messages_page(visit: Here) -> Html:
    """All versions of all messages."""
    return _messages(visit)


@post("/mandate/messages/write", opt=_WRITE, sync_to_thread=True)
def write(visit: Here, data: URLEncodedBody[Wording]) -> Response[Any]:
    """Write a version."""
    try:
        carried = [visit.id_of("promise", token) for token in several(data.carries)]
        saying.write(visit.campaign, visit.account, data.code, {"en": data.en, "fr": data.fr}, carried)
    except CommonwealError as error:
        return _messages(visit, status=422, told=error.worded(visit.gettext), given=data)
    return visit.go("/mandate/messages")


@post("/mandate/messages/{token:str}/approve", opt=_WRITE, sync_to_thread=True)
def approve(visit: Here, token: FromPath[str], data: URLEncodedBody[Approval]) -> Response[Any]:
    """Let a version be used; one that breaks a promise needs a reason."""
    return _of_version(visit, token, partial(saying.approve, reason=data.reason))


@post("/mandate/messages/{token:str}/withdraw", opt=_WRITE, sync_to_thread=True)
def withdraw(visit: Here, token: FromPath[str], data: URLEncodedBody[Approval]) -> Response[Any]:
    """Take an approval back: nobody is told it any more."""
    return _of_version(visit, token, partial(saying.withdraw, reason=data.reason))


@post("/mandate/messages/{token:str}/notice", opt=_WRITE, sync_to_thread=True)
def set_notice(visit: Here, token: FromPath[str], data: URLEncodedBody[NoticeForm]) -> Response[Any]:
    """Write a version's transparency notice."""

    def write_it(campaign: Campaign, account: Account, version_id: int) -> None:
        saying.set_notice(campaign, account, version_id, _notice(campaign, data))

    return _of_version(visit, token, write_it)


def _of_version(visit: Visit, token: str, act: Callable[[Campaign, Account, int], object]) -> Response[Any]:
    """Do something with a version of a message; what is wrong with it is told above all of them."""
    version_id = visit.id_of("message", token)
    try:
        act(visit.campaign, visit.account, version_id)
    except NoSuchVersion as error:
        raise NotFoundException from error
    except CommonwealError as error:
        return _messages(visit, status=422, told=error.worded(visit.gettext))
    return visit.go("/mandate/messages")


def _notice(campaign: Campaign, data: NoticeForm) -> Notice:
    try:
        amount = cells.amount(data.amount, campaign.settings.minor_units)
    except ValueError:
        raise FieldUnreadable(value=data.amount, example="1 200; 1.2 million") from None
    return Notice(
        begins=read_day(data.begins) or campaign.today,
        ends=read_day(data.ends) or campaign.last_round or campaign.today,
        amount=amount,
        origin=data.origin if data.origin in {"private", "public", "both"} else "private",
        inside_union=bool(data.inside_union),
        method=data.method[:500],
        election=data.election[:300],
        official=data.official[:500],
        repository=data.repository[:500],
        targeting=data.targeting[:1000],
        paid_by=" ".join(data.paid_by.split())[:300],
    )


@get("/mandate/publication", opt=_SEE, sync_to_thread=True)
def publication_page(visit: Here) -> Html:
    """What is decided of the public page."""
    return _publication(visit)


@post("/mandate/publication/decide", opt=_WRITE, sync_to_thread=True)
def decide(visit: Here, data: URLEncodedBody[Decision]) -> Response[Any]:
    """Open the public page, or close it."""
    try:
        saying.publish(
            visit.campaign,
            visit.account,
            is_open=bool(data.open),
            heard=data.heard,
            sponsor=data.sponsor,
            email=data.email,
            address=data.address,
            controlled_by=data.controlled_by,
        )
    except CommonwealError as error:
        return _publication(visit, status=422, told=error.worded(visit.gettext), given=data)
    return visit.go("/mandate/publication")


_PATIENT = RateLimitConfig(rate_limit=("minute", 120), store="looks_at_promises")  # from one address


@get("/promises", opt=PUBLIC, sync_to_thread=True, middleware=[_PATIENT.middleware])
def public_page(visit: Here) -> Html:
    """What was promised, for everyone; nothing where nobody decided to publish it. The ledger's policies say what is seen:
    the page asks as nobody, whoever looks."""
    with visit.campaign.ledger.read(LedgerRole.WEB) as connection:
        decision = queries.publication(connection)
        if decision is None or not decision.open:
            raise NotFoundException
        kept = queries.published(connection)
        return visit.page(
            "public_mandate.html",
            decision=decision,
            promises=kept,
            shown=is_told(visit.campaign, decision),
            versions=[each for each in messages.versions(connection) if each.approved_at],
            notices=queries.notices(connection),
            carried=queries.carried(connection),
            texts={each.promise_id: each.text for each in kept},
        )


def is_told(campaign: Campaign, decision: Publication) -> bool:
    """Whether it is decided to tell by now how many heard each promise."""
    over = campaign.last_round is not None and campaign.last_round < campaign.today
    return decision.heard is Heard.NOW or (decision.heard is Heard.AFTER_VOTE and over)


def _messages(visit: Visit, status: int = 200, told: str = "", given: Wording | None = None) -> Html:
    with visit.read() as connection:
        versions = messages.versions(connection)
        kept = queries.promises(connection)
        return visit.page(
            "messages.html",
            status=status,
            told=told,
            given=given or Wording(""),
            versions=sorted(
                versions, key=lambda each: each.approved_at is not None
            ),  # what waits comes first
            unusable=_unusable(visit),
            overridden=queries.overridden(connection),
            carried=queries.carried(connection),
            broken={
                each.version_id: saying.broken_by(connection, each.version_id)
                for each in versions
                if not each.approved_at
            },
            promises=kept,
            texts={str(each.promise_id): each.promise.text for each in kept},
            notices=queries.notices(connection),
            codes=_codes(visit.campaign),
            actors=names(connection),
            short=promises.short,
            languages=LANGUAGES,
            last_round=visit.campaign.last_round,
            today=visit.campaign.today,
        )


def _unusable(visit: Visit) -> list[tuple[str, str, str]]:
    """What is held up: the channel and the message of each option that nothing uses now, and why."""
    try:
        options = read_options(visit.campaign.folder)
    except CommonwealError:
        return []
    why = messages_not_to_tell(visit, [each.message for each in options])
    return [(each.channel, each.message, why[each.message]) for each in options if each.message in why]


def _codes(campaign: Campaign) -> list[str]:
    """The messages that the campaign's options name."""
    try:
        return sorted({option.message for option in read_options(campaign.folder)})
    except CommonwealError:
        return []


def _publication(visit: Visit, status: int = 200, told: str = "", given: Decision | None = None) -> Html:
    with visit.read() as connection:
        decision = queries.publication(connection)
        return visit.page(
            "publication.html",
            status=status,
            told=told,
            decision=decision,
            given=given or decision or Decision(Heard.AFTER_VOTE, "", ""),
            choices=list(Heard),
            actors=names(connection),
            public=sum(
                each.promise.public and each.promise.status.binds for each in queries.promises(connection)
            ),
            private=sum(
                not each.promise.public and each.promise.status.binds for each in queries.promises(connection)
            ),
        )


ROUTES: list[HTTPRouteHandler] = [
    messages_page,
    write,
    approve,
    withdraw,
    set_notice,
    publication_page,
    decide,
    public_page,
]
