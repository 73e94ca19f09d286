"""The client's side of the embedded server: join its supervisor, or start one."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from commonweal.errors import CommonwealError
from commonweal.store import errors
from commonweal.store.errors import LedgerStartFailed, LedgerUnreachable, NoWriteAccess, out_of_room
from commonweal.store.place import LOG, NOTE

_PATIENCE = 180.0  # seconds: recovery after a crash may have to read gigabytes


class EmbeddedServer:
    """A campaign's own PostgreSQL, kept alive by its supervisor for as long as this object stays open.

    `durable=False` (tests) lets the server skip syncing; who starts the server decides, later ones join it.
    """

    def __init__(self, ledger: Path, *, durable: bool = True) -> None:
        self._ledger = ledger
        self._durable = durable
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._sockets = ""

    def sockets(self) -> str:
        """The folder of the server's socket. Joins the supervisor, or starts one, if need be.

        Raises LedgerUnreachable, LedgerStartFailed, NoWriteAccess, DiskFull and what `find_place` raises.
        """
        with self._lock:
            if self._line is None or _ended(self._line):
                self._hang_up()
                self._join()
            return self._sockets

    def close(self) -> None:
        """Leave. The supervisor ends some seconds after its last client."""
        with self._lock:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _join(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            line = self._call()
            if line is None:
                self._start_supervisor()
                line = self._call()
            greeting = _listen(line, deadline) if line else None
            if line and greeting:
                self._line, self._sockets = line, greeting["sockets"]
                return
            if line:
                line.close()
            time.sleep(0.05)  # the supervisor there is just ending; its lock is free in a moment
        raise LedgerUnreachable(
            where=self._ledger, reason=f"its server is not ready after {_PATIENCE:.0f} seconds"
        )

    def _call(self) -> socket.socket | None:
        """A connection to the supervisor that the folder's note names, if it is there and ours."""
        try:
            control = Path(json.loads((self._ledger / NOTE).read_text())["folders"][0])
            status = control.lstat()
            if status.st_uid != os.geteuid() or not stat.S_ISDIR(status.st_mode) or status.st_mode & 0o077:
                return None  # somebody else's folder of that name in the public temporary folder
            line = socket.socket(socket.AF_UNIX)
        except (OSError, ValueError, LookupError):
            return None
        try:
            line.connect(str(control / "control"))
        except OSError:
            line.close()
            return None
        return line

    def _start_supervisor(self) -> None:
        """Returns when clients can connect to it, or to the one that was quicker."""
        command = [sys.executable, "-P", "-m", "commonweal.store.supervisor", str(self._ledger)]
        try:
            self._ledger.mkdir(exist_ok=True)
            done = subprocess.run(
                command + ([] if self._durable else ["--not-durable"]),
                cwd="/",
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                start_new_session=True,
                check=False,
            )
        except OSError as error:
            path = error.filename or self._ledger
            raise out_of_room(error, path) or NoWriteAccess(
                path=path, reason=error.strerror or error
            ) from error
        if done.returncode:
            raise self._complaint(done.stdout, done.stderr)

    def _complaint(self, words: str, noise: str) -> CommonwealError:
        try:
            return _error(json.loads(words))
        except ValueError:
            reason = (noise.strip().splitlines() or ["its supervisor ended without a word."])[-1]
            return LedgerStartFailed(folder=self._ledger, reason=reason, log=self._ledger / LOG)


def _listen(line: socket.socket, deadline: float) -> dict[str, Any] | None:
    """The supervisor's first words, or None if it hung up. Raises the error that it tells of."""
    words = b""
    try:
        while not words.endswith(b"\n"):
            line.settimeout(max(deadline - time.monotonic(), 0.01))
            part = line.recv(65536)
            if not part:
                return None
            words += part
    except OSError:
        return None
    greeting: dict[str, Any] = json.loads(words)
    if "error" in greeting:
        line.close()
        raise _error(greeting)
    line.setblocking(False)
    return greeting


def _ended(line: socket.socket) -> bool:
    """Whether the supervisor at the other end is gone. It says nothing after its greeting."""
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _error(told: dict[str, Any]) -> CommonwealError:
    kind = getattr(errors, told["error"])
    error: CommonwealError = kind(**told["parameters"])
    return error
