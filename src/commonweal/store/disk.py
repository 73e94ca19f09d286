"""What lasts: files that are there whole or not at all, and that a power cut does not take."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any


def sync(file: IO[Any]) -> None:
    """Bring all that was written to an open file to the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk: those of new files, and that others are gone."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """What a file holds, as a hash in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def replace(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file, in place of one that may be there, with these rights (less the umask)."""
    with _draft(path, content, mode) as draft:
        draft.rename(path)


def write_once(path: Path, content: bytes) -> None:
    """Write a file that its owner only may read; one that is there stays, so that of two at once the first one's counts."""
    with _draft(path, content, 0o600) as draft, suppress(FileExistsError):
        os.link(draft, path)  # unlike a rename, refuses to replace what another process put there


@contextmanager
def _draft(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """A synced file beside the one to be; gone afterwards, if it is not that one by then."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            sync(file)
        yield draft
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)
