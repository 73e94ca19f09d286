"""What volunteers hold stays in the next plan, and is counted first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import msgspec
import numpy as np
import pytest

from commonweal.campaign import Campaign
from commonweal.planning.dated import dated
from commonweal.planning.days import ChannelDays, Days
from commonweal.planning.horizon import Horizon, in_time
from commonweal.planning.joint import solve
from commonweal.planning.population import Barrier
from commonweal.planning.posing import pose
from commonweal.planning.tally import tally
from commonweal.planning.terms import Doors, Term, Terms
from commonweal.planning.under_way import Held, besides, held, keep
from commonweal.store.ledger import LedgerRole
from planning.folk import CALL, DOOR, MAIL, OPTIONS, alike, folk

TERMS = Terms(
    most=2,
    learning=0.1,
    doors=Doors(hours_each=0.2, hours={"a": 3.0, "b": 0.0}),
    limit=(Term(name="calls", channel="phone", each=0.1, unit="hours", at_most=1.0),),
)


def test_contacts_under_way_stay_and_their_use_is_counted(campaign: Campaign) -> None:
    population = folk()
    rng = np.random.default_rng(5)
    some = rng.choice(600, 12, replace=False)
    claims = [Held(CALL.code, [int(population.person[place])]) for place in some]
    claims += [
        Held(DOOR.code, population.person[[0, 1]].tolist()),
        Held("door:gone", [1]),
        Held(MAIL.code, [-5]),
    ]
    posed = keep(pose(campaign.lake, population, OPTIONS, 9_000, TERMS), population, claims)
    plan = solve(posed.problem)
    found = tally(population, posed, plan, 1)
    rows = {(row["person_id"], row["option"]) for row in found.contacts.to_pylist()}
    open_ = population.barrier[some, 2] == Barrier.OPEN
    for place in some[open_]:
        assert (int(population.person[place]), CALL.code) in rows
    for place in some[~open_]:
        assert (int(population.person[place]), CALL.code) not in rows
    limits = {each.name: each for each in found.limits}
    assert limits["calls"].at_most == 1.0
    assert limits["calls"].used == pytest.approx(max(1.0, 0.1 * open_.sum()))
    assert limits["money"].used == found.spent <= limits["money"].at_most == 9_000
    assert found.votes.value <= found.bound
    assert not posed.held_out[posed.kept.unit].any()
    reasons = {row["person_id"]: row["reason"] for row in found.contacts.to_pylist() if row["option"]}
    assert set(reasons.values()) == {"chosen"}


def test_a_household_that_is_held_gets_no_second_contact_by_the_channel(campaign: Campaign) -> None:
    options = (DOOR, msgspec.structs.replace(DOOR, code="door:trams", message="trams"), CALL)
    population = alike(10, options)
    population = replace(population, household=np.arange(10) // 2)
    terms = Terms(most=2, doors=Doors(hours_each=0.5, hours={"a": 1.5}))
    claims = [Held("door:trams", [int(population.person[0])])]
    posed = keep(pose(campaign.lake, population, options, 10**5, terms), population, claims)
    found = tally(population, posed, solve(posed.problem), 1)
    rows = found.contacts.to_pylist()
    first = sorted(row["option"] for row in rows if row["person_id"] == population.person[0])
    assert first == ["door:trams", CALL.code]
    assert found.hours[0].used == pytest.approx(1.5)
    assert sum(each.contacts for each in found.options if each.channel == "door") == 3


def test_more_is_under_way_than_there_is_room_for(campaign: Campaign) -> None:
    options = (msgspec.structs.replace(CALL, capacity=2), MAIL)
    population = alike(10, options)
    claims = [Held(CALL.code, [int(person)]) for person in population.person[:5]]
    posed = keep(pose(campaign.lake, population, options, 300, Terms()), population, claims)
    found = tally(population, posed, solve(posed.problem), 1)
    assert [each.contacts for each in found.options] == [5, 0]
    assert found.spent == 450


def test_what_is_held_of_an_option_left_aside_is_counted_and_there_is_no_more_of_it(
    campaign: Campaign, clock
) -> None:
    """The doors' last day, in the afternoon: who is held for one gets no call besides, and its money is spent."""
    clock.now = datetime(2027, 1, 15, 13, tzinfo=UTC)
    days = Days(last=date(2027, 2, 20), door=ChannelDays(last=date(2027, 1, 15)))
    options, terms, horizon = in_time(campaign, (DOOR, CALL), Terms(most=1, days=days))
    assert options == (CALL,)
    assert horizon is not None
    claims = [Held(DOOR.code, [1])]
    aside = besides(options, (DOOR, CALL, MAIL), claims)
    assert [(option.code, option.capacity) for option in aside] == [(DOOR.code, 0)]
    population = alike(9, (*options, *aside))
    posed = pose(campaign.lake, population, (*options, *aside), 10**6, terms, horizon.also(["door"]))
    posed = keep(posed, population, claims, [DOOR.code])
    plan = solve(posed.problem)
    found = dated(campaign.lake, population, posed, plan)
    told = tally(population, posed, plan, 1, found)
    rows = {row["person_id"]: (row["option"], row["day"]) for row in told.contacts.to_pylist()}
    assert rows.pop(1) == (DOOR.code, date(2027, 1, 16))
    assert {option for option, _day in rows.values()} == {CALL.code}
    assert told.spent == 180 + 8 * 90
    assert {each.channel: each.contacts for each in told.days if each.contacts} == {"door": 1, "phone": 8}
    assert [each.price for each in told.limits if each.name == DOOR.code] == [0.0]
    assert not keep(posed, population, [], [DOOR.code]).problem.allowed[:, 1].any()


