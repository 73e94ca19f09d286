"""What runs there are and how far they are."""

from __future__ import annotations

from typing import Any

import psycopg

from commonweal.jobs.model import Run, RunStatus

_COLUMNS = "run_id, command, arguments, actor, status, step, done, total, queued_at, started_at, finished_at, result, error"


def _run(**row: Any) -> Run:
    return Run(**(row | {"status": RunStatus(row["status"])}))


def run(connection: psycopg.Connection[Any], run_id: int) -> Run | None:
    """One run, or None."""
    with connection.cursor(row_factory=_row) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM jobs.run WHERE run_id = %s", (run_id,)).fetchone()


def recent(connection: psycopg.Connection[Any], limit: int = 20) -> list[Run]:
    """The newest runs first."""
    with connection.cursor(row_factory=_row) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM jobs.run ORDER BY run_id DESC LIMIT %s", (limit,)
        ).fetchall()


def last(connection: psycopg.Connection[Any], command: str, status: RunStatus | None = None) -> Run | None:
    """The newest run of a command, in this state if one is given; or None."""
    with connection.cursor(row_factory=_row) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM jobs.run WHERE command = %(command)s"
            " AND (%(status)s::text IS NULL OR status = %(status)s) ORDER BY run_id DESC LIMIT 1",
            {"command": command, "status": status and status.value},
        ).fetchone()


def under_way(connection: psycopg.Connection[Any], command: str) -> Run | None:
    """The newest run of a command that waits or runs; or None."""
    with connection.cursor(row_factory=_row) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM jobs.run WHERE command = %s AND status IN ('queued', 'running')"
            " ORDER BY run_id DESC LIMIT 1",
            (command,),
        ).fetchone()


def _row(cursor: psycopg.Cursor[Any]) -> Any:
    names = [column.name for column in cursor.description or ()]
    return lambda values: _run(**dict(zip(names, values, strict=True)))
