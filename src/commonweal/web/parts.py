"""The parts of pages that change while one looks at them: drawn once for all who see the same, pushed when moved."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from anyio import CapacityLimiter, to_thread
from litestar.response import ServerSentEventMessage, Stream
from markupsafe import Markup

from commonweal.access import queries as access
from commonweal.access.model import Account
from commonweal.errors import CommonwealError
from commonweal.store.ledger import Connection, LedgerRole
from commonweal.web.live import SELDOM, LiveFeed
from commonweal.web.visit import Frame, Visit

_ASK_AFTER = 1.0  # seconds for which sessions are taken to live on
_AT_ONCE = 4  # parts that are drawn at the same time: pages that are asked for have the rest of the pool
_BREATH = b": here\n\n"  # what a proxy needs to see now and then to hold a stream open
_OVER = ServerSentEventMessage(
    event="over", data=""
).encode()  # the session has ended: the page loads itself again
_LOG = logging.getLogger(__name__)

Sight = Callable[[Account], Hashable]


def by_role(account: Account) -> Hashable:
    """Sight that goes with the role and its areas: whoever shares them sees the same."""
    return account.role, account.areas


def by_account(account: Account) -> Hashable:
    """Sight that is each account's own."""
    return account.account_id


@dataclass(frozen=True)
class Part:
    """A part of a page. `context` reads what `template` draws, with the sight of the account that looks.

    Accounts for which `sight` is equal get the same drawing, so nothing of the account itself may stand in it; its
    forms are sent by htmx, which adds the token of the page. `note` leaves in the audit whom a drawing that is pushed
    shows; what a page is loaded with, the page notes.
    """

    name: str
    template: str
    context: Callable[[Visit, Connection], dict[str, Any]]
    topics: Callable[[Account], Collection[str]]
    sight: Sight = by_role
    note: Callable[[Visit, Connection, dict[str, Any]], None] | None = None

    def drawn(self, visit: Visit, connection: Connection) -> Markup:
        """The part as it is now, in its element."""
        text = visit.rendered(self.template, **self.context(visit, connection))
        return Markup('<div id="live-{}">{}</div>').format(self.name, Markup(text))  # noqa: S704  a template escapes


@dataclass(frozen=True)
class _Drawing:
    """A part as it was read after wave `wave`, as an event that any page of equal sight takes."""

    wave: int
    event: asyncio.Task[bytes]
    at: float  # on the loop's clock


class Parts:
    """Draws each part once a wave for all who see the same."""

    def __init__(self, frame: Frame, feed: LiveFeed) -> None:
        self._frame = frame
        self._feed = feed
        self._limiter = CapacityLimiter(_AT_ONCE)
        self._drawings: dict[Hashable, _Drawing] = {}
        self._accounts: tuple[float, asyncio.Task[dict[int, Account | None]]] | None = None
        self._sessions: dict[int, int] = {}

    async def stream(self, visit: Visit, parts: Sequence[Part]) -> AsyncIterator[bytes]:
        """Server-sent events for one page: all parts, then those that changed, until the session or the server ends."""
        account, session_id = visit.account, visit.session.session_id
        topics = {topic for part in parts for topic in part.topics(account)}
        shown: dict[str, bytes] = {}
        begun = False
        self._sessions[session_id] = self._sessions.get(session_id, 0) + 1
        try:
            async for moved in self._feed.follow(topics):
                try:
                    if begun and (await self._living()).get(session_id, account) != account:
                        yield _OVER
                        return
                    changed = await self._changed(parts, moved, visit, shown)
                except CommonwealError as error:
                    _LOG.warning("A live page waits: %s", error)
                    continue
                except Exception:
                    _LOG.exception("A live page could not be drawn")
                    raise
                yield b"".join(changed) or _BREATH
                begun = True
        finally:
            self._sessions[session_id] -= 1
            if not self._sessions[session_id]:
                del self._sessions[session_id]

    async def _changed(
        self, parts: Sequence[Part], moved: frozenset[str], visit: Visit, shown: dict[str, bytes]
    ) -> list[bytes]:
        """The parts of moved topics that look otherwise than `shown`, which is brought up to date."""
        changed = []
        for part in parts:
            if not moved.isdisjoint(part.topics(visit.account)):
                event = await self._event(part, visit)
                if event != shown.get(part.name):
                    changed.append(event)
                shown[part.name] = event
        return changed

    async def _event(self, part: Part, visit: Visit) -> bytes:
        """The part's drawing, made by the first who needs it since its topics moved."""
        key = (part.name, visit.language.code, part.sight(visit.account))
        known = self._drawings.get(key)
        now = asyncio.get_running_loop().time()
        if (
            known is None
            or known.wave < self._feed.wave(part.topics(visit.account))
            or now > known.at + SELDOM / 2
            or _failed(known.event)
        ):
            known = _Drawing(self._feed.count, asyncio.create_task(self._draw(part, visit)), now)
            self._drawings[key] = known
        return await asyncio.shield(known.event)

    async def _draw(self, part: Part, visit: Visit) -> bytes:
        def drawn() -> bytes:
            with visit.transaction() if part.note else visit.read() as connection:
                context = part.context(visit, connection)
                if part.note:
                    part.note(visit, connection, context)
                inner = visit.shared(part.template, **context)
            html = f'<hx-partial hx-target="#live-{part.name}" hx-swap="innerMorph">{inner}</hx-partial>'
            return ServerSentEventMessage(data=html).encode()

        return await to_thread.run_sync(drawn, limiter=self._limiter)

    async def _living(self) -> dict[int, Account | None]:
        """The account behind each session that a page is open in, asked at most once a second for all."""
        now = asyncio.get_running_loop().time()
        if self._accounts is None or now > self._accounts[0] + _ASK_AFTER or _failed(self._accounts[1]):
            self._accounts = (now, asyncio.create_task(self._ask()))
        return await asyncio.shield(self._accounts[1])

    async def _ask(self) -> dict[int, Account | None]:
        campaign, sessions = self._frame.campaign, list(self._sessions)

        def asked() -> dict[int, Account | None]:
            with campaign.ledger.read(LedgerRole.WEB) as connection:
                found = access.living(connection, sessions, campaign.clock())
            return {session: found.get(session) for session in sessions}

        return await to_thread.run_sync(asked, limiter=self._limiter)


def pushed(events: AsyncIterator[bytes]) -> Stream:
    """The answer that streams events to a page."""
    return Stream(events, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
