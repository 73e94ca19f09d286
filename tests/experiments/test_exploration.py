"""What plans drew is analysed by the chances of the draw, and is no pilot."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from commonweal.campaign import Campaign
from commonweal.experiments import actions, exploration, queries
from commonweal.experiments.errors import NameOfExploration, NoResults, NothingExplored
from commonweal.scoring.ground import find_pilot
from commonweal.store.ledger import LedgerRole
from town import rows, town

N = 6_000
DOOR, CALL = "door:housing", "phone:housing"


def explored(phone: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, list[list[str]]]:
    """Arm, chance and options of persons 0 … N - 1: 3 in 10 left alone, 7 in 10 drawn among what is open."""
    alone = rng.random(N) < 0.3
    called = phone & (rng.random(N) < 0.5)
    arm = np.where(alone, "control", np.where(called, CALL, DOOR))
    chance = np.where(alone, 0.3, np.where(phone, 0.35, 0.7))
    return arm, chance, [[DOOR, CALL] if has else [DOOR] for has in phone]


@pytest.fixture
def drawn(campaign: Campaign) -> np.ndarray:
    """Who has a phone votes far more often; a door adds 5 points with them and 25 with the others, a call 10. Plans 3 and 4 drew, 4
    everybody and otherwise; 9 was never put to use."""
    rng = np.random.default_rng(8)
    phone = rng.random(N) < 0.4
    arm, chance, could = explored(phone, rng)
    added = np.where(arm == DOOR, np.where(phone, 0.05, 0.25), np.where(arm == CALL, 0.10, 0.0))
    voted = rng.random(N) < np.where(phone, 0.7, 0.2) + added
    person = np.arange(N)
    table = pa.concat_tables(
        rows(
            "experiments.exploration",
            len(who),
            plan_id=[plan] * len(who),
            person_id=person[who],
            household_id=person[who] // 2,
            arm=arm[who] if plan == 3 else [DOOR] * len(who),
            chance=chance[who],
            could=[could[each] for each in who],
        )
        for plan, who in ((3, person[: N - 500]), (4, person), (9, person))
    )
    told = {"outcome:exploration/voted": voted, "outcome:voted": ~voted}
    attributes = [
        rows("people.attribute", N, person_id=person, name=[name] * N, number=values.astype(float))
        for name, values in told.items()
    ]
    people = rows("people.profile", N, person_id=person, household_id=person // 2)
    with campaign.lake.writer("test") as writer:
        writer.stage("people.profile", people)
        writer.stage("people.attribute", pa.concat_tables(attributes))
        writer.stage("experiments.exploration", table)
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            writer.publish(connection)
    return phone


def put_to_use(campaign: Campaign, *plans: int) -> None:
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        for plan in plans:
            actions.explore(connection, campaign, plan, actor="test")
            actions.explore(connection, campaign, plan, actor="again")


def test_each_option_is_compared_with_whom_it_could_have_reached(
    campaign: Campaign, drawn: np.ndarray
) -> None:
    put_to_use(campaign, 3, 4)
    (report,) = actions.analyse(campaign, exploration.NAME)
    assert (report.metric, report.missing, report.ratio) == ("voted", 0, None)
    found = {arm.arm: arm for arm in report.analysis.arms}
    assert list(found) == ["control", DOOR, CALL]
    truth = {DOOR: 0.4 * 0.05 + 0.6 * 0.25, CALL: 0.10}
    for arm, effect in truth.items():
        assert found[arm].effect is not None
        assert found[arm].effect.value == pytest.approx(effect, abs=0.045)
        assert found[arm].effect.low < effect < found[arm].effect.high
    naive = found[CALL].mean.value - found["control"].mean.value
    assert naive > 0.3  # who was called has a phone
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        (kept,) = queries.reports(connection, exploration.NAME)
        assert queries.exploration(connection) == 3
    assert [arm.arm for arm in kept.analysis.arms] == ["control", DOOR, CALL]


def test_only_the_draw_of_the_first_plan_that_was_put_to_use_counts(
    campaign: Campaign, drawn: np.ndarray
) -> None:
    put_to_use(campaign, 3)
    (first,) = actions.analyse(campaign, exploration.NAME)
    put_to_use(campaign, 4)
    (second,) = actions.analyse(campaign, exploration.NAME)
    assert first.analysis.units == N - 500
    assert second == first


def test_nothing_to_analyse_and_a_name_that_is_taken(campaign: Campaign, drawn: np.ndarray) -> None:
    with pytest.raises(NothingExplored):
        actions.analyse(campaign, exploration.NAME)
    with pytest.raises(NameOfExploration):
        actions.draw(campaign, exploration.NAME, {"control": 0.5, DOOR: 0.5})
    with campaign.lake.writer("test") as writer:
        writer.stage("people.attribute", rows("people.attribute", 0))
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            writer.publish(connection)
    put_to_use(campaign, 3)
    with pytest.raises(NoResults, match=str(N - 500)):
        actions.analyse(campaign, exploration.NAME)


def test_exploring_is_no_pilot_and_tells_nothing_of_one(campaign: Campaign) -> None:
    made = town(3_000, pilot=0.5)
    own = rows(
        "people.attribute",
        3_000,
        person_id=made.person,
        name=["outcome:exploration/support"] * 3_000,
        number=np.ones(3_000),
    )
    made.tables["people.attribute"] = pa.concat_tables([made.tables["people.attribute"], own])
    made.tables["experiments.exploration"] = rows(
        "experiments.exploration",
        3_000,
        plan_id=[1] * 3_000,
        person_id=made.person,
        arm=np.where(made.person % 2 == 0, "control", DOOR),
        chance=[0.5] * 3_000,
        could=[[DOOR]] * 3_000,
    )
    made.load(campaign)
    put_to_use(campaign, 1)
    pilot = find_pilot(campaign)
    assert pilot is not None
    assert pilot.experiment == "pilot"
    assert "exploration/support" not in pilot.outcomes
    assert {report.metric for report in actions.analyse(campaign, "pilot")} == set(pilot.outcomes)


def test_a_metric_whose_name_has_a_slash_is_of_every_experiment(campaign: Campaign) -> None:
    made = town(2_000, pilot=0.5)
    told = made.tables["people.attribute"]
    names = pc.replace_substring(told["name"], "outcome:voted", "outcome:voted/2027")
    made.tables["people.attribute"] = told.set_column(told.schema.get_field_index("name"), "name", names)
    made.load(campaign)
    pilot = find_pilot(campaign)
    assert pilot is not None
    assert "voted/2027" in pilot.outcomes
    assert "voted/2027" in {report.metric for report in actions.analyse(campaign, "pilot")}
