"""What a ledger remembers of its campaign: small values by key, chosen once."""

from __future__ import annotations

from commonweal.store.ledger import Ledger, LedgerRole


def kept(ledger: Ledger, key: str, fresh: str) -> str:
    """The value of a key. Where there is none yet it is `fresh`, from now on and whoever asks."""
    with ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute(
            "INSERT INTO store.setting (key, value) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING",
            (key, fresh),
        )
        row = connection.execute("SELECT value FROM store.setting WHERE key = %s", (key,)).fetchone()
    assert row is not None
    return str(row[0])
