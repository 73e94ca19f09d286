"""The ledger's disk fills up while events pour in over HTTP: refused with a clear status, nothing acknowledged is lost.

The disk is a small one in memory; without the right to mount one (root has it) the drill is left out. A file fills it up, for some seconds every request must
fail with 507 or 503 or go through in full, then the file goes and all is sent again. Production settings, fsync on.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.ground import new_campaign, served

from commonweal.access import bearers
from commonweal.access.model import Scope
from drills.ledger_killed import Load, fill_with_voters, verify, wait_for_acknowledgement

_MEGABYTES = 400
_FULL_FOR = 4.0  # seconds


def main(times: int = 10) -> None:
    """Fill it so many times; one line says what came of it."""
    with _small_disk() as disk:
        if disk is None:
            print("left out: nobody but root may mount a small disk", flush=True)
        else:
            _drill(disk, times)


def _drill(disk: Path, times: int) -> None:
    with new_campaign("Drill", disk) as campaign:
        fill_with_voters(campaign)
        token = bearers.make_token(campaign, "mailer", [Scope.EVENTS_WRITE])
        load = Load(token, campaign.clock().isoformat(), excused=(503, 507))
        with served(campaign.folder) as (address, _server):
            load.start(address)
            refused = sum(_fill_up(disk, load) for _ in range(times))
            wait_for_acknowledgement(load)
            load.stop()
        verify(campaign, load)
    print(
        f"the disk was full {times} times and refused {refused} requests then: {len(load.acknowledged):,} acknowledged"
        f" events are there, once each; answers {dict(load.statuses)}",
        flush=True,
    )


@contextmanager
def _small_disk() -> Iterator[Path | None]:
    with tempfile.TemporaryDirectory(prefix="commonweal-disk-") as name:
        size = f"size={_MEGABYTES}m,mode=0755"
        mount = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", name]
        if (
            shutil.which("mount") is None
            or subprocess.run(mount, capture_output=True, check=False).returncode
        ):
            yield None
            return
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def _fill_up(disk: Path, load: Load) -> int:
    """Leave a little room, then none; how many requests failed meanwhile."""
    wait_for_acknowledgement(load)
    before, filler = load.failures, disk / "filler"
    with filler.open("wb", buffering=0) as file:
        until = time.monotonic() + _FULL_FOR + random.Random(before).uniform(0, 2)
        while time.monotonic() < until:
            try:
                file.write(bytes(1 << 20))
            except OSError:  # full: whatever is let go of meanwhile is taken again
                time.sleep(0.02)
    filler.unlink()
    assert load.failures > before, "no request was refused: the disk was not full"
    return load.failures - before
