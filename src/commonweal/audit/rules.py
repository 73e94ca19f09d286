"""How a seal is noted outside of the ledger."""

from __future__ import annotations

import re

from commonweal.audit.errors import AnchorUnreadable

_ANCHOR = re.compile(r"([1-9]\d{0,17}):([0-9a-f]{64})", re.IGNORECASE)


def read_anchor(text: str) -> tuple[int, str]:
    """Number and hash of a seal from "17:3f…". Raises AnchorUnreadable."""
    found = _ANCHOR.fullmatch(text.strip())
    if found is None:
        raise AnchorUnreadable(text=text)
    return int(found[1]), found[2].lower()
