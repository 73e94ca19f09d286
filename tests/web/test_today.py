"""What happens now, on the home pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from small_town import NADIA, PAUL, ZOE

from commonweal.access.model import Role
from commonweal.audit import queries as audit
from commonweal.campaign import Campaign
from commonweal.contacts import actions, queries
from commonweal.contacts.model import Channel as By
from commonweal.contacts.model import Claim, Option, Refusal
from commonweal.interactions.model import Channel, Event, Kind, ResultCode
from commonweal.web.pages import today

HOUSING = Option("door:housing", "housing", cost=180)


@pytest.fixture
def evening(small_town: Campaign) -> Campaign:
    """Two doors of one area and one of another were told of, a claim was refused and another one holds."""
    small_town.clock.now = small_town.clock().replace(hour=17)  # type: ignore[attr-defined]
    told = ((PAUL, ResultCode.NOT_HOME), (NADIA, ResultCode.CANVASSED), (ZOE, ResultCode.REFUSED))
    for person, result in told:
        event = Event(
            event_id=f"e{person}",
            kind=Kind.ATTEMPT,
            occurred_at=small_town.clock(),
            channel=Channel.DOOR,
            person_id=person,
            result=result,
        )
        actions.record(small_town, [event], "test")
    with small_town.ledger.transaction() as connection:
        connection.execute("UPDATE intake.source SET origin = 'synthetic'")
    assert isinstance(actions.claim(small_town, ZOE, By.POST, option=HOUSING), Refusal)
    return small_town


def test_a_directors_home_tells_of_contacts_and_of_what_was_stopped(director: Any, evening: Campaign) -> None:
    page = director.get("/").text
    assert "One hand stopped 1 contact today" in page
    assert "They were contacted today already: 1 a day is the most." in page
    assert re.search(
        r'For example <a href="/people/[^"]+">Zoé [^<]+</a>, by letter: They were contacted', page
    )
    with evening.ledger.read() as connection:
        looks = [each.verb for each in audit.who_saw(connection, ZOE)]
    assert looks.count("look_at_stopped") == 1, "who is named is seen, once a day"
    assert "67% (21% to 94%)" in page
    french = director.get("/?lang=fr").text
    assert "Il y a déjà eu contact aujourd’hui\N{NO-BREAK SPACE}: 1 par jour au plus." in french


@pytest.mark.parametrize("role", [Role.CANDIDATE, Role.DIGITAL])
def test_who_sees_no_persons_reads_numbers_only(browser: Any, evening: Campaign, role: Role) -> None:
    page = browser.sign_in(role).get("/").text
    assert "One hand stopped 1 contact today" in page
    assert "For example" not in page
    assert 'data-label="Tried">3<' in page


def test_an_organisers_numbers_are_of_their_areas(browser: Any, evening: Campaign) -> None:
    page = browser.sign_in(Role.ORGANISER).get("/").text
    assert 'data-label="Tried">2<' in page
    assert "École Molière" in page
    assert "École Bonnefoy" not in page


def test_money_is_told_as_it_is_committed_and_spent(browser: Any, evening: Campaign) -> None:
    later = evening.clock().replace(day=17)
    evening.clock.now = later  # type: ignore[attr-defined]
    made = actions.claim(evening, NADIA, By.POST, option=HOUSING)
    assert isinstance(made, Claim), made
    browser.sign_in(Role.TREASURER)
    assert "€0 spent, €1.80 committed" in browser.get("/").text
    actions.finish(evening, made.claim_id)
    assert "€1.80 spent, €0 committed" in browser.get("/").text
    with evening.ledger.read() as connection:
        assert sum(each.spent for each in queries.money(connection)) == 180


def test_what_was_spent_before_a_plan_is_none_of_its_budget(browser: Any, evening: Campaign) -> None:
    with evening.ledger.transaction() as connection:
        connection.execute("UPDATE planning.plan SET budget = 100000")
        connection.execute(
            "INSERT INTO contacts.spending (channel, live, done, committed, spent) VALUES ('post', 1, 3, 2000, 70000)"
        )
    treasurer = browser.sign_in(Role.TREASURER)
    assert "€280" in treasurer.get("/").text
    with evening.ledger.transaction() as connection:
        connection.execute("UPDATE planning.plan SET spent_before = 60000")
    page = treasurer.get("/").text
    assert "€880" in page
    assert "of €1,000 that it was given on" in page


@pytest.mark.parametrize("role", Role)
def test_before_anything_happened_every_home_says_so(browser: Any, small_town: Campaign, role: Role) -> None:
    page = browser.sign_in(role).get("/").text
    assert ("Nobody has been contacted yet today." in page) == (today.TODAY in today.BY_ROLE.get(role, []))
    assert "Nothing is left to do." in page


def test_a_share_lies_where_wilson_says() -> None:
    low, high = today.likely(2, 3)
    assert (round(low, 3), round(high, 3)) == (0.208, 0.939)
    assert today.likely(0, 0) == (0, 1)
    assert today.likely(0, 10)[0] == pytest.approx(0)
