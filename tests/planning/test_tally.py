"""From a solved plan back to people: rows, reasons and totals say the same."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from commonweal.campaign import Campaign
from commonweal.planning.exploring import Before, explore
from commonweal.planning.joint import Plan, solve
from commonweal.planning.population import Barrier, Population
from commonweal.planning.posing import Posed, pose
from commonweal.planning.tally import Tally, tally
from commonweal.planning.terms import Doors, Term, Terms
from commonweal.planning.totals import Kind
from commonweal.planning.verified import verify_shares
from planning.folk import CALL, DOOR, MAIL, OPTIONS, POST, alike, folk

TERMS = Terms(
    most=2,
    learning=0.1,
    doors=Doors(hours_each=0.2, hours={"a": 3.0, "b": 0.0}),
    limit=(Term(name="calls", channel="phone", each=0.1, unit="hours", at_most=4.0),),
)


def tallied(
    campaign: Campaign, population: Population, options: tuple, budget: int, terms: Terms
) -> tuple[Posed, Plan, Tally]:
    posed = pose(campaign.lake, population, options, budget, terms)
    plan = solve(posed.problem)
    return posed, plan, tally(population, posed, plan, 7)


def test_rows_and_totals_say_the_same(campaign: Campaign) -> None:
    options = (DOOR, msgspec.structs.replace(POST, capacity=20), CALL, MAIL)
    population = folk()
    _posed, plan, found = tallied(campaign, population, options, 10_000, TERMS)
    rows = found.contacts.to_pylist()
    got = [row for row in rows if row["option"]]
    assert {row["person_id"] for row in rows} == set(population.person.tolist())
    assert len(rows) - len(got) == len(population) - found.reached == sum(e.persons for e in found.left_out)
    assert found.spent <= 10_000
    assert found.spent == sum(each.cost for each in found.options) == sum(each.cost for each in found.areas)
    assert found.pieces == sum(each.contacts for each in found.options)
    assert found.votes.value == pytest.approx(sum(row["votes"] for row in got), rel=1e-5)
    assert found.votes.value == pytest.approx(sum(each.votes for each in found.options))
    assert found.votes.value == pytest.approx(sum(each.votes for each in found.areas))
    assert found.votes.value <= plan.bound
    letters = next(each for each in found.options if each.option == POST.code)
    assert (letters.capacity, letters.contacts <= 20) == (20, True)
    often = np.unique([row["person_id"] for row in got], return_counts=True)[1]
    assert often.max() == 2
    assert all(row["second"] != row["option"] for row in got if row["second"])
    assert {row["reason"] for row in got} == {"chosen"}


def test_limits_are_told_in_their_own_units(campaign: Campaign) -> None:
    _posed, plan, found = tallied(campaign, folk(), OPTIONS, 60_000, TERMS)
    money, calls = found.limits
    assert (money.kind, money.unit, money.used, money.at_most) == (Kind.MONEY, "money", found.spent, 60_000)
    assert (calls.kind, calls.unit, calls.each, calls.at_most) == (Kind.TERM, "hours", 0.1, 4.0)
    assert calls.used == pytest.approx(0.1 * next(e.contacts for e in found.options if e.option == CALL.code))
    assert (money.price, calls.price) == (plan.uses[0].price, plan.uses[1].price)
    hours = {each.area_code: each for each in found.hours}
    assert hours["a"].used == pytest.approx(3.0)
    assert hours["a"].price == pytest.approx(plan.prices.hours[1] / 0.2)
    assert (hours["b"].used, hours["b"].available, hours[""].available) == (0, 0, None)


def test_the_reasons_are_those_of_each_person(campaign: Campaign) -> None:
    population = folk()
    barrier = population.barrier.copy()
    barrier[4] = Barrier.NO_CONSENT
    barrier[4, 0] = Barrier.NO_ADDRESS
    alone = population.household.copy()
    alone[4] = 10**6
    population = replace(population, barrier=barrier, household=alone)
    options = (DOOR, POST, CALL, msgspec.structs.replace(MAIL, capacity=20))
    posed, _plan, found = tallied(campaign, population, options, 3_000, TERMS)
    reason = {row["person_id"]: row["reason"] for row in found.contacts.to_pylist()}
    assert reason[int(population.person[4])] == "no_consent"
    held = posed.held_out[posed.units.of]
    told = np.array([reason[int(person)] for person in population.person])
    assert (told[held & (np.arange(len(held)) != 4)] == "held_out").mean() > 0.9
    assert not (told[~held] == "held_out").any()
    assert {"outbid", "full"} <= set(told)
    beside = [each for each in told if each.startswith("other_member_")]
    assert set(beside) == {"other_member_said_no"}


def test_equals_are_left_out_where_the_money_ends_or_the_room(campaign: Campaign) -> None:
    options = (POST,)
    _posed, _plan, found = tallied(campaign, alike(10, options), options, 7 * 70, Terms())
    assert found.reached == 7
    assert {each.reason for each in found.left_out} <= {"ran_out", "outbid"}
    few = (msgspec.structs.replace(POST, capacity=4),)
    _posed, _plan, found = tallied(campaign, alike(10, few), few, 7_000, Terms())
    assert found.reached == 4
    assert found.options[0].more == pytest.approx(0.03, rel=1e-3)


def test_nothing_that_gains_is_a_reason(campaign: Campaign) -> None:
    options = (POST,)
    made = alike(10, options)
    useless = made.d_turnout.copy()
    useless[3] = 0.0
    _posed, _plan, found = tallied(campaign, replace(made, d_turnout=useless), options, 7_000, Terms())
    assert [(each.reason, each.persons) for each in found.left_out] == [("never_useful", 1)]


SHARES = {
    "few letters": (Term(name="it", channel="post", at_most_share=0.03), 0.03),
    "half by post": (Term(name="it", channel="post", at_least_share=0.5), 0.5),
    "the young": (Term(name="it", who="age < 30", at_least_share=0.8), 0.8),
    "mails to a": (Term(name="it", channel="email", areas=("a",), at_most_share=0.2), 0.2),
}


@pytest.mark.parametrize("case", SHARES)
def test_a_share_is_kept_and_told_in_its_own_terms(campaign: Campaign, case: str) -> None:
    term, asked = SHARES[case]
    population = replace(folk(2_000), meets={"age < 30": np.arange(2_000) % 4 == 0})
    terms = Terms(most=2, learning=0.1, exploring=0.1, limit=(term,))
    posed = pose(campaign.lake, population, OPTIONS, 15_000, terms)
    posed, _draw = explore(posed, population, Before())
    plan = solve(posed.problem)
    found = tally(population, posed, plan, 7)
    told = next(each for each in found.limits if each.name == "it")
    assert (told.unit, told.kind) == ("share", Kind.TERM)
    price = dict(zip((limit.name for limit in posed.limits), plan.prices.limits, strict=True))["it"]
    assert abs(told.price) * told.each == pytest.approx(price)
    least = term.at_least_share is not None
    assert (told.at_most, told.at_least) == ((None, asked) if least else (asked, 0.0))
    assert told.used == pytest.approx(asked, abs=0.01)
    assert told.used >= asked - 1e-9 if least else told.used <= asked + 1e-9
    assert told.price < 0 if least else told.price > 0
    step = -0.01 if least else 0.01
    moved = msgspec.structs.replace(term, **{("at_least" if least else "at_most") + "_share": asked + step})
    posed = pose(campaign.lake, population, OPTIONS, 15_000, msgspec.structs.replace(terms, limit=(moved,)))
    posed, _draw = explore(posed, population, Before())
    other = solve(posed.problem)
    gained = tally(population, posed, other, 8).votes.value - found.votes.value
    assert gained == pytest.approx(told.price * step, abs=0.35 * abs(told.price * step) + 0.02)


def test_a_broken_share_is_found(campaign: Campaign) -> None:
    population = folk(2_000)
    posed = pose(campaign.lake, population, OPTIONS, 15_000, Terms(limit=(SHARES["half by post"][0],)))
    plan = solve(replace(posed.problem, limits=posed.problem.limits[:1]))
    with pytest.raises(AssertionError, match="the plan uses more"):
        tally(population, posed, plan, 7)
    with pytest.raises(AssertionError, match="the share it is broken"):
        verify_shares(posed, posed.units.contacts(plan.person, plan.option))
