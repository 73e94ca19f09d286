"""The demo, after set-up, to the report: 30,000 voters, about 75,000 records. Limit: 90 s."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measure import command


def main(voters: int = 30_000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder) / "demo")
        run = command("demo", "--no-serve", "--json", "--dir", target, "--voters", str(voters))
    print(
        f"demo of {voters:,} voters: {run.seconds:.1f} s (limit 90), {run.cpu_seconds:.1f} CPU s, {run.peak_gb:.2f} GB"
    )
