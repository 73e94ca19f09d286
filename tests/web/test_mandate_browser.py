"""A candidate at a screen: writes promises, sees what contradicts what, decides, and sees how narrow the talk is."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from small_town import NADIA, PAUL, ZOE

from commonweal.access import actions as access
from commonweal.access.model import Role
from commonweal.access.queries import open_accounts
from commonweal.campaign import Campaign
from commonweal.interactions.actions import take_in
from commonweal.interactions.model import Channel, Event, Kind
from commonweal.mandate import actions, counting, saying
from commonweal.mandate import queries as mandate
from commonweal.mandate.drafts import Draft
from commonweal.mandate.model import Status
from commonweal.store.ledger import LedgerRole

pytestmark = pytest.mark.browser

SIZES = {"desk": (1280, 900), "phone": (390, 844)}
WORDS = {
    "en": {
        "write": "Write a promise",
        "down": "Write it down",
        "both": "They pull one lever different ways",
        "decide": "Decide it, in your name",
        "stand": "Let it stand",
        "settled": "stand before",
        "narrow": "How narrow our talk is",
        "one": "One promise",
    },
    "fr": {
        "write": "Écrire une promesse",
        "down": "La noter",
        "both": "Elles actionnent le même levier en sens contraires",
        "decide": "Décider, en votre nom",
        "stand": "La faire tenir",
        "settled": "avant «",
        "narrow": "L’étroitesse de notre discours",
        "one": "Une seule promesse",
    },
}


def _say(campaign: Campaign) -> None:
    """Approved messages for each promise, and six weeks of contacts."""
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        candidate = next(each for each in open_accounts(connection) if each.role is Role.CANDIDATE)
    with campaign.ledger.read(LedgerRole.WEB, account=candidate.account_id) as connection:
        kept = mandate.promises(connection)
    for place, each in enumerate(kept):
        version = saying.write(campaign, candidate, f"m{place}", {"en": each.promise.text}, [each.promise_id])
        saying.approve(campaign, candidate, version)
    chance = random.Random(1)
    take_in(
        campaign,
        [
            Event(
                event_id=f"e{number}",
                kind=Kind.DELIVERED,
                channel=Channel.EMAIL,
                person_id=person,
                occurred_at=campaign.clock() - timedelta(days=number, hours=1),
                message_version=f"m{chance.randrange(len(kept))}",
            )
            for number in range(40)
            for person in [chance.choice([NADIA, NADIA, PAUL, ZOE])]
        ],
        "mailer",
    )
    counting.count(campaign)


def _contradict(campaign: Campaign) -> None:
    """An announced promise, and a message that would break it."""
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        candidate = next(each for each in open_accounts(connection) if each.role is Role.CANDIDATE)
    up, down = (
        actions.write(campaign, candidate, Draft(f"Speed limit {way}", levers=f"speed limit {way}"), key=way)
        for way in ("up", "down")
    )
    actions.move(campaign, candidate, up, 1, Status.ANNOUNCED, key="announced")
    saying.write(campaign, candidate, "streets", {"en": "Slower streets."}, [down])


@pytest.mark.parametrize(("language", "size"), [("en", "desk"), ("fr", "phone")])
def test_a_candidate_writes_promises_and_decides(
    chromium: Any, address: str, small_town: Campaign, pictures: Path, language: str, size: str
) -> None:
    width, height = SIZES[size]
    words = WORDS[language]
    page = chromium.new_page(viewport={"width": width, "height": height}, locale=language)
    complaints: list[str] = []
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)

    def look(name: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is too wide"
        assert page.locator("html").get_attribute("lang") == language
        page.screenshot(path=str(pictures / f"{name}-{language}-{size}.png"), full_page=True)

    def write(text: str, **more: str) -> None:
        page.goto(f"{address}/mandate")
        box = page.locator("details", has=page.locator("form[action='/mandate/write']"))
        if box.get_attribute("open") is None:
            box.locator("summary").click()
        page.locator("#text").fill(text)
        for name, value in more.items():
            page.locator(f"#{name}").fill(value)
        page.get_by_role("button", name=words["down"]).click()
        page.wait_for_url("**/mandate/promise/*")

    link = access.invite(small_town, "Camille Durand", Role.CANDIDATE, language=language)
    page.goto(f"{address}/sign-in#{link}")
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/mandate")
    look("mandate-empty")
    write(
        "We will lower VAT on food.", levers="VAT down", gains="everyone", cost="1.2 million", issue="taxes"
    )
    write(
        "We will raise VAT on everything for the young.",
        levers="TVA hausse",
        gains='area = "0114"',
        funding="reserve: 1",
    )
    write("We will lower the VAT on all food.", gains="everyone")
    look("promise-new")
    page.goto(f"{address}/mandate")
    found = page.locator("li.card", has_text=words["both"])
    found.locator("summary", has_text=words["decide"]).click()
    look("mandate-found")
    found.locator("input[name=stands]").nth(1).check()
    found.locator("form[action='/mandate/order'] input[name=reason]").fill("Food comes first.")
    found.get_by_role("button", name=words["stand"]).click()
    page.wait_for_url("**/mandate/promise/*")
    page.locator("details").last.locator("summary").click()
    assert words["settled"] in page.locator("details").last.inner_text()
    page.goto(f"{address}/mandate/alike")
    look("alike")
    page.get_by_role("button", name=words["one"]).first.click()
    page.wait_for_url(f"{address}/mandate/alike")
    _say(small_town)
    page.goto(f"{address}/mandate")
    assert page.locator("li.card").count() == 0
    look("mandate")
    page.goto(f"{address}/mandate/messages")
    look("messages")
    _contradict(small_town)
    page.goto(f"{address}/mandate/messages")
    look("message-that-breaks")
    breaks = page.locator("section.card", has=page.locator(".notice.bad"))
    breaks.locator("input[name=reason]").fill("Children come first.")
    breaks.locator("form[action$='/approve'] button").click()
    page.wait_for_url(f"{address}/mandate/messages")
    assert page.locator(".notice.bad").count() == 0
    page.locator("details", has=page.locator("form[action$='/withdraw']")).first.locator("summary").click()
    page.locator("form[action$='/withdraw'] input[name=reason]").first.fill("The sum is wrong.")
    page.locator("form[action$='/withdraw'] button").first.click()
    page.wait_for_url(f"{address}/mandate/messages")
    assert "The sum is wrong." in page.locator(".notice.bad").inner_text()
    look("message-taken-back")
    page.goto(f"{address}/mandate/report-back")
    assert page.locator("tbody tr").count() == 3
    look("report-back")
    page.goto(f"{address}/mandate/publication")
    page.locator("#sponsor").fill("Toulouse demain")
    page.locator("#email").fill("list@example.org")
    page.locator("input[name=open]").check()
    page.locator("form[action='/mandate/publication/decide'] button").click()
    page.wait_for_url(f"{address}/mandate/publication")
    look("publication")
    page.goto(f"{address}/promises")
    look("promises-public")
    page.goto(f"{address}/mandate/narrowness")
    assert page.get_by_role("heading", level=1).inner_text() == words["narrow"]
    assert page.locator(".weeks circle").count() > 10
    look("narrowness")
    page.goto(f"{address}/mandate")
    page.locator("table a").first.click()
    page.wait_for_url("**/mandate/promise/*")
    look("promise")
    page.close()
    assert complaints == []
