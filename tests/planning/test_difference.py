"""What a changed plan gains more, and how sure that is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from commonweal.campaign import Campaign
from commonweal.planning.difference import difference
from commonweal.planning.horizon import Horizon
from commonweal.planning.joint import solve
from commonweal.planning.population import Barrier
from commonweal.planning.posing import pose
from commonweal.planning.tally import tally
from commonweal.planning.terms import Terms
from commonweal.store.ledger import LedgerRole
from planning.folk import OPTIONS, folk


@pytest.fixture
def known(campaign: Campaign) -> Campaign:
    text = "".join(
        f'[[option]]\ncode = "{each.code}"\nchannel = "{each.channel}"\nmessage = "{each.message}"\nunit_cost = 9\n'
        for each in OPTIONS
    )
    (campaign.folder / "options.toml").write_text(text)
    return campaign


def keep(campaign: Campaign, plan_id: int, rows: pa.Table) -> None:
    with campaign.lake.writer("test") as writer:
        writer.stage("planning.contact", rows, str(plan_id))
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            writer.publish(connection)


def test_only_what_two_plans_do_otherwise_is_in_doubt(known: Campaign) -> None:
    population = folk()
    poses = [pose(known.lake, population, OPTIONS, budget, Terms()) for budget in (4_000, 4_400)]
    plans = [solve(posed.problem) for posed in poses]
    counted = [
        tally(population, posed, plan, place)
        for place, (posed, plan) in enumerate(zip(poses, plans, strict=True))
    ]
    keep(known, 0, counted[0].contacts)
    same = difference(known, population, poses[0], plans[0], 0)
    more = difference(known, population, poses[1], plans[1], 0)
    assert same is not None
    assert more is not None
    assert same.value == pytest.approx(0, abs=1e-9)
    assert same.error == pytest.approx(0, abs=1e-9)
    assert more.value == pytest.approx(counted[1].votes.value - counted[0].votes.value, rel=1e-4)
    assert 0 < more.error < counted[0].votes.error / 3


def test_what_may_not_be_done_any_more_counts_for_nothing(known: Campaign) -> None:
    population = folk()
    posed = pose(known.lake, population, OPTIONS, 4_000, Terms())
    plan = solve(posed.problem)
    found = tally(population, posed, plan, 0)
    keep(known, 0, found.contacts)
    closed = replace(population, barrier=np.full_like(population.barrier, Barrier.SAID_NO))
    now = difference(known, closed, posed, plan, 0)
    assert now is not None
    assert now.value == pytest.approx(found.votes.value, rel=1e-4)
    gone = replace(population, person=population.person + 10**6)
    assert difference(known, gone, posed, plan, 0) == now


def test_a_channel_without_a_day_left_counts_for_nothing(known: Campaign) -> None:
    """The other plan was made when calls could still be made; now only doors can be knocked at."""
    population = folk()
    posed = pose(known.lake, population, OPTIONS, 4_000, Terms())
    plan = solve(posed.problem)
    rows = tally(population, posed, plan, 0).contacts
    doors = pc.fill_null(pc.starts_with(rows["option"], "door:"), False)
    assert 0 < pc.sum(doors).as_py() < rows.num_rows - rows["option"].null_count
    keep(known, 0, rows)
    keep(
        known,
        1,
        rows.filter(doors).set_column(
            0, "plan_id", pa.array([1] * pc.sum(doors).as_py(), rows["plan_id"].type)
        ),
    )
    late = replace(posed, horizon=Horizon(date(2027, 1, 15), 1, {"door": np.ones(3, bool)}, {}))
    assert difference(known, population, late, plan, 0) == difference(known, population, late, plan, 1)
    assert difference(known, population, posed, plan, 0) != difference(known, population, posed, plan, 1)


def test_a_plan_whose_people_or_options_are_gone_is_not_compared(known: Campaign) -> None:
    population = folk()
    posed = pose(known.lake, population, OPTIONS, 4_000, Terms())
    plan = solve(posed.problem)
    assert difference(known, population, posed, plan, 0) is None
    rows = tally(population, posed, plan, 0).contacts
    place = rows.schema.get_field_index("option")
    keep(known, 0, rows.set_column(place, "option", pa.array(["pigeon:post"] * rows.num_rows)))
    assert difference(known, population, posed, plan, 0) is None
