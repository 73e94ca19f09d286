"""Old days of receipt go from the ledger to the lake, and stay readable there.

The rows are written and synced first; then one transaction lists the files and takes the days out of the ledger. A
kill before it leaves the days where they were, a kill after it finds them in the lake.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby

import pyarrow as pa

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.interactions import queries
from commonweal.interactions.model import Moved
from commonweal.store.catalogue import LAKE
from commonweal.store.lake import LakeWriter
from commonweal.store.ledger import Connection, LedgerRole

TABLE = "interactions.event"
KEPT_DAYS = 60
"""Days of receipt that stay in the ledger."""

_SHARE = 56  # an id has 62 bits; the first 6 of them say which 64th it belongs to
_SHARES = 64


def partition(subject: int) -> str:
    """The beginning of the names of the lake's partitions that hold a person: "07/"."""
    return f"{subject >> _SHARE:02d}/"


def move_old(campaign: Campaign, *, kept_days: int = KEPT_DAYS) -> Moved:
    """Move the days of receipt that are older than `kept_days` to the lake, month by month.

    Events whose person is not known yet stay in the ledger. Raises LedgerLocked when another writer of the lake stays.
    """
    before = campaign.today - timedelta(days=kept_days)
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        old = [day for day in queries.days(connection) if day < before]
    moved = 0
    for month, days in groupby(old, key=lambda day: f"{day:%Y-%m}"):
        moved += _move(campaign, month, list(days))
    return Moved(len(old), moved)


def _move(campaign: Campaign, month: str, days: Sequence[date]) -> int:
    """Move some days of one month; how many events."""
    with (
        campaign.lake.writer("interactions.move", {"month": month}) as writer,
        campaign.ledger.transaction(LedgerRole.BULK) as connection,
    ):
        for day in days:
            connection.execute("SELECT interactions.hold_day(%s)", (day,))
        moved = sum(_move_share(campaign, writer, month, days, share) for share in range(_SHARES))
        for day in days:
            _empty(connection, day)
        if moved:
            writer.publish(connection)
            detail = {"events": moved, "from": str(days[0]), "to": str(days[-1])}
            audit.record(connection, campaign, "events.move", detail=detail)
    return moved


def _move_share(campaign: Campaign, writer: LakeWriter, month: str, days: Sequence[date], share: int) -> int:
    """Stage the month's file for one 64th of the ids, with what the lake has of that month already."""
    schema = LAKE[TABLE].schema
    columns = ", ".join("answers::text" if name == "answers" else name for name in schema.names)
    fresh = campaign.bridge.read(
        f"SELECT {columns} FROM interactions.event WHERE received_on BETWEEN $1 AND $2"
        " AND subject >= $3 AND subject < $4",
        (days[0], days[-1], share << _SHARE, (share + 1) << _SHARE),
    ).cast(schema)
    if not fresh.num_rows:
        return 0
    part = f"{share:02d}/{month}"
    there = campaign.lake.partition(TABLE, part)
    rows = pa.concat_tables([there, fresh]).sort_by([("subject", "ascending"), ("occurred_at", "ascending")])
    writer.stage(TABLE, rows, part)
    return int(fresh.num_rows)


def _empty(connection: Connection, day: date) -> None:
    """Take a day's rows out of the ledger, and the day itself unless somebody is still looked for there."""
    waiting = connection.execute(
        "SELECT FROM interactions.event WHERE received_on = %s AND subject IS NULL LIMIT 1", (day,)
    ).rowcount
    if waiting:
        connection.execute(
            "DELETE FROM interactions.event WHERE received_on = %s AND subject IS NOT NULL", (day,)
        )
    else:
        connection.execute("SELECT interactions.drop_day(%s)", (day,))
