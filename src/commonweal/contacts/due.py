"""What the plan in force means for which day, and how far it is: to be made, in somebody's hands, made, or made no more.

Only a plan with days has it. What was meant for an earlier day and is still to be made is overdue, and stays so until it is
made, until who it is for says no, or until another plan is in force.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, groupby
from typing import Any

from commonweal.campaign import Campaign
from commonweal.contacts import queries
from commonweal.contacts.model import CHANNELS, HOUSEHOLD_CHANNELS, Channel, first_stamp
from commonweal.planning import queries as planning
from commonweal.planning.options import CampaignOption
from commonweal.planning.totals import MadePlan
from commonweal.store.ledger import Connection, LedgerRole

TOPIC = "due"

# One row a contact, at a door or in a letter one for all of the household. A contact by the same channel since the plan was made is
# this one; no door is knocked at twice.
_COUNT = """
    WITH closed AS MATERIALIZED (
        SELECT person_id, array_agg(channel) AS channels FROM consent.suppressed GROUP BY person_id
    ), planned AS (
        SELECT s.person_id, coalesce(s.area_code, '') AS area_code, o.option, o.day, t.channel, t.number, t.message,
            CASE WHEN t.by_home THEN p.household_id END AS home
        FROM people.standing s CROSS JOIN LATERAL unnest(s.planned, s.days) AS o (option, day)
        JOIN unnest(%(option)s::text[], %(channel)s::text[], %(number)s::integer[], %(message)s::text[], %(by_home)s::boolean[])
            AS t (option, channel, number, message, by_home) USING (option)
        LEFT JOIN people.profile p ON t.by_home AND p.person_id = s.person_id
        WHERE s.plan_id = %(plan)s
    ), contact AS (  -- of a home the area of those whose area is known
        SELECT coalesce(min(nullif(d.area_code, '')), '') AS area_code, d.channel, min(d.day) AS day,
            bool_or(EXISTS (SELECT FROM unnest(c.contacts) AS k
                    WHERE k & 7 = d.number AND (k >= %(since)s OR d.channel = 'door'))
                OR %(by_message)s AND d.message = ANY (c.messages)) AS made,
            bool_or(c.held_until > %(now)s
                AND EXISTS (SELECT FROM contacts.claim k WHERE k.claim_id = c.claim_id AND k.channel = d.channel)) AS held,
            bool_and(coalesce(x.channels && ARRAY['*', d.channel], false)
                OR EXISTS (SELECT FROM unnest(c.refusals) AS r WHERE (r >> 3) + %(rest)s > %(second)s)) AS stopped
        FROM planned d LEFT JOIN contacts.pressure c ON c.subject = d.person_id LEFT JOIN closed x USING (person_id)
        GROUP BY d.channel, d.option, coalesce(d.home, d.person_id), d.home IS NULL
    ), counted AS (
        SELECT area_code, channel, coalesce(day, %(today)s) AS day,
            count(*) FILTER (WHERE made IS NOT TRUE AND held IS NOT TRUE AND stopped IS NOT TRUE) AS open,
            count(*) FILTER (WHERE made IS NOT TRUE AND held) AS held,
            count(*) FILTER (WHERE made) AS made,
            count(*) FILTER (WHERE made IS NOT TRUE AND held IS NOT TRUE AND stopped) AS stopped
        FROM contact GROUP BY 1, 2, 3
    ), gone AS (
        DELETE FROM contacts.due d WHERE NOT EXISTS (SELECT FROM counted c
            WHERE (c.area_code, c.channel, c.day) = (d.area_code, d.channel, d.day))
        RETURNING 1
    ), kept AS (
        INSERT INTO contacts.due AS d (plan_id, area_code, channel, day, open, held, made, stopped)
        SELECT %(plan)s, * FROM counted
        ON CONFLICT (area_code, channel, day) DO UPDATE SET (plan_id, open, held, made, stopped)
                = (excluded.plan_id, excluded.open, excluded.held, excluded.made, excluded.stopped)
            WHERE (d.plan_id, d.open, d.held, d.made, d.stopped)
                <> (excluded.plan_id, excluded.open, excluded.held, excluded.made, excluded.stopped)
        RETURNING 1
    )
    SELECT FROM gone UNION ALL SELECT FROM kept
"""
_TAKEN = """
    SELECT s.person_id FROM people.standing s CROSS JOIN LATERAL unnest(s.planned, s.days) AS o (option, day)
    JOIN unnest(%(option)s::text[], %(message)s::text[]) AS t (option, message) USING (option)
    JOIN contacts.pressure c ON c.subject = s.person_id
    WHERE s.plan_id = %(plan)s AND o.day <= %(until)s
        AND (c.held_until > %(now)s OR %(by_message)s AND t.message = ANY (c.messages)
            OR EXISTS (SELECT FROM unnest(c.contacts) AS k WHERE k & 7 = %(number)s AND k >= %(since)s))
