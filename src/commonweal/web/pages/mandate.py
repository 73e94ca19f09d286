"""The ledger of promises: what was promised, what contradicts what, who heard it, what became of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, URLEncodedBody

from commonweal.access.model import Permission
from commonweal.access.queries import names
from commonweal.errors import CommonwealError, _
from commonweal.jobs import actions as jobs
from commonweal.mandate import actions, counting, persons, queries, rules
from commonweal.mandate.drafts import Draft
from commonweal.mandate.errors import NoSuchPromise
from commonweal.mandate.model import EVERYONE, Answer, Code, Finding, Kept, Measure, Status
from commonweal.people import queries as people
from commonweal.people.errors import NoSuchPerson
from commonweal.store.ledger import Connection
from commonweal.web import charts, promises
from commonweal.web.guard import needs
from commonweal.web.pages.people import area_names, audit_a_look
from commonweal.web.visit import Here, Html, Visit

_SEE, _WRITE = needs(Permission.SEE_MANDATE), needs(Permission.WRITE_MANDATE)
_ON_A_PAGE = 10  # pairs to judge


@dataclass(frozen=True, kw_only=True)
class Form(Draft):
    """A promise as the form gives it; a box that is not ticked is not sent. `version` is the one that was shown."""

    key: str
    version: int = 0
    public: bool = False


@dataclass
class Step:
    """What a promise becomes, with a line on it."""

    to: Status
    key: str
    version: int
    outcome: str = ""


@dataclass
class Judgement:
    """What somebody says of two promises, by their tokens."""

    one: str
    other: str
    answer: Answer
    reason: str = ""


@dataclass
class Order:
    """Which of a pair of promises (two tokens) goes before the other."""

    stands: str
    pair: str
    reason: str = ""

    @property
    def yields(self) -> str:
        """The other one."""
        return next((token for token in self.pair.split() if token != self.stands), "")


@dataclass
class Budget:
    """What a budget holds a year."""

    name: str
    holds: str


@dataclass(frozen=True)
class Shown:
    """Something found, as a page tells it: the promises it is about; how many persons heard both, and doors next to each
    other."""

    finding: Finding
    told: str
    to_do: str
    about: tuple[Kept, ...]
    both: tuple[int, int] | None

    @property
    def is_contradiction(self) -> bool:
        """Whether it is about two promises of which one may be put before the other."""
        return self.finding.code is Code.PULLED_BOTH_WAYS


@get("/mandate", opt=_SEE, sync_to_thread=True)
def ledger_page(visit: Here) -> Html:
    """All promises, and what is found of them."""
    return _ledger(visit)


@post("/mandate/write", opt=_WRITE, sync_to_thread=True)
def write(visit: Here, data: URLEncodedBody[Form]) -> Response[Any]:
    """Write a promise."""
    try:
        made = actions.write(visit.campaign, visit.account, data, key=data.key)
    except CommonwealError as error:
        return _ledger(visit, status=422, told=error.worded(visit.gettext), given=data)
    return visit.go(f"/mandate/promise/{visit.link('promise', made)}")


@post("/mandate/budget", opt=_WRITE, sync_to_thread=True)
def set_budget(visit: Here, data: URLEncodedBody[Budget]) -> Response[Any]:
    """Say what a budget holds."""
    actions.set_budget(visit.campaign, visit.account, data.name, data.holds)
    return visit.go("/mandate")


@post("/mandate/count", opt=_WRITE, sync_to_thread=True)
def count(visit: Here) -> Response[Any]:
    """Have it counted anew who heard what."""
    jobs.queue(visit.campaign.ledger, visit.campaign.clock, counting.COMMAND, {}, visit.actor)
    return visit.go("/mandate")


@get("/mandate/promise/{token:str}", opt=_SEE, sync_to_thread=True)
def promise_page(visit: Here, token: FromPath[str]) -> Html:
    """One promise."""
    return _promise(visit, token)


@post("/mandate/promise/{token:str}/amend", opt=_WRITE, sync_to_thread=True)
def amend(visit: Here, token: FromPath[str], data: URLEncodedBody[Form]) -> Response[Any]:
    """Change what it says."""

    def act(promise_id: int) -> None:
        actions.amend(visit.campaign, visit.account, promise_id, data.version, data, key=data.key)

    return _done(visit, token, act)


@post("/mandate/promise/{token:str}/move", opt=_WRITE, sync_to_thread=True)
def move(visit: Here, token: FromPath[str], data: URLEncodedBody[Step]) -> Response[Any]:
    """Take it a step on."""

    def act(promise_id: int) -> None:
        actions.move(
            visit.campaign,
            visit.account,
            promise_id,
            data.version,
            data.to,
            outcome=data.outcome,
            key=data.key,
        )

    return _done(visit, token, act)


@post("/mandate/order", opt=_WRITE, sync_to_thread=True)
def order(visit: Here, data: URLEncodedBody[Order]) -> Response[Any]:
    """Put one promise before another."""
    other = visit.id_of("promise", data.yields)

    def act(promise_id: int) -> None:
        actions.override(visit.campaign, visit.account, promise_id, other, reason=data.reason)

    return _done(visit, data.stands, act)


@get("/mandate/alike", opt=_SEE, sync_to_thread=True)
def alike_page(visit: Here) -> Html:
    """Promises that may be one in other words."""
    with visit.read() as connection:
        kept = {each.promise.key: each for each in queries.promises(connection)}
        pairs = queries.to_judge(connection, list(kept.values()))
        return visit.page(
            "alike.html",
            pairs=[(each, kept[each.one], kept[each.other]) for each in pairs[:_ON_A_PAGE]],
            more=max(len(pairs) - _ON_A_PAGE, 0),
        )


@post("/mandate/judge", opt=_WRITE, sync_to_thread=True)
def judge(visit: Here, data: URLEncodedBody[Judgement]) -> Response[Any]:
    """Say how two promises stand to each other."""
    one, other = visit.id_of("promise", data.one), visit.id_of("promise", data.other)
    actions.judge(visit.campaign, visit.account, one, other, data.answer, reason=data.reason)
    return visit.go("/mandate" if data.answer is Answer.COMPATIBLE else "/mandate/alike")


@get("/mandate/narrowness", opt=_SEE, sync_to_thread=True)
def narrowness_page(visit: Here) -> Html:
    """How narrow the talk is, week by week."""
    with visit.read() as connection:
        weeks = queries.weeks(connection)
        return visit.page(
            "narrowness.html",
            weeks=weeks,
            charts={name: _chart(visit, weeks, name) for name in _MEASURES},
            counted=queries.counted(connection),
            last={each.measure: each for each in weeks},
        )


_MEASURES = ("narrow", "messages", "specificity")


def _chart(visit: Visit, weeks: Sequence[queries.Week], name: str) -> charts.Chart | None:
    values = [(each.week, each.told) for each in weeks if each.measure == name]
    if not values:
        return None
    language = visit.language
    share = name != "messages"
    top = max(measure.high or measure.value for _week, measure in values)
    most = 1.0 if share else float(max(-(-top // 2) * 2, 2))

    def written(value: float) -> str:
        return language.percent(value) if share else language.number(value, 0 if value == int(value) else 1)

    def told(week: object, measure: Measure) -> str:
        exact = language.percent if share else partial(language.number, digits=1)
        if measure.low is None or measure.high is None or exact(measure.low) == exact(measure.high):
            return exact(measure.value)
        return visit.gettext(_("{value}, between {low} and {high}")).format(
            value=exact(measure.value), low=exact(measure.low), high=exact(measure.high)
        )

    return charts.weekly(values, most, written, lambda day: language.day(day, "d MMM"), told)


@get("/people/{token:str}/promised", opt=needs(Permission.SEE_PEOPLE), sync_to_thread=True)
def promised_page(visit: Here, token: FromPath[str]) -> Html:
    """What was promised to one person, as far as the reader may see promises. It is a look at the person."""
    person_id = visit.id_of("person", token)
    with visit.transaction() as connection:
        try:
            person = people.person(connection, person_id)
        except NoSuchPerson as error:
            raise NotFoundException from error
        told = persons.promised(visit.campaign, connection, person_id)
        audit_a_look(connection, visit, person)
        return visit.page("promised.html", person=person, promised=told)


def at_home(connection: Connection) -> dict[str, Any]:
    """What the candidate's home page tells: how many promises bind, how often they were made, what is left to settle, and
    how much of the last week's talk serves few (None where that is not measured)."""
    kept = queries.promises(connection)
    binding = [each for each in kept if each.promise.status.binds]
    narrow = [each for each in queries.weeks(connection) if each.measure == "narrow"]
    return {
        "promises": len(binding),
        "promised": sum(each.contacts for each in binding),
        "to_settle": len(queries.findings(connection, kept)),
        "narrow": narrow[-1] if narrow else None,
    }


