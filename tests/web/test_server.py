from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from commonweal.campaign import Campaign, Settings
from commonweal.jobs import actions, queries
from commonweal.jobs.model import RunStatus
from commonweal.jobs.worker import Handler
from commonweal.web.errors import PortTaken
from commonweal.web.server import serve

pytestmark = pytest.mark.slow


def handlers(campaign: Campaign) -> Mapping[str, Handler]:
    """What the served campaign's worker does."""

    def night(arguments: Mapping[str, Any], run: Any, actor: str) -> object:
        run(1, 1, "at it")
        return {"asked": dict(arguments)}

    def hang(arguments: Mapping[str, Any], run: Any, actor: str) -> object:
        while True:
            run(0, None, "hanging")
            time.sleep(0.1)

    return {"night": night, "hang": hang}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Campaign.create(tmp_path / "campaign", Settings(name="Served"))
    return tmp_path / "campaign"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(folder: Path, port: int) -> tuple[subprocess.Popen[str], str]:
    code = (
        "from pathlib import Path; from test_server import handlers, serve;"
        f"serve(Path({str(folder)!r}), port={port}, make_handlers=handlers)"
    )
    here = str(Path(__file__).parent)
    server = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"if __name__ == '__main__':\n import sys; sys.path.insert(0, {here!r})\n {code}",
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=here,
        env=os.environ | {"PYTHONPATH": here},
    )
    assert server.stdout is not None
    return server, server.stdout.readline()


def finished(folder: Path, run_id: int) -> RunStatus:
    with Campaign.open(folder, durable=False) as campaign:
        for _ in range(1200):
            with campaign.ledger.read() as connection:
                run = queries.run(connection, run_id)
            assert run is not None
            if run.status not in {RunStatus.QUEUED, RunStatus.RUNNING}:
                return run.status
            time.sleep(0.1)
    return run.status


def begun(folder: Path, run_id: int) -> bool:
    """Whether the run gets under way within a minute."""
    with Campaign.open(folder, durable=False) as campaign:
        for _ in range(600):
            with campaign.ledger.read() as connection:
                run = queries.run(connection, run_id)
            if run is not None and run.status is RunStatus.RUNNING:
                return True
            time.sleep(0.1)
    return False


def test_it_says_where_serves_works_and_stops(folder: Path) -> None:
    port = free_port()
    server, told = start(folder, port)
    try:
        assert told.startswith(f"Open http://127.0.0.1:{port}/sign-in#")
        assert httpx.get(f"http://127.0.0.1:{port}/sign-in").status_code == 200
        with Campaign.open(folder, durable=False) as campaign:
            run_id = actions.queue(campaign.ledger, campaign.clock, "night", {}, "test")
        assert finished(folder, run_id) is RunStatus.DONE
        with Campaign.open(folder, durable=False) as campaign:
            run_id = actions.queue(campaign.ledger, campaign.clock, "hang", {}, "test")
        assert begun(folder, run_id)
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0, "a run under way does not hold it up"
    finally:
        server.kill()
        server.wait()


def test_a_port_that_is_taken_is_said_before_anything_starts(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(PortTaken, match="Choose another port"):
            serve(folder, port=other.getsockname()[1])
