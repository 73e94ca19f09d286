"""Backups: made while the campaign runs, checked file by file when they are brought back.

A backup is a folder::

    manifest.json   what there is, with the SHA-256 of each file; written last
    ledger.dump     the ledger, as PostgreSQL's own pg_dump writes it
    lake/           the files that the ledger lists, at that moment
    settings/       campaign.toml and the other settings, sources/*.toml

All of it is one moment's: the dump and the list of the lake's files are read in one snapshot of the ledger, and no file
of the lake is deleted while they are copied. Until it is whole, a backup's folder has a name that begins with a point
and ends in `.unfinished`: what kill -9 leaves behind is never taken for a backup.

Passwords and the key of the hashed contact points are in no backup.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from commonweal.store import disk
from commonweal.store.errors import (
    BackupDamaged,
    BackupIncomplete,
    BackupNewer,
    DumpFailed,
    NoWriteAccess,
    RestoreTargetTaken,
    out_of_room,
)
from commonweal.store.lake import Lake
from commonweal.store.ledger import Connection, Ledger
from commonweal.store.place import wheel_binaries

Progress = Callable[[int, int | None, str], None]
Extra = Callable[[Connection], dict[str, Any]]
"""What else the manifest is to hold, read in the backup's own snapshot."""

_FORMAT = 1
_MANIFEST = "manifest.json"
_DUMP = "ledger.dump"
_PIECE = 1 << 20
_OWNERS = 0o600  # read and written by its owner only


class File(msgspec.Struct, frozen=True):
    """One file of a backup: its path within, bytes, SHA-256 in hexadecimal."""

    path: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds. `roles`: the ledger's role names, with its owner's; `extra`: what other rooms noted."""

    format: int
    commonweal: str
    name: str
    made_at: datetime
    migrations: int
    roles: dict[str, str]
    files: tuple[File, ...]
    extra: dict[str, Any]


@dataclass(frozen=True)
class Backup:
    """A backup that was made or read: its folder and its manifest."""

    folder: Path
    manifest: Manifest

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(file.bytes for file in self.manifest.files)


def back_up(
    ledger: Ledger,
    lake: Lake,
    campaign: Path,
    target: Path,
    at: datetime,
    progress: Progress,
    extra: Extra = lambda _connection: {},
) -> Backup:
    """Make a backup of the campaign in `campaign` as a new folder of `target`; others go on reading and writing.

    Raises LedgerLocked when another backup is under way, NoWriteAccess, DiskFull, BackupDamaged when a file of the
    lake is not what the ledger says, DumpFailed.
    """
    name = f"{_slug(campaign.name)}-{at:%Y%m%dT%H%M%SZ}"
    try:
        with ledger.lock("backup", wait=0), _draft(target, name) as draft:
            with ledger.lock("lake.sweep", wait=600), ledger.read(steady=True) as connection:
                manifest = _filled(draft, connection, ledger, lake, campaign, at, progress, extra)
            told = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
            disk.replace(draft / _MANIFEST, told, _OWNERS)
            _sync(draft)
            whole = target / name
            draft.rename(whole)
            disk.sync_folder(target)
    except OSError as error:
        path = error.filename or target
        raise out_of_room(error, path) or NoWriteAccess(path=path, reason=error.strerror or error) from error
    return Backup(whole, manifest)


def read(folder: Path) -> Backup:
    """A backup's manifest. Raises BackupIncomplete, BackupNewer."""
    try:
        manifest = msgspec.json.decode((folder / _MANIFEST).read_bytes(), type=Manifest)
    except OSError as error:
        reason = f"{_MANIFEST}: {error.strerror}"
        raise BackupIncomplete(folder=folder, reason=reason) from error
    except msgspec.MsgspecError as error:
        raise BackupIncomplete(folder=folder, reason=error) from error
    if manifest.format > _FORMAT:
        raise BackupNewer(folder=folder, version=manifest.commonweal)
    return Backup(folder, manifest)


