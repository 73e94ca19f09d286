"""What was done and looked at: for the privacy officer, and for whoever asks who saw them."""

from __future__ import annotations

from commonweal.audit.model import Entry
from commonweal.store.ledger import Connection

_COLUMNS = "entry_id, at, actor, verb, subject, detail"


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


def about(connection: Connection, subject: str, limit: int = 20) -> list[Entry]:
    """What was done to, or seen of, one subject ("person:123"), the newest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM audit.entry WHERE subject = %s ORDER BY entry_id DESC LIMIT %s",
        (subject, limit),
    ).fetchall()
    return [Entry(*row) for row in rows]


def verbs(connection: Connection) -> list[str]:
    """Every verb that stands in the audit."""
    return [verb for (verb,) in connection.execute("SELECT DISTINCT verb FROM audit.entry ORDER BY verb")]
