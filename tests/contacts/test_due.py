"""What is due, overdue and to come, counted: each contact once, and each as what it is."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from commonweal.campaign import Campaign
from commonweal.consent import actions as consent
from commonweal.consent.model import Channel as LawChannel
from commonweal.consent.model import Suppressed
from commonweal.contacts import actions, chores, due
from commonweal.contacts.due import Agenda, Due
from commonweal.contacts.model import Channel, Claim, Option
from commonweal.contacts.rules import CoolDown, Rules
from commonweal.interactions.model import ResultCode
from commonweal.store.ledger import LedgerRole
from contacts.electors import settle
from contacts.planned import move, put_in_force

TODAY = date(2027, 1, 15)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
DOOR = Option("door:housing", "housing", per_household=True)
CALL = Option("phone:housing", "trams")


@pytest.fixture(autouse=True)
def town(campaign: Campaign, clock: object) -> None:
    """Two to a door: 1 and 2 yesterday, 3 and 4 today; alone: 5 and 6 yesterday, 7 tomorrow, and in another area 8 today."""
    campaign.clock.now = campaign.clock().replace(hour=11)  # type: ignore[attr-defined]
    settle(campaign, range(1, 8), area="0113")
    settle(campaign, [8], area="0114")
    move(campaign, {person: ("rue Neuve", person) for person in range(1, 9)})
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute("UPDATE people.profile SET household_id = 51 WHERE person_id IN (1, 2)")
        connection.execute("UPDATE people.profile SET household_id = 53 WHERE person_id IN (3, 4)")
    actions.set_rules(campaign, Rules(cool_down=CoolDown(any=0)))
    day = {1: YESTERDAY, 2: YESTERDAY, 3: TODAY, 4: TODAY, 5: YESTERDAY, 6: YESTERDAY, 7: TOMORROW, 8: TODAY}
    put_in_force(campaign, [(person, "door:housing", day[person]) for person in day])


def claim(campaign: Campaign, person: int, channel: Channel = Channel.DOOR, option: Option = DOOR) -> Claim:
    made = actions.claim(campaign, person, channel, option=option)
    assert isinstance(made, Claim), made
    return made


def counted(campaign: Campaign, areas: list[str] | None = None) -> list[Due]:
    due.count(campaign)
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        return due.of_days(connection, areas)


def agenda(campaign: Campaign, areas: list[str] | None = None) -> Agenda:
    due.count(campaign)
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        (found,) = due.agenda(connection, campaign.today, areas)
    return found


def test_a_door_is_one_whoever_lives_there(campaign: Campaign) -> None:
    assert counted(campaign) == [
        Due(Channel.DOOR, YESTERDAY, open=3, held=0, made=0, stopped=0),
        Due(Channel.DOOR, TODAY, open=2, held=0, made=0, stopped=0),
        Due(Channel.DOOR, TOMORROW, open=1, held=0, made=0, stopped=0),
    ]
    assert counted(campaign, ["0114"]) == [Due(Channel.DOOR, TODAY, 1, 0, 0, 0)]
    found = agenda(campaign)
    today = Due(Channel.DOOR, TODAY, 2, 0, 0, 0)
    assert found == Agenda(Channel.DOOR, 3, YESTERDAY, 0, today, held=0, coming=((TOMORROW, 1),))
    assert found.upto == [(TODAY, 5), (TOMORROW, 6)]


def test_a_door_is_where_somebodys_area_is_known(campaign: Campaign) -> None:
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute("UPDATE people.standing SET area_code = NULL WHERE person_id IN (1, 5)")
    assert counted(campaign, ["0113"])[0] == Due(Channel.DOOR, YESTERDAY, 2, 0, 0, 0), "5 lives alone"
    assert counted(campaign)[0].open == 3


def test_what_is_overdue_stays_so_until_it_is_made_or_spared(campaign: Campaign) -> None:
    knocked = claim(campaign, 1)
    assert (agenda(campaign).overdue, agenda(campaign).held) == (2, 1)
    actions.finish(campaign, knocked.claim_id, result=ResultCode.NOT_HOME)
    assert agenda(campaign).overdue == 3, "nobody was at home: nobody has heard"
    actions.finish(campaign, claim(campaign, 2).claim_id, result=ResultCode.CANVASSED)
    actions.finish(campaign, claim(campaign, 3).claim_id, result=ResultCode.REFUSED)
    with campaign.ledger.transaction() as connection:
        consent.suppress(connection, campaign, 5, LawChannel.ANY, Suppressed.OBJECTION)
        consent.suppress(connection, campaign, 6, LawChannel.PHONE, Suppressed.WRONG_NUMBER)
    found = agenda(campaign)
    assert (found.overdue, found.spared) == (1, 1)
    assert (found.today.open, found.today.made, found.today.all) == (1, 1, 2)
    assert counted(campaign)[0] == Due(Channel.DOOR, YESTERDAY, open=1, held=0, made=1, stopped=1)


def test_another_channels_hold_is_none_of_this_contact(campaign: Campaign) -> None:
    claim(campaign, 7, Channel.PHONE, CALL)
    assert agenda(campaign).held == 0


def test_the_next_plan_counts_anew_and_one_without_days_has_nothing_due(campaign: Campaign) -> None:
    actions.finish(campaign, claim(campaign, 5, Channel.PHONE, CALL).claim_id, result=ResultCode.CANVASSED)
    campaign.clock.now += timedelta(days=9)  # type: ignore[attr-defined]
    put_in_force(campaign, [(5, "phone:housing", TODAY), (6, "phone:housing", None)], plan_id=2)
    assert counted(campaign) == [
        Due(Channel.PHONE, TODAY, 1, 0, 0, 0),
        Due(Channel.PHONE, TODAY + timedelta(days=9), 1, 0, 0, 0),
    ], "the call before this plan is not this plan's, and what has no day may be made today"
    put_in_force(campaign, [(5, "phone:housing", None)], plan_id=3)
    chores.keep(campaign)
    assert counted(campaign) == []
