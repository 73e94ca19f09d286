"""The night's work: what goes wrong with the forecast, or that no day is left for a plan, stops nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from commonweal import loop
from commonweal.campaign import Campaign
from commonweal.jobs import queries
from commonweal.jobs.model import RunStatus
from commonweal.planning.errors import NoDayLeft, NoRoundAhead
from commonweal.store.ledger import LedgerRole


def failed(campaign: Campaign) -> str | None:
    """The code of what went wrong with the newest forecast."""
    with campaign.ledger.read(LedgerRole.WORKER) as connection:
        run = queries.last(connection, "forecast", RunStatus.FAILED)
    return str(run.error["code"]) if run and run.error else None


def test_a_forecast_that_can_not_be_drawn_says_why(campaign: Campaign) -> None:
    assert loop.draw(campaign) is None
    assert failed(campaign) == "NothingScored"


def test_whatever_goes_wrong_the_night_goes_on(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    for stage in ("resolve", "score", "move_old"):
        monkeypatch.setattr(loop, stage, lambda *_, name=stage: name)
    monkeypatch.setattr(loop, "forecast", lambda *_: 1 / 0)
    report = loop.night(campaign)
    assert (report.resolve, report.plan) == ("resolve", None)
    assert failed(campaign) == "ZeroDivisionError"


@pytest.fixture
def planning_only(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A campaign that has letters and days, of whose night all else is only told, in its order."""
    done: list[str] = []
    for stage in ("resolve", "score", "move_old", "draw"):
        monkeypatch.setattr(loop, stage, lambda *_, name=stage: done.append(name))
    option = '[[option]]\ncode = "post:a"\nchannel = "post"\nmessage = "a"\nunit_cost = 50\n'
    (campaign.folder / "options.toml").write_text(option)
    (campaign.folder / "plan.toml").write_text("[days]\n")
    return done


def test_on_the_last_day_the_night_makes_no_plan(
    campaign: Campaign, clock: Any, planning_only: list[str]
) -> None:
    clock.now = datetime(2027, 4, 24, 20, tzinfo=UTC)  # the eve of the last round
    with pytest.raises(NoDayLeft):
        loop.plan(campaign, 100)
    assert loop.night(campaign, budget=100).plan is None
    assert planning_only == ["resolve", "score", "move_old", "draw"]


def test_days_without_an_end_are_told_when_the_night_has_done_all_else(
    campaign: Campaign, planning_only: list[str]
) -> None:
    campaign.settings = msgspec.structs.replace(campaign.settings, rounds=())
    with pytest.raises(NoRoundAhead):
        loop.night(campaign, budget=100)
    assert planning_only == ["resolve", "score", "move_old", "draw"]
