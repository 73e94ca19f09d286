"""Doors for one who knocks: some of the plan in force, near one another, claimed for an account."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from commonweal.access.model import Account, Role
from commonweal.campaign import Campaign
from commonweal.contacts import batches, queries
from commonweal.contacts.claiming import Terms, look
from commonweal.contacts.errors import EnoughDoors, NoDoorsLeft
from commonweal.contacts.lists import as_option
from commonweal.contacts.model import BatchReport, Channel
from commonweal.planning import queries as planning
from commonweal.planning.options import options_of
from commonweal.store.ledger import Connection, LedgerRole

DOORS_MOST = 60
"""What one person can knock at in an evening."""

# Doors that the plan wants and nobody holds or has knocked at. What is due comes before the days ahead; in each the street that was
# begun comes first, then the street that has waited longest or comes soonest. A plan without days: all is due, and no street waits.
_FREE = """
    WITH free AS (
        SELECT p.person_id, o.planned, o.day, coalesce(o.day > %(today)s, false) AS ahead, p.street_key, p.house_number
        FROM people.profile p JOIN people.standing s USING (person_id)
        CROSS JOIN LATERAL unnest(s.planned, s.days) AS o (planned, day)
        LEFT JOIN contacts.pressure c ON c.subject = p.person_id
        WHERE s.plan_id = %(plan)s AND o.planned = ANY (%(options)s) AND p.area_code = ANY (%(areas)s)
            AND p.street IS NOT NULL AND p.person_id <> ALL (%(passed)s)
            AND coalesce(c.held_until, '-infinity') <= %(now)s
            AND NOT EXISTS (SELECT FROM unnest(c.contacts) AS k WHERE k & 7 = %(door)s)
            AND NOT EXISTS (SELECT FROM contacts.claim k WHERE k.subject = p.person_id AND k.channel = 'door'
                AND k.state = 'done' AND k.closed_at > %(now)s - interval '20 hours')
    )
    SELECT person_id, planned FROM free
    ORDER BY ahead, street_key IS DISTINCT FROM %(street)s, min(day) OVER (PARTITION BY ahead, street_key), street_key,
        nullif(regexp_replace(house_number, '\\D.*$', ''), '')::numeric, house_number, person_id
    LIMIT %(most)s
"""
_LAST = """
    SELECT p.area_code, p.street_key FROM contacts.claim c
    JOIN people.profile p ON p.person_id = identity.living(c.subject)
    WHERE c.account_id = %s AND c.channel = 'door' ORDER BY c.claimed_at DESC, c.claim_id DESC LIMIT 1
"""
_HOW_MANY = """
    SELECT FROM contacts.claim
    WHERE account_id = %s AND state = 'live' AND lapses_at > %s AND channel = 'door'
"""
_AT_ONCE = 5  # doors for who asks for more


_HELD = """
    SELECT c.claim_id, c.message_version, c.claimed_at, c.lapses_at,
        concat_ws(' ', p.house_number, p.street), coalesce(p.unit, ''), coalesce(p.city, ''),
        s.days[array_position(s.planned, c.option)] AS day,
        coalesce(s.days[array_position(s.planned, c.option)] > %(today)s, false) AS ahead,
        p.person_id, concat_ws(' ', p.given_name, p.surname), p.birth_year
    FROM contacts.claim c CROSS JOIN LATERAL unnest(c.asked) AS a (subject)
    JOIN people.profile p ON p.person_id = identity.living(a.subject)
    LEFT JOIN people.standing s ON s.person_id = p.person_id
    WHERE c.account_id = %(account)s AND c.state = 'live' AND c.lapses_at > %(now)s AND c.channel = 'door'
    ORDER BY ahead, p.area_code, p.street_key,
        nullif(regexp_replace(p.house_number, '\\D.*$', ''), '')::numeric, p.house_number, c.claim_id, p.birth_year, p.person_id
