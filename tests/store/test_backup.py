from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest

from commonweal.campaign import Campaign, Settings
from commonweal.jobs.model import silent
from commonweal.store import backup
from commonweal.store.errors import (
    BackupDamaged,
    BackupIncomplete,
    BackupNewer,
    CommonwealError,
    LedgerLocked,
    LedgerTaken,
    RestoreTargetTaken,
)
from commonweal.store.ledger import Ledger, LedgerRole

SCORES = "experiments.assignment"


def rows(first: int, count: int) -> pa.Table:
    ids = list(range(first, first + count))
    columns = {"experiment": ["one"] * count, "person_id": ids, "household_id": ids, "arm": ["a"] * count}
    return pa.table(columns)


def publish(campaign: Campaign, number: int, count: int = 10) -> None:
    """One step that says the same in both stores: `number` files in the lake, `number` in the ledger."""
    with campaign.lake.writer("test") as writer:
        writer.stage(SCORES, rows(number * count, count), f"p{number}")
        with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
            writer.publish(connection)
            connection.execute(
                "INSERT INTO store.setting VALUES ('published', %s)"
                " ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value",
                (str(number),),
            )


def made(campaign: Campaign, target: Path) -> backup.Backup:
    at = campaign.clock()
    return backup.back_up(campaign.ledger, campaign.lake, campaign.folder, target, at, silent)


def brought_back(found: backup.Backup, folder: Path) -> Iterator[Campaign]:
    backup.check(found, silent)
    backup.unpack(found, folder, "embedded", silent, durable=False)
    backup.finish(folder, (found.folder / "settings/campaign.toml").read_text())
    with Campaign.open(folder, durable=False) as opened:
        yield opened


