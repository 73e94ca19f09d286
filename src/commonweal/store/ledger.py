"""The ledger: PostgreSQL, embedded or a server by its URL. What people decide and do stands here.

with Ledger.open(folder) as ledger, ledger.transaction() as connection:
    connection.execute("INSERT …")
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from commonweal.store import logins, migrate
from commonweal.store.cluster import OWNER as _EMBEDDED_OWNER
from commonweal.store.embedded import EmbeddedServer
from commonweal.store.errors import (
    BadLedgerUrl,
    DiskFull,
    LedgerLocked,
    LedgerRights,
    LedgerTooOld,
    LedgerUnreachable,
    NoWriteAccess,
    out_of_room,
)
from commonweal.store.logins import LedgerRole

__all__ = ["Connection", "Ledger", "LedgerRole"]

Connection = psycopg.Connection[TupleRow]
Parameters = dict[str, Any]  # libpq's, by keyword

_OLDEST_SERVER = 16
_EMBEDDED_PREFIX = "commonweal"
_MOST_CONNECTIONS = {LedgerRole.OWNER: 6, LedgerRole.BULK: 4, LedgerRole.WORKER: 6, LedgerRole.WEB: 12}
_PATIENCE = 30.0  # seconds until a connection must be there; a crashed server is back in less


class Ledger:
    """One campaign's ledger, opened. Threads may share it; processes each open their own."""

    def __init__(
        self,
        where: str,
        owner: Callable[[], Parameters],
        passwords: dict[LedgerRole, str],
        embedded: EmbeddedServer | None,
    ) -> None:
        self._where = where
        self._owner = owner
        self._passwords = passwords
        self._embedded = embedded
        self._names: dict[LedgerRole, str] = {}
        self._pools: dict[LedgerRole, ConnectionPool[Connection]] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls, folder: Path, url: str = "embedded", *, durable: bool = True, database: str = "commonweal"
    ) -> Ledger:
        """Open the ledger of the campaign in `folder`, its schema brought up to date.

        `url` is "embedded" (starts or joins the campaign's own server, where `database` is made if it isn't
        there) or a libpq URL with a database and a user who may create roles. `durable=False` is for tests.

        Raises NoWriteAccess, DiskFull, LedgerStartFailed, LedgerUnreachable, LedgerTooOld, BadLedgerUrl,
        LedgerRights, MigrationChanged, MigrationFailed, LedgerNewer.
        """
        ledger_folder = folder.resolve() / "ledger"
        if url == "embedded":
            server = EmbeddedServer(ledger_folder, durable=durable)
            ledger = _embedded(server, ledger_folder, database)
        else:
            ledger = _remote(url, ledger_folder)
        try:
            ledger._set_up(database if url == "embedded" else None)
        except BaseException:
            ledger.close()
            raise
        return ledger

    @contextmanager
    def transaction(
        self, role: LedgerRole = LedgerRole.OWNER, *, account: int | None = None
    ) -> Iterator[Connection]:
        """A connection inside one transaction: committed at the block's end, rolled back by an exception.

        Inside, policies see `account` as store.account(). Each call takes a connection of its own.
        Raises LedgerUnreachable (also when the connection is lost on the way), DiskFull.
        """
        with self._connection(role) as connection, connection.transaction():
            if account is not None:
                connection.execute("SELECT set_config('commonweal.account', %s, true)", (str(account),))
            yield connection

    @contextmanager
    def read(
        self, role: LedgerRole = LedgerRole.OWNER, *, account: int | None = None
    ) -> Iterator[Connection]:
        """As `transaction`, but the server refuses to write."""
        with self._connection(role) as connection, connection.transaction():
            connection.execute(
                "SELECT set_config('transaction_read_only', 'on', true), set_config('commonweal.account', %s, true)",
                ("" if account is None else str(account),),
            )
            yield connection

    @contextmanager
    def lock(self, name: str, wait: float | None = 0) -> Iterator[Connection]:
        """Hold the lock `name` of this ledger; the kernel and the server let it go when this process dies.

        Waits up to `wait` seconds (None: as long as it takes), then raises LedgerLocked. Yields the autocommit
        connection (owner's) that holds the lock: what is decided in a transaction *on it* is kept only if the
        lock was still held.
        """
        with psycopg_errors(self._where), self._connect(LedgerRole.OWNER) as connection:
            _take(connection, name, wait)
            yield connection

    def url(self, role: LedgerRole) -> str:
        """A libpq URI for other drivers (ADBC), with the role's password in it: don't show it."""
        parameters = self._parameters(role)
        user, password = (quote(str(parameters.pop(key, "")), safe="") for key in ("user", "password"))
        database = quote(str(parameters.pop("dbname")), safe="")
        login = f"{user}:{password}" if password else user
        return f"postgresql://{login}@/{database}?{urlencode(parameters, quote_via=quote)}"

    def close(self) -> None:
        """Close all connections. The embedded server ends some seconds after its last client."""
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.close()
        if self._embedded:
            self._embedded.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _parameters(self, role: LedgerRole) -> Parameters:
        parameters = self._owner()
        if role is not LedgerRole.OWNER:
            parameters |= {"user": self._names[role], "password": self._passwords[role]}
        return parameters

    def _connect(self, role: LedgerRole, **instead: Any) -> Connection:
        parameters = self._parameters(role) | {"connect_timeout": int(_PATIENCE)} | instead
        return psycopg.connect(make_conninfo("", **parameters), autocommit=True)

    @contextmanager
    def _connection(self, role: LedgerRole) -> Iterator[Connection]:
        with psycopg_errors(self._where), self._pool(role).connection() as connection:
            yield connection

    def _pool(self, role: LedgerRole) -> ConnectionPool[Connection]:
        """The role's pool. Each new connection asks anew where the server is: it may have moved since."""
        with self._lock:
            if role not in self._pools:
                self._connect(role).close()  # its error says why; a pool's only that it took too long
                self._pools[role] = ConnectionPool(
                    lambda: make_conninfo("", **self._parameters(role)),
                    kwargs={"autocommit": True},
                    min_size=0,
                    max_size=_MOST_CONNECTIONS[role],
                    check=ConnectionPool.check_connection,
                    timeout=_PATIENCE,
                    max_idle=60,
                    num_workers=1,
                    open=True,
                    name=f"ledger {role}",
                )
            return self._pools[role]

    def _set_up(self, create: str | None) -> None:
        """Check the server, make the database `create`, apply what migrations are pending, set the roles' passwords."""
        with psycopg_errors(self._where):
            if create:
                self._create_database(create)
            with self._connect(LedgerRole.OWNER) as connection:
                version = connection.info.server_version // 10_000
                if version < _OLDEST_SERVER:
                    raise LedgerTooOld(where=self._where, version=version, needed=_OLDEST_SERVER)
                self._names = _role_names(connection, _EMBEDDED_PREFIX if create else connection.info.dbname)
                migrations = migrate.packaged()
                if migrate.pending(connection, migrations, self._where) or self._stale_logins(connection):
                    with migrate.alone(connection):
                        self._bring_up_to_date(connection, migrations)

    def _create_database(self, name: str) -> None:
        try:
            with self._connect(LedgerRole.OWNER) as connection:
                connection.execute("SELECT")
        except psycopg.OperationalError as error:
            if f'database "{name}" does not exist' not in str(error):
                raise
            with self._connect(LedgerRole.OWNER, dbname="postgres") as connection:
                try:
                    connection.execute(
                        sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
                    )
                except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    pass  # another client was quicker

    def _bring_up_to_date(self, connection: Connection, migrations: list[migrate.Migration]) -> None:
        migrate.prepare(connection)
        for migration in migrate.pending(connection, migrations, self._where):
            migrate.apply(connection, migration, self._names)
        stale = self._stale_logins(connection)
        with connection.transaction():
            for role in stale:
                self._set_password(connection, role)

    def _stale_logins(self, connection: Connection) -> list[LedgerRole]:
        """The roles whose password in the database is not the one in the ledger folder."""
        rows = connection.execute("SELECT role, login_sha256 FROM store.role").fetchall()
        return [
            LedgerRole(role)
            for role, login in rows
            if login != logins.fingerprint(self._passwords[LedgerRole(role)])
        ]

    def _set_password(self, connection: Connection, role: LedgerRole) -> None:
        """Only a SCRAM verifier goes to the server: the password itself would show in its log."""
        name, password = self._names[role], self._passwords[role]
        verifier = connection.pgconn.encrypt_password(
            password.encode(), name.encode(), b"scram-sha-256"
        ).decode()
        try:
            connection.execute(
                sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(verifier))
            )
        except psycopg.errors.InsufficientPrivilege as error:
            raise LedgerRights(
                user=self._names[LedgerRole.OWNER], reason=str(error.diag.message_primary)
            ) from error
        connection.execute(
            "UPDATE store.role SET login_sha256 = %s WHERE role = %s",
            (logins.fingerprint(password), role.value),
        )