"""


@dataclass(frozen=True)
class Due:
    """The contacts of a plan that are meant for one day, through one channel.

    open: to be made; held: in somebody's hands; made: also where they had the message otherwise; stopped: who it is for said no
    since, or is left in peace.
    """

    channel: Channel
    day: date
    open: int
    held: int
    made: int
    stopped: int

    @property
    def all(self) -> int:
        """All of them."""
        return self.open + self.held + self.made + self.stopped


@dataclass(frozen=True)
class Agenda:
    """Where a channel stands on a day: what is meant for earlier days, for this one, and for those that come.

    overdue: meant for earlier days and to be made, `since` the first of them; spared: meant for earlier days, and not to be made any
    more; held: in somebody's hands, of whatever day; coming: the next days with what is to be made on each.
    """

    channel: Channel
    overdue: int
    since: date | None
    spared: int
    today: Due
    held: int
    coming: tuple[tuple[date, int], ...]

    @property
    def upto(self) -> list[tuple[date, int]]:
        """What may be taken, up to today and up to each day that comes."""
        days = [(self.today.day, self.overdue + self.today.open), *self.coming]
        return list(zip((day for day, _open in days), accumulate(open_ for _day, open_ in days), strict=True))


def count(campaign: Campaign) -> None:
    """Count the contacts of the plan in force by day, area and channel, for pages; who follows them is told when it has moved."""
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('contacts.due', 0))")
        plan = planning.in_force(connection)
        if plan is None or plan.first_day is None:
            moved = connection.execute("DELETE FROM contacts.due").rowcount
        else:
            moved = connection.execute(_COUNT, _given(connection, campaign, plan)).rowcount
        if moved:
            campaign.teller.once_committed(connection, TOPIC)


def _given(connection: Connection, campaign: Campaign, plan: MadePlan) -> dict[str, Any]:
    options = planning.option_totals(connection, plan.plan_id)
    channels = [Channel(option.channel) for option in options]
    _, rules = queries.rules_in_force(connection, campaign)
    now = campaign.clock()
    return {
        "plan": plan.plan_id,
        "option": [option.option for option in options],
        "channel": [channel.value for channel in channels],
        "number": [channel.number for channel in channels],
        "message": [option.message for option in options],
        "by_home": [channel in HOUSEHOLD_CHANNELS for channel in channels],
        "by_message": rules.useless.same_message,
        "since": first_stamp(plan.made_at),
        "rest": rules.rest_after_refusal * 86_400,
        "now": now,
        "second": now.timestamp(),
        "today": campaign.today,
    }


def taken(
    connection: Connection,
    campaign: Campaign,
    plan: MadePlan,
    channel: Channel,
    options: Sequence[CampaignOption],
    until: date,
) -> set[int]:
    """Whom nobody has to ask for now, of those whom a plan means for days up to one: they are in somebody's hands, for this contact
    or for another, or this one was made, or they had its message otherwise (role bulk).
    """
    _, rules = queries.rules_in_force(connection, campaign)
    given = {
        "plan": plan.plan_id,
        "option": [option.code for option in options],
        "message": [option.message for option in options],
        "by_message": rules.useless.same_message,
        "until": until,
        "number": channel.number,
        "since": first_stamp(plan.made_at),
        "now": campaign.clock(),
    }
    return {person for (person,) in connection.execute(_TAKEN, given).fetchall()}


def of_days(connection: Connection, areas: Sequence[str] | None = None) -> list[Due]:
    """By channel, in the order of channels, and day; of these areas only, if given. As last counted; none before the plan in force
    was.
    """
    rows = connection.execute(
        "SELECT channel, day, sum(open)::bigint, sum(held)::bigint, sum(made)::bigint, sum(stopped)::bigint"
        " FROM contacts.due JOIN planning.plan USING (plan_id) WHERE status = 'approved'"
        " AND (%(areas)s::text[] IS NULL OR area_code = ANY (%(areas)s)) GROUP BY channel, day",
        {"areas": None if areas is None else list(areas)},
    ).fetchall()
    found = [Due(Channel(channel), *rest) for channel, *rest in rows]
    return sorted(found, key=lambda due: (CHANNELS.index(due.channel), due.day))


def agenda(connection: Connection, today: date, areas: Sequence[str] | None = None) -> list[Agenda]:
    """Where each channel stands; none where the plan in force has no days."""
    by_channel = groupby(of_days(connection, areas), key=lambda due: due.channel)
    return [_agenda(channel, list(found), today) for channel, found in by_channel]


def _agenda(channel: Channel, found: Sequence[Due], today: date) -> Agenda:
    past = [due for due in found if due.day < today]
    return Agenda(
        channel,
        overdue=sum(due.open for due in past),
        since=next((due.day for due in past if due.open), None),
        spared=sum(due.stopped for due in past),
        today=next((due for due in found if due.day == today), Due(channel, today, 0, 0, 0, 0)),
        held=sum(due.held for due in found),
        coming=tuple((due.day, due.open) for due in found if due.day > today and due.open),
    )