def check(backup: Backup, progress: Progress) -> None:
    """Read every file and compare it with the manifest. Raises BackupDamaged."""
    done = 0
    for file in backup.manifest.files:
        progress(done, backup.bytes, "checking the backup")
        path = backup.folder / file.path
        if not _is_ours(file.path) or path.is_symlink() or not path.is_file():
            raise BackupDamaged(path=path, found="nothing", told=file.sha256)
        found = disk.sha256(path)
        if found != file.sha256:
            raise BackupDamaged(path=path, found=found, told=file.sha256)
        done += file.bytes
    progress(done, backup.bytes, "checking the backup")


def _is_ours(path: str) -> bool:
    """Whether a backup may hold this path: unpacked, it stays in the campaign's folder and touches no ledger there."""
    top, _slash, inside = path.partition("/")
    parts = inside.split("/")
    if top == "settings":
        return parts[-1].endswith(".toml") and parts[:-1] in ([], ["sources"])
    return path == _DUMP or (top == "lake" and not {"", ".", ".."} & set(parts))


def unpack(backup: Backup, folder: Path, url: str, progress: Progress, *, durable: bool = True) -> None:
    """Bring a checked backup back into a new folder and an empty database, all but campaign.toml: see `finish`.

    Raises RestoreTargetTaken, LedgerTaken, DumpFailed, NoWriteAccess, DiskFull, and what `Ledger.open` raises.
    """
    if folder.exists() and any(folder.iterdir()):
        raise RestoreTargetTaken(folder=folder)
    try:
        (folder / "lake").mkdir(parents=True, exist_ok=True)
        copied = [
            file for file in backup.manifest.files if file.path not in {_DUMP, "settings/campaign.toml"}
        ]
        for number, file in enumerate(copied):
            progress(number, len(copied), "bringing the files back")
            path = folder / file.path.removeprefix("settings/")
            path.parent.mkdir(parents=True, exist_ok=True)
            if _copy(backup.folder / file.path, path) != file.sha256:
                raise BackupDamaged(path=backup.folder / file.path, found="", told=file.sha256)
        progress(len(copied), len(copied), "bringing the files back")
    except OSError as error:
        path = Path(error.filename or folder)
        raise out_of_room(error, path) or NoWriteAccess(path=path, reason=error.strerror or error) from error
    progress(0, None, "bringing the ledger back")
    with Ledger.empty(folder, url, backup.manifest.roles, durable=durable) as environment:
        _load(backup.folder / _DUMP, folder, environment)


def finish(folder: Path, settings: str) -> None:
    """Write campaign.toml: from here on the folder is a campaign."""
    disk.replace(folder / "campaign.toml", settings.encode(), _OWNERS)


def _filled(
    draft: Path,
    connection: Connection,
    ledger: Ledger,
    lake: Lake,
    campaign: Path,
    at: datetime,
    progress: Progress,
    extra: Extra,
) -> Manifest:
    row = connection.execute("SELECT pg_export_snapshot(), max(number) FROM store.migration").fetchone()
    assert row is not None
    snapshot, migrations = row
    files = [*_settings(draft, campaign), *_lake_files(draft, connection, lake, progress)]
    _dump(draft / _DUMP, ledger, snapshot, progress)
    files.append(File(_DUMP, (draft / _DUMP).stat().st_size, disk.sha256(draft / _DUMP)))
    named = connection.execute("SELECT role, name FROM store.role").fetchall()
    return Manifest(
        format=_FORMAT,
        commonweal=version("commonweal"),
        name=campaign.name,
        made_at=at,
        migrations=migrations,
        roles=dict(named) | {"owner": connection.info.user},
        files=tuple(files),
        extra=extra(connection),
    )


def _settings(draft: Path, campaign: Path) -> Iterator[File]:
    for path in sorted([*campaign.glob("*.toml"), *campaign.glob("sources/*.toml")]):
        inside = Path("settings") / path.relative_to(campaign)
        (draft / inside).parent.mkdir(parents=True, exist_ok=True)
        digest = _copy(path, draft / inside)
        yield File(str(inside), (draft / inside).stat().st_size, digest)


