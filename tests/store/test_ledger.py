"""The ledger's connections, rights, locks and errors, on a real PostgreSQL."""

from __future__ import annotations

import threading
from pathlib import Path

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from commonweal.store.errors import (
    BadLedgerUrl,
    LedgerLocked,
    LedgerRights,
    LedgerTooOld,
    LedgerUnreachable,
    LockLost,
    NoWriteAccess,
)
from commonweal.store.ledger import Ledger, LedgerRole, role_prefix

OWNER, BULK, WORKER, WEB = LedgerRole


def value(ledger: Ledger, role: LedgerRole, query: str, account: int | None = None) -> object:
    with ledger.transaction(role, account=account) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("role", LedgerRole)
def test_each_role_logs_in_as_itself(ledger: Ledger, role: LedgerRole) -> None:
    assert value(ledger, role, "SELECT session_user::text") == f"commonweal_{role}"
    assert value(ledger, role, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False


@pytest.mark.parametrize("role", [BULK, WORKER, WEB])
@pytest.mark.parametrize(
    "escape",
    [
        "SET ROLE commonweal_owner",
        "SET SESSION AUTHORIZATION commonweal_owner",
        "SET ROLE commonweal_superuser",
        "ALTER ROLE commonweal_owner PASSWORD 'x'",
        "GRANT commonweal_owner TO CURRENT_USER",
        "CREATE ROLE other SUPERUSER",
    ],
)
def test_no_role_turns_into_another(ledger: Ledger, role: LedgerRole, escape: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), ledger.transaction(role) as connection:
        connection.execute(escape.encode())


def test_nobody_logs_in_as_the_superuser(ledger: Ledger) -> None:
    for password in ("", "commonweal_superuser"):
        address = make_conninfo(ledger.url(OWNER), user="commonweal_superuser", password=password)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(address)


@pytest.mark.parametrize("role", [WORKER, WEB])
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.mine (a int)",
        "CREATE TABLE store.mine (a int)",
        "CREATE TABLE staging.mine (a int)",
        "CREATE TEMPORARY TABLE mine (a int)",
        "CREATE SCHEMA mine",
        "SELECT * FROM store.role",
        "SELECT * FROM store.migration",
        "INSERT INTO store.snapshot (at, step) VALUES (now(), 'x')",
        "DELETE FROM store.file",
    ],
)
def test_what_is_not_granted_is_refused(ledger: Ledger, role: LedgerRole, statement: str) -> None:
    if "TEMPORARY" in statement:  # a database's own rights are not copied from its template
        with ledger.transaction() as connection:
            connection.execute(f"REVOKE TEMPORARY ON DATABASE {ledger.database} FROM PUBLIC".encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege), ledger.transaction(role) as connection:
        connection.execute(statement.encode())


def test_web_does_not_read_the_key_of_ids(ledger: Ledger) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        value(ledger, WEB, "SELECT value FROM store.setting")


