"""Brings a ledger's schema up to date: numbered SQL files, each applied once, in one transaction.

A file's text is fixed once it was applied anywhere: its SHA-256 is kept and compared. In the text, as in psql,
`:owner`, `:bulk`, `:worker` and `:web` stand for the role's name, quoted as an identifier, and `:'web'` etc.
for the same as a literal: role names differ from server to server.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Any

import psycopg
from psycopg import sql

from commonweal.store.errors import (
    LedgerNewer,
    LedgerRights,
    MigrationChanged,
    MigrationFailed,
    MigrationNumberTaken,
)
from commonweal.store.logins import LedgerRole

_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_PLACEHOLDER = re.compile(rf"(?<![:\w]):('?)({'|'.join(LedgerRole)})\1(?!\w)")
_LOCK = 0x434F4D4D4F4E57  # one set-up at a time per database; the number itself means nothing

_TABLE = """
CREATE SCHEMA IF NOT EXISTS store;
CREATE TABLE IF NOT EXISTS store.migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE store.migration IS 'Which migrations were applied. For: owner.';
"""


@dataclass(frozen=True)
class Migration:
    """One numbered step of the schema."""

    number: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        """Of the text, before roles are put in."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def packaged() -> list[Migration]:
    """The migrations that come with Commonweal, in order. Raises MigrationNumberTaken."""
    folder = resources.files("commonweal.store") / "migrations"
    return ordered(
        {entry.name: entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".sql")}
    )


def ordered(files: Mapping[str, str]) -> list[Migration]:
    """Migrations from file names and texts, by number. Raises MigrationNumberTaken."""
    found: dict[int, Migration] = {}
    for file, text in sorted(files.items()):
        match = _NAME.fullmatch(file)
        if match is None:
            raise MigrationNumberTaken(name=file, reason="its name has no number")
        number = int(match[1])
        if number in found:
            raise MigrationNumberTaken(name=file, reason=f"{found[number].name} has that number")
        found[number] = Migration(number, match[2], text)
    return [found[number] for number in sorted(found)]


def pending(
    connection: psycopg.Connection[Any], migrations: Sequence[Migration], where: str
) -> list[Migration]:
    """Those not applied yet. Raises MigrationChanged, LedgerNewer."""
    row = connection.execute("SELECT to_regclass('store.migration')").fetchone()
    if row is None or row[0] is None:
        return list(migrations)
    rows = connection.execute("SELECT number, name, sha256 FROM store.migration ORDER BY number").fetchall()
    applied = {number: (name, sha256) for number, name, sha256 in rows}
    known = {migration.number: migration for migration in migrations}
    for number, (name, sha256) in applied.items():
        if number not in known:
            raise LedgerNewer(where=where, found=f"{number} ({name})", known=max(known, default=0))
        if known[number].sha256 != sha256:
            raise MigrationChanged(number=number, name=known[number].name, where=where)
    return [migration for migration in migrations if migration.number not in applied]


def apply(connection: psycopg.Connection[Any], migration: Migration, names: Mapping[LedgerRole, str]) -> None:
    """Run one migration and note it, in one transaction. Raises MigrationFailed, LedgerRights."""
    text = _with_names(migration.text, connection, names)
    try:
        with connection.transaction():
            connection.execute(text.encode())
            connection.execute(
                "INSERT INTO store.migration (number, name, sha256) VALUES (%s, %s, %s)",
                (migration.number, migration.name, migration.sha256),
            )
    except psycopg.Error as error:
        reason = error.diag.message_primary or str(error)
        if isinstance(error, psycopg.errors.InsufficientPrivilege) and migration.number == 1:
            raise LedgerRights(user=names[LedgerRole.OWNER], reason=reason) from error
        line = text[: int(error.diag.statement_position or 1)].count("\n") + 1
        raise MigrationFailed(
            number=migration.number, name=migration.name, line=line, reason=reason
        ) from error


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Make the table of applied migrations, if it isn't there."""
    with connection.transaction():
        connection.execute("SET LOCAL client_min_messages = warning")
        connection.execute(_TABLE)


@contextmanager
def alone(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Nobody else sets up this database meanwhile: others wait."""
    connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def _with_names(text: str, connection: psycopg.Connection[Any], names: Mapping[LedgerRole, str]) -> str:
    def put(match: re.Match[str]) -> str:
        name = names[LedgerRole(match[2])]
        quoted: sql.Composable = sql.Literal(name) if match[1] else sql.Identifier(name)
        return quoted.as_string(connection)

    return _PLACEHOLDER.sub(put, text)
