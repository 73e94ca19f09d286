"""Who is signed in, who has an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from commonweal.access.model import Account, Listed, Role, Session
from commonweal.access.rules import session_lives
from commonweal.access.tokens import sha256
from commonweal.store.ledger import Connection

_ACCOUNT = "a.account_id, a.name, a.email, a.role, a.areas, a.language, a.demo, a.created_at, a.closed_at"
_WIDTH = len(_ACCOUNT.split(","))


def _account(row: tuple[Any, ...]) -> Account:
    account_id, name, email, role, areas, *rest = row
    return Account(account_id, name, email, Role(role), tuple(areas), *rest)


def session(connection: Connection, token: str, now: datetime) -> Session | None:
    """The living session of a browser's token, or None."""
    row = connection.execute(
        f"SELECT {_ACCOUNT}, s.session_id, s.created_at, s.seen_at, s.expires_at"
        " FROM access.session s JOIN access.account a USING (account_id)"
        " WHERE s.token_sha256 = %s AND s.ended_at IS NULL AND a.closed_at IS NULL",
        (sha256(token),),
    ).fetchone()
    if row is None:
        return None
    session_id, created_at, seen_at, expires_at = row[_WIDTH:]
    if not session_lives(now, seen_at, expires_at):
        return None
    return Session(session_id, _account(row[:_WIDTH]), created_at, seen_at, expires_at)


def sessions_of(
    connection: Connection, account_id: int, now: datetime
) -> list[tuple[int, datetime, datetime]]:
    """The living sessions of an account: id, when it began, when it was last used; the last used first."""
    rows = connection.execute(
        "SELECT session_id, created_at, seen_at, expires_at FROM access.session"
        " WHERE account_id = %s AND ended_at IS NULL ORDER BY seen_at DESC, session_id",
        (account_id,),
    ).fetchall()
    return [row[:3] for row in rows if session_lives(now, row[2], row[3])]


def living(connection: Connection, sessions: Sequence[int], now: datetime) -> dict[int, Account]:
    """The account behind each of these sessions that still lives."""
    rows = connection.execute(
        f"SELECT {_ACCOUNT}, s.session_id, s.seen_at, s.expires_at"
        " FROM access.session s JOIN access.account a USING (account_id)"
        " WHERE s.session_id = ANY(%s) AND s.ended_at IS NULL AND a.closed_at IS NULL",
        (list(sessions),),
    ).fetchall()
    return {row[_WIDTH]: _account(row[:_WIDTH]) for row in rows if session_lives(now, *row[_WIDTH + 1 :])}


def account(connection: Connection, account_id: int) -> Account | None:
    """An open account, or None."""
    row = connection.execute(
        f"SELECT {_ACCOUNT} FROM access.account a WHERE account_id = %s AND closed_at IS NULL", (account_id,)
    ).fetchone()
    return _account(row) if row else None


def account_by_email(connection: Connection, email: str) -> Account | None:
    """The open account with an e-mail address (case does not count), or None."""
    row = connection.execute(
        f"SELECT {_ACCOUNT} FROM access.account a WHERE email = %s AND closed_at IS NULL", (email.lower(),)
    ).fetchone()
    return _account(row) if row else None


def open_accounts(connection: Connection) -> list[Account]:
    """Every account that is open, by name."""
    rows = connection.execute(
        f"SELECT {_ACCOUNT} FROM access.account a WHERE closed_at IS NULL ORDER BY name, account_id"
    ).fetchall()
    return [_account(row) for row in rows]


def accounts(connection: Connection, now: datetime) -> list[Listed]:
    """All open accounts, by role and name."""
    rows = connection.execute(
        f"SELECT {_ACCOUNT}, count(s.session_id), max(s.seen_at),"
        " EXISTS (SELECT FROM access.password p WHERE p.account_id = a.account_id)"
        " FROM access.account a LEFT JOIN access.session s"
        "   ON s.account_id = a.account_id AND s.ended_at IS NULL AND s.expires_at > %s"
        " WHERE a.closed_at IS NULL GROUP BY a.account_id ORDER BY a.role, a.name, a.account_id",
        (now,),
    ).fetchall()
    return [Listed(_account(row[:_WIDTH]), *row[_WIDTH:]) for row in rows]


def demo_accounts(connection: Connection) -> dict[Role, Account]:
    """The demo's account of each role; empty where the campaign is no demo."""
    rows = connection.execute(
        f"SELECT {_ACCOUNT} FROM access.account a WHERE demo AND closed_at IS NULL ORDER BY account_id DESC"
    ).fetchall()
    return {each.role: each for each in map(_account, rows)}


def names(connection: Connection) -> dict[str, str]:
    """The name behind each actor ("account:3") that the audit may name, closed accounts too."""
    rows = connection.execute("SELECT account_id, name FROM access.account").fetchall()
    return {f"account:{account_id}": name for account_id, name in rows}