@pytest.mark.parametrize(("held", "contacts"), [(0, [0, 5, 5]), (5, [5, 5, 5]), (12, [12, 5, 5])])
def test_what_is_held_on_a_day_that_has_no_room_takes_none_from_the_others(
    campaign: Campaign, held: int, contacts: list[int]
) -> None:
    population = alike(40, (DOOR,))
    days = Horizon(date(2027, 2, 1), 1, {"door": np.array([False, True, True])}, {"door": 5})
    posed = pose(campaign.lake, population, (DOOR,), 10**6, Terms(), days)
    posed = keep(posed, population, [Held(DOOR.code, [int(each)]) for each in population.person[:held]])
    plan = solve(posed.problem)
    told = tally(population, posed, plan, 1, dated(campaign.lake, population, posed, plan))
    on = {each.day.day: each.contacts for each in told.days}
    assert [on.get(day, 0) for day in (1, 2, 3)] == contacts
    limit = told.limits[1]
    assert (limit.name, limit.used, limit.at_most) == ("days:door", pytest.approx(5.0), 5.0)


@pytest.mark.parametrize(("held", "more"), [(2, 8), (5, 5), (9, 5)])
def test_a_first_day_that_is_open_is_filled_by_what_is_held(campaign: Campaign, held: int, more: int) -> None:
    population = alike(40, (DOOR,))
    days = Horizon(date(2027, 2, 1), 1, {"door": np.ones(2, bool)}, {"door": 5})
    posed = pose(campaign.lake, population, (DOOR,), 10**6, Terms(), days)
    posed = keep(posed, population, [Held(DOOR.code, [int(each)]) for each in population.person[:held]])
    plan = solve(posed.problem)
    assert len(plan.person) == more
    found = dated(campaign.lake, population, posed, plan)
    assert found is not None
    assert not len(found.lost)
    assert tally(population, posed, plan, 1, found).limits[1].used == pytest.approx(5.0)


def test_claims_that_lapsed_or_ended_are_not_under_way(campaign: Campaign) -> None:
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        for number, (state, hours) in enumerate((("live", 5), ("live", -1), ("returned", 5)), 1):
            connection.execute(
                "INSERT INTO contacts.claim (claim_id, subject, members, asked, channel, option, message_version, cost,"
                " state, claimed_at, lapses_at, closed_at, actor) VALUES (%s, %s, '{}', %s, 'door', 'door:housing', 'v', 1,"
                " %s, %s::timestamptz - interval '9 hours', %s::timestamptz + %s * interval '1 hour', %s, 't')",
                (
                    number,
                    number,
                    [number, number + 10],
                    state,
                    campaign.clock(),
                    campaign.clock(),
                    hours,
                    None if state == "live" else campaign.clock(),
                ),
            )
    assert held(campaign) == [Held("door:housing", [1, 11])]
