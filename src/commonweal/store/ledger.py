"""The ledger: PostgreSQL, embedded or a server by its URL. What people decide and do stands here.

with Ledger.open(folder) as ledger, ledger.transaction() as connection:
    connection.execute("INSERT …")
"""

from __future__ import annotations

import hashlib
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from commonweal.store import address, logins, migrate
from commonweal.store.address import Address, Parameters
from commonweal.store.errors import DiskFull, LedgerRights, LedgerTaken, LedgerTooOld, LedgerUnreachable
from commonweal.store.locks import HeldLock
from commonweal.store.logins import LedgerRole

__all__ = ["Connection", "HeldLock", "Ledger", "LedgerRole"]

Connection = psycopg.Connection[TupleRow]

_OLDEST_SERVER = 16
_EMBEDDED_PREFIX = "commonweal"
_MOST_CONNECTIONS = {LedgerRole.OWNER: 6, LedgerRole.BULK: 4, LedgerRole.WORKER: 6, LedgerRole.WEB: 12}
_PATIENCE = 30.0  # seconds until a connection must be there; a crashed server is back in less
_ACTS_FOR = "set_config('commonweal.account', %s, true), set_config('commonweal.now', %s, true)"
_NOT_NOW = "the database system is"  # starting up, shutting down, in recovery mode: SQLSTATE 57P03
_GONE = ("08", "53", "57")  # SQLSTATE classes: connection lost, out of connections or memory, shut down