def _ledger(visit: Visit, status: int = 200, told: str = "", given: Form | None = None) -> Html:
    with visit.read() as connection:
        kept = queries.promises(connection)
        return visit.page(
            "mandate.html",
            status=status,
            told=told,
            given=given or Form(text="", key="", public=True),
            key=secrets.token_urlsafe(12),
            promises=kept,
            bill=rules.bill([each.promise for each in kept]),
            found=_found(visit, connection, kept),
            alike=len(queries.to_judge(connection, kept)),
            counted=queries.counted(connection),
            budgets=queries.budgets(connection),
            short=promises.short,
        )


def _found(visit: Visit, connection: Connection, kept: Sequence[Kept]) -> list[Shown]:
    by_key = {each.promise.key: each for each in kept}
    both, levers = queries.heard_both(connection), queries.levers(connection)
    return [
        Shown(
            finding,
            promises.told(finding, levers, visit.language),
            promises.to_do(finding, visit.gettext),
            tuple(by_key[key] for key in finding.keys),
            both.get(queries.pair(*finding.keys)) if len(finding.keys) == 2 else None,
        )
        for finding in queries.findings(connection, kept)
    ]


def _promise(visit: Visit, token: str, status: int = 200, told: str = "") -> Html:
    promise_id = visit.id_of("promise", token)
    with visit.read() as connection:
        try:
            kept = queries.promise(connection, promise_id)
        except NoSuchPromise as error:
            raise NotFoundException from error
        all_ = queries.promises(connection)
        levers = queries.levers(connection)
        areas = queries.heard_by_area(connection, promise_id)
        return visit.page(
            "promise.html",
            status=status,
            told=told,
            token=token,
            kept=kept,
            promise=kept.promise,
            steps=[each for each in Status if each in rules.next_steps(kept.promise.status)],
            given=_as_form(visit, kept, levers.name),
            key=secrets.token_urlsafe(12),
            found=[each for each in _found(visit, connection, all_) if kept.promise.key in each.finding.keys],
            pulls=[
                (levers.name(pull.lever, visit.language.code), pull.direction) for pull in kept.promise.pulls
            ],
            areas=areas,
            area_names=area_names(connection),
            history=queries.history(connection, promise_id),
            decided=queries.decided(connection, promise_id),
            texts={each.promise_id: each.promise.text for each in all_},
            actors=names(connection),
            short=promises.short,
            everyone=EVERYONE,
        )