@pytest.fixture
def open_folder(quick_folder: Path) -> Iterator[Path]:
    """A folder that PostgreSQL's user may enter, for a server of its own."""
    folder = quick_folder / f"restored-{time.monotonic_ns()}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_backup_under_writes_is_one_moment(
    campaign: Campaign, tmp_path: Path, open_folder: Path, stop_server: Callable[[Path], None]
) -> None:
    """The lake's files and the ledger agree in the copy, whatever was written meanwhile; and all rights are as before."""
    (campaign.folder / "sources").mkdir(exist_ok=True)
    (campaign.folder / "sources" / "roll.toml").write_text('list = "Roll"\n')
    for number in range(1, 4):
        publish(campaign, number)
    ending = threading.Event()

    def write() -> None:
        number = 3
        while not ending.is_set():
            number += 1
            publish(campaign, number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        found = made(campaign, tmp_path / "backups")
    finally:
        ending.set()
        writer.join()
    assert backup.read(found.folder) == found
    before = grants(campaign.ledger)
    for opened in brought_back(found, open_folder):
        with opened.ledger.read() as connection:
            told = connection.execute("SELECT value FROM store.setting WHERE key = 'published'").fetchone()
        assert told
        number = int(told[0])
        assert number >= 3
        kept = opened.lake.read(opened.lake.table(SCORES))["person_id"].to_pylist()
        assert sorted(kept) == list(range(10, 10 * (number + 1)))
        assert grants(opened.ledger) == before
        assert (open_folder / "sources" / "roll.toml").read_text() == 'list = "Roll"\n'
        assert opened.settings == Settings(**vars_of(campaign.settings))
        publish(opened, number + 1)
    stop_server(open_folder)


def vars_of(settings: Settings) -> dict[str, object]:
    return {name: getattr(settings, name) for name in settings.__struct_fields__}


def grants(ledger: Ledger) -> list[tuple[object, ...]]:
    with ledger.read() as connection:
        return connection.execute(
            "SELECT n.nspname, c.relname, c.relacl::text, c.relrowsecurity,"
            "   (SELECT array_agg(polname::text ORDER BY polname) FROM pg_policy WHERE polrelid = c.oid)"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname NOT LIKE 'pg_%%' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v')"
            "   AND c.relname <> 'migration' ORDER BY 1, 2"
        ).fetchall()


def test_a_file_that_was_changed_is_refused(campaign: Campaign, tmp_path: Path) -> None:
    publish(campaign, 1)
    found = made(campaign, tmp_path)
    for file in found.manifest.files:
        path = found.folder / file.path
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(BackupDamaged):
            backup.check(found, silent)
        path.unlink()
        with pytest.raises(BackupDamaged):
            backup.check(found, silent)
        path.write_bytes(whole)
    backup.check(found, silent)


def test_a_manifest_may_not_point_out_of_its_folder(campaign: Campaign, tmp_path: Path) -> None:
    found = made(campaign, tmp_path)
    manifest = json.loads((found.folder / "manifest.json").read_text())
    outside = tmp_path / "outside.toml"
    content = (found.folder / "settings" / "campaign.toml").read_bytes()
    (found.folder / "settings" / "ledger").mkdir()
    inside = [f"settings/{outside}", "settings/ledger/postgresql.toml", "settings/link.toml"]
    for path in (outside, found.folder / f"settings{outside}", found.folder / inside[1]):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (found.folder / inside[2]).symlink_to(outside)
    for name in ("../../etc/passwd", str(outside), "lake/../../x.toml", "elsewhere.toml", *inside):
        told = {"path": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        (found.folder / "manifest.json").write_text(json.dumps(manifest | {"files": [told]}))
        with pytest.raises(BackupDamaged):
            backup.check(backup.read(found.folder), silent)
    manifest["format"] = 99
    (found.folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BackupNewer):
        backup.read(found.folder)


def test_a_damaged_lake_is_told_when_it_is_copied(campaign: Campaign, tmp_path: Path) -> None:
    publish(campaign, 1)
    (file,) = campaign.lake.files(SCORES)
    with (campaign.lake.root / file.path).open("ab") as damaged:
        damaged.write(b"x")
    with pytest.raises(BackupDamaged):
        made(campaign, tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []


def test_no_file_is_swept_while_it_is_copied(campaign: Campaign, tmp_path: Path) -> None:
    stray = campaign.lake.root / "people" / "stray" / "old.parquet"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"")
    with campaign.ledger.lock("lake.sweep"):
        assert campaign.lake.sweep() == 0
    assert campaign.lake.sweep() == 1
    with campaign.ledger.lock("backup"), pytest.raises(LedgerLocked):
        made(campaign, tmp_path)


def test_kill_9_leaves_nothing_that_looks_like_a_backup(campaign: Campaign, tmp_path: Path) -> None:
    """A child that is killed while it copies; the next backup clears up."""
    publish(campaign, 1)
    target = tmp_path / "backups"
    code = (
        "import sys, time; from pathlib import Path; from commonweal.store import backup\n"
        f"with backup._draft(Path({str(target)!r}), 'campaign-20270115T200000Z') as draft:\n"
        "    (draft / 'ledger.dump').write_bytes(b'half'); print('there', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert child.stdout
    assert child.stdout.readline() == b"there\n"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    (left,) = target.iterdir()
    with pytest.raises(BackupIncomplete):
        backup.read(left)
    made(campaign, target)
    assert not left.exists()
    assert [path.name for path in target.iterdir()] == ["campaign-20270115T200000Z"]


def test_a_restore_takes_nobodys_place(campaign: Campaign, tmp_path: Path, ledger_server: object) -> None:
    found = made(campaign, tmp_path / "backups")
    with pytest.raises(RestoreTargetTaken):
        backup.unpack(found, campaign.folder, "embedded", silent)
    url = campaign.ledger.url(LedgerRole.OWNER)
    with pytest.raises(LedgerTaken):
        backup.unpack(found, tmp_path / "new", url, silent)
    with suppress(CommonwealError):
        Campaign.open(tmp_path / "new")
        raise AssertionError("a folder without campaign.toml is no campaign")


def test_only_the_owner_reads_a_backup(campaign: Campaign, tmp_path: Path) -> None:
    publish(campaign, 1)
    found = made(campaign, tmp_path)
    modes = {path.stat().st_mode & 0o077 for path in found.folder.rglob("*") if path.is_file()}
    assert modes == {0}
    assert found.folder.stat().st_mode & 0o777 == 0o700
    assert b"password" not in (found.folder / "manifest.json").read_bytes()
