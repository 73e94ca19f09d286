"""Some contacts are drawn, within all limits, and with chances that are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from commonweal.campaign import Campaign
from commonweal.experiments import actions as experiments
from commonweal.experiments import exploration
from commonweal.experiments.model import ArmResult
from commonweal.planning.errors import NobodyToCompareWith
from commonweal.planning.exploring import Before, Draw, before, explore, rows
from commonweal.planning.horizon import Horizon
from commonweal.planning.joint import Plan, solve
from commonweal.planning.population import Barrier, Population
from commonweal.planning.posing import Posed, pose
from commonweal.planning.tally import Tally, tally
from commonweal.planning.terms import Doors, Term, Terms
from commonweal.planning.under_way import Held, keep
from commonweal.store.ledger import LedgerRole
from planning.folk import CALL, DOOR, MAIL, OPTIONS, POST, alike, folk
from town import rows as lake_rows

TERMS = Terms(most=2, learning=0.2, exploring=0.3)
NOTHING = Before()


def explored(
    campaign: Campaign,
    population: Population,
    terms: Terms = TERMS,
    budget: int = 60_000,
    claims: tuple[Held, ...] = (),
    options: tuple = OPTIONS,
    done: Before = NOTHING,
) -> tuple[Posed, Draw]:
    posed = keep(pose(campaign.lake, population, options, budget, terms), population, claims)
    return explore(posed, population, done)


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


def test_a_later_plan_draws_nobody_and_what_is_drawn_stays_until_it_is_made(campaign: Campaign) -> None:
    population = alike(300)
    first, draw = explored(campaign, population)
    told = np.flatnonzero(draw.option >= 0)
    ids = population.person[draw.person].tolist()
    own, other, done = told[:3]
    claims = (
        Held(OPTIONS[draw.option[own]].code, [ids[own]]),
        Held(OPTIONS[(draw.option[other] + 1) % 4].code, [ids[other]]),
    )
    earlier = after(draw, first, population, {OPTIONS[draw.option[done]].code: [ids[done]]})
    posed, again = explored(campaign, population, claims=claims, done=earlier)
    assert not len(again.person)
    _plan, found = planned(posed, population)
    got: dict[int, list] = {}
    for row in found.contacts.to_pylist():
        got.setdefault(row["person_id"], []).append((row["option"], row["reason"]))
    assert got[ids[own]] == [(claims[0].option, "drawn")]
    assert got[ids[other]] == [(claims[1].option, "chosen")]
    assert got[ids[done]] == [(None, "drawn_before")]
    for place in told[3:]:
        assert got[ids[place]] == [(OPTIONS[draw.option[place]].code, "drawn")]
    assert all(got[ids[place]] == [(None, "held_out")] for place in np.flatnonzero(draw.option < 0))


def after(
    draw: Draw, posed: Posed, population: Population, made: dict[str, list[int]] | None = None
) -> Before:
    """After a plan with this draw was put to use, and these contacts were made."""
    pairs = [(person, option) for option, persons in (made or {}).items() for person in persons]
    told = {"person_id": [person for person, _ in pairs], "option": [option for _, option in pairs]}
    schema = pa.schema([("person_id", pa.int64()), ("option", pa.string())])
    return Before(
        drawn=rows(draw, posed, population, 1).select(["person_id", "arm"]),
        made=pa.table(told, schema=schema),
    )


def test_who_has_no_room_waits_and_whom_the_draw_left_out_is_planned_for_good(campaign: Campaign) -> None:
    """Nine letters at most, then as many as wanted, then no letter may be sent at all."""
    population = folk(2_000)
    few = (DOOR, msgspec.structs.replace(POST, capacity=9), CALL, MAIL)
    none = (DOOR, msgspec.structs.replace(POST, capacity=0), CALL, MAIL)
    first, draw = explored(campaign, population, budget=10**7, options=few)
    earlier = after(draw, first, population)
    drawn = {population.person[each] for each in draw.person[draw.option >= 0]}
    lettered = {population.person[each] for each in draw.person[draw.option == 1]}
    assert len(lettered) >= 9
    for options, lacks in ((few, set()), (OPTIONS, set()), (none, lettered)):
        posed, again = explored(campaign, population, budget=10**7, options=options, done=earlier)
        assert not len(again.person)
        assert set(population.person[posed.drawn.person].tolist()) == drawn - lacks
        _plan, found = planned(posed, population)
        reason = dict(
            zip(found.contacts["person_id"].to_pylist(), found.contacts["reason"].to_pylist(), strict=True)
        )
        assert {each for each, code in reason.items() if code == "drawn_before"} >= lacks
        assert found.forgone > 0


def test_whom_the_draw_left_alone_stays_alone_whatever_is_asked_for_later(campaign: Campaign) -> None:
    population = folk(1_000)
    first, draw = explored(campaign, population)
    other = msgspec.structs.replace(TERMS, learning=0.01, exploring=0.01)
    posed, _again = explored(campaign, population, other, done=after(draw, first, population))
    assert posed.held_out[posed.units.of[draw.person[draw.option < 0]]].all()
    assert np.array_equal(np.sort(posed.drawn.person), draw.person[draw.option >= 0])
    planned(posed, population)
    together = replace(population, household=population.household // 6)
    posed, _again = explored(campaign, together, done=after(draw, first, population))
    assert posed.held_out[posed.units.of[draw.person[draw.option < 0]]].all()
    assert not posed.held_out[posed.drawn.unit].any()
    planned(posed, together)


def test_who_was_left_alone_before_the_draw_is_not_compared_with(campaign: Campaign) -> None:
    """While they were, those who explore were planned as everybody."""
    population = folk(3_000)
    everybody = explored(campaign, population)[1]
    draw = explored(campaign, population, done=Before(alone=0.15))[1]
    assert drawn_for(draw) == drawn_for(everybody)
    alone, more = draw.option < 0, everybody.option < 0
    assert 0 < alone.sum() < more.sum() / 2
    assert draw.chance[alone] == pytest.approx(0.05)
    with pytest.raises(NobodyToCompareWith):
        explored(campaign, population, done=Before(alone=0.2))


def test_an_option_that_no_day_has_room_for_is_open_to_nobody(campaign: Campaign) -> None:
    """Households of five can't be called where a day has four calls."""
    options = (DOOR, CALL)
    population = replace(alike(500, options), household=np.arange(500) // 5)
    days = Horizon(date(2027, 1, 4), 0, {"door": np.ones(9, bool), "phone": np.ones(9, bool)}, {"phone": 4})
    posed = pose(campaign.lake, population, options, 10**7, TERMS, days)
    draw = explore(posed, population, NOTHING)[1]
    assert len(draw.person)
    assert not draw.could[:, 1].any()
    assert draw.chance[draw.option >= 0] == pytest.approx(0.3)


def test_effects_are_unbiased_though_limits_move_and_others_are_planned(campaign: Campaign) -> None:
    """Three plans, each with more letters in area a than the one before; half of the letters drawn are made after the first. A letter moves
    area a, where few vote, by 18 points and area b by 2; what plans choose moves whom they choose by 30."""
    options = (msgspec.structs.replace(POST, per="person"), CALL)
    rng, found = np.random.default_rng(5), []
    for trial in range(60):
        population = replace(
            alike(1_200, options),
            household=np.arange(1_200) + 5_000 * trial,
            area=pa.array(np.where(np.arange(1_200) < 600, "a", "b")),
        )
        earlier, planned_for, draw = Before(), np.zeros(1_200, bool), None
        for room in (40, 90, 10**6):
            limit = Term(name="post in a", channel="post", areas=("a",), at_most=float(room))
            posed = pose(
                campaign.lake, population, options, 10**9, msgspec.structs.replace(TERMS, limit=(limit,))
            )
            posed, new = explore(posed, population, earlier)
            if draw is None:
                draw = new
                half = population.person[new.person[new.option == 0]][::2].tolist()
                earlier = after(new, posed, population, {POST.code: half})
                table = rows(draw, posed, population, 1)
            planned_for |= ~posed.held_out & ~posed.explores
        a = np.arange(1_200) < 600
        chance = np.where(a, 0.2, 0.6) + 0.3 * planned_for
        arm = np.full(1_200, -1)
        arm[draw.person] = draw.option
        chance += np.where(arm == 0, np.where(a, 0.18, 0.02), 0.0)
        voted = (rng.random(1_200) < chance).astype(float)[draw.person]
        for name, values in {
            "outcome": voted,
            **{each: np.full(len(voted), np.nan) for each in COVARIATES},
        }.items():
            table = table.append_column(name, pa.array(values))
        results = {each.arm: each for each, _names in exploration._results(table)}
        found.append(results[POST.code])
    effects = [effect(each) for each in found]
    assert np.mean([value for value, _low, _high in effects]) == pytest.approx(0.10, abs=0.03)
    assert np.mean([low <= 0.10 <= high for _value, low, high in effects]) >= 0.8


COVARIATES = ("past", "age", "size", "asked")


def effect(arm: ArmResult) -> tuple[float, float, float]:
    assert arm.effect is not None
    return arm.effect.value, arm.effect.low, arm.effect.high


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
    same, draw = explore(posed, population, NOTHING)
    assert same is posed
    assert not len(draw.person)


def test_what_plans_did_before_is_read_only_where_somebody_explores(campaign: Campaign) -> None:
    """Of five claims two were made: one before the draw, and one since of two persons. Two reached nobody, or were taken back."""
    begun = campaign.clock()
    assert before(campaign, TERMS) == Before()
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        for claim, state, stamp, day in (
            (1, "done", 7, -1),
            (2, "done", 7, 1),
            (3, "done", None, 1),
            (4, "undone", 7, 1),
            (5, "live", None, 1),
        ):
            connection.execute(
                "INSERT INTO contacts.claim (claim_id, subject, members, asked, channel, option, message_version, cost, state, claimed_at,"
                " lapses_at, closed_at, actor, stamp, sender, event_id) VALUES (%s, 1, %s, %s, 'phone', 'phone:housing', '', 0, %s, %s, %s,"
                " %s, '', %s, 'a', 'b')",
                (
                    claim,
                    [claim, 9],
                    [claim, 9],
                    state,
                    begun - timedelta(days=2),
                    begun + timedelta(days=9),
                    None if state == "live" else begun + timedelta(days=day),
                    stamp,
                ),
            )
        experiments.explore(connection, campaign, 4, actor="test")
    table = {"plan_id": [4, 4, 5], "person_id": [3, 2, 1], "arm": ["control", "a", "a"]}
    with campaign.lake.writer("test") as writer:
        writer.stage("people.profile", lake_rows("people.profile", 3, person_id=[1, 2, 3]))
        writer.stage("experiments.exploration", lake_rows("experiments.exploration", 3, **table))
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            writer.publish(connection)
    found = before(campaign, TERMS)
    assert sorted(found.made_by("phone:housing").tolist()) == [2, 9]
    assert not len(found.made_by("door:housing"))
    assert found.drawn is not None
    assert found.drawn.to_pydict() == {"person_id": [2, 3], "arm": ["a", "control"]}
    assert before(campaign, Terms(learning=0.1)) == Before()
