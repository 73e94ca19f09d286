"""What came of contacts, counted as it happens: the sums are those of the events themselves."""

from __future__ import annotations

import pytest

from commonweal.campaign import Campaign
from commonweal.contacts import actions, chores, tally
from commonweal.contacts.model import Channel, Claim, Option
from commonweal.contacts.rules import CoolDown, Rules
from commonweal.contacts.tally import AreaOutcomes, Outcomes
from commonweal.interactions.model import ResultCode
from contacts.electors import settle

DOOR = Option("door:housing", "housing", cost=180)


@pytest.fixture(autouse=True)
def town(campaign: Campaign, clock: object) -> None:
    campaign.clock.now = campaign.clock().replace(hour=12)  # type: ignore[attr-defined]
    settle(campaign, [1, 2], area="0113")
    settle(campaign, [3], area="0114")
    actions.set_rules(campaign, Rules(cool_down=CoolDown(any=0)))


def knocked(
    campaign: Campaign, person: int, result: ResultCode | None, channel: Channel = Channel.DOOR
) -> Claim:
    made = actions.claim(campaign, person, channel, option=DOOR)
    assert isinstance(made, Claim), made
    return actions.finish(campaign, made.claim_id, result=result)


def of_day(campaign: Campaign, areas: list[str] | None = None) -> list[Outcomes]:
    with campaign.ledger.read() as connection:
        return tally.of_day(connection, campaign.today, areas)


def test_a_day_is_told_by_channel_and_outcome(campaign: Campaign) -> None:
    knocked(campaign, 1, ResultCode.CANVASSED)
    knocked(campaign, 2, ResultCode.NOT_HOME)
    knocked(campaign, 3, ResultCode.REFUSED)
    knocked(campaign, 2, None, Channel.POST)
    door, letters = of_day(campaign)
    assert (door.channel, door.by_outcome) == (Channel.DOOR, {"canvassed": 1, "not_home": 1, "refused": 1})
    assert (door.tried, door.reached, door.refused, door.last_at) == (3, 2, 1, campaign.clock())
    assert (letters.channel, letters.by_outcome) == (Channel.POST, {"sent": 1})


def test_an_organiser_reads_their_areas_and_machines_have_none(campaign: Campaign) -> None:
    knocked(campaign, 1, ResultCode.CANVASSED)
    knocked(campaign, 3, ResultCode.REFUSED)
    knocked(campaign, 2, None, Channel.POST)
    (own,) = of_day(campaign, ["0113"])
    assert own.by_outcome == {"canvassed": 1}
    with campaign.ledger.read() as connection:
        areas = tally.of_areas(connection, campaign.today)
        assert tally.of_areas(connection, campaign.today, ["0114"]) == [
            AreaOutcomes("0114", 1, 1, 1, campaign.clock())
        ]
    assert [area.area_code for area in areas] == ["0113", "0114"]


def test_what_is_undone_is_taken_back_and_old_rows_add_up(campaign: Campaign) -> None:
    made = knocked(campaign, 1, ResultCode.CANVASSED)
    knocked(campaign, 2, ResultCode.NOT_HOME)
    actions.undo(campaign, made.claim_id)
    before = of_day(campaign)
    assert before[0].by_outcome == {"not_home": 1}
    chores.roll_up(campaign)
    assert of_day(campaign) == before
    with campaign.ledger.read() as connection:
        assert connection.execute("SELECT count(*) FROM contacts.tally").fetchone() == (1,)
