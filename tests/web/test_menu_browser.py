"""The menu, by keyboard at a desk and by thumb on a phone."""

from __future__ import annotations

from typing import Any

import pytest

from commonweal.access import actions
from commonweal.campaign import Campaign

pytestmark = pytest.mark.browser


def opened(chromium: Any, address: str, campaign: Campaign, width: int, language: str) -> Any:
    page = chromium.new_page(viewport={"width": width, "height": 844}, locale=language)
    page.goto(f"{address}/sign-in#{actions.open_demo(campaign, ['0113'])}")
    page.wait_for_url(f"{address}/")
    return page


@pytest.mark.parametrize("language", ["en", "fr"])
def test_at_a_desk_every_group_stands_in_one_line_and_opens_by_keyboard(
    chromium: Any, address: str, small_town: Campaign, language: str
) -> None:
    page = opened(chromium, address, small_town, 1280, language)
    bar = page.locator("nav.pages")
    assert bar.bounding_box()["height"] < 60, "one line"
    groups = bar.locator("summary")
    assert groups.count() == 4
    groups.nth(0).focus()
    page.keyboard.press("Enter")
    link = bar.locator("a[href='/people']")
    assert link.is_visible()
    page.keyboard.press("Tab")
    assert link.evaluate("each => each === document.activeElement")
    page.keyboard.press("Escape")
    assert not link.is_visible()
    assert groups.nth(0).evaluate("each => each === document.activeElement"), "back to where one came from"
    page.keyboard.press("Enter")
    groups.nth(2).click()
    assert bar.locator("details[open]").count() == 1, "one group at a time"
    page.close()


def test_on_a_phone_one_button_leads_to_every_page(chromium: Any, address: str, small_town: Campaign) -> None:
    page = opened(chromium, address, small_town, 390, "en")
    assert not page.locator("nav.pages").is_visible()
    page.locator(".whole > summary").click()
    links = page.locator(".whole a")
    assert links.count() == page.locator("nav.pages a").count() > 10
    assert all(link.is_visible() for link in links.all())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    links.filter(has_text="Lists").click()
    page.wait_for_url(f"{address}/lists")
    assert page.locator(".whole > summary").inner_text().split() == ["Menu", "Lists"]
    page.close()
