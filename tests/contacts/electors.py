"""A few electors in the serving copy, as a publish would leave them."""

from __future__ import annotations

from collections.abc import Iterable

from commonweal.campaign import Campaign
from commonweal.store.ledger import LedgerRole


def settle(
    campaign: Campaign, persons: Iterable[int], *, household: int | None = None, area: str | None = None
) -> None:
    """Put persons into the serving copy; together in a household, if one is given."""
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute(
            "INSERT INTO people.profile (person_id, household_id, household_size, area_code, given_name, surname, street,"
            " house_number, email, phone, birth_year, origins, sort_key, tags, records, sources, lists, votes, attributes)"
            " SELECT p, %s, 1, %s, 'Anna', 'Voter', 'rue Neuve', '1', 'a' || p || '@example.org', '+336' || p, 1980,"
            " '{}', 'voter anna', '{}', 1, 1, '{}', '{}', '{}' FROM unnest(%s::bigint[]) AS p",
            (household, area, list(persons)),
        )


def merge(campaign: Campaign, gone: int, into: int) -> None:
    """One person turns out to be another: what a resolve writes."""
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        row = connection.execute(
            "INSERT INTO identity.run (at, actor, changed, records, persons, households)"
            " VALUES (%s, 'test', true, 2, 1, 1) RETURNING run_id",
            (campaign.clock(),),
        ).fetchone()
        assert row is not None
        connection.execute("INSERT INTO identity.redirect VALUES (%s, %s, %s)", (gone, into, row[0]))
        connection.execute("DELETE FROM people.profile WHERE person_id = %s", (gone,))
