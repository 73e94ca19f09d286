"""Notices: the ledger tells all who listen that something of a topic changed, never what.

A topic is a short word ("runs", "contacts", "board"), with an id behind a colon where only few care ("doors:17").
"""

from __future__ import annotations

import logging
import threading
from functools import partial

import psycopg
from psycopg_pool import PoolClosed

from commonweal.errors import CommonwealError
from commonweal.store.ledger import Connection, Ledger, LedgerRole

CHANNEL = "commonweal_live"

_LOG = logging.getLogger(__name__)
_SOON = 0.1  # seconds: what happens within is told once


def tell(connection: Connection, *topics: str) -> None:
    """Tell of topics when this transaction commits; equal ones are folded by PostgreSQL.

    For acts that are rare: transactions that carry a notice commit one after the other, however many run at once.
    """
    for topic in topics:
        connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, topic))


class Teller:
    """Tells of what happens often, after the fact: at most ten times a second for each topic, from this process."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._waiting: set[str] = set()
        self._timer: threading.Timer | None = None

    def soon(self, *topics: str) -> None:
        """Tell of topics in a tenth of a second. What is told before it is committed is looked for in vain: inside a
        transaction, see `once_committed`.
        """
        with self._lock:
            self._waiting.update(topics)
            if self._timer is None and self._waiting:
                self._timer = threading.Timer(_SOON, self.now)
                self._timer.daemon = True
                self._timer.start()

    def once_committed(self, connection: Connection, *topics: str) -> None:
        """Tell of topics soon after this transaction (of `Ledger.transaction`) has committed."""
        self._ledger.once_committed(connection, partial(self.soon, *topics))

    def now(self) -> None:
        """Tell at once of what waits. A notice that can't be given is lost: pages look now and then besides."""
        with self._lock:
            topics, self._waiting, self._timer = self._waiting, set(), None
        if not topics:
            return
        try:
            with self._ledger.transaction(LedgerRole.WEB) as connection:
                connection.execute(
                    "SET LOCAL synchronous_commit = off"
                )  # nothing here has to outlive a crash
                tell(connection, *sorted(topics))
        except (psycopg.Error, PoolClosed, CommonwealError) as error:
            _LOG.warning("Pages were not told of %s: %s", ", ".join(sorted(topics)), error)

    def close(self) -> None:
        """Tell of what waits, while the ledger is still open."""
        with self._lock:
            timer = self._timer
        if timer is not None:
            timer.cancel()
        self.now()
