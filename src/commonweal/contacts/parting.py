"""When two who were taken for one are parted: what was done to them meanwhile counts for both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from commonweal.contacts.model import first_stamp
from commonweal.store.ledger import Connection

# Whom each contact was meant for can't be told from a count; a cap that is too strict errs on the right side.
_PART = """
    INSERT INTO contacts.pressure AS p (subject, contacts, refusals, messages)
    SELECT %(gone)s,
        coalesce(array_agg(DISTINCT c) FILTER (WHERE c >= %(since)s), '{}'),
        coalesce(array_agg(DISTINCT r) FILTER (WHERE r >= %(since)s), '{}'),
        coalesce(array_agg(DISTINCT m) FILTER (WHERE m IS NOT NULL), '{}')
    FROM contacts.pressure b
    LEFT JOIN LATERAL unnest(b.contacts) AS c ON true
    LEFT JOIN LATERAL unnest(b.refusals) AS r ON true
    LEFT JOIN LATERAL unnest(b.messages) AS m ON true
    WHERE b.subject = ANY (%(subjects)s)
    HAVING count(c) + count(r) + count(m) > 0
    ON CONFLICT (subject) DO UPDATE SET contacts = p.contacts || excluded.contacts,
        refusals = p.refusals || excluded.refusals, messages = p.messages || contacts.less(excluded.messages, p.messages)
"""


def part(connection: Connection, gone: int, subjects: Sequence[int], since: datetime) -> None:
    """Add to the pressure on `gone` what was done under `subjects` since they were one, in the caller's transaction."""
    connection.execute(_PART, {"gone": gone, "subjects": list(subjects), "since": first_stamp(since)})
