"""Some contacts are drawn, within all limits, and with chances that are known."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from commonweal.campaign import Campaign
from commonweal.planning.exploring import Draw, explore, rows
from commonweal.planning.joint import Plan, solve
from commonweal.planning.population import Barrier, Population
from commonweal.planning.posing import Posed, pose
from commonweal.planning.tally import Tally, tally
from commonweal.planning.terms import Doors, Term, Terms
from commonweal.planning.under_way import Held, keep
from planning.folk import CALL, DOOR, MAIL, OPTIONS, POST, alike, folk

TERMS = Terms(most=2, learning=0.2, exploring=0.3)
NOBODY = pa.table({"person_id": pa.array([], pa.int64()), "arm": pa.array([], pa.string())})


def explored(
    campaign: Campaign,
    population: Population,
    terms: Terms = TERMS,
    budget: int = 60_000,
    claims: tuple[Held, ...] = (),
    options: tuple = OPTIONS,
    before: pa.Table = NOBODY,
) -> tuple[Posed, Draw]:
    posed = keep(pose(campaign.lake, population, options, budget, terms), population, claims)
    return explore(posed, population, before)


def planned(posed: Posed, population: Population) -> tuple[Plan, Tally]:
    plan = solve(posed.problem)
    return plan, tally(population, posed, plan, 1)


def homes(population: Population, persons: np.ndarray) -> set[int]:
    return set(population.household[persons].tolist())


def test_who_explores_gets_one_drawn_contact_and_nothing_besides(campaign: Campaign) -> None:
    population = folk()
    posed, draw = explored(campaign, population)
    _plan, found = planned(posed, population)
    rows = found.contacts.to_pylist()
    drawn = {row["person_id"]: row["option"] for row in rows if row["reason"] == "drawn"}
    assert len(drawn) == found.explored == len(posed.drawn.person) > 60
    assert len(drawn) == sum(row["reason"] == "drawn" for row in rows)
    codes = [each.code for each in OPTIONS]
    told = draw.option >= 0
    assert drawn == {
        int(population.person[person]): codes[option]
        for person, option in zip(draw.person[told], draw.option[told], strict=True)
    }
    assert set(drawn.values()) == set(codes)
    assert not homes(population, draw.person[told]) & homes(population, draw.person[~told])
    assert {row["second"] for row in rows if row["reason"] == "drawn"} == {None}
    assert found.votes.value <= found.bound
    assert found.forgone > 0
    cost = sum(row["votes"] for row in rows if row["reason"] == "drawn")
    assert posed.drawn.votes.sum() == pytest.approx(cost, rel=1e-5)


def test_a_larger_share_only_adds_and_an_option_less_changes_no_other_draw(campaign: Campaign) -> None:
    population = folk(2_000)
    some = explored(campaign, population, replace_share(0.1), 10**7)[1]
    more = explored(campaign, population, replace_share(0.3), 10**7)[1]
    barrier = population.barrier.copy()
    barrier[:, 1] = Barrier.SAID_NO
    fewer = explored(campaign, replace(population, barrier=barrier), replace_share(0.3), 10**7)[1]
    first, second = drawn_for(some), drawn_for(more)
    assert first.items() < second.items()
    third = drawn_for(fewer)
    stayed = {person for person, option in second.items() if option != 1}
    assert {third[person] for person in stayed} == {0, 2, 3}
    assert all(third[person] == second[person] for person in stayed)


def replace_share(exploring: float) -> Terms:
    return msgspec.structs.replace(TERMS, exploring=exploring)


def drawn_for(draw: Draw) -> dict[int, int]:
    told = draw.option >= 0
    return dict(zip(draw.person[told].tolist(), draw.option[told].tolist(), strict=True))


def test_chances_are_those_of_the_design(campaign: Campaign) -> None:
    """Weighed by one over their chance, those who got an option stand for all who could have had it; so do those left alone."""
    population = folk(60_000)
    posed, draw = explored(campaign, population, budget=10**9)
    assert set(np.round(TERMS.exploring / draw.chance[draw.option >= 0]).astype(int)) == {1, 2, 3, 4}
    open_ = population.barrier == Barrier.OPEN
    harmed = open_ & (population.d_turnout + 1.96 * population.se_turnout < 0)
    for option in range(len(OPTIONS)):
        closed = np.bincount(posed.units.of, harmed[:, option]) > 0
        could = open_[:, option] & ~closed[posed.units.of]
        got, alone = draw.option == option, (draw.option < 0) & draw.could[:, option]
        for which in (got, alone):
            assert could[draw.person[which]].all()
            assert (1 / draw.chance[which]).sum() == pytest.approx(could.sum(), rel=0.08)


def test_limits_hold_and_fewer_explore_where_there_is_no_room(campaign: Campaign) -> None:
    options = (DOOR, msgspec.structs.replace(POST, capacity=9), CALL, MAIL)
    population = folk(2_000)
    terms = msgspec.structs.replace(
        TERMS,
        doors=Doors(hours_each=0.2, hours={"a": 3.0, "b": 0.0}),
        limit=(Term(name="calls", channel="phone", each=0.1, unit="hours", at_most=1.0),),
    )
    posed, draw = explored(campaign, population, terms, 9_000, options=options)
    _plan, found = planned(posed, population)
    limits = {each.name: each for each in found.limits}
    assert limits["money"].used == found.spent <= 9_000
    assert limits["calls"].used <= 1.0
    assert limits[POST.code].used <= 9
    hours = {each.area_code: each.used for each in found.hours}
    assert hours["a"] <= 3.0
    assert hours["b"] == 0
    area = np.array(population.area.to_pylist())
    assert not draw.could[area[draw.person] == "b", 0].any()
    told = draw.option >= 0
    assert 0 < told.sum() < explored(campaign, population, TERMS, 10**9)[1].option.size / 2
    assert draw.chance[told & (draw.option == 1)].max() < 0.3 / 4


def test_who_explores_first_does_not_depend_on_what_they_would_gain(campaign: Campaign) -> None:
    population = folk(2_000)
    turned = replace(population, d_turnout=np.abs(population.d_turnout), se_turnout=population.se_turnout + 1)
    again = replace(turned, d_support=-population.d_support)
    first, second = (explored(campaign, each, TERMS, 9_000)[1] for each in (turned, again))
    assert drawn_for(first) == drawn_for(second)
    assert np.array_equal(first.chance, second.chance)


def test_what_keeps_a_person_from_voting_is_drawn_for_nobody(campaign: Campaign) -> None:
    population = folk(2_000)
    change = np.where(population.d_turnout < 0, np.float32(-0.1), population.d_turnout)
    change[:, 0] = np.abs(change[:, 0]) + 0.2  # refused as a whole otherwise
    harmed = replace(population, d_turnout=change, support=np.full(2_000, 0.9, np.float32))
    harmed = replace(harmed, d_turnout=np.where(change < 0, change, change + 0.1).astype(np.float32))
    posed, draw = explored(campaign, harmed, TERMS, 10**8)
    told = draw.option >= 0
    assert (harmed.d_turnout[draw.person[told], draw.option[told]] > 0).all()
    planned(posed, harmed)


def test_contacts_under_way_and_explorers_go_together(campaign: Campaign) -> None:
    population = alike(300)
    first, draw = explored(campaign, population)
    before = rows(draw, first, population, 1).select(["person_id", "arm"])
    told = np.flatnonzero(draw.option >= 0)
    own, other = told[0], told[1]
    claims = (
        Held(OPTIONS[draw.option[own]].code, [int(population.person[draw.person[own]])]),
        Held(OPTIONS[(draw.option[other] + 1) % 4].code, [int(population.person[draw.person[other]])]),
    )
    posed, again = explored(campaign, population, claims=claims, before=before)
    _plan, found = planned(posed, population)
    got = {}
    for row in found.contacts.to_pylist():
        got.setdefault(row["person_id"], []).append((row["option"], row["reason"]))
    assert got[claims[0].persons[0]] == [(claims[0].option, "drawn")]
    assert (claims[1].option, "chosen") in got[claims[1].persons[0]]
    assert not {draw.person[own], draw.person[other]} & set(again.person.tolist())


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_limits_they_hold_and_thresholds_are_chances(campaign: Campaign, seed: int) -> None:
    """Who explores is below every threshold of the limits they count in, and the tally finds no limit broken."""
    rng = np.random.default_rng(seed)
    population = replace(folk(1_200, seed=seed), meets={"w": rng.random(1_200) < 0.3})
    some = (
        Term(name="calls", channel="phone", each=0.1, unit="hours", at_most=float(rng.integers(0, 9))),
        Term(name="there", areas=("a",), at_most=float(rng.integers(1, 90))),
        Term(name="mail", channel="email", at_most_share=float(rng.uniform(0.05, 0.9))),
        Term(name="they", who="w", at_least_share=float(rng.uniform(0.05, 0.9))),
        Term(name="paper there", channel="post", areas=("a",), at_most_share=float(rng.uniform(0.0, 0.5))),
    )
    terms = msgspec.structs.replace(
        TERMS,
        limit=tuple(term for term in some if rng.random() < 0.7),
        doors=Doors(hours_each=0.3, hours={"a": float(rng.uniform(0, 9))}, elsewhere=4.0),
    )
    options = (DOOR, msgspec.structs.replace(POST, capacity=int(rng.integers(0, 40))), CALL, MAIL)
    budget = int(rng.integers(500, 20_000))
    posed, draw = explored(campaign, population, terms, budget, options=options)
    planned(posed, population)
    assert ((draw.chance > 0) & (draw.chance <= 0.3)).all()
    told = draw.option >= 0
    assert draw.could[told, draw.option[told]].all()


def test_without_a_share_nobody_explores(campaign: Campaign) -> None:
    population = folk()
    posed = pose(campaign.lake, population, OPTIONS, 9_000, Terms(learning=0.2))
    same, draw = explore(posed, population, NOBODY)
    assert same is posed
    assert not len(draw.person)
