"""What came of contacts, day by day, as live pages show it: a sum of small rows, one for each batch and outcome."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from commonweal.campaign import Campaign
from commonweal.contacts.model import Channel
from commonweal.contacts.outcomes import NOBODY_REACHED, Happened
from commonweal.interactions.model import ResultCode
from commonweal.store.ledger import Connection

IN_PERSON = frozenset({Channel.DOOR, Channel.PHONE})
"""Channels at a human pace, counted by area."""

TOPIC = "contacts"
_REFUSED = frozenset({ResultCode.REFUSED, ResultCode.HOSTILE, ResultCode.DO_NOT_CONTACT})

_ADD = """
    INSERT INTO contacts.tally (day, area_code, channel, outcome, contacts, last_at)
    SELECT h.day, coalesce(p.area_code, ''), h.channel, h.outcome, sum(h.contacts), max(h.at)
    FROM unnest(%(day)s::date[], %(subject)s::bigint[], %(channel)s::text[], %(outcome)s::text[],
        %(contacts)s::bigint[], %(at)s::timestamptz[]) AS h (day, subject, channel, outcome, contacts, at)
    LEFT JOIN people.profile p ON p.person_id = identity.living(h.subject)
    GROUP BY 1, 2, 3, 4 RETURNING area_code
"""
ROLL = """
    WITH gone AS (DELETE FROM contacts.tally WHERE entry_id <= %s RETURNING *)
    INSERT INTO contacts.tally (day, area_code, channel, outcome, contacts, last_at)
    SELECT day, area_code, channel, outcome, sum(contacts), max(last_at) FROM gone
    GROUP BY day, area_code, channel, outcome HAVING sum(contacts) <> 0
"""


@dataclass(frozen=True)
class Outcomes:
    """What came of a day's contacts through one channel: how many by outcome, and when the last one was."""

    channel: Channel
    by_outcome: dict[str, int]
    last_at: datetime

    @property
    def tried(self) -> int:
        """All of them."""
        return sum(self.by_outcome.values())

    @property
    def reached(self) -> int:
        """Those with whom somebody spoke, or that were sent."""
        return self.tried - sum(self.by_outcome.get(code, 0) for code in NOBODY_REACHED)

    @property
    def refused(self) -> int:
        """Those who said no."""
        return sum(self.by_outcome.get(code, 0) for code in _REFUSED)


@dataclass(frozen=True)
class AreaOutcomes:
    """What came of a day's contacts in person, in one area."""

    area_code: str
    tried: int
    reached: int
    refused: int
    last_at: datetime


def area_topic(area_code: str) -> str:
    """The topic of whoever follows the contacts in person of one area."""
    return f"{TOPIC}:{area_code}"


def outcome(event: Happened) -> str:
    """How a contact ended, in one word."""
    return event.result.value if event.result else "answered" if event.answers else "sent"


def note(
    connection: Connection, campaign: Campaign, made: Sequence[Happened], undone: Sequence[Happened]
) -> None:
    """Count contacts that were made, and take back those that were not (role bulk, in the events' transaction)."""
    zone = ZoneInfo(campaign.settings.timezone)
    sums: dict[tuple[date, int | None, Channel, str], int] = defaultdict(int)
    last: dict[tuple[date, int | None, Channel, str], datetime] = {}
    for sign, events in ((1, made), (-1, undone)):
        for event in events:
            if event.by is None:
                continue
            subject = event.subject if event.by in IN_PERSON else None
            key = (event.occurred_at.astimezone(zone).date(), subject, event.by, outcome(event))
            sums[key] += sign
            last[key] = max(last.get(key, event.occurred_at), event.occurred_at)
    if not sums:
        return
    given = {
        "day": [key[0] for key in sums],
        "subject": [key[1] for key in sums],
        "channel": [key[2].value for key in sums],
        "outcome": [key[3] for key in sums],
        "contacts": list(sums.values()),
        "at": [last[key] for key in sums],
    }
    areas = {area for (area,) in connection.execute(_ADD, given).fetchall()}
    campaign.teller.once_committed(connection, TOPIC, *(area_topic(area) for area in areas if area))


def of_day(connection: Connection, day: date, areas: Sequence[str] | None = None) -> list[Outcomes]:
    """What came of a day's contacts, by channel in the order of channels; of these areas only, if given."""
    rows = connection.execute(
        "SELECT channel, outcome, sum(contacts)::bigint, max(last_at) FROM contacts.tally"
        " WHERE day = %s AND (%s::text[] IS NULL OR area_code = ANY (%s)) GROUP BY channel, outcome"
        " HAVING sum(contacts) > 0 ORDER BY channel, outcome",
        (day, areas, areas),
    ).fetchall()
    found = []
    for channel in Channel:
        own = [row for row in rows if row[0] == channel.value]
        if own:
            found.append(Outcomes(channel, {row[1]: row[2] for row in own}, max(row[3] for row in own)))
    return found


def of_areas(connection: Connection, day: date, areas: Sequence[str] | None = None) -> list[AreaOutcomes]:
    """What came of a day's contacts in person, by area, where something happened last first; of these areas, if given."""
    rows = connection.execute(
        "SELECT area_code, sum(contacts)::bigint,"
        " coalesce(sum(contacts) FILTER (WHERE outcome <> ALL (%(nobody)s)), 0)::bigint,"
        " coalesce(sum(contacts) FILTER (WHERE outcome = ANY (%(no)s)), 0)::bigint, max(last_at)"
        " FROM contacts.tally WHERE day = %(day)s AND channel = ANY (%(in_person)s)"
        " AND (%(areas)s::text[] IS NULL OR area_code = ANY (%(areas)s))"
        " GROUP BY area_code HAVING sum(contacts) > 0 ORDER BY max(last_at) DESC, area_code",
        {
            "day": day,
            "areas": list(areas) if areas is not None else None,
            "nobody": [code.value for code in NOBODY_REACHED],
            "no": [code.value for code in _REFUSED],
            "in_person": [channel.value for channel in IN_PERSON],
        },
    ).fetchall()
    return [AreaOutcomes(*row) for row in rows]
