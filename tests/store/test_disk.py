"""Files are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from commonweal.store import disk


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "note.toml"
    disk.replace(path, b"one")
    disk.replace(path, b"two", mode=0o600)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "note.toml"
    disk.replace(path, b"one")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        disk.replace(path, b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_of_two_that_write_once_the_first_counts(tmp_path: Path) -> None:
    path = tmp_path / "key"
    disk.write_once(path, b"first")
    disk.write_once(path, b"second")
    assert path.read_bytes() == b"first"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_hash_is_of_what_a_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert disk.sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
