"""What the ledger knows of consents: who may be contacted, and what one person said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from commonweal.campaign import Campaign
from commonweal.consent import gate, packs
from commonweal.consent.model import Channel, Field, Moment, Purpose, Refusal, Suppressed, Use
from commonweal.store.ledger import Connection


def refusals(
    connection: Connection,
    campaign: Campaign,
    persons: Sequence[int],
    use: Use,
    channel: Channel,
    at: datetime,
) -> dict[int, Refusal]:
    """Why these persons may not be used so, at a moment (aware): by person, only those who are refused.

    Raises UnknownPack, PackNotInForce, RealListsNeedPack.
    """
    packs.check_campaign(campaign, connection)
    rows = connection.execute(
        f"WITH asked AS (SELECT unnest(%(persons)s::bigint[]) AS person_id)"
        f" SELECT person_id, refusal FROM ({gate.postgres(campaign, use, channel)}) judged WHERE refusal IS NOT NULL",
        {"persons": list(persons), "at": at},
    ).fetchall()
    return {person: Refusal(code) for person, code in rows}


def agreed(
    connection: Connection, campaign: Campaign, persons: Sequence[int], channel: Channel, at: datetime
) -> set[int]:
    """Those of these persons who said yes to being contacted by a channel, and whom nothing keeps from it at a moment.

    Raises UnknownPack, PackNotInForce, RealListsNeedPack.
    """
    packs.check_campaign(campaign, connection)
    rows = connection.execute(
        "WITH asked AS (SELECT unnest(%(persons)s::bigint[]) AS person_id)"
        f" {gate.postgres_agreed(campaign, Use.CONTACT, channel)}",
        {"persons": list(persons), "at": at},
    ).fetchall()
    return {person for (person,) in rows}


def held_fields(connection: Connection) -> dict[str, Field]:
    """What the campaign's lists tell of persons, by name ("surname", "vote:2022_t2", "attribute:club"): from lists of
    which origins, as the law sees them, and whether a mapping marks it as sensitive."""
    rows = connection.execute(
        "SELECT consent.judged(origin, kind), mapping -> 'columns' FROM intake.source ORDER BY name"
    ).fetchall()
    found: dict[str, Field] = {}
    for origin, columns in rows:
        for column in (columns or {}).values():
            told = {"target": column} if isinstance(column, str) else column
            if name := told.get("target"):
                known = found.get(name, Field(name))
                found[name] = Field(
                    name, known.origins | {origin}, known.sensitive or bool(told.get("sensitive"))
                )
    return found


# By record where that is known, for a merge may have been taken back.
_FAMILY = (
    "(record_id IN (SELECT record_id FROM people.record WHERE person_id = %(person)s)"
    " OR (subject IN (SELECT %(person)s UNION ALL SELECT subject FROM identity.redirect WHERE person_id = %(person)s)"
    "   AND NOT EXISTS (SELECT FROM people.record r WHERE r.record_id = said.record_id AND r.person_id <> %(person)s)))"
)


def moments(connection: Connection, person_id: int) -> list[Moment]:
    """All that a living person said or was spared, newest first; under row-level security."""
    said = connection.execute(
        "SELECT occurred_at, given, channel, purpose, evidence, source, actor FROM consent.consent said"
        f" WHERE {_FAMILY} ORDER BY occurred_at DESC, consent_id DESC",
        {"person": person_id},
    ).fetchall()
    barred = connection.execute(
        "SELECT occurred_at, lifts, channel, reason, actor, suppression_id FROM consent.suppression said"
        f" WHERE {_FAMILY} ORDER BY occurred_at DESC, suppression_id DESC",
        {"person": person_id},
    ).fetchall()
    found = [
        Moment(
            at,
            "given" if given else "withdrawn",
            Channel(channel),
            Purpose(purpose),
            None,
            evidence,
            source,
            actor,
        )
        for at, given, channel, purpose, evidence, source, actor in said
    ] + [
        Moment(
            at,
            "suppressed" if lifts is None else "lifted",
            Channel(channel),
            None,
            Suppressed(reason),
            "",
            "",
            actor,
            suppression_id if lifts is None else lifts,
        )
        for at, lifts, channel, reason, actor, suppression_id in barred
    ]
    return sorted(found, key=lambda moment: moment.at, reverse=True)


def tombstones(connection: Connection) -> set[tuple[str, int]]:
    """What all who were erased were known by: (kind, hash) each."""
    return set(connection.execute("SELECT kind, hash FROM consent.tombstone").fetchall())


def erased_points(connection: Connection, points: Collection[int]) -> set[int]:
    """Those of these contact points that were of somebody who was erased."""
    if connection.execute("SELECT FROM consent.tombstone LIMIT 1").fetchone() is None:
        return set()
    rows = connection.execute(
        "SELECT hash FROM consent.tombstone WHERE kind IN ('email', 'phone') AND hash = ANY (%s)",
        (list(points),),
    ).fetchall()
    return {point for (point,) in rows}
