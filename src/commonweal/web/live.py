"""Live progress: PostgreSQL says that a run moved, and every page that follows runs hears it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psycopg
from litestar import Litestar

from commonweal.store.ledger import Ledger, LedgerRole

_LOG = logging.getLogger(__name__)
_CHANNEL = "commonweal_run"
_AGAIN = 2.0  # seconds until a lost connection is tried again
_SELDOM = 10.0  # seconds after which a page looks anyway: a notice may have been lost with a connection
_CALM = 0.25  # seconds between two looks: more often than eyes can follow is of no use


class RunFeed:
    """One listener for the whole application, however many pages follow."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._followers: set[asyncio.Event] = set()
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

    async def moves(self) -> AsyncIterator[None]:
        """Yields once at the start, then whenever a run has moved, and now and then besides; ends with the server."""
        moved = asyncio.Event()
        self._followers.add(moved)
        try:
            while not self._over:
                yield
                await asyncio.sleep(_CALM)
                with suppress(TimeoutError):
                    await asyncio.wait_for(moved.wait(), _SELDOM)
                moved.clear()
        finally:
            self._followers.discard(moved)

    def end(self) -> None:
        """Let go of all pages that follow: the server stops."""
        self._over = True
        self._wake()

    def _wake(self) -> None:
        for follower in self._followers:
            follower.set()

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except (psycopg.Error, OSError) as error:
                _LOG.warning("Live progress pauses: %s", error)
            await asyncio.sleep(_AGAIN)

    async def _hear(self) -> None:
        address = await asyncio.to_thread(self._ledger.url, LedgerRole.WEB)
        connection = await psycopg.AsyncConnection.connect(address, autocommit=True)
        async with connection:
            await connection.execute(f"LISTEN {_CHANNEL}")
            async for _ in connection.notifies():
                self._wake()
