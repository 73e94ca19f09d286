"""Writing an action, commenting, amending, moving it on: each in one transaction of the account that does it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from commonweal.access.model import Account
from commonweal.audit.actions import record
from commonweal.board import queries, rules
from commonweal.board.errors import ChangedMeanwhile, NobodyDoesIt, NoSuchThing, NotYours
from commonweal.board.model import OWNERS_MOST, TEXT_MOST, WHAT_MOST, About, Action, Happened, Link, State
from commonweal.campaign import Campaign
from commonweal.store.ledger import Connection, LedgerRole
from commonweal.store.notices import tell

TOPIC = "board"


def write(
    campaign: Campaign,
    account: Account,
    what: str,
    owners: Sequence[int],
    *,
    key: str,
    due: date | None = None,
    link: Link | None = None,
) -> int:
    """Write an action; returns its id. The same `key` again returns the same id and writes nothing.

    Raises NothingToDo, TooMuchText, NobodyDoesIt, NoSuchThing.
    """
    text, chosen = rules.line(what, WHAT_MOST), rules.owners(owners)
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        known = _known(connection, account, key)
        if known is not None:
            return known
        _check_owners(connection, account, chosen)
        area = _area(connection, link)
        now = campaign.clock()
        row = connection.execute(
            "INSERT INTO board.action (what, owners, due, about, about_id, about_code, area_code, written_by,"
            " written_at, changed_at, concerned) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING action_id",
            (
                text,
                chosen,
                due,
                link.about.value if link else None,
                link.id if link else None,
                link.code if link else None,
                area,
                account.account_id,
                now,
                now,
                sorted({account.account_id, *chosen}),
            ),
        ).fetchone()
        assert row is not None
        action_id: int = row[0]
        _note(connection, campaign, account, action_id, Happened.WRITTEN, key, detail={"owners": chosen})
    return action_id


def comment(campaign: Campaign, account: Account, action_id: int, text: str, *, key: str) -> None:
    """Say something about an action. Raises NothingToDo, TooMuchText, NoSuchAction."""
    kept = rules.paragraphs(text, TEXT_MOST)
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        queries.action(connection, action_id)
        if _known(connection, account, key) is None:
            _note(connection, campaign, account, action_id, Happened.COMMENTED, key, text=kept)


def amend(
    campaign: Campaign,
    account: Account,
    action_id: int,
    version: int,
    *,
    what: str,
    owners: Sequence[int],
    due: date | None,
    key: str,
) -> None:
    """Change what is to be done, by whom or by when; `version` is the one that was shown.

    Raises NothingToDo, TooMuchText, NobodyDoesIt, NoSuchAction, NotYours, ChangedMeanwhile.
    """
    text, chosen = rules.line(what, WHAT_MOST), rules.owners(owners)
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        if _known(connection, account, key) is not None:
            return
        action = _changeable(connection, account, action_id, version)
        _check_owners(connection, account, [each for each in chosen if each not in action.owners])
        before = _before(action, text, chosen, due)
        if not before:
            return
        connection.execute(
            "UPDATE board.action SET what = %s, owners = %s, due = %s, concerned = %s, changed_at = %s,"
            " version = version + 1 WHERE action_id = %s",
            (text, chosen, due, sorted({*action.concerned, *chosen}), campaign.clock(), action_id),
        )
        _note(connection, campaign, account, action_id, Happened.AMENDED, key, detail=before)


def move(
    campaign: Campaign,
    account: Account,
    action_id: int,
    version: int,
    to: State,
    *,
    outcome: str = "",
    key: str,
) -> None:
    """Begin an action, end it with a line on what came of it, or open it again; `version` is the one that was shown.

    Raises NoSuchAction, NotYours, ChangedMeanwhile, CannotMove, EndUnsaid, TooMuchText.
    """
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        if _known(connection, account, key) is not None:
            return
        action = _changeable(connection, account, action_id, version)
        line = rules.move(action.state, to, outcome)
        now = campaign.clock()
        connection.execute(
            "UPDATE board.action SET state = %s, outcome = %s, closed_at = %s, changed_at = %s,"
            " version = version + 1 WHERE action_id = %s",
            (to.value, line, now if to.ended else None, now, action_id),
        )
        detail = {"from": action.state.value, "to": to.value}
        _note(connection, campaign, account, action_id, Happened.MOVED, key, text=line, detail=detail)


def _changeable(connection: Connection, account: Account, action_id: int, version: int) -> Action:
    seen = queries.action(connection, action_id)
    if not rules.may_change(account, seen):
        raise NotYours()
    action = queries.action(connection, action_id, lock=True)
    if action.version != version:
        raise ChangedMeanwhile()
    return action


def _before(action: Action, what: str, owners: Sequence[int], due: date | None) -> dict[str, Any]:
    """What an amendment replaces, by field."""
    found: dict[str, Any] = {}
    if what != action.what:
        found["what"] = action.what
    if tuple(owners) != action.owners:
        found["owners"] = list(action.owners)
    if due != action.due:
        found["due"] = action.due.isoformat() if action.due else None
    return found


def _check_owners(connection: Connection, account: Account, chosen: Sequence[int]) -> None:
    known = queries.accounts(connection)
    if not all(each in known and rules.may_be_asked(account, known[each]) for each in chosen):
        raise NobodyDoesIt(most=OWNERS_MOST)


_THINGS = {
    About.AREA: "SELECT area_code FROM people.area WHERE area_code = %(code)s",
    About.PERSON: "SELECT area_code FROM people.profile WHERE person_id = %(id)s",
    About.PLAN: "SELECT NULL FROM planning.plan WHERE plan_id = %(id)s",
    About.OPTION: "SELECT NULL FROM planning.option_total WHERE option = %(code)s",
}


def _area(connection: Connection, link: Link | None) -> str | None:
    """The area of what an action is about, as far as the account may see it. Raises NoSuchThing."""
    if link is None:
        return None
    row = connection.execute(_THINGS[link.about], {"id": link.id, "code": link.code}).fetchone()
    if row is None:
        raise NoSuchThing()
    area: str | None = row[0]
    return area


def _known(connection: Connection, account: Account, key: str) -> int | None:
    """The action that this account's key was used for, if it was."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", (key, account.account_id))
    row = connection.execute(
        "SELECT action_id FROM board.event WHERE by = %s AND key = %s", (account.account_id, key)
    ).fetchone()
    return int(row[0]) if row else None


def _note(
    connection: Connection,
    campaign: Campaign,
    account: Account,
    action_id: int,
    kind: Happened,
    key: str,
    *,
    text: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    connection.execute(
        "INSERT INTO board.event (action_id, kind, at, by, text, detail, key) VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (action_id, kind.value, campaign.clock(), account.account_id, text, Jsonb(detail or {}), key),
    )
    fields = {"fields": sorted(detail)} if detail and kind is Happened.AMENDED else {}
    record(
        connection,
        campaign,
        f"board.{kind.value}",
        subject=f"action:{action_id}",
        detail=fields,
        actor=account.actor,
    )
    tell(connection, TOPIC)
