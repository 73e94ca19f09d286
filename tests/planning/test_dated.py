"""A plan with days: its contacts, totals and reasons are of what can be done, and an independent count finds nothing broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import msgspec
import numpy as np
import pytest

from commonweal.campaign import Campaign
from commonweal.experiments.rules import uniform
from commonweal.planning import exploring, posing
from commonweal.planning.dated import Dated, dated
from commonweal.planning.horizon import Horizon
from commonweal.planning.joint import Limit, solve
from commonweal.planning.population import Barrier
from commonweal.planning.posing import Posed, pose
from commonweal.planning.tally import Tally, tally
from commonweal.planning.terms import Doors, Term, Terms
from commonweal.planning.totals import Kind
from commonweal.planning.under_way import Held, keep
from planning.folk import CALL, DOOR, MAIL, OPTIONS, POST, alike, folk

FIRST = date(2027, 2, 1)
TERMS = Terms(most=3, doors=Doors(hours_each=0.2, elsewhere=20.0))


def horizon(days: int = 6, apart: int = 2, **a_day: int) -> Horizon:
    """All days are open; at the door every other."""
    open_ = {each.channel: np.ones(days, bool) for each in OPTIONS}
    open_["door"] = np.arange(days) % 2 == 0
    return Horizon(FIRST, apart, open_, a_day)


def made(
    campaign: Campaign, days: Horizon, budget: int = 60_000, terms: Terms = TERMS
) -> tuple[Posed, Dated, Tally]:
    population = folk()
    posed = pose(campaign.lake, population, OPTIONS, budget, terms, days)
    found = dated(campaign.lake, population, posed, solve(posed.problem))
    assert found is not None
    return found.posed, found, tally(population, found.posed, found.plan, 7, found)


def test_rows_and_days_say_the_same(campaign: Campaign) -> None:
    _posed, found, told = made(campaign, horizon(door=20, phone=9))
    rows = [row for row in told.contacts.to_pylist() if row["option"]]
    assert all(FIRST <= row["day"] < date(2027, 2, 7) for row in rows)
    assert {row["day"] for row in told.contacts.to_pylist() if not row["option"]} == {None}
    assert {row["day"].day for row in rows if row["option"] == DOOR.code} == {1, 3, 5}
    doors = {(each.day, each.channel): each for each in told.days}
    assert max(each.contacts for each in told.days if each.channel == "door") <= 20
    assert max(each.contacts for each in told.days if each.channel == "phone") <= 9
    assert (doors[FIRST, "door"].a_day, doors[FIRST, "post"].a_day) == (20, None)
    assert sum(each.contacts for each in told.days) == told.pieces
    assert sum(each.votes for each in told.days) == pytest.approx(told.votes.value)
    assert told.votes.value == pytest.approx(found.plan.votes)
    assert told.votes.value <= told.bound
    several = [row for row in rows if sum(row["person_id"] == other["person_id"] for other in rows) > 1]
    by_person: dict[int, list[int]] = {}
    for row in several:
        by_person.setdefault(row["person_id"], []).append(row["day"].toordinal())
    assert by_person
    assert all(np.diff(sorted(days)).min() >= 2 for days in by_person.values())


def test_a_channels_contacts_a_day_are_a_limit_with_a_price(campaign: Campaign) -> None:
    _posed, _found, told = made(campaign, horizon(days=6, phone=5), budget=10**6)
    calls = next(each for each in told.limits if each.name == "days:phone")
    assert (calls.kind, calls.unit, calls.at_most) == (Kind.DAYS, "a_day", 5.0)
    assert calls.used == pytest.approx(5.0)
    assert calls.price > 0
    assert sum(each.contacts for each in told.days if each.channel == "phone") == 30


def test_nobody_gets_more_than_the_days_hold(campaign: Campaign) -> None:
    posed, _found, told = made(campaign, horizon(days=3, apart=2), budget=10**6)
    assert posed.terms.most == 2
    often = np.unique(
        [row["person_id"] for row in told.contacts.to_pylist() if row["option"]], return_counts=True
    )
    assert often[1].max() == 2


def test_what_finds_no_day_is_left_out_and_says_so(campaign: Campaign) -> None:
    """Two days, of which door and letter both need the first: the joint plan doesn't know, and the days do."""
    options = (DOOR, POST)
    open_ = {"door": np.array([True, False]), "post": np.array([True, False])}
    days = Horizon(FIRST, 1, open_ | {"sms": np.ones(2, bool)}, {"door": 4})
    population = alike(9, options)
    posed = pose(campaign.lake, population, options, 10**6, Terms(most=2), days)
    plan = solve(posed.problem)
    assert len(plan.person) == 13
    found = dated(campaign.lake, population, posed, plan)
    assert found is not None
    told = tally(population, posed, found.plan, 1, found)
    assert [(each.option, each.contacts) for each in told.options] == [(DOOR.code, 4), (POST.code, 5)]
    assert told.left_out == ()
    assert told.limits[0].used == told.spent == 4 * 180 + 5 * 70
    alone = replace(
        posed, horizon=Horizon(FIRST, 1, {"door": open_["door"], "post": open_["post"]}, {"post": 3})
    )
    found = dated(campaign.lake, population, alone, plan)
    assert found is not None
    told = tally(population, alone, found.plan, 1, found)
    assert told.reached == 7
    assert [(each.reason, each.persons) for each in told.left_out] == [("no_day", 2)]


