"""How the scores of everybody are spread: numbers only, for roles that see no persons."""

from __future__ import annotations

from dataclasses import dataclass

from commonweal.store.ledger import Connection

BINS = 20
"""Of 5 points each, 0-100."""


@dataclass(frozen=True)
class Spread:
    """One score over everybody: persons in each bin, their number, and the mean (0-100)."""

    kind: str
    bins: tuple[int, ...]
    persons: int
    mean: float

    def between(self, low: int, high: int) -> int:
        """Persons with a score from `low` to below `high`, both multiples of 5."""
        return sum(self.bins[low * BINS // 100 : high * BINS // 100])


def spreads(connection: Connection) -> list[Spread]:
    """Turnout and support, as far as anybody is scored. The transaction needs an account."""
    found = []
    for kind in ("turnout", "support"):
        rows = connection.execute(
            f"SELECT least(floor({kind} / 100 * {BINS})::integer, {BINS - 1}), count(*), sum({kind}::double precision)"
            f" FROM people.counted WHERE {kind} IS NOT NULL GROUP BY 1"
        ).fetchall()
        persons = sum(count for _, count, _ in rows)
        if persons:
            by_bin = {place: count for place, count, _ in rows}
            mean = sum(total for _, _, total in rows) / persons
            found.append(Spread(kind, tuple(by_bin.get(place, 0) for place in range(BINS)), persons, mean))
    return found
