"""Events that came before the campaign knew their person: after each publish they are looked for again.

Of an address only a keyed hash is kept, so the addresses of the serving copy are hashed the same way and compared.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.consent import points
from commonweal.interactions import columns
from commonweal.interactions.model import Found
from commonweal.interactions.resolving import GLUE
from commonweal.store.ledger import Connection, LedgerRole

_KEYS = (
    f"SELECT source || E'{GLUE.encode('unicode_escape').decode()}' || key, person_id, record_id"
    " FROM people.record WHERE key IS NOT NULL"
)
_GIVE = """
    WITH found AS (
        UPDATE interactions.event e
        SET subject = k.person, record_id = k.record, household_id = p.household_id
        FROM unnest(%(point)s::bigint[], %(person)s::bigint[], %(record)s::bigint[]) AS k (point, person, record)
        LEFT JOIN people.profile p ON p.person_id = k.person
        WHERE e.subject IS NULL AND e.contact_point = k.point
        RETURNING e.subject, e.household_id, e.event_id
    )
    SELECT array_agg(subject), array_agg(household_id), array_agg(event_id) FROM found
"""


def resolve_pending(campaign: Campaign, *, also: Callable[[Connection, Found], None] | None = None) -> Found:
    """Give waiting events the person whom the serving copy knows by now. An address of two persons goes on waiting.

    `also` runs in the same transaction, if any were found.
    """
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        waiting = _waiting(connection)
        owners = _owners(connection, campaign, waiting)
        if not owners:
            return Found()
        given = {
            "point": columns.numbers(list(owners)),
            "person": columns.numbers([person for person, _record in owners.values()]),
            "record": columns.numbers([record for _person, record in owners.values()]),
        }
        row = connection.execute(_GIVE, given).fetchone()
        assert row is not None
        found = Found(*(tuple(column or ()) for column in row))
        if also:
            also(connection, found)
        audit.record(connection, campaign, "events.resolve", detail={"found": len(found.subjects)})
        return found


def _waiting(connection: Connection) -> set[int]:
    rows = connection.execute(
        "SELECT DISTINCT contact_point FROM interactions.event WHERE subject IS NULL"
    ).fetchall()
    return {point for (point,) in rows}


def _owners(
    connection: Connection, campaign: Campaign, waiting: set[int]
) -> dict[int, tuple[int, int | None]]:
    """By contact point the one person (and record) that has it."""
    found: dict[int, tuple[int, int | None]] = {}
    shared: set[int] = set()
    people = ((point, person, None) for point, person in points.holders(connection, campaign, waiting))
    for point, *owner in chain(people, points.matching(connection, campaign, waiting, "key", _KEYS)):
        first = found.setdefault(point, (owner[0], owner[1]))
        shared |= {point} if first[0] != owner[0] else set()
    return {point: owner for point, owner in found.items() if point not in shared}
