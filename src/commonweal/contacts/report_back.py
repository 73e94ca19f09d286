"""After the vote: what was promised where, and to whom of those who agreed to hear what came of it.

Both are as old as the last count. The list of people names nobody who did not say yes to hearing from the campaign by that
channel, and nobody whom the law or their own word keeps from it by now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from psycopg.rows import dict_row

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.consent import queries as consent
from commonweal.consent.model import Channel as LawChannel
from commonweal.contacts.lists import Sheet, marked
from commonweal.contacts.model import CHANNELS, Channel
from commonweal.planning import lists as formatter
from commonweal.store.ledger import Connection, LedgerRole

_PLACE = ("house_number", "street", "unit", "postcode", "city")
_REACHED_AT: dict[Channel, tuple[str, ...]] = {
    Channel.DOOR: _PLACE,
    Channel.PHONE: ("phone",),
    Channel.SMS: ("phone",),
    Channel.EMAIL: ("email",),
    Channel.POST: _PLACE,
}
# What a person can’t be reached without.
_NEEDED = {channel: "street" if fields is _PLACE else fields[0] for channel, fields in _REACHED_AT.items()}

_BY_AREA = """
    SELECT p.text, p.status, p.outcome, h.area_code, coalesce(a.name, '') AS area, h.persons, h.contacts, h.last_on
    FROM mandate.heard h JOIN mandate.promise p USING (promise_id) LEFT JOIN people.area a USING (area_code)
    ORDER BY p.promise_id, h.persons DESC, h.area_code
"""
_TOLD = """
    SELECT DISTINCT p.person_id FROM mandate.told t
    JOIN people.profile p ON p.person_id = identity.living(t.person_id) WHERE p.{needed} IS NOT NULL
"""
# Of two who turned out to be one the living person is written to, once.
_PEOPLE = """
    WITH told AS (
        SELECT identity.living(person_id) AS person_id, promise_id, sum(times) AS times, max(last_on) AS last_on
        FROM mandate.told GROUP BY 1, 2
    )
    SELECT p.person_id, concat_ws(' ', p.given_name, p.surname) AS names, p.area_code, p.house_number, p.street, p.unit,
        p.postcode, p.city, p.phone, p.email, max(t.last_on) AS last_on,
        array_agg(m.text ORDER BY m.promise_id) AS promises, array_agg(m.status ORDER BY m.promise_id) AS stands,
        array_agg(m.outcome ORDER BY m.promise_id) AS outcomes
    FROM told t JOIN people.profile p USING (person_id) JOIN mandate.promise m USING (promise_id)
    WHERE p.person_id = ANY (%s) GROUP BY p.person_id ORDER BY p.area_code, p.surname, p.given_name, p.person_id
"""


def by_area(campaign: Campaign, connection: Connection, holder: str) -> tuple[str, list[list[str]]]:
    """The name of the file, and what was promised in which area, to how many, and what became of it; the heads first."""
    rows = connection.execute(_BY_AREA).fetchall()
    heads = ["promise", "status", "what_was_done", "area_code", "area", "people", "times", "last_told"]
    written = [[formatter.defused(str(value)) for value in row] for row in rows]
    return marked(campaign, "report-back-by-area", holder), [heads, *written]


def agreed(connection: Connection, campaign: Campaign, channel: Channel) -> list[int]:
    """Who was told a promise and agreed to hear from us by this channel, of those whom the account may see.

    Raises what `consent.queries.agreed` raises.
    """
    told = connection.execute(_TOLD.format(needed=_NEEDED[channel])).fetchall()
    persons = [person for (person,) in told]
    return sorted(
        consent.agreed(connection, campaign, persons, LawChannel(channel), campaign.clock())
        if persons
        else ()
    )


def how_many(connection: Connection, campaign: Campaign) -> dict[Channel, int]:
    """How many of them, by channel."""
    return {channel: len(agreed(connection, campaign, channel)) for channel in CHANNELS}


def sheet(campaign: Campaign, channel: Channel, *, account: int | None, actor: str, holder: str) -> Sheet:
    """The list of those who agreed, each with what they were promised and how it stands. Taking it is noted with all whom
    it names. `account` None: of everyone. Raises what `agreed` raises.
    """
    role = LedgerRole.BULK if account is None else LedgerRole.WEB
    with campaign.ledger.transaction(role, account=account) as connection:
        persons = agreed(connection, campaign, channel)
        with connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(_PEOPLE, (persons,)).fetchall()
        written = list(_written(rows, channel))
        audit.record(
            connection,
            campaign,
            "mandate.report_back",
            persons=persons,
            detail={"channel": channel.value, "rows": len(written)},
            actor=actor,
        )
    heads = ["names", *_REACHED_AT[channel], "area", "promises", "how_they_stand", "last_told"]
    return Sheet(marked(campaign, f"report-back-{channel.value}", holder), channel, [heads, *written])


def _written(rows: Sequence[dict[str, Any]], channel: Channel) -> Iterable[list[str]]:
    for row in rows:
        stands = [
            f"{status}: {outcome}" if outcome else status
            for status, outcome in zip(row["stands"], row["outcomes"], strict=True)
        ]
        cells = (
            row["names"],
            *(row[name] or "" for name in _REACHED_AT[channel]),
            row["area_code"] or "",
            " | ".join(row["promises"]),
            " | ".join(stands),
            row["last_on"].isoformat(),
        )
        yield [formatter.defused(cell) for cell in cells]


def export(
    campaign: Campaign, folder: Path, channels: Sequence[Channel], *, actor: str | None = None
) -> list[tuple[Path, int]]:
    """Write what was promised by area, and a list for each channel, as CSV files in `folder`: each path, and its rows.

    Raises ListsNotWritten, and what `agreed` raises.
    """
    who = actor or campaign.actor
    holder = who.partition(":")[2] or who
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        name, rows = by_area(campaign, connection, holder)
        audit.record(connection, campaign, "mandate.report_back", detail={"rows": len(rows) - 1}, actor=who)
    files = [(name, rows)]
    files += [
        (made.name, made.rows)
        for made in (sheet(campaign, each, account=None, actor=who, holder=holder) for each in channels)
    ]
    return [(formatter.write_list(folder / name, rows), len(rows) - 1) for name, rows in files]
