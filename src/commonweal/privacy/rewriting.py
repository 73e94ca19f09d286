"""After an erasure: the lake's files are written anew without the erased, raw ones too, and the old files deleted.

Until then every read leaves their rows out (Lake.table). The old files go after the time that readers which began
before them are given; the receipt then says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.consent import points, queries
from commonweal.errors import _
from commonweal.intake.normalise import phones
from commonweal.jobs import actions as jobs
from commonweal.jobs.model import Progress, silent
from commonweal.jobs.rounds import repeated
from commonweal.store.catalogue import LAKE
from commonweal.store.lake import GRACE, Erased
from commonweal.store.ledger import Connection, LedgerRole

COMMAND = "forget"
LIMIT = timedelta(hours=24)  # within which the files are written anew

_STEP = _("rewriting files")
_LOOK = 60.0  # seconds between two looks whether something is due
_LEAST_DIGITS = 8  # of what may be a telephone number


@dataclass(frozen=True)
class Rewritten:
    """What was written anew: rows left out, by table; how many receipts are complete."""

    rows: dict[str, int]
    receipts: int
    gone: int


def rewrite(campaign: Campaign, progress: Progress = silent) -> Rewritten:
    """Write every file that holds a row of an erased person anew. Killed on the way, it begins again."""
    with campaign.ledger.lock("people.publish", wait=600), campaign.lake.writer("privacy.forget") as writer:
        with campaign.ledger.read(LedgerRole.BULK) as connection:
            open_ = _open(connection)
        erased = _with_older_rows(campaign, campaign.lake.erased()) if open_ else Erased()
        counts: Counter[str] = Counter()
        for done, name in enumerate(LAKE):
            progress(done, len(LAKE), _STEP)
            for partition, (count, rows) in campaign.lake.cleaned(name, erased).items():
                writer.stage(name, rows, partition)
                counts[name] += count
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            if counts:
                writer.publish(connection)
            gone = _note(connection, campaign, open_, counts)
    progress(len(LAKE), len(LAKE), _STEP)
    return Rewritten(dict(counts), len(open_), gone)


def is_due(campaign: Campaign) -> bool:
    """Whether files wait to be written anew, or old ones to be deleted, and no run for it is queued."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        row = connection.execute(
            "SELECT (EXISTS (SELECT FROM privacy.erasure WHERE rewritten_at IS NULL)"
            "   OR EXISTS (SELECT FROM privacy.erasure WHERE gone_at IS NULL AND rewritten_at < %s))"
            " AND NOT EXISTS (SELECT FROM jobs.run WHERE command = %s AND status IN ('queued', 'running'))",
            (campaign.clock() - GRACE, COMMAND),
        ).fetchone()
    return bool(row and row[0])


@contextmanager
def reminder(campaign: Campaign) -> Iterator[None]:
    """Queue the rewriting whenever it is due, in a thread of its own, for as long as the block runs."""

    def remind() -> None:
        if is_due(campaign):
            jobs.queue(campaign.ledger, campaign.clock, COMMAND, {}, campaign.actor)

    with repeated(remind, _LOOK, "erasure reminder"):
        yield


def _open(connection: Connection) -> list[int]:
    rows = connection.execute("SELECT erasure_id FROM privacy.erasure WHERE rewritten_at IS NULL").fetchall()
    return [erasure_id for (erasure_id,) in rows]


def _note(connection: Connection, campaign: Campaign, rewritten: Sequence[int], counts: Counter[str]) -> int:
    """On the receipts: what is done, and which of the older ones have no old file left."""
    now = campaign.clock()
    connection.execute("DELETE FROM store.erased WHERE erasure_id = ANY (%s)", (list(rewritten),))
    connection.execute(
        "UPDATE privacy.erasure SET rewritten_at = %s WHERE erasure_id = ANY (%s)", (now, list(rewritten))
    )
    gone = connection.execute(
        "UPDATE privacy.erasure e SET gone_at = %s WHERE gone_at IS NULL AND rewritten_at < %s"
        " AND NOT EXISTS (SELECT FROM store.file f JOIN store.snapshot s ON s.snapshot_id = f.removed"
        "   WHERE s.at <= e.rewritten_at)",
        (now, now - GRACE),
    ).rowcount
    if rewritten or gone:
        detail = {"rows": sum(counts.values()), "receipts": len(rewritten), "gone": gone}
        audit.record(connection, campaign, "privacy.rewrite", detail=detail)
    return gone


def _with_older_rows(campaign: Campaign, erased: Erased) -> Erased:
    """With the rows of older batches that gave the same records, and quarantined rows that name an erased person."""
    records = campaign.lake.table("intake.record", hide=False)
    own = records.filter(records.record_id.isin(erased.records)).select("batch_id", "line")
    found = campaign.lake.read(own).to_pylist() if erased.records else []
    rows = {(row["batch_id"], row["line"]) for row in found}
    return replace(erased, rows=tuple(sorted({*erased.rows, *rows, *_quarantined(campaign)})))


def _quarantined(campaign: Campaign) -> set[tuple[int, int]]:
    """Rows that never became records and hold a registration number, e-mail address or telephone number of one erased."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        stones = queries.tombstones(connection)
    table = campaign.lake.table("intake.quarantine")
    found = set()
    for batch in campaign.lake.batches(table.select("batch_id", "line", "value", "cells")):
        for row in batch.to_pylist():
            if any(_names(campaign, cell, stones) for cell in [row["value"], *(row["cells"] or ())]):
                found.add((row["batch_id"], row["line"]))
    return found


def _names(campaign: Campaign, cell: str | None, stones: set[tuple[str, int]]) -> bool:
    """Whether a cell says what an erased person was known by."""
    text = (cell or "").strip()
    if not text or text.isalpha():
        return False
    if sum(map(str.isdigit, text)) >= _LEAST_DIGITS:
        number, _reason = phones.parse(text, campaign.settings.region)
        if number and ("phone", points.contact_point(campaign, "phone", number)) in stones:
            return True
    kind = "email" if "@" in text else "registration"
    return (kind, points.contact_point(campaign, kind, text)) in stones
