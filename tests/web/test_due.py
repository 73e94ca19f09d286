"""A plan with days on pages: what is due, overdue and to come; lists up to a day; doors ahead of plan."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from small_town import NADIA, ZOE

from commonweal.access import actions as access
from commonweal.access.model import Role
from commonweal.access.queries import open_accounts
from commonweal.campaign import Campaign
from commonweal.contacts import doors, due
from commonweal.jobs import queries as runs
from commonweal.jobs.actions import followed
from commonweal.jobs.model import RunStatus
from commonweal.loop import handlers
from commonweal.people.publishing import COMMAND as PUBLISH
from commonweal.planning import actions as planning
from commonweal.planning import queries as plans
from commonweal.planning.errors import CampaignOver
from commonweal.store.ledger import LedgerRole

TODAY = date(2027, 1, 15)


def test_an_approved_plan_goes_to_the_serving_copy_at_once(director: Any, small_town: Campaign) -> None:
    """It is handed out from there, and before the night nothing else would bring it."""
    approve = re.search(r'action="(/plan/[^"]+/approve)"', director.get("/plan").text)
    assert approve is not None
    director.post(approve[1])
    with small_town.ledger.read() as connection:
        (run,) = runs.recent(connection, 5)
    assert (run.command, run.status) == (PUBLISH, RunStatus.QUEUED)
    assert PUBLISH in handlers(small_town)


def waiting(campaign: Campaign) -> int:
    with campaign.ledger.read() as connection:
        found = [run for run in runs.recent(connection, 9) if run.command == PUBLISH]
    return sum(run.status is RunStatus.QUEUED for run in found)


def test_a_plan_approved_while_another_is_published_is_published_too(
    director: Any, small_town: Campaign
) -> None:
    def approve() -> None:
        with small_town.ledger.transaction(LedgerRole.OWNER) as connection:
            connection.execute("UPDATE planning.plan SET status = 'draft'")
        action = re.search(r'action="(/plan/[^"]+/approve)"', director.get("/plan").text)
        assert action is not None
        director.post(action[1])

    approve()
    approve()
    assert waiting(small_town) == 1, "the one that waits finds the plan that is in force when it begins"
    with small_town.ledger.read() as connection:
        (run,) = runs.recent(connection, 5)
    with followed(small_town.ledger, small_town.clock, run.run_id):
        assert waiting(small_town) == 0
        approve()
        assert waiting(small_town) == 1, "the one that runs has read the plan before"


def test_what_is_not_approved_is_not_published(
    director: Any, small_town: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both in one transaction: neither a kill nor an error parts them."""
    approve = re.search(r'action="(/plan/[^"]+/approve)"', director.get("/plan").text)
    assert approve is not None

    def lost(*_: object, **__: object) -> None:
        raise CampaignOver

    monkeypatch.setattr("commonweal.web.pages.runs.record", lost)
    director.post(approve[1])
    with small_town.ledger.read() as connection:
        assert runs.recent(connection, 5) == []
        assert plans.in_force(connection) is None


@pytest.fixture
def town(small_town: Campaign) -> Campaign:
    """The plan is in force: Nadia's door is three days overdue, Zoé's is meant for tomorrow."""
    small_town.clock.now = small_town.clock().replace(hour=16)  # type: ignore[attr-defined]
    with small_town.ledger.transaction() as connection:
        connection.execute("UPDATE intake.source SET origin = 'synthetic'")
    planning.approve(small_town, 1, actor="test")
    mean(small_town, {NADIA: -3, ZOE: 1})
    return small_town


def mean(campaign: Campaign, days: dict[int, int]) -> None:
    """Each door for so many days from now."""
    with campaign.ledger.transaction() as connection:
        connection.execute(
            "UPDATE planning.plan SET (first_day, last_day, apart) = (%s, %s, 1)",
            (TODAY - timedelta(days=3), TODAY + timedelta(days=9)),
        )
        for person, away in days.items():
            connection.execute(
                "UPDATE people.standing SET days = ARRAY[%s::date] WHERE person_id = %s",
                (TODAY + timedelta(days=away), person),
            )
    due.count(campaign)


