"""A person's line of time in words: what happened, by what channel, with what result, and who did or looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from litestar.exceptions import NotFoundException

from commonweal.access.model import Permission
from commonweal.access.queries import names
from commonweal.interactions import story
from commonweal.interactions.model import Moment
from commonweal.store.ledger import Connection
from commonweal.web import words
from commonweal.web.visit import Visit

_MOST = 15
_MOST_SKIPPED = 100_000
_START = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Line:
    """One line: `kind` is a class of the style sheet; `times`: how often in a row the same one did the same."""

    at: datetime
    kind: str
    what: str
    detail: str = ""
    who: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    undone: bool = False
    times: int = 1


def tell(
    visit: Visit, connection: Connection, person_id: int, until: str | None = None, skip: str | None = None
) -> dict[str, Any]:
    """What the template needs: the lines, and how to ask for those before. Raises NoSuchPerson.

    Who looked is told to those who may read the audit.
    """
    looks = visit.may(Permission.SEE_AUDIT)
    page = story.of(
        visit.campaign,
        connection,
        person_id,
        tellers=(story.looks,) if looks else (),
        until=_START + visit.id_of("moment", until) * _TICK if until else None,
        skip=_number(skip),
        most=_MOST,
    )
    return {"lines": lines(visit, page.moments, names(connection)), "further": _further(visit, page)}


def lines(visit: Visit, moments: Sequence[Moment], accounts: dict[str, str]) -> list[Line]:
    """The moments in words; looks of one person in a row are one line."""
    found: list[Line] = []
    for moment in moments:
        line = _line(visit, moment, accounts)
        last = found[-1] if found else None
        if last and line.kind == last.kind == "looked" and (line.what, line.who) == (last.what, last.who):
            found[-1] = replace(last, times=last.times + 1)
        else:
            found.append(line)
    return found


def _line(visit: Visit, moment: Moment, accounts: dict[str, str]) -> Line:
    say, params = visit.gettext, moment.params
    who = words.actor(moment.actor, accounts, say) if moment.actor else ""
    if moment.source == "audit":
        return Line(
            moment.when, "looked", words.word("verb", moment.code, say), str(params.get("why", "")), who
        )
    spoke = moment.code == "attempt" and params.get("answers")
    details = [
        *([words.word("result", "canvassed", say)] if spoke else []),
        *(words.word(table, str(params[name]), say) for name, table in _CODES if params.get(name)),
        *(str(params[name]) for name in ("message_version", "source_code") if params.get(name)),
    ]
    cost = params.get("cost")
    if cost and visit.may(Permission.SEE_PLAN):
        details.append(visit.language.money(cost))
    answers = tuple(
        (name.replace("_", " "), _answer(visit, value))
        for name, value in (params.get("answers") or {}).items()
    )
    what = words.word("happened", moment.code, say)
    undone = bool(params.get("undone"))
    return Line(moment.when, moment.source, what, ", ".join(details), who, answers, undone)


_CODES = (
    *(("channel", "by_channel"), ("result", "result"), ("purpose", "purpose"), ("reason", "suppression")),
)


def _answer(visit: Visit, value: Any) -> str:
    if isinstance(value, bool):
        return visit.gettext("yes") if value else visit.gettext("no")
    return visit.language.listing(value) if isinstance(value, list) else str(value)


def _further(visit: Visit, page: story.Page) -> str:
    """The address's question for the lines before; empty where there are none."""
    if page.until is None:
        return ""
    return urlencode({"until": visit.link("moment", (page.until - _START) // _TICK), "skip": page.skip})


def _number(text: str | None) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()) or int(text[:9]) > _MOST_SKIPPED:
        raise NotFoundException
    return int(text[:9])
