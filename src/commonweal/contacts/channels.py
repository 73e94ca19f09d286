"""What events close for good: a channel that somebody wants no more, a number that was wrong; opened again by a correction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from commonweal.campaign import Campaign
from commonweal.consent import actions as consent
from commonweal.consent import points
from commonweal.consent.model import Channel as LawChannel
from commonweal.consent.model import Suppressed
from commonweal.contacts.model import Channel
from commonweal.contacts.outcomes import Happened, suppressions
from commonweal.contacts.rules import Rules
from commonweal.store.ledger import Connection


def close(connection: Connection, campaign: Campaign, rules: Rules, events: Sequence[Happened]) -> None:
    """Suppress what the results ask for, and remember whom a first message reached."""
    now = campaign.clock()
    closing = [(event, found) for event in events if (found := suppressions(event, rules))]
    numbers = _numbers(connection, [event for event, found in closing if _of_number(found)])
    rows: list[consent.Suppression] = []
    for event, found in closing:
        number = numbers.get(event.subject) if _of_number(found) else None
        point = points.contact_point(campaign, "phone", number) if number else None
        rows += [
            (event.subject, None, point, channel, reason, min(event.occurred_at, now))
            for channel, reason in found
        ]
    consent.suppress_many(connection, campaign, rows)
    # The law counts what is written to people who never said yes.
    for channel in (Channel.EMAIL, Channel.SMS):
        written = [event.subject for event in events if event.by is channel and event.contact is not None]
        if written:
            consent.approached(connection, campaign, written, LawChannel(channel))


def _of_number(found: Sequence[tuple[LawChannel, Suppressed]]) -> bool:
    return any(reason is Suppressed.WRONG_NUMBER for _, reason in found)


def _numbers(connection: Connection, events: Sequence[Happened]) -> dict[int, str]:
    """The phone numbers that turned out to be wrong."""
    if not events:
        return {}
    rows = connection.execute(
        "SELECT s, p.phone FROM unnest(%s::bigint[]) AS s JOIN people.profile p ON p.person_id = identity.living(s)"
        " WHERE p.phone IS NOT NULL",
        ([event.subject for event in events],),
    ).fetchall()
    return dict(rows)


def reopen(connection: Connection, campaign: Campaign, rules: Rules, undone: Sequence[Happened]) -> None:
    """Lift what was closed by events that did not happen."""
    for event in undone:
        for channel, reason in suppressions(event, rules):
            for number in _closed_by(connection, event, channel, reason, campaign.clock()):
                consent.lift(connection, campaign, number)


def _closed_by(
    connection: Connection, event: Happened, channel: LawChannel, reason: Suppressed, now: datetime
) -> list[int]:
    rows = connection.execute(
        "SELECT s.suppression_id FROM consent.suppression s WHERE s.subject = %s AND s.channel = %s AND s.reason = %s"
        " AND s.occurred_at = %s AND s.lifts IS NULL"
        " AND NOT EXISTS (SELECT FROM consent.suppression l WHERE l.lifts = s.suppression_id)",
        (event.subject, channel.value, reason.value, min(event.occurred_at, now)),
    ).fetchall()
    return [number for (number,) in rows]
