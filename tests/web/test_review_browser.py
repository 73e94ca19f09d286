"""A reviewer at a screen and on a phone: a pair, one key, the next pair; then the person's page with a merge to take back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_town import NADIA
from test_review import doubt

from commonweal.access import actions
from commonweal.access.model import Role
from commonweal.campaign import Campaign
from commonweal.store.ledger import LedgerRole

pytestmark = pytest.mark.browser

SIZES = {"desk": (1280, 900), "phone": (390, 844)}
WORDS = {
    "en": {
        "find": "Nadia Berger",
        "two": "Two persons",
        "noted": "Noted",
        "done": "Nothing waits",
        "history": "History",
    },
    "fr": {
        "find": "Nadia Berger",
        "two": "Deux personnes",
        "noted": "Noté",
        "done": "Rien ne vous",
        "history": "Histoire",
    },
}


def _merged(campaign: Campaign) -> None:
    """Somebody was merged into Nadia."""
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute(
            "INSERT INTO identity.event (run_id, kind, person_id, other_id, number, records)"
            " SELECT run_id, 'merge', 4999, %s, 1, '{2}' FROM identity.run",
            (NADIA,),
        )


def _answers(campaign: Campaign) -> list[str]:
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        rows = connection.execute("SELECT answer FROM identity.decision ORDER BY decision_id").fetchall()
    return [answer for (answer,) in rows]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", WORDS)
def test_one_pair_after_the_other(
    chromium: Any, address: str, small_town: Campaign, pictures: Path, language: str, size: str
) -> None:
    doubt(small_town)
    _merged(small_town)
    width, height = SIZES[size]
    words = WORDS[language]
    page = chromium.new_page(viewport={"width": width, "height": height}, locale=language)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def look(name: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is too wide"
        page.screenshot(path=str(pictures / f"{name}-{language}-{size}.png"), full_page=True)

    link = actions.invite(small_town, "Ines", Role.ANALYST)
    page.goto(f"{address}/sign-in#{link}")
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/review")
    page.locator(".waterfall").wait_for()
    look("review")
    page.keyboard.press("u")
    page.locator(".noted", has_text=words["noted"]).wait_for()
    page.get_by_role("button", name=words["two"]).click()
    page.locator(".empty", has_text=words["done"]).wait_for()
    assert _answers(small_town) == ["unsure", "different"]
    look("review-done")

    page.goto(f"{address}/people")
    page.get_by_role("searchbox").press_sequentially("nadia")
    page.locator("#found a", has_text=words["find"]).click()
    page.locator("summary", has_text=words["history"]).wait_for()
    page.locator("#identity ~ details details summary").first.click()
    look("person-identity")
    page.close()
    assert complaints == []
