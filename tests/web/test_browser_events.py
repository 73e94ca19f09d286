"""A person's line of time, the tokens and the page of the API, at a desk and on a phone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from small_town import NADIA
from test_browser import SIZES

from commonweal.access import actions
from commonweal.campaign import Campaign
from commonweal.interactions.actions import take_in
from commonweal.interactions.model import Channel, Event, Kind, ResultCode

pytestmark = pytest.mark.browser

WORDS = {
    "en": {
        "line": "One line of time",
        "back": "Further back",
        "make": "Make the token",
        "once": "shown only now",
    },
    "fr": {
        "line": "Une ligne de temps",
        "back": "Plus loin",
        "make": "Créer le jeton",
        "once": "montré que maintenant",
    },
}


def live_a_little(campaign: Campaign) -> None:
    """Forty things that happened between Nadia and the campaign."""
    now = campaign.clock()

    def event(number: int, kind: Kind, channel: Channel, **told: Any) -> Event:
        at = now - timedelta(days=number, minutes=7 * number)
        return Event(
            event_id=f"e{number}", kind=kind, channel=channel, occurred_at=at, person_id=NADIA, **told
        )

    mails = [
        event(
            3 + number,
            (Kind.SENT, Kind.OPENED, Kind.CLICKED)[number % 3],
            Channel.EMAIL,
            message_version="housing-2",
        )
        for number in range(36)
    ]
    answered = event(0, Kind.ATTEMPT, Channel.DOOR, answers={"main_issue": "housing", "will_vote": True})
    missed = event(1, Kind.ATTEMPT, Channel.PHONE, result=ResultCode.NOT_HOME, cost=70)
    undone = event(2, Kind.CORRECTION, Channel.PHONE, corrects="e1")
    take_in(campaign, [answered, missed, undone, *mails], "sheets")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", WORDS)
def test_the_line_of_time_and_the_tokens(
    chromium: Any,
    address: str,
    small_town: Campaign,
    pictures: Path,
    language: str,
    size: str,
) -> None:
    live_a_little(small_town)
    width, height = SIZES[size]
    words = WORDS[language]
    page = chromium.new_page(viewport={"width": width, "height": height}, locale=language)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def look(name: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is too wide"
        page.screenshot(path=str(pictures / f"{name}-{language}-{size}.png"), full_page=True)

    page.goto(f"{address}/sign-in#{actions.open_demo(small_town, ['0113'])}")
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/people")
    page.get_by_role("searchbox").press_sequentially("nadia")
    page.locator("#found a", has_text="Nadia Berger").click()
    page.get_by_role("heading", name=words["line"]).wait_for()
    lines = page.locator(".story.time li.event")
    look("line-of-time")
    for _ in range(2):
        before = lines.count()
        page.get_by_role("link", name=words["back"]).click()
        lines.nth(before).wait_for()
    assert lines.count() == 39
    assert page.locator(".story.time li.struck").count() == 1

    page.goto(f"{address}/tokens")
    page.locator("#sender").fill("mailer")
    page.get_by_role("button", name=words["make"]).click()
    page.get_by_text(words["once"]).wait_for()
    assert page.locator("#new-token").inner_text().startswith("cw_")
    look("tokens")

    page.goto(f"{address}/api")
    look("api")
    page.close()
    assert complaints == []
