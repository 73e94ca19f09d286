"""The file of tombstones: who was erased, kept beside the key of the hashes, outside of the campaign and its backups.

A backup that is older than an erasure brings the person back; this file is what erases them again. One JSON object
a line: the day, the ids that the person had (they name nobody any more), the keyed hashes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from commonweal.campaign import Campaign
from commonweal.consent import points
from commonweal.consent.errors import PointKeyUnwritable
from commonweal.privacy.errors import TombstonesUnreadable
from commonweal.store import disk


class Tombstone(msgspec.Struct, frozen=True):
    """One erased person."""

    erased_at: datetime
    subjects: tuple[int, ...]
    records: tuple[int, ...]
    hashes: tuple[tuple[str, int], ...]


def path_of(campaign: Campaign) -> Path:
    """Where the campaign's file is: it has the name of the key."""
    return points.key_path(campaign).with_suffix(".tombstones")


def append(campaign: Campaign, stones: Sequence[Tombstone]) -> None:
    """Add to the file, synced. Call it before the erasure is committed: one too many does no harm.

    Raises PointKeyUnwritable.
    """
    path = path_of(campaign)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(b"".join(msgspec.json.encode(stone) + b"\n" for stone in stones))
            disk.sync(file)
    except OSError as error:
        raise PointKeyUnwritable(path=path, reason=error.strerror or error) from error


def read(path: Path) -> list[Tombstone]:
    """All tombstones of a file. A last line without its end was cut by a crash, before its erasure was committed.

    Raises TombstonesUnreadable, OSError.
    """
    found = []
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1], 1):
        try:
            found.append(msgspec.json.decode(line, type=Tombstone))
        except msgspec.MsgspecError as error:
            raise TombstonesUnreadable(path=path, line=number) from error
    return found
