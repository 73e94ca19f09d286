"""Which days are left for contacts: those of plan.toml, less what is over and what the law closes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import numpy as np
import pytest

from commonweal.campaign import Campaign, Mode
from commonweal.planning.days import ChannelDays, Days
from commonweal.planning.errors import HorizonTooLong, NoDayLeft, NoRoundAhead
from commonweal.planning.horizon import Horizon, horizon_of, in_time
from commonweal.planning.terms import Term, Terms
from planning.folk import OPTIONS, POST

# The clock stands at 21:00 of Friday 15 January 2027 in Toulouse; the rounds are on 11 and 25 April.


def left(campaign: Campaign, days: Days, *channels: str) -> dict[str, list[str]]:
    """The open days of each channel, as MM-DD."""
    found = horizon_of(campaign, days, channels or ("door",))
    assert found is not None
    return {
        channel: [found.date(int(day)).strftime("%m-%d") for day in np.flatnonzero(open_)]
        for channel, open_ in found.open.items()
    }


def test_a_horizon_goes_from_the_next_day_to_the_eve_of_the_next_round(campaign: Campaign, clock) -> None:
    found = horizon_of(campaign, Days(), ("door", "sms"))
    assert found is not None
    assert (found.first, found.last, found.days) == (date(2027, 1, 16), date(2027, 4, 10), 85)
    assert horizon_of(campaign, None, ("door",)) is None
    today = date(2027, 1, 15)
    assert horizon_of(campaign, Days(first=today), ("door",)).first == today
    clock.now = datetime(2027, 1, 15, 10, 59, tzinfo=UTC)  # before noon
    assert horizon_of(campaign, Days(), ("door",)).first == date(2027, 1, 15)
    clock.now = datetime(2027, 4, 12, 20, tzinfo=UTC)
    found = horizon_of(campaign, Days(first=date(2027, 1, 1)), ("door",))
    assert (found.first, found.last) == (date(2027, 4, 13), date(2027, 4, 24))


def test_each_channel_has_its_days(campaign: Campaign) -> None:
    days = Days(
        first=date(2027, 2, 1),
        last=date(2027, 2, 8),
        door=ChannelDays(on=("tue", "sat"), a_day=3),
        post=ChannelDays(last=date(2027, 2, 2)),
        sms=ChannelDays(first=date(2027, 2, 7)),
    )
    assert left(campaign, days, "sms", "door", "post") == {
        "door": ["02-02", "02-06"],
        "sms": ["02-07", "02-08"],
        "post": ["02-01", "02-02"],
    }
    assert horizon_of(campaign, days, ("door", "post")).a_day == {"door": 3}


def test_what_the_law_closes_is_left_out(campaign: Campaign, clock) -> None:
    clock.now = datetime(2027, 4, 8, 20, tzinfo=UTC)
    until = Days(last=date(2027, 4, 27))
    assert left(campaign, until)["door"][-1] == "04-25"  # the last round is over
    campaign.settings = msgspec.structs.replace(campaign.settings, jurisdiction="fr")
    frozen = {"04-10", "04-11", "04-24", "04-25"}
    assert frozen.isdisjoint(left(campaign, until)["door"])
    assert left(campaign, Days())["door"] == ["04-09"]
    campaign.settings = msgspec.structs.replace(campaign.settings, mode=Mode.STUDY)
    assert frozen < set(left(campaign, until)["door"])


def test_where_no_day_is_left_it_is_said(campaign: Campaign, clock) -> None:
    with pytest.raises(NoDayLeft, match="from 2027-01-16 to 2027-01-10"):
        horizon_of(campaign, Days(last=date(2027, 1, 10)), ("door",))
    with pytest.raises(NoDayLeft):
        horizon_of(campaign, Days(last=date(2027, 1, 18), door=ChannelDays(on=("fri",))), ("door",))
    with pytest.raises(HorizonTooLong):
        horizon_of(campaign, Days(last=date(2207, 1, 10)), ("door",))
    clock.now = datetime(2027, 4, 25, 20, tzinfo=UTC)
    with pytest.raises(NoDayLeft, match="from 2027-04-26 to 2027-04-24"):
        horizon_of(campaign, Days(), ("door",))
    campaign.settings = msgspec.structs.replace(campaign.settings, rounds=())
    with pytest.raises(NoRoundAhead):
        horizon_of(campaign, Days(), ("door",))


def test_a_channel_whose_time_is_over_leaves_the_plan(campaign: Campaign) -> None:
    days = Days(post=ChannelDays(last=date(2027, 1, 10)))
    terms = Terms(days=days, limit=(Term(name="letters", channel="post", at_least=50),))
    options, fewer, horizon = in_time(campaign, OPTIONS, terms)
    assert horizon is not None
    assert POST not in options
    assert len(options) == 3
    assert fewer.limit == ()
    assert horizon.closed == ("post",)
    assert in_time(campaign, OPTIONS, Terms()) == (OPTIONS, Terms(), None)


def test_a_share_of_all_falls_away_where_nothing_else_is_left(campaign: Campaign) -> None:
    """A file that says so from the beginning is refused (`pose`); here it is time that leaves letters only."""
    over = ChannelDays(last=date(2027, 1, 10))
    shares = (
        Term(name="not too much paper", channel="post", at_most_share=0.3),
        Term(name="of the young", channel="post", who="age < 30", at_most_share=0.3),
        Term(name="enough paper", channel="post", at_least_share=0.3),
        Term(name="all", at_most_share=0.3),
    )
    days = Days(door=over, phone=over, email=over)
    options, terms, _horizon = in_time(campaign, OPTIONS, Terms(days=days, limit=shares))
    assert options == (POST,)
    assert [term.name for term in terms.limit] == ["of the young", "enough paper", "all"]
    days = Days(door=over, phone=over)
    assert in_time(campaign, OPTIONS, Terms(days=days, limit=shares))[1].limit == shares


@pytest.mark.parametrize(("apart", "most"), [(0, 2), (1, 4), (2, 3), (4, 2), (5, 2), (6, 1)])
def test_a_horizon_holds_so_many_contacts_of_one_person(apart: int, most: int) -> None:
    open_ = {"door": np.array([1, 0, 0, 0, 1, 1], bool), "sms": np.array([0, 0, 1, 0, 0, 0], bool)}
    found = Horizon(date(2027, 1, 1), apart, open_, {})
    assert found.most == found.also(["phone", "door"]).most == most
