"""What the worker does again and again: let claims lapse, add up small rows, count the pressure on everybody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from commonweal.campaign import Campaign
from commonweal.contacts import actions, due, queries, tally
from commonweal.contacts.claiming import CHUNK
from commonweal.contacts.model import CHANNELS, State, first_stamp
from commonweal.contacts.rules import WEEK, Caps, ChannelCaps, Moment, Rules, most
from commonweal.jobs.rounds import repeated
from commonweal.store.ledger import LedgerRole

_FIRST, _EVERY = 2.0, 60.0  # seconds until the first turn, and from one to the next
_COUNT_EVERY = 10  # turns: to count everybody reads the whole serving copy

_KEPT_EXAMPLES = timedelta(days=60)

# Two claims that came to hold one person, since two persons turned out to be one: the older stays.
_DOUBLED = """
    WITH held AS (
        SELECT c.claim_id, c.claimed_at, identity.living(m) AS person_id
        FROM contacts.claim c CROSS JOIN LATERAL unnest(c.members) AS m
        WHERE c.state = 'live' AND EXISTS (SELECT FROM identity.redirect r WHERE r.subject = m OR r.person_id = m)
    )
    SELECT DISTINCT newer.claim_id FROM held newer JOIN held older USING (person_id)
    WHERE (older.claimed_at, older.claim_id) < (newer.claimed_at, newer.claim_id)
    ORDER BY 1 LIMIT %s
"""
_DUE = """
    SELECT claim_id FROM contacts.claim WHERE state = 'live' AND lapses_at <= %s ORDER BY lapses_at, claim_id LIMIT %s
"""
_ROLL_SPENDING = """
    WITH gone AS (DELETE FROM contacts.spending WHERE entry_id <= %s RETURNING *)
    INSERT INTO contacts.spending (channel, live, done, committed, spent)
    SELECT channel, sum(live), sum(done), sum(committed), sum(spent) FROM gone GROUP BY channel
"""
_ROLL_STOPPED = """
    WITH gone AS (DELETE FROM contacts.stopped WHERE entry_id <= %s RETURNING *)
    INSERT INTO contacts.stopped (day, channel, code, batch_id, persons)
    SELECT day, channel, code, batch_id, sum(persons) FROM gone GROUP BY day, channel, code, batch_id
"""
_THIN_EXAMPLES = """
    DELETE FROM contacts.example x USING (
        SELECT entry_id, row_number() OVER (PARTITION BY day, channel, code ORDER BY entry_id DESC) AS nth
        FROM contacts.example WHERE batch_id IS NULL) ranked
    WHERE x.entry_id = ranked.entry_id AND ranked.nth > %s
"""
# Persons by area, channel ('' over all) and level. Only those with a contact are looked at one by one.
_COUNT = """
    WITH stamp AS (
        SELECT coalesce(r.person_id, p.subject) AS person_id, c
        FROM contacts.pressure p LEFT JOIN identity.redirect r ON r.subject = p.subject
        CROSS JOIN LATERAL unnest(p.contacts) AS c
    ), load AS (
        SELECT person_id, coalesce((c & 7)::integer, -1) AS channel, count(*) AS campaign,
            count(*) FILTER (WHERE c >= %(week)s) AS week, count(*) FILTER (WHERE c >= %(day)s) AS day
        FROM stamp GROUP BY GROUPING SETS ((person_id, (c & 7)::integer), (person_id))
    ), caps AS (
        SELECT * FROM unnest(%(number)s::integer[], %(channel)s::text[], %(cap_day)s::bigint[], %(cap_week)s::bigint[],
            %(cap_campaign)s::bigint[]) AS k (number, channel, cap_day, cap_week, cap_campaign)
    ), level AS (
        SELECT coalesce(f.area_code, '') AS area_code, k.channel, l.campaign AS contacts,
            CASE WHEN l.day >= k.cap_day OR l.week >= k.cap_week OR l.campaign >= k.cap_campaign THEN 'over'
                WHEN l.week + 1 >= k.cap_week OR l.campaign + 1 >= k.cap_campaign THEN 'near' ELSE 'free' END AS level
        FROM load l JOIN caps k ON k.number = l.channel JOIN people.profile f ON f.person_id = l.person_id
    ), spoken AS (
        SELECT area_code, channel, level, count(*) AS persons, sum(contacts) AS contacts
        FROM level GROUP BY area_code, channel, level
    ), everybody AS (
        SELECT coalesce(area_code, '') AS area_code, count(*) AS persons FROM people.profile GROUP BY 1
    )
    INSERT INTO contacts.overview (area_code, channel, level, persons, contacts)
    SELECT area_code, channel, level, persons, contacts FROM spoken
    UNION ALL
    SELECT e.area_code, k.channel, 'never',
        e.persons - coalesce((SELECT sum(s.persons) FROM spoken s
            WHERE s.area_code = e.area_code AND s.channel = k.channel), 0), 0
    FROM everybody e CROSS JOIN caps k