def test_a_share_stays_a_share_where_contacts_are_left_out(campaign: Campaign) -> None:
    """Each letter makes room for one e-mail; there is a day for two letters only."""
    options = (POST, MAIL)
    population = alike(6, options)
    days = Horizon(FIRST, 0, {"post": np.ones(1, bool), "email": np.ones(1, bool)}, {"post": 2})
    posed = pose(campaign.lake, population, options, 10**6, Terms(most=2), days)
    free = replace(posed, horizon=None)
    share = Limit("half by post", np.array([-1.0, 1.0]), 0.0)
    limits = (posed.problem.limits[0], share)
    plan = solve(replace(posed.problem, limits=limits))
    assert len(plan.person) == 12
    posed = replace(posed, problem=replace(posed.problem, limits=limits), limits=limits[:1])
    found = dated(campaign.lake, population, posed, plan)
    assert found is not None
    assert np.bincount(found.plan.option).tolist() == [2, 2]
    assert found.plan.uses[1].used == 0
    assert dated(campaign.lake, population, free, plan) is None


def test_what_is_under_way_is_on_the_first_day(campaign: Campaign) -> None:
    population = folk()
    person = next(place for place in range(600) if not population.barrier[place].any())
    claims = [Held(CALL.code, [int(population.person[person])])]
    days = horizon(phone=3)
    posed = keep(pose(campaign.lake, population, OPTIONS, 10**6, TERMS, days), population, claims)
    found = dated(campaign.lake, population, posed, solve(posed.problem))
    assert found is not None
    told = tally(population, posed, found.plan, 1, found)
    rows = [row for row in told.contacts.to_pylist() if row["person_id"] == population.person[person]]
    called = next(row for row in rows if row["option"] == CALL.code)
    assert called["day"] == FIRST
    assert all((row["day"] - FIRST).days >= 2 for row in rows if row is not called)


def test_who_was_drawn_and_finds_no_day_is_in_the_draw_all_the_same(campaign: Campaign) -> None:
    """Two days, of which each has room for three: of households of two only one a day can be called."""
    options = (POST, msgspec.structs.replace(CALL, unit_cost=1))
    population = replace(alike(80, options), household=np.repeat(np.arange(40), 2))
    days = Horizon(FIRST, 0, {"post": np.ones(2, bool), "phone": np.ones(2, bool)}, {"phone": 3})
    terms = Terms(most=1, learning=0.2, exploring=0.5)
    posed = pose(campaign.lake, population, options, 10**6, terms, days)
    posed, draw = exploring.explore(posed, population, exploring.Before())
    assert posed.drawn.pieces[posed.drawn.option == 1].sum() == 6
    found = dated(campaign.lake, population, posed, solve(posed.problem))
    assert found is not None
    told = tally(population, found.posed, found.plan, 1, found)
    drawn = exploring.rows(draw, found.posed, population, 1).to_pylist()
    assert sum(row["arm"] == CALL.code for row in drawn) == 6
    assert sum(row["arm"] != "control" for row in drawn) == told.explored + 2
    assert [(each.reason, each.persons) for each in told.left_out if each.reason == "no_day"] == [
        ("no_day", 2)
    ]


