"""The chain of seals over the audit: each holds the entries of transactions that are over, and the seal before.

A chain inside each transaction would make all of them wait for one another; so rows are written unchained, and once a
second the worker seals what can't change any more: entries whose transaction is older than every one that still runs
(`pg_snapshot_xmin`). A seal names the ids it holds, so that it means the same on a server whose transaction numbers
begin anew (docs/decisions/0012).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING

from commonweal.audit.model import Break, Fault, Seal, Verdict
from commonweal.errors import CommonwealError
from commonweal.jobs.rounds import repeated
from commonweal.store.ledger import Connection, Ledger, LedgerRole

if TYPE_CHECKING:
    from commonweal.campaign import Campaign

EVERY = 1.0  # seconds

_AT_ONCE = 1000  # seals that are verified in one query
_MOST_NAMED = 100  # entries that a verdict names; it counts all
_START = b"\0" * 32

# Over the seal before, all that this one says, and its entries.
_HASH = """sha256(s.previous || convert_to(concat_ws(' ', s.seal_id, (extract(epoch FROM s.at) * 1000000)::bigint,
    s.entries, s.rows, s.horizon, s.floor), 'UTF8') || coalesce(s.digests, ''))"""

# One statement, so one snapshot: the horizon and the rows that are seen belong together. Who comes second to the
# same number adds nothing.
_SEAL = """
WITH last AS (
    SELECT * FROM (SELECT seal_id, horizon, floor, hash FROM audit.seal ORDER BY seal_id DESC LIMIT 1) s
    UNION ALL SELECT 0, '0'::xid8, 0, %(start)s WHERE NOT EXISTS (SELECT FROM audit.seal)
), over AS (
    SELECT range_agg(int8range(e.entry_id, e.entry_id, '[]')) AS entries, count(*) AS rows, max(e.entry_id) AS newest,
        string_agg(audit.digest(e), ''::bytea ORDER BY e.entry_id) AS digests
    FROM audit.entry e, last
    WHERE e.entry_id > last.floor AND CASE WHEN %(everything)s
        THEN e.xid >= last.horizon OR e.entry_id >= (SELECT max(upper(entries)) FROM audit.seal)
        ELSE e.xid >= last.horizon AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) END
), next AS (
    SELECT last.seal_id + 1 AS seal_id, %(at)s::timestamptz AS at, over.entries, over.rows,
        pg_snapshot_xmin(pg_current_snapshot()) AS horizon,
        CASE WHEN %(everything)s THEN over.newest ELSE last.floor END AS floor, last.hash AS previous, over.digests
    FROM last, over WHERE over.rows > 0
)
INSERT INTO audit.seal (seal_id, at, entries, rows, horizon, floor, previous, hash)
SELECT s.seal_id, s.at, s.entries, s.rows, s.horizon, s.floor, s.previous, {hash} FROM next s
ON CONFLICT (seal_id) DO NOTHING
RETURNING rows
""".replace("{hash}", _HASH)

_CHECK = """
SELECT s.seal_id, s.entries::text, s.rows, s.previous, s.hash, coalesce(s.found, 0), {hash}
FROM (
    SELECT c.*, f.found, f.digests FROM audit.seal c LEFT JOIN LATERAL (
        SELECT count(*) AS found, string_agg(audit.digest(e), ''::bytea ORDER BY e.entry_id) AS digests
        FROM unnest(c.entries) r JOIN audit.entry e ON e.entry_id >= lower(r) AND e.entry_id < upper(r)
    ) f ON true
    WHERE c.seal_id > %s ORDER BY c.seal_id LIMIT %s
) s ORDER BY s.seal_id
""".replace("{hash}", _HASH)

_STRANGERS = """
SELECT e.entry_id FROM audit.entry e
WHERE (e.entry_id <= %(floor)s OR e.xid < %(horizon)s)
    AND NOT EXISTS (SELECT FROM audit.seal s WHERE e.entry_id <@ s.entries)
