"""What sealing costs: entries a second into a table without its column and index, and into the real one under a sealer.

One entry a transaction, as acts write them. Limit: 10% slower. In one long transaction no sync hides the index: the
harshest view of it.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from commonweal.audit.sealing import sealer
from commonweal.store.ledger import Connection, Ledger, LedgerRole

_BATCH, _ROUNDS = 2_000, 7
_INSERT = "INSERT INTO {} (at, actor, verb, subject, detail) VALUES (now(), 'account:1', 'look', 'person:7', '{{\"fields\": [\"email\"]}}')"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder)) as ledger:
        with ledger.transaction() as connection:
            _plain_table(connection)
        for together in (False, True):
            plain, full = [], []
            for _ in range(_ROUNDS):
                plain.append(_speed(ledger, "audit.plain", together))
                with sealer(ledger, lambda: datetime.now(UTC)):
                    full.append(_speed(ledger, "audit.entry", together))
            before, after = statistics.median(plain), statistics.median(full)
            print(
                f"audit entries, {'in one transaction' if together else 'one a transaction'}: {before:,.0f}/s plain,"
                f" {after:,.0f}/s sealed ({100 * (before / after - 1):+.1f}% time, limit +10%)"
            )


def _plain_table(connection: Connection) -> None:
    """As it was in migration 4."""
    connection.execute(
        "CREATE TABLE audit.plain (entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL,"
        " actor text NOT NULL, verb text NOT NULL, subject text, detail jsonb NOT NULL DEFAULT '{}')"
    )
    connection.execute("CREATE INDEX ON audit.plain (subject, entry_id DESC) WHERE subject IS NOT NULL")


def _speed(ledger: Ledger, table: str, together: bool) -> float:
    statement = _INSERT.format(table)
    with psycopg.connect(ledger.url(LedgerRole.OWNER), autocommit=True) as connection:
        begin = time.perf_counter()
        with connection.transaction() if together else nullcontext():
            for _ in range(_BATCH):
                connection.execute(statement)
        return _BATCH / (time.perf_counter() - begin)


if __name__ == "__main__":
    main()
