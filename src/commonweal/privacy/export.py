"""All that is held of one person, for that person (GDPR 15 and 20): what, from where, what for, why, who saw it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from commonweal.audit import actions as audit
from commonweal.audit import queries as looks
from commonweal.campaign import Campaign
from commonweal.consent import queries as consent
from commonweal.intake import queries as lists
from commonweal.interactions import story
from commonweal.jobs.plain import as_plain
from commonweal.people import queries as people
from commonweal.people.model import Person
from commonweal.privacy.model import Held
from commonweal.store.ledger import Connection

_MOST_LOOKS = 10_000
_PAGE = 500


def read(connection: Connection, campaign: Campaign, person_id: int, *, actor: str | None = None) -> Held:
    """Everything, as plain data; the look is noted. Raises NoSuchPerson.

    Of others there is nothing in it: of the household only how many live there, of those who looked only the role.
    """
    person = people.person(connection, person_id)
    made_at = campaign.clock()
    content = {
        "about": {"campaign": campaign.settings.name, "made_at": made_at, "number": str(person.person_id)},
        "values": _values(connection, person),
        "rows": _rows(connection, person),
        "votes": dict(person.votes),
        "attributes": dict(person.attributes),
        "tags": list(person.tags),
        "household": {"persons": max(len(person.household), 1)},
        "scores": {
            name: as_plain(score)
            for name, score in (("turnout", person.turnout), ("support", person.support))
            if score
        },
        "plan": as_plain(person.planned) if person.planned else None,
        "consents": [as_plain(each) for each in consent.moments(connection, person.person_id)],
        "contacts": _contacts(campaign, connection, person.person_id),
        "corrections": _corrections(connection, person.person_id),
        "seen_by": _seen_by(connection, person.person_id),
    }
    audit.record(connection, campaign, "privacy.export", subject=f"person:{person.person_id}", actor=actor)
    return Held(person.person_id, made_at, as_plain(content))


def _values(connection: Connection, person: Person) -> list[dict[str, Any]]:
    batches = {batch.batch_id: batch for batch in lists.batches(connection)}
    names = {source.name: source for source in lists.sources(connection)}
    told = []
    for chosen in person.fields:
        origin = chosen.provenance
        batch = batches.get(origin.batch_id) if origin else None
        source = names.get(origin.source) if origin else None
        told.append(
            {
                "field": chosen.field,
                "value": chosen.value,
                "list": source.list_name if source else None,
                "origin": source.origin.value if source else None,
                "file": batch.file_name if batch else None,
                "column": origin.column if origin else None,
                "as_of": origin.as_of if origin else None,
                "purpose": origin.purpose if origin else None,
                "legal_basis": origin.legal_basis if origin else None,
            }
        )
    return told


def _rows(connection: Connection, person: Person) -> list[dict[str, Any]]:
    names = {source.name: source.list_name for source in lists.sources(connection)}
    return [
        {
            "list": names.get(record.source, record.source),
            "line": record.line,
            "as_of": record.as_of,
            "no_longer_listed_since": record.inactive_since,
            "values": {**record.given},
            "votes": dict(record.votes),
            "attributes": dict(record.attributes),
        }
        for record in person.records
    ]


def _contacts(campaign: Campaign, connection: Connection, person_id: int) -> list[dict[str, Any]]:
    """Each contact and answer, the newest first."""
    found: list[dict[str, Any]] = []
    until: datetime | None = None
    skip = 0
    while True:
        page = story.of(campaign, connection, person_id, until=until, skip=skip, most=_PAGE)
        found += [
            {"when": moment.when, "what": moment.code, **moment.params}
            for moment in page.moments
            if moment.source == "event"
        ]
        if page.until is None:
            return found
        until, skip = page.until, page.skip


def _corrections(connection: Connection, person_id: int) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT field, value, made_at FROM privacy.correction WHERE identity.living(subject) = %s"
            " ORDER BY correction_id",
            (person_id,),
        ).fetchall()


def _seen_by(connection: Connection, person_id: int) -> list[dict[str, Any]]:
    """When, what, and in which role: colleagues are persons, too."""
    roles = {
        f"account:{account}": role
        for account, role in connection.execute("SELECT account_id, role FROM access.account").fetchall()
    }
    return [
        {"when": entry.at, "what": entry.verb, "role": roles.get(entry.actor, "system"), "why": entry.why}
        for entry in looks.who_saw(connection, person_id, _MOST_LOOKS)
    ]