ORDER BY e.entry_id LIMIT %(most)s
"""


def seal(ledger: Ledger, at: datetime, *, everything: bool = False) -> int:
    """Seal what is over; how many entries that were.

    `everything`: on a ledger that nobody else uses, right after it was restored and that was noted in the audit. Its
    transaction numbers are another server's and say nothing about what is over here; from this seal on they do again.
    """
    with ledger.transaction(LedgerRole.WORKER) as connection:
        row = connection.execute(_SEAL, {"at": at, "start": _START, "everything": everything}).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def sealer(ledger: Ledger, clock: Callable[[], datetime]) -> Iterator[None]:
    """Seal each second, in a thread of its own, for as long as the block runs, and once more at its end."""
    try:
        with repeated(lambda: seal(ledger, clock()), EVERY, "audit sealer"):
            yield
    finally:
        with suppress(CommonwealError):
            seal(ledger, clock())


def last_seal(connection: Connection) -> Seal | None:
    """The newest seal, or None before the first."""
    row = connection.execute(
        "SELECT seal_id, at, rows, encode(hash, 'hex') FROM audit.seal ORDER BY seal_id DESC LIMIT 1"
    ).fetchone()
    return Seal(*row) if row else None


def verify(campaign: Campaign, anchor: tuple[int, str] | None = None) -> Verdict:
    """Walk the chain from its beginning: every entry of every seal, and entries that no seal knows.

    `anchor`: number and hash of a seal as they were noted elsewhere (a backup's manifest, paper). Who owns the whole
    database could make a new chain; not one that holds the same hash.
    """
    with campaign.ledger.read(LedgerRole.OWNER, steady=True) as connection:
        return verified(connection, anchor)


def verified(connection: Connection, anchor: tuple[int, str] | None = None) -> Verdict:
    """`verify`, in a transaction that sees one state all along."""
    breaks: list[Break] = []
    seals, entries, before = 0, 0, _START
    met = anchor is None
    while rows := connection.execute(_CHECK, (seals, _AT_ONCE)).fetchall():
        for number, named, counted, previous, kept, found, computed in rows:
            fault = _fault(number - seals, previous == before, counted, found, kept == computed)
            if fault:
                breaks.append(Break(fault, number, named))
            if anchor and anchor[0] == number:
                met = True
                if kept.hex() != anchor[1].lower():
                    breaks.append(Break(Fault.OTHER_CHAIN, number, named))
            seals, before, entries = number, kept, entries + counted
    if anchor and not met:
        breaks.append(Break(Fault.SEAL_MISSING, anchor[0], ""))
    strangers = _strangers(connection)
    tail = _tail(connection)
    return Verdict(
        intact=not breaks and not strangers,
        seals=seals,
        entries=entries,
        unsealed=tail,
        last=last_seal(connection),
        breaks=tuple(breaks),
        inserted=tuple(strangers),
    )


def _fault(step: int, follows: bool, counted: int, found: int, same: bool) -> Fault | None:
    if step != 1:
        return Fault.SEAL_MISSING
    if not follows:
        return Fault.SEAL_ALTERED
    if found < counted:
        return Fault.ENTRY_MISSING
    if found > counted:
        return Fault.ENTRY_INSERTED
    return None if same else Fault.ENTRY_ALTERED


def _strangers(connection: Connection) -> list[int]:
    """Entries that ought to be sealed and are not: the tables were changed behind the audit's back.

    Counted first, for the search compares every entry with every seal.
    """
    row = connection.execute("SELECT horizon, floor FROM audit.seal ORDER BY seal_id DESC LIMIT 1").fetchone()
    if row is None:
        return []
    horizon, floor = row
    asked = {"horizon": horizon, "floor": floor, "most": _MOST_NAMED}
    counted = connection.execute(
        "SELECT (SELECT count(*) FROM audit.entry WHERE entry_id <= %(floor)s OR xid < %(horizon)s),"
        " (SELECT sum(rows) FROM audit.seal)",
        asked,
    ).fetchone()
    assert counted is not None
    if counted[0] == counted[1]:
        return []
    return [entry_id for (entry_id,) in connection.execute(_STRANGERS, asked).fetchall()]


def _tail(connection: Connection) -> int:
    row = connection.execute(
        "SELECT count(*) FROM audit.entry e WHERE NOT EXISTS (SELECT FROM audit.seal)"
        " OR (xid >= (SELECT horizon FROM audit.seal ORDER BY seal_id DESC LIMIT 1)"
        "     AND entry_id > (SELECT floor FROM audit.seal ORDER BY seal_id DESC LIMIT 1))"
    ).fetchone()
    assert row is not None
    return int(row[0])
