"""Locks by name, in the ledger: they end with the process that holds them, whatever becomes of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Self

import psycopg

from commonweal.store.errors import LedgerLocked, LockLost


@dataclass(frozen=True)
class HeldLock:
    """A lock of one database, held by a connection of its own."""

    name: str
    key: int
    holder: int  # the server's process id for that connection

    @classmethod
    def take(cls, connection: psycopg.Connection[Any], name: str, wait: float | None) -> Self:
        """Take the lock on this connection, for as long as it lives. Raises LedgerLocked.

        Waits up to `wait` seconds, or as long as it takes (None).
        """
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        if not (_try(connection, key) if wait == 0 else _await(connection, key, wait)):
            raise LedgerLocked(name=name)
        return cls(name, key, connection.info.backend_pid)

    def check(self, connection: psycopg.Connection[Any]) -> None:
        """Raises LockLost unless the lock is still held.

        Call it in the transaction that publishes what the lock protects: when the server was restarted on the
        way, the lock was lost without a word to its holder. A restart after this check ends the transaction too.
        """
        row = connection.execute(
            "SELECT FROM pg_locks JOIN pg_database d ON d.oid = database AND d.datname = current_database()"
            " WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND pid = %s"
            " AND (classid::bigint << 32) | objid::bigint = %s",
            (self.holder, self.key),
        ).fetchone()
        if row is None:
            raise LockLost(name=self.name)


def _try(connection: psycopg.Connection[Any], key: int) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone()
    return bool(row and row[0])


def _await(connection: psycopg.Connection[Any], key: int, wait: float | None) -> bool:
    milliseconds = 0 if wait is None else max(int(wait * 1000), 1)  # 0 means for ever
    connection.execute("SELECT set_config('lock_timeout', %s, false)", (str(milliseconds),))
    try:
        connection.execute("SELECT pg_advisory_lock(%s)", (key,))
    except psycopg.errors.LockNotAvailable:
        return False
    return True
