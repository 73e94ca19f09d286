"""A plan with days at a screen: what is due at a glance, the choice of a day, doors ahead of plan; on a phone."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from small_town import NADIA, ZOE

from commonweal.access import actions as access
from commonweal.access.model import Role
from commonweal.access.queries import open_accounts
from commonweal.campaign import Campaign
from commonweal.contacts import doors
from commonweal.planning import actions as planning

pytestmark = pytest.mark.browser

TODAY = date(2027, 1, 15)
COUNTS = {  # by channel: days from now, open, held, made, stopped
    "door": [
        (-3, 31, 0, 204, 7),
        (-1, 12, 6, 180, 2),
        (0, 142, 60, 98, 1),
        (1, 310, 0, 0, 0),
        (2, 290, 0, 0, 0),
    ],
    "phone": [(0, 0, 0, 85, 0), (3, 90, 0, 0, 0), (4, 85, 0, 0, 0), (5, 88, 0, 0, 0), (6, 12, 0, 0, 0)],
    "email": [(0, 1204, 0, 0, 0), (7, 2400, 0, 0, 0)],
}


@pytest.fixture
def town(small_town: Campaign) -> Campaign:
    """Of numbers as they are in a campaign; Zoé's door is ahead of plan."""
    small_town.clock.now = small_town.clock().replace(hour=16)  # type: ignore[attr-defined]
    planning.approve(small_town, 1, actor="test")
    with small_town.ledger.transaction() as connection:
        connection.execute("UPDATE intake.source SET origin = 'synthetic'")
        connection.execute(
            "UPDATE planning.plan SET (first_day, last_day, apart) = (%s, %s, 1)",
            (TODAY, TODAY + timedelta(9)),
        )
        for person, away in ((NADIA, 0), (ZOE, 2)):
            connection.execute(
                "UPDATE people.standing SET days = ARRAY[%s::date] WHERE person_id = %s",
                (TODAY + timedelta(away), person),
            )
        for channel, days in COUNTS.items():
            for away, *counts in days:
                connection.execute(
                    "INSERT INTO contacts.due VALUES (1, '0113', %s, %s, %s, %s, %s, %s)",
                    (channel, TODAY + timedelta(away), *counts),
                )
    return small_town


_HIDDEN = (
    "[...document.querySelectorAll('.scroll')].filter(each => each.scrollWidth > each.clientWidth).length"
)


def test_what_is_due_is_read_at_a_glance(chromium: Any, address: str, town: Campaign, pictures: Path) -> None:
    link = access.invite(town, "Noa", Role.VOLUNTEER)
    with town.ledger.read() as connection:
        noa = next(each for each in open_accounts(connection) if each.name == "Noa")
    doors.hand_out(town, ["0113", "0114"], 20, noa, actor="test")
    organiser = access.invite(town, "Bo", Role.ORGANISER, areas=("0113", "0114"))
    for name, token, language, told in (
        (
            "agenda",
            organiser,
            "fr",
            "À faire aujourd’hui\N{NO-BREAK SPACE}: 142. En retard\N{NO-BREAK SPACE}: 43.",
        ),
        ("ahead", link, "en", "then 1 door ahead of plan"),
    ):
        context = chromium.new_context(viewport={"width": 390, "height": 844}, locale=language)
        page = context.new_page()
        page.goto(f"{address}/sign-in#{token}")
        page.wait_for_url(f"{address}/")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, f"{name} is too wide"
        assert page.evaluate(_HIDDEN) == 0, f"{name}: something is to be scrolled to"
        page.screenshot(path=str(pictures / f"{name}-{language}-phone.png"), full_page=True)
        assert told in page.locator("main").inner_text()
        context.close()
