"""Each drill at a small size; `make drill` runs them in full."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), [("disk_full", 1), ("ledger_killed", 3), ("races", 3_000)])
def test_a_drill_is_borne(name: str, size: int) -> None:
    words = [sys.executable, "-m", "drills", name, str(size)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    if "left out" in done.stdout:
        pytest.skip(done.stdout)