def test_a_director_reads_what_is_due_what_waits_and_what_comes(director: Any, town: Campaign) -> None:
    page = director.get("/").text
    assert "Due today: 0. Overdue: 1." in page
    assert "since Tue 12 Jan" in page
    assert "Sat 16 Jan" in page
    assert (
        "À faire aujourd’hui\N{NO-BREAK SPACE}: 0. En retard\N{NO-BREAK SPACE}: 1."
        in director.get("/?lang=fr").text
    )
    mean(town, {NADIA: 0})
    assert "Due today: 1. Nothing is overdue." in director.get("/?lang=en").text


def test_an_organisers_agenda_is_of_their_areas_and_the_list_is_taken_up_to_a_day(
    browser: Any, town: Campaign
) -> None:
    page = browser.sign_in(Role.ORGANISER, areas=("0113", "0114")).get("/").text
    assert '<option value="2027-01-15">due by today: 1</option>' in page
    assert '<option value="2027-01-16">up to Sat 16 Jan: 2</option>' in page
    taken = browser.post("/plan/list/door", {"until": "2027-01-16"}).headers["location"]
    page = browser.get(taken).text
    assert "2 people are claimed, of 2 to be contacted by 16 January 2027." in page
    rows = browser.get(f"{taken}/list.csv").text.splitlines()
    assert [row.split(",")[0] for row in rows] == ["\ufeffday", "2027-01-12", "2027-01-16"]
    taken = browser.post("/plan/list/door").headers["location"]
    page = browser.get(taken).text
    assert "Nobody is left to be contacted by 15 January 2027." in page
    assert "1 more is in somebody’s hands already" in page
    due.count(town)
    assert "All that is due is done or in somebody’s hands" in browser.get("/").text


def test_another_area_is_none_of_an_organisers_agenda(browser: Any, town: Campaign) -> None:
    page = browser.sign_in(Role.ORGANISER, areas=("0114",)).get("/").text
    assert "Due today: 0." not in page
    assert "Sat 16 Jan" in page


def test_a_day_that_is_none_takes_no_list(browser: Any, town: Campaign) -> None:
    browser.sign_in(Role.ORGANISER).get("/")
    assert browser.post("/plan/list/door", {"until": "tomorrow"}).status_code == 400


def test_who_works_with_other_channels_reads_of_those_alone(browser: Any, town: Campaign) -> None:
    assert "Overdue" not in browser.sign_in(Role.DIGITAL).get("/").text


def test_a_plan_without_days_says_nothing_of_them(director: Any, town: Campaign) -> None:
    with town.ledger.transaction() as connection:
        connection.execute("UPDATE people.standing SET days = NULL")
        connection.execute("UPDATE planning.plan SET (first_day, last_day, apart) = (NULL, NULL, NULL)")
    due.count(town)
    for page in ("/", "/plan"):
        text = director.get(page).text
        assert "Overdue" not in text
        assert 'name="until"' not in text


def test_a_volunteer_reads_whether_a_door_is_due_or_ahead_of_plan(browser: Any, town: Campaign) -> None:
    link = access.invite(town, "Noa", Role.VOLUNTEER)
    with town.ledger.read() as connection:
        noa = next(each for each in open_accounts(connection) if each.name == "Noa")
    doors.hand_out(town, ["0113", "0114"], 20, noa, actor="test")
    page = browser.use(link).get("/").text
    assert (
        page.index("Today’s doors: the next one")
        < page.index("Nadia Berger")
        < page.index("then 1 door ahead")
    )
    assert "nothing that is due today is left there" in page
    mean(town, {NADIA: 5})
    page = browser.get("/").text
    assert "Ahead of plan: meant for Wed 20 Jan" in page
    assert "Today’s doors" not in page
