"""What the ledger knows of lists, batches and quarantine."""

from __future__ import annotations

from typing import Any

from psycopg.rows import class_row, dict_row

from commonweal.intake.errors import NoSuchBatch
from commonweal.intake.model import Batch, Kind, Mode, Origin, QuarantineCount, QuarantineRow, Source, Status
from commonweal.store.ledger import Connection

_BATCH = (
    "SELECT batch_id, source, mode, file_name, sha256, mapping_version, as_of, columns, rows_read, records,"
    " quarantined, set_aside, status, loaded_at, actor, seconds FROM intake.batch"
)
_ORDER = " ORDER BY source, as_of, batch_id"


def batches(connection: Connection, source: str | None = None) -> list[Batch]:
    """All batches (of one source), those taken back too, in the order in which they count: by source and day."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            _BATCH + " WHERE %(source)s::text IS NULL OR source = %(source)s" + _ORDER, {"source": source}
        ).fetchall()
    return [_batch(row) for row in rows]


def loaded_batches(connection: Connection, source: str | None = None) -> list[Batch]:
    """The batches whose rows count, in order."""
    return [batch for batch in batches(connection, source) if batch.status is Status.LOADED]


def batch(connection: Connection, batch_id: int) -> Batch:
    """One batch. Raises NoSuchBatch."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_BATCH + " WHERE batch_id = %s", (batch_id,)).fetchone()
    if row is None:
        raise NoSuchBatch(batch_id=batch_id)
    return _batch(row)


def sources(connection: Connection) -> list[Source]:
    """All lists that were ever loaded, by name."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT name, list, kind, mode, origin, purpose, legal_basis, mapping_version, mapping"
            " FROM intake.source ORDER BY name"
        ).fetchall()
    return [_source(row) for row in rows]


def quarantine_counts(connection: Connection, batch_id: int | None = None) -> list[QuarantineCount]:
    """How many rows or values each reason holds, and where the first stands, most first; of one batch or of all."""
    with connection.cursor(row_factory=class_row(QuarantineCount)) as cursor:
        return cursor.execute(
            "SELECT c.batch_id, c.reason, c.rows, e.line, e.column_name FROM intake.quarantine_count c"
            " LEFT JOIN LATERAL (SELECT line, column_name FROM intake.quarantine_row r"
            "  WHERE r.batch_id = c.batch_id AND r.reason = c.reason ORDER BY line LIMIT 1) e ON true"
            " WHERE %(batch)s::integer IS NULL OR c.batch_id = %(batch)s ORDER BY c.batch_id, c.rows DESC, c.reason",
            {"batch": batch_id},
        ).fetchall()


def quarantine_rows(
    connection: Connection, batch_id: int, reason: str | None = None, limit: int = 50
) -> list[QuarantineRow]:
    """Examples of what a batch has in quarantine, by line. Under row-level security: only for whom may see everyone."""
    rows = connection.execute(
        "SELECT batch_id, line, reason, column_name, value, cells FROM intake.quarantine_row"
        " WHERE batch_id = %(batch)s AND (%(reason)s::text IS NULL OR reason = %(reason)s)"
        " ORDER BY line, reason LIMIT %(limit)s",
        {"batch": batch_id, "reason": reason, "limit": limit},
    ).fetchall()
    return [
        QuarantineRow(
            batch_id=number,
            line=line,
            reason=why,
            column_name=column,
            value=value,
            cells=tuple(cells or ()),
        )
        for number, line, why, column, value, cells in rows
    ]


def _batch(row: dict[str, Any]) -> Batch:
    known = {"mode": Mode(row["mode"]), "status": Status(row["status"]), "columns": tuple(row["columns"])}
    return Batch(**{**row, **known})


def _source(row: dict[str, Any]) -> Source:
    known = {"kind": Kind(row["kind"]), "mode": Mode(row["mode"]), "origin": Origin(row["origin"])}
    rest = {name: value for name, value in row.items() if name != "list"}
    return Source(**{**rest, **known, "list_name": row["list"]})
