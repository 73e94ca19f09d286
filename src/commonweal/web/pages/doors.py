"""My doors: on a phone, one-handed: the next door, what came of it, undo; and an organiser who hands doors out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from litestar import Response, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, URLEncodedBody

from commonweal.access.model import Permission, Role
from commonweal.access.queries import open_accounts
from commonweal.audit.actions import record
from commonweal.audit.queries import is_noted
from commonweal.contacts import actions, doors, queries, topics
from commonweal.contacts.model import Option
from commonweal.interactions.model import ResultCode
from commonweal.store.ledger import Connection
from commonweal.web.contacting import check_undoable, messages_not_to_tell
from commonweal.web.guard import needs
from commonweal.web.parts import Part, by_account
from commonweal.web.visit import Here, Visit

OFFERED: Final = (
    ResultCode.CANVASSED,
    ResultCode.NOT_HOME,
    ResultCode.REFUSED,
    ResultCode.LITERATURE_LEFT,
    ResultCode.INACCESSIBLE,
    ResultCode.CALL_BACK,
    ResultCode.OTHER_LANGUAGE,
    ResultCode.ALREADY_VOTED,
    ResultCode.MOVED,
    ResultCode.DECEASED,
    ResultCode.DO_NOT_CONTACT,
)
"""What may come of a door, the most frequent first; the first three have large buttons."""

_UNDO_FOR = timedelta(minutes=20)


@dataclass
class HandOut:
    """So many doors of an area for a volunteer; `holder` is a token."""

    area: str
    holder: str
    doors: int = 20


@post("/doors/next", opt=needs(Permission.WORK_CLAIMS), sync_to_thread=True)
def next_doors(visit: Here) -> Response[Any]:
    """Claim a few doors more, near the last one."""
    doors.next_door(visit.campaign, visit.account, actor=visit.actor)
    return visit.go("/")


@post("/doors/{token:str}/again", opt=needs(Permission.WORK_CLAIMS), sync_to_thread=True)
def again(visit: Here, token: FromPath[str]) -> Response[Any]:
    """It was not so: the result is undone and the door held again, unless something forbids it meanwhile."""
    account, claim_id = visit.account.account_id, visit.id_of("claim", token)
    check_undoable(visit, claim_id)
    was = actions.undo(visit.campaign, claim_id, account=account, actor=visit.actor)
    option = Option(was.option, was.message, was.cost, was.question, per_household=True)
    actions.claim(visit.campaign, was.subject, was.channel, option=option, account=account, actor=visit.actor)
    return visit.go("/")


@post("/doors/hand-out", opt=needs(Permission.CLAIM), sync_to_thread=True)
def hand_out(visit: Here, data: URLEncodedBody[HandOut]) -> Response[Any]:
    """Give a volunteer some doors of an area; an organiser, of their own areas."""
    if visit.account.role is Role.ORGANISER and data.area not in visit.account.areas:
        raise NotFoundException
    holder_id = visit.id_of("account", data.holder)
    with visit.read() as connection:
        holder = next((each for each in open_accounts(connection) if each.account_id == holder_id), None)
    if holder is None or holder.role is not Role.VOLUNTEER:
        raise NotFoundException
    doors.hand_out(visit.campaign, [data.area], max(1, data.doors), holder, actor=visit.actor)
    return visit.go("/")


def volunteers(connection: Connection) -> list[tuple[int, str]]:
    """Who may be given doors: account and name."""
    return [(each.account_id, each.name) for each in open_accounts(connection) if each.role is Role.VOLUNTEER]


def _doors(visit: Visit, connection: Connection) -> dict[str, Any]:
    now = visit.campaign.clock()
    found = doors.held(connection, visit.campaign, visit.account.account_id)
    unusable = messages_not_to_tell(visit, [found[0].message] if found else [])
    return {
        "door": found[0] if found else None,
        "not_to_tell": unusable.get(found[0].message) if found else None,
        "first": [door for door in found[1:] if not door.ahead],
        "ahead": [door for door in found[1:] if door.ahead],
        "results": OFFERED,
        "last": queries.last_done(connection, visit.account.account_id, now - _UNDO_FOR),
    }


def note_looks(visit: Visit, connection: Connection, found: Sequence[doors.Door]) -> None:
    """Note that one looks at the people behind the doors that one holds."""
    persons = sorted({person for door in found for person in door.ids})
    if persons:
        claims = {"claims": [door.claim_id for door in found]}
        record(connection, visit.campaign, "look_at_doors", persons=persons, detail=claims, actor=visit.actor)


def _note_new(visit: Visit, connection: Connection, context: dict[str, Any]) -> None:
    """A page that stays open is drawn again and again: whom it showed before is noted already."""
    found = [context["door"], *context["first"], *context["ahead"]] if context["door"] else []
    persons = sorted({person for door in found for person in door.ids})
    since = min((door.since for door in found), default=None)
    if since and not is_noted(connection, visit.actor, "look_at_doors", persons, since):
        note_looks(visit, connection, found)


DOORS = Part(
    "doors",
    "doors.html",
    _doors,
    lambda account: [topics.held(account.account_id)],
    by_account,
    _note_new,
)

ROUTES: list[HTTPRouteHandler] = [next_doors, again, hand_out]
