"""Actions as the account of the transaction may see them."""

from __future__ import annotations

from typing import Any

from commonweal.access import queries as access
from commonweal.access.model import Account
from commonweal.board.errors import NoSuchAction
from commonweal.board.model import About, Action, Event, Happened, Link, State
from commonweal.store.ledger import Connection

_COLUMNS = (
    "a.action_id, a.what, a.owners, a.due, a.about, a.about_id, a.about_code, a.area_code, a.written_by,"
    " a.written_at, a.state, a.outcome, a.closed_at, a.version, a.concerned,"
    " (SELECT count(*) FROM board.event e WHERE e.action_id = a.action_id AND e.kind = 'commented')"
)


def open_actions(connection: Connection, limit: int = 100) -> list[Action]:
    """Those not ended, what is due first at the top."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM board.action a WHERE state IN ('open', 'doing')"
        " ORDER BY due NULLS LAST, action_id LIMIT %s",
        (limit,),
    ).fetchall()
    return [_action(*row) for row in rows]


def ended(connection: Connection, limit: int = 20) -> list[Action]:
    """Those done or dropped, the last at the top."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM board.action a WHERE state IN ('done', 'dropped')"
        " ORDER BY closed_at DESC, action_id DESC LIMIT %s",
        (limit,),
    ).fetchall()
    return [_action(*row) for row in rows]


def about_person(connection: Connection, person_id: int) -> list[Action]:
    """Those about a person, the newest at the top."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM board.action a WHERE about = 'person' AND about_id = %s"
        " ORDER BY action_id DESC LIMIT 20",
        (person_id,),
    ).fetchall()
    return [_action(*row) for row in rows]


def action(connection: Connection, action_id: int, *, lock: bool = False) -> Action:
    """One action; `lock` keeps others from changing it until the transaction ends. Raises NoSuchAction."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM board.action a WHERE action_id = %s{' FOR UPDATE' if lock else ''}",
        (action_id,),
    ).fetchone()
    if row is None:
        raise NoSuchAction()
    return _action(*row)


def events(connection: Connection, action_id: int) -> list[Event]:
    """What happened to an action, in order."""
    rows = connection.execute(
        "SELECT kind, at, by, text, detail FROM board.event WHERE action_id = %s ORDER BY event_id",
        (action_id,),
    ).fetchall()
    return [Event(Happened(kind), *rest) for kind, *rest in rows]


def accounts(connection: Connection) -> dict[int, Account]:
    """Every open account, by its id."""
    return {each.account_id: each for each in access.open_accounts(connection)}


def _action(*row: Any) -> Action:
    action_id, what, owners, due, about, about_id, about_code, area_code, *rest = row
    written_by, written_at, state, outcome, closed_at, version, concerned, comments = rest
    return Action(
        action_id=action_id,
        what=what,
        owners=tuple(owners),
        due=due,
        link=Link(About(about), about_id, about_code) if about else None,
        area_code=area_code,
        written_by=written_by,
        written_at=written_at,
        state=State(state),
        outcome=outcome,
        closed_at=closed_at,
        version=version,
        comments=comments,
        concerned=tuple(concerned),
    )
