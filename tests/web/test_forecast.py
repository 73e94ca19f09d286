"""The forecast's page: asked for by a director, read by whom it concerns, drawn so that a chance can be seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commonweal.access import actions as access
from commonweal.access.model import Role
from commonweal.campaign import Campaign
from commonweal.jobs import actions, queries
from commonweal.planning.forecast import Areas, MostVotes, forecast


def draw(campaign: Campaign) -> None:
    """A run that drew an election of two areas, with a plan."""
    areas = Areas(
        ("us", "the others"),
        np.array([9_000.0, 5_000.0]),
        np.array([0.6, 0.5]),
        np.array([[0.5, 0.5], [0.55, 0.45]]),
        added=np.array([60.0, 20.0]),
        added_error=30.0,
        names=("0113", "9999"),
    )
    with actions.tracked(campaign.ledger, campaign.clock, "forecast", "test") as run:
        run.result = forecast(areas, MostVotes(), "us", elections=2_000)


def test_it_is_drawn_when_a_director_asks_and_once(director: Any, small_town: Campaign) -> None:
    assert "No election has been drawn yet." in director.get("/forecast").text
    for _time in range(2):
        assert director.post("/forecast/draw").headers["location"] == "/runs"
    with small_town.ledger.read() as connection:
        assert [run.command for run in queries.recent(connection)] == ["forecast"]
    assert "Being drawn" in director.get("/forecast").text


def test_it_says_how_often_we_win_what_decides_and_what_the_plan_moves(
    browser: Any, small_town: Campaign
) -> None:
    draw(small_town)
    page = browser.sign_in(Role.CANDIDATE).get("/forecast").text
    assert page.count("<circle") == 100
    for words in ("times in 100", "support, everywhere", "École Molière", "points of the chance to win"):
        assert words in page
    assert "/forecast/draw" not in page


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.VOLUNTEER, Role.TREASURER])
def test_whom_it_does_not_concern_does_not_see_it(browser: Any, small_town: Campaign, role: Role) -> None:
    assert browser.sign_in(role).get("/forecast").status_code == 403


@pytest.mark.browser
def test_it_is_read_at_a_glance(chromium: Any, address: str, small_town: Campaign, pictures: Path) -> None:
    draw(small_town)
    for language, width, name in (("en", 1280, "desk"), ("fr", 390, "phone"), ("fr", 1280, "desk")):
        page = chromium.new_page(viewport={"width": width, "height": 900}, locale=language)
        page.goto(f"{address}/sign-in#{access.invite(small_town, f'Ada {language} {name}', Role.DIRECTOR)}")
        page.wait_for_url(f"{address}/")
        page.goto(f"{address}/forecast")
        assert page.locator(".outcomes circle").count() == 100
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=str(pictures / f"forecast-{language}-{name}.png"), full_page=True)
        page.close()
