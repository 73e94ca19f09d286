"""The worker: takes queued runs one by one and does them.

A run belongs to whoever holds its advisory lock. A run marked as running whose lock is free lost its process
(kill -9, power): the next worker takes it again, and since every step publishes at once or not at all, doing it
again ends as if nothing had happened.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from commonweal.errors import CommonwealError
from commonweal.jobs.actions import Tracked, followed
from commonweal.jobs.errors import NoSuchRun, UnknownCommand
from commonweal.store.errors import LedgerLocked
from commonweal.store.ledger import Ledger, LedgerRole

Handler = Callable[[Mapping[str, Any], Tracked, str], object]
"""Does a command: (arguments, run to report to, actor who asked) -> report."""

_LOG = logging.getLogger(__name__)
_POLL = 1.0  # seconds between two looks at the queue


class Worker:
    """Does queued runs by the handlers that it was given, by name."""

    def __init__(
        self, ledger: Ledger, clock: Callable[[], datetime], handlers: Mapping[str, Handler]
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._handlers = handlers

    def work(self, stop: threading.Event) -> None:
        """Take runs until `stop` is set."""
        while not stop.is_set():
            if not self.take_one():
                stop.wait(_POLL)

    def take_one(self) -> bool:
        """Do the oldest run that waits or was orphaned. False when there is none."""
        for run_id, command, arguments, actor in self._open_runs():
            try:
                with followed(self._ledger, self._clock, run_id) as run:
                    run.result = self._handler(command)(arguments, run, actor)
            except (LedgerLocked, NoSuchRun):
                continue  # another worker has it, or has ended it
            except CommonwealError as error:
                _LOG.warning("run %s (%s): %s", run_id, command, error)
            except Exception:  # noqa: BLE001 - whatever a handler raises, the worker lives
                _LOG.exception("run %s (%s) failed", run_id, command)
            return True
        return False

    def _handler(self, command: str) -> Handler:
        try:
            return self._handlers[command]
        except KeyError:
            raise UnknownCommand(command=command, known=", ".join(sorted(self._handlers))) from None

    def _open_runs(self) -> list[tuple[int, str, dict[str, Any], str]]:
        with self._ledger.read(LedgerRole.WORKER) as connection:
            return connection.execute(
                "SELECT run_id, command, arguments, actor FROM jobs.run"
                " WHERE queued AND status IN ('queued', 'running') ORDER BY run_id"
            ).fetchall()
