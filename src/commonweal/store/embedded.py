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
from contextlib import suppress
from pathlib import Path
from typing import Any

from commonweal.errors import CommonwealError
from commonweal.store import errors
from commonweal.store.errors import LedgerStartFailed, LedgerUnreachable, NoWriteAccess, out_of_room
from commonweal.store.place import LOG, read_note

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
        """A refusal counts if it comes from a supervisor that began after us; the one before may be out of date."""
        deadline = time.monotonic() + _PATIENCE
        ours, refused_by = False, None
        while time.monotonic() < deadline:
            line = self._call()
            if line is None and self._start_supervisor():
                ours = True
                continue
            told = _listen(line, deadline) if line else {}
            if line and "sockets" in told:
                self._line, self._sockets = line, told["sockets"]
                return
            if line:
                line.close()
            if "error" in told and (ours or refused_by not in (None, told["pid"])):
                raise _error(told)
            refused_by = told.get("pid", refused_by)
            time.sleep(0.5 if "error" in told else 0.1)  # the supervisor there is just ending, or beginning
        raise LedgerUnreachable(
            where=self._ledger, reason=f"its server is not ready after {_PATIENCE:.0f} seconds"
        )

    def _call(self) -> socket.socket | None:
        """A connection to the supervisor that the folder's note names, if it is there and ours."""
        control, owner = self._control_folder()
        if control is None or owner != os.geteuid():
            return None
        line = socket.socket(socket.AF_UNIX)
        try:
            line.connect(str(control / "control"))
        except OSError:
            line.close()
            return None
        return line

    def _control_folder(self) -> tuple[Path | None, int]:
        """The folder that the note names and its owner, if nobody but that owner can have written to it."""
        for control in read_note(self._ledger)[:1]:
            with suppress(OSError):
                status = control.lstat()
                if stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o077:
                    return control, status.st_uid
        return None, -1

    def _start_supervisor(self) -> bool:
        """True when clients can connect to it, False if there is one already."""
        command = [sys.executable, "-P", "-m", "commonweal.store.supervisor", str(self._ledger)]
        try:
            self._ledger.mkdir(exist_ok=True)
            done = subprocess.run(  # noqa: S603
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
        if done.returncode == 2:
            self._check_whose()
        elif done.returncode:
            raise self._complaint(done.stdout, done.stderr)
        return done.returncode == 0

    def _check_whose(self) -> None:
        """The folder has a supervisor. Raises LedgerUnreachable if it runs for another user."""
        control, owner = self._control_folder()
        if control and owner != os.geteuid():
            raise LedgerUnreachable(where=self._ledger, reason=f"the user with id {owner} has it open")

    def _complaint(self, words: str, noise: str) -> CommonwealError:
        try:
            return _error(json.loads(words))
        except ValueError:
            reason = (noise.strip().splitlines() or ["its supervisor ended without a word."])[-1]
            return LedgerStartFailed(folder=self._ledger, reason=reason, log=self._ledger / LOG)


def _listen(line: socket.socket, deadline: float) -> dict[str, Any]:
    """The supervisor's words: where the server is, or why there is none; nothing if it hung up."""
    words = b""
    try:
        while not words.endswith(b"\n"):
            line.settimeout(max(deadline - time.monotonic(), 0.01))
            part = line.recv(65536)
            if not part:
                return {}
            words += part
    except OSError:
        return {}
    line.setblocking(False)
    told: dict[str, Any] = json.loads(words)
    return told


def _ended(line: socket.socket) -> bool:
    """Whether the supervisor at the other end is gone. It says nothing after its greeting."""
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _error(told: dict[str, Any]) -> CommonwealError:
    kind: type[CommonwealError] = getattr(errors, told["error"])
    return kind(**told["parameters"])