class Ledger:
    """One campaign's ledger, opened. Threads may share it; processes each open their own.

    `clock`: the campaign's, which policies see as store.now().
    """

    def __init__(self, at: Address) -> None:
        self._where = at.where
        self._owner = at.owner
        self._passwords = at.passwords
        self._embedded = at.server
        self._names: dict[LedgerRole, str] = {}
        self._pools: dict[LedgerRole, ConnectionPool[Connection]] = {}
        self._lock = threading.Lock()
        self._afterwards: dict[Connection, list[Callable[[], None]]] = {}
        self.clock: Callable[[], datetime] | None = None

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
        ledger = cls(address.find(folder.resolve() / "ledger", url, database, durable=durable))
        try:
            with _worded(ledger._where):
                ledger._set_up()
        except BaseException:
            ledger.close()
            raise
        return ledger

    @classmethod
    @contextmanager
    def empty(
        cls, folder: Path, url: str, roles: Mapping[str, str], *, durable: bool = True
    ) -> Iterator[dict[str, str]]:
        """An empty database with the named roles, for pg_restore: yields the variables of its environment.

        Raises LedgerTaken when the database has tables or the server has such roles, and what `open` raises.
        """
        ledger = cls(address.find(folder.resolve() / "ledger", url, "commonweal", durable=durable))
        try:
            with _worded(ledger._where):
                ledger._prepare_empty(roles)
                yield ledger.environment()
        finally:
            ledger.close()

    @contextmanager
    def transaction(
        self, role: LedgerRole = LedgerRole.OWNER, *, account: int | None = None, pipelined: bool = False
    ) -> Iterator[Connection]:
        """A connection inside one transaction: committed at the block's end, rolled back by an exception.

        Inside, policies see `account` as store.account(), and store.now(). Each call takes a connection of its own.
        `pipelined`: a statement whose rows nobody fetches travels with the next one, and so does its error.
        Raises LedgerUnreachable (also when the connection is lost on the way), DiskFull.
        """
        with self._connection(role) as connection:
            afterwards = self._afterwards[connection] = []
            try:
                with connection.pipeline() if pipelined else nullcontext(), connection.transaction():
                    if account is not None:
                        connection.execute(f"SELECT {_ACTS_FOR}", self._acts_for(account))
                    yield connection
            finally:
                del self._afterwards[connection]
            for act in afterwards:
                act()

    def once_committed(self, connection: Connection, act: Callable[[], None]) -> None:
        """Let `act` be done when the `transaction` that gave `connection` has committed; never if it does not."""
        self._afterwards[connection].append(act)

    @contextmanager
    def read(
        self, role: LedgerRole = LedgerRole.OWNER, *, account: int | None = None, steady: bool = False
    ) -> Iterator[Connection]:
        """As `transaction`, but the server refuses to write. `steady`: all statements see one state."""
        with self._connection(role) as connection, connection.transaction():
            if steady:
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.execute(
                f"SELECT set_config('transaction_read_only', 'on', true), {_ACTS_FOR}",
                self._acts_for(account),
            )
            yield connection

    @contextmanager
    def lock(self, name: str, wait: float | None = 0) -> Iterator[HeldLock]:
        """Hold the lock `name` of this ledger; the server lets it go when this process dies.

        Waits up to `wait` seconds (None: as long as it takes), then raises LedgerLocked. Call the lock's `check`
        in the transaction that publishes.
        """
        with _worded(self._where), self._connect(LedgerRole.OWNER) as connection:
            yield HeldLock.take(connection, name, wait)

    @property
    def database(self) -> str:
        """The database's name."""
        return str(self._owner()["dbname"])

    def url(self, role: LedgerRole) -> str:
        """A libpq URI for other drivers (ADBC), with the role's password in it: don't show it."""
        parameters = self._parameters(role)
        user, password = (quote(str(parameters.pop(key, "")), safe="") for key in ("user", "password"))
        database = quote(str(parameters.pop("dbname")), safe="")
        login = f"{user}:{password}" if password else user
        return f"postgresql://{login}@/{database}?{urlencode(parameters, quote_via=quote)}"

    def environment(self) -> dict[str, str]:
        """The owner's connection as libpq's environment variables, password and all: for PostgreSQL's own programs."""
        parameters = self._owner()
        known = {each.keyword.decode(): each.envvar for each in pq.Conninfo.get_defaults()}
        return {
            name.decode(): str(parameters[keyword])
            for keyword, name in known.items()
            if name and parameters.get(keyword)
        }

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

    def _acts_for(self, account: int | None) -> tuple[str, str]:
        now = self.clock().isoformat() if self.clock else ""
        return "" if account is None else str(account), now

    def _parameters(self, role: LedgerRole) -> Parameters:
        parameters = self._owner()
        if role is not LedgerRole.OWNER:
            parameters |= {"user": self._names[role], "password": self._passwords[role]}
        return parameters

    def _connect(self, role: LedgerRole, **instead: Any) -> Connection:
        """A server that has just crashed lets nobody in until it has recovered: it is asked again meanwhile."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            parameters = {"connect_timeout": int(_PATIENCE)} | self._parameters(role) | instead
            try:
                return psycopg.connect(make_conninfo("", **parameters), autocommit=True)
            except psycopg.OperationalError as error:
                if _NOT_NOW not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    @contextmanager
    def _connection(self, role: LedgerRole) -> Iterator[Connection]:
        with _worded(self._where), self._pool(role).connection() as connection:
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
                    check=_check,
                    timeout=_PATIENCE,
                    max_idle=60,
                    num_workers=1,
                    open=True,
                    name=f"ledger {role}",
                )
            return self._pools[role]

    def _set_up(self) -> None:
        """Check the server, make the embedded database, apply pending migrations, set the roles' passwords."""
        if self._embedded:
            self._create_database(self.database)
        with self._connect(LedgerRole.OWNER) as connection:
            version = connection.info.server_version // 10_000
            if version < _OLDEST_SERVER:
                raise LedgerTooOld(where=self._where, version=version, needed=_OLDEST_SERVER)
            prefix = _EMBEDDED_PREFIX if self._embedded else role_prefix(connection.info.dbname)
            self._names = _role_names(connection, prefix)
            migrations = migrate.packaged()
            if migrate.pending(connection, migrations, self._where) or self._stale_logins(connection):
                with migrate.alone(connection):
                    self._bring_up_to_date(connection, migrations)

    def _prepare_empty(self, roles: Mapping[str, str]) -> None:
        """The roles, and what the database lets each do. The first migration says it; its tables come with the dump."""
        if self._embedded:
            self._create_database(self.database)
        with self._connect(LedgerRole.OWNER) as connection:
            if migrate.pending(connection, migrate.packaged(), self._where) != migrate.packaged():
                raise LedgerTaken(where=self._where, reason="it holds a campaign")
            there = connection.execute(
                "SELECT rolname FROM pg_roles WHERE rolname = ANY (%s)",
                ([name for role, name in roles.items() if role != LedgerRole.OWNER],),
            ).fetchall()
            if there:
                taken = ", ".join(name for (name,) in there)
                raise LedgerTaken(where=self._where, reason=f"its server has the roles {taken}")
            self._names = {LedgerRole(role): name for role, name in roles.items()}
            self._names[LedgerRole.OWNER] = connection.info.user
            if roles[LedgerRole.OWNER] != connection.info.user:  # grants name it; it may do nothing
                connection.execute(
                    sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(roles[LedgerRole.OWNER]))
                )
            migrate.prepare(connection)
            migrate.apply(connection, migrate.packaged()[0], self._names)
            connection.execute("SET client_min_messages = warning")
            connection.execute("DROP SCHEMA staging, store CASCADE")

    def _create_database(self, name: str) -> None:
        try:
            self._connect(LedgerRole.OWNER).close()
        except psycopg.OperationalError as error:
            if f'database "{name}" does not exist' not in str(error):
                raise
            create = sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
            with (
                self._connect(LedgerRole.OWNER, dbname="postgres") as connection,
                suppress(
                    psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation
                ),  # another was quicker
            ):
                connection.execute(create)

    def _bring_up_to_date(self, connection: Connection, migrations: list[migrate.Migration]) -> None:
        migrate.prepare(connection)
        for migration in migrate.pending(connection, migrations, self._where):
            migrate.apply(connection, migration, self._names)
        with connection.transaction():
            for role in self._stale_logins(connection):
                self._set_password(connection, role)

    def _stale_logins(self, connection: Connection) -> list[LedgerRole]:
        """The roles whose password in the database is not the one in the ledger folder."""
        rows = connection.execute("SELECT role, login_sha256 FROM store.role").fetchall()
        kept = {LedgerRole(role): login for role, login in rows}
        return [role for role, login in kept.items() if login != logins.fingerprint(self._passwords[role])]

    def _set_password(self, connection: Connection, role: LedgerRole) -> None:
        """Only a SCRAM verifier goes to the server: the password itself would show in its log."""
        name, password = self._names[role], self._passwords[role]
        verifier = connection.pgconn.encrypt_password(
            password.encode(), name.encode(), b"scram-sha-256"
        ).decode()
        change = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
            sql.Identifier(name), sql.Literal(verifier)
        )
        try:
            connection.execute(change)
        except psycopg.errors.InsufficientPrivilege as error:
            raise LedgerRights(
                user=self._names[LedgerRole.OWNER], reason=error.diag.message_primary
            ) from error
        connection.execute(
            "UPDATE store.role SET login_sha256 = %s WHERE role = %s",
            (logins.fingerprint(password), role.value),
        )


