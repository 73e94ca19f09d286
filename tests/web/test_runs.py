from __future__ import annotations

import re
import threading
from typing import Any

from serving import followed

from commonweal.access.model import Role
from commonweal.campaign import Campaign
from commonweal.jobs import actions, queries
from commonweal.jobs.errors import NoSuchRun
from commonweal.jobs.worker import Worker


def test_the_loop_is_queued_once_with_its_budget(director: Any, campaign: Campaign) -> None:
    director.get("/runs")
    for _ in range(2):
        assert director.post("/runs/start", {"budget": "4 000,50"}).headers["location"] == "/runs"
    with campaign.ledger.read() as connection:
        runs = queries.recent(connection)
    assert [(run.command, run.arguments) for run in runs] == [("night", {"budget": 4000.5})]
    assert 'hx-sse:connect="/runs/live"' in director.get("/runs").text


def test_without_a_budget_there_is_no_new_plan(director: Any, campaign: Campaign) -> None:
    director.get("/runs")
    director.post("/runs/start", {"budget": ""})
    with campaign.ledger.read() as connection:
        assert queries.recent(connection)[0].arguments == {}


def test_a_budget_that_is_none_is_refused(director: Any) -> None:
    director.get("/runs")
    for budget in ("0", "-5", "a lot", "inf", "nan"):
        assert director.post("/runs/start", {"budget": budget}).status_code == 422


def test_a_run_is_asked_to_stop(director: Any, campaign: Campaign) -> None:
    actions.queue(campaign.ledger, campaign.clock, "night", {}, "test")
    found = re.search(r"/runs/([^/]+)/stop", director.get("/runs").text)
    assert found is not None
    assert director.post(f"/runs/{found[1]}/stop").headers["location"] == "/runs"
    with campaign.ledger.read() as connection:
        assert connection.execute("SELECT stop_asked FROM jobs.run").fetchall() == [(True,)]


def test_an_analyst_follows_but_starts_nothing(browser: Any) -> None:
    browser.sign_in(Role.ANALYST)
    assert "/runs/start" not in browser.get("/runs").text
    assert browser.post("/runs/start").status_code == 403


def test_a_failed_run_says_why_in_the_readers_language(director: Any, campaign: Campaign) -> None:
    def broken(*_: object) -> dict[str, Any]:
        raise NoSuchRun(run_id=77)

    actions.queue(campaign.ledger, campaign.clock, "night", {}, "cli:anna")
    Worker(campaign.ledger, campaign.clock, {"night": broken}).take_one()
    page = director.get("/runs").text
    assert "There is no run 77." in page
    assert "anna, at the command line" in page
    assert "Il n’y a pas de travail 77." in director.get("/runs?lang=fr").text


def test_progress_is_pushed_until_the_end(address: str, campaign: Campaign) -> None:
    actions.queue(campaign.ledger, campaign.clock, "night", {}, "test")
    go_on = threading.Event()

    def slow(_arguments: object, run: Any, _actor: object) -> dict[str, Any]:
        run(3, 7, "halfway there")
        go_on.wait(20)
        return {}

    worker = threading.Thread(target=Worker(campaign.ledger, campaign.clock, {"night": slow}).take_one)
    worker.start()
    seen = []
    for line in followed(address, "/runs/live", campaign, Role.DIRECTOR):
        seen.append(line)
        if "halfway there" in line:
            go_on.set()
        if 'class="tag done"' in line:
            break
    worker.join()
    text = "\n".join(seen)
    assert '<hx-partial hx-target="#live-runs"' in text
    assert 'max="7" value="3"' in text