def _lake_files(draft: Path, connection: Connection, lake: Lake, progress: Progress) -> Iterator[File]:
    listed = connection.execute(
        "SELECT path, bytes, sha256 FROM store.file WHERE removed IS NULL ORDER BY file_id"
    ).fetchall()
    total, done = sum(size for _, size, _ in listed), 0
    for path, size, told in listed:
        progress(done, total, "copying the lake")
        inside = Path("lake") / path
        (draft / inside).parent.mkdir(parents=True, exist_ok=True)
        found = _copy(lake.root / path, draft / inside)
        if found != told:
            raise BackupDamaged(path=lake.root / path, found=found, told=told)
        done += size
        yield File(str(inside), size, told)
    progress(done, total, "copying the lake")


def _dump(path: Path, ledger: Ledger, snapshot: str, progress: Progress) -> None:
    command = [
        *(str(wheel_binaries() / "pg_dump"), "--format=custom", f"--snapshot={snapshot}", f"--file={path}"),
        *("--no-password", "--exclude-table=staging.*", "--lock-wait-timeout=600s"),
    ]
    process = subprocess.Popen(  # noqa: S603
        command, env=_environment(ledger.environment()), stderr=subprocess.PIPE, text=True, umask=0o077
    )
    try:
        while process.poll() is None:
            progress(path.stat().st_size if path.exists() else 0, None, "copying the ledger")
            time.sleep(0.1)
    except BaseException:
        process.kill()
        process.wait()
        raise
    _, words = process.communicate()
    if process.returncode:
        raise DumpFailed(program="pg_dump", reason=_last_line(words))


def _load(dump: Path, folder: Path, environment: dict[str, str]) -> None:
    """Run pg_restore. Default privileges are left out: the first migration has set them, for the owner here."""
    program = str(wheel_binaries() / "pg_restore")
    listed = subprocess.run([program, "--list", str(dump)], capture_output=True, text=True, check=False)  # noqa: S603
    if listed.returncode:
        raise DumpFailed(program="pg_restore", reason=_last_line(listed.stderr))
    contents = folder / ".restore.list"
    contents.write_text("".join(x for x in listed.stdout.splitlines(True) if " DEFAULT ACL " not in x))
    command = [program, "--exit-on-error", "--no-owner", "--no-password", "--use-list", str(contents)]
    done = subprocess.run(  # noqa: S603
        [*command, f"--dbname={environment['PGDATABASE']}", str(dump)],
        env=_environment(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    contents.unlink()
    if done.returncode:
        raise DumpFailed(program="pg_restore", reason=_last_line(done.stderr))


def _environment(connection: dict[str, str]) -> dict[str, str]:
    """For PostgreSQL's programs: where the ledger is. A password on their command line would be seen by all."""
    return {"PATH": os.defpath, "LC_ALL": "C", "HOME": os.environ.get("HOME", "/"), **connection}


@contextmanager
def _draft(target: Path, name: str) -> Iterator[Path]:
    """A folder to fill, locked; gone if it is not renamed. Those of killed backups go, too."""
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob(".*.unfinished"):
        with _locked(old) as ours:
            if ours:
                shutil.rmtree(old, ignore_errors=True)
    draft = target / f".{name}-{secrets.token_hex(4)}.unfinished"
    draft.mkdir(mode=0o700)
    with _locked(draft):
        try:
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Hold a folder's lock, if nobody else does; the kernel lets it go with the process."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _copy(source: Path, target: Path) -> str:
    """Copy a file, synced, readable by its owner only; its SHA-256."""
    digest = hashlib.sha256()
    with source.open("rb") as reading, _owned(target) as writing:
        while piece := reading.read(_PIECE):
            digest.update(piece)
            writing.write(piece)
        disk.sync(writing)
    return digest.hexdigest()


def _owned(path: Path) -> Any:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _OWNERS), "wb")


def _sync(folder: Path) -> None:
    for each in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        disk.sync_folder(each)


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-") or "campaign"


def _last_line(words: str) -> str:
    lines = [line for line in words.splitlines() if line.strip()]
    return next(
        (line for line in lines if "error:" in line), lines[-1] if lines else "it ended without a word"
    )