"""


@dataclass
class Door:
    """One door that an account holds: where, with what message, since and until when, the day that it is meant for (None: the plan
    has no days) and whether that is still to come, and who is asked (name, year of birth; `ids` are theirs).
    """

    claim_id: int
    message: str
    since: datetime
    until: datetime
    address: str
    unit: str
    city: str
    day: date | None
    ahead: bool
    persons: list[tuple[str, int | None]] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)


def held(connection: Connection, campaign: Campaign, account_id: int) -> list[Door]:
    """The doors that an account holds, street by street, those ahead of the plan last; the transaction is the account's own."""
    found: dict[int, Door] = {}
    given = {"account": account_id, "now": campaign.clock(), "today": campaign.today}
    for *told, person_id, name, born in connection.execute(_HELD, given).fetchall():
        door = found.setdefault(told[0], Door(*told))
        door.persons.append((name, born))
        door.ids.append(person_id)
    return list(found.values())


def hand_out(
    campaign: Campaign, areas: Sequence[str], doors: int, holder: Account, *, actor: str, key: str = ""
) -> BatchReport:
    """Claim up to so many doors in these areas for an account: those that are due, then those of the days ahead, so that nobody who
    has the evening is sent home. Raises NoPlanInForce, CampaignOver, NoDoorsLeft.

    With the `key` of a batch of its own, doing it again does it once. Whether the actor may hand out doors in these areas is for the caller to ask before.
    """
    return _claim(campaign, areas, None, min(doors, DOORS_MOST), holder, actor, key)


def next_door(campaign: Campaign, holder: Account, *, actor: str) -> BatchReport:
    """Claim a few doors more, where the holder was last, or in the holder's areas. Raises as `hand_out`, and EnoughDoors:
    whoever could take doors without end would see a whole area, and keep it from the others.
    """
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        last = connection.execute(_LAST, (holder.account_id,)).fetchone()
        doors = connection.execute(_HOW_MANY, (holder.account_id, campaign.clock())).rowcount
    if doors >= DOORS_MOST:
        raise EnoughDoors(doors=doors)
    if last and (holder.role is not Role.ORGANISER or last[0] in holder.areas):
        return _claim(campaign, [last[0]], last[1], _AT_ONCE, holder, actor)
    return _claim(campaign, holder.areas, None, _AT_ONCE, holder, actor)


def _claim(
    campaign: Campaign,
    areas: Sequence[str],
    street: str | None,
    doors: int,
    holder: Account,
    actor: str,
    key: str = "",
) -> BatchReport:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        plan = planning.to_work_by(connection, campaign)
        options = [as_option(option) for option in options_of(campaign.folder, Channel.DOOR)]
        terms = queries.terms(
            connection,
            campaign,
            Channel.DOOR,
            options,
            account=holder.account_id,
            actor=actor,
            ahead=True,
        )
        wanted = _open(connection, terms, _Place(plan.plan_id, areas, street, campaign.today), doors)
    if not wanted:
        raise NoDoorsLeft
    return batches.claim_batch(
        campaign,
        key or f"doors:{secrets.token_hex(8)}",
        wanted,
        Channel.DOOR,
        options,
        account=holder.account_id,
        actor=actor,
        ahead=True,
    )


@dataclass(frozen=True)
class _Place:
    """Where doors are looked for, of which plan, on which day; the street that was begun, or none."""

    plan_id: int
    areas: Sequence[str]
    street: str | None
    today: date


def _open(connection: Connection, terms: Terms, place: _Place, doors: int) -> dict[int, int]:
    """The first so many that a claim would not refuse now, with the places of their options: whom the rules spare since the plan
    was made would else stand first, evening after evening.
    """
    found: dict[int, int] = {}
    passed: list[int] = []
    while len(found) < doors and (free := _free(connection, terms, place, passed, 2 * doors + len(passed))):
        refused = look(connection, terms, free)
        found |= {person: option for person, option in free.items() if person not in refused}
        passed += free
    return dict(islice(found.items(), doors))


def _free(
    connection: Connection, terms: Terms, place: _Place, passed: Sequence[int], most: int
) -> dict[int, int]:
    codes = [option.code for option in terms.options]
    given = {
        "plan": place.plan_id,
        "options": codes,
        "areas": list(place.areas),
        "street": place.street,
        "today": place.today,
        "passed": list(passed),
        "now": terms.now,
        "door": Channel.DOOR.number,
        "most": most,
    }
    return {person: codes.index(code) for person, code in connection.execute(_FREE, given).fetchall()}
