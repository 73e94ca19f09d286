"""The embedded server under kill -9, odd folders and full disks. Each test runs real processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from commonweal.errors import CommonwealError
from commonweal.store import place
from commonweal.store.errors import DiskFull, LedgerCopied, LedgerMissing, LedgerUnreachable, NoWriteAccess
from commonweal.store.ledger import Ledger, LedgerRole

LINUX_ONLY = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what Linux promises")
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")

Stop = Callable[[Path], None]

CLIENT = """
import sys
from pathlib import Path
from commonweal.store.ledger import Ledger
with Ledger.open(Path(sys.argv[1]), durable=False) as ledger, ledger.transaction() as connection:
    print(connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()[0], flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module", autouse=True)
def state(quick_folder: Path) -> Iterator[Path]:
    """Where root's servers keep their data."""
    folder = quick_folder / "state"
    folder.mkdir(mode=0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMMONWEAL_STATE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, stop_server: Stop) -> Iterator[Path]:
    """A campaign folder whose server the tests of this module kill, one after the other."""
    folder = tmp_path_factory.mktemp("killed")
    yield folder
    stop_server(folder)


@pytest.fixture
def fresh(tmp_path: Path, stop_server: Stop) -> Iterator[Path]:
    """A campaign folder without a ledger as yet."""
    folder = tmp_path / "campaign"
    folder.mkdir()
    yield folder
    for note in tmp_path.rglob("supervisor.json"):
        stop_server(note.parents[1])
        shutil.rmtree(data_folder(note.parents[1]), ignore_errors=True)


def open_ledger(folder: Path) -> Ledger:
    return Ledger.open(folder, durable=False)


def show(ledger: Ledger, setting: str) -> str:
    with ledger.read() as connection:
        row = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
    assert row is not None
    return str(row[0])


def keep(ledger: Ledger, key: str) -> None:
    with ledger.transaction() as connection:
        connection.execute("INSERT INTO store.setting VALUES (%s, 'kept')", (key,))


def kept(ledger: Ledger) -> set[str]:
    with ledger.read() as connection:
        return {key for (key,) in connection.execute("SELECT key FROM store.setting").fetchall()}


def supervisor(folder: Path) -> int:
    pid: int = json.loads((folder / "ledger" / "supervisor.json").read_text())["pid"]
    return pid


def data_folder(folder: Path) -> Path:
    location = folder / "ledger" / "location.toml"
    if not location.exists():
        return folder / "ledger" / "data"
    return Path(location.read_text().split('"')[1])


def postmaster(folder: Path) -> int:
    return int((data_folder(folder) / "postmaster.pid").read_text().splitlines()[0])


def lives(pid: int) -> bool:
    """Whether the process runs; one that only waits for its parent to take note of its end does not."""
    done = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.strip()[:1] not in ("", "Z")


def soon(condition: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def client(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def first_word(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate("")


# --- as it should be


def test_a_new_ledger_is_set_up_for_text_safety_and_one_machine(shared: Path) -> None:
    with open_ledger(shared) as ledger:
        assert show(ledger, "server_version").startswith("18")
        assert show(ledger, "server_encoding") == "UTF8"
        assert show(ledger, "listen_addresses") == ""
        assert show(ledger, "data_checksums") == "on"
        assert show(ledger, "TimeZone") == "UTC"
        with ledger.read() as connection:
            provider = connection.execute(
                "SELECT datlocprovider, datlocale, 'Æ' ~ '[[:alpha:]]', upper('é') FROM pg_database"
                " WHERE datname = current_database()"
            ).fetchone()
        assert provider == ("b", "C.UTF-8", True, "É")
    assert (shared / "ledger" / "server.log").stat().st_size > 0
    assert stat.S_IMODE((shared / "ledger" / "logins.json").stat().st_mode) == 0o600


def test_nothing_is_lost_to_speed_unless_asked(fresh: Path) -> None:
    with Ledger.open(fresh) as ledger:
        assert [show(ledger, name) for name in ("fsync", "synchronous_commit", "full_page_writes")] == [
            "on"
        ] * 3


def test_two_processes_share_one_server(shared: Path) -> None:
    one, two = client(shared), client(shared)
    assert first_word(one) == first_word(two) != ""
    pid = supervisor(shared)
    leave(one)
    with open_ledger(shared) as ledger:
        assert show(ledger, "server_version").startswith("18")
    assert supervisor(shared) == pid
    leave(two)


def test_many_who_come_at_once_get_one_server(fresh: Path) -> None:
    clients = [client(fresh) for _ in range(4)]
    assert len({first_word(each) for each in clients}) == 1
    for each in clients:
        leave(each)


def test_the_supervisor_ends_after_its_last_client(fresh: Path) -> None:
    open_ledger(fresh).close()
    pid, server = supervisor(fresh), postmaster(fresh)
    sockets = [
        Path(each) for each in json.loads((fresh / "ledger" / "supervisor.json").read_text())["folders"]
    ]
    assert len(sockets) == 2
    assert soon(lambda: not lives(pid))
    assert not lives(server)
    assert not any(each.exists() for each in sockets)
    assert not (data_folder(fresh) / "postmaster.pid").exists(), "it was shut down in order"


# --- kill -9


def test_the_server_is_killed(shared: Path) -> None:
    with open_ledger(shared) as ledger:
        keep(ledger, "before the server died")
        pid, of_supervisor = postmaster(shared), supervisor(shared)
        os.kill(pid, signal.SIGKILL)
        assert soon(lambda: _another_runs(shared, pid))
        assert "before the server died" in kept(ledger), "the same ledger works on"
        assert supervisor(shared) == of_supervisor


def test_one_connection_of_the_server_is_killed(shared: Path) -> None:
    with open_ledger(shared) as ledger:
        with pytest.raises(LedgerUnreachable), ledger.transaction() as connection:  # noqa: PT012
            connection.execute("INSERT INTO store.setting VALUES ('unfinished', '')")
            os.kill(connection.info.backend_pid, signal.SIGKILL)
            connection.execute("SELECT 1")
        assert "unfinished" not in kept(ledger)


@LINUX_ONLY
def test_the_supervisor_is_killed(shared: Path) -> None:
    with open_ledger(shared) as ledger:
        keep(ledger, "before the supervisor died")
        pid, of_server = supervisor(shared), postmaster(shared)
        os.kill(pid, signal.SIGKILL)
        assert soon(lambda: not lives(of_server)), "the kernel takes the server along"
        with open_ledger(shared) as other:
            assert "before the supervisor died" in kept(other)
        assert "before the supervisor died" in kept(ledger), "an open ledger finds the new server"
        assert supervisor(shared) != pid


@LINUX_ONLY
def test_supervisor_and_server_are_killed_at_once(shared: Path) -> None:
    with open_ledger(shared) as ledger:
        keep(ledger, "before both died")
        for pid in (supervisor(shared), postmaster(shared)):
            os.kill(pid, signal.SIGKILL)
    with open_ledger(shared) as ledger:
        assert "before both died" in kept(ledger)


def test_a_client_is_killed(fresh: Path) -> None:
    process = client(fresh)
    assert first_word(process)
    pid = supervisor(fresh)
    time.sleep(1.5)  # longer than the idle time
    assert lives(pid)
    process.kill()
    process.communicate()
    assert soon(lambda: not lives(pid))


@pytest.mark.parametrize("stage", ["data.new-*", "data.new-*/global/pg_control", "data.new-*/PG_VERSION"])
def test_the_making_of_a_ledger_is_killed(fresh: Path, state: Path, stage: str) -> None:
    before = set(state.rglob("data.new-*"))

    def reached() -> bool:
        drafts = [*fresh.glob(f"ledger/{stage}"), *state.glob(f"*/{stage}")]
        return any(not before & {draft, *draft.parents} for draft in drafts)

    opening = client(fresh)
    assert soon(reached)
    opening.kill()
    os.kill(supervisor(fresh), signal.SIGKILL)
    opening.communicate()
    with open_ledger(fresh) as ledger:
        assert kept(ledger) == set()
    assert not list(data_folder(fresh).parent.glob("data.new-*"))


@LINUX_ONLY
def test_who_makes_a_ledger_is_killed_and_its_initdb_hangs(fresh: Path, state: Path) -> None:
    opening = client(fresh)
    assert soon(lambda: _initdb(fresh, state) is not None)
    of_initdb = _initdb(fresh, state)
    assert of_initdb is not None
    os.kill(of_initdb, signal.SIGSTOP)
    opening.kill()
    os.kill(supervisor(fresh), signal.SIGKILL)
    opening.communicate()
    with open_ledger(fresh) as ledger:
        assert kept(ledger) == set()
    assert not lives(of_initdb), "it could have gone on to write into what is cleared away"


def _initdb(folder: Path, state: Path) -> int | None:
    """The process that makes the ledger's data."""
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            words = (entry / "cmdline").read_text().split("\0")
            if words[0].endswith("/initdb") and {folder, state} & set(Path(words[2]).parents):
                return int(entry.name)
    return None


def test_a_server_that_dies_again_and_again_is_given_up(fresh: Path) -> None:
    with open_ledger(fresh) as ledger:
        keep(ledger, "the first")
        pid = supervisor(fresh)
        for _ in range(6):
            of_server = postmaster(fresh)
            os.kill(of_server, signal.SIGKILL)
            assert soon(lambda old=of_server: not lives(pid) or _another_runs(fresh, old))
        assert soon(lambda: not lives(pid))
        assert "the first" in kept(ledger), "the next supervisor begins anew"


def _another_runs(folder: Path, old: int) -> bool:
    try:
        return postmaster(folder) != old
    except (FileNotFoundError, IndexError, ValueError):
        return False


# --- odd states of the folder


@LINUX_ONLY
def test_a_stale_lock_file_names_a_process_of_somebody_else(fresh: Path, stop_server: Stop) -> None:
    with open_ledger(fresh) as ledger:
        keep(ledger, "kept")
    stop_server(fresh)
    options = {"user": data_folder(fresh).owner()} if os.geteuid() == 0 else {}
    other = subprocess.Popen(["/bin/sleep", "60"], cwd="/", **options)  # type: ignore[call-overload]
    data = data_folder(fresh)
    (data / "postmaster.pid").write_text(
        f"{other.pid}\n{data}\n0\n5432\n/tmp\n\n       0         0\nready   \n"
    )
    with open_ledger(fresh) as ledger:
        assert kept(ledger) == {"kept"}
    assert other.poll() is None, "which goes on"
    other.kill()
    other.wait()


def test_the_passwords_are_lost(fresh: Path, stop_server: Stop) -> None:
    with open_ledger(fresh) as ledger:
        keep(ledger, "kept")
    stop_server(fresh)
    (fresh / "ledger" / "logins.json").unlink()
    with open_ledger(fresh) as ledger:
        assert kept(ledger) == {"kept"}
        with ledger.read(LedgerRole.WEB) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_false_supervisor_is_not_spoken_to(fresh: Path, tmp_path: Path) -> None:
    trap = tmp_path / "cw-trap"
    trap.mkdir()
    trap.chmod(0o777)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(trap / "control"))
        listener.listen()
        (fresh / "ledger").mkdir()
        (fresh / "ledger" / "supervisor.json").write_text(
            json.dumps({"pid": 1, "inode": (fresh / "ledger").stat().st_ino, "folders": [str(trap)]})
        )
        with open_ledger(fresh) as ledger:
            assert kept(ledger) == set()
        listener.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_path_longer_than_a_socket_may_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_server: Stop
) -> None:
    long = tmp_path / ("a" * 100) / ("b" * 100)
    temporary = long / "tmp"
    temporary.mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(temporary))
    with open_ledger(long) as ledger:
        address = Path(str(conninfo_to_dict(ledger.url(LedgerRole.OWNER))["host"])) / ".s.PGSQL.5432"
        assert len(os.fsencode(address)) <= 107
        assert stat.S_IMODE(address.parent.stat().st_mode) == 0o700
    stop_server(long)


@ROOT_ONLY
def test_root_in_a_folder_of_mode_0700(tmp_path: Path, state: Path, stop_server: Stop) -> None:
    closed = tmp_path / "closed"
    folder = closed / "campaign"
    folder.mkdir(parents=True)
    closed.chmod(0o700)
    with open_ledger(folder) as ledger:
        data = data_folder(folder)
        keep(ledger, "kept")
    assert data.is_relative_to(state)
    assert data.owner() in ("commonweal", "postgres", "nobody")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    stop_server(folder)
    with open_ledger(folder) as ledger:
        assert kept(ledger) == {"kept"}

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("control"))
    with pytest.raises(LedgerCopied):
        open_ledger(copy)
    stop_server(folder)
    folder.rename(tmp_path / "moved")
    with open_ledger(tmp_path / "moved") as ledger:
        assert kept(ledger) == {"kept"}
    stop_server(tmp_path / "moved")
    shutil.rmtree(data)
    with pytest.raises(LedgerMissing, match=r"location\.toml"):
        open_ledger(tmp_path / "moved")


