"""What was done and looked at: for the privacy officer, and for whoever asks who saw them."""

from __future__ import annotations

from datetime import datetime

from commonweal.audit.model import Entry, Moment
from commonweal.store.ledger import Connection

_COLUMNS = "entry_id, at, actor, verb, subject, detail, cardinality(persons), why"


def recent(
    connection: Connection, *, before: int | None = None, verb: str | None = None, limit: int = 100
) -> list[Entry]:
    """The newest entries first; `before` an entry's id for the next page, of one verb if given."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM audit.entry"
        " WHERE (%(before)s::bigint IS NULL OR entry_id < %(before)s) AND (%(verb)s::text IS NULL OR verb = %(verb)s)"
        " ORDER BY entry_id DESC LIMIT %(limit)s",
        {"before": before, "verb": verb, "limit": limit},
    ).fetchall()
    return [Entry(*row) for row in rows]


def who_saw(connection: Connection, person_id: int, limit: int = 20) -> list[Entry]:
    """All that was done to, or seen of, one person, alone or among many, the newest first.

    Under every id that the person had before a merge, too.
    """
    rows = connection.execute(
        "WITH known (id) AS ("
        "   SELECT %(person)s::bigint"
        "   UNION SELECT subject FROM identity.person_of WHERE person_id = %(person)s)"
        f" SELECT {_COLUMNS} FROM audit.entry"
        " WHERE subject = ANY (ARRAY(SELECT 'person:' || id FROM known)) OR persons && ARRAY(SELECT id FROM known)"
        " ORDER BY entry_id DESC LIMIT %(limit)s",
        {"person": person_id, "limit": limit},
    ).fetchall()
    return [Entry(*row) for row in rows]


def moments(connection: Connection, person_id: int, limit: int = 200) -> list[Moment]:
    """`who_saw`, for the person's line of time."""
    return [
        Moment(each.at, each.actor, each.verb, each.why) for each in who_saw(connection, person_id, limit)
    ]


def is_noted(connection: Connection, actor: str, verb: str, persons: list[int], since: datetime) -> bool:
    """Whether it stands there, since then, that this actor did this to all of these persons at once."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM audit.entry WHERE persons @> %s::bigint[] AND actor = %s AND verb = %s AND at >= %s)",
        (persons, actor, verb, since),
    ).fetchone()
    return bool(row and row[0])


def verbs(connection: Connection) -> list[str]:
    """Every verb that stands in the audit."""
    return [verb for (verb,) in connection.execute("SELECT DISTINCT verb FROM audit.entry ORDER BY verb")]
