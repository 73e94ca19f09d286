"""My doors: handed out, knocked at, undone, handed back; seen as long as they are held."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from serving import followed
from small_town import NADIA, ZOE

from commonweal.access import actions as access
from commonweal.access.model import Role
from commonweal.access.queries import open_accounts
from commonweal.audit import queries as audit
from commonweal.campaign import Campaign
from commonweal.contacts import actions, doors, topics
from commonweal.mandate import saying
from commonweal.planning import actions as planning

BUTTON = re.compile(r'action="(/claims/[^"]+/finish)"')


@pytest.fixture
def evening(small_town: Campaign) -> Campaign:
    """The plan is in force, and it is no hour to be quiet."""
    small_town.clock.now = small_town.clock().replace(hour=16)  # type: ignore[attr-defined]
    with small_town.ledger.transaction() as connection:
        connection.execute("UPDATE intake.source SET origin = 'synthetic'")
    planning.approve(small_town, 1, actor="test")
    return small_town


@pytest.fixture
def volunteer(browser: Any, evening: Campaign) -> Any:
    """A volunteer who was given the one door of an area."""
    link = access.invite(evening, "Noa", Role.VOLUNTEER)
    with evening.ledger.read() as connection:
        noa = next(each for each in open_accounts(connection) if each.name == "Noa")
    report = doors.hand_out(evening, ["0113"], 20, noa, actor="test")
    assert (report.claimed, report.claims) == (1, 1)
    return browser.use(link)


def test_the_next_door_is_large_and_only_the_holder_sees_it(volunteer: Any, evening: Campaign) -> None:
    page = volunteer.get("/").text
    assert "12 rue des Lilas" in page
    assert "Nadia Berger" in page
    assert "Paul Berger" not in page, "who is not asked stands on no door"
    volunteer.post("/sign-out")
    assert "Lilas" not in volunteer.sign_in(Role.VOLUNTEER).get("/").text


def test_a_message_that_was_taken_back_is_told_at_no_door(volunteer: Any, evening: Campaign) -> None:
    assert "Talk about: housing" in volunteer.get("/").text
    access.invite(evening, "Camille", Role.CANDIDATE)
    with evening.ledger.read() as connection:
        camille = next(each for each in open_accounts(connection) if each.name == "Camille")
    version = saying.write(evening, camille, "housing", {"en": "Rooms!"}, [])
    saying.approve(evening, camille, version)
    saying.withdraw(evening, camille, version, reason="The sum is wrong.")
    page = volunteer.get("/").text
    assert "Talk about: housing" not in page
    assert "Don’t go there with it" in page


def test_a_result_closes_the_door_and_undo_brings_it_back(volunteer: Any, evening: Campaign) -> None:
    where = BUTTON.search(volunteer.get("/").text)
    assert where
    assert volunteer.post(where[1], {"result": "not_home"}).headers["location"] == "/"
    page = volunteer.get("/").text
    assert "Nadia" not in page, "what is done is seen no longer"
    undo = re.search(r'action="(/doors/[^"]+/again)"', page)
    assert undo
    volunteer.post(undo[1])
    assert "Nadia Berger" in volunteer.get("/").text


def test_a_door_that_is_left_is_free_for_others(volunteer: Any, evening: Campaign) -> None:
    back = re.search(r'action="(/claims/[^"]+/return)"', volunteer.get("/").text)
    assert back
    volunteer.post(back[1])
    assert "You hold no door." in volunteer.get("/").text
    assert volunteer.post("/doors/next").headers["location"] == "/"
    assert "Nadia Berger" in volunteer.get("/").text


def test_when_nothing_is_left_it_is_said(volunteer: Any, evening: Campaign) -> None:
    volunteer.get("/")
    answer = volunteer.post("/doors/next")
    assert answer.status_code == 422
    assert "No door of the plan is free there." in answer.text


def test_another_volunteers_claim_can_not_be_finished(volunteer: Any, evening: Campaign) -> None:
    where = BUTTON.search(volunteer.get("/").text)
    assert where
    volunteer.post("/sign-out")
    other = volunteer.sign_in(Role.VOLUNTEER)
    other.get("/")
    assert other.post(where[1], {"result": "refused"}).status_code == 422
    with evening.ledger.read() as connection:
        assert connection.execute("SELECT state FROM contacts.claim").fetchall() == [("live",)]


def test_an_organiser_hands_out_their_own_areas_only(browser: Any, evening: Campaign) -> None:
    access.invite(evening, "Noa", Role.VOLUNTEER)
    browser.sign_in(Role.ORGANISER)
    page = browser.get("/").text
    holder = re.search(r'<option value="([^"]+)">Noa</option>', page)
    assert holder
    form = {"area": "0114", "holder": holder[1], "doors": "5"}
    assert browser.post("/doors/hand-out", form).status_code == 404
    assert browser.post("/doors/hand-out", form | {"area": "0113"}).headers["location"] == "/"
    with evening.ledger.read() as connection:
        assert connection.execute("SELECT asked FROM contacts.claim").fetchall() == [([NADIA],)]


def test_looking_at_ones_doors_leaves_a_trace(volunteer: Any, evening: Campaign) -> None:
    volunteer.get("/")
    with evening.ledger.read() as connection:
        entries = connection.execute(
            "SELECT count(*) FROM audit.entry WHERE verb = 'look_at_doors'"
        ).fetchone()
        assert entries == (1,)
        assert "look_at_doors" in {entry.verb for entry in audit.who_saw(connection, NADIA)}


def test_a_door_that_comes_while_the_page_is_open_leaves_its_trace_once(
    address: str, evening: Campaign
) -> None:
    lines = followed(address, "/live", evening, Role.VOLUNTEER)
    assert any("You hold no door." in next(lines) for _ in range(60))
    with evening.ledger.read() as connection:
        (noa,) = open_accounts(connection)
    doors.hand_out(evening, ["0113"], 20, noa, actor="test")
    assert any("Nadia Berger" in next(lines) for _ in range(200))
    evening.teller.soon(topics.held(noa.account_id))
    other = followed(address, "/live", evening, Role.CANDIDATE)
    next(other)
    with evening.ledger.read() as connection:
        looks = [entry for entry in audit.who_saw(connection, NADIA) if entry.verb == "look_at_doors"]
    assert [entry.actor for entry in looks] == [noa.actor]
    for each in (lines, other):
        each.close()  # type: ignore[attr-defined]


def test_nobody_takes_doors_without_end(
    volunteer: Any, evening: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "DOORS_MOST", 1)
    volunteer.get("/")
    answer = volunteer.post("/doors/next")
    assert (answer.status_code, "You hold 1 doors already." in answer.text) == (422, True)


def test_an_organiser_takes_doors_of_their_present_areas_only(browser: Any, evening: Campaign) -> None:
    browser.sign_in(Role.ORGANISER, areas=("0114",))
    with evening.ledger.read() as connection:
        (organiser,) = open_accounts(connection)
    doors.hand_out(evening, ["0113"], 20, organiser, actor="test")
    with evening.ledger.read() as connection:
        (claim_id,) = connection.execute("SELECT claim_id FROM contacts.claim").fetchone() or (0,)
    actions.hand_back(evening, claim_id)
    browser.get("/")
    browser.post("/doors/next")
    with evening.ledger.read() as connection:
        live = connection.execute("SELECT asked FROM contacts.claim WHERE state = 'live'").fetchall()
    assert live == [([ZOE],)]


def test_what_was_told_long_ago_brings_no_person_back(volunteer: Any, evening: Campaign) -> None:
    where = BUTTON.search(volunteer.get("/").text)
    assert where
    volunteer.post(where[1], {"result": "do_not_contact"})
    undo = re.search(r'action="/doors/([^"]+)/again"', volunteer.get("/").text)
    assert undo
    evening.clock.now += timedelta(hours=13)  # type: ignore[attr-defined]
    volunteer.get("/")
    for path in (f"/doors/{undo[1]}/again", f"/claims/{undo[1]}/undo"):
        answer = volunteer.post(path)
        assert (answer.status_code, "more than 12 hours ago" in answer.text) == (422, True), path
    with evening.ledger.read() as connection:
        assert connection.execute("SELECT state FROM contacts.claim").fetchall() == [("done",)]
