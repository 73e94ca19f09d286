"""The passwords of the ledger's roles: random, one file in the ledger folder, readable by its owner only."""

from __future__ import annotations

import hashlib
import json
import secrets
from enum import StrEnum
from pathlib import Path

from commonweal.store import disk

_FILE = "logins.json"


class LedgerRole(StrEnum):
    """Who is asking. Each is a PostgreSQL role with a login of its own: none can turn into another.

    OWNER owns the tables and runs migrations and actions; BULK loads (staging tables, past row-level
    security); WORKER runs jobs for a named account; WEB serves pages, and sees what policies let it see.
    """

    OWNER = "owner"
    BULK = "bulk"
    WORKER = "worker"
    WEB = "web"


def load_or_make(ledger: Path) -> dict[LedgerRole, str]:
    """The password of every role, as kept in `ledger`/logins.json; made there (mode 0600) if there are none.

    Two processes may do this at once: the first one's passwords stand. Raises OSError.
    """
    path = ledger / _FILE
    if not path.exists():
        passwords = {role.value: secrets.token_urlsafe(24) for role in LedgerRole}
        disk.write_once(path, json.dumps(passwords).encode())
    kept: dict[str, str] = json.loads(path.read_text())
    return {role: kept[role.value] for role in LedgerRole}


def exist(ledger: Path) -> bool:
    """Whether the folder has its passwords already."""
    return (ledger / _FILE).exists()


def fingerprint(password: str) -> str:
    """What the ledger keeps to know whether a role's password is still this one. They are random: no salt needed."""
    return hashlib.sha256(password.encode()).hexdigest()
