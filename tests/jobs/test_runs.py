"""Runs: queued, done, stopped, orphaned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from commonweal.campaign import Campaign
from commonweal.jobs import actions, queries
from commonweal.jobs.actions import Tracked
from commonweal.jobs.errors import NoSuchRun, Stopped
from commonweal.jobs.model import Run, RunStatus
from commonweal.jobs.worker import Worker
from commonweal.store.ledger import LedgerRole


def find(campaign: Campaign, run_id: int) -> Run:
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        run = queries.run(connection, run_id)
    assert run is not None
    return run


def double(arguments: Mapping[str, Any], run: Tracked, actor: str) -> dict[str, Any]:
    run(1, 2, "doubling")
    return {"doubled": arguments["number"] * 2, "for": actor}


def worker(campaign: Campaign) -> Worker:
    return Worker(campaign.ledger, campaign.clock, {"double": double})


def test_a_queued_run_is_done_once(campaign: Campaign) -> None:
    run_id = actions.queue(campaign.ledger, campaign.clock, "double", {"number": 21}, "web:anna")
    assert find(campaign, run_id).status is RunStatus.QUEUED
    assert worker(campaign).take_one()
    run = find(campaign, run_id)
    assert (run.status, run.result, run.step) == (
        RunStatus.DONE,
        {"doubled": 42, "for": "web:anna"},
        "doubling",
    )
    assert not worker(campaign).take_one()


def test_a_run_without_handler_fails_in_words(campaign: Campaign) -> None:
    run_id = actions.queue(campaign.ledger, campaign.clock, "treble", {}, "web:anna")
    assert worker(campaign).take_one()
    run = find(campaign, run_id)
    assert run.status is RunStatus.FAILED
    assert run.error is not None
    assert "treble" in run.error["text"]


def test_a_run_stops_when_asked(campaign: Campaign) -> None:
    run_id = actions.queue(campaign.ledger, campaign.clock, "double", {"number": 1}, "web:anna")
    actions.ask_to_stop(campaign.ledger, run_id)
    assert worker(campaign).take_one()
    assert find(campaign, run_id).status is RunStatus.STOPPED


def test_an_orphan_is_taken_again(campaign: Campaign) -> None:
    run_id = actions.queue(campaign.ledger, campaign.clock, "double", {"number": 3}, "web:anna")
    with campaign.ledger.transaction(LedgerRole.WORKER) as connection:
        connection.execute("UPDATE jobs.run SET status = 'running' WHERE run_id = %s", (run_id,))
    assert worker(campaign).take_one()
    assert find(campaign, run_id).result == {"doubled": 6, "for": "web:anna"}


def test_a_run_whose_process_lives_is_left_alone(campaign: Campaign) -> None:
    with actions.tracked(campaign.ledger, campaign.clock, "import", "cli:anna") as run:
        assert not worker(campaign).take_one()
        assert actions.bury(campaign.ledger, campaign.clock) == 0
        assert find(campaign, run.run_id).status is RunStatus.RUNNING
    assert find(campaign, run.run_id).status is RunStatus.DONE


def test_a_dead_commands_run_is_buried(campaign: Campaign) -> None:
    with campaign.ledger.transaction(LedgerRole.WORKER) as connection:
        connection.execute(
            "INSERT INTO jobs.run (command, actor, queued, status, queued_at) VALUES ('import', 'x', false, 'running', %s)",
            (campaign.clock(),),
        )
    assert actions.bury(campaign.ledger, campaign.clock) == 1
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        run = queries.last(connection, "import")
    assert run is not None
    assert run.status is RunStatus.FAILED


def test_a_failure_is_recorded_and_raised(campaign: Campaign) -> None:
    with (
        pytest.raises(Stopped),
        actions.tracked(campaign.ledger, campaign.clock, "score", "cli:anna") as run,
    ):
        raise Stopped(step="here")
    assert find(campaign, run.run_id).status is RunStatus.STOPPED


def test_asking_a_run_that_is_not_there(campaign: Campaign) -> None:
    with pytest.raises(NoSuchRun):
        actions.ask_to_stop(campaign.ledger, 404)
