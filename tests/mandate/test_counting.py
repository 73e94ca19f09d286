"""Who heard what: by hand on a few contacts, and the same whether they are in the ledger or in the lake."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from small_town import NADIA, PAUL, ZOE

from commonweal.campaign import Campaign
from commonweal.interactions import moving
from commonweal.interactions.actions import take_in
from commonweal.interactions.model import Channel, Event, Kind, ResultCode
from commonweal.mandate import counting, persons, queries
from commonweal.mandate.model import Status
from commonweal.store.ledger import LedgerRole
from mandate.ledger import Office, office

DOOR = {"kind": Kind.ATTEMPT, "channel": Channel.DOOR, "result": ResultCode.CANVASSED}
MAIL = {"kind": Kind.SENT, "channel": Channel.EMAIL}


class Talk:
    """Contacts of a campaign, told by one sender."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.number = 0

    def tell(self, person: int, message: str | None, hours: float = 1, **more: Any) -> str:
        self.number += 1
        event = Event(
            event_id=f"e{self.number}",
            person_id=person,
            occurred_at=self.campaign.clock() - timedelta(hours=hours),
            message_version=message,
            **(MAIL | more),
        )
        taken = take_in(self.campaign, [event], "mailer")
        assert taken.accepted == 1, taken
        return event.event_id


@pytest.fixture
def team(campaign: Campaign) -> Office:
    return office(campaign)


@pytest.fixture
def talk(campaign: Campaign) -> Talk:
    return Talk(campaign)


def read(team: Office) -> dict[str, Any]:
    account = team.candidate.account_id
    with team.campaign.ledger.read(LedgerRole.WEB, account=account) as connection:
        kept = queries.promises(connection)
        return {
            "heard": {
                (each.promise.text, area.area_code): (area.persons, area.contacts)
                for each in kept
                for area in queries.heard_by_area(connection, each.promise_id)
            },
            "both": queries.heard_both(connection),
            "weeks": queries.weeks(connection),
            "counted": queries.counted(connection),
            "serves": {each.promise.text: (each.serves, each.everyone) for each in kept},
        }


def promised(campaign: Campaign, person: int) -> dict[str, tuple[int, tuple[str, ...]]]:
    with campaign.ledger.read() as connection:
        found = persons.promised(campaign, connection, person)
    return {each.text: (each.times, each.channels) for each in found}


def test_what_is_delivered_is_told_and_nothing_else(team: Office, talk: Talk, campaign: Campaign) -> None:
    trams = team.promise("Free trams", Status.ANNOUNCED, levers="transit fares down", gains='area = "0113"')
    dear = team.promise("Dear trams", levers="transit fares up", gains='area = "0113"', public=False)
    team.message("trams", trams)
    team.message("fares", dear, reason="Others pay less.")
    with campaign.ledger.transaction() as connection:
        connection.execute(
            "UPDATE people.profile SET street_key = 'rue des lilas', city_key = 'toulouse',"
            " house_number = CASE person_id WHEN %s THEN '12' WHEN %s THEN '14 bis' ELSE '30' END",
            (NADIA, PAUL),
        )
    talk.tell(NADIA, "trams")
    talk.tell(NADIA, "trams", kind=Kind.DELIVERED)  # the same contact
    talk.tell(NADIA, "trams", hours=50)  # another one
    talk.tell(PAUL, "fares-1", **DOOR)
    talk.tell(NADIA, "fares", **DOOR)
    talk.tell(ZOE, "trams", kind=Kind.ATTEMPT, channel=Channel.DOOR, result=ResultCode.NOT_HOME)
    talk.tell(ZOE, "trams", kind=Kind.OPENED)
    talk.tell(ZOE, "trams", hours=3)
    talk.tell(ZOE, None, hours=2, kind=Kind.BOUNCED)
    undone = talk.tell(PAUL, "trams", hours=2)
    talk.tell(PAUL, None, kind=Kind.CORRECTION, corrects=undone)
    talk.tell(PAUL, "nobody wrote this down", channel=Channel.POST)
    report = counting.count(campaign)
    assert (report.contacts, report.silent, report.promises) == (5, 1, 2)
    found = read(team)
    assert found["heard"] == {("Free trams", "0113"): (1, 2), ("Dear trams", "0113"): (2, 2)}
    assert found["both"] == {(str(trams), str(dear)): (1, 1)}, "overridden or not, both were heard"
    assert found["serves"] == {"Free trams": (2, 3), "Dear trams": (2, 3)}
    assert found["counted"].contacts == 5
    assert promised(campaign, NADIA) == {"Free trams": (2, ("email",)), "Dear trams": (1, ("door",))}
    assert (promised(campaign, ZOE), promised(campaign, PAUL)) == ({}, {"Dear trams": (1, ("door",))})


