"""A campaign's people, options and terms as one joint problem."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from commonweal.campaign import Campaign
from commonweal.planning.errors import (
    AreasOverlap,
    NameTaken,
    NobodyLivesThere,
    NobodyMeets,
    ShareOfAll,
    ShareOfNothing,
    TermOfNothing,
)
from commonweal.planning.joint import solve
from commonweal.planning.joint.errors import FloorsOutOfReach
from commonweal.planning.joint.tally import tally
from commonweal.planning.population import Barrier
from commonweal.planning.posing import Posed, pose
from commonweal.planning.rules import votes
from commonweal.planning.terms import Doors, Term, Terms
from planning.folk import CALL, DOOR, MAIL, OPTIONS, POST, alike, folk

TERMS = Terms(
    most=2,
    doors=Doors(hours_each=0.2, hours={"a": 3.0, "b": 0.0}, elsewhere=1.0),
    limit=(
        Term(name="calls", channel="phone", each=0.1, unit="hours", at_most=4.0),
        Term(name="climate", message="climate", at_least=60),
        Term(name="letters to a", channel="post", areas=("a",), at_most=5),
    ),
)


def posed(campaign: Campaign, terms: Terms = TERMS, budget: int = 20_000) -> Posed:
    return pose(campaign.lake, folk(), OPTIONS, budget, terms)


def test_everything_is_kept_and_finds_its_way_back_to_persons(campaign: Campaign) -> None:
    population, found = folk(), posed(campaign)
    plan = solve(found.problem)
    counted = tally(found.problem, plan.person, plan.option)
    assert not counted.broken
    assert not counted.short.any()
    assert [use.limit.name for use in plan.uses] == ["money", "calls", "climate", "letters to a"]
    person, contact = found.units.persons(plan.person, plan.option)
    option = plan.option[contact]
    assert (population.barrier[person, option] == Barrier.OPEN).all()
    assert found.gain[person, option].sum(dtype=np.float64) == pytest.approx(plan.votes, rel=1e-5)
    paid = np.where(option < 2, 0, np.array([0, 0, 90, 1])[option]).sum()
    homes = len({(home, o) for home, o in zip(population.household[person], option, strict=True) if o == 0})
    letters = len({(home, o) for home, o in zip(population.household[person], option, strict=True) if o == 1})
    assert plan.uses[0].used == paid + 180 * homes + 70 * letters <= 20_000
    assert np.bincount(person).max() == 2
    assert found.areas == ("", "a", "b")
    doors = np.array(found.areas, object)[found.units.area[plan.person[plan.option == 0]]].tolist()
    assert (doors.count("a"), doors.count("b"), doors.count("")) == (15, 0, 5)


def test_who_lives_with_somebody_whose_area_is_known_lives_there(campaign: Campaign) -> None:
    made = alike(3)
    population = replace(made, household=np.array([7, 7, 8]), area=pa.array(["", "b", ""], pa.string()))
    found = pose(campaign.lake, population, OPTIONS, 1_000)
    assert [found.areas[each] for each in found.units.area[found.units.of]] == ["b", "b", ""]


def test_gains_are_votes_of_all_members(campaign: Campaign) -> None:
    population, found = folk(), posed(campaign)
    home = population.household[7]
    members = np.flatnonzero((population.household == home) & (population.barrier[:, 0] == Barrier.OPEN))
    gained = votes(
        population.d_turnout[members, 0],
        population.d_support[members, 0],
        population.turnout[members],
        population.support[members],
    )
    assert found.problem.gain[found.units.of[7], 0] == pytest.approx(gained.sum(), rel=1e-5)


def test_without_terms_there_are_the_budget_and_the_capacities(campaign: Campaign) -> None:
    options = (replace_capacity(12), MAIL)
    found = pose(campaign.lake, folk(options=options), options, 500)
    assert [(limit.name, limit.at_most) for limit in found.problem.limits] == [
        ("money", 500.0),
        ("door:housing", 12.0),
    ]
    assert found.problem.hours is None
    assert np.array_equal(np.unique(found.problem.most), [1])


def replace_capacity(capacity: int) -> object:
    return msgspec.structs.replace(DOOR, capacity=capacity)


def test_persons_are_planned_where_no_option_is_for_a_household(campaign: Campaign) -> None:
    found = pose(campaign.lake, folk(options=(CALL, MAIL)), (CALL, MAIL), 500)
    assert len(found.units) == 600
    assert found.problem.allowed is not None
    assert found.problem.allowed.max() == 1


def test_a_share_is_held_out_to_learn_from(campaign: Campaign) -> None:
    found = posed(campaign, Terms(most=2, learning=0.25))
    plan = solve(found.problem)
    assert 0.15 < found.held_out.mean() < 0.35
    assert not found.held_out[plan.person].any()
    again = posed(campaign, Terms(learning=0.25), budget=100)
    assert np.array_equal(again.held_out, found.held_out)
    fewer = posed(campaign, Terms(learning=0.1))
    assert (found.held_out >= fewer.held_out).all()


def test_terms_that_make_no_sense_here_are_refused(campaign: Campaign) -> None:
    with pytest.raises(NobodyLivesThere, match=r"'0199'.*for example: a, b"):
        posed(campaign, Terms(doors=Doors(hours_each=0.1, hours={"0199": 3.0})))
    with pytest.raises(NobodyLivesThere):
        posed(campaign, Terms(limit=(Term(name="x", areas=("0199",), at_most=3),)))
    with pytest.raises(NameTaken, match="'money'"):
        posed(campaign, Terms(limit=(Term(name="money", at_most=3),)))
    with pytest.raises(TermOfNothing, match="'school' asks for 5"):
        posed(campaign, Terms(limit=(Term(name="school", message="school", at_least=5),)))
    one, other = Term(name="one", areas=("a",), at_most=3), Term(name="other", areas=("a", "b"), at_most=3)
    with pytest.raises(AreasOverlap, match="'one' and 'other' both count the area 'a'"):
        posed(campaign, Terms(limit=(one, other)))


def test_floors_that_cannot_be_met_together_are_named(campaign: Campaign) -> None:
    options = (DOOR, POST)
    terms = Terms(limit=(Term(name="doors", channel="door", at_least=80),))
    found = pose(campaign.lake, alike(100, options), options, 9_000, terms)
    with pytest.raises(FloorsOutOfReach, match="doors: 80 are asked, 50 can be had"):
        solve(found.problem)


def test_groups_get_their_share(campaign: Campaign) -> None:
    population = folk()
    rng = np.random.default_rng(3)
    young, old = rng.random(600) < 0.2, rng.random(600) < 0.2
    population = replace(population, meets={"age < 30": young, "age > 70": old})
    floors = (
        Term(name="the young", who="age < 30", at_least=40),
        Term(name="calls to the old", who="age > 70", channel="phone", areas=("a",), at_least=4),
    )
    found = pose(campaign.lake, population, OPTIONS, 1_500, Terms(most=2, limit=floors))
    group = found.problem.group
    assert group is not None
    assert (group[found.units.of[young]] == 1).all()
    only_old = ~np.isin(population.household, population.household[young]) & old
    assert (group[found.units.of[only_old]] == 2).all()
    plan = solve(found.problem)
    pieces = found.units.times[plan.person, plan.option]
    in_a = found.units.area[plan.person] == 1
    assert pieces[group[plan.person] == 1].sum() >= 40
    assert pieces[(group[plan.person] == 2) & (plan.option == 2) & in_a].sum() >= 4
    assert plan.uses[1].used == pieces[group[plan.person] == 1].sum()


def test_a_minimum_for_nobody_is_refused(campaign: Campaign) -> None:
    population = replace(folk(), meets={"age > 120": np.zeros(600, bool)})
    terms = Terms(limit=(Term(name="the oldest", who="age > 120", at_least=3),))
    with pytest.raises(NobodyMeets, match="'the oldest' asks for 3 contacts"):
        pose(campaign.lake, population, OPTIONS, 500, terms)


def test_a_household_has_several_contacts_but_no_more_than_most(campaign: Campaign) -> None:
    options = (DOOR, POST, MAIL)
    found = pose(campaign.lake, alike(20, options), options, 10**6, Terms(most=2))
    plan = solve(found.problem)
    assert np.bincount(plan.person).tolist() == [2] * 20
    assert plan.uses[0].used < 10**6


def test_only_those_whom_it_gains_something_by_are_called(campaign: Campaign) -> None:
    options = (POST, CALL)
    made = alike(2, options)
    lost = made.d_turnout.copy()
    lost[1, 1] = -0.001
    population = replace(made, household=np.array([7, 7]), d_turnout=lost)
    found = pose(campaign.lake, population, options, 1_000, Terms(most=2))
    plan = solve(found.problem)
    person, contact = found.units.persons(plan.person, plan.option)
    pairs = list(zip(person.tolist(), plan.option[contact].tolist(), strict=True))
    assert sorted(pairs) == [(0, 0), (0, 1), (1, 0)]


def test_a_share_of_nothing_or_of_all_is_refused(campaign: Campaign) -> None:
    def asked(**term: object) -> Posed:
        return posed(campaign, Terms(limit=(Term(name="it", **term),)))  # type: ignore[arg-type]

    with pytest.raises(ShareOfNothing, match="asks for 20% of the contacts"):
        asked(channel="sms", at_least_share=0.2)
    with pytest.raises(ShareOfAll):
        asked(at_most_share=0.2)
    assert [limit.name for limit in asked(channel="sms", at_most_share=0.2).limits] == ["money"]
    assert [limit.name for limit in asked(at_least_share=0.2).limits] == ["money"]
    nobody = replace(folk(), meets={"age < 30": np.zeros(600, bool)})
    with pytest.raises(ShareOfNothing):
        pose(
            campaign.lake,
            nobody,
            OPTIONS,
            900,
            Terms(limit=(Term(name="it", who="age < 30", at_least_share=0.2),)),
        )
