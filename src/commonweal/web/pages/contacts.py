"""One hand: the pressure on the electorate, the contact rules, claims and what came of them, and lists that were taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, URLEncodedBody

from commonweal.access import queries as access
from commonweal.access.model import Permission, Role
from commonweal.audit.actions import record
from commonweal.contacts import actions, batches, lists, queries
from commonweal.contacts.errors import ContactRefused
from commonweal.contacts.model import CHANNELS, BatchReport, Channel, Level, Refusal, Stopped
from commonweal.contacts.rules import Rules, as_data, from_data
from commonweal.errors import CommonwealError
from commonweal.interactions.model import ResultCode
from commonweal.people import queries as people
from commonweal.people.errors import NoSuchPerson
from commonweal.planning.lists import as_csv
from commonweal.planning.options import CampaignOption, UnknownOption, read_options
from commonweal.store.ledger import Connection
from commonweal.web import refusals
from commonweal.web.contacting import check_undoable, in_hand
from commonweal.web.guard import needs
from commonweal.web.pages.people import area_names
from commonweal.web.visit import Here, Html, Visit
from commonweal.web.vocabulary.contacts import CHANNEL

_LOOKED_BACK = timedelta(days=6)
_SHOWN = 5  # examples of a rule


@dataclass(frozen=True)
class StoppedRow:
    """What a rule stopped, in words, with some of those whom the reader may see."""

    channel: Channel
    rule: str
    persons: int
    examples: list[tuple[int, str, str]]  # person, name, why


@get("/pressure", opt=needs(Permission.SEE_PRESSURE), sync_to_thread=True)
def pressure_page(visit: Here) -> Html:
    """How near everybody is to a cap, and what each rule stopped in the last seven days."""
    since: date = visit.campaign.today - _LOOKED_BACK
    with visit.transaction() as connection:
        levels = queries.levels(connection)
        by_area = [level for level in queries.levels(connection, by_area=True) if level.channel is None]
        stopped = _rows(visit, connection, queries.stopped(connection, since))
        return visit.page(
            "pressure.html",
            overall=next((level for level in levels if level.channel is None), None),
            channels=[level for channel in CHANNELS for level in levels if level.channel is channel],
            areas=sorted(by_area, key=_burden),
            area_names=area_names(connection),
            at=queries.counted_at(connection),
            stopped=stopped,
            since=since,
            persons_stopped=sum(row.persons for row in stopped),
            most=max((row.persons for row in stopped), default=0),
        )


def _burden(level: Level) -> tuple[int, str]:
    return -(level.over + level.near), level.area_code


def _rows(
    visit: Visit, connection: Connection, stopped: Sequence[tuple[Channel, Stopped]]
) -> list[StoppedRow]:
    """What each rule stopped; to name somebody as an example is a look at them."""
    rows = [_row(visit, connection, channel, each) for channel, each in stopped]
    named = sorted({person for row in rows for person, _name, _why in row.examples})
    if named:
        record(connection, visit.campaign, "look_at_stopped", persons=named, actor=visit.actor)
    return rows


def _row(visit: Visit, connection: Connection, channel: Channel, stopped: Stopped) -> StoppedRow:
    """With names for those alone who may look people up; ids of others never leave the ledger's policies."""
    examples = stopped.examples[:_SHOWN] if visit.may(Permission.SEE_PEOPLE) else ()
    found = []
    names = people.names(connection, [subject for subject, _ in examples])
    for subject, params in examples:
        if subject in names:
            why = refusals.worded(visit.campaign, Refusal(stopped.code, params), visit.language)
            found.append((subject, names[subject], why))
    rule = refusals.in_short(visit.campaign, stopped.code, visit.language)
    return StoppedRow(channel, rule, stopped.persons, found)


@get("/contact-rules", opt=needs(Permission.SEE_PRESSURE), sync_to_thread=True)
def rules_page(visit: Here) -> Html:
    """The rules in force, in a form for who may set them."""
    with visit.read() as connection:
        version, rules = queries.rules_in_force(connection, visit.campaign)
        return _rules(visit, connection, version, as_data(rules))


