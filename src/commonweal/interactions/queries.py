"""What the ledger holds of interactions: what happened, what waits, who sent how much."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from commonweal.interactions import columns
from commonweal.interactions.model import Channel
from commonweal.store.ledger import Connection


@dataclass(frozen=True)
class Status:
    """Where an event stands: the day that it was received on, and whether nobody is known yet whom it is about."""

    received_on: date
    pending: bool


def status(connection: Connection, sender: str, event_id: str) -> Status | None:
    """Where an event stands, or None if it was never taken in. Role bulk."""
    high, low = columns.hashes(sender, [event_id])
    row = connection.execute(
        "SELECT s.received_on, EXISTS (SELECT FROM interactions.event e WHERE e.received_on = s.received_on"
        "   AND e.subject IS NULL AND e.event_id = %s AND e.sender = %s)"
        " FROM interactions.seen s WHERE s.high = %s AND s.low = %s",
        (event_id, sender, int(high[0]), int(low[0])),
    ).fetchone()
    return Status(*row) if row else None


def happened(
    connection: Connection, person_id: int, sender: str, event_id: str
) -> tuple[int, Channel | None, int | None] | None:
    """Subject, channel and claim of an event of a person that is in the ledger and not corrected; else None."""
    row = connection.execute(
        "WITH mine AS (SELECT * FROM interactions.event WHERE subject = ANY (%(subjects)s) AND sender = %(sender)s)"
        " SELECT subject, channel, claim_id FROM mine WHERE event_id = %(event)s"
        " AND NOT EXISTS (SELECT FROM mine c WHERE c.corrects = %(event)s)",
        {"subjects": subjects(connection, person_id), "sender": sender, "event": event_id},
    ).fetchone()
    return (row[0], Channel(row[1]) if row[1] else None, row[2]) if row else None


def subjects(connection: Connection, person_id: int) -> list[int]:
    """Under which ids the facts of a living person stand: its own, and those of the persons merged into it."""
    rows = connection.execute(
        "SELECT subject FROM identity.redirect WHERE person_id = %s ORDER BY subject", (person_id,)
    ).fetchall()
    return [person_id, *(subject for (subject,) in rows)]


def days(connection: Connection) -> list[date]:
    """The days of receipt that are in the ledger. Role bulk."""
    return [day for (day,) in connection.execute("SELECT interactions.days()").fetchall()]


def pending(connection: Connection) -> int:
    """How many events wait for their person. Role bulk."""
    row = connection.execute("SELECT count(*) FROM interactions.event WHERE subject IS NULL").fetchone()
    return int(row[0]) if row else 0


def latest(connection: Connection) -> datetime | None:
    """When an event was last received, as far as the caller may see."""
    row = connection.execute("SELECT max(received_at) FROM interactions.event").fetchone()
    return row[0] if row else None