def _embedded(server: EmbeddedServer, folder: Path, database: str) -> Ledger:
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
            "user": _EMBEDDED_OWNER,
            "password": passwords[LedgerRole.OWNER],
            "require_auth": "scram-sha-256",
        }

    return Ledger(str(folder), owner, passwords, server)


def _remote(url: str, folder: Path) -> Ledger:
    try:
        given = {key: value for key, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.ProgrammingError as error:
        raise BadLedgerUrl(url=url, reason=str(error).strip()) from error
    if not url.startswith(("postgresql://", "postgres://")) or not given.get("dbname"):
        raise BadLedgerUrl(url=url, reason="it names no database of a PostgreSQL server")
    try:
        folder.mkdir(exist_ok=True)
        passwords = logins.load_or_make(folder)
    except OSError as error:
        path = error.filename or folder
        raise out_of_room(error, path) or NoWriteAccess(path=path, reason=error.strerror or error) from error
    where = f"{given.get('host', 'localhost')}/{given['dbname']}"
    return Ledger(where, lambda: dict(given), passwords, None)


def _role_names(connection: Connection, prefix: str) -> dict[LedgerRole, str]:
    """The server's names of the roles: as they were chosen when this database was set up, else with `prefix`."""
    names = {role: f"{prefix}_{role}" for role in LedgerRole} | {LedgerRole.OWNER: connection.info.user}
    row = connection.execute("SELECT to_regclass('store.role')").fetchone()
    if row and row[0]:
        names |= {
            LedgerRole(role): name for role, name in connection.execute("SELECT role, name FROM store.role")
        }
    return names


def _take(connection: Connection, name: str, wait: float | None) -> None:
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    if wait == 0:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone()
        if not (row and row[0]):
            raise LedgerLocked(name=name)
        return
    milliseconds = 0 if wait is None else max(int(wait * 1000), 1)
    connection.execute("SELECT set_config('lock_timeout', %s, false)", (str(milliseconds),))
    try:
        connection.execute("SELECT pg_advisory_lock(%s)", (key,))
    except psycopg.errors.LockNotAvailable as error:
        raise LedgerLocked(name=name) from error
    connection.execute("RESET lock_timeout")


@contextmanager
def psycopg_errors(where: str) -> Iterator[None]:
    """Turn what says that the server is gone or full into our words; errors of a statement go through."""
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise DiskFull(path=where) from error
    except PoolTimeout as error:
        raise LedgerUnreachable(where=where, reason=str(error)) from error
    except psycopg.OperationalError as error:
        if (
            error.sqlstate is None
            or error.sqlstate[:2] in ("08", "57")
            and not isinstance(error, psycopg.errors.QueryCanceled)
        ):
            raise LedgerUnreachable(where=where, reason=str(error).strip()) from error
        raise
