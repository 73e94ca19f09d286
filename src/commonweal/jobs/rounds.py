"""Small work that is done again and again beside the server."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from commonweal.errors import CommonwealError

_LOG = logging.getLogger(__name__)


@contextmanager
def repeated(
    work: Callable[[], object], every: float, name: str, *, first: float | None = None
) -> Iterator[None]:
    """Do `work` every so many seconds, in a thread of its own, for as long as the block runs.

    `first`: seconds until the first time, where they are others. A CommonwealError (the server is being started again, a file
    can't be read) is logged, and the next time will do.
    """
    end = threading.Event()

    def rounds() -> None:
        pause = every if first is None else first
        while not end.wait(pause):
            pause = every
            try:
                work()
            except CommonwealError as error:
                _LOG.warning("%s waits: %s", name, error)

    thread = threading.Thread(target=rounds, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
