"""Tokens of the API: made, revoked, and looked at again at each request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from commonweal.access import tokens
from commonweal.access.errors import BadSender, NoSuchToken, ScopesMissing, TokenRevoked
from commonweal.access.model import Scope, Token
from commonweal.audit.actions import record
from commonweal.campaign import Campaign
from commonweal.store.ledger import Connection, LedgerRole

PREFIX = "cw_"  # so that scanners of code and logs know one when they meet it

_SENDER = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}")
OURS = frozenset({"contacts"})
"""Senders of events that the campaign makes itself: who had a token of their name could undo or forestall those."""

_COLUMNS = "token_id, sender, scopes, made_at, made_by, used_at, revoked_at"
_NOTE_EVERY = timedelta(minutes=1)


def make_token(campaign: Campaign, sender: str, scopes: Sequence[Scope], *, actor: str | None = None) -> str:
    """Make a token in the name of a sender; returned once and never kept. Raises BadSender, ScopesMissing.

    A second token of one sender is how the first is replaced: events told under either are the same.
    """
    sender = sender.strip()
    if not _SENDER.fullmatch(sender) or sender in OURS:
        raise BadSender(sender=sender)
    if not scopes:
        raise ScopesMissing()
    token = PREFIX + tokens.token()
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        row = connection.execute(
            "INSERT INTO access.token (token_sha256, sender, scopes, made_at, made_by)"
            " VALUES (%s, %s, %s, %s, %s) RETURNING token_id",
            (
                *(tokens.sha256(token), sender, sorted({scope.value for scope in scopes})),
                *(campaign.clock(), actor or campaign.actor),
            ),
        ).fetchone()
        assert row is not None
        detail = {"sender": sender, "scopes": sorted(scopes)}
        record(connection, campaign, "token.make", subject=f"token:{row[0]}", detail=detail, actor=actor)
    return token


def revoke_token(campaign: Campaign, token_id: int, *, actor: str | None = None) -> None:
    """Take a token back: the next request with it is refused, and so is one under way. Raises NoSuchToken."""
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        done = connection.execute(
            "UPDATE access.token SET revoked_at = %s WHERE token_id = %s AND revoked_at IS NULL",
            (campaign.clock(), token_id),
        ).rowcount
        if not done:
            raise NoSuchToken()
        record(connection, campaign, "token.revoke", subject=f"token:{token_id}", actor=actor)


def bearer(campaign: Campaign, token: str) -> Token | None:
    """Whose token this is; None when there is none such or it was revoked. Its use is noted once a minute."""
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        row = connection.execute(
            f"SELECT {_COLUMNS} FROM access.token WHERE token_sha256 = %s AND revoked_at IS NULL",
            (tokens.sha256(token),),
        ).fetchone()
        found = _token(row) if row else None
        now = campaign.clock()
        if found and (found.used_at is None or now - found.used_at >= _NOTE_EVERY):
            connection.execute(
                "UPDATE access.token SET used_at = %s WHERE token_id = %s", (now, found.token_id)
            )
    return found


def check_still_good(connection: Connection, token: Token) -> None:
    """For the end of a transaction that acts for a token. Raises TokenRevoked when it was taken back meanwhile."""
    row = connection.execute(
        "SELECT FROM access.token WHERE token_id = %s AND revoked_at IS NULL", (token.token_id,)
    )
    if not row.rowcount:
        raise TokenRevoked()


def all_tokens(connection: Connection, since: datetime) -> list[Token]:
    """All tokens that are good, and those revoked after `since`; the newest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM access.token WHERE revoked_at IS NULL OR revoked_at > %s"
        " ORDER BY revoked_at IS NOT NULL, token_id DESC",
        (since,),
    ).fetchall()
    return [_token(row) for row in rows]


def _token(row: tuple[Any, ...]) -> Token:
    token_id, sender, scopes, *rest = row
    return Token(token_id, sender, tuple(Scope(scope) for scope in scopes), *rest)
