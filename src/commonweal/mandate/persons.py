"""What was promised to one person, out of the ledger and the lake: read off their line of time.

`tables` says the same over everybody; a test holds the two equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from commonweal.campaign import Campaign
from commonweal.interactions import story
from commonweal.interactions.model import Moment
from commonweal.mandate.tables import RETURN, SAID
from commonweal.store.ledger import Connection

_MOST = 5_000  # moments of a line of time; nobody is contacted more often


@dataclass(frozen=True)
class Promised:
    """A promise made to a person: how often, by which channels, when last."""

    promise_id: int
    text: str
    times: int
    channels: tuple[str, ...]
    last_at: datetime


@dataclass(frozen=True)
class _Contact:
    """One contact that reached them: the name of its message, or the claim that knows it."""

    name: str | None
    claim_id: int | None
    channel: str
    at: datetime


def promised(campaign: Campaign, connection: Connection, person_id: int) -> list[Promised]:
    """What was promised to a person, the last first. Raises NoSuchPerson for somebody whom `connection` doesn't show."""
    told = story.of(campaign, connection, person_id, most=_MOST).moments
    contacts = _contacts(
        [moment for moment in told if moment.source == "event" and not moment.params.get("undone")]
    )
    rows = connection.execute(
        "WITH made AS ("
        "   SELECT coalesce(m.name, c.message_version) AS name, m.channel, m.at"
        "   FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::timestamptz[]) AS m (name, claim_id, channel, at)"
        "   LEFT JOIN contacts.claim c USING (claim_id))"
        " SELECT p.promise_id, p.text, made.channel, made.at FROM made"
        " JOIN messages.named n ON n.name = made.name AND n.since <= made.at AND made.at < n.until"
        " JOIN mandate.carries k USING (version_id) JOIN mandate.promise p USING (promise_id)"
        " ORDER BY made.at",
        (
            [each.name for each in contacts],
            [each.claim_id for each in contacts],
            [each.channel for each in contacts],
            [each.at for each in contacts],
        ),
    ).fetchall()
    made: dict[int, list[tuple[str, str, datetime]]] = defaultdict(list)
    for promise_id, *rest in rows:
        made[promise_id].append((rest[0], rest[1], rest[2]))
    found = [
        Promised(
            promise_id,
            times[0][0],
            len(times),
            tuple(dict.fromkeys(channel for _text, channel, _at in times)),
            times[-1][2],
        )
        for promise_id, times in made.items()
    ]
    return sorted(found, key=lambda each: each.last_at, reverse=True)


def _contacts(events: Sequence[Moment]) -> list[_Contact]:
    """Those that reached the person, each once however many events tell of it: by claim, else channel, message and day."""
    bounced = [(each.params.get("channel"), each.when) for each in events if each.code == "bounced"]
    found: dict[tuple[object, ...], _Contact] = {}
    for each in events:
        name, claim_id = each.params.get("message_version"), each.params.get("claim_id")
        channel = str(each.params.get("channel"))
        came_back = each.code == "sent" and any(
            channel == other and timedelta() <= at - each.when <= timedelta(days=RETURN)
            for other, at in bounced
        )
        if not _reached(each) or came_back or (name is None and claim_id is None):
            continue
        key = (channel, name, claim_id or each.when.date())
        if key not in found or each.when < found[key].at:
            found[key] = _Contact(name, claim_id, channel, each.when)
    return list(found.values())


def _reached(event: Moment) -> bool:
    if event.params.get("direction") != "out":
        return False
    spoke = event.params.get("answers") is not None or event.params.get("result") in SAID
    return event.code in {"sent", "delivered"} or (event.code == "attempt" and spoke)
