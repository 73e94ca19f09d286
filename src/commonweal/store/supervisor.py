"""The one process that owns a campaign's embedded server: `python -m commonweal.store.supervisor LEDGER_FOLDER`.

The first client starts it; it goes on by itself, in a session of its own. Clients hold a connection to its
control socket for as long as they use the ledger; the kernel closes it even for one that was killed. When the
last has left, it waits some seconds (COMMONWEAL_LEDGER_IDLE, else 10) for the next, then stops the server and
ends. A server that dies is started again; a supervisor that dies takes the server along (PR_SET_PDEATHSIG).
The lock on `ledger/lock` says who is the supervisor: the kernel lets it go with the process.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from commonweal.errors import CommonwealError
from commonweal.store import logins
from commonweal.store.cluster import Server, initialise, set_password
from commonweal.store.errors import LedgerStartFailed, LedgerUnreachable, NoWriteAccess, out_of_room
from commonweal.store.logins import LedgerRole
from commonweal.store.place import LOG, NOTE, confirm, find_place, read_note, socket_folder

_LOCK = "lock"
_ANOTHER_IS_THERE = "another"
_MOST_CRASHES, _CRASH_WINDOW = 5, 60.0
_LARGEST_LOG = 20_000_000
_REFUSING = 2.0


class Supervisor:
    """Keeps one server alive for the clients of the control socket. Made by the holder of the folder's lock."""

    def __init__(self, ledger: Path, *, durable: bool, idle: float) -> None:
        self._ledger = ledger
        self._durable = durable
        self._idle = idle
        self._log = ledger / LOG
        _clear_after_predecessor(ledger)
        self._folders = [socket_folder()]
        self._control = socket.socket(socket.AF_UNIX)
        self._control.bind(str(self._folders[0] / "control"))
        self._control.listen(128)
        self._selector = selectors.DefaultSelector()
        self._clients: set[socket.socket] = set()
        self._crashes: list[float] = []
        self._asked_to_stop = False
        self._write_note()

    def run(self) -> None:
        """Until the last client has been gone for the idle time, or SIGTERM, or the server can't be kept alive."""
        self._catch_signals()
        try:
            self._serve()
        except (CommonwealError, OSError) as error:
            _say(str(error))
            self._refuse(_told(error, self._ledger))
        finally:
            for folder in self._folders:
                shutil.rmtree(folder, ignore_errors=True)

    def _serve(self) -> None:
        place = find_place(self._ledger)
        self._lock_data(place.data)
        known = logins.exist(self._ledger)
        password = logins.load_or_make(self._ledger)[LedgerRole.OWNER]
        if not place.data.exists():
            initialise(place, password, durable=self._durable, log=self._log)
        elif not known:
            set_password(place, password, log=self._log)
        confirm(self._ledger, place)
        sockets = socket_folder(place.user)
        self._folders.append(sockets)
        self._write_note()
        server = Server(place, sockets, password, durable=self._durable, log=self._log)
        try:
            self._start(server)
            self._attend(server, {"sockets": str(sockets)})
            self._control.close()  # whoever comes now starts the next supervisor, once the lock is free
        finally:
            server.stop()

    def _attend(self, server: Server, greeting: dict[str, Any]) -> None:
        """Greet clients and notice when they leave; start the server again when it died."""
        lonely_since = time.monotonic()
        self._selector.register(self._control, selectors.EVENT_READ, self._welcome)
        while not self._asked_to_stop:
            if self._clients:
                lonely_since = time.monotonic()
            patience = lonely_since + self._idle - time.monotonic()
            if patience <= 0:
                return
            for key, _ in self._selector.select(None if self._clients else patience):
                key.data(key.fileobj, greeting)
            if not server.running and not self._asked_to_stop:
                self._note_crash()
                self._start(server)

    def _start(self, server: Server) -> None:
        """Start the server; again, if it is killed on the way."""
        while True:
            try:
                return server.start(lambda: self._asked_to_stop)
            except LedgerStartFailed:
                if not server.killed:
                    raise
                self._note_crash()

    def _welcome(self, control: socket.socket, greeting: dict[str, Any]) -> None:
        client, _ = control.accept()
        client.setblocking(False)
        if _send(client, greeting):
            self._clients.add(client)
            self._selector.register(client, selectors.EVENT_READ, self._part)
        else:
            client.close()

    def _part(self, client: socket.socket, _greeting: dict[str, Any]) -> None:
        """A client never speaks: what comes from it is its end."""
        with contextlib.suppress(OSError):
            if client.recv(4096):
                return
        self._selector.unregister(client)
        self._clients.discard(client)
        client.close()

    def _refuse(self, told: dict[str, Any]) -> None:
        """Tell all who are waiting, or come within a moment, why there is no server."""
        deadline = time.monotonic() + _REFUSING
        self._control.settimeout(_REFUSING)
        with contextlib.suppress(OSError):  # the time-out: nobody is left
            while time.monotonic() < deadline:
                client, _ = self._control.accept()
                _send(client, told)
                client.close()
                self._control.settimeout(0.2)
        self._control.close()

    def _note_crash(self) -> None:
        now = time.monotonic()
        self._crashes = [at for at in self._crashes if now - at < _CRASH_WINDOW] + [now]
        _say(f"the server died (time {len(self._crashes)}); it is started again")
        if len(self._crashes) > _MOST_CRASHES:
            raise LedgerStartFailed(folder=self._ledger, reason="it dies again and again.", log=self._log)

    def _catch_signals(self) -> None:
        """Stop in order when asked to; and let a signal, also of a child's end, end the wait in `_attend`."""

        def stop(_number: int, _frame: object) -> None:
            self._asked_to_stop = True

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        self._selector.register(reading, selectors.EVENT_READ, lambda pipe, _: os.read(pipe, 4096))

    def _lock_data(self, data: Path) -> None:
        """Data outside of the ledger folder has a lock of its own: the folder may have been moved while open."""
        if data.parent == self._ledger:
            return
        deadline = time.monotonic() + self._idle + _REFUSING
        while not _lock(data.parent):
            if time.monotonic() > deadline:
                raise LedgerUnreachable(where=data, reason="another supervisor has it open")
            time.sleep(0.1)

    def _write_note(self) -> None:
        """Say in the ledger folder where the control socket is, and which folders to clear after us.

        The folder's inode shows to whom the note speaks: a copy of the folder has a copy of the note.
        """
        note = {
            "pid": os.getpid(),
            "inode": self._ledger.stat().st_ino,
            "folders": [str(folder) for folder in self._folders],
        }
        draft = self._ledger / f".{NOTE}"
        draft.write_text(json.dumps(note))
        draft.rename(self._ledger / NOTE)


