"""Imports of the synthetic electorate's lists, all checks on, each into a fresh campaign.

Reach on 2 cores: roll of 1M rows x 20 columns without phone 100,000 rows/s; sign-ups with e-mail and phone 30,000
rows/s; 4 GB. Rows a second are over the import's own time (from the file's first byte to the ledger's commit); the
command's CPU seconds and peak memory include starting Python.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
from pathlib import Path

from benchmarks.measure import command
from commonweal.campaign import Campaign, Settings
from commonweal.electorate.electorate import Electorate
from commonweal.intake import queries
from commonweal.store.ledger import LedgerRole

_REACH = {"roll": 100_000, "signups": 30_000}


def main(voters: int = 1_000_000, runs: int = 3) -> None:
    # The last import's server ends a moment after it.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        os.environ["COMMONWEAL_STATE"] = str(folder / "state")
        written = Electorate(voters).write(folder / "lists", folder / "truth")
        for each in written.lists:
            _measure(each.path, folder / "campaign", runs)


def _measure(path: Path, folder: Path, runs: int) -> None:
    seconds: list[float] = []
    cpu: list[float] = []
    peaks: list[float] = []
    rows = 0
    for _run in range(runs):
        _fresh(folder)
        measured = command("import", str(path), "--campaign", str(folder), "--json")
        with Campaign.open(folder) as campaign, campaign.ledger.read(LedgerRole.BULK) as connection:
            (batch,) = queries.batches(connection)
        rows = batch.rows_read
        seconds.append(batch.seconds)
        cpu.append(measured.cpu_seconds)
        peaks.append(measured.peak_gb)
    speed = rows / statistics.median(seconds)
    reach = f" (reach {_REACH[path.stem]:,})" if path.stem in _REACH else ""
    print(
        f"{path.name}: {rows:,} rows x {len(batch.columns)} columns, {speed:,.0f} rows/s{reach},"
        f" {statistics.median(seconds):.1f} s, {statistics.median(cpu):.1f} CPU s, {max(peaks):.2f} GB",
        flush=True,
    )


def _fresh(folder: Path) -> None:
    """A new campaign with its ledger set up, so that only the import is measured."""
    shutil.rmtree(folder, ignore_errors=True)
    Campaign.create(folder, Settings(name="benchmark", jurisdiction="fr"))
    with Campaign.open(folder):
        pass
