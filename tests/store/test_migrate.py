"""Migrations: numbered, applied once, each in one transaction, and nobody's text changes behind anybody's back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.store import migrate
from commonweal.store.errors import LedgerNewer, MigrationChanged, MigrationFailed, MigrationNumberTaken
from commonweal.store.ledger import Ledger, LedgerRole
from commonweal.store.migrate import Migration

NAMES = {role: f"commonweal_{role}" for role in LedgerRole}
NEXT = 9000


@pytest.fixture
def connection(ledger: Ledger) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(ledger.url(LedgerRole.OWNER), autocommit=True) as made:
        yield made


def scalar(connection: psycopg.Connection[Any], query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def test_the_packaged_ones_are_all_applied(connection: psycopg.Connection[Any]) -> None:
    packaged = migrate.packaged()
    assert [migration.number for migration in packaged][:2] == [1, 2]
    assert migrate.pending(connection, packaged, "here") == []
    assert scalar(connection, "SELECT count(*) FROM store.migration") == len(packaged)


def test_every_table_says_what_it_is_and_for_whom(connection: psycopg.Connection[Any]) -> None:
    silent = connection.execute(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^(pg_|information_schema)'"
        " AND coalesce(obj_description(c.oid, 'pg_class'), '') !~ 'For: '"
    ).fetchall()
    assert silent == []


def test_nothing_is_granted_to_everybody(connection: psycopg.Connection[Any]) -> None:
    granted = connection.execute(
        "SELECT table_schema, table_name, privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = 'PUBLIC' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        " UNION ALL SELECT routine_schema, routine_name, privilege_type FROM information_schema.routine_privileges"
        " WHERE grantee = 'PUBLIC' AND routine_schema NOT IN ('pg_catalog', 'information_schema')"
    ).fetchall()
    assert granted == []


def test_one_is_applied_and_noted(connection: psycopg.Connection[Any]) -> None:
    new = Migration(NEXT, "room", "CREATE TABLE store.room (a int); GRANT SELECT ON store.room TO :web;")
    migrate.apply(connection, new, NAMES)
    assert migrate.pending(connection, [*migrate.packaged(), new], "here") == []
    assert scalar(connection, "SELECT has_table_privilege('commonweal_web', 'store.room', 'SELECT')") is True
    assert scalar(connection, f"SELECT name FROM store.migration WHERE number = {NEXT}") == "room"


def test_a_gap_filled_later_is_applied(connection: psycopg.Connection[Any]) -> None:
    later, earlier = Migration(NEXT + 1, "b", "SELECT 1"), Migration(NEXT, "a", "SELECT 1")
    migrate.apply(connection, later, NAMES)
    assert migrate.pending(connection, [*migrate.packaged(), earlier, later], "here") == [earlier]


def test_a_failing_one_leaves_nothing(connection: psycopg.Connection[Any]) -> None:
    bad = Migration(NEXT, "room", "CREATE TABLE store.room (a int);\n\nSELECT nonsense FROM store.room;\n")
    with pytest.raises(MigrationFailed, match=r'line 3: column "nonsense" does not exist'):
        migrate.apply(connection, bad, NAMES)
    assert scalar(connection, "SELECT to_regclass('store.room')") is None
    assert scalar(connection, f"SELECT count(*) FROM store.migration WHERE number = {NEXT}") == 0


def test_a_changed_text_is_noticed(connection: psycopg.Connection[Any]) -> None:
    first, *others = migrate.packaged()
    changed = Migration(first.number, first.name, first.text + "\n-- a word more\n")
    with pytest.raises(MigrationChanged, match=r"Migration 1 \(roles\).*Put its text back"):
        migrate.pending(connection, [changed, *others], "here")


def test_a_newer_ledger_is_left_alone(connection: psycopg.Connection[Any]) -> None:
    *older, last = migrate.packaged()
    with pytest.raises(LedgerNewer, match=str(last.number)):
        migrate.pending(connection, older, "here")


def test_open_refuses_a_changed_migration(
    ledger: Ledger, ledger_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = migrate.packaged()
    changed = [Migration(m.number, m.name, m.text + " ") for m in packaged]
    monkeypatch.setattr(migrate, "packaged", lambda: changed)
    with pytest.raises(MigrationChanged):
        Ledger.open(ledger_server.folder, durable=False, database=ledger.database)


@pytest.mark.parametrize(
    "name", ["roles.sql", "1_roles.sql", "00001_roles.sql", "0001-roles.sql", "0001_.sql"]
)
def test_a_file_without_a_number(name: str) -> None:
    with pytest.raises(MigrationNumberTaken):
        migrate.ordered({name: ""})


def test_two_files_with_one_number() -> None:
    with pytest.raises(MigrationNumberTaken, match="0001_b"):
        migrate.ordered({"0001_a.sql": "", "0001_b.sql": ""})


@given(st.lists(st.integers(1, 9999), unique=True))
def test_order_is_by_number(numbers: list[int]) -> None:
    files = {f"{number:04}_room.sql": "" for number in numbers}
    assert [migration.number for migration in migrate.ordered(files)] == sorted(numbers)


def test_role_names_are_put_in_where_they_stand_alone(connection: psycopg.Connection[Any]) -> None:
    names = NAMES | {LedgerRole.WEB: "o\"dd's_web"}
    text = "GRANT x TO :web, :bulk; SELECT :'web', 'a'::web, b[1:2], c::text, :website, ':owner '"
    assert migrate._with_names(text, connection, names) == (
        'GRANT x TO "o""dd\'s_web", "commonweal_bulk"; '
        "SELECT 'o\"dd''s_web', 'a'::web, b[1:2], c::text, :website, '\"commonweal_owner\" '"
    )
