"""Finding people, and one person with every value's source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, URLEncodedBody

from commonweal.access.model import Permission
from commonweal.access.queries import names
from commonweal.audit.actions import record
from commonweal.board import queries as board
from commonweal.consent import queries as consent
from commonweal.consent.model import Channel, Purpose
from commonweal.identity import queries as identity
from commonweal.intake.queries import sources
from commonweal.people import queries
from commonweal.people.errors import NoSuchPerson
from commonweal.people.model import Person, Provenance, Score
from commonweal.planning import queries as planning
from commonweal.store.ledger import Connection
from commonweal.web import words
from commonweal.web.contacting import panel
from commonweal.web.guard import needs
from commonweal.web.matrix import matrix
from commonweal.web.pages.board import shown
from commonweal.web.reasons import why
from commonweal.web.timeline import tell
from commonweal.web.visit import Here, Html, Visit
from commonweal.web.vocabulary.people import SCORE

_MOST = 20
_AGREED = 10  # words and suppressions shown; the line of time has all


@dataclass
class Wanted:
    """What is searched for: in the body, so that no name stands in an address, a log or a history."""

    text: str = ""


@dataclass(frozen=True)
class ShownScore:
    """A score with what it is called and what it says."""

    label: str
    of: Score
    words: str


@get("/people", opt=needs(Permission.SEE_PEOPLE), sync_to_thread=True)
def people_page(visit: Here) -> Html:
    """The search, empty."""
    with visit.read() as connection:
        known = _known(visit, connection)
    return visit.page(
        "people.html",
        text="",
        found=[],
        most=_MOST,
        area_names={},
        people=known,
    )


def _known(visit: Visit, connection: Connection) -> int:
    """How many people one may find: an organiser those of their areas."""
    own = visit.account.areas
    if own:
        return sum(area.persons for area in queries.areas(connection) if area.area_code in own)
    overview = queries.overview(connection)
    return overview.persons if overview else 0


@post("/people/find", opt=needs(Permission.SEE_PEOPLE), sync_to_thread=True)
def find(visit: Here, data: URLEncodedBody[Wanted]) -> Html:
    """Who fits: a part of the page for htmx, else the whole page. Who was shown is noted, what was typed is not."""
    found = search(visit, data, _MOST)
    return visit.page("found.html" if visit.by_htmx else "people.html", most=_MOST, people=0, **found)


def search(visit: Visit, wanted: Wanted, most: int) -> dict[str, Any]:
    """For a page: what was typed, who fits, and their areas' names. Who was shown is noted, what was typed is not."""
    text = wanted.text.strip()
    with visit.transaction() as connection:
        found = queries.search(connection, text, limit=most) if text else []
        if found:
            shown = [each.person_id for each in found]
            record(connection, visit.campaign, "search", persons=shown, actor=visit.actor)
        return {"text": text, "found": found, "area_names": area_names(connection)}


@get("/people/{token:str}", opt=needs(Permission.SEE_PEOPLE), sync_to_thread=True)
def person_page(visit: Here, token: FromPath[str]) -> Html:
    """One person. Each look leaves an audit row in its own transaction."""
    person_id = visit.id_of("person", token)
    with visit.transaction() as connection:
        try:
            person = queries.person(connection, person_id)
        except NoSuchPerson as error:  # nobody, or nobody whom this account may see: it reads the same
            raise NotFoundException from error
        told = tell(visit, connection, person_id)
        audit_a_look(connection, visit, person)
        return visit.page(
            "person.html",
            person=person,
            matrix=matrix(person),
            list_names=list_names(connection),
            scores=_scores(visit, person),
            reasons=_reasons(visit, connection, person),
            others=[member for member in person.household if member.person_id != person.person_id],
            sources=_grounds(person),
            **told,
            **panel(visit, connection, person.person_id),
            rows=shown(visit, connection, board.about_person(connection, person.person_id)),
            agreed=consent.moments(connection, person.person_id)[:_AGREED],
            consent_channels=[channel.value for channel in Channel],
            consent_purposes=[purpose.value for purpose in Purpose],
            turns=identity.history(connection, person.person_id),
            actors=names(connection),
            household_evidence=queries.household_evidence(connection, person.person_id),
            **_at_a_glance(visit, person),
        )


@get("/people/{token:str}/story", opt=needs(Permission.SEE_PEOPLE), sync_to_thread=True)
def story_part(visit: Here, token: FromPath[str]) -> Html:
    """The line of time further back: for htmx the lines that follow, else a page of its own. It is a look, too."""
    person_id = visit.id_of("person", token)
    asked = visit.request.query_params
    with visit.transaction() as connection:
        try:
            person = queries.person(connection, person_id)
        except NoSuchPerson as error:
            raise NotFoundException from error
        told = tell(visit, connection, person_id, asked.get("until"), asked.get("skip"))
        audit_a_look(connection, visit, person)
        return visit.page("story_lines.html" if visit.by_htmx else "story.html", person=person, **told)


def audit_a_look(connection: Connection, visit: Visit, person: Person) -> None:
    """Note that a person is shown, and that those of the household are named there."""
    record(
        connection,
        visit.campaign,
        "look",
        subject=f"person:{person.person_id}",
        persons=[member.person_id for member in person.household] or None,
        detail={"fields": [chosen.field for chosen in person.fields]},
        actor=visit.actor,
    )


def list_names(connection: Connection) -> dict[str, str]:
    """What each list is called."""
    return {source.name: source.list_name for source in sources(connection)}


def area_names(connection: Connection) -> dict[str, str]:
    """What each area is called."""
    return {area.area_code: area.name for area in queries.areas(connection)}


def _scores(visit: Visit, person: Person) -> list[ShownScore]:
    found = []
    for kind, score in (("turnout", person.turnout), ("support", person.support)):
        if score is not None:
            label = visit.gettext(SCORE[kind])
            found.append(ShownScore(label, score, visit.gettext(words.score(kind, score))))
    return found


def _reasons(visit: Visit, connection: Connection, person: Person) -> list[str]:
    planned = person.planned
    if planned is None:
        return []
    plan = planning.plan(connection, planned.plan_id)
    options = {option.option: option for option in planning.option_totals(connection, planned.plan_id)}
    days = planning.day_totals(connection, planned.plan_id)
    return why(planned, plan, options, visit.language, days)


def _grounds(person: Person) -> list[Provenance]:
    """What the values of each list may be used for, each said once."""
    found: dict[tuple[str, str, str], Provenance] = {}
    for chosen in person.fields:
        if chosen.provenance:
            origin = chosen.provenance
            found.setdefault((origin.source, origin.purpose, origin.legal_basis), origin)
    return list(found.values())


def _at_a_glance(visit: Visit, person: Person) -> dict[str, Any]:
    year = person.value("birth_year")
    lines = [" ".join(str(person.value(name) or "") for name in names_).strip() for names_ in _ADDRESS]
    return {
        "age_text": visit.gettext("born %(year)s") % {"year": year} if year else None,
        "address": ", ".join(line for line in lines if line) or None,
    }


_ADDRESS = (("house_number", "street"), ("postcode", "city"))

ROUTES: list[HTTPRouteHandler] = [people_page, find, person_page, story_part]
