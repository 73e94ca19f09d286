from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commonweal.electorate import Electorate
from commonweal.electorate.errors import BadSize, CannotWrite, TruthNotApart


def sums(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def write(folder: Path, voters: int = 1_000, seed: int = 5) -> dict[str, str]:
    Electorate(voters, seed).write(folder / "lists", folder / "truth")
    return sums(folder)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    first = write(tmp_path / "a")
    time.sleep(1.1)  # a time of writing, kept anywhere, would differ now
    assert write(tmp_path / "b") == first
    other = write(tmp_path / "c", seed=6)
    assert all(other[name] != first[name] for name in first if name != "truth/areas.parquet")
    assert sorted(first) == [
        "lists/append.parquet",
        "lists/canvass.csv",
        "lists/donors.xlsx",
        "lists/roll.csv",
        "lists/signups.jsonl",
        "truth/areas.parquet",
        "truth/electorate.json",
        "truth/persons.parquet",
        "truth/records.parquet",
    ]


@pytest.mark.parametrize("voters", [0, 999, 10_000_001])
def test_sizes_that_cannot_be_made_are_refused(voters: int) -> None:
    with pytest.raises(BadSize, match=r"1000 and 10000000"):
        Electorate(voters)


@pytest.mark.parametrize(
    ("lists", "truth"), [("x", "x"), ("x", "x/truth"), ("x/lists", "x"), ("x", "y/../x/t")]
)
def test_the_truth_must_lie_apart(tmp_path: Path, lists: str, truth: str) -> None:
    with pytest.raises(TruthNotApart):
        Electorate(1_000).write(tmp_path / lists, tmp_path / truth)
    assert not list(tmp_path.iterdir())


def test_no_place_to_write_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "truth").write_text("a file where the folder should be")
    with pytest.raises(CannotWrite, match="truth"):
        Electorate(1_000).write(tmp_path / "lists", tmp_path / "truth")
    assert not list((tmp_path / "lists").iterdir())


def test_progress_rises_to_the_whole(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    Electorate(20_000).write(tmp_path / "l", tmp_path / "t", lambda *told_now: told.append(told_now))
    done = [each[0] for each in told]
    assert done[0] == 0
    assert done[-1] == 20_000
    assert done == sorted(done)
    assert len(done) >= 4
    assert {each[1] for each in told} == {20_000}


def test_stopping_half_way_leaves_the_old_lists(tmp_path: Path) -> None:
    before = write(tmp_path)

    def stop(done: int, _total: int, _step: str) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Electorate(20_000, 9).write(tmp_path / "lists", tmp_path / "truth", stop)
    assert sums(tmp_path) == before


PROGRAM = """
import sys
from pathlib import Path
from commonweal.electorate import Electorate
lists, truth = Path(sys.argv[1]), Path(sys.argv[2])
Electorate(9_000, 5).write(lists, truth, lambda done, total, step: print(done, flush=True))
"""


def test_kill_9_then_again_ends_as_without_the_kill(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "k" / "lists"), str(tmp_path / "k" / "truth")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as run:
        assert run.stdout
        run.stdout.readline()
        run.stdout.readline()  # the first block is written
        os.kill(run.pid, signal.SIGKILL)
    left = sums(tmp_path / "k")
    assert left
    assert all(name.endswith(".part") for name in left)
    assert write(tmp_path / "k", 9_000) == write(tmp_path / "whole", 9_000)


FULL_DISK = """
import resource, sys
from pathlib import Path
from commonweal.electorate import Electorate
from commonweal.electorate.errors import CannotWrite
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
try:
    Electorate(5_000, 5).write(Path(sys.argv[1]), Path(sys.argv[2]))
except CannotWrite as refusal:
    print(refusal)
"""


def test_a_file_that_cannot_grow_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "lists"), str(tmp_path / "truth")]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "too large. Nothing was left" in run.stdout
    assert not sums(tmp_path)
