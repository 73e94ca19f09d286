"""Events for tests, and what the ledger holds of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from small_town import NADIA

from commonweal.campaign import Campaign
from commonweal.interactions.model import Channel, Event, Kind


def event(campaign: Campaign, event_id: str = "a1", **told: Any) -> Event:
    """An e-mail sent to Nadia an hour ago, but for what is told."""
    who = {} if {"person_id", "email", "phone", "key"} & told.keys() else {"person_id": NADIA}
    given = {
        "kind": Kind.SENT,
        "channel": Channel.EMAIL,
        "occurred_at": campaign.clock() - timedelta(hours=1),
        **who,
        **told,
    }
    return Event(event_id=event_id, **given)


def stored(campaign: Campaign) -> list[tuple[Any, ...]]:
    """Sender, id and subject of all events in the ledger."""
    with campaign.ledger.read() as connection:
        return connection.execute(
            "SELECT sender, event_id, subject FROM interactions.event ORDER BY 1, 2"
        ).fetchall()
