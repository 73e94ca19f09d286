from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from small_town import NADIA

from commonweal.access.model import Role
from commonweal.audit.actions import record
from commonweal.campaign import Campaign
from commonweal.privacy import actions
from commonweal.privacy.model import Kind
from commonweal.web.app import _key
from commonweal.web.links import Links


def test_who_did_what_in_words(director: Any, campaign: Campaign) -> None:
    page = director.get("/audit").text
    assert "signed in" in page
    assert "The director" in page
    assert "s’est connecté" in director.get("/audit?lang=fr").text


def test_one_verb_alone(director: Any) -> None:
    page = director.get("/audit?verb=invite").text
    table = page[page.index('<ol class="story') :]
    assert "made an account" in table
    assert "signed in" not in table


def test_who_looked_at_whom_is_a_sentence_with_a_link_and_no_number(
    director: Any, small_town: Campaign
) -> None:
    director.get(f"/people/{Links(_key(small_town.ledger)).make('person', NADIA)}")
    page = director.get("/audit?verb=look").text
    told = re.search(r'<strong>The director</strong> <a href="(/people/[^"]+)">looked at a person</a>', page)
    assert told
    assert "Nadia Berger" in director.get(told[1]).text
    assert str(NADIA) not in page
    assert "Values shown: 12" in page


def test_what_is_done_again_and_again_is_one_line(director: Any, campaign: Campaign) -> None:
    with campaign.ledger.transaction() as connection:
        for number in (1, 1, 1, 2):
            record(connection, campaign, "plan.make", subject=f"plan:{number}")
    page = director.get("/audit?verb=plan.make").text
    assert page.count("<time") == 2
    assert page.count(">3 times</span>") == 1


def test_details_are_words_and_counts(director: Any, campaign: Campaign) -> None:
    detail = {
        "rows": 1200,
        "quarantined": 0,
        "source": "roll",
        "channel": "door",
        "touched": {"a.b": 3},
        "run": 7,
    }
    with campaign.ledger.transaction() as connection:
        record(
            connection, campaign, "import", subject="batch:3", persons=[5, 6], detail=detail, actor="cli:anna"
        )
    page = director.get("/audit?verb=import").text
    assert "anna, at the command line" in page
    assert "loaded a list</a>: batch 3" in page
    assert "People: 2 · Rows in: 1,200 · List: roll · Channel: Doors" in page
    assert "a.b" not in page
    assert "Run" not in page[page.index("<ol") :]


def test_the_privacy_officer_reads_first_who_waits_and_then_who_looked(
    browser: Any, small_town: Campaign
) -> None:
    made = small_town.clock() - timedelta(days=25)
    with small_town.ledger.transaction() as connection:
        for number in range(3):
            record(connection, small_town, "look", subject=f"person:{NADIA + number}", actor="cli:anna")
        actions.open_request(connection, small_town, Kind.ERASURE, made.date())
    page = browser.sign_in(Role.PRIVACY).get("/").text
    assert page.index("1 request waits") < page.index("days left") < page.index("The last to look at people")
    assert re.search(
        r"<strong>anna, at the command line</strong> looked at a person <span[^>]*>3 times</span>", page
    )


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
