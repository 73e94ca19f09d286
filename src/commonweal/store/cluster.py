"""One PostgreSQL server: made, started, watched, stopped. Used by the supervisor only."""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import psycopg

from commonweal.store import disk
from commonweal.store.errors import DiskFull, LedgerStartFailed, NoWriteAccess
from commonweal.store.place import Place

OWNER = "commonweal_owner"
_NO_ROOM = ("No space left on device", "Check free disk space", "Disk quota exceeded")
_SUPERUSER = "commonweal_superuser"
_HBA = "local all all scram-sha-256\n"
_CLOSE_DOORS = f"""REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres TO {OWNER};
"""
_PROGRAMS = ("postgres", "postgres (deleted)", "initdb")
_PR_SET_PDEATHSIG = 1
_QUICK, _IMMEDIATE = signal.SIGINT, signal.SIGQUIT

# For a laptop with 8 GB as for a server with 24: one campaign, a few dozen connections, large bulk loads.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "random_page_cost": "1.1",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",  # no replicas: loads into new tables are written once
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_parallel_workers_per_gather": "0",  # two cores gain nothing by it
    "huge_pages": "off",
    "dynamic_shared_memory_type": "mmap",  # in the data folder: what kill -9 leaves behind goes with it
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_line_prefix": "%m [%p] %u@%d ",
    "scram_iterations": "1",  # stretching helps weak passwords; ours are random
    "password_encryption": "scram-sha-256",
}
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}  # outlives our processes, not a power cut


def initialise(place: Place, password: str, *, durable: bool, log: Path) -> None:
    """Make the data folder, complete or not at all: in a draft beside it, then renamed.

    The one login is the owner's, with `password`. The superuser has none: nobody can log in as it.
    Raises DiskFull, NoWriteAccess, LedgerStartFailed.
    """
    for leftover in place.data.parent.glob(f"{place.data.name}.new-*"):
        evict(leftover)
        shutil.rmtree(leftover)
    draft = place.data.with_name(f"{place.data.name}.new-{secrets.token_hex(4)}")
    draft.mkdir(mode=0o700)
    place.give(draft)
    command = [
        *(str(place.binaries / "initdb"), "-D", str(draft), "-U", _SUPERUSER, "--encoding=UTF8"),
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *("-c", f"dynamic_shared_memory_type={_SETTINGS['dynamic_shared_memory_type']}"),
        *("--auth=reject", "--no-instructions"),
        *([] if durable else ["--no-sync"]),
    ]
    try:
        _run(place, draft, command, "", log)
        (draft / "pg_hba.conf").write_text(_HBA)
        role = f"CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE BYPASSRLS PASSWORD '{password}';\n"
        _single_user(place, draft, role + _CLOSE_DOORS, durable=durable, log=log)
        draft.rename(place.data)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    if durable:
        disk.sync_folder(place.data.parent)


def set_password(place: Place, password: str, *, log: Path) -> None:
    """Give the owner a new password, when the file with the old one was lost."""
    evict(place.data)
    _single_user(place, place.data, f"ALTER ROLE {OWNER} PASSWORD '{password}';\n", durable=True, log=log)


def evict(data: Path, patience: float = 5.0) -> None:
    """Make sure that no process of an earlier server is left on the data, and no stale lock file.

    Only for the folder's one supervisor. After kill -9 of a postmaster its backends need a moment to notice;
    those that are still there after `patience` seconds are killed. And a lock file whose process id now
    belongs to some other program would keep PostgreSQL from starting. (Linux; elsewhere PostgreSQL's own
    checks must do.)
    """
    if not sys.platform.startswith("linux") or not data.exists():
        return
    deadline = time.monotonic() + patience
    while pids := _living_on(data):
        if time.monotonic() > deadline:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    (data / "postmaster.pid").unlink(missing_ok=True)


def _living_on(data: Path) -> list[int]:
    """PostgreSQL's processes whose working directory is the data folder: all of a server's are there."""
    home, found = str(data.resolve()), []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if str((entry / "cwd").readlink()) == home and (entry / "exe").readlink().name in _PROGRAMS:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