@ROOT_ONLY
def test_root_in_an_open_folder_keeps_the_data_there(state: Path, stop_server: Stop) -> None:
    folder = state / "open" / "campaign"
    folder.mkdir(parents=True)
    with open_ledger(folder) as ledger:
        keep(ledger, "kept")
    assert (folder / "ledger" / "data").owner() in ("commonweal", "postgres", "nobody")
    assert not (folder / "ledger" / "location.toml").exists()
    stop_server(folder)


@ROOT_ONLY
def test_binaries_that_the_servers_user_cannot_reach_are_copied(tmp_path: Path, state: Path) -> None:
    wheel = place.wheel_binaries()
    (tmp_path / wheel.parents[1].name).symlink_to(wheel.parents[1])
    libraries = wheel.parents[1].with_name(f"{wheel.parents[1].name}.libs")
    (tmp_path / libraries.name).symlink_to(libraries)
    hidden = tmp_path / wheel.parents[1].name / wheel.parent.name / wheel.name
    user = place._server_user()
    binaries = place._reachable_binaries(hidden, user)
    assert binaries.is_relative_to(state)
    assert place._runs_as(user, [str(binaries / "initdb"), "--version"])
    assert place._reachable_binaries(hidden, user) == binaries
    assert place._reachable_binaries(wheel, user) in (wheel, binaries)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("a file")
    with pytest.raises(NoWriteAccess, match="ledger"):
        open_ledger(tmp_path)
    if sys.platform.startswith("linux"):
        with pytest.raises(NoWriteAccess, match="/sys/kernel/ledger"):
            open_ledger(Path("/sys/kernel"))


