"""What is live: PostgreSQL says that something of a topic changed, and every page that follows the topic hears it."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress

import psycopg
from litestar import Litestar

from commonweal.store.ledger import Ledger, LedgerRole
from commonweal.store.notices import CHANNEL

_LOG = logging.getLogger(__name__)
_AGAIN = 2.0  # seconds until a lost connection is tried again
SELDOM = 60.0  # seconds after which a page looks anyway: a notice may have been lost, a date may have passed
_CALM = 0.25  # seconds between two waves: more often than eyes can follow is of no use


class Follower:
    """One page that follows topics."""

    def __init__(self, topics: Collection[str]) -> None:
        self.topics = frozenset(topics)
        self.moved = set(self.topics)  # at the beginning a page has seen nothing
        self.awake = asyncio.Event()
        self.awake.set()

    def hear(self, topics: Collection[str]) -> None:
        """Note what moved, if it is followed."""
        mine = self.topics.intersection(topics)
        if mine:
            self.moved |= mine
            self.awake.set()


class LiveFeed:
    """One listener for the whole application, however many pages follow.

    What is told within a quarter of a second reaches pages as one wave; `wave(topics)` numbers the last one.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._followers: set[Follower] = set()
        self._told: set[str] = set()
        self._waves: dict[str, int] = {}
        self._all = 0  # the last wave that moved every topic
        self._count = 0
        self._calm_until = 0.0
        self._pending: asyncio.TimerHandle | None = None
        self._over = False

    @asynccontextmanager
    async def listening(self, _app: Litestar) -> AsyncIterator[None]:
        """Litestar's lifespan: listen as long as the application runs."""
        task = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def follow(self, topics: Collection[str]) -> AsyncIterator[frozenset[str]]:
        """Yields all topics at the start and now and then, and those that moved, each time some have.

        Ends with the server. Pages look again each at a time of its own: all at once would be a rush.
        """
        follower = Follower(topics)
        self._followers.add(follower)
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(
                        follower.awake.wait(), SELDOM * (0.5 + secrets.randbelow(1000) / 1000)
                    )
                if self._over:
                    return
                moved = frozenset(follower.moved) or follower.topics
                follower.moved.clear()
                follower.awake.clear()
                yield moved
        finally:
            self._followers.discard(follower)

    def wave(self, topics: Collection[str]) -> int:
        """The number of the last wave that moved any of the topics: what was read before it may be old."""
        return max(self._all, *(self._waves.get(topic, 0) for topic in topics))

    @property
    def count(self) -> int:
        """The number of the last wave of all."""
        return self._count

    def end(self) -> None:
        """Let go of all pages that follow: the server stops."""
        self._over = True
        for follower in self._followers:
            follower.awake.set()

    def hear(self, topic: str) -> None:
        """A notice came in."""
        self._told.add(topic)
        if self._pending is None:
            loop = asyncio.get_running_loop()
            self._pending = loop.call_at(max(loop.time(), self._calm_until), self._send)

    def _send(self) -> None:
        self._pending = None
        self._calm_until = asyncio.get_running_loop().time() + _CALM
        told, self._told = self._told, set()
        self._count += 1
        self._waves |= dict.fromkeys(told, self._count)
        for follower in self._followers:
            follower.hear(told)

    def look_again(self) -> None:
        """Everything may have moved."""
        self._count += 1
        self._all = self._count
        self._waves.clear()
        for follower in self._followers:
            follower.hear(follower.topics)

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except (psycopg.Error, OSError) as error:
                _LOG.warning("Live pages pause: %s", error)
            await asyncio.sleep(_AGAIN)

    async def _hear(self) -> None:
        address = await asyncio.to_thread(self._ledger.url, LedgerRole.WEB)
        connection = await psycopg.AsyncConnection.connect(address, autocommit=True)
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.look_again()  # what was told before is unheard
            async for notice in connection.notifies():
                self.hear(notice.payload)
