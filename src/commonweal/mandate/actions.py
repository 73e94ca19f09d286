"""Writing promises and deciding of them: each in one transaction of the account that does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from commonweal.access.model import Account
from commonweal.audit.actions import record
from commonweal.campaign import Campaign
from commonweal.consent.queries import held_fields
from commonweal.mandate import drafts, queries, rules
from commonweal.mandate.drafts import Draft, Ground
from commonweal.mandate.errors import (
    ChangedMeanwhile,
    CircularOverride,
    NoSuchPromise,
    ReasonMissing,
    TooLong,
)
from commonweal.mandate.model import Answer, Kept, Promise, Status
from commonweal.people import queries as people
from commonweal.store.ledger import Connection, LedgerRole

REASON_MOST = 300  # characters


def write(campaign: Campaign, account: Account, draft: Draft, *, key: str) -> int:
    """Write a promise; its id. The same `key` again returns the same id and writes nothing. Raises what `understood` does."""
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        known = _known(connection, account, key)
        if known is not None:
            return known
        promise = drafts.understood(draft, ground(campaign, connection), "new")
        now = campaign.clock()
        columns = _columns(promise) | {"made_by": account.account_id, "made_at": now, "changed_at": now}
        names, marks = ", ".join(columns), ", ".join(f"%({name})s" for name in columns)
        row = connection.execute(
            f"INSERT INTO mandate.promise ({names}) VALUES ({marks}) RETURNING promise_id", columns
        ).fetchone()
        assert row is not None
        promise_id: int = row[0]
        _write_parts(connection, campaign, account, promise_id, promise)
        _note(connection, campaign, account, promise_id, "written", key)
    return promise_id


def amend(
    campaign: Campaign, account: Account, promise_id: int, version: int, draft: Draft, *, key: str
) -> None:
    """Change what a promise says; `version` is the one that was shown. What it said before is kept.

    Raises NoSuchPromise, ChangedMeanwhile, and what `understood` does.
    """
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        if _known(connection, account, key) is not None:
            return
        was = _changeable(connection, promise_id, version).promise
        promise = drafts.understood(draft, ground(campaign, connection), str(promise_id))
        before = _before(was, promise)
        if not before:
            return
        columns = _columns(promise)
        assign = ", ".join(f"{name} = %({name})s" for name in columns)
        connection.execute(
            f"UPDATE mandate.promise SET {assign}, changed_at = %(at)s, version = version + 1 WHERE promise_id = %(id)s",
            columns | {"at": campaign.clock(), "id": promise_id},
        )
        for table in ("pull", "funding"):
            connection.execute(f"DELETE FROM mandate.{table} WHERE promise_id = %s", (promise_id,))
        _write_parts(connection, campaign, account, promise_id, promise)
        _note(connection, campaign, account, promise_id, "amended", key, before)


def move(
    campaign: Campaign,
    account: Account,
    promise_id: int,
    version: int,
    to: Status,
    *,
    outcome: str = "",
    key: str,
) -> None:
    """Take a promise a step on, with a line on what became of it. Raises NoSuchPromise, ChangedMeanwhile, CannotBecome."""
    why = line(outcome, drafts.LINE_MOST)
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        if _known(connection, account, key) is not None:
            return
        take_step(connection, campaign, account, _changeable(connection, promise_id, version), to, why, key)


def take_step(
    connection: Connection, campaign: Campaign, account: Account, kept: Kept, to: Status, why: str, key: str
) -> None:
    """The step itself, in the transaction of whoever takes it. Raises CannotBecome."""
    was = kept.promise.status
    rules.check_step(was, to)
    connection.execute(
        "UPDATE mandate.promise SET status = %s, outcome = %s, changed_at = %s, version = version + 1"
        " WHERE promise_id = %s",
        (to.value, why, campaign.clock(), kept.promise_id),
    )
    _note(connection, campaign, account, kept.promise_id, "moved", key, {"status": was.value})


def judge(
    campaign: Campaign, account: Account, one: int, other: int, answer: Answer, *, reason: str = ""
) -> None:
    """Say whether two promises are one, or that their levers don't contradict each other.

    Raises NoSuchPromise, ReasonMissing (for COMPATIBLE).
    """
    why = line(reason, REASON_MOST)
    if answer is Answer.COMPATIBLE and not why:
        raise ReasonMissing()
    first, second = sorted((one, other))
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        _check_there(connection, first, second)
        connection.execute(
            "INSERT INTO mandate.judgement (one, other, answer, reason, by, at) VALUES (%s, %s, %s, %s, %s, %s)",
            (first, second, answer.value, why, account.account_id, campaign.clock()),
        )
        _record(
            connection, campaign, account, "promise.judge", first, {"other": second, "answer": answer.value}
        )


def override(campaign: Campaign, account: Account, stands: int, yields: int, *, reason: str) -> None:
    """Let one promise go before another, in the account's name. Raises NoSuchPromise, ReasonMissing, CircularOverride."""
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        _check_there(connection, stands, yields)
        write_overrides(connection, campaign, account, [(stands, yields)], reason)