class Server:
    """The running postmaster, our child in the foreground."""

    def __init__(self, place: Place, sockets: Path, password: str, *, durable: bool, log: Path) -> None:
        self._place = place
        self._sockets = sockets
        self._password = password
        self._settings = (
            _SETTINGS | {"unix_socket_directories": str(sockets)} | ({} if durable else _NOT_DURABLE)
        )
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the postmaster is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def killed(self) -> bool:
        """Whether a signal ended the postmaster, not an error of its own."""
        return self._process is not None and (self._process.poll() or 0) < 0

    def start(self, give_up: Callable[[], bool] = lambda: False) -> None:
        """Start it and return once it takes connections, however long its recovery is; or once `give_up` says so.

        Raises DiskFull, NoWriteAccess, LedgerStartFailed when it ends before that.
        """
        evict(self._place.data)
        for old in self._sockets.glob(".s.PGSQL.*"):
            old.unlink()
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._place.binaries / "postgres"), "-D", str(self._place.data), *options]
        begin = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = _child(self._place, self._place.data, command, log)
        pause = 0.01
        while not self._takes_connections():
            if self._process.poll() is not None:
                raise _failure(self._place.data, self._log, begin)
            if give_up():
                return
            time.sleep(pause)
            pause = min(pause * 1.2, 0.5)  # each attempt during a recovery leaves a line in the log

    def stop(self) -> None:
        """Shut down: transactions under way are rolled back, all that was committed is written to the tables."""
        if self._process is None:
            return
        for how, patience in ((_QUICK, 120.0), (_IMMEDIATE, 10.0), (signal.SIGKILL, None)):
            if self._process.poll() is None:
                self._process.send_signal(how)
            try:
                self._process.wait(patience)
                return
            except subprocess.TimeoutExpired:
                continue

    def _takes_connections(self) -> bool:
        try:
            psycopg.connect(
                host=str(self._sockets),
                dbname="postgres",
                user=OWNER,
                password=self._password,
                connect_timeout=5,
            ).close()
        except psycopg.OperationalError:
            return False
        return True


def _child(
    place: Place, data: Path, command: list[str], log: IO[bytes], given: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """A program of PostgreSQL's as the server's user; it dies with us. We have one thread: preexec_fn is safe.

    It begins in the data folder, so that `evict` sees it from its first moment: initdb never goes there by
    itself, the server only after a while.
    """
    return subprocess.Popen(  # noqa: S603
        command,
        stdin=given,
        stdout=log,
        stderr=log,
        preexec_fn=_die_with_parent(),  # noqa: PLW1509
        **place.popen_options(data),
    )


def _die_with_parent() -> Callable[[], None] | None:
    """What the child does before it becomes PostgreSQL: ask the kernel to stop it when its parent is gone.

    The signal is the one for an immediate shutdown; it comes when the parent's *thread* that started the
    child ends, so the supervisor starts servers from its main thread. The user is changed before: that would
    take the request back.
    """
    if not sys.platform.startswith("linux"):
        return None
    parent, libc = os.getpid(), ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(_IMMEDIATE))
        if os.getppid() != parent:  # it went before we could ask
            os._exit(1)

    return ask


def _single_user(place: Place, data: Path, statements: str, *, durable: bool, log: Path) -> None:
    settings = [
        *("-c", "exit_on_error=true", "-c", "scram_iterations=1"),
        *([] if durable else ["-c", "fsync=off"]),
    ]
    _run(
        place,
        data,
        [str(place.binaries / "postgres"), "--single", "-D", str(data), *settings, "postgres"],
        statements,
        log,
    )


def _run(place: Place, data: Path, command: list[str], given: str, log: Path) -> None:
    """Run one of PostgreSQL's programs to its end, its words into the log; it dies with us."""
    begin = log.stat().st_size if log.exists() else 0
    with log.open("ab") as output:
        process = _child(place, data, command, output, subprocess.PIPE)
        process.communicate(given.encode())
    if process.returncode:
        raise _failure(place.data, log, begin)


def _failure(data: Path, log: Path, begin: int) -> DiskFull | NoWriteAccess | LedgerStartFailed:
    """The error that the log's words since `begin` stand for."""
    with log.open("rb") as file:
        words = _tail(file, begin)
    if any(sign in words for sign in _NO_ROOM):
        return DiskFull(path=data)
    if "Permission denied" in words or "Read-only file system" in words:
        return NoWriteAccess(path=data, reason=_last_complaint(words))
    return LedgerStartFailed(folder=data, reason=_last_complaint(words), log=log)


def _tail(file: IO[bytes], begin: int) -> str:
    end = file.seek(0, os.SEEK_END)
    file.seek(max(begin, end - 20_000))
    return file.read().decode(errors="replace")


def _last_complaint(words: str) -> str:
    complaints = [
        line.split(mark, 1)[1].strip()
        for line in words.splitlines()
        for mark in ("PANIC:", "FATAL:", "initdb: error:", "ERROR:")
        if mark in line and "the database system is" not in line  # what it says to clients during recovery
    ]
    return complaints[-1] if complaints else "it ended without a word."
