"""Pages are told of what stands in the ledger, not of what may never stand there."""

from __future__ import annotations

import pytest

from commonweal.store.ledger import Ledger, LedgerRole
from commonweal.store.notices import CHANNEL, Teller


class BrokenOffError(Exception):
    pass


def break_off(ledger: Ledger, teller: Teller) -> None:
    with ledger.transaction() as connection:
        teller.once_committed(connection, "never")
        raise BrokenOffError


def test_nobody_is_told_before_it_is_committed_nor_of_what_was_rolled_back(ledger: Ledger) -> None:
    teller = Teller(ledger)
    with ledger._connect(LedgerRole.OWNER) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        with ledger.transaction() as connection:
            teller.once_committed(connection, "claims", "held:7")
            teller.now()
            assert not list(listener.notifies(timeout=0))
        with pytest.raises(BrokenOffError):
            break_off(ledger, teller)
        teller.now()
        told = {notice.payload for notice in listener.notifies(timeout=10, stop_after=2)}
    teller.close()
    assert told == {"claims", "held:7"}
