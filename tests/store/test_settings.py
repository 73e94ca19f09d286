from __future__ import annotations

from commonweal.store.ledger import Ledger
from commonweal.store.settings import kept


def test_a_setting_is_chosen_once(ledger: Ledger) -> None:
    assert kept(ledger, "colour", "blue") == "blue"
    assert kept(ledger, "colour", "red") == "blue"
    assert kept(ledger, "shape", "round") == "round"
