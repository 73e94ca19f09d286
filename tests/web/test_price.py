"""The price of governing big: computed when a candidate asks, read at a glance, and made a rule of the plan in one click."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from serving import followed

from commonweal.access import actions as access
from commonweal.access.model import Role
from commonweal.campaign import Campaign
from commonweal.jobs import actions, queries
from commonweal.jobs.worker import Worker
from commonweal.planning import actions as planning
from commonweal.planning.price import Rule
from commonweal.planning.price import queries as rules
from commonweal.store.ledger import LedgerRole
from planning.price.prices import NAMES, price


def draw(campaign: Campaign, goal: str = "votes") -> None:
    with actions.tracked(campaign.ledger, campaign.clock, "price", "test") as run:
        run.result = price(goal)


def in_force(campaign: Campaign) -> Rule | None:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        return rules.in_force(connection)


def test_it_is_computed_when_a_candidate_asks_once_and_stopped(browser: Any, small_town: Campaign) -> None:
    candidate = browser.sign_in(Role.CANDIDATE)
    assert "It has not been computed yet." in candidate.get("/mandate/price").text
    for _time in range(2):
        assert candidate.post("/mandate/price/compute").headers["location"] == "/mandate/price"
    with small_town.ledger.read() as connection:
        assert [run.command for run in queries.recent(connection)] == ["price"]
    page = candidate.get("/mandate/price").text
    assert 'hx-sse:connect="/mandate/price/live"' in page
    assert "Waiting for its turn." in page
    assert "/mandate/price/compute" not in page
    candidate.post("/mandate/price/stop")
    with small_town.ledger.read() as connection:
        assert connection.execute("SELECT stop_asked FROM jobs.run").fetchall() == [(True,)]


def test_it_says_what_few_messages_keep_and_what_the_rest_is_worth(
    browser: Any, small_town: Campaign
) -> None:
    draw(small_town)
    page = re.sub(r"\s+", " ", browser.sign_in(Role.ANALYST).get("/mandate/price").text)
    told = (
        "3 common messages keep 97% of the votes: the narrow road is worth 640 votes and costs 18 promises."
    )
    assert told in page
    assert page.count('class="error"') == 11 + 4 + 1
    for words in ("With less talk that serves few", "€1,230,000", "Certified", "instead of 21"):
        assert words in page
    assert "Make it the rule" not in page


def test_where_no_message_promises_anything_it_counts_messages(browser: Any, small_town: Campaign) -> None:
    found = price()
    with actions.tracked(small_town.ledger, small_town.clock, "price", "test") as run:
        run.result = replace(found, free=replace(found.free, promises=()))
    page = browser.sign_in(Role.CANDIDATE).get("/mandate/price").text
    assert "the narrow road is worth 640 votes and takes 9 messages more." in page


def test_it_stands_beside_the_plan_in_force(browser: Any, small_town: Campaign) -> None:
    draw(small_town)
    candidate = browser.sign_in(Role.CANDIDATE)
    assert 'class="plan"' not in candidate.get("/mandate/price").text
    planning.approve(small_town, 1)
    page = candidate.get("/mandate/price").text
    assert '<path class="plan"' in page
    assert "gains 412" in page


def test_its_run_is_followed_and_its_end_leads_to_it(address: str, small_town: Campaign, clock: Any) -> None:
    go_on = threading.Event()

    def slow(_arguments: object, run: actions.Tracked, _actor: str) -> object:
        run(3, 7, "comparing sets of messages")
        go_on.wait(60)
        return price()

    actions.queue(small_town.ledger, clock, "price", {}, "test")
    worker = threading.Thread(target=Worker(small_town.ledger, clock, {"price": slow}).take_one)
    worker.start()
    for line in followed(address, "/mandate/price/live", small_town, Role.CANDIDATE):
        if 'max="7" value="3"' in line:
            go_on.set()
        if "It is done: look at it." in line:
            break
    worker.join()


def test_where_the_goal_is_turnout_it_says_voters(browser: Any, small_town: Campaign) -> None:
    draw(small_town, "turnout")
    page = browser.sign_in(Role.CANDIDATE).get("/mandate/price").text
    assert "worth 640 voters" in page


def test_a_point_becomes_the_rule_and_is_taken_back_in_one_click(browser: Any, small_town: Campaign) -> None:
    draw(small_town)
    candidate = browser.sign_in(Role.CANDIDATE)
    page = candidate.get("/mandate/price").text
    run = re.search(r'name="run" value="([^"]+)"', page)
    assert run is not None
    candidate.post("/mandate/price/choose", {"run": run[1], "point": "number:2"})
    rule = in_force(small_town)
    assert rule is not None
    assert rule.messages == NAMES[:3]
    page = candidate.get("/mandate/price").text
    assert "plans use only these messages: housing, climate and local services." in page
    assert "The Candidate" in page or "The candidate" in page
    candidate.post("/mandate/price/choose", {"run": run[1], "point": "share:1"})
    rule = in_force(small_town)
    assert rule is not None
    assert rule.narrow == 0.1
    assert "at most 10% of a plan" in candidate.get("/").text
    candidate.post("/mandate/price/back")
    assert in_force(small_town) is None


@pytest.mark.parametrize("place", ["number:99", "share:-1", "number:", "x:0"])
def test_a_point_that_is_none_is_not_found(browser: Any, small_town: Campaign, place: str) -> None:
    draw(small_town)
    candidate = browser.sign_in(Role.CANDIDATE)
    run = re.search(r'name="run" value="([^"]+)"', candidate.get("/mandate/price").text)
    assert run is not None
    assert candidate.post("/mandate/price/choose", {"run": run[1], "point": place}).status_code == 404


def test_a_point_of_an_older_run_is_not_taken(browser: Any, small_town: Campaign) -> None:
    draw(small_town)
    candidate = browser.sign_in(Role.CANDIDATE)
    run = re.search(r'name="run" value="([^"]+)"', candidate.get("/mandate/price").text)
    assert run is not None
    draw(small_town)
    answer = candidate.post("/mandate/price/choose", {"run": run[1], "point": "number:2"})
    assert answer.status_code == 422
    assert "computed anew since you looked" in answer.text
    assert in_force(small_town) is None


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.VOLUNTEER, Role.TREASURER, Role.PRIVACY])
def test_whom_it_does_not_concern_does_not_see_it(browser: Any, small_town: Campaign, role: Role) -> None:
    assert browser.sign_in(role).get("/mandate/price").status_code == 403


@pytest.mark.parametrize("role", [Role.ANALYST, Role.DIGITAL])
def test_who_reads_it_does_not_decide(browser: Any, small_town: Campaign, role: Role) -> None:
    draw(small_town)
    reader = browser.sign_in(role)
    reader.get("/mandate/price")
    for path in ("compute", "stop", "choose", "back"):
        assert reader.post(f"/mandate/price/{path}", {"run": "x", "point": "number:0"}).status_code == 403


@pytest.mark.browser
def test_a_candidate_reads_it_decides_and_takes_it_back(
    chromium: Any, address: str, small_town: Campaign, pictures: Path
) -> None:
    draw(small_town)
    decide = {"en": "Make it the rule", "fr": "En faire la règle"}
    back = {"en": "Take the rule back", "fr": "Annuler la règle"}
    for language, width, name in (("en", 1280, "desk"), ("fr", 390, "phone"), ("fr", 1280, "desk"), ("en", 390, "phone")):  # fmt: skip
        page = chromium.new_page(viewport={"width": width, "height": 900}, locale=language)
        link = access.invite(small_town, f"Ada {language} {name}", Role.CANDIDATE, language=language)
        page.goto(f"{address}/sign-in#{link}")
        page.wait_for_url(f"{address}/")
        page.locator("a[href='/mandate/price']").first.click()
        page.wait_for_url(f"{address}/mandate/price")
        assert page.locator("html").get_attribute("lang") == language
        three = page.locator("section[aria-labelledby=points] tbody tr").nth(2)
        three.get_by_role("button", name=decide[language]).click()
        page.locator(".rule").wait_for()
        assert page.locator("svg.price circle.ruled").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=str(pictures / f"price-{language}-{name}.png"), full_page=True)
        page.goto(f"{address}/plan")
        page.screenshot(path=str(pictures / f"price-plan-{language}-{name}.png"))
        page.get_by_role("button", name=back[language]).click()
        page.wait_for_url(f"{address}/mandate/price")
        assert page.locator(".rule").count() == 0
        page.goto(f"{address}/")
        page.screenshot(path=str(pictures / f"price-home-{language}-{name}.png"), full_page=True)
        page.close()