def _as_form(visit: Visit, kept: Kept, lever: Callable[[str, str], str]) -> Form:
    """A promise as its form shows it: what one reads there can be sent again."""
    promise, units = kept.promise, visit.campaign.settings.minor_units

    def money(minor: int) -> str:
        return f"{minor / units:.2f}" if minor % units else str(minor // units)

    def scope(told: Any) -> str:
        return "" if told is None else told.text or visit.gettext(_("everyone"))

    return Form(
        text=promise.text,
        key="",
        version=kept.version,
        issue=promise.issue,
        gains=scope(promise.gains),
        pays=scope(promise.pays),
        cost="" if promise.cost is None else money(promise.cost),
        funding="; ".join(
            each.source if each.amount is None else f"{each.source}: {money(each.amount)}"
            for each in promise.funding
        ),
        levers="; ".join(
            f"{lever(pull.lever, visit.language.code)} {pull.direction.value}" for pull in promise.pulls
        ),
        source=promise.source,
        public=promise.public,
    )


def _done(visit: Visit, token: str, act: Callable[[int], None]) -> Response[Any]:
    """Do something with a promise, and show it again; or why not."""
    try:
        act(visit.id_of("promise", token))
    except NoSuchPromise as error:
        raise NotFoundException from error
    except CommonwealError as error:
        return _promise(visit, token, status=422, told=error.worded(visit.gettext))
    return visit.go(f"/mandate/promise/{token}")


ROUTES: list[HTTPRouteHandler] = [
    ledger_page,
    write,
    set_budget,
    count,
    promise_page,
    amend,
    move,
    order,
    alike_page,
    judge,
    narrowness_page,
    promised_page,
]
