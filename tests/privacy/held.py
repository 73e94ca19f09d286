"""Looks into the stores, for the tests of privacy."""

from __future__ import annotations

from commonweal.campaign import Campaign
from commonweal.people.search import search
from commonweal.store.ledger import LedgerRole


def persons(campaign: Campaign, name: str) -> list[int]:
    """Everybody of a name in the serving copy."""
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        return [found.person_id for found in search(connection, name, limit=20)]


def bytes_of(campaign: Campaign) -> list[str]:
    """Every text in the lake's live files, whatever is hidden."""
    found = []
    for name in ("intake.raw", "intake.record", "intake.quarantine", "people.profile"):
        table = campaign.lake.table(name, hide=False)
        found += [str(row) for row in campaign.lake.read(table).to_pylist()]
    return found
