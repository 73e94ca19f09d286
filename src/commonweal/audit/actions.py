"""The one way to write the audit: inside the transaction of the act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from commonweal.campaign import Campaign


def record(
    connection: psycopg.Connection[Any],
    campaign: Campaign,
    verb: str,
    *,
    subject: str | None = None,
    detail: Mapping[str, Any] | None = None,
    actor: str | None = None,
) -> None:
    """Note that `actor` (default: the campaign's) did `verb` to `subject` ("person:123", "plan:4").

    `detail` holds ids, counts and field names, never the values of a person.
    """
    connection.execute(
        "INSERT INTO audit.entry (at, actor, verb, subject, detail) VALUES (%s, %s, %s, %s, %s)",
        (campaign.clock(), actor or campaign.actor, verb, subject, Jsonb(dict(detail or {}))),
    )
