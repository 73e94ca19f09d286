"""How a message stands that an option, a claim or a list names: whether it was approved, and still is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from commonweal.store.ledger import Connection


@dataclass(frozen=True)
class Standing:
    """A message that is on the ledger, by the name that options and claims call it.

    approved    a version of it is, the bare name standing for the one that was approved last
    withdrawn   that approval was taken back
    promises    that version carries promises; before any was approved: any version does
    taken_back  one of these promises was withdrawn
    """

    approved: bool
    withdrawn: bool = False
    promises: bool = False
    taken_back: bool = False


def standings(connection: Connection, names: Iterable[str]) -> dict[str, Standing]:
    """How these messages stand, by name (role bulk); those that are not on the ledger are left out."""
    rows = connection.execute(
        "SELECT name, bool_and(approved), bool_or(withdrawn), bool_or(promises), bool_or(taken_back)"
        " FROM mandate.standing WHERE name = ANY (%s) GROUP BY name",  # "phase-2" may be two: the strictest of both
        (sorted(set(names)),),
    ).fetchall()
    return {name: Standing(*told) for name, *told in rows}
