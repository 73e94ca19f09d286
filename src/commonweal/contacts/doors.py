"""Doors for one who knocks: some of the plan in force, near one another, claimed for an account."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from commonweal.access.model import Account, Role
from commonweal.campaign import Campaign
from commonweal.contacts import batches
from commonweal.contacts.errors import EnoughDoors, NoDoorsLeft
from commonweal.contacts.lists import as_option
from commonweal.contacts.model import BatchReport, Channel
from commonweal.planning import queries as planning
from commonweal.planning.options import options_of
from commonweal.store.ledger import Connection, LedgerRole

DOORS_MOST = 60
"""What one person can knock at in an evening."""

# Doors that the plan wants and nobody holds or has knocked at; first the street that was begun, then street by street.
_FREE = """
    SELECT p.person_id, o.planned
    FROM people.standing s CROSS JOIN LATERAL unnest(s.planned) AS o (planned) JOIN people.profile p USING (person_id)
    LEFT JOIN contacts.pressure c ON c.subject = p.person_id
    WHERE s.plan_id = %(plan)s AND o.planned = ANY (%(options)s) AND p.area_code = ANY (%(areas)s)
        AND p.street IS NOT NULL
        AND coalesce(c.held_until, '-infinity') <= %(now)s
        AND NOT EXISTS (SELECT FROM unnest(c.contacts) AS k WHERE k & 7 = %(door)s)
        AND NOT EXISTS (SELECT FROM contacts.claim k WHERE k.subject = p.person_id AND k.channel = 'door'
            AND k.state = 'done' AND k.closed_at > %(now)s - interval '20 hours')
    ORDER BY p.street_key IS DISTINCT FROM %(street)s, p.street_key,
        nullif(regexp_replace(p.house_number, '\\D.*$', ''), '')::numeric, p.house_number, p.person_id
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
_TRIED_FOR_ONE = 5  # doors that are asked for where one is wanted: the rules may refuse some


_HELD = """
    SELECT c.claim_id, c.message_version, c.claimed_at, c.lapses_at,
        concat_ws(' ', p.house_number, p.street), coalesce(p.unit, ''), coalesce(p.city, ''),
        p.person_id, concat_ws(' ', p.given_name, p.surname), p.birth_year
    FROM contacts.claim c CROSS JOIN LATERAL unnest(c.asked) AS a (subject)
    JOIN people.profile p ON p.person_id = identity.living(a.subject)
    WHERE c.account_id = %s AND c.state = 'live' AND c.lapses_at > %s AND c.channel = 'door'
    ORDER BY p.area_code, p.street_key, nullif(regexp_replace(p.house_number, '\\D.*$', ''), '')::numeric,
        p.house_number, c.claim_id, p.birth_year, p.person_id
"""


@dataclass
class Door:
    """One door that an account holds: where, with what message, since and until when, and who is asked (name, year of
    birth; `ids` are theirs).
    """

    claim_id: int
    message: str
    since: datetime
    until: datetime
    address: str
    unit: str
    city: str
    persons: list[tuple[str, int | None]] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)


def held(connection: Connection, account_id: int, now: datetime) -> list[Door]:
    """The doors that an account holds, street by street; the transaction is the account's own."""
    found: dict[int, Door] = {}
    for *told, person_id, name, born in connection.execute(_HELD, (account_id, now)).fetchall():
        door = found.setdefault(told[0], Door(*told))
        door.persons.append((name, born))
        door.ids.append(person_id)
    return list(found.values())


def hand_out(
    campaign: Campaign, areas: Sequence[str], doors: int, holder: Account, *, actor: str, key: str = ""
) -> BatchReport:
    """Claim up to so many doors in these areas for an account. Raises NoPlanInForce, CampaignOver, NoDoorsLeft.

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
        return _claim(campaign, [last[0]], last[1], _TRIED_FOR_ONE, holder, actor)
    return _claim(campaign, holder.areas, None, _TRIED_FOR_ONE, holder, actor)


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
        options = options_of(campaign.folder, Channel.DOOR)
        codes = [option.code for option in options]
        wanted = _free(connection, campaign, plan.plan_id, codes, areas, street, doors)
    if not wanted:
        raise NoDoorsLeft
    return batches.claim_batch(
        campaign,
        key or f"doors:{secrets.token_hex(8)}",
        {person: codes.index(code) for person, code in wanted},
        Channel.DOOR,
        [as_option(option) for option in options],
        account=holder.account_id,
        actor=actor,
        ahead=True,
    )


def _free(
    connection: Connection,
    campaign: Campaign,
    plan_id: int,
    codes: Sequence[str],
    areas: Sequence[str],
    street: str | None,
    doors: int,
) -> list[tuple[int, str]]:
    given = {
        "plan": plan_id,
        "options": list(codes),
        "areas": list(areas),
        "street": street,
        "now": campaign.clock(),
        "door": Channel.DOOR.number,
        "most": doors,
    }
    return connection.execute(_FREE, given).fetchall()
