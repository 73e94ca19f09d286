"""The real server in a process of its own, for drills that break what is around it."""

from __future__ import annotations

import json
import multiprocessing
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from commonweal.store.place import find_place
from commonweal.web.server import serve


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """host:port of a campaign's pages, for as long as the block lasts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(folder, port))
    process.start()
    try:
        _wait_for(port)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.join(20)
        if process.is_alive():
            process.kill()


def postmaster(folder: Path) -> int | None:
    """The process id of a campaign's embedded PostgreSQL; None while it is starting."""
    try:
        return int((find_place(folder / "ledger").data / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def supervisor(folder: Path) -> int:
    """The process id of the supervisor of a campaign's embedded PostgreSQL."""
    pid: int = json.loads((folder / "ledger" / "supervisor.json").read_text())["pid"]
    return pid


def _serve(folder: Path, port: int) -> None:
    serve(folder, port=port, ready=lambda _address, _link: None)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server did not come up")
