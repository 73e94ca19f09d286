"""The one way to write the audit: inside the transaction of the act."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    persons: Iterable[int] | None = None,
    why: str | None = None,
    detail: Mapping[str, Any] | None = None,
    actor: str | None = None,
) -> None:
    """Note that `actor` (default: the campaign's) did `verb` to `subject` ("person:123", "plan:4").

    `persons`: all whom an act upon many concerns, so that each may know of it. `detail` holds ids, counts and field
    names, never the values of a person; `why` a reason in the actor's words, without any either.
    """
    connection.execute(
        "INSERT INTO audit.entry (at, actor, verb, subject, persons, why, detail)"
        " VALUES (%s, %s, %s, %s, %s::bigint[], %s, %s)",
        (
            campaign.clock(),
            actor or campaign.actor,
            verb,
            subject,
            None if persons is None else list(persons),
            why,
            Jsonb(dict(detail or {})),
        ),
    )
