"""What all tests share: one real PostgreSQL per pytest process, and an empty ledger of its own for each test."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from commonweal.campaign import Campaign, Round, Settings
from commonweal.store.ledger import Ledger, LedgerRole
from drawn import same_ids


@pytest.fixture(scope="session", autouse=True)
def state_folder() -> Iterator[Path]:
    """Where servers that root starts keep their data: open to the user they run as, unlike pytest's folders."""
    folder = Path(tempfile.mkdtemp(prefix="commonweal-tests-"))
    folder.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMMONWEAL_STATE", str(folder))
        patch.setenv("COMMONWEAL_LEDGER_IDLE", "1")
        yield folder
    shutil.rmtree(folder, ignore_errors=True)


class LedgerServer:
    """The session's server, with a template from which a migrated, empty database is made in a moment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)
        self._template = Ledger.open(folder, durable=False, database="template")
        address = make_conninfo(self._template.url(LedgerRole.OWNER), dbname="postgres")
        self._maker, self._dropper = (psycopg.connect(address, autocommit=True) for _ in range(2))
        self._background = ThreadPoolExecutor(1)

    def new(self, like: str = "template") -> Ledger:
        """A ledger in a database of its own: an empty one, or a copy of one that nobody has open."""
        name = f"test_{next(self._numbers)}"
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._maker.execute(copy.format(sql.Identifier(name), sql.Identifier(like)))
        return Ledger.open(self.folder, durable=False, database=name)

    def drop(self, ledger: Ledger) -> None:
        """Close a ledger and drop its database, while the next test goes on."""
        name = ledger.database
        ledger.close()
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
        self._background.submit(self._dropper.execute, drop)

    def close(self) -> None:
        """End the server, and wait until it has."""
        self._background.shutdown(cancel_futures=True)
        self._maker.close()
        self._dropper.close()
        self._template.close()
        _stop_server(self.folder)


def _stop_server(campaign: Path) -> None:
    """End the supervisor of a campaign folder, and with it the server, in order; wait until they have ended."""
    note = json.loads((campaign / "ledger" / "supervisor.json").read_text())
    with suppress(ProcessLookupError):
        os.kill(note["pid"], signal.SIGTERM)
    with (campaign / "ledger" / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


@pytest.fixture(scope="session")
def stop_server() -> Callable[[Path], None]:
    """Ends the embedded server of a campaign folder at once, where waiting for its idle time would take long."""
    return _stop_server


def _sweep(memory: Path) -> None:
    """Remove what a killed session left: its folder's lock is free, for its supervisor ended with it."""
    for path in memory.glob("commonweal-tests-*/campaign/ledger/lock"):
        with path.open() as lock, suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path.parents[2], ignore_errors=True)


@pytest.fixture(scope="session")
def quick_folder() -> Iterator[Path]:
    """In memory where there is room: a database is 500 files, copied and deleted eight times quicker there."""
    memory = Path("/dev/shm")
    _sweep(memory)
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2_000_000_000
    folder = Path(tempfile.mkdtemp(prefix="commonweal-tests-", dir=memory if roomy else None))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def ledger_server(quick_folder: Path) -> Iterator[LedgerServer]:
    folder = quick_folder / "campaign"
    folder.mkdir(mode=0o755)
    server = LedgerServer(folder)
    yield server
    server.close()


@pytest.fixture
def ledger(ledger_server: LedgerServer) -> Iterator[Ledger]:
    """An empty ledger, migrated, in a real PostgreSQL; gone after the test."""
    made = ledger_server.new()
    yield made
    ledger_server.drop(made)


@pytest.fixture(scope="module")
def one_town() -> Iterator[None]:
    """A town whose campaigns are alike in every run."""
    with same_ids("5a"):
        yield


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2027, 1, 15, 20, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


SETTINGS = Settings(
    name="Toulouse, a test",
    timezone="Europe/Paris",
    rounds=(Round(date(2027, 4, 11)), Round(date(2027, 4, 25))),
)


@pytest.fixture
def campaign(ledger: Ledger, tmp_path: Path, clock: Clock) -> Iterator[Campaign]:
    """A live campaign in Toulouse with nothing in it, on a ledger of its own, with a clock to move."""
    folder = tmp_path / "campaign"
    Campaign.create(folder, SETTINGS)
    made = Campaign(folder, SETTINGS, ledger, clock, "test:somebody")
    yield made
    made.lake.close()


@contextmanager
def fresh(
    server: LedgerServer, folder: Path, clock: Clock, settings: Settings = SETTINGS, like: str = "template"
) -> Iterator[Campaign]:
    """A campaign on a ledger of its own, both gone after the block: empty, or where the ledger `like` stands, of which
    `folder` has the files."""
    if not folder.exists():
        Campaign.create(folder, settings)
    campaign = Campaign(folder, settings, server.new(like), clock, "test:somebody")
    yield campaign
    campaign.lake.close()
    server.drop(campaign.ledger)


@dataclass(frozen=True)
class Laid:
    """A campaign as it was left, for tests that each begin with a copy of it."""

    server: LedgerServer
    campaign: Campaign

    @classmethod
    def by(cls, server: LedgerServer, folder: Path, lay: Callable[[Campaign], None]) -> Laid:
        """What `lay` makes of an empty campaign in a new folder."""
        Campaign.create(folder, SETTINGS)
        campaign = Campaign(folder, SETTINGS, server.new(), Clock(), "test:somebody")
        lay(campaign)
        campaign.close()
        return cls(server, campaign)

    @contextmanager
    def copy(self, folder: Path, clock: Clock) -> Iterator[Campaign]:
        """A campaign of its own, in a new folder, that begins there; gone after the block."""
        shutil.copytree(self.campaign.folder, folder)
        clock.now = self.campaign.clock()
        with fresh(self.server, folder, clock, self.campaign.settings, self.campaign.ledger.database) as copy:
            yield copy
