from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest

from commonweal.access.model import Role
from commonweal.audit.queries import who_saw
from commonweal.campaign import Campaign
from commonweal.interactions.actions import take_in
from commonweal.interactions.model import Channel, Event, Kind, ResultCode


def found(browser: Any, text: str, **more: Any) -> Any:
    browser.get("/people")
    return browser.post("/people/find", {"text": text}, **more)


def page_of(browser: Any, text: str) -> str:
    address = re.search(r'href="(/people/[^"]+)"', found(browser, text).text)
    assert address is not None
    return str(browser.get(address[1]).text)


def audited(campaign: Campaign, verb: str) -> list[tuple[Any, ...]]:
    with campaign.ledger.read() as connection:
        return connection.execute(
            "SELECT actor, subject, detail FROM audit.entry WHERE verb = %s ORDER BY entry_id", (verb,)
        ).fetchall()


def test_a_search_finds_by_the_beginning_of_a_name(director: Any, small_town: Campaign) -> None:
    page = found(director, "berg nad").text
    assert "Nadia Berger" in page
    assert "Paul" not in page
    assert "<html" in page, "without scripts it is a whole page"


def test_htmx_gets_the_part_only(director: Any, small_town: Campaign) -> None:
    page = found(director, "berger", headers={"hx-request": "true"}).text
    assert "Paul Berger" in page
    assert "<html" not in page


def test_names_stand_in_no_address(director: Any, small_town: Campaign) -> None:
    page = found(director, "berger").text
    assert not re.search(r'(href|action|hx-post)="[^"]*(?i:berger|nadia|4001)', page)


def test_a_search_notes_who_was_shown_not_what_was_typed(director: Any, small_town: Campaign) -> None:
    found(director, "nadia")
    ((_, _, detail),) = audited(small_town, "search")
    assert detail == {}
    with small_town.ledger.read() as connection:
        assert [entry.verb for entry in who_saw(connection, 4001)] == ["search"]


def test_each_look_is_noted_with_field_names_and_no_values(director: Any, small_town: Campaign) -> None:
    page_of(director, "nadia")
    page_of(director, "nadia")
    rows = audited(small_town, "look")
    assert [subject for _, subject, _ in rows] == ["person:4001"] * 2
    assert "email" in rows[0][2]["fields"]
    assert "example.org" not in str(rows)


def test_every_value_stands_beside_its_list_and_the_chosen_one_is_marked(
    director: Any, small_town: Campaign
) -> None:
    page = page_of(director, "nadia")
    marked = re.findall(r"<mark>([^<]*)<span", page)
    assert "nadia@example.org" in marked
    assert "Nadia" in marked
    assert "Nadya" in page
    assert "Nadya" not in marked
    assert "the roll before other lists" in page
    assert "3 May 1984" in page


def test_a_score_near_the_middle_says_that_nobody_knows(director: Any, small_town: Campaign) -> None:
    page = page_of(director, "nadia")
    assert "About even: we do not know. It does not mean undecided." in page
    assert "38 to 61" in page


def test_why_this_contact_and_what_else_it_could_have_been(director: Any, small_town: Campaign) -> None:
    page = page_of(director, "nadia")
    assert (
        "Doors: housing: among a hundred such people, a contact of this kind wins about 2.1 votes (0.9 to 3.3)."
        in page
    )
    assert "Second best: letters: climate, with about 0.9 votes of a hundred, for €0.62 each time." in page
    assert "No contact in this plan: the money does more elsewhere." in page_of(director, "paul")


def test_each_of_several_contacts_has_its_sentence(director: Any, small_town: Campaign) -> None:
    with small_town.ledger.transaction() as connection:
        connection.execute(
            "UPDATE people.standing SET planned = ARRAY['door:housing', 'post:climate'], votes_gained = '{0.03, 0.02}',"
            " votes_error = '{0.01, 0}', second = NULL WHERE planned IS NOT NULL"
        )
    page = page_of(director, "nadia")
    assert (
        "Doors: housing: among a hundred such people, a contact of this kind wins about 3.0 votes (1.0 to 5.0)."
        in page
    )
    assert (
        "Letters: climate: among a hundred such people, a contact of this kind wins about 2.0 votes." in page
    )