def test_a_new_function_is_nobodys_but_the_owners(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        connection.execute("CREATE FUNCTION store.one() RETURNS int LANGUAGE sql RETURN 1")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        value(ledger, WEB, "SELECT store.one()")


def test_policies_see_the_account_and_bulk_sees_all(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        connection.execute("CREATE TABLE store.door (door int, holder bigint)")
        connection.execute("INSERT INTO store.door VALUES (1, 7), (2, 8), (3, 7)")
        connection.execute("ALTER TABLE store.door ENABLE ROW LEVEL SECURITY")
        connection.execute("CREATE POLICY held ON store.door USING (holder = store.account())")
        connection.execute("GRANT SELECT ON store.door TO commonweal_web, commonweal_worker, commonweal_bulk")
    count = "SELECT count(*) FROM store.door"
    assert value(ledger, WEB, count, account=7) == 2
    assert value(ledger, WORKER, count, account=8) == 1
    assert value(ledger, WEB, count) == 0, "the account of the transaction before is forgotten"
    assert value(ledger, BULK, count) == 3
    with ledger.read(WEB, account=8) as connection:
        assert connection.execute("SELECT door FROM store.door").fetchall() == [(2,)]


def test_bulk_stages_unlogged_tables(ledger: Ledger) -> None:
    with ledger.transaction(BULK) as connection:
        connection.execute("CREATE UNLOGGED TABLE staging.load (a int)")
        with connection.cursor().copy("COPY staging.load FROM STDIN") as copy:
            copy.write("1\n2\n")
    assert value(ledger, BULK, "SELECT sum(a) FROM staging.load") == 3


@pytest.mark.parametrize("role", LedgerRole)
def test_the_url_serves_other_drivers(ledger: Ledger, role: LedgerRole) -> None:
    with adbc.connect(ledger.url(role)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_user::text")
        assert cursor.fetchone() == (f"commonweal_{role}",)


def test_an_exception_rolls_back(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError), ledger.transaction() as connection:  # noqa: PT012
        connection.execute("INSERT INTO store.setting VALUES ('a', 'b')")
        raise RuntimeError
    assert value(ledger, OWNER, "SELECT count(*) FROM store.setting") == 0


def test_a_read_cannot_write(ledger: Ledger) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), ledger.read() as connection:
        connection.execute("INSERT INTO store.setting VALUES ('a', 'b')")
    with ledger.transaction() as connection:
        connection.execute("INSERT INTO store.setting VALUES ('a', 'b')")


def test_a_lost_connection_is_told_and_replaced(ledger: Ledger) -> None:
    with pytest.raises(LedgerUnreachable) as caught, ledger.transaction() as connection:  # noqa: PT012
        pid = connection.info.backend_pid
        with ledger.transaction() as other:
            other.execute("SELECT pg_terminate_backend(%s)", (pid,))
        connection.execute("SELECT 1")
    assert caught.value.transient
    assert value(ledger, OWNER, "SELECT 1") == 1


def test_an_error_of_a_statement_stays_itself(ledger: Ledger) -> None:
    with pytest.raises(psycopg.errors.QueryCanceled), ledger.transaction() as connection:  # noqa: PT012
        connection.execute("SET LOCAL statement_timeout = '10ms'")
        connection.execute("SELECT pg_sleep(5)")
    with pytest.raises(psycopg.errors.UniqueViolation), ledger.transaction() as connection:
        connection.execute("INSERT INTO store.setting VALUES ('a', 'b'), ('a', 'c')")


def test_a_lock_is_held_by_one(ledger: Ledger) -> None:
    with ledger.lock("lake") as lock, ledger.lock("another"):
        with pytest.raises(LedgerLocked), ledger.lock("lake"):
            pass
        with pytest.raises(LedgerLocked), ledger.lock("lake", wait=0.05):
            pass
        with ledger.transaction(BULK) as connection:
            lock.check(connection)
    with ledger.lock("lake", wait=None):
        pass


def test_waiting_for_a_lock_gets_it(ledger: Ledger) -> None:
    order: list[str] = []
    held = threading.Event()

    def hold() -> None:
        with ledger.lock("lake"):
            held.set()
            other.wait(0.2)
            order.append("first")

    other = threading.Event()
    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    with ledger.lock("lake", wait=10):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


def test_a_lock_whose_connection_was_lost_says_so(ledger: Ledger) -> None:
    with ledger.lock("lake") as lock:
        with ledger.transaction() as connection:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (lock.holder,))
        with ledger.lock("lake"), pytest.raises(LockLost), ledger.transaction(BULK) as connection:
            lock.check(connection)


def test_many_threads_share_a_ledger(ledger: Ledger) -> None:
    def add() -> None:
        with ledger.transaction() as connection:
            connection.execute(
                "INSERT INTO store.sequence AS s VALUES ('x', 1) ON CONFLICT (kind) DO UPDATE SET next = s.next + 1"
            )

    threads = [threading.Thread(target=add) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value(ledger, OWNER, "SELECT next FROM store.sequence") == 30


@pytest.mark.parametrize(
    "url",
    ["mysql://host/db", "postgresql://host", "postgresql://host/db?nonsense=1", "embeded", "", "dbname=x"],
)
def test_a_url_that_is_none(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadLedgerUrl):
        Ledger.open(tmp_path, url)


def test_a_url_in_an_error_hides_its_password(tmp_path: Path) -> None:
    with pytest.raises(BadLedgerUrl) as caught:
        Ledger.open(tmp_path, "postgresql://me:secret@host")
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnreachable, match=r"127\.0\.0\.1/campaign"):
        Ledger.open(tmp_path, "postgresql://me@127.0.0.1:1/campaign")


def test_a_campaign_folder_that_is_not_there(tmp_path: Path) -> None:
    for url in ("embedded", "postgresql://me@127.0.0.1:1/campaign"):
        with pytest.raises(NoWriteAccess):
            Ledger.open(tmp_path / "nowhere", url)


def remote(ledger: Ledger, user: str, attributes: str, database: str) -> str:
    """The URL of a database on the tests' server, as an administrator would hand it out."""
    with psycopg.connect(make_conninfo(ledger.url(OWNER), dbname="postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'p' {attributes}".encode())
        admin.execute(f"GRANT {user} TO commonweal_owner".encode())
        admin.execute(f"CREATE DATABASE {database} OWNER {user} TEMPLATE template0".encode())
    url = ledger.url(OWNER)
    host = url.split("@", 1)[1].split("?", 1)[1]
    return f"postgresql://{user}:p@/{database}?{host}"


def test_a_server_by_its_url(ledger: Ledger, tmp_path: Path) -> None:
    url = remote(ledger, "dba", "CREATEROLE BYPASSRLS", "toulouse")
    with Ledger.open(tmp_path, url) as campaign:
        assert value(campaign, OWNER, "SELECT current_user::text") == "dba"
        for role in (BULK, WORKER, WEB):
            assert value(campaign, role, "SELECT session_user::text") == f"toulouse_{role}"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            value(campaign, WEB, "SELECT count(*) FROM store.role")
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(make_conninfo(ledger.url(WEB), dbname="toulouse"))
    (tmp_path / "ledger" / "logins.json").unlink()
    with Ledger.open(tmp_path, url) as campaign:
        assert value(campaign, WEB, "SELECT 1") == 1, "lost passwords are made anew"


def test_a_user_who_may_not_create_roles(ledger: Ledger, tmp_path: Path) -> None:
    url = remote(ledger, "plain", "", "lyon")
    with pytest.raises(LedgerRights, match="ALTER ROLE plain CREATEROLE BYPASSRLS"):
        Ledger.open(tmp_path, url)
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT to_regclass('store.role')").fetchone()
    assert found == (None,), "nothing half-written"


def test_names_of_roles_fit_into_postgresqls_limit() -> None:
    assert role_prefix("lyon") == "lyon"
    long = [role_prefix("x" * 59 + end) for end in "ab"]
    assert long[0] != long[1]
    assert all(len(f"{prefix}_worker".encode()) <= 63 for prefix in long)


def test_a_server_that_is_too_old(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commonweal.store.ledger._OLDEST_SERVER", 99)
    with pytest.raises(LedgerTooOld, match="runs PostgreSQL 18; Commonweal needs 99"):
        Ledger.open(tmp_path, remote(ledger, "elder", "CREATEROLE BYPASSRLS", "nantes"))
