"""The only writers of consents, suppressions and tombstones. Each adds a row; nothing is ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import psycopg

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.consent import points
from commonweal.consent.errors import EvidenceMissing, NobodyThere, NothingToLift, SaidInFuture
from commonweal.consent.model import Channel, Purpose, Suppressed
from commonweal.store.ledger import Connection, LedgerRole


def give(
    connection: Connection,
    campaign: Campaign,
    subject: int,
    channel: Channel,
    purpose: Purpose,
    *,
    evidence: str,
    source: str,
    occurred_at: datetime | None = None,
    record_id: int | None = None,
    contact_point: int | None = None,
    actor: str | None = None,
) -> None:
    """Record a yes, in the caller's transaction. `evidence`: how it was given (GDPR 7(1)); `source`: who took it down.

    Raises EvidenceMissing, SaidInFuture, NobodyThere (the account may not see the person).
    """
    if not evidence.strip():
        raise EvidenceMissing
    _say(
        connection,
        campaign,
        (subject, record_id, contact_point, channel, purpose, True, evidence.strip(), source),
        occurred_at,
        actor,
    )


def withdraw(
    connection: Connection,
    campaign: Campaign,
    subject: int,
    channel: Channel,
    purpose: Purpose,
    *,
    evidence: str = "",
    source: str,
    occurred_at: datetime | None = None,
    record_id: int | None = None,
    contact_point: int | None = None,
    actor: str | None = None,
) -> None:
    """Record a no, in the caller's transaction: as easy as a yes, and without proof (GDPR 7(3)).

    Raises SaidInFuture.
    """
    _say(
        connection,
        campaign,
        (subject, record_id, contact_point, channel, purpose, False, evidence.strip(), source),
        occurred_at,
        actor,
    )


def _say(
    connection: Connection,
    campaign: Campaign,
    row: tuple[int, int | None, int | None, Channel, Purpose, bool, str, str],
    occurred_at: datetime | None,
    actor: str | None,
) -> None:
    now, who = campaign.clock(), actor or campaign.actor
    subject, given = row[0], row[5]
    said = _moment(now, occurred_at)
    try:
        connection.execute(
            "INSERT INTO consent.consent (subject, record_id, contact_point, channel, purpose, given, evidence, source,"
            " occurred_at, recorded_at, actor) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (*row, said, now, who),
        )
    except psycopg.errors.InsufficientPrivilege:
        raise NobodyThere from None
    audit.record(
        connection,
        campaign,
        "consent.give" if given else "consent.withdraw",
        subject=f"person:{subject}",
        detail={"channel": str(row[3]), "purpose": str(row[4])},
        actor=who,
    )


def suppress(
    connection: Connection,
    campaign: Campaign,
    subject: int | None,
    channel: Channel,
    reason: Suppressed,
    *,
    occurred_at: datetime | None = None,
    record_id: int | None = None,
    contact_point: int | None = None,
    actor: str | None = None,
) -> None:
    """Keep a person (or whoever holds a contact point) from contact by a channel, in the caller's transaction.

    One of `subject` and `contact_point` must be known. Doing it twice is harmless. Raises SaidInFuture.
    """
    suppress_many(
        connection,
        campaign,
        [(subject, record_id, contact_point, channel, reason, occurred_at)],
        actor=actor,
    )


Suppression = tuple[int | None, int | None, int | None, Channel, Suppressed, datetime | None]
"""subject, record_id, contact_point, channel, reason, occurred_at (None: now)."""


def suppress_many(
    connection: Connection, campaign: Campaign, rows: Sequence[Suppression], *, actor: str | None = None
) -> None:
    """`suppress`, for many at once, in two statements. Raises SaidInFuture."""
    if not rows:
        return
    now, who = campaign.clock(), actor or campaign.actor
    subjects, records, held, channels, reasons, moments = (list(column) for column in zip(*rows, strict=True))
    connection.execute(
        "INSERT INTO consent.suppression"
        " (subject, record_id, contact_point, channel, reason, occurred_at, recorded_at, actor)"
        " SELECT u.*, %s, %s FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],"
        " %s::timestamptz[]) u",
        (
            now,
            who,
            subjects,
            records,
            held,
            [str(channel) for channel in channels],
            [str(reason) for reason in reasons],
            [_moment(now, moment) for moment in moments],
        ),
    )
    if len(rows) == 1:
        about = f"person:{subjects[0]}" if subjects[0] is not None else f"contact_point:{held[0]}"
        detail: dict[str, object] = {"channel": str(channels[0]), "reason": str(reasons[0])}
    else:
        about, detail = None, {"persons": [each for each in subjects if each is not None]}
    audit.record(connection, campaign, "consent.suppress", subject=about, detail=detail, actor=who)


def lift(
    connection: Connection, campaign: Campaign, suppression_id: int, *, actor: str | None = None
) -> None:
    """End a suppression by a later row, in the caller's transaction. Raises NothingToLift."""
    now, who = campaign.clock(), actor or campaign.actor
    try:
        with connection.transaction():
            row = connection.execute(
                "INSERT INTO consent.suppression (subject, record_id, contact_point, channel, reason, occurred_at,"
                "  recorded_at, actor, lifts)"
                " SELECT subject, record_id, contact_point, channel, reason, %(now)s, %(now)s, %(who)s, suppression_id"
                " FROM consent.suppression WHERE suppression_id = %(id)s AND lifts IS NULL RETURNING subject",
                {"now": now, "who": who, "id": suppression_id},
            ).fetchone()
    except psycopg.errors.UniqueViolation:
        raise NothingToLift from None
    if row is None:
        raise NothingToLift
    subject = f"person:{row[0]}" if row[0] is not None else None
    audit.record(
        connection,
        campaign,
        "consent.lift",
        subject=subject,
        detail={"suppression": suppression_id},
        actor=who,
    )


