from __future__ import annotations

import re
from typing import Any

from commonweal.access.model import Role
from commonweal.audit.actions import record
from commonweal.campaign import Campaign


def test_who_did_what_in_words(director: Any, campaign: Campaign) -> None:
    page = director.get("/audit").text
    assert "signed in" in page
    assert "The director" in page
    assert "s’est connecté" in director.get("/audit?lang=fr").text


def test_one_verb_alone(director: Any) -> None:
    page = director.get("/audit?verb=invite").text
    table = page[page.index("<tbody>") :]
    assert "made an account" in table
    assert "signed in" not in table


def test_further_back(director: Any, campaign: Campaign) -> None:
    with campaign.ledger.transaction() as connection:
        for number in range(130):
            record(connection, campaign, "test", subject=f"plan:{number}")
    page, seen = director.get("/audit?verb=test").text, []
    while True:
        seen += re.findall(r"plan (\d+)", page)
        older = re.search(r'href="(/audit\?before=[^"]+)"', page)
        if older is None:
            break
        page = director.get(older[1].replace("&amp;", "&")).text
    assert [int(number) for number in seen] == list(range(129, -1, -1))


def test_a_candidate_does_not_read_it(browser: Any) -> None:
    assert browser.sign_in(Role.CANDIDATE).get("/audit").status_code == 403