def role_prefix(database: str) -> str:
    """What comes before "_web" etc. in the names of a database's roles: roles are shared by a whole server.

    PostgreSQL cuts names after 63 bytes, so that of a long-named database ends in a hash instead.
    """
    if len(database.encode()) <= 50:
        return database
    return f"{database[:10]}_{hashlib.sha256(database.encode()).hexdigest()[:16]}"


def _role_names(connection: Connection, prefix: str) -> dict[LedgerRole, str]:
    """The server's names of the roles: as they were chosen when this database was set up, else with `prefix`."""
    names = {role: f"{prefix}_{role}" for role in LedgerRole} | {LedgerRole.OWNER: connection.info.user}
    row = connection.execute("SELECT to_regclass('store.role')").fetchone()
    if row and row[0]:
        names |= {
            LedgerRole(role): name for role, name in connection.execute("SELECT role, name FROM store.role")
        }
    return names


def _check(connection: Connection) -> None:
    """Raises OperationalError when the server is gone. One that is has closed the socket, and so something can be read
    there: else no question is asked, which would take as long as a short statement.
    """
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    if socket.poll(0):
        ConnectionPool.check_connection(connection)


@contextmanager
def _worded(where: str) -> Iterator[None]:
    """Say in our words that the server is gone or its disk full; other errors of a statement go through."""
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise DiskFull(path=where) from error
    except psycopg.errors.QueryCanceled:
        raise
    except PoolTimeout as error:
        raise LedgerUnreachable(where=where, reason=error) from error
    except psycopg.OperationalError as error:
        if (error.sqlstate or "08")[:2] not in _GONE:
            raise
        raise LedgerUnreachable(where=where, reason=str(error).strip()) from error
