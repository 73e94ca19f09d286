"""What a person finds behind the link of a message, without signing in: why they got it, and how to end it all.

The link's token names a claim or a person; it is signed by the web layer. Nothing of the person's data is shown but
which lists they are on: whoever holds the message could read the rest otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from commonweal.campaign import Campaign
from commonweal.consent import actions as consent
from commonweal.consent.model import Channel, Suppressed
from commonweal.identity import queries as identity
from commonweal.people import queries as people
from commonweal.people.model import Planned
from commonweal.planning import queries as planning
from commonweal.planning.totals import DayTotal, MadePlan, OptionTotal
from commonweal.privacy import actions
from commonweal.privacy.model import Kind
from commonweal.store.ledger import Connection, LedgerRole

ACTOR = "public"


@dataclass(frozen=True)
class OnList:
    """A list that the person is on, and what for."""

    name: str
    origin: str
    as_of: date | None
    purpose: str
    legal_basis: str


@dataclass(frozen=True)
class Why:
    """Why somebody was written to. `ended`: they want no more of it already; `known`: something is held of them."""

    known: bool
    ended: bool
    lists: tuple[OnList, ...]
    planned: Planned | None
    plan: MadePlan | None
    options: dict[str, OptionTotal]
    days: list[DayTotal]
    channel: str | None
    contacted_at: datetime | None
    officers: tuple[str, ...]


def why(campaign: Campaign, person_id: int, claim_id: int | None = None) -> Why:
    """The answer for one person, and one claim if the link names it."""
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        living = identity.living(connection, [person_id])[person_id]
        planned = _planned(connection, living)
        claim = connection.execute(
            "SELECT channel, claimed_at FROM contacts.claim WHERE claim_id = %s", (claim_id,)
        ).fetchone()
        channel, contacted_at = claim or (None, None)
        lists = _lists(connection, living)
        return Why(
            known=bool(lists),
            ended=_ended(connection, living),
            lists=lists,
            planned=planned,
            plan=planning.plan(connection, planned.plan_id) if planned else None,
            options={each.option: each for each in planning.option_totals(connection, planned.plan_id)}
            if planned
            else {},
            days=planning.day_totals(connection, planned.plan_id) if planned else [],
            channel=channel,
            contacted_at=contacted_at,
            officers=_officers(connection),
        )


def person_of_claim(campaign: Campaign, claim_id: int) -> int | None:
    """Whom a claim was for."""
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        row = connection.execute(
            "SELECT subject FROM contacts.claim WHERE claim_id = %s", (claim_id,)
        ).fetchone()
    return int(row[0]) if row else None


def end_it_all(campaign: Campaign, person_id: int) -> None:
    """No contact by any channel, from now on (GDPR 21(2)). Asked twice, it is done once."""
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (person_id,))
        living = identity.living(connection, [person_id])[person_id]
        if not _ended(connection, living):
            consent.suppress(connection, campaign, living, Channel.ANY, Suppressed.OBJECTION, actor=ACTOR)


def ask(campaign: Campaign, person_id: int, kind: Kind) -> None:
    """Hand a request of the person's own to the privacy officer, once while it is open."""
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (person_id,))
        living = identity.living(connection, [person_id])[person_id]
        waiting = connection.execute(
            "SELECT FROM privacy.request JOIN privacy.request_subject USING (request_id)"
            " WHERE subject = %s AND kind = %s AND state = 'open'",
            (living, kind.value),
        ).rowcount
        if not waiting:
            request_id = actions.open_request(connection, campaign, kind, campaign.today, actor=ACTOR)
            actions.link(connection, campaign, request_id, living, actor=ACTOR)


def _ended(connection: Connection, person_id: int) -> bool:
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM consent.suppressed WHERE person_id = %s AND channel = '*'"
        " AND reason IN ('objection', 'refused_all', 'erased'))",
        (person_id,),
    ).fetchone()
    return bool(row and row[0])


def _lists(connection: Connection, person_id: int) -> tuple[OnList, ...]:
    rows = connection.execute(
        "SELECT s.list, s.origin, max(b.as_of), s.purpose, s.legal_basis FROM people.record r"
        " JOIN intake.source s ON s.name = r.source LEFT JOIN intake.batch b USING (batch_id)"
        " WHERE r.person_id = %s GROUP BY s.name ORDER BY s.list",
        (person_id,),
    ).fetchall()
    return tuple(OnList(*row) for row in rows)


def _planned(connection: Connection, person_id: int) -> Planned | None:
    row = connection.execute(
        "SELECT plan_id, planned, votes_gained, votes_error, reason, second, second_votes, days FROM people.standing"
        " WHERE person_id = %s AND plan_id IS NOT NULL AND planned IS NOT NULL",
        (person_id,),
    ).fetchone()
    return people.planned(*row) if row else None


def _officers(connection: Connection) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT email FROM access.account WHERE role = 'privacy' AND closed_at IS NULL AND email IS NOT NULL"
        " ORDER BY email"
    ).fetchall()
    return tuple(email for (email,) in rows)