def approached(connection: Connection, campaign: Campaign, subjects: Sequence[int], channel: Channel) -> None:
    """Note that the one message which asks occasional contacts whether to go on was sent to these persons.

    In the caller's transaction; noting it twice is harmless. (CNIL, recommendation 2012-020.)
    """
    connection.execute(
        "INSERT INTO consent.approach (subject, channel, approached_at)"
        " SELECT DISTINCT each, %s, %s::timestamptz FROM unnest(%s::bigint[]) each ON CONFLICT DO NOTHING",
        (str(channel), campaign.clock(), f"{{{','.join(map(str, subjects))}}}"),
    )


def bury(connection: Connection, campaign: Campaign, hashes: Sequence[tuple[str, int]]) -> None:
    """Remember what an erased person was known by: (kind, hash as of `points.contact_point`) each.

    Kinds: registration, email, phone, name_birth. In the caller's transaction; twice is harmless.
    """
    connection.execute(
        "INSERT INTO consent.tombstone (kind, hash, erased_at)"
        " SELECT kind, hash, %s FROM unnest(%s::text[], %s::bigint[]) u (kind, hash) ON CONFLICT DO NOTHING",
        (campaign.clock(), [kind for kind, _hash in hashes], [number for _kind, number in hashes]),
    )


def find_holders(campaign: Campaign) -> int:
    """Find anew who holds the suppressed contact points, in the serving copy; how many do. Run after each publish."""
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        wanted = {
            point
            for (point,) in connection.execute(
                "SELECT DISTINCT contact_point FROM consent.suppression WHERE contact_point IS NOT NULL"
            ).fetchall()
        }
        found = list(points.holders(connection, campaign, wanted))
        connection.execute("DELETE FROM consent.holder")
        connection.execute(
            "INSERT INTO consent.holder (contact_point, person_id)"
            " SELECT point, person FROM unnest(%s::bigint[], %s::bigint[]) u (point, person) ON CONFLICT DO NOTHING",
            ([point for point, _person in found], [person for _point, person in found]),
        )
    return len(found)


def _moment(now: datetime, occurred_at: datetime | None) -> datetime:
    if occurred_at is not None and occurred_at > now:
        raise SaidInFuture(when=occurred_at)
    return occurred_at or now