@pytest.fixture
def small_disk(state: Path) -> Iterator[Callable[[int], Path]]:
    """Makes a disk of so many MB, where the platform lets us."""
    folder = state / "small"
    folder.mkdir()

    def mount(megabytes: int) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder)]
        if (
            shutil.which("mount") is None
            or subprocess.run(command, capture_output=True, check=False).returncode
        ):
            pytest.skip("needs the right to mount a small disk")
        return folder

    yield mount
    subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)
    folder.rmdir()


def test_no_room_to_make_a_ledger(
    small_disk: Callable[[int], Path], fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = small_disk(20)
    monkeypatch.setenv("COMMONWEAL_STATE", str(disk))
    with pytest.raises(DiskFull):
        open_ledger(fresh)
    assert not list(disk.rglob("data*")), "nothing half-written"


def test_the_disk_fills_up(
    small_disk: Callable[[int], Path], fresh: Path, monkeypatch: pytest.MonkeyPatch, stop_server: Stop
) -> None:
    disk = small_disk(150)
    monkeypatch.setenv("COMMONWEAL_STATE", str(disk))
    with open_ledger(fresh) as ledger:
        keep(ledger, "kept")
        with pytest.raises((DiskFull, LedgerUnreachable)), ledger.transaction() as connection:
            connection.execute(
                "CREATE TABLE store.large AS SELECT repeat('x', 2000) FROM generate_series(1, 100000)"
            )
        assert kept(ledger) == {"kept"}
    stop_server(fresh)
    filler = disk / "filler"
    with pytest.raises(OSError, match="No space"), filler.open("wb") as file:  # noqa: PT012
        while True:
            file.write(bytes(65536))
            file.flush()
    with pytest.raises(DiskFull):
        open_ledger(fresh)
    filler.unlink()
    with open_ledger(fresh) as ledger:
        assert kept(ledger) == {"kept"}
    stop_server(fresh)


def test_errors_come_to_all_who_wait(
    small_disk: Callable[[int], Path], fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMONWEAL_STATE", str(small_disk(20)))
    caught: list[CommonwealError] = []

    def attempt() -> None:
        try:
            open_ledger(fresh).close()
        except CommonwealError as error:
            caught.append(error)

    threads = [threading.Thread(target=attempt) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [error.code for error in caught] == ["DiskFull"] * 3
