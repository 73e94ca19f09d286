"""The one process that owns a campaign's embedded server: `python -m commonweal.store.supervisor LEDGER_FOLDER`.

The first client starts it; it goes on by itself, in a session of its own. Clients hold a connection to its
control socket for as long as they use the ledger; the kernel closes it even for one that was killed. When the
last has left, it waits some seconds (COMMONWEAL_LEDGER_IDLE, else 10) for the next, then stops the server and
ends. A server that dies is started again; a supervisor that dies takes the server along (PR_SET_PDEATHSIG).
The lock on `ledger/lock` says who is the supervisor: the kernel lets it go with the process.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from commonweal.errors import CommonwealError
from commonweal.store import logins
from commonweal.store.cluster import Server, initialise, set_password
from commonweal.store.errors import LedgerStartFailed, NoWriteAccess, out_of_room
from commonweal.store.logins import LedgerRole
from commonweal.store.place import LOG, NOTE, confirm, find_place, socket_folder

_LOCK = "lock"
_MOST_CRASHES, _CRASH_WINDOW = 5, 60.0
_LARGEST_LOG = 20_000_000
_REFUSING = 2.0


class Supervisor:
    """Keeps one server alive for the clients of the control socket. Holds the folder's lock from its making on."""

    def __init__(self, ledger: Path, lock: int, *, durable: bool, idle: float) -> None:
        self._ledger = ledger
        self._lock = lock
        self._durable = durable
        self._idle = idle
        self._log = ledger / LOG
        self._folders = [Path(tempfile.mkdtemp(prefix="cw-", dir=_short_temporary()))]
        self._control = socket.socket(socket.AF_UNIX)
        self._control.bind(str(self._folders[0] / "control"))
        self._control.listen(128)
        self._selector = selectors.DefaultSelector()
        self._crashes: list[float] = []
        self._asked_to_stop = False
        _clear_after_predecessor(ledger)
        self._write_note()

    def run(self) -> None:
        """Until the last client has been gone for the idle time, or SIGTERM, or the server can't be kept alive."""
        self._catch_signals()
        try:
            self._serve()
        except (CommonwealError, OSError) as error:
            refusal = error if isinstance(error, CommonwealError) else _worded(error, self._ledger)
            print(f"supervisor: {refusal}", file=sys.stderr, flush=True)
            self._refuse(refusal)
        finally:
            for folder in self._folders:
                shutil.rmtree(folder, ignore_errors=True)

    def _serve(self) -> None:
        place = find_place(self._ledger)
        known = logins.exist(self._ledger)
        password = logins.load_or_make(self._ledger)[LedgerRole.OWNER]
        if not place.data.exists():
            initialise(place, password, durable=self._durable, log=self._log)
        elif not known:
            set_password(place, password, log=self._log)
        confirm(self._ledger, place)
        sockets = socket_folder(place)
        self._folders.append(sockets)
        self._write_note()
        server = Server(place, sockets, password, durable=self._durable, log=self._log)
        try:
            server.start(lambda: self._asked_to_stop)
            self._attend(server, {"sockets": str(sockets)})
            self._control.close()  # whoever comes now starts the next supervisor, once the lock is free
        finally:
            server.stop()

    def _attend(self, server: Server, greeting: dict[str, Any]) -> None:
        """Greet and count clients; start the server again when it died."""
        clients: set[socket.socket] = set()
        lonely_since = time.monotonic()
        self._selector.register(self._control, selectors.EVENT_READ)
        while not self._asked_to_stop:
            patience = None if clients else lonely_since + self._idle - time.monotonic()
            if patience is not None and patience <= 0:
                return
            for key, _ in self._selector.select(patience):
                if key.fileobj is self._control:
                    clients |= self._welcome(greeting)
                elif key.fileobj in clients and isinstance(key.fileobj, socket.socket) and _gone(key.fileobj):
                    self._selector.unregister(key.fileobj)
                    key.fileobj.close()
                    clients.discard(key.fileobj)
                    lonely_since = time.monotonic()
                elif key.data == "signal":
                    os.read(key.fd, 4096)
            if not server.running and not self._asked_to_stop:
                self._note_crash()
                server.start(lambda: self._asked_to_stop)

    def _welcome(self, greeting: dict[str, Any]) -> set[socket.socket]:
        client, _ = self._control.accept()
        client.setblocking(False)
        if not _say(client, greeting):
            client.close()
            return set()
        self._selector.register(client, selectors.EVENT_READ)
        return {client}

    def _refuse(self, error: CommonwealError) -> None:
        """Tell all who are waiting, or come within a moment, why there is no server."""
        words = {
            name: value if isinstance(value, int) else str(value) for name, value in error.parameters.items()
        }
        deadline = time.monotonic() + _REFUSING
        while (left := deadline - time.monotonic()) > 0:
            self._control.settimeout(left)
            try:
                client, _ = self._control.accept()
            except OSError:
                break
            _say(client, {"error": error.code, "parameters": words})
            client.close()

    def _note_crash(self) -> None:
        now = time.monotonic()
        self._crashes = [at for at in self._crashes if now - at < _CRASH_WINDOW] + [now]
        print(
            f"supervisor: the server died (time {len(self._crashes)}); it is started again", file=sys.stderr
        )
        sys.stderr.flush()
        if len(self._crashes) > _MOST_CRASHES:
            raise LedgerStartFailed(folder=self._ledger, reason="it dies again and again.", log=self._log)

    def _catch_signals(self) -> None:
        """Stop in order when asked to; and let a signal, also of a child's end, end the wait in `_attend`."""

        def stop(number: int, frame: object) -> None:
            self._asked_to_stop = True

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, stop)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        self._selector.register(reading, selectors.EVENT_READ, "signal")

    def _write_note(self) -> None:
        """Say in the ledger folder where the control socket is, and which folders to clear after us."""
        draft = self._ledger / f".{NOTE}"
        draft.write_text(
            json.dumps({"pid": os.getpid(), "folders": [str(folder) for folder in self._folders]})
        )
        draft.rename(self._ledger / NOTE)


