"""A plan with days: its page tells when what is done, and a person's page why on that day."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from small_town import NADIA

from commonweal.campaign import Campaign
from commonweal.planning import queries
from commonweal.planning.totals import DayTotal
from commonweal.web.days import by_day, strips

FIRST = date(2027, 1, 18)


def total(number: int, channel: str, contacts: int, a_day: int | None = None) -> DayTotal:
    return DayTotal(FIRST + timedelta(days=number), channel, contacts, a_day, 0.1)


TOTALS = [
    total(0, "email", 90),
    total(1, "door", 30, 30),
    total(1, "email", 0),
    total(3, "door", 12, 30),
    total(9, "door", 0, 30),
]


@pytest.fixture
def with_days(small_town: Campaign) -> Campaign:
    """The small town's plan, with days."""
    with small_town.ledger.transaction() as connection:
        connection.execute(
            "UPDATE planning.plan SET first_day = %s, last_day = %s, apart = 2",
            (FIRST, FIRST + timedelta(days=9)),
        )
        for each in TOTALS:
            connection.execute(
                "INSERT INTO planning.day_total (plan_id, day, channel, contacts, a_day, votes) VALUES (1, %s, %s, %s, %s, %s)",
                (each.day, each.channel, each.contacts, each.a_day, each.votes),
            )
        connection.execute(
            "INSERT INTO planning.limit_total (plan_id, name, kind, unit, each, at_most, at_least, used, price)"
            " VALUES (1, 'days:door', 'days', 'a_day', 1, 30, 0, 14, 0.0123)"
        )
        connection.execute(
            "UPDATE people.standing SET days = %s WHERE person_id = %s", ([FIRST + timedelta(days=3)], NADIA)
        )
    return small_town


def test_strips_and_days_say_the_same(with_days: Campaign) -> None:
    with with_days.ledger.read() as connection:
        plan = queries.plan(connection, 1)
        totals = queries.day_totals(connection, 1)
    assert plan is not None
    assert sorted(totals, key=str) == sorted(TOTALS, key=str)
    mail, doors = strips(plan, totals)
    assert (mail.channel, mail.contacts, mail.used, mail.first, mail.last) == ("email", 90, 1, FIRST, FIRST)
    assert (doors.contacts, doors.used, doors.full, doors.a_day, doors.days) == (42, 2, 1, 30, 10)
    assert [(bar.number, bar.high, bar.room) for bar in doors.bars] == [(1, 24, 24), (3, 9.6, 24), (9, 0, 24)]
    assert [(day.day, day.contacts) for day in by_day(totals)] == [
        (FIRST, 90),
        (FIRST + timedelta(days=1), 30),
        (FIRST + timedelta(days=3), 12),
    ]


def test_the_plan_tells_which_channel_has_no_day_left(with_days: Campaign, director: Any) -> None:
    assert "Not in this plan" not in director.get("/plan").text
    with with_days.ledger.transaction() as connection:
        connection.execute("UPDATE planning.plan SET closed = '{post,sms}'")
    told = "Not in this plan: Letters, Text messages. No day is left for that from 18 January 2027 to 27 January 2027, by plan.toml or by law."
    assert told in director.get("/plan").text
    assert "Hors de ce plan : " in director.get("/plan?lang=fr").text.replace("\xa0", " ")


def test_the_plan_tells_its_days(with_days: Campaign, director: Any) -> None:
    page = director.get("/plan").text
    for told in (
        "From 18 January 2027 to 27 January 2027.",
        "at least 2 days apart",
        "42 on 2 days, Tue 19 Jan to Thu 21 Jan; at most 30 a day; 1 day is full",
        "90 on Mon 18 Jan",
        "Doors, contacts a day",
        "14 of 30, on average",
        "2 more a day would gain about 0.02 votes.",
        'value="days:door"',
    ):
        assert told in " ".join(page.split()), told


def test_a_person_is_told_the_day_and_why(with_days: Campaign, director: Any) -> None:
    assert "Meant for Thursday, 21 January 2027: the days before are full." in person(director)
    with with_days.ledger.transaction() as connection:
        connection.execute("UPDATE people.standing SET days = %s WHERE person_id = %s", ([FIRST], NADIA))
        connection.execute("UPDATE planning.day_total SET day = day - 1 WHERE channel = 'door'")
    assert "Meant for Monday, 18 January 2027, the first day on which the plan uses this channel." in person(
        director
    )
    french = person(director, headers={"accept-language": "fr"})
    assert "Prévu pour le lundi 18 janvier 2027, premier jour" in " ".join(french.split())


def person(director: Any, **more: Any) -> str:
    director.get("/people")
    found = re.search(r'href="(/people/[^"]+)"', director.post("/people/find", {"text": "nadia"}).text)
    assert found is not None
    text: str = director.get(found[1], **more).text
    return text


def test_without_days_nothing_is_told_of_them(small_town: Campaign, director: Any) -> None:
    page = director.get("/plan").text
    assert 'class="strips"' not in page
    assert "apart" not in page
