"""The bridge: Arrow tables into PostgreSQL and back, in bulk, streaming (ADBC, binary COPY).

COPY FROM is refused under row-level security, so data goes into an unlogged table of the schema `staging`
first; from there the caller moves it, in its own transaction, by INSERT … SELECT or by `merge`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pyarrow as pa
from psycopg import sql

from commonweal.store.ledger import Ledger, LedgerRole

_POSTGRES = {
    pa.bool_(): "boolean",
    pa.int16(): "smallint",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float32(): "real",
    pa.float64(): "double precision",
    pa.string(): "text",
    pa.large_string(): "text",
    pa.date32(): "date",
}


@dataclass(frozen=True)
class Merged:
    """How many rows of the target a merge touched."""

    inserted: int
    updated: int
    deleted: int

    @property
    def touched(self) -> int:
        """All rows that are not as they were before."""
        return self.inserted + self.updated + self.deleted


class Bridge:
    """Moves Arrow data between the lake and the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @contextmanager
    def staged(self, data: pa.Table | pa.RecordBatchReader) -> Iterator[sql.Identifier]:
        """The rows as an unlogged table in PostgreSQL, for as long as the block runs.

        Raises TypeError for a column type that has no PostgreSQL twin (see `_POSTGRES`; lists of text become text[], and so on).
        """
        name = f"load_{uuid.uuid4().hex}"
        identifier = sql.Identifier("staging", name)
        columns = [sql.SQL("{} {}").format(sql.Identifier(f.name), sql.SQL(_type(f))) for f in data.schema]
        with self._ledger.transaction(LedgerRole.BULK) as connection:
            connection.execute(
                sql.SQL("CREATE UNLOGGED TABLE {} ({})").format(identifier, sql.SQL(", ").join(columns))
            )
        try:
            self._ingest(name, data)
            yield identifier
        finally:
            with self._ledger.transaction(LedgerRole.BULK) as connection:
                connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(identifier))

    def _ingest(self, name: str, data: pa.Table | pa.RecordBatchReader) -> None:
        with adbc.connect(self._ledger.url(LedgerRole.BULK)) as connection, connection.cursor() as cursor:
            cursor.adbc_ingest(name, data, mode="append", db_schema_name="staging")
            connection.commit()

    def merge(
        self,
        connection: psycopg.Connection[Any],
        staging: sql.Identifier,
        target: str,
        key: Sequence[str],
        within: sql.Composable | None = None,
    ) -> Merged:
        """Make `target` ("schema.table") hold what is staged, touching only the rows that differ.

        Columns of the target that are not staged stay as they are. `within` is a condition on the target (alias
        t): rows outside it are left alone. The caller's transaction must run as bulk or owner.
        """
        table = sql.Identifier(*target.split("."))
        types = self._column_types(connection, staging, table)
        columns = list(types)
        values = [column for column in columns if column not in key]
        staged = {
            column: sql.SQL("s.{}::{}").format(sql.Identifier(column), kind) for column, kind in types.items()
        }
        parts: dict[str, sql.Composable] = {
            "table": table,
            "staging": staging,
            "columns": _names(columns),
            "key": _names(key),
            "join": sql.SQL(" AND ").join(
                sql.SQL("t.{0} = s.{0}").format(sql.Identifier(column)) for column in key
            ),
            "within": within or sql.SQL("true"),
        }
        deleted = connection.execute(
            sql.SQL(
                "DELETE FROM {table} t WHERE {within} AND NOT EXISTS (SELECT FROM {staging} s WHERE {join})"
            ).format(**parts)
        ).rowcount
        updated = (
            self._update(connection, parts, {column: staged[column] for column in values}) if values else 0
        )
        inserted = connection.execute(
            sql.SQL(
                "INSERT INTO {table} ({columns}) SELECT {values} FROM {staging} s"
                " WHERE NOT EXISTS (SELECT FROM {table} t WHERE {join})"
            ).format(values=sql.SQL(", ").join(staged.values()), **parts)
        ).rowcount
        return Merged(inserted, updated, deleted)

    def _update(
        self,
        connection: psycopg.Connection[Any],
        parts: dict[str, sql.Composable],
        values: dict[str, sql.Composed],
    ) -> int:
        old = sql.SQL(", ").join(sql.SQL("t.{}").format(sql.Identifier(column)) for column in values)
        assign = sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(column), value) for column, value in values.items()
        )
        return connection.execute(
            sql.SQL(
                "UPDATE {table} t SET {assign} FROM {staging} s"
                " WHERE {join} AND {within} AND ROW({old}) IS DISTINCT FROM ROW({new})"
            ).format(assign=assign, old=old, new=sql.SQL(", ").join(values.values()), **parts)
        ).rowcount

    def _column_types(
        self, connection: psycopg.Connection[Any], staging: sql.Identifier, target: sql.Identifier
    ) -> dict[str, sql.SQL]:
        """The staged columns in order, each with the type that the target gives it (text becomes jsonb, say)."""
        rows = connection.execute(
            "SELECT s.attname, format_type(t.atttypid, t.atttypmod)"
            " FROM pg_attribute s JOIN pg_attribute t ON t.attname = s.attname"
            " WHERE s.attrelid = %s::regclass AND t.attrelid = %s::regclass AND s.attnum > 0 AND t.attnum > 0"
            " ORDER BY s.attnum",
            (staging.as_string(connection), target.as_string(connection)),
        ).fetchall()
        return {name: sql.SQL(kind) for name, kind in rows}

    def read(
        self, query: str, parameters: Sequence[Any] = (), role: LedgerRole = LedgerRole.BULK
    ) -> pa.Table:
        """A query's rows as an Arrow table. Parameters are numbered: $1, $2, …"""
        with adbc.connect(self._ledger.url(role)) as connection, connection.cursor() as cursor:
            cursor.execute(query, tuple(parameters) or None)
            table: pa.Table = cursor.fetch_arrow_table()
        return table


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)


def _type(column: pa.Field) -> Any:
    if pa.types.is_list(column.type) and column.type.value_type in _POSTGRES:
        return f"{_POSTGRES[column.type.value_type]}[]"
    if pa.types.is_timestamp(column.type):
        return "timestamptz" if column.type.tz else "timestamp"
    try:
        return _POSTGRES[column.type]
    except KeyError:
        raise TypeError(f"column {column.name} of type {column.type} has no twin in PostgreSQL") from None
