"""Where the law forbids to guess support of persons: turnout, effects on turnout, support by area, and a plan from that."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from commonweal.campaign import Campaign
from commonweal.consent.actions import suppress
from commonweal.consent.model import Channel, Suppressed
from commonweal.planning import making
from commonweal.scoring import lawful
from commonweal.scoring.actions import score
from commonweal.scoring.model import Kind, ScoreReport
from commonweal.store.catalogue import LAKE
from commonweal.store.ledger import LedgerRole
from commonweal.web import words
from town import Town, town

_OPTIONS = "".join(
    f'[[option]]\ncode = "{channel}:housing"\nchannel = "{channel}"\nmessage = "housing"\nunit_cost = {cost}\n'
    for channel, cost in (("door", 180), ("post", 70))
)


def french(campaign: Campaign) -> Town:
    campaign.settings = msgspec.structs.replace(campaign.settings, jurisdiction="fr")
    (campaign.folder / "options.toml").write_text(_OPTIONS)
    made = town(3_000, seed=4, pilot=0.6)
    people = made.tables["people.profile"]
    told = pa.array([0] * people.num_rows, pa.int32())
    place = people.schema.get_field_index("latitude_origin")
    made.tables["people.profile"] = people.set_column(place, "latitude_origin", told)
    origin = {
        "origin": 0,
        "batch_id": 1,
        "source": "roll",
        "column": "x",
        "purpose": "votes",
        "legal_basis": "L. 37",
    }
    made.tables["people.origin"] = pa.Table.from_pylist([origin], LAKE["people.origin"].schema)
    made.load(campaign)
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute(
            "INSERT INTO intake.source VALUES ('roll', 'Roll', 'roll', 'delta', 'official', 'votes', 'L. 37', 'v1', '{}')"
        )
        connection.execute(
            "INSERT INTO intake.batch VALUES"
            " (1, 'roll', 'delta', 'f', 'x', 'v1', '2026-01-01', '{}', 0, 0, 0, 0, 'loaded', now(), 't', 0)"
        )
    return made


@pytest.fixture
def objector(campaign: Campaign) -> int:
    return int(french(campaign).person[5])


def test_a_useful_plan_by_area_without_guesses_at_persons(campaign: Campaign, objector: int) -> None:
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        suppress(connection, campaign, objector, Channel.ANY, Suppressed.OBJECTION)
    report = score(campaign)
    assert {each.kind for each in report.models} == {Kind.TURNOUT}
    _told_in_words(report)

    scores = campaign.lake.read(campaign.lake.table("scoring.score"))
    assert scores["support"].null_count == scores.num_rows
    assert objector not in scores["person_id"].to_pylist()
    effects = campaign.lake.read(campaign.lake.table("scoring.effect"))
    assert effects["d_support"].null_count == effects.num_rows

    areas = campaign.lake.read(campaign.lake.table("scoring.area_support")).to_pylist()
    assert {row["area_code"] for row in areas} > {""}
    assert all(0 < row["low"] < row["support"] < row["high"] < 100 for row in areas)

    plan = making.make(campaign, 500)
    assert plan.plan.goal == "votes"
    assert plan.plan.votes > 0
    assert plan.plan.contacts > 0
    contacts = campaign.lake.read(campaign.lake.table("planning.contact")).to_pylist()
    reason = {row["person_id"]: row["reason"] for row in contacts}
    assert reason[objector].removeprefix("other_member_") == "law:eu_objection"


def _told_in_words(report: ScoreReport) -> None:
    skipped = next(each for each in report.skipped if each.kind is Kind.SUPPORT)
    told: dict[str, Any] = {"code": skipped.code, "parameters": skipped.parameters}
    assert "GDPR, art. 9(1)" in words.error(told, lambda text: text)
    assert "RGPD, art. 9" in words.error(told, lambda text: "fr" if text == "en" else text)


def test_few_answers_move_no_area_and_many_move_it_far() -> None:
    yes, answers = np.array([3.0, 90.0, 10.0]), np.array([3.0, 100.0, 100.0])
    rows = lawful.area_support(pa.array(["few", "for", "against"]), yes, answers).to_pylist()
    found = {row["area_code"]: row for row in rows}
    assert found["few"]["support"] == found[""]["support"]
    assert found["few"]["answers"] == 0
    assert found["for"]["support"] > 80
    assert found["against"]["support"] < 20
