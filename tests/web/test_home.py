from __future__ import annotations

from typing import Any

import pytest

from commonweal.access.model import Role
from commonweal.campaign import Campaign


def test_the_directors_first_screen_top_to_bottom(director: Any, small_town: Campaign) -> None:
    page = director.get("/").text
    load = page.index("6 rows came in from 2 lists; 2 are in quarantine")
    person = page.index(
        "4 records are 3 people in 2 households. Here is one of them, found on 2 lists: Nadia Berger"
    )
    tonight = page.index("between 301 and 529, 19 times out of 20")
    assert load < person < tonight
    assert "Every row is accounted for" in page
    assert "No calendar has this date</a>" in page
    assert "The money does more elsewhere" in page
    assert "Look at it and approve it" in page


def test_the_first_screen_in_french(director: Any, small_town: Campaign) -> None:
    page = director.get("/?lang=fr").text
    assert "6 lignes sont arrivées de 2 listes\N{NO-BREAK SPACE}; 2 sont en quarantaine" in page
    assert "entre 301 et 529, 19 fois sur 20" in page


@pytest.mark.parametrize("role", Role)
def test_every_home_opens_with_nothing_there_yet(browser: Any, role: Role) -> None:
    assert browser.sign_in(role).get("/").status_code == 200


@pytest.mark.parametrize(
    ("role", "text"),
    [
        (Role.CANDIDATE, "About 62% are likely to vote"),
        (Role.ORGANISER, "École Molière"),
        (Role.VOLUNTEER, "You hold no door."),
        (Role.TREASURER, "for each vote gained"),
        (Role.DIGITAL, "sends no e-mail and no text message"),
        (Role.PRIVACY, "1 list has no purpose or legal basis"),
        (Role.ANALYST, "Nobody has been scored yet"),
    ],
)
def test_each_role_finds_its_own(browser: Any, small_town: Campaign, role: Role, text: str) -> None:
    assert text in browser.sign_in(role).get("/").text


def test_an_organisers_home_ends_at_the_own_areas(browser: Any, small_town: Campaign) -> None:
    page = browser.sign_in(Role.ORGANISER, areas=("0114",)).get("/").text
    assert "École Bonnefoy" in page
    assert "École Molière" not in page


def test_a_draft_takes_nobodys_work_away(browser: Any, director: Any, small_town: Campaign) -> None:
    with small_town.ledger.transaction() as connection:
        connection.execute("UPDATE planning.plan SET status = 'approved', approved_at = made_at")
        connection.execute(
            "INSERT INTO planning.plan (plan_id, name, goal, made_at, made_by, budget, spent, currency, persons, contacts,"
            " reached, votes, votes_low, votes_high, bound, price)"
            " VALUES (9, 'What if', 'votes', %s, 't', 100, 100, 'EUR', 3, 1, 1, 0, 0, 0, 0, 0)",
            (small_town.clock(),),
        )
    assert "A newer draft waits to be approved: What if" in director.get("/").text
    assert "between 301 and 529" in director.get("/").text
    assert "What if" in director.get("/plan").text
    organiser = browser.sign_in(Role.ORGANISER)
    assert "École Molière" in organiser.get("/").text
    candidate = browser.sign_in(Role.CANDIDATE)
    assert "What if" not in candidate.get("/plan").text