@post("/contact-rules/set", opt=needs(Permission.SET_RULES), sync_to_thread=True)
def set_rules(visit: Here, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Put changed rules in force; what can't be read stays in the form."""
    with visit.read() as connection:
        _, old = queries.rules_in_force(connection, visit.campaign)
    before = _version(data.get("version", ""))
    changed = _changed(old, data)
    try:
        rules = from_data(changed)
        actions.set_rules(
            visit.campaign, rules, account=visit.account.account_id, actor=visit.actor, before=before
        )
    except CommonwealError as error:
        with visit.read() as connection:
            return _rules(visit, connection, before, changed, error.worded(visit.gettext))
    return visit.go("/contact-rules")


def _version(text: str) -> int:
    """The version that was changed; one that never was where the form was tampered with."""
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def _rules(visit: Visit, connection: Connection, version: int, rules: dict[str, Any], told: str = "") -> Html:
    return visit.page(
        "contact_rules.html",
        422 if told else 200,
        rules=rules,
        version=version,
        versions=queries.versions(connection),
        actors=access.names(connection),
        channels=[channel.value for channel in CHANNELS],
        told=told,
        may_set=visit.may(Permission.SET_RULES),
    )


def _changed(old: Rules, data: dict[str, str]) -> dict[str, Any]:
    """The rules as the form says them: a number, a text, a tick; an empty cap is none."""
    rules = as_data(old)
    for channel in ("", *(f"{channel.value}." for channel in CHANNELS)):
        place = rules["caps"] if not channel else rules["caps"][channel[:-1]]
        for span in ("day", "week", "campaign"):
            if f"caps.{channel}{span}" in data:
                place[span] = _number(data[f"caps.{channel}{span}"]) or "unlimited"
    for channel in CHANNELS:
        text = data.get(f"quiet.{channel.value}", rules["quiet_hours"][channel.value]).strip()
        rules["quiet_hours"][channel.value] = text or "none"
    for table, name in (("cool_down", "any"), ("holds", "single"), ("holds", "list")):
        rules[table][name] = _number(data.get(f"{table}.{name}", "")) or 0
    rules["rest_after_refusal"] = _number(data.get("rest_after_refusal", "")) or 0
    rules["approval"] = data.get("approval", rules["approval"])
    rules["useless"] = {name: f"useless.{name}" in data for name in rules["useless"]}
    return rules


def _number(text: str) -> int | float | str | None:
    """A number as typed, with a point or a comma; what is none stays as it is, to be refused by its name."""
    plain = text.strip().replace(",", ".")
    if not plain:
        return None
    try:
        return int(plain) if plain.lstrip("-").isdecimal() else float(plain)
    except ValueError:
        return text


@dataclass
class Wanted:
    """A contact that somebody wants to claim: an option of options.toml, and for whom (a link to an account)."""

    option: str = ""
    holder: str = ""


@post("/people/{token:str}/claim", opt=needs(Permission.CLAIM), sync_to_thread=True)
def claim(visit: Here, token: FromPath[str], data: URLEncodedBody[Wanted]) -> Response[Any]:
    """Reserve a contact with a person whom one sees; a refusal is told on the person's page."""
    person_id = visit.id_of("person", token)
    option = _option(visit, data.option)
    with visit.read() as connection:
        try:
            person = people.person(connection, person_id)
        except NoSuchPerson as error:
            raise NotFoundException from error
        holder = _holder(visit, connection, data.holder)
    found = actions.claim(
        visit.campaign,
        person.person_id,
        Channel(option.channel),
        option=lists.as_option(option),
        account=holder,
        actor=visit.actor,
    )
    if isinstance(found, Refusal):
        raise ContactRefused(why=refusals.worded(visit.campaign, found, visit.language))
    return visit.go(f"/people/{visit.link('person', person.person_id)}#contact")


def _option(visit: Visit, code: str) -> CampaignOption:
    options = {option.code: option for option in read_options(visit.campaign.folder)}
    if code not in options:
        raise UnknownOption(code=code, known=", ".join(sorted(options)))
    return options[code]


def _holder(visit: Visit, connection: Connection, token: str) -> int:
    """Who will make the contact: oneself, or a volunteer."""
    if not token:
        return visit.account.account_id
    found = access.account(connection, visit.id_of("account", token))
    if found is None or found.role is not Role.VOLUNTEER or found.closed_at is not None:
        raise NotFoundException
    return found.account_id


@dataclass
class Told:
    """What came of a contact; `back`: the person whose page it was told on."""

    result: str = ""
    back: str = ""


@post("/claims/{token:str}/finish", opt=needs(Permission.WORK_CLAIMS), sync_to_thread=True)
def finish(visit: Here, token: FromPath[str], data: URLEncodedBody[Told]) -> Response[Any]:
    """Say what came of a contact."""
    if data.result and data.result not in {code.value for code in ResultCode}:
        raise NotFoundException
    actions.finish(
        visit.campaign,
        visit.id_of("claim", token),
        result=ResultCode(data.result) if data.result else None,
        account=visit.account.account_id,
        actor=visit.actor,
    )
    return _back(visit, data)


@post("/claims/{token:str}/return", opt=needs(Permission.WORK_CLAIMS), sync_to_thread=True)
def give_back(visit: Here, token: FromPath[str], data: URLEncodedBody[Told]) -> Response[Any]:
    """Leave a contact to others."""
    claim_id = visit.id_of("claim", token)
    actions.hand_back(visit.campaign, claim_id, account=visit.account.account_id, actor=visit.actor)
    return _back(visit, data)


@post("/claims/{token:str}/undo", opt=needs(Permission.WORK_CLAIMS), sync_to_thread=True)
def undo(visit: Here, token: FromPath[str], data: URLEncodedBody[Told]) -> Response[Any]:
    """Take back what was said of a contact."""
    claim_id = visit.id_of("claim", token)
    check_undoable(visit, claim_id)
    actions.undo(visit.campaign, claim_id, account=visit.account.account_id, actor=visit.actor)
    return _back(visit, data)


def _back(visit: Visit, data: Told) -> Response[Any]:
    """To the person's page, where it was pressed there; else to what one holds: a volunteer's is the home page."""
    if visit.account.role is Role.VOLUNTEER:
        return visit.go("/")
    if data.back and visit.may(Permission.SEE_PEOPLE):
        person_id = visit.id_of("person", data.back)
        return visit.go(f"/people/{visit.link('person', person_id)}#contact")
    return visit.go("/in-hand")


@get("/in-hand", opt=needs(Permission.WORK_CLAIMS), sync_to_thread=True)
def in_hand_page(visit: Here) -> Html:
    """The contacts that one has claimed, with whom they are; each is a look."""
    everybody = "all" in visit.request.query_params
    with visit.transaction() as connection:
        return visit.page("in_hand.html", **in_hand(visit, connection, everybody=everybody))


@dataclass
class Asked:
    """A list that somebody takes; until: the last day of a plan with days, today where it is left out."""

    until: date | None = None


@post("/plan/list/{channel:str}", opt=needs(Permission.EXPORT_PLAN), sync_to_thread=True)
def take_list(visit: Here, channel: FromPath[str], data: URLEncodedBody[Asked]) -> Response[Any]:
    """Claim a channel's contacts of the plan in force, of the people whom the account may see."""
    if channel not in CHANNEL:
        raise NotFoundException
    report = lists.hand_out(
        visit.campaign,
        Channel(channel),
        account=visit.account.account_id,
        actor=visit.actor,
        until=data.until,
    )
    return visit.go(f"/taken/{visit.link('batch', report.batch_id)}")


@get("/taken/{token:str}", opt=needs(Permission.EXPORT_PLAN), sync_to_thread=True)
def taken_page(visit: Here, token: FromPath[str]) -> Html:
    """A list that was taken: how many it names, whom it leaves out and why."""
    batch_id = visit.id_of("batch", token)
    with visit.transaction() as connection:
        _own(visit, connection, batch_id)
        report: BatchReport = queries.batch(connection, batch_id)
        return visit.page(
            "taken.html",
            report=report,
            token=token,
            told_back=report.channel in lists.TOLD_BACK,
            live=queries.live_in(connection, batch_id),
            not_to_tell=[
                refusals.worded(visit.campaign, each, visit.language)
                for each in lists.kept_back(visit.campaign, batch_id).values()
            ],
            stopped=_rows(visit, connection, [(report.channel, each) for each in report.stopped]),
        )


@get("/taken/{token:str}/list.csv", opt=needs(Permission.EXPORT_PLAN), sync_to_thread=True)
def download(visit: Here, token: FromPath[str]) -> Response[bytes]:
    """The list as CSV. Its name says who took it and when; each download is noted."""
    batch_id = visit.id_of("batch", token)
    with visit.read() as connection:
        _own(visit, connection, batch_id)
    made = lists.sheet(
        visit.campaign,
        batch_id,
        account=visit.account.account_id,
        actor=visit.actor,
        holder=visit.account.name,
    )
    return Response(
        as_csv(made.rows),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{made.name}"'},
    )


@post("/taken/{token:str}/return", opt=needs(Permission.EXPORT_PLAN), sync_to_thread=True)
def give_back_list(visit: Here, token: FromPath[str]) -> Response[Any]:
    """Leave what is not done of a list to others."""
    batch_id = visit.id_of("batch", token)
    with visit.read() as connection:
        _own(visit, connection, batch_id)
    batches.hand_back_batch(visit.campaign, batch_id, actor=visit.actor)
    return visit.go(f"/taken/{token}")


def _own(visit: Visit, connection: Connection, batch_id: int) -> None:
    """A list is its taker's, and the director's. Raises NoSuchBatch."""
    anybody = visit.account.role is Role.DIRECTOR
    lists.batch_of(connection, batch_id, None if anybody else visit.account.account_id)


ROUTES: list[HTTPRouteHandler] = [
    pressure_page,
    rules_page,
    set_rules,
    claim,
    finish,
    give_back,
    undo,
    in_hand_page,
    take_list,
    taken_page,
    download,
    give_back_list,
]
