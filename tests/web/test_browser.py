"""A person at a screen: signs in by a link, finds somebody, opens the plan with its map; at a desk and on a phone.

Screenshots are kept in pytest's temporary folder (or in COMMONWEAL_SCREENSHOTS), to be looked at.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from commonweal.access import actions
from commonweal.campaign import Campaign

pytestmark = pytest.mark.browser

SIZES = {"desk": (1280, 900), "phone": (390, 844)}
WORDS: dict[str, Any] = {
    "en": {
        "find": "Find a person",
        "menu": {"desk": "Contacts", "phone": "Menu"},
        "plan": "Plan",
        "where": "Where",
        "values": "Every value, with its source",
    },
    "fr": {
        "find": "Trouver une personne",
        "menu": {"desk": "Contacts", "phone": "Menu"},
        "plan": "Plan",
        "where": "Où",
        "values": "Chaque valeur, avec sa source",
    },
}


def _is_ours(message: Any) -> bool:
    """Errors and warnings, but not those of the graphics driver, which taking a picture of the map provokes."""
    return message.type in {"error", "warning"} and "GL Driver Message" not in message.text


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", WORDS)
def test_sign_in_find_a_person_open_the_plan(
    chromium: Any, address: str, small_town: Campaign, pictures: Path, language: str, size: str
) -> None:
    width, height = SIZES[size]
    words = WORDS[language]
    page = chromium.new_page(viewport={"width": width, "height": height}, locale=language)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if _is_ours(message) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def look(name: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (
            f"{name} is wider than the screen"
        )
        assert page.locator("html").get_attribute("lang") == language
        page.screenshot(path=str(pictures / f"{name}-{language}-{size}.png"), full_page=True)

    page.goto(f"{address}/sign-in#{actions.open_demo(small_town, ['0113'])}")
    page.wait_for_url(f"{address}/")
    assert "#" not in page.url
    look("home")

    page.goto(f"{address}/people")
    assert page.get_by_role("heading", level=1).inner_text() == words["find"]
    page.get_by_role("searchbox").press_sequentially("nadia")
    page.locator("#found a", has_text="Nadia Berger").wait_for()
    assert page.url == f"{address}/people", "no name stands in the address"
    look("search")
    page.locator("#found a", has_text="Nadia Berger").click()
    page.get_by_role("heading", name=words["values"]).wait_for()
    look("person")

    page.locator("header summary:visible", has_text=words["menu"][size]).click()
    page.get_by_role("link", name=words["plan"], exact=True).click()
    page.get_by_role("heading", name=words["where"], exact=True).wait_for()
    page.locator("#map[data-drawn=yes]").wait_for(timeout=20_000)
    page.locator("input[value=votes]").check()
    assert page.locator(".legend:visible").count() == 1
    look("plan")

    page.goto(f"{address}/universes")
    page.locator("#expression").press_sequentially('area = "0113"')
    page.locator("#count .good").wait_for()
    assert re.search(r"\b2\b", page.locator("#count").inner_text())
    look("universes")
    page.close()
    assert complaints == []


def test_without_scripts_everything_works_too(chromium: Any, address: str, small_town: Campaign) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.locator("#token").fill(f"{address}/sign-in#{actions.open_demo(small_town, ['0113'])}")
    page.get_by_role("button", name="Come in").click()
    page.goto(f"{address}/people")
    page.get_by_role("searchbox").fill("nadia")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Nadia Berger").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Nadia Berger"
    context.close()
