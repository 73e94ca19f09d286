"""A claim at a screen: a contact is claimed, refused with its reason, finished; rules and pressure; a desk and a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_town import NADIA, PAUL

from commonweal.access import actions as access
from commonweal.campaign import Campaign
from commonweal.contacts import actions, chores
from commonweal.contacts.model import Channel, Option
from commonweal.web.app import _key
from commonweal.web.links import Links

pytestmark = pytest.mark.browser

SIZES = {"desk": (1280, 900), "phone": (390, 844)}
WORDS = {
    "en": (
        "Claim this contact",
        "claimed until",
        "Somebody else is about to contact them",
        "spoke with them",
    ),
    "fr": ("Réserver ce contact", "réservé jusqu", "Quelqu", "a parlé"),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", WORDS)
def test_a_contact_is_claimed_and_refused_with_its_reason(
    chromium: Any,
    address: str,
    small_town: Campaign,
    clock: Any,
    pictures: Path,
    language: str,
    size: str,
) -> None:
    clock.now = clock.now.replace(hour=12)
    with small_town.ledger.transaction() as connection:
        connection.execute("UPDATE intake.source SET origin = 'synthetic'")
    width, height = SIZES[size]
    claim, claimed, held, _ = WORDS[language]
    page = chromium.new_page(viewport={"width": width, "height": height}, locale=language)

    def look(name: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is too wide"
        page.screenshot(path=str(pictures / f"{name}-{language}-{size}.png"), full_page=True)

    page.goto(f"{address}/sign-in#{access.open_demo(small_town, ['0113'])}")
    page.wait_for_url(f"{address}/")
    person = f"{address}/people/{Links(_key(small_town.ledger)).make('person', NADIA)}"
    page.goto(person)
    look("may-we")
    page.get_by_role("button", name=claim).first.click()
    page.wait_for_url(f"{person}#contact")
    assert claimed in page.locator("#contact").locator("..").inner_text()
    assert held in page.locator("#contact").locator("..").inner_text()
    look("claimed")
    page.goto(f"{address}/in-hand")
    look("in-hand")
    actions.claim(small_town, PAUL, Channel.DOOR, option=Option("door:roads", "roads", 180))
    chores.keep(small_town)
    page.goto(f"{address}/pressure")
    look("pressure")
    page.goto(f"{address}/contact-rules")
    look("contact-rules")
    page.close()
