"""Messages that carry promises: writing one, approving it, taking it back, its transparency notice, the public page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commonweal.access.model import Account
from commonweal.audit.actions import record
from commonweal.campaign import Campaign
from commonweal.mandate import actions, queries, rules
from commonweal.mandate.errors import (
    BreaksPromises,
    NoSuchPromise,
    NoticeIncomplete,
    PromiseWithdrawn,
    ReasonMissing,
    SponsorMissing,
)
from commonweal.mandate.model import Finding, Heard, Notice, Status
from commonweal.messages import actions as messages
from commonweal.messages import queries as said
from commonweal.store.ledger import Connection, LedgerRole


def write(
    campaign: Campaign, account: Account, code: str, texts: Mapping[str, str], promises: Sequence[int]
) -> int:
    """A new version of a message, and which promises it carries; its id. Raises NothingSaid, TooLongToSay, NoSuchPromise."""
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        known = {kept.promise_id for kept in queries.promises(connection)}
        if not known.issuperset(promises):
            raise NoSuchPromise()
        version_id = messages.write(connection, campaign, account, code, texts)
        for promise_id in sorted(set(promises)):
            connection.execute(
                "INSERT INTO mandate.carries (version_id, promise_id) VALUES (%s, %s)",
                (version_id, promise_id),
            )
    return version_id


def broken_by(connection: Connection, version_id: int) -> list[Finding]:
    """What a version of a message would break: its promises against each other and against those that bind.

    The first key of each finding is the promise that the message carries. Pairs of which somebody said that they don't
    contradict each other, or that one goes before the other, are left out.
    """
    kept = queries.promises(connection)
    own = {str(number) for number in queries.carried(connection).get(version_id, ())}
    meant = [each.promise for each in kept if each.promise.key in own or each.promise.status.binds]
    known = queries.answers(connection)
    return [
        Finding(finding.code, tuple(sorted(finding.keys, key=lambda key: key not in own)), finding.params)
        for finding in rules.contradictions(meant)
        if own & set(finding.keys) and not queries.is_settled(finding, known)
    ]


def approve(campaign: Campaign, account: Account, version_id: int, *, reason: str = "") -> None:
    """Let a version of a message be used: what it promises is announced by it. One that breaks promises needs a reason: each
    of its promises then goes before what it breaks, in the account's name.

    Raises NoSuchVersion, ApprovedAlready, PromiseWithdrawn, BreaksPromises, CircularOverride.
    """
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        version = said.version(connection, version_id)
        own = set(queries.carried(connection).get(version_id, ()))
        carried = [kept for kept in queries.promises(connection) if kept.promise_id in own]
        for kept in carried:
            if kept.promise.status is Status.WITHDRAWN:
                raise PromiseWithdrawn(name=version.name, text=kept.promise.text)
        broken = broken_by(connection, version_id)
        pairs = sorted({(int(each.keys[0]), int(each.keys[1])) for each in broken if len(each.keys) > 1})
        if broken and not (pairs and reason.strip()):
            texts = {kept.promise.key: kept.promise.text for kept in queries.promises(connection)}
            raise BreaksPromises(name=version.name, broken="; ".join(texts[each.keys[-1]] for each in broken))
        if pairs:
            actions.write_overrides(connection, campaign, account, pairs, reason, version_id)
        for kept in carried:
            if kept.promise.status is Status.DRAFT:
                key = f"{version.name} announces {kept.promise_id}"
                actions.take_step(connection, campaign, account, kept, Status.ANNOUNCED, "", key)
        messages.approve(connection, campaign, account, version_id)


def withdraw(campaign: Campaign, account: Account, version_id: int, *, reason: str) -> None:
    """Take the approval of a version back: it is told to nobody any more. Raises NoSuchVersion, NotApproved, ReasonMissing,
    TooLong."""
    why = actions.line(reason, actions.REASON_MOST)
    if not why:
        raise ReasonMissing()
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        messages.withdraw(connection, campaign, account, version_id, why)


def set_notice(campaign: Campaign, account: Account, version_id: int, notice: Notice) -> None:
    """Say what the transparency notice of a version says. Raises NoSuchVersion, NoticeIncomplete."""
    missing = [
        article
        for article, there in (
            ("12(1)(c)", notice.begins <= notice.ends),
            ("12(1)(d)", notice.amount >= 0),
            ("12(1)(f)", notice.method.strip()),
            ("12(1)(g)", notice.election.strip()),
        )
        if not there
    ]
    if missing:
        raise NoticeIncomplete(missing=", ".join(missing))
    values = vars(notice) | {"version_id": version_id, "by": account.account_id, "at": campaign.clock()}
    names, marks = ", ".join(values), ", ".join(f"%({name})s" for name in values)
    assign = ", ".join(f"{name} = excluded.{name}" for name in values if name != "version_id")
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        said.version(connection, version_id)
        connection.execute(
            f"INSERT INTO mandate.notice ({names}) VALUES ({marks}) ON CONFLICT (version_id) DO UPDATE SET {assign}",
            values,
        )
        record(connection, campaign, "message.notice", subject=f"message:{version_id}", actor=account.actor)


def publish(
    campaign: Campaign,
    account: Account,
    *,
    is_open: bool,
    heard: Heard,
    sponsor: str,
    email: str,
    address: str = "",
    controlled_by: str = "",
) -> None:
    """Open the public page of the mandate, or close it, in the account's name. Raises SponsorMissing, TooLong."""
    if not sponsor.strip() or "@" not in email:
        raise SponsorMissing()
    lines = (
        actions.line(sponsor, 200),
        actions.line(email, 254),
        actions.line(address, 300),
        actions.line(controlled_by, 200),
    )
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        connection.execute(
            "INSERT INTO mandate.publication (open, heard, sponsor, email, address, controlled_by, by, at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (is_open, heard.value, *lines, account.account_id, campaign.clock()),
        )
        verb = "mandate.open" if is_open else "mandate.close"
        record(connection, campaign, verb, detail={"heard": heard.value}, actor=account.actor)
