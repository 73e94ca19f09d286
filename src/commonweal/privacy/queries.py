"""What the privacy officer reads: requests, receipts, the register of what is processed."""

from __future__ import annotations

from typing import Any

from commonweal.privacy.errors import NoSuchRequest
from commonweal.privacy.model import Kind, Purpose, Receipt, Request, State
from commonweal.store.ledger import Connection

_REQUEST = (
    "SELECT request_id, kind, state, received, due, extended, words, made_by, made_at, closed_by, closed_at, outcome,"
    " array(SELECT subject FROM privacy.request_subject s WHERE s.request_id = r.request_id ORDER BY subject)"
    " FROM privacy.request r"
)


def _request(row: tuple[Any, ...]) -> Request:
    number, kind, state, *rest = row
    *told, subjects = rest
    return Request(*(number, Kind(kind), State(state), *told, tuple(subjects)))


def open_requests(connection: Connection) -> list[Request]:
    """Those that wait for an answer, the most urgent first."""
    rows = connection.execute(_REQUEST + " WHERE state = 'open' ORDER BY due, request_id").fetchall()
    return [_request(row) for row in rows]


def closed_requests(connection: Connection, limit: int = 50) -> list[Request]:
    """Those that were answered, the newest first."""
    rows = connection.execute(
        _REQUEST + " WHERE state <> 'open' ORDER BY closed_at DESC, request_id DESC LIMIT %s", (limit,)
    ).fetchall()
    return [_request(row) for row in rows]


def request(connection: Connection, request_id: int, *, lock: bool = False) -> Request:
    """One request; `lock`: nobody changes it until the transaction ends. Raises NoSuchRequest."""
    row = connection.execute(
        _REQUEST + " WHERE request_id = %s" + (" FOR UPDATE" if lock else ""), (request_id,)
    ).fetchone()
    if row is None:
        raise NoSuchRequest(request_id=request_id)
    return _request(row)


_RECEIPT = (
    "SELECT erasure_id, request_id, erased_at, erased_by, rows, rewritten_at, gone_at FROM privacy.erasure"
)


def receipts(connection: Connection, limit: int = 50) -> list[Receipt]:
    """What was erased, the newest first."""
    rows = connection.execute(_RECEIPT + " ORDER BY erasure_id DESC LIMIT %s", (limit,)).fetchall()
    return [Receipt(*row) for row in rows]


def receipts_of(connection: Connection, request_id: int) -> list[Receipt]:
    """The erasures that answered a request."""
    rows = connection.execute(
        _RECEIPT + " WHERE request_id = %s ORDER BY erasure_id", (request_id,)
    ).fetchall()
    return [Receipt(*row) for row in rows]


def register(connection: Connection) -> list[Purpose]:
    """The record of processing (GDPR 30), made from the lists that are loaded: one line for each list and purpose.

    A column may say a purpose and a legal basis of its own.
    """
    rows = connection.execute(
        "SELECT s.list, s.kind, s.origin, coalesce(nullif(c.value ->> 'purpose', ''), s.purpose) AS purpose,"
        "   coalesce(nullif(c.value ->> 'legal_basis', ''), s.legal_basis) AS legal_basis,"
        "   array_agg(DISTINCT c.value ->> 'target' ORDER BY c.value ->> 'target'),"
        "   (SELECT coalesce(sum(records), 0)::bigint FROM intake.batch b WHERE b.source = s.name AND status = 'loaded'),"
        "   (SELECT max(as_of) FROM intake.batch b WHERE b.source = s.name AND status = 'loaded')"
        " FROM intake.source s, jsonb_each(s.mapping -> 'columns') c (header, value)"
        " WHERE coalesce(c.value ->> 'target', '') <> ''"
        " GROUP BY s.name, 4, 5 ORDER BY s.list, 4, 5"
    ).fetchall()
    return [Purpose(*(*told, tuple(fields), records, newest)) for *told, fields, records, newest in rows]