"""


def lapse(campaign: Campaign) -> int:
    """Close the claims that lapsed, and of two that hold one person since a merge the younger. Returns how many."""
    closed = 0
    for query, given in ((_DUE, (campaign.clock(), CHUNK)), (_DOUBLED, (CHUNK,))):
        while due := _claims(campaign, query, given):
            with campaign.ledger.transaction(LedgerRole.BULK) as connection:
                closed += actions.close(connection, campaign, queries.claims(connection, due), State.LAPSED)
    return closed


def _claims(campaign: Campaign, query: str, given: tuple[Any, ...]) -> list[int]:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        return [claim_id for (claim_id,) in connection.execute(query, given).fetchall()]


def roll_up(campaign: Campaign) -> None:
    """Add up the rows that claims leave one by one, and let old examples go."""
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        for table, query in (
            ("spending", _ROLL_SPENDING),
            ("stopped", _ROLL_STOPPED),
            ("tally", tally.ROLL),
        ):
            row = connection.execute(f"SELECT max(entry_id) FROM contacts.{table}").fetchone()
            if row and row[0] is not None:
                connection.execute(query, (row[0],))
        connection.execute(_THIN_EXAMPLES, (queries.MOST_EXAMPLES,))
        connection.execute("DELETE FROM contacts.example WHERE day < %s", (campaign.today - _KEPT_EXAMPLES,))


def count_pressure(campaign: Campaign) -> None:
    """Count everybody by how near they are to a cap, for the page; days are the campaign's."""
    moment = Moment(campaign.clock(), ZoneInfo(campaign.settings.timezone))
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('contacts.overview', 0))")
        _, rules = queries.rules_in_force(connection, campaign)
        connection.execute("DELETE FROM contacts.overview")
        since = {"day": first_stamp(moment.start(1)), "week": first_stamp(moment.start(WEEK))}
        connection.execute(_COUNT, _caps(rules) | since)
        connection.execute(
            "INSERT INTO contacts.counted (at) VALUES (%s) ON CONFLICT (one) DO UPDATE SET at = excluded.at",
            (campaign.clock(),),
        )


def _caps(rules: Rules) -> dict[str, list[Any]]:
    each: list[Caps | ChannelCaps] = [rules.caps, *(rules.caps.of(channel) for channel in CHANNELS)]
    return {
        "number": [-1, *(channel.number for channel in CHANNELS)],
        "channel": ["", *(channel.value for channel in CHANNELS)],
        "cap_day": [most(caps.day) for caps in each],
        "cap_week": [most(caps.week) for caps in each],
        "cap_campaign": [most(caps.campaign) for caps in each],
    }


def keep(campaign: Campaign) -> None:
    """All of it."""
    lapse(campaign)
    roll_up(campaign)
    due.count(campaign)
    count_pressure(campaign)


@contextmanager
def keeper(campaign: Campaign) -> Iterator[None]:
    """As long as the block runs: claims lapse within a minute, what is due is counted every minute, and everybody every ten."""
    turns = count()

    def look_after() -> None:
        turn = next(turns)
        lapse(campaign)
        roll_up(campaign)
        if turn % _COUNT_EVERY == 0:
            count_pressure(campaign)

    with (
        repeated(look_after, _EVERY, "keeper of claims", first=_FIRST),
        repeated(partial(due.count, campaign), _EVERY, "keeper of what is due", first=_FIRST),
    ):
        yield
