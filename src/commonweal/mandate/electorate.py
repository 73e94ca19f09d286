"""Whom a promise serves, counted in the serving copy."""

from __future__ import annotations

from datetime import date

from commonweal.mandate.checking import Share
from commonweal.mandate.model import Scope
from commonweal.people import queries as people
from commonweal.store.ledger import Connection


def shares(connection: Connection, today: date) -> Share:
    """Counts the share of the electorate that meets a scope; ages are those of `today`. 0 where nobody lives."""
    overview = people.overview(connection)
    persons = overview.persons if overview else 0

    def share(scope: Scope) -> float:
        if scope.node is None:
            return 1.0
        return people.count(connection, scope.node, today) / persons if persons else 0.0

    return share
