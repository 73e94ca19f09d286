"""Runs of long work, and the one way in which such work tells how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Progress(Protocol):
    """Called by long work: `done` of `total` (None: not known) in the named step. May raise `Stopped`."""

    def __call__(self, done: int, total: int | None, step: str) -> None:
        """Tell how far it is."""


def silent(done: int, total: int | None, step: str) -> None:
    """Progress that nobody watches."""


class RunStatus(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Run:
    """One run of a command: who asked for it, how far it is, what came of it."""

    run_id: int
    command: str
    arguments: dict[str, Any]
    actor: str
    status: RunStatus
    step: str
    done: int
    total: int | None
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    result: dict[str, Any] | None
    error: dict[str, Any] | None
