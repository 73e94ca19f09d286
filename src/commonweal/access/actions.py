"""Coming in, going out, inviting, closing. Each writes its audit row in the same transaction."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import timedelta

import email_validator
import psycopg

from commonweal.access import queries, rules, tokens
from commonweal.access.errors import (
    AddressTaken,
    AreasMissing,
    LastDirector,
    LinkSpent,
    NameMissing,
    NoSuchAccount,
    NotADemo,
    NotAnAddress,
    WeakPassword,
    WrongSignIn,
)
from commonweal.access.model import Account, Role, Session
from commonweal.audit.actions import record
from commonweal.campaign import Campaign
from commonweal.store.ledger import Connection, LedgerRole

_NOTE_EVERY = timedelta(minutes=5)  # how often a session's last use is written down


def invite(
    campaign: Campaign,
    name: str,
    role: Role,
    *,
    email: str | None = None,
    areas: Sequence[str] = (),
    language: str | None = None,
    actor: str | None = None,
) -> str:
    """Make an account; returns the token of its one sign-in link, which is shown once and never kept.

    Raises NameMissing, NotAnAddress, AddressTaken, AreasMissing.
    """
    name, address = name.strip(), _address(email)
    if not name:
        raise NameMissing()
    if role is Role.ORGANISER and not areas:
        raise AreasMissing()
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        try:
            row = connection.execute(
                "INSERT INTO access.account (name, email, role, areas, language, created_at)"
                " VALUES (%s, %s, %s, %s, %s, %s) RETURNING account_id",
                (name, address, role.value, list(areas), language, campaign.clock()),
            ).fetchone()
        except psycopg.errors.UniqueViolation as error:
            raise AddressTaken(email=address) from error
        assert row is not None
        record(
            connection, campaign, "invite", subject=f"account:{row[0]}", detail={"role": role}, actor=actor
        )
        return _new_link(connection, campaign, row[0])


def make_link(campaign: Campaign, account_id: int, actor: str | None = None) -> str:
    """A new sign-in link for an account; returns its token. Raises NoSuchAccount."""
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        if queries.account(connection, account_id) is None:
            raise NoSuchAccount()
        record(connection, campaign, "make_link", subject=f"account:{account_id}", actor=actor)
        return _new_link(connection, campaign, account_id)


def sign_in_by_link(campaign: Campaign, token: str) -> str:
    """Use up a sign-in link; returns the token of a new session. Raises LinkSpent."""
    now = campaign.clock()
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        row = connection.execute(
            "UPDATE access.link l SET used_at = %s FROM access.account a"
            " WHERE l.token_sha256 = %s AND l.used_at IS NULL AND l.expires_at > %s"
            "   AND a.account_id = l.account_id AND a.closed_at IS NULL RETURNING l.account_id",
            (now, tokens.sha256(token), now),
        ).fetchone()
        if row is None:
            raise LinkSpent()
        return _new_session(connection, campaign, row[0], "link")


def sign_in_by_password(campaign: Campaign, email: str, password: str) -> str:
    """Check a password; returns the token of a new session. Raises WrongSignIn.

    A failure is counted and committed before the error is raised. Whether an address is known, unknown or locked is not to
    be told from the answer, nor from how long it takes.
    """
    now = campaign.clock()
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        row = connection.execute(
            "SELECT p.account_id, p.argon2, p.failures, p.locked_until"
            " FROM access.password p JOIN access.account a USING (account_id)"
            " WHERE a.email = %s AND a.closed_at IS NULL FOR UPDATE OF p",
            (email.strip().lower(),),
        ).fetchone()
        account_id, argon2, failures, locked_until = row or (None, None, 0, None)
        fits = tokens.password_fits(password[: rules.PASSWORD_MOST + 1], argon2)
        locked = locked_until is not None and now < locked_until
        if fits and not locked:
            assert account_id is not None
            connection.execute(
                "UPDATE access.password SET failures = 0, locked_until = NULL WHERE account_id = %s",
                (account_id,),
            )
            return _new_session(connection, campaign, account_id, "password")
        if account_id is not None and not locked:
            connection.execute(
                "UPDATE access.password SET failures = failures + 1, locked_until = %s WHERE account_id = %s",
                (rules.locked_until(now, failures + 1), account_id),
            )
            record(connection, campaign, "sign_in_failed", subject=f"account:{account_id}", actor="web")
        # Nothing is written down of an address that nobody has, so for the others nobody waits for the disk, either.
        connection.execute("SET LOCAL synchronous_commit = off")
    raise WrongSignIn(free=rules.FREE_FAILURES)


def note_use(campaign: Campaign, session: Session) -> None:
    """Write down that a session is in use, at most every five minutes."""
    now = campaign.clock()
    if now - session.seen_at < _NOTE_EVERY:
        return
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        connection.execute(
            "UPDATE access.session SET seen_at = %s WHERE session_id = %s AND seen_at < %s",
            (now, session.session_id, now),
        )


def sign_out(campaign: Campaign, session: Session) -> None:
    """End one session."""
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        connection.execute(
            "UPDATE access.session SET ended_at = %s WHERE session_id = %s AND ended_at IS NULL",
            (campaign.clock(), session.session_id),
        )
        record(connection, campaign, "sign_out", actor=session.account.actor)


def end_other_sessions(campaign: Campaign, session: Session) -> int:
    """End all sessions of one's own account but this one, a phone that was lost, say; how many."""
    account = session.account
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        ended = connection.execute(
            "UPDATE access.session SET ended_at = %s"
            " WHERE account_id = %s AND session_id <> %s AND ended_at IS NULL",
            (campaign.clock(), account.account_id, session.session_id),
        ).rowcount
        detail = {"sessions": ended}
        record(
            connection,
            campaign,
            "end_sessions",
            subject=f"account:{account.account_id}",
            detail=detail,
            actor=account.actor,
        )
    return ended


