"""Where a campaign's ledger is, and with what login one gets in."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from commonweal.store import logins
from commonweal.store.cluster import OWNER
from commonweal.store.embedded import EmbeddedServer
from commonweal.store.errors import BadLedgerUrl, NoWriteAccess, out_of_room
from commonweal.store.logins import LedgerRole

Parameters = dict[str, Any]  # libpq's, by keyword


@dataclass(frozen=True)
class Address:
    """A database and its logins. `where`: its name in words, without a secret; `owner`: asked at each connection, for the
    campaign's own server moves.
    """

    where: str
    owner: Callable[[], Parameters]
    passwords: dict[LedgerRole, str]
    server: EmbeddedServer | None = None


def find(ledger: Path, url: str, database: str, *, durable: bool = True) -> Address:
    """The address of the ledger whose folder is `ledger`, by what campaign.toml says: "embedded", or a server's URL.

    Raises NoWriteAccess, DiskFull, BadLedgerUrl, and what the embedded server raises when it starts.
    """
    if url == "embedded":
        return _embedded(EmbeddedServer(ledger, durable=durable), ledger, database)
    return _remote(url, ledger)


def _embedded(server: EmbeddedServer, folder: Path, database: str) -> Address:
    try:
        server.sockets()
        passwords = logins.load_or_make(folder)
    except OSError as error:
        server.close()
        raise NoWriteAccess(path=error.filename or folder, reason=error.strerror or error) from error

    def owner() -> Parameters:
        return {
            "host": server.sockets(),
            "dbname": database,
            "user": OWNER,
            "password": passwords[LedgerRole.OWNER],
            "require_auth": "scram-sha-256",
        }

    return Address(str(folder), owner, passwords, server)


def has_password(url: str) -> bool:
    """Whether a ledger's URL carries a password, in either of the places that libpq reads."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return re.search(r"//[^/@]*:[^/]*@", url) is not None
    return any(given.get(name) for name in ("password", "sslpassword"))


def _remote(url: str, folder: Path) -> Address:
    shown = re.sub(r"(//[^:/@]*):[^@]*@", r"\1:…@", url)
    try:
        given = {key: value for key, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.ProgrammingError as error:
        raise BadLedgerUrl(url=shown, reason=str(error).strip()) from error
    if password := os.environ.get("COMMONWEAL_LEDGER_PASSWORD"):
        given["password"] = password
    if not url.startswith(("postgresql://", "postgres://")) or not given.get("dbname"):
        raise BadLedgerUrl(url=shown, reason="it names no database of a PostgreSQL server")
    try:
        folder.mkdir(exist_ok=True)
        passwords = logins.load_or_make(folder)
    except OSError as error:
        path = error.filename or folder
        raise out_of_room(error, path) or NoWriteAccess(path=path, reason=error.strerror or error) from error
    return Address(f"{given.get('host', 'localhost')}/{given['dbname']}", lambda: dict(given), passwords)
