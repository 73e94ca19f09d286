"""Writing a version of a message, approving it, taking that back; in the transaction of whoever does it."""

from __future__ import annotations

from collections.abc import Mapping

from commonweal.access.model import Account
from commonweal.audit.actions import record
from commonweal.campaign import Campaign
from commonweal.messages import queries
from commonweal.messages.errors import ApprovedAlready, NotApproved, NothingSaid, TooLongToSay
from commonweal.messages.model import CODE_MOST, TEXT_MOST
from commonweal.store.ledger import Connection


def write(
    connection: Connection, campaign: Campaign, account: Account, code: str, texts: Mapping[str, str]
) -> int:
    """A new version of the message `code`, in one language or more; its id. Raises NothingSaid, TooLongToSay."""
    name = " ".join(code.split())
    said = {language: text.strip() for language, text in texts.items() if text.strip()}
    if not name or not said:
        raise NothingSaid()
    for text, most in ((name, CODE_MOST), *((text, TEXT_MOST) for text in said.values())):
        if len(text) > most:
            raise TooLongToSay(length=len(text), most=most)
    now = campaign.clock()
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('message ' || %s, 0))", (name,))
    connection.execute(
        "INSERT INTO messages.message (code, made_by, made_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (name, account.account_id, now),
    )
    row = connection.execute(
        "INSERT INTO messages.version (code, number, written_by, written_at)"
        " SELECT %(code)s, coalesce(max(number), 0) + 1, %(by)s, %(at)s FROM messages.version WHERE code = %(code)s"
        " RETURNING version_id",
        {"code": name, "by": account.account_id, "at": now},
    ).fetchone()
    assert row is not None
    version_id: int = row[0]
    for language, text in said.items():
        connection.execute(
            "INSERT INTO messages.text (version_id, language, text) VALUES (%s, %s, %s)",
            (version_id, language, text),
        )
    record(connection, campaign, "message.write", subject=f"message:{version_id}", actor=account.actor)
    return version_id


def approve(connection: Connection, campaign: Campaign, account: Account, version_id: int) -> None:
    """Let a version be used. Raises NoSuchVersion, ApprovedAlready."""
    version = queries.version(connection, version_id)
    done = connection.execute(
        "UPDATE messages.version SET approved_by = %s, approved_at = %s WHERE version_id = %s AND approved_at IS NULL",
        (account.account_id, campaign.clock(), version_id),
    ).rowcount
    if not done:
        raise ApprovedAlready(name=version.name)
    record(connection, campaign, "message.approve", subject=f"message:{version_id}", actor=account.actor)


def withdraw(
    connection: Connection, campaign: Campaign, account: Account, version_id: int, reason: str
) -> None:
    """A version may be used no longer, for a reason (one line that fits); what was told with it stays told.

    Raises NoSuchVersion, NotApproved.
    """
    version = queries.version(connection, version_id)
    done = (
        version.approved_at is not None
        and connection.execute(
            "INSERT INTO messages.withdrawal (version_id, reason, by, at) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (version_id, reason, account.account_id, campaign.clock()),
        ).rowcount
    )
    if not done:
        raise NotApproved(name=version.name)
    record(connection, campaign, "message.withdraw", subject=f"message:{version_id}", actor=account.actor)
