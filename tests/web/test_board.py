"""Actions on the pages: written in one line, seen by whom they concern, followed to their end."""

from __future__ import annotations

import re
from typing import Any

import pytest

from commonweal.access import actions as access
from commonweal.access.model import Role
from commonweal.access.queries import open_accounts
from commonweal.campaign import Campaign


def number_of(campaign: Campaign, name: str) -> int:
    with campaign.ledger.read() as connection:
        return next(each.account_id for each in open_accounts(connection) if each.name == name)


def key_in(page: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found
    return found[1]


def write(browser: Any, campaign: Campaign, what: str, owner: str, **more: str) -> Any:
    page = browser.get("/board").text
    form = {"what": what, "owner": number_of(campaign, owner), "key": key_in(page)}
    return browser.post("/board/write", form | more)


def opened(browser: Any, what: str) -> str:
    """The address of an action's page."""
    found = re.search(rf'href="(/board/[^"]+)">{re.escape(what)}', browser.get("/board").text)
    assert found
    return found[1]


@pytest.fixture
def organiser(campaign: Campaign) -> str:
    return access.invite(campaign, "Sacha", Role.ORGANISER, areas=["0113"])


def test_an_action_written_on_the_home_page_is_there_and_on_the_board(
    director: Any, campaign: Campaign
) -> None:
    answer = write(director, campaign, "Ring <the hall>", "The director", due="2027-01-16", back="/")
    assert answer.headers["location"] == "/"
    for path in ("/", "/board"):
        page = director.get(path).text
        assert "Ring &lt;the hall&gt;" in page
        assert "tomorrow" in page
    assert "demain" in director.get("/board?lang=fr").text


def test_by_htmx_the_answer_is_an_empty_line_with_a_new_key(director: Any, campaign: Campaign) -> None:
    page = director.get("/").text
    form = {"what": "Ring", "owner": number_of(campaign, "The director"), "key": key_in(page)}
    answer = director.post("/board/write", form, headers={"hx-request": "true"})
    assert answer.text.startswith("<form")
    assert "All whom it concerns see it now" in answer.text
    assert key_in(answer.text) != form["key"]
    director.post("/board/write", form)
    assert director.get("/board").text.count(">Ring</a>") == 1


def test_its_owner_begins_and_ends_it_with_what_came_of_it(
    director: Any, campaign: Campaign, organiser: str
) -> None:
    write(director, campaign, "Count the leaflets", "Sacha")
    director.post("/sign-out")
    browser = director.use(organiser)
    where = opened(browser, "Count the leaflets")
    page = browser.get(where).text
    version = {"key": "k1", "version": "1"}
    browser.post(f"{where}/move", version | {"to": "doing"})
    assert "begun" in browser.get(where).text
    empty = browser.post(f"{where}/move", {"key": "k2", "version": "2", "to": "done"})
    assert (empty.status_code, "It is not said what came of it." in empty.text) == (422, True)
    late = browser.post(f"{where}/move", version | {"key": "k3", "to": "dropped", "outcome": "x"})
    assert "Somebody changed this action" in late.text
    browser.post(f"{where}/move", {"key": "k4", "version": "2", "to": "done", "outcome": "Four hundred."})
    page = browser.get("/board").text
    assert "Four hundred." in page
    assert "Done, and what came of it" in page


def test_a_comment_and_an_amendment_stand_in_its_story(
    director: Any, campaign: Campaign, organiser: str
) -> None:
    write(director, campaign, "Count the leaflets", "Sacha")
    where = opened(director, "Count the leaflets")
    director.post(f"{where}/comment", {"text": "All of them?\nEven the old ones?", "key": "c"})
    director.post(
        f"{where}/amend",
        {
            "what": "Count the new leaflets",
            "owners": [number_of(campaign, "The director"), number_of(campaign, "Sacha")],
            "due": "",
            "version": "1",
            "key": "a",
        },
    )
    page = director.get(where).text
    assert "Even the old ones?" in page
    assert "It read: Count the leaflets" in page
    assert "<h1>Count the new leaflets</h1>" in page
    alone = {
        "what": "Count the new leaflets",
        "owners": number_of(campaign, "Sacha"),
        "version": "2",
        "key": "b",
    }
    assert director.post(f"{where}/amend", alone).status_code == 303, "one box alone is ticked"
    assert director.post(f"{where}/amend", alone | {"owners": [], "key": "c"}).status_code == 422


def test_an_action_about_a_person_is_found_from_their_page_and_names_nobody(
    director: Any, small_town: Campaign
) -> None:
    found = director.post("/people/find", {"text": "nadia"}).text
    person = re.search(r"/people/((?!find)[^\"/]+)\"", found)
    assert person
    about = f"person:{person[1]}"
    assert f'href="/board?about={about}"' in director.get(f"/people/{person[1]}").text
    assert f'<option value="{about}" selected>' in director.get(f"/board?about={about}").text
    write(director, small_town, "Bring the leaflet", "The director", about=about)
    assert "Bring the leaflet" in director.get(f"/people/{person[1]}").text
    page = director.get("/board").text
    assert f'<a href="/people/{person[1]}">a person</a>' in page
    assert "Nadia" not in page


def test_what_is_not_there_can_not_be_written_about(director: Any, campaign: Campaign) -> None:
    assert write(director, campaign, "x", "The director", about="area:0999").status_code == 422
    assert write(director, campaign, "x", "The director", about="person:12").status_code == 404
    assert write(director, campaign, "x", "The director", about="moon:1").status_code == 404
    assert write(director, campaign, "x", "The director", due="soon").status_code == 422


def test_who_is_not_concerned_finds_nothing(director: Any, campaign: Campaign, organiser: str) -> None:
    write(director, campaign, "For us alone", "The director")
    where = opened(director, "For us alone")
    director.post("/sign-out")
    browser = director.use(organiser)
    assert "For us alone" not in browser.get("/board").text
    assert browser.get(where).status_code == 404
    assert browser.post(f"{where}/comment", {"text": "?", "key": "c"}).status_code == 422