def test_the_household(director: Any, small_town: Campaign) -> None:
    page = page_of(director, "nadia")
    household = page[page.index('id="household"') :]
    assert "Paul Berger" in household
    assert "Zoé" not in household


def test_an_organiser_meets_the_own_area_only(browser: Any, small_town: Campaign) -> None:
    browser.sign_in(Role.ORGANISER, areas=("0114",))
    assert "Nobody found whom you may see." in found(browser, "nadia").text
    assert "Zoé" in found(browser, "zoe").text


def test_a_link_to_somebody_of_another_area_leads_nowhere(
    director: Any, app: Any, small_town: Campaign
) -> None:
    address = re.search(r'href="(/people/[^"]+)"', found(director, "nadia").text)
    assert address is not None
    director.post("/sign-out")
    director.sign_in(Role.ORGANISER, areas=("0114",))
    assert director.get(address[1]).status_code == 404


@pytest.mark.parametrize("role", [Role.CANDIDATE, Role.TREASURER, Role.DIGITAL, Role.VOLUNTEER])
def test_who_needs_no_persons_sees_none(browser: Any, small_town: Campaign, role: Role) -> None:
    browser.sign_in(role)
    browser.get("/")
    assert browser.post("/people/find", {"text": "nadia"}).status_code == 403
    for path in ("/", "/plan", "/universes", "/me"):
        page = browser.get(path).text
        assert "Nadia" not in page
        assert "nadia@example.org" not in page


def test_the_privacy_officer_sees_who_looked(browser: Any, small_town: Campaign) -> None:
    browser.sign_in(Role.PRIVACY)
    page_of(browser, "nadia")
    told = page_of(browser, "nadia")
    told = told[told.index("One line of time") :]
    assert "looked at a person" in told
    assert "The privacy" in told
    assert "looked at a person" in browser.get("/").text


def test_the_line_of_time_tells_what_happened_and_goes_on_further_back(
    director: Any, small_town: Campaign
) -> None:
    batch = [
        Event(
            event_id=f"e{number}",
            kind=Kind.ATTEMPT,
            occurred_at=small_town.clock() - timedelta(minutes=number),
            channel=Channel.DOOR,
            person_id=4001,
            result=ResultCode.NOT_HOME if number else None,
            answers=None if number else {"main_issue": "<b>housing</b>"},
        )
        for number in range(60)
    ]
    take_in(small_town, batch, "sheets")
    page = page_of(director, "nadia")
    line = page[page.index("One line of time") :]
    assert "at the door, nobody at home" in line
    assert "main issue: &lt;b&gt;housing&lt;/b&gt;" in line
    seen = line.count("at the door")
    while address := re.search(r'href="(/people/[^"]*/story[^"]*)"', line):
        answer = director.get(html.unescape(address[1]), headers={"hx-request": "true"})
        assert answer.status_code == 200
        line = answer.text
        assert "<html" not in line
        seen += line.count("at the door")
    assert seen == 60
    assert len(audited(small_town, "look")) == 5, "each part of it is a look"


def test_a_made_up_place_in_the_line_of_time_is_nowhere(director: Any, small_town: Campaign) -> None:
    address = re.search(r'href="(/people/[^"]+)"', found(director, "nadia").text)
    assert address is not None
    for question in ("until=forged", "skip=-1", "skip=9999999999999999999999", "skip=x"):
        assert director.get(f"{address[1]}/story?{question}").status_code == 404
    whole = director.get(f"{address[1]}/story")
    assert whole.status_code == 200
    assert "<html" in whole.text


def test_the_search_counts_those_whom_one_may_find(browser: Any, small_town: Campaign) -> None:
    assert "3 people. Looking at one" in browser.sign_in(Role.ANALYST).get("/people").text
    browser.post("/sign-out")
    assert "2 people live in your areas." in browser.sign_in(Role.ORGANISER).get("/people").text
