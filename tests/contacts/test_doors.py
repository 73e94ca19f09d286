"""Doors for one who knocks, of a plan with days: what is due, then what comes; street by street; nobody is sent home."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from commonweal.access import actions as access
from commonweal.access.model import Account, Role
from commonweal.access.queries import open_accounts
from commonweal.campaign import Campaign
from commonweal.consent import actions as consent
from commonweal.consent.model import Channel as LawChannel
from commonweal.consent.model import Suppressed
from commonweal.contacts import actions, doors
from commonweal.contacts.doors import Door
from commonweal.contacts.errors import NoDoorsLeft
from commonweal.contacts.model import Channel, Option
from commonweal.contacts.rules import CoolDown, Rules
from commonweal.store.ledger import LedgerRole
from contacts.electors import settle
from contacts.planned import move, put_in_force

TODAY = date(2027, 1, 15)
HOMES = {
    10 * street + number: ("ABCDEF"[street - 1], number + 1) for street in range(1, 7) for number in range(3)
}


@pytest.fixture(autouse=True)
def town(campaign: Campaign, clock: object) -> None:
    """Six streets, A to F, of three doors each: persons 10 to 12 in A, 20 to 22 in B …"""
    campaign.clock.now = campaign.clock().replace(hour=17)  # type: ignore[attr-defined]
    settle(campaign, HOMES, area="0113")
    move(campaign, HOMES)
    actions.set_rules(campaign, Rules(cool_down=CoolDown(any=0)))


@pytest.fixture
def noa(campaign: Campaign) -> Account:
    access.invite(campaign, "Noa", Role.VOLUNTEER)
    with campaign.ledger.read() as connection:
        return open_accounts(connection)[0]


def plan(campaign: Campaign, days: Mapping[str, int | None]) -> None:
    """A plan with a door for each, meant for so many days from now by street (None: for none)."""
    put_in_force(
        campaign,
        [
            (person, "door:housing", None if away is None else TODAY + timedelta(days=away))
            for person, (street, _number) in HOMES.items()
            if street in days
            for away in [days[street]]
        ],
    )


def taken(campaign: Campaign, who: Account, doors_: int) -> set[int]:
    """Who is behind the doors that one is given next."""
    before = {door.claim_id for door in held(campaign, who)}
    doors.hand_out(campaign, ["0113"], doors_, who, actor="test")
    return {door.ids[0] for door in held(campaign, who) if door.claim_id not in before}


def held(campaign: Campaign, who: Account) -> list[Door]:
    with campaign.ledger.read(LedgerRole.WEB, account=who.account_id) as connection:
        return doors.held(connection, campaign, who.account_id)


def test_what_is_due_comes_first_and_then_what_comes_next_street_by_street(
    campaign: Campaign, noa: Account
) -> None:
    plan(campaign, {"A": 3, "B": 0, "C": -2, "D": 1, "E": 0, "F": -1})
    streets = [set(range(number, number + 3)) for number in (30, 60, 20, 50, 40, 10)]  # C F B E, ahead: D A
    assert [taken(campaign, noa, 3) for _street in streets] == streets
    with pytest.raises(NoDoorsLeft):
        doors.hand_out(campaign, ["0113"], 3, noa, actor="test")
    assert [door.ahead for door in held(campaign, noa)] == 12 * [False] + 6 * [True]


def test_who_asks_for_more_goes_on_in_the_street_that_was_begun(campaign: Campaign, noa: Account) -> None:
    plan(campaign, {"A": -1, "B": 0, "C": 0, "D": 0, "E": 4})
    begun = Option("door:housing", "housing", per_household=True)
    actions.claim(campaign, 40, Channel.DOOR, option=begun, account=noa.account_id)
    doors.next_door(campaign, noa, actor="test")
    assert {door.ids[0] for door in held(campaign, noa)} == {40, 41, 42, 10, 11, 12}
    actions.claim(campaign, 50, Channel.DOOR, option=begun, account=noa.account_id)
    doors.next_door(campaign, noa, actor="test")
    assert {20, 21, 22, 30, 31} < {door.ids[0] for door in held(campaign, noa)}, "ahead of plan is for later"


def test_a_street_with_two_days_is_overdue_as_its_longest_and_its_later_doors_wait(
    campaign: Campaign, noa: Account
) -> None:
    day = {10: -1, 11: -4, 12: 5, 20: -3, 21: -3, 22: 0}
    put_in_force(
        campaign, [(person, "door:housing", TODAY + timedelta(days=away)) for person, away in day.items()]
    )
    assert [taken(campaign, noa, 2), taken(campaign, noa, 3)] == [{10, 11}, {20, 21, 22}]
    assert taken(campaign, noa, 9) == {12}


def test_without_days_all_is_due_in_the_order_of_the_streets(campaign: Campaign, noa: Account) -> None:
    plan(campaign, dict.fromkeys("CBA"))
    assert [taken(campaign, noa, 2) for _turn in range(3)] == [{10, 11}, {12, 20}, {21, 22}]
    assert {(door.day, door.ahead) for door in held(campaign, noa)} == {(None, False)}


def test_whom_the_rules_spare_does_not_stand_in_the_way(campaign: Campaign, noa: Account) -> None:
    """Those who said no are the longest overdue, evening after evening: who asks for doors gets others, and no rule counts it."""
    plan(campaign, {"A": -3, "B": -2, "C": -1, "D": 0})
    with campaign.ledger.transaction() as connection:
        for person in (10, 11, 12, 20, 21, 22, 30):
            consent.suppress(connection, campaign, person, LawChannel.DOOR, Suppressed.DO_NOT_CONTACT)
    assert taken(campaign, noa, 3) == {31, 32, 40}
    with campaign.ledger.read() as connection:
        assert connection.execute("SELECT FROM contacts.stopped").rowcount == 0