def _clear_after_predecessor(ledger: Path) -> None:
    """Remove the socket folders of a supervisor that was killed."""
    for folder in read_note(ledger):
        if folder.name.startswith("cw-") and folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)


def _say(words: str) -> None:
    sys.stderr.write(f"supervisor: {words}\n")
    sys.stderr.flush()


def _send(client: socket.socket, words: dict[str, Any]) -> bool:
    try:
        client.sendall(json.dumps(words).encode() + b"\n")
    except OSError:
        return False
    return True


def _told(error: CommonwealError | OSError, ledger: Path) -> dict[str, Any]:
    """An error as words for a client: {"error": code, "parameters": {...}, "pid": ours}."""
    if isinstance(error, OSError):
        path = error.filename or ledger
        error = out_of_room(error, path) or NoWriteAccess(path=path, reason=error.strerror or error)
    parameters = {name: str(value) for name, value in error.parameters.items()}
    return {"error": error.code, "parameters": parameters, "pid": os.getpid()}


def _lock(ledger: Path) -> bool:
    """Take the folder's lock, for as long as this process lives. False if another supervisor has it."""
    descriptor = os.open(ledger / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


def _write_to_log(ledger: Path) -> None:
    """From here on our words, and a traceback if it comes to that, go to the server's log."""
    log = ledger / LOG
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.replace(log.with_name(f"{LOG}.1"))
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)


def _supervise(ledger: Path, answer: int, *, durable: bool, idle: float) -> None:
    """Answer the waiting parent with nothing if all is well, else with why not; then do the work."""
    try:
        if not _lock(ledger):
            os.write(answer, _ANOTHER_IS_THERE.encode())
            return
        _write_to_log(ledger)
        supervisor = Supervisor(ledger, durable=durable, idle=idle)
    except (CommonwealError, OSError) as error:
        os.write(answer, json.dumps(_told(error, ledger)).encode())
        return
    os.close(answer)
    supervisor.run()


def main() -> None:
    """Fork; the child supervises, the parent ends as soon as clients can connect to it.

    Exits with 0 then, with 2 if another supervisor is there, with 1 and a line of JSON if it can't be one.
    """
    parser = argparse.ArgumentParser(prog="commonweal.store.supervisor")
    parser.add_argument("ledger", type=Path)
    parser.add_argument("--not-durable", action="store_true", help="for tests: nothing is synced to the disk")
    arguments = parser.parse_args()
    idle = float(os.environ.get("COMMONWEAL_LEDGER_IDLE") or 10)
    listening, answering = os.pipe()
    if os.fork() == 0:
        os.close(listening)
        _supervise(arguments.ledger.absolute(), answering, durable=not arguments.not_durable, idle=idle)
        return
    os.close(answering)
    with os.fdopen(listening) as pipe:
        answer = pipe.read()
    if answer == _ANOTHER_IS_THERE:
        sys.exit(2)
    if answer:
        sys.stdout.write(answer)
        sys.exit(1)


if __name__ == "__main__":
    main()
