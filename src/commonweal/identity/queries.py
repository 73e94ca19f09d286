"""What the ledger knows of identity."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

from commonweal.identity.model import LinkModel


def newest_model(connection: psycopg.Connection[Any]) -> tuple[int, LinkModel] | None:
    """The weights in use, with their number; None while none were learnt."""
    row = connection.execute(
        "SELECT model_id, weights FROM identity.model ORDER BY model_id DESC LIMIT 1"
    ).fetchone()
    return (row[0], LinkModel.from_json(row[1])) if row else None


def living(connection: psycopg.Connection[Any], subjects: Iterable[int]) -> dict[int, int]:
    """For each subject the person it is part of now."""
    rows = connection.execute(
        "SELECT s, identity.living(s) FROM unnest(%s::bigint[]) AS s", (list(subjects),)
    ).fetchall()
    return dict(rows)


def redirects_to(connection: psycopg.Connection[Any], persons: Iterable[int]) -> dict[int, int]:
    """The former persons that are part of any of `persons` now."""
    rows = connection.execute(
        "SELECT subject, person_id FROM identity.redirect WHERE person_id = ANY(%s)", (list(persons),)
    ).fetchall()
    return dict(rows)
