"""What the law refuses, on a page; and what one person agreed to."""

from __future__ import annotations

import re
from typing import Any

import pytest
from small_town import NADIA, ZOE

from commonweal.access.model import Role
from commonweal.campaign import Campaign
from commonweal.consent import queries
from commonweal.store.ledger import LedgerRole


def words(campaign: Campaign, person: int) -> list[tuple[str, str]]:
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        return [(each.kind, str(each.channel)) for each in queries.moments(connection, person)]


def test_the_page_tries_any_pack(small_town: Campaign, director: Any) -> None:
    page = director.get("/policy?pack=fr").text
    assert "Regulation (EU) 2024/900, art. 18(1)(a)" in page
    assert "refused for everybody" in page
    assert "GDPR, art. 9(1)" in page
    assert director.get("/policy?pack=xx").status_code == 422


@pytest.mark.parametrize("role", [Role.ANALYST, Role.ORGANISER, Role.VOLUNTEER, Role.CANDIDATE])
def test_it_is_for_director_and_privacy_officer(small_town: Campaign, browser: Any, role: Role) -> None:
    assert browser.sign_in(role).get("/policy").status_code == 403


def test_a_word_is_taken_down_with_its_evidence(small_town: Campaign, director: Any) -> None:
    path = _page_of(director, "Nadia")
    said = {"word": "yes", "channel": "email", "purpose": "contact", "evidence": "on the sheet of 3 January"}
    answer = director.post(f"{path}/consent", said)
    assert answer.headers["location"] == f"{path}#agreed"
    assert "on the sheet of 3 January" in director.get(path).text
    assert director.post(f"{path}/consent", {"word": "objection", "channel": "*"}).status_code < 400
    assert sorted(words(small_town, NADIA)) == [("given", "email"), ("suppressed", "*")]


def test_a_yes_needs_evidence(small_town: Campaign, director: Any) -> None:
    path = _page_of(director, "Nadia")
    assert director.post(f"{path}/consent", {"word": "yes", "channel": "email"}).status_code == 422
    assert words(small_town, NADIA) == []


def test_an_organiser_writes_of_their_area_only(small_town: Campaign, director: Any, browser: Any) -> None:
    elsewhere, here = _page_of(director, "Martin"), _page_of(director, "Nadia")
    organiser = browser.sign_in(Role.ORGANISER)
    organiser.get(here)
    assert organiser.post(f"{elsewhere}/consent", {"word": "no"}).status_code >= 400
    assert words(small_town, ZOE) == []
    assert organiser.post(f"{here}/consent", {"word": "no", "channel": "sms"}).status_code < 400
    assert words(small_town, NADIA) == [("withdrawn", "sms")]


def _page_of(somebody: Any, name: str) -> str:
    somebody.get("/people")
    found = re.search(r'href="(/people/[^"/]+)"', somebody.post("/people/find", {"text": name}).text)
    assert found
    somebody.get(found[1])
    return found[1]