def end_sessions(campaign: Campaign, account_id: int, actor: str | None = None) -> int:
    """End all sessions of an account and void its unused links; how many sessions."""
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        ended = _shut_out(connection, campaign, account_id)
        record(
            connection,
            campaign,
            "end_sessions",
            subject=f"account:{account_id}",
            detail={"sessions": ended},
            actor=actor,
        )
    return ended


def close_account(campaign: Campaign, account_id: int, actor: str | None = None) -> None:
    """Close an account: its sessions end, its links are void, its past stays. Raises NoSuchAccount, LastDirector."""
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        connection.execute("SELECT FROM access.account WHERE role = 'director' FOR UPDATE")
        account = queries.account(connection, account_id)
        if account is None:
            raise NoSuchAccount()
        others = connection.execute(
            "SELECT FROM access.account WHERE role = 'director' AND closed_at IS NULL AND account_id <> %s",
            (account_id,),
        ).rowcount
        if account.role is Role.DIRECTOR and not others:
            raise LastDirector()
        connection.execute(
            "UPDATE access.account SET closed_at = %s WHERE account_id = %s", (campaign.clock(), account_id)
        )
        _shut_out(connection, campaign, account_id)
        record(connection, campaign, "close_account", subject=f"account:{account_id}", actor=actor)


def set_password(campaign: Campaign, session: Session, password: str) -> None:
    """Set the password of one's own account; its other sessions end and its links are void. Raises WeakPassword."""
    account = session.account
    if rules.password_weakness(password, account):
        raise WeakPassword(least=rules.PASSWORD_LEAST, most=rules.PASSWORD_MOST)
    now = campaign.clock()
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        connection.execute(
            "INSERT INTO access.password (account_id, argon2, set_at) VALUES (%s, %s, %s)"
            " ON CONFLICT (account_id) DO UPDATE SET"
            " argon2 = excluded.argon2, set_at = excluded.set_at, failures = 0, locked_until = NULL",
            (account.account_id, tokens.password_hash(password), now),
        )
        connection.execute(
            "UPDATE access.session SET ended_at = %s"
            " WHERE account_id = %s AND session_id <> %s AND ended_at IS NULL",
            (now, account.account_id, session.session_id),
        )
        connection.execute(
            "UPDATE access.link SET used_at = %s WHERE account_id = %s AND used_at IS NULL",
            (now, account.account_id),
        )
        record(connection, campaign, "set_password", actor=account.actor)