def _clear_after_predecessor(ledger: Path) -> None:
    """Remove the socket folders of a supervisor that was killed."""
    try:
        folders = json.loads((ledger / NOTE).read_text())["folders"]
    except (OSError, ValueError, KeyError):
        return
    for folder in map(Path, folders):
        if folder.name.startswith("cw-") and folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)


def _short_temporary() -> str:
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) < 80 else "/tmp"


def _say(client: socket.socket, words: dict[str, Any]) -> bool:
    try:
        client.sendall(json.dumps(words).encode() + b"\n")
    except OSError:
        return False
    return True


def _gone(client: socket.socket) -> bool:
    try:
        return client.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _worded(error: OSError, ledger: Path) -> CommonwealError:
    path = error.filename or ledger
    return out_of_room(error, path) or NoWriteAccess(path=path, reason=error.strerror or error)


def _take_lock(ledger: Path) -> int | None:
    """The lock's descriptor, or None if another supervisor has it."""
    descriptor = os.open(ledger / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return None
        raise
    return descriptor


def _write_to_log(ledger: Path) -> None:
    """From here on our words, and a traceback if it comes to that, go to the server's log."""
    log = ledger / LOG
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)


def _begin(ledger: Path, *, durable: bool, idle: float) -> Supervisor | None:
    lock = _take_lock(ledger)
    if lock is None:
        return None
    _write_to_log(ledger)
    return Supervisor(ledger, lock, durable=durable, idle=idle)


def main() -> None:
    """Fork; the parent ends as soon as clients can connect (or another supervisor is there), the child serves.

    When it can't, the parent prints one line of JSON, {"error": code, "parameters": {...}}, and exits with 1.
    """
    parser = argparse.ArgumentParser(prog="commonweal.store.supervisor")
    parser.add_argument("ledger", type=Path)
    parser.add_argument("--not-durable", action="store_true", help="for tests: nothing is synced to the disk")
    arguments = parser.parse_args()
    ledger: Path = arguments.ledger.absolute()
    idle = float(os.environ.get("COMMONWEAL_LEDGER_IDLE") or 10)
    answer, ask = os.pipe()
    if os.fork():
        os.close(ask)
        with os.fdopen(answer) as reader:
            complaint = reader.read()
        sys.stdout.write(complaint)
        sys.stdout.flush()
        os._exit(1 if complaint else 0)
    os.close(answer)
    try:
        supervisor = _begin(ledger, durable=not arguments.not_durable, idle=idle)
    except OSError as error:
        words = _worded(error, ledger)
        parameters = {name: str(value) for name, value in words.parameters.items()}
        os.write(ask, json.dumps({"error": words.code, "parameters": parameters}).encode())
        os._exit(1)
    os.close(ask)
    if supervisor:
        supervisor.run()


if __name__ == "__main__":
    main()