def test_the_bound_is_of_the_room_that_who_was_drawn_left(campaign: Campaign) -> None:
    """Two days of three calls: three drawn households of two fill them on average, and one of them has no day. One call a day is left
    then, which some plan could use for people who live alone."""
    options = (CALL, msgspec.structs.replace(POST, per="household"))
    pair = uniform(np.arange(400), posing._LEARNING) >= 0.5  # who explores has a large number
    home = np.sort(np.concatenate([np.arange(400), np.flatnonzero(pair)]))
    population = alike(len(home), options)
    support = np.where(pair[home], 0.55, 0.95).astype(np.float32)
    calls_only = np.tile(np.array([Barrier.OPEN, Barrier.SAID_NO], np.uint8), (len(home), 1))
    population = replace(population, household=home, support=support, barrier=calls_only)
    days = Horizon(FIRST, 1, {"phone": np.ones(2, bool), "post": np.ones(2, bool)}, {"phone": 3})
    posed = pose(campaign.lake, population, options, 10**7, Terms(most=1, learning=0.01, exploring=0.5), days)
    posed, _draw = exploring.explore(posed, population, exploring.Before())
    assert posed.drawn.pieces.sum() == 6
    found = dated(campaign.lake, population, posed, solve(posed.problem))
    assert found is not None
    told = tally(population, found.posed, found.plan, 1, found)
    assert [each.contacts for each in told.days if each.channel == "phone"] == [2, 2]
    alone = posed.units.gain[posed.units.times[:, 0] == 1, 0].max()
    assert told.votes.value + 2 * alone <= told.bound <= told.votes.value + 4 * alone
    parts = found.plan.gap_parts
    assert parts.limits + parts.hours + parts.persons == pytest.approx(found.plan.in_part - found.plan.votes)


def test_shares_hold_together_where_contacts_are_left_out(campaign: Campaign) -> None:
    """Calls to older people go, since calls to young ones found no day; with them what letters stood on."""
    population = folk(200, seed=3)
    young = np.random.default_rng(3).random(200) < 0.35
    population = replace(population, meets={"age < 30": young})
    shares = (
        Term(name="paper", channel="post", at_most_share=0.2),
        Term(name="young calls", who="age < 30", channel="phone", at_least_share=0.6),
    )
    first, last = np.arange(3) == 0, np.arange(3) == 2
    posed = pose(
        campaign.lake,
        population,
        OPTIONS,
        10**6,
        Terms(most=2, limit=shares),
        Horizon(FIRST, 2, {"door": first, "phone": first, "post": last, "email": last}, {}),
    )
    found = dated(campaign.lake, population, posed, solve(posed.problem))
    assert found is not None
    assert len(found.lost)
    told = {each.name: each for each in tally(population, found.posed, found.plan, 1, found).limits}
    assert told["paper"].used <= 0.2
    assert told["young calls"].used >= 0.6


def test_a_broken_day_is_found(campaign: Campaign) -> None:
    population = folk()
    posed, found, _told = made(campaign, horizon(door=20, phone=9))
    for wrong in (
        np.zeros_like(found.day),
        np.full_like(found.day, -1),
        np.full_like(found.day, 1),
        np.full_like(found.day, 60),
    ):
        with pytest.raises(AssertionError):
            tally(population, posed, found.plan, 1, replace(found, day=wrong))
    with pytest.raises(AssertionError, match="have no days"):
        tally(population, posed, found.plan, 1)


def test_a_household_larger_than_a_day_is_not_called(campaign: Campaign) -> None:
    options = (POST, msgspec.structs.replace(CALL, unit_cost=1))
    population = replace(alike(3, options), household=np.array([7, 7, 8]))
    days = Horizon(FIRST, 0, {"post": np.ones(2, bool), "phone": np.ones(2, bool)}, {"phone": 1})
    posed = pose(campaign.lake, population, options, 10**6, Terms(most=2), days)
    plan = solve(posed.problem)
    assert np.bincount(plan.option).tolist() == [2, 1]
