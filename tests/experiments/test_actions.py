"""Draws that are kept, and analyses that pages read, on a made-up town."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from commonweal.campaign import Campaign
from commonweal.experiments import actions, queries
from commonweal.experiments.errors import (
    BadExperimentName,
    BadShares,
    ExperimentDrawn,
    NoControl,
    NoneEligible,
    NoResults,
    NoSuchExperiment,
)
from commonweal.store.ledger import LedgerRole
from town import Town, rows, town

SHARES = {"control": 0.2, "door:housing": 0.1, "post:housing": 0.1}


@pytest.fixture
def drawn_from(campaign: Campaign) -> Town:
    made = town(3_000)
    made.load(campaign)
    return made


def assignment(campaign: Campaign) -> pa.Table:
    return campaign.lake.read(campaign.lake.table("experiments.assignment").order_by("person_id"))


def test_a_draw_is_kept_whole_by_household_in_its_shares(campaign: Campaign, drawn_from: Town) -> None:
    drawn = actions.draw(campaign, "pilot", SHARES, about="first")
    kept = assignment(campaign)
    assert drawn.eligible == 3_000
    assert kept.num_rows == drawn.persons == sum(arm.persons for arm in drawn.arms)
    assert drawn.persons == pytest.approx(1_200, abs=150)
    arms_by_home = kept.group_by("household_id").aggregate([("arm", "count_distinct")])
    assert set(arms_by_home["arm_count_distinct"].to_pylist()) == {1}
    assert arms_by_home.num_rows == drawn.households
    by_arm = dict(zip(*np.unique(kept["arm"].to_pylist(), return_counts=True), strict=True))
    assert by_arm == {arm.arm: arm.persons for arm in drawn.arms}
    in_pilot = np.isin(drawn_from.household, kept["household_id"].to_numpy())
    assert in_pilot.sum() == drawn.persons
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        assert queries.experiment(connection, "pilot") == drawn
        assert queries.experiments(connection) == [drawn]


def test_the_same_draw_again_changes_nothing(campaign: Campaign, drawn_from: Town) -> None:
    first = actions.draw(campaign, "pilot", SHARES)
    before = assignment(campaign)
    assert actions.draw(campaign, "pilot", SHARES) == first
    assert assignment(campaign) == before


def test_another_design_under_a_taken_name_is_refused(campaign: Campaign, drawn_from: Town) -> None:
    actions.draw(campaign, "pilot", SHARES)
    before = assignment(campaign)
    with pytest.raises(ExperimentDrawn, match=r"post:housing 0\.1"):
        actions.draw(campaign, "pilot", {**SHARES, "door:housing": 0.2})
    assert assignment(campaign) == before


def test_only_the_eligible_are_drawn(campaign: Campaign, drawn_from: Town) -> None:
    profile = campaign.lake.table("people.profile")
    women = profile.filter(profile.sex == "f")
    drawn = actions.draw(campaign, "women", SHARES, eligible=women, universe="women")
    sexes = campaign.lake.read(
        campaign.lake.table("experiments.assignment").join(profile, "person_id").select("sex").distinct()
    )
    assert sexes["sex"].to_pylist() == ["f"]
    assert drawn.eligible < 1_700


@pytest.mark.parametrize(
    ("name", "shares", "error"),
    [
        ("Pilot 1", SHARES, BadExperimentName),
        ("pilot", {"control": 1.0}, BadShares),
        ("pilot", {"control": 0.6, "door": 0.6}, BadShares),
        ("pilot", {"control": 0.6, "door": 0.0}, BadShares),
        ("pilot", {"door": 0.5, "post": 0.5}, NoControl),
    ],
)
def test_designs_that_are_none(campaign: Campaign, name: str, shares: dict[str, float], error: type) -> None:
    with pytest.raises(error):
        actions.draw(campaign, name, shares)


def test_a_draw_among_nobody_leaves_nothing(campaign: Campaign) -> None:
    with pytest.raises(NoneEligible, match="the roll"):
        actions.draw(campaign, "pilot", SHARES)
    assert campaign.lake.files("experiments.assignment") == []
    assert list(campaign.lake.root.glob("experiments/**/*.parquet")) == []


def test_an_experiment_drawn_elsewhere_is_analysed(campaign: Campaign) -> None:
    made = town(6_000, pilot=0.5)
    made.load(campaign)
    (report,) = actions.analyse(campaign, "pilot", control="Control")
    assert (report.metric, report.missing, report.ratio) == ("voted", 0, None)
    assert report.analysis.units == (made.arm != "").sum()
    assert report.covariates == ("past", "age", "size")
    for arm in report.analysis.arms[1:]:
        truth = made.effect(arm.arm)[made.arm == arm.arm].mean()
        assert arm.adjusted_effect is not None
        assert abs(arm.adjusted_effect.value - truth) < 4 * arm.adjusted_effect.error
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        (kept,) = queries.reports(connection, "pilot")
    assert kept.analysis.control == "control"
    assert [(a.arm, a.mean, a.effect, a.adjusted_effect) for a in kept.analysis.arms] == [
        (a.arm, a.mean, a.effect, a.adjusted_effect) for a in report.analysis.arms
    ]


def test_the_arms_of_a_draw_hold_whatever_a_list_says(campaign: Campaign, drawn_from: Town) -> None:
    drawn = actions.draw(campaign, "pilot", SHARES)
    kept = assignment(campaign)
    person = kept["person_id"].to_numpy()[100:]
    told = pa.concat_tables(
        [
            rows(
                "people.attribute",
                len(person),
                person_id=person,
                name=["arm:pilot"] * len(person),
                text=["x"] * len(person),
            ),
            rows(
                "people.attribute",
                len(person),
                person_id=person,
                name=["outcome:voted"] * len(person),
                number=(person % 2).astype(float),
            ),
        ]
    )
    drawn_from.tables["people.attribute"] = told
    drawn_from.load(campaign)
    (report,) = actions.analyse(campaign, "pilot")
    assert [arm.arm for arm in report.analysis.arms] == list(SHARES)
    assert report.missing == 100
    assert report.analysis.units == drawn.persons - 100
    assert report.ratio is not None
    assert report.ratio.p_value > 0.001


def test_what_was_answered_before_the_draw_makes_the_adjusted_error_smaller(
    campaign: Campaign, drawn_from: Town
) -> None:
    actions.draw(campaign, "pilot", SHARES)
    person = assignment(campaign)["person_id"].to_numpy()
    rng = np.random.default_rng(1)
    before = rng.random(len(person)) < 0.4
    after = np.where(rng.random(len(person)) < 0.85, before, rng.random(len(person)) < 0.4)
    asked = rng.random(len(person)) < 0.9
    drawn_from.tables["people.attribute"] = pa.concat_tables(
        [
            rows("people.attribute", len(who), person_id=who, name=[name] * len(who), number=told)
            for name, who, told in (
                ("outcome:support", person, after.astype(float)),
                ("before:support", person[asked], before[asked].astype(float)),
            )
        ]
    )
    drawn_from.load(campaign)
    (report,) = actions.analyse(campaign, "pilot")
    assert report.metric == "support"
    assert "asked" in report.covariates
    for arm in report.analysis.arms[1:]:
        assert arm.effect is not None
        assert arm.adjusted_effect is not None
        assert arm.adjusted_effect.error < 0.75 * arm.effect.error


def test_nothing_to_analyse(campaign: Campaign, drawn_from: Town) -> None:
    with pytest.raises(NoSuchExperiment, match="none was drawn"):
        actions.analyse(campaign, "pilot")
    drawn = actions.draw(campaign, "pilot", SHARES)
    with pytest.raises(NoResults, match=str(drawn.persons)):
        actions.analyse(campaign, "pilot")