def set_language(campaign: Campaign, account: Account, language: str) -> None:
    """The language in which an account reads its pages: "en" or "fr"."""
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        connection.execute(
            "UPDATE access.account SET language = %s WHERE account_id = %s", (language, account.account_id)
        )


def open_demo(campaign: Campaign, areas: Sequence[str]) -> str:
    """Make the demo's account of each role that has none; returns the token of a link for the director.

    `areas` are those of the demo's organiser.
    """
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        there = queries.demo_accounts(connection)
        for role in Role:
            if role not in there:
                connection.execute(
                    "INSERT INTO access.account (name, role, areas, demo, created_at) VALUES (%s, %s, %s, true, %s)",
                    (
                        _DEMO_NAMES[role],
                        role.value,
                        list(areas) if role is Role.ORGANISER else [],
                        campaign.clock(),
                    ),
                )
        director = queries.demo_accounts(connection)[Role.DIRECTOR]
        record(connection, campaign, "open_demo")
        return _new_link(connection, campaign, director.account_id)


def way_in(campaign: Campaign) -> str | None:
    """The token of a sign-in link for whoever starts the pages: the demo's director, or the first director of a
    campaign where nobody has an account. None where people can sign in already.
    """
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        demo = queries.demo_accounts(connection).get(Role.DIRECTOR)
        anybody = bool(queries.accounts(connection, campaign.clock()))
    if demo:
        return make_link(campaign, demo.account_id)
    return None if anybody else invite(campaign, getpass.getuser(), Role.DIRECTOR)


def switch_role(campaign: Campaign, session: Session, role: Role) -> None:
    """In the demo: go on as the account of another role. Raises NotADemo."""
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        other = queries.demo_accounts(connection).get(role)
        if not session.account.demo or other is None:
            raise NotADemo()
        connection.execute(
            "UPDATE access.session SET account_id = %s WHERE session_id = %s",
            (other.account_id, session.session_id),
        )
        record(
            connection,
            campaign,
            "switch_role",
            subject=f"account:{other.account_id}",
            actor=session.account.actor,
        )


_DEMO_NAMES = {
    Role.CANDIDATE: "Camille Laurent",
    Role.DIRECTOR: "Dominique Faure",
    Role.ANALYST: "Alix Meunier",
    Role.DIGITAL: "Charlie Roux",
    Role.ORGANISER: "Sacha Vidal",
    Role.VOLUNTEER: "Noa Garnier",
    Role.TREASURER: "Claude Besson",
    Role.PRIVACY: "Lou Perrin",
}


def _address(email: str | None) -> str | None:
    if not email or not email.strip():
        return None
    try:
        checked = email_validator.validate_email(email.strip(), check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        raise NotAnAddress(email=email.strip()) from error
    return checked.normalized.lower()


def _new_link(connection: Connection, campaign: Campaign, account_id: int) -> str:
    token, now = tokens.token(), campaign.clock()
    connection.execute(
        "INSERT INTO access.link (token_sha256, account_id, created_at, expires_at) VALUES (%s, %s, %s, %s)",
        (tokens.sha256(token), account_id, now, now + rules.LINK_LIFE),
    )
    return token


def _new_session(connection: Connection, campaign: Campaign, account_id: int, by: str) -> str:
    token, now = tokens.token(), campaign.clock()
    connection.execute(
        "INSERT INTO access.session (token_sha256, account_id, created_at, seen_at, expires_at)"
        " VALUES (%s, %s, %s, %s, %s)",
        (tokens.sha256(token), account_id, now, now, now + rules.SESSION_LIFE),
    )
    record(connection, campaign, "sign_in", detail={"by": by}, actor=f"account:{account_id}")
    return token


def _shut_out(connection: Connection, campaign: Campaign, account_id: int) -> int:
    now = campaign.clock()
    connection.execute(
        "UPDATE access.link SET used_at = %s WHERE account_id = %s AND used_at IS NULL", (now, account_id)
    )
    return connection.execute(
        "UPDATE access.session SET ended_at = %s WHERE account_id = %s AND ended_at IS NULL",
        (now, account_id),
    ).rowcount
