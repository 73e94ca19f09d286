"""What the audit costs: a claim with its audit row and one without; an entry that is sealed and one that is not.

Claims: one by one, each a transaction, under a sealer; rounds with and without take turns. Limit: 10% slower.
Sealing: entries a second into a table without its column and index, and into the real one under a sealer. One entry a
transaction, as acts write them. Limit: 10% slower. In one long transaction no sync hides the index: the harshest view of it.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import psycopg

from benchmarks.claims import CALL, WIDE, fill_with_history
from benchmarks.ground import new_campaign
from commonweal.audit import actions as audit
from commonweal.audit.sealing import sealer
from commonweal.campaign import Campaign
from commonweal.contacts import actions as contacts
from commonweal.contacts.model import Channel, Claim
from commonweal.store.ledger import Connection, Ledger, LedgerRole

_CLAIMS, _BATCH, _ROUNDS = 500, 2_000, 7
_INSERT = "INSERT INTO {} (at, actor, verb, subject, detail) VALUES (now(), 'account:1', 'look', 'person:7', '{{\"fields\": [\"email\"]}}')"


def main() -> None:
    _claims()
    _sealing()


def _claims() -> None:
    with new_campaign("Audit") as campaign:
        fill_with_history(campaign, _CLAIMS * (2 * _ROUNDS + 1))
        contacts.set_rules(campaign, WIDE)
        persons = iter(range(1, _CLAIMS * (2 * _ROUNDS + 1) + 1))
        with sealer(campaign.ledger, campaign.clock):
            _claim(campaign, persons)
            full, bare = [], []
            for _ in range(_ROUNDS):
                full.append(_claim(campaign, persons))
                with patch.object(audit, "record"):
                    bare.append(_claim(campaign, persons))
    after, before = statistics.median(full), statistics.median(bare)
    print(
        f"a claim: {1000 * before:.2f} ms without its audit row, {1000 * after:.2f} ms with it"
        f" ({100 * (after / before - 1):+.1f}% time, limit +10%)"
    )


def _claim(campaign: Campaign, persons: Iterator[int]) -> float:
    """The median of some claims, in seconds."""
    times = []
    for person in islice(persons, _CLAIMS):
        start = time.perf_counter()
        found = contacts.claim(campaign, person, Channel.PHONE, option=CALL)
        times.append(time.perf_counter() - start)
        assert isinstance(found, Claim), found
    return statistics.median(times)


def _sealing() -> None:
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