def test_the_lake_says_what_the_ledger_said(team: Office, talk: Talk, campaign: Campaign, clock: Any) -> None:
    trams = team.promise("Free trams", Status.ANNOUNCED)
    team.message("trams", trams)
    talk.tell(NADIA, "trams")
    talk.tell(PAUL, "trams-1", **DOOR)
    talk.tell(ZOE, "trams", kind=Kind.ATTEMPT, channel=Channel.PHONE, answers={"ok": True})
    bounced = talk.tell(ZOE, "trams", hours=30)
    talk.tell(ZOE, None, hours=29, kind=Kind.BOUNCED)
    talk.tell(PAUL, None, kind=Kind.CORRECTION, corrects=bounced)
    counting.count(campaign)
    before = read(team)
    assert before["heard"] == {("Free trams", "0113"): (2, 2), ("Free trams", "0114"): (1, 1)}
    clock.now += timedelta(days=100)
    assert moving.move_old(campaign).events == 6
    late = talk.tell(NADIA, "trams")
    talk.tell(NADIA, None, kind=Kind.CORRECTION, corrects=late)
    counting.count(campaign)
    after = read(team)
    by_person = {person: promised(campaign, person) for person in (NADIA, PAUL, ZOE)}
    assert sum(times for told in by_person.values() for times, _channels in told.values()) == 3
    assert by_person[ZOE] == {"Free trams": (1, ("phone",))}
    assert after["heard"] == before["heard"]
    assert [(each.week, each.measure, each.told) for each in after["weeks"]] == [
        (each.week, each.measure, each.told) for each in before["weeks"]
    ]


def test_a_bare_name_is_the_version_in_force_when_it_was_said(
    team: Office, talk: Talk, campaign: Campaign, clock: Any
) -> None:
    first = team.promise("Free trams on Sundays", Status.ANNOUNCED)
    talk.tell(ZOE, "trams", hours=48)  # before anybody wrote the message down
    team.message("trams", first)
    clock.now += timedelta(days=1)
    talk.tell(NADIA, "trams")
    second = team.promise("Free trams", Status.ANNOUNCED)
    team.message("trams", second)
    clock.now += timedelta(days=1)
    talk.tell(PAUL, "trams")
    talk.tell(ZOE, "trams-1")
    counting.count(campaign)
    assert read(team)["heard"] == {
        ("Free trams on Sundays", "0113"): (1, 1),
        ("Free trams on Sundays", "0114"): (1, 2),
        ("Free trams", "0113"): (1, 1),
    }


def test_each_week_is_measured_with_its_monday(
    team: Office, talk: Talk, campaign: Campaign, clock: Any
) -> None:
    clock.now = datetime(2027, 1, 18, 12, tzinfo=UTC)  # a Monday
    narrow = team.promise("For some", gains='sex = "f"', status=Status.ANNOUNCED)
    wide = team.promise("For all", gains="everyone", status=Status.ANNOUNCED)
    team.message("narrow", narrow)
    team.message("both", narrow, wide)
    talk.tell(NADIA, "narrow")
    talk.tell(PAUL, "both")
    talk.tell(ZOE, "both", hours=36)  # Sunday before
    counting.count(campaign)
    found = {(each.week, each.measure): each for each in read(team)["weeks"]}
    monday, before = date(2027, 1, 18), date(2027, 1, 11)
    assert {week for week, _measure in found} == {monday, before}
    assert found[monday, "messages"].contacts == 2
    assert found[monday, "narrow"].told.value == 0, "a woman in three voters: not fewer than one in five"
    assert found[before, "messages"].told.value == pytest.approx(1)
    assert found[monday, "narrow"].told.low is None, "too few to tell"


def test_without_contacts_there_is_nothing_to_measure(team: Office, campaign: Campaign) -> None:
    team.promise("Free trams")
    report = counting.count(campaign)
    assert (report.contacts, report.weeks) == (0, 0)
    assert read(team)["weeks"] == []
