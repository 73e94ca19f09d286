from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from commonweal.audit.sealing import verify
from commonweal.campaign import Campaign
from commonweal.privacy import erasing, restoring, tombstones
from commonweal.privacy.errors import TombstonesMissing

from .held import persons


@pytest.fixture
def new_folder(quick_folder: Path) -> Iterator[Path]:
    folder = quick_folder / f"restored-{time.monotonic_ns()}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_backup_brings_nobody_back_who_was_erased_since(
    held: Campaign, tmp_path: Path, new_folder: Path, stop_server: Callable[[Path], None]
) -> None:
    (nadia,) = persons(held, "nadia berger")
    (luc,) = persons(held, "luc petit")
    erasing.erase(held, [luc])
    found = restoring.back_up(held, tmp_path / "backups")
    erasing.erase(held, [nadia])
    stones = tombstones.path_of(held)
    aside = stones.rename(tmp_path / "stones")
    with pytest.raises(TombstonesMissing):
        restoring.restore(found.folder, new_folder, durable=False, clock=held.clock)
    stop_server(new_folder)
    assert not (new_folder / "campaign.toml").exists(), "what was stopped is no campaign"
    shutil.rmtree(new_folder)
    told = restoring.restore(found.folder, new_folder, durable=False, stones=aside, clock=held.clock)
    assert told.erased_again == 1
    assert told.audit.intact
    with Campaign.open(new_folder, durable=False, clock=held.clock) as opened:
        assert persons(opened, "nadia") == []
        assert persons(opened, "luc petit") == []
        assert len(persons(opened, "paul berger")) == 1
        assert "nadia" not in str(opened.lake.read(opened.lake.table("intake.record")).to_pylist()).lower()
        assert verify(opened).intact
    stop_server(new_folder)
