"""Imports: all or nothing, once, in order; and back."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonweal.campaign import Campaign
from commonweal.errors import CommonwealError
from commonweal.intake import actions, loading, queries, readers
from commonweal.intake import mapping as mappings
from commonweal.intake.errors import (
    BatchSuperseded,
    ColumnMissing,
    EmptyFile,
    FileChanged,
    FileCut,
    MappingUnreadable,
    NoSuchBatch,
    NoSuchFile,
    NothingMapped,
    NothingReadable,
    TwoColumnsOneTarget,
    UnknownTarget,
)
from commonweal.intake.model import Batch, Status
from commonweal.store import parquet
from commonweal.store.errors import DiskFull
from commonweal.store.ledger import LedgerRole

ROLL = "numero_electeur;nom;prenom;date_naissance;bureau\n"


def write(path: Path, *rows: str, head: str = ROLL) -> Path:
    path.write_text(head + "".join(f"{row}\n" for row in rows))
    return path


@pytest.fixture
def roll(tmp_path: Path) -> Path:
    return write(
        tmp_path / "roll.csv", "1;A;Ann;1/2/1980;0001", "2;B;Ben;31/12/1981;0001", "3;C;Car;3/4/1982;0002"
    )


def rows(campaign: Campaign, name: str = "intake.record") -> list[dict[str, Any]]:
    return campaign.lake.read(campaign.lake.table(name)).to_pylist()


def batches(campaign: Campaign) -> list[Batch]:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        return queries.batches(connection)


def state(campaign: Campaign) -> list[Any]:
    """All that an import may change, without what may differ from run to run."""
    tables = [rows(campaign, name) for name in loading.TABLES]
    told = [
        (b.batch_id, b.source, b.status, b.rows_read, b.records, b.quarantined, b.mapping_version)
        for b in batches(campaign)
    ]
    return [told, *(sorted(map(repr, table)) for table in tables)]


def test_an_import(campaign: Campaign, roll: Path) -> None:
    steps: list[tuple[int, int | None, str]] = []
    batch = actions.import_file(
        campaign,
        roll,
        as_of=date(2027, 1, 1),
        progress=lambda done, total, step: steps.append((done, total, step)),
    )
    assert (batch.source, batch.rows_read, batch.records, batch.quarantined) == ("roll", 3, 3, 0)
    assert (batch.as_of, batch.status, batch.actor, batch.already) == (
        date(2027, 1, 1),
        Status.LOADED,
        "test:somebody",
        False,
    )
    assert batches(campaign) == [batch]
    assert [row["given_name"] for row in rows(campaign)] == ["Ann", "Ben", "Car"]
    assert len({row["record_id"] for row in rows(campaign)}) == 3
    assert {row["batch_id"] for row in rows(campaign, "intake.raw")} == {batch.batch_id}
    assert steps[0][2] == "looking through the file"
    assert (steps[1][0], steps[1][1]) == (roll.stat().st_size,) * 2
    assert (campaign.folder / "sources" / "roll.toml").exists()
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        entry = connection.execute("SELECT verb, subject, detail FROM audit.entry").fetchone()
    assert entry == (
        "import",
        f"batch:{batch.batch_id}",
        {"rows": 3, "records": 3, "source": "roll", "replaced": [], "quarantined": 0},
    )


def test_the_same_again_is_said_and_changes_nothing(campaign: Campaign, roll: Path) -> None:
    first = actions.import_file(campaign, roll)
    before = state(campaign)
    again = actions.import_file(campaign, roll)
    assert again == msgspec.structs.replace(first, already=True)
    assert state(campaign) == before


def test_a_corrected_mapping_replaces_the_batch_and_keeps_the_ids(campaign: Campaign, roll: Path) -> None:
    first = actions.import_file(campaign, roll)
    ids = {row["key"]: row["record_id"] for row in rows(campaign)}
    place = campaign.folder / "sources" / "roll.toml"
    place.write_text(place.read_text().replace('prenom = "given_name"', 'prenom = "middle_name"'))
    second = actions.import_file(campaign, roll)
    assert second.batch_id != first.batch_id
    assert [b.status for b in batches(campaign)] == [Status.SUPERSEDED, Status.LOADED]
    assert {row["key"]: row["record_id"] for row in rows(campaign)} == ids
    assert {row["batch_id"] for name in loading.TABLES for row in rows(campaign, name)} == {second.batch_id}
    assert [row["middle_name"] for row in rows(campaign)] == ["Ann", "Ben", "Car"]
    with pytest.raises(BatchSuperseded):
        actions.take_back(campaign, first.batch_id)


def test_next_month_keeps_the_ids(campaign: Campaign, roll: Path, tmp_path: Path) -> None:
    actions.import_file(campaign, roll)
    before = {row["key"]: row["record_id"] for row in rows(campaign)}
    later = write(tmp_path / "roll_2.csv", "3;C;Carla;3/4/1982;0002", "4;D;Dan;5/6/1983;0002")
    batch = actions.import_file(campaign, later, source="roll")
    after = {row["key"]: row["record_id"] for row in rows(campaign) if row["batch_id"] == batch.batch_id}
    assert after["3"] == before["3"]
    assert after["4"] not in before.values()


def test_a_batch_taken_back_is_gone(campaign: Campaign, roll: Path) -> None:
    batch = actions.import_file(campaign, roll)
    assert actions.take_back(campaign, batch.batch_id).status is Status.WITHDRAWN
    assert not any(rows(campaign, name) for name in loading.TABLES)
    assert actions.take_back(campaign, batch.batch_id).status is Status.WITHDRAWN  # twice is harmless
    again = actions.import_file(campaign, roll)
    assert not again.already
    assert again.batch_id != batch.batch_id
    assert len(rows(campaign)) == 3
    with pytest.raises(NoSuchBatch):
        actions.take_back(campaign, 999)


def test_rows_with_one_key(campaign: Campaign, tmp_path: Path) -> None:
    path = write(
        tmp_path / "roll.csv", "1;A;Ann;31/2/1980;1", "1;A;Ann;1/2/1980;1", "1;A;Ann;1/2/1980;1", "1;A;Anna;1/2/1980;1", ";E;E;1/2/1980;1"
    )  # fmt: skip
    actions.import_file(
        campaign, write(tmp_path / "first.csv", "1;A;B;1/2/1980;1", "2;A;B;1/2/1980;1"), source="roll"
    )
    batch = actions.import_file(campaign, path, source="roll")
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        held = [
            (row.line, row.reason, row.value) for row in queries.quarantine_rows(connection, batch.batch_id)
        ]
    assert held == [
        (2, "impossible_date", "31/2/1980"),
        (4, "duplicate_row", "1"),
        (5, "duplicate_key", "1"),
        (6, "missing_key", None),
    ]
    assert [row["line"] for row in rows(campaign) if row["batch_id"] == batch.batch_id] == [3]


def test_preview_changes_nothing(campaign: Campaign, roll: Path) -> None:
    shown = actions.preview(campaign, roll)
    assert shown.guessed
    assert shown.mapping["columns"]["nom"] == {"target": "surname"}
    assert shown.rows[0]["nom"] == "A"
    assert shown.records[0]["birth_date"] == date(1980, 2, 1)
    assert not batches(campaign)
    assert not (campaign.folder / "sources" / "roll.toml").exists()
    assert shown.mapping_version == actions.import_file(campaign, roll).mapping_version
    assert not actions.preview(campaign, roll).guessed


def test_a_mapping_given_by_a_program_is_kept(campaign: Campaign, roll: Path) -> None:
    given_ = mappings.from_data({"list": "Mine", "columns": {"nom": "surname"}})
    batch = actions.import_file(campaign, roll, mapping=given_)
    assert mappings.read(campaign.folder / "sources" / "roll.toml") == given_
    assert batch.mapping_version == mappings.version(given_)
    assert actions.import_file(campaign, roll).already


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("", EmptyFile),
        (ROLL, EmptyFile),
        (ROLL + "1;A;Ann;1/2/1980;1\n2;B", FileCut),
        (ROLL + "1;A;Ann;31/2/1980;1\n2;B;Ben;30/2/1980;1\n", NothingReadable),
        ("x;y\n1;2\n3;4\n", NothingMapped),
    ],
)
def test_a_bad_file_leaves_nothing_behind(
    campaign: Campaign, tmp_path: Path, content: str, error: type[CommonwealError]
) -> None:
    path = tmp_path / "roll.csv"
    path.write_text(content)
    with pytest.raises(error):
        actions.import_file(campaign, path)
    assert not batches(campaign)
    assert not any(rows(campaign, name) for name in loading.TABLES)
    assert not list(campaign.lake.root.rglob("*.parquet"))


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ('nom = "sirname"', UnknownTarget),
        ('nom = "surname"\nprenom = "surname"', TwoColumnsOneTarget),
        ('nom = "surname"\nville = "city"', ColumnMissing),
        ('nom = "surname', MappingUnreadable),
    ],
)
def test_a_bad_mapping_is_said(
    campaign: Campaign, roll: Path, columns: str, error: type[CommonwealError]
) -> None:
    (campaign.folder / "sources" / "roll.toml").write_text(f'list = "Roll"\n[columns]\n{columns}\n')
    with pytest.raises(error):
        actions.import_file(campaign, roll)
    assert not batches(campaign)


def test_a_file_that_is_not_there_or_changes(
    campaign: Campaign, roll: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoSuchFile):
        actions.import_file(campaign, roll.with_name("nowhere.csv"))

    def grow(done: int, total: int | None, step: str) -> None:
        if step.startswith("reading"):
            roll.write_text(roll.read_text() + "4;D;Dan;1/2/1983;1\n")

    with pytest.raises(FileChanged):
        actions.import_file(campaign, roll, progress=grow)
    assert not batches(campaign)


def test_a_full_disk(campaign: Campaign, roll: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(parquet, "write", full)
        with pytest.raises(DiskFull):
            actions.import_file(campaign, roll)
    assert not batches(campaign)
    assert not list(campaign.lake.root.rglob("*.parquet"))
    assert actions.import_file(campaign, roll).records == 3


def test_stopping_keeps_nothing(campaign: Campaign, roll: Path) -> None:
    class Enough(Exception):
        pass

    def stop(done: int, total: int | None, step: str) -> None:
        if step == "publishing":
            raise Enough

    with pytest.raises(Enough):
        actions.import_file(campaign, roll, progress=stop)
    assert not batches(campaign)


BYTES = st.lists(
    st.sampled_from([b"1", b"2", b";", b'"', b"\n", b"\r\n", b"\xe9", b"\xc3\xa9", b"\x00", b"Ann", b"31/2/1980", b"1/2/1980", b";1;1;", b" "]),
    max_size=40,
)  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200), BYTES), max_size=3))
def test_the_counts_add_up_whatever_is_in_the_file(
    campaign: Campaign, tmp_path: Path, damage: list[tuple[int, list[bytes]]]
) -> None:
    text = (ROLL + "".join(f"{i};A{i};Ann;{i}/2/1980;0001\n" for i in range(1, 12))).encode()
    for place, piece in damage:
        at = len(ROLL) + place % (len(text) - len(ROLL))
        text = text[:at] + b"".join(piece) + text[at:]
    path = tmp_path / "roll.csv"
    path.write_bytes(text)
    try:
        batch = actions.import_file(campaign, path, mapping=mappings.from_data(MAPPING))
    except CommonwealError:
        return
    raw = [row for row in rows(campaign, "intake.raw") if row["batch_id"] == batch.batch_id]
    assert batch.rows_read == len(raw) == batch.records + batch.quarantined
    records = [row for row in rows(campaign) if row["batch_id"] == batch.batch_id]
    held = [
        row
        for row in rows(campaign, "intake.quarantine")
        if row["batch_id"] == batch.batch_id and row["cells"] is not None
    ]
    assert sorted(row["line"] for row in raw) == sorted(
        [row["line"] for row in records] + [row["line"] for row in held]
    )


MAPPING = {
    "list": "Roll",
    "key": ["numero_electeur"],
    "format": {"delimiter": ";", "encoding": "utf-8", "header": 1, "date_order": "dmy"},
    "columns": {
        "numero_electeur": "registration_number",
        "nom": "surname",
        "prenom": "given_name",
        "date_naissance": "birth_date",
    },
}


def test_chunks_make_no_difference(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [f"{i % 90};A{i};Ann;{i % 28 + 1}/{i % 13}/1980;{i % 3}" for i in range(400)]
    path = write(tmp_path / "roll.csv", *people)
    whole = actions.import_file(campaign, path, source="whole")
    monkeypatch.setattr(readers.stream, "BLOCK", 300)
    monkeypatch.setattr(loading, "_FLUSH", 50)
    parts = actions.import_file(campaign, path, source="parts")
    assert (whole.records, whole.quarantined, whole.set_aside) == (
        parts.records,
        parts.quarantined,
        parts.set_aside,
    )

    def plain(batch: Batch, name: str, *without: str) -> list[str]:
        own = [row for row in rows(campaign, name) if row["batch_id"] == batch.batch_id]
        return sorted(
            repr({k: v for k, v in row.items() if k not in ("batch_id", "source", *without)}) for row in own
        )

    for name in ("intake.raw", "intake.quarantine"):
        assert plain(whole, name) == plain(parts, name)
    assert plain(whole, "intake.record", "record_id") == plain(parts, "intake.record", "record_id")


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from commonweal.campaign import Campaign
    from commonweal.intake import actions, loading
    from commonweal.store import lake

    folder, file, moment = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

    def die(*_arguments):
        os.kill(os.getpid(), signal.SIGKILL)

    def after(owner, name):
        whole = getattr(owner, name)
        def act(*arguments, **named):
            whole(*arguments, **named)
            die()
        setattr(owner, name, act)

    if moment == "mapping written":
        after(actions.mappings, "write")
    elif moment == "file staged":
        after(lake.LakeWriter, "stage")
    elif moment == "in the transaction":
        after(lake.LakeWriter, "publish")
    with Campaign.open(folder, durable=False) as campaign:
        actions.import_file(campaign, file, source="roll")
"""


@pytest.mark.slow
def test_kill_9_at_any_moment_then_the_same_again(
    tmp_path: Path, roll: Path, stop_server: Callable[[Path], None]
) -> None:
    from commonweal.campaign import Settings

    folder = tmp_path / "killed"
    Campaign.create(folder, Settings(name="killed", jurisdiction="fr"))

    def run(moment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", textwrap.dedent(KILLED), str(folder), str(roll), moment]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    try:
        with Campaign.open(folder, durable=False) as campaign:
            for moment in ("mapping written", "file staged", "in the transaction"):
                ended = run(moment)
                assert ended.returncode == -signal.SIGKILL, ended.stderr
                assert not batches(campaign), moment
                assert not rows(campaign), moment
            assert not actions.import_file(campaign, roll, source="roll").already
            assert actions.import_file(campaign, roll, source="roll").already
            assert [row["given_name"] for row in rows(campaign)] == ["Ann", "Ben", "Car"]
            listed = len(campaign.lake.files("intake.record")) + len(campaign.lake.files("intake.raw"))
            assert len(list(campaign.lake.root.rglob("*.parquet"))) == listed
    finally:
        stop_server(folder)
