"""The rule of the plan that is in force."""

from __future__ import annotations

from commonweal.planning.price.model import Rule
from commonweal.store.ledger import Connection


def in_force(connection: Connection) -> Rule | None:
    """What the next plan may say, as it was decided last; None where nothing is decided."""
    row = connection.execute(
        "SELECT rule_id, messages, narrow, kept, by, at FROM planning.rule ORDER BY rule_id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    rule_id, messages, narrow, kept, by, at = row
    if messages is None and narrow is None:
        return None
    return Rule(rule_id, tuple(messages) if messages is not None else None, narrow, kept, by, at)
