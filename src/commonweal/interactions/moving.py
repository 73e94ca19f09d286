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

_DUE = timedelta(days=30)  # files of a quarter are written anew with each move: about three times in all
_SHARE = 56  # an id has 62 bits; the first 6 of them say which 64th it belongs to
_SHARES = 64


def partition(subject: int) -> str:
    """The beginning of the names of the lake's partitions that hold a person: "07/"."""
    return f"{subject >> _SHARE:02d}/"


def move_old(campaign: Campaign, *, kept_days: int = KEPT_DAYS) -> Moved:
    """Move the days of receipt that are older than `kept_days` to the lake, once a month's worth of them is due.

    Events whose person is not known yet stay in the ledger. Raises LedgerLocked when another writer of the lake stays.
    """
    before = campaign.today - timedelta(days=kept_days)
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        old = [day for day in queries.days(connection) if day < before]
    if not old or before - old[0] < _DUE:
        return Moved(0, 0)
    moved = sum(_move(campaign, part, list(days)) for part, days in groupby(old, key=quarter))
    return Moved(len(old), moved)


def quarter(day: date) -> str:
    """The end of the names of the lake's partitions that hold a day of receipt: "2027-q1"."""
    return f"{day.year}-q{(day.month + 2) // 3}"


def _move(campaign: Campaign, part: str, days: Sequence[date]) -> int:
    """Move some days of one quarter; how many events."""
    with (
        campaign.lake.writer("interactions.move", {"quarter": part}) as writer,
        campaign.ledger.transaction(LedgerRole.BULK) as connection,
    ):
        for day in days:
            connection.execute("SELECT interactions.hold_day(%s)", (day,))
        moved = sum(_move_share(campaign, writer, part, days, share) for share in range(_SHARES))
        for day in days:
            _empty(connection, day)
        if moved:
            writer.publish(connection)
            detail = {"events": moved, "from": str(days[0]), "to": str(days[-1])}
            audit.record(connection, campaign, "events.move", detail=detail)
    return moved


def _move_share(campaign: Campaign, writer: LakeWriter, part: str, days: Sequence[date], share: int) -> int:
    """Stage the quarter's file for one 64th of the ids, with what the lake has of that quarter already."""
    schema = LAKE[TABLE].schema
    columns = ", ".join("answers::text" if name == "answers" else name for name in schema.names)
    fresh = campaign.bridge.read(
        f"SELECT {columns} FROM interactions.event WHERE received_on BETWEEN $1 AND $2"
        " AND subject >= $3 AND subject < $4",
        (days[0], days[-1], share << _SHARE, (share + 1) << _SHARE),
    ).cast(schema)
    if not fresh.num_rows:
        return 0
    name = f"{share:02d}/{part}"
    there = campaign.lake.partition(TABLE, name)
    rows = pa.concat_tables([there, fresh]).sort_by([("subject", "ascending"), ("occurred_at", "ascending")])
    writer.stage(TABLE, rows, name)
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
