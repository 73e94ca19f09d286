"""Messages, as the account of the transaction may see them."""

from __future__ import annotations

from typing import Any

from commonweal.messages.errors import NoSuchVersion
from commonweal.messages.model import Version
from commonweal.store.ledger import Connection

_VERSION = (
    "SELECT v.version_id, v.code, v.number,"
    " coalesce((SELECT jsonb_object_agg(t.language, t.text) FROM messages.text t WHERE t.version_id = v.version_id), '{}'),"
    " v.written_by, v.written_at, v.approved_by, v.approved_at, w.by, w.at, w.reason"
    " FROM messages.version v LEFT JOIN messages.withdrawal w USING (version_id)"
)


def versions(connection: Connection) -> list[Version]:
    """All versions, by message, the newest first."""
    rows: list[Any] = connection.execute(_VERSION + " ORDER BY v.code, v.number DESC").fetchall()
    return [Version(*row) for row in rows]


def version(connection: Connection, version_id: int) -> Version:
    """One version. Raises NoSuchVersion."""
    row: Any = connection.execute(_VERSION + " WHERE v.version_id = %s", (version_id,)).fetchone()
    if row is None:
        raise NoSuchVersion()
    return Version(*row)