def write_overrides(
    connection: Connection,
    campaign: Campaign,
    account: Account,
    pairs: Sequence[tuple[int, int]],
    reason: str,
    version_id: int | None = None,
) -> None:
    """Overrides (which stands, which yields), none of which closes a circle. Raises ReasonMissing, CircularOverride."""
    why = line(reason, REASON_MOST)
    if not why:
        raise ReasonMissing()
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('mandate.override', 0))")
    for stands, yields in pairs:
        connection.execute(
            "INSERT INTO mandate.override (stands, yields, version_id, reason, by, at) VALUES (%s, %s, %s, %s, %s, %s)",
            (stands, yields, version_id, why, account.account_id, campaign.clock()),
        )
        _record(connection, campaign, account, "promise.override", stands, {"yields": yields})
    circles = rules.circles([kept.promise for kept in queries.promises(connection)])
    if circles:
        raise CircularOverride(chain=" → ".join((*circles[0].keys, circles[0].keys[0])))


def set_budget(campaign: Campaign, account: Account, name: str, holds: str) -> None:
    """Say what a budget holds a year. Raises FieldUnreadable, NotSaid."""
    budget, held = drafts.budget(name, holds, campaign.settings.minor_units)
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        connection.execute(
            "INSERT INTO mandate.budget (budget, holds, set_by, set_at) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (budget) DO UPDATE SET holds = excluded.holds, set_by = excluded.set_by, set_at = excluded.set_at",
            (budget, held, account.account_id, campaign.clock()),
        )
        record(connection, campaign, "budget.set", actor=account.actor, detail={"holds": held})


def ground(campaign: Campaign, connection: Connection) -> Ground:
    """What drafts are understood by."""
    return Ground(
        queries.levers(connection),
        campaign.today,
        held_fields(connection),
        people.vocabulary(connection),
        campaign.settings.minor_units,
    )


def _columns(promise: Promise) -> dict[str, Any]:
    return {
        "text": promise.text,
        "language": promise.language,
        "issue": promise.issue,
        "gains": promise.gains.text if promise.gains else None,
        "pays": promise.pays.text if promise.pays else None,
        "cost": promise.cost,
        "public": promise.public,
        "source": promise.source,
    }


def _parts(promise: Promise) -> dict[str, Any]:
    return {
        "levers": [f"{pull.lever} {pull.direction.value}" for pull in promise.pulls],
        "funding": [[each.source, each.amount] for each in promise.funding],
    }


def _before(was: Promise, now: Promise) -> dict[str, Any]:
    """What an amendment replaces, by field."""
    old, new = _columns(was) | _parts(was), _columns(now) | _parts(now)
    return {
        name: value
        for name, value in old.items()
        if (
            sorted(map(str, value)) != sorted(map(str, new[name]))
            if isinstance(value, list)
            else value != new[name]
        )
    }


def _write_parts(
    connection: Connection, campaign: Campaign, account: Account, promise_id: int, promise: Promise
) -> None:
    known = queries.levers(connection).codes
    for pull in promise.pulls:
        if pull.lever not in known:
            connection.execute(
                "INSERT INTO mandate.lever (lever, name, added_by, added_at) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                (pull.lever, pull.lever.replace("_", " "), account.account_id, campaign.clock()),
            )
        connection.execute(
            "INSERT INTO mandate.pull (promise_id, lever, direction) VALUES (%s, %s, %s)",
            (promise_id, pull.lever, pull.direction.value),
        )
    for funding in promise.funding:
        connection.execute(
            "INSERT INTO mandate.funding (promise_id, budget, amount) VALUES (%s, %s, %s)",
            (promise_id, funding.source, funding.amount),
        )


def _changeable(connection: Connection, promise_id: int, version: int) -> Kept:
    kept = queries.promise(connection, promise_id, lock=True)
    if kept.version != version:
        raise ChangedMeanwhile()
    return kept


def _check_there(connection: Connection, one: int, other: int) -> None:
    if one == other:
        raise NoSuchPromise()
    for promise_id in (one, other):
        queries.promise(connection, promise_id)


def _known(connection: Connection, account: Account, key: str) -> int | None:
    """The promise that this account's key was used for, if it was."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", (key, account.account_id))
    row = connection.execute(
        "SELECT promise_id FROM mandate.event WHERE by = %s AND key = %s", (account.account_id, key)
    ).fetchone()
    return int(row[0]) if row else None


def line(text: str, most: int) -> str:
    """A text on one line. Raises TooLong."""
    told = " ".join(text.replace("\x00", "").split())
    if len(told) > most:
        raise TooLong(length=len(told), most=most)
    return told


def _note(
    connection: Connection,
    campaign: Campaign,
    account: Account,
    promise_id: int,
    kind: str,
    key: str,
    before: Mapping[str, Any] | None = None,
) -> None:
    connection.execute(
        "INSERT INTO mandate.event (promise_id, kind, at, by, before, key) VALUES (%s, %s, %s, %s, %s, %s)",
        (promise_id, kind, campaign.clock(), account.account_id, Jsonb(dict(before or {})), key),
    )
    fields = {"fields": sorted(before)} if before else {}
    _record(connection, campaign, account, f"promise.{kind}", promise_id, fields)


def _record(
    connection: Connection,
    campaign: Campaign,
    account: Account,
    verb: str,
    promise_id: int,
    detail: Mapping[str, Any],
) -> None:
    record(connection, campaign, verb, subject=f"promise:{promise_id}", detail=detail, actor=account.actor)
