"""Runs: queued by a page or begun by a command, reported while they go, ended once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from commonweal.errors import CommonwealError
from commonweal.jobs.errors import NoSuchRun, Stopped
from commonweal.jobs.model import Progress, silent
from commonweal.jobs.plain import as_plain
from commonweal.store.errors import LedgerLocked
from commonweal.store.ledger import Connection, Ledger, LedgerRole
from commonweal.store.notices import tell

Clock = Callable[[], datetime]

_REPORT_EVERY = 0.5  # seconds between two writes of a run's progress
_TOPIC = "runs"


def queue(ledger: Ledger, clock: Clock, command: str, arguments: Mapping[str, Any], actor: str) -> int:
    """Ask for a run; a worker will take it. Returns its id."""
    with ledger.transaction(LedgerRole.WEB) as connection:
        return _queue(connection, clock, command, arguments, actor)


def queue_behind(connection: Connection, clock: Clock, command: str, actor: str) -> int | None:
    """Ask for a run that finds what the caller's transaction leaves, as part of it. None where one waits that will: it can't begin
    before the transaction has ended. One that runs already may have read what was there before.
    """
    waits = connection.execute(
        "SELECT FROM jobs.run WHERE command = %s AND queued AND status = 'queued' AND NOT stop_asked LIMIT 1 FOR UPDATE",
        (command,),
    ).fetchone()
    return None if waits is not None else _queue(connection, clock, command, {}, actor)


def _queue(
    connection: Connection, clock: Clock, command: str, arguments: Mapping[str, Any], actor: str
) -> int:
    row = connection.execute(
        "INSERT INTO jobs.run (command, arguments, actor, queued, queued_at)"
        " VALUES (%s, %s, %s, true, %s) RETURNING run_id",
        (command, Jsonb(dict(arguments)), actor, clock()),
    ).fetchone()
    tell(connection, _TOPIC)
    assert row is not None
    return int(row[0])


def ask_to_stop(ledger: Ledger, run_id: int) -> None:
    """Ask a run to stop at its next report. Raises NoSuchRun."""
    with ledger.transaction(LedgerRole.WEB) as connection:
        changed = connection.execute(
            "UPDATE jobs.run SET stop_asked = true WHERE run_id = %s", (run_id,)
        ).rowcount
    if not changed:
        raise NoSuchRun(run_id=run_id)


class Tracked:
    """A run under way: call it to report progress, set `result` before the block ends."""

    def __init__(self, ledger: Ledger, clock: Clock, run_id: int, watch: Progress) -> None:
        self.run_id = run_id
        self.result: object = None
        self._ledger = ledger
        self._clock = clock
        self._watch = watch
        self._step = ""
        self._reported = 0.0

    def __call__(self, done: int, total: int | None, step: str) -> None:
        """Report progress, at most twice a second but at each new step. Raises Stopped when asked to."""
        self._watch(done, total, step)
        now = time.monotonic()
        if step == self._step and now - self._reported < _REPORT_EVERY:
            return
        self._step, self._reported = step, now
        with self._ledger.transaction(LedgerRole.WORKER) as connection:
            row = connection.execute(
                "UPDATE jobs.run SET step = %s, done = %s, total = %s, reported_at = %s"
                " WHERE run_id = %s RETURNING stop_asked",
                (step, done, total, self._clock(), self.run_id),
            ).fetchone()
            tell(connection, _TOPIC)
        if row and row[0]:
            raise Stopped(step=step)


@contextmanager
def tracked(
    ledger: Ledger,
    clock: Clock,
    command: str,
    actor: str,
    arguments: Mapping[str, Any] | None = None,
    watch: Progress = silent,
) -> Iterator[Tracked]:
    """Run the block as a run that pages can follow; its end is recorded, whichever it is."""
    with ledger.transaction(LedgerRole.WORKER) as connection:
        row = connection.execute(
            "INSERT INTO jobs.run (command, arguments, actor, queued, status, queued_at, started_at)"
            " VALUES (%s, %s, %s, false, 'running', %s, %s) RETURNING run_id",
            (command, Jsonb(dict(arguments or {})), actor, clock(), clock()),
        ).fetchone()
    assert row is not None
    with followed(ledger, clock, int(row[0]), watch) as run:
        yield run


@contextmanager
def followed(ledger: Ledger, clock: Clock, run_id: int, watch: Progress = silent) -> Iterator[Tracked]:
    """Run the block as the run `run_id`, holding its lock: a run whose lock is free has lost its process.

    Raises LedgerLocked when another process does this run, NoSuchRun when it has ended.
    """
    run = Tracked(ledger, clock, run_id, watch)
    with ledger.lock(f"run:{run_id}", wait=0):
        _begin(ledger, clock, run_id)
        try:
            yield run
        except Stopped as error:
            _end(ledger, clock, run, "stopped", error=error)
            raise
        except (Exception, KeyboardInterrupt) as error:
            _end(ledger, clock, run, "failed", error=error)
            raise
        _end(ledger, clock, run, "done")


def _begin(ledger: Ledger, clock: Clock, run_id: int) -> None:
    with ledger.transaction(LedgerRole.WORKER) as connection:
        begun = connection.execute(
            "UPDATE jobs.run SET status = 'running', started_at = %s"
            " WHERE run_id = %s AND status IN ('queued', 'running')",
            (clock(), run_id),
        ).rowcount
    if not begun:
        raise NoSuchRun(run_id=run_id)


def bury(ledger: Ledger, clock: Clock) -> int:
    """Mark as failed the commands' runs whose process is gone (kill -9, power). Returns how many."""
    buried = 0
    for run_id in _running_commands(ledger):
        with suppress(LedgerLocked), ledger.lock(f"run:{run_id}", wait=0):
            error = {
                "code": "ProcessGone",
                "text": "The process that did this is gone. Nothing half-done was kept.",
            }
            with ledger.transaction(LedgerRole.WORKER) as connection:
                buried += connection.execute(
                    "UPDATE jobs.run SET status = 'failed', finished_at = %s, error = %s"
                    " WHERE run_id = %s AND status = 'running'",
                    (clock(), Jsonb(error), run_id),
                ).rowcount
    return buried


def _running_commands(ledger: Ledger) -> list[int]:
    with ledger.read(LedgerRole.WORKER) as connection:
        rows = connection.execute(
            "SELECT run_id FROM jobs.run WHERE status = 'running' AND NOT queued"
        ).fetchall()
    return [run_id for (run_id,) in rows]


def _end(ledger: Ledger, clock: Clock, run: Tracked, status: str, error: BaseException | None = None) -> None:
    with ledger.transaction(LedgerRole.WORKER) as connection:
        connection.execute(
            "UPDATE jobs.run SET status = %s, finished_at = %s, result = %s, error = %s WHERE run_id = %s",
            (
                status,
                clock(),
                Jsonb(as_plain(run.result)) if run.result is not None else None,
                Jsonb(_told(error)) if error else None,
                run.run_id,
            ),
        )
        tell(connection, _TOPIC)


def _told(error: BaseException) -> dict[str, Any]:
    """An error as data: its code and parameters, and the words for one who has no catalogue of texts."""
    if isinstance(error, CommonwealError):
        plain = {
            name: value if isinstance(value, str | int | float) else str(value)
            for name, value in error.parameters.items()
        }
        return {"code": error.code, "text": str(error), "parameters": plain}
    if isinstance(error, KeyboardInterrupt):
        return {"code": "Interrupted", "text": "Stopped from the keyboard."}
    return {"code": type(error).__name__, "text": str(error)}
