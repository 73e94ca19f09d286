"""What pages that follow contacts are told of, once it is committed."""

from __future__ import annotations

from collections.abc import Iterable

from commonweal.campaign import Campaign
from commonweal.store.ledger import Connection

CLAIMS = "claims"
"""The topic of whoever follows claims and what they cost."""


def held(account: int) -> str:
    """The topic of whoever follows the claims that an account holds."""
    return f"held:{account}"


def tell(campaign: Campaign, connection: Connection, accounts: Iterable[int | None]) -> None:
    """Tell pages that claims of these accounts (None: of nobody's own) were made or closed."""
    campaign.teller.once_committed(connection, CLAIMS, *(held(each) for each in accounts if each is not None))
