"""Rows of facts: what they say, what they must not know, and that both engines say the same."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commonweal.experiments import tables as experiment_tables
from commonweal.scoring import rules, tables
from commonweal.scoring.model import Columns, Window
from commonweal.store.engine import connect
from town import ELECTIONS, LAST, rows, town

COLUMNS = Columns(3, numbers=("income",), texts=("job",), lists=("roll", "signups"))
NOW = Window(date(2026, 7, 1), ("2026_local", "2022_general", "2020_local"), ("2026_local", "2020_local"))


@pytest.fixture
def engine() -> Iterator[Any]:
    backend = ibis.duckdb.connect()
    yield backend
    backend.disconnect()


def small(engine: Any) -> tables.Sources:
    """Three persons: 1 and 2 share a home and an area, 3 lives alone in another, on no roll."""
    profile = rows(
        "people.profile",
        3,
        person_id=[1, 2, 3],
        household_id=[10, 10, None],
        birth_date=[date(1980, 7, 1), None, None],
        birth_year=[1980, 1990, None],
        sex=["f", None, "m"],
        area_code=["A", "A", "B"],
        email=["a@example.org", None, None],
        registration_number=["R1", None, None],
        lists=[["roll", "signups"], ["roll"], ["donors"]],
    )
    vote = rows(
        "people.vote",
        5,
        person_id=[1, 1, 2, 2, 2],
        election=["2026_local", "2022_general", "2026_local", "2022_general", "2020_local"],
        voted=[True, False, True, True, False],
    )
    attribute = rows(
        "people.attribute",
        6,
        person_id=[1, 2, 2, 1, 2, 3],
        name=["income", "job", "support_level", "outcome:voted", "support_level_before", "support_level"],
        text=[None, "clerk", " 2 ", None, "5", "3"],
        number=[20.5, None, None, 1.0, None, None],
    )
    return tables.Sources(
        *(
            engine.create_table(name, table)
            for name, table in zip("pva", (profile, vote, attribute), strict=True)
        )
    )


def told(engine: Any, expression: Any) -> dict[int, dict[str, Any]]:
    return {row["person_id"]: row for row in engine.to_pyarrow(expression).to_pylist()}


def test_what_a_row_says(engine: Any) -> None:
    found = told(engine, tables.facts(small(engine), COLUMNS, NOW))
    one, two, three = found[1], found[2], found[3]
    assert (one["age"], two["age"], three["age"]) == (46.0, 36.0, None)
    assert [one[name] for name in ("voted_1", "voted_2", "voted_3", "alike_1", "alike_2")] == [
        1,
        0,
        None,
        1,
        None,
    ]
    assert (one["votes_known"], one["share_voted"]) == (2, 0.5)
    assert (one["number_0"], two["text_0"]) == (20.5, "clerk")
    assert (one["has_email"], two["has_email"], one["has_phone"]) == (1, 0, 0)
    assert [[row["list_0"], row["list_1"], row["lists"]] for row in (one, two, three)] == [
        [1, 1, 2],
        [1, 0, 1],
        [0, 0, 0],
    ]
    assert (one["on_roll"], two["on_roll"], three["on_roll"]) == (True, True, False)
    assert (one["household_size"], three["household_size"], three["household_id"]) == (2, 1, 3)


def test_the_others_are_without_the_person(engine: Any) -> None:
    found = told(engine, tables.facts(small(engine), COLUMNS, NOW))
    assert found[1]["household_share"] == found[1]["area_share"] == pytest.approx(2 / 3)
    assert found[2]["household_share"] == found[2]["area_share"] == 0.5
    assert (found[1]["area_latest"], found[1]["household_age"]) == (1.0, 36.0)
    assert found[3]["household_share"] is found[3]["area_share"] is found[3]["area_age"] is None


def test_no_row_knows_the_election_that_it_predicts(engine: Any) -> None:
    """Whoever voted in the target or later, the rows of the window before it stay the same."""
    made = town(400, seed=2)
    elections = rules.order(ELECTIONS)
    target = elections[3]
    window = rules.window_before(elections, target, target.kind, date(2026, 9, 1), 3)
    vote = made.tables["people.vote"]
    late = np.isin(vote["election"].to_pylist(), ["2022_general", LAST])
    turned = pa.array(
        np.where(
            late, ~vote["voted"].to_numpy(zero_copy_only=False), vote["voted"].to_numpy(zero_copy_only=False)
        )
    )
    changed = vote.set_column(2, "voted", turned)
    columns = Columns(3, texts=("job",))
    profile, attribute = made.tables["people.profile"], made.tables["people.attribute"]
    before, after = (
        engine.to_pyarrow(
            tables.facts(
                tables.Sources(*(ibis.memtable(table) for table in (profile, votes, attribute))),
                columns,
                window,
            ).order_by("person_id")
        )
        for votes in (vote, changed)
    )
    assert before.equals(after)
    assert any(value is not None for value in before["voted_1"].to_pylist())


def test_windows_without_elections(engine: Any) -> None:
    found = told(engine, tables.facts(small(engine), Columns(0), Window(date(2026, 7, 1), (), ())))
    assert found[1]["share_voted"] is None
    assert found[1]["alike_1"] is None
    assert found[1]["area_latest"] is None


def test_support_levels_are_for_against_or_undecided(engine: Any) -> None:
    attribute = small(engine).attribute
    assert told(engine, tables.support_outcome(attribute, "support_level")) == {
        2: {"person_id": 2, "outcome": 1.0}
    }
    assert told(engine, tables.support_outcome(attribute, "support_level_before"))[2]["outcome"] == 0.0
    assert list(told(engine, tables.undecided(attribute, "support_level"))) == [3]


def test_left_alone_are_the_control_and_as_large_a_part_of_those_whom_nobody_drew(engine: Any) -> None:
    profile = rows("people.profile", 6, person_id=[1, 2, 3, 4, 5, 6], household_id=[10, 11, 12, 17, None, 13])
    arms = pa.table({"person_id": [1, 2], "household_id": [10, 11], "arm": ["control", "door:housing"]})
    elsewhere = pa.table({"person_id": [6]})
    profile, arms, elsewhere = (
        engine.create_table(name, each) for name, each in zip("pae", (profile, arms, elsewhere), strict=True)
    )
    alone = tables.left_alone(profile, arms, "control", (arms, elsewhere), keep=5, of=10)
    assert set(told(engine, alone)) == {
        1,
        3,
    }  # 4 lives at 17, 5 alone, as household 5; another experiment drew 6


def test_what_was_said_before_stands_beside_the_outcome(engine: Any) -> None:
    sources = small(engine)
    before = rows(
        "people.attribute", 2, person_id=[1, 2], name=["before:voted", "before:voted"], number=[0.0, 1.0]
    )
    attribute = sources.attribute.union(engine.create_table("more", before))
    said = told(engine, tables.answer_before(attribute, "voted"))
    assert {person: row["outcome"] for person, row in said.items()} == {1: 0.0, 2: 1.0}
    arms = engine.create_table("arms", pa.table({"person_id": [1, 3], "arm": ["control", "a"]}))
    facts = tables.facts(sources, COLUMNS, NOW)
    found = engine.to_pyarrow(tables.trial_rows(facts, arms, attribute, ["voted"])).to_pylist()
    assert [(row["outcome_voted"], row["before_voted"]) for row in found] == [(1.0, 0.0), (None, None)]


def test_counts(engine: Any) -> None:
    sources = small(engine)
    votes = {row["election"]: row for row in engine.to_pyarrow(tables.vote_counts(sources.vote)).to_pylist()}
    assert votes["2022_general"] == {"election": "2022_general", "voted": 1, "stayed": 1}
    counts = {
        row["name"]: row for row in engine.to_pyarrow(tables.attribute_counts(sources.attribute)).to_pylist()
    }
    assert counts["support_level"] == {"name": "support_level", "persons": 2, "numbers": 0, "levels": 2}


def everything(engine: Any, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """All that scoring and experiments read, as one engine makes it, in a fixed order."""
    made = town(600, seed=5, pilot=0.5, canvassed=0.5)
    read = {}
    for name, table in made.tables.items():
        path = folder / f"{name}.parquet"
        pq.write_table(table, path)
        read[name] = engine.read_parquet(str(path))
    sources = tables.Sources(*(read[f"people.{name}"] for name in ("profile", "vote", "attribute")))
    columns = Columns(3, numbers=("support_level",), texts=("job",), lists=("roll", "signups"))
    facts = tables.facts(sources, columns, NOW)
    support = tables.support_outcome(sources.attribute, "support_level")
    arms = experiment_tables.told_arms(sources.attribute, sources.profile, "pilot")
    alone = tables.left_alone(sources.profile, arms, "control", (arms,), keep=200, of=1000)
    control = tables.experiment_outcome(sources.attribute, "voted").semi_join(alone, "person_id")
    found = {
        "facts": facts.order_by("person_id"),
        "votes": tables.vote_counts(sources.vote).order_by("election"),
        "attributes": tables.attribute_counts(sources.attribute).order_by("name"),
        "training": tables.training_rows(facts, tables.first_known(support, control), 700, 1000),
        "undecided": tables.undecided(sources.attribute, "support_level").order_by("person_id"),
        "trial": tables.trial_rows(facts, arms, sources.attribute, ["voted", "support"]),
        "metrics": experiment_tables.metrics(sources.attribute, arms).order_by("name"),
        "results": experiment_tables.results(arms, sources.attribute, sources.vote, sources.profile, "voted"),
        "eligible": experiment_tables.on_the_roll(sources.profile).order_by("person_id"),
    }
    return {name: engine.to_pyarrow(expression).to_pylist() for name, expression in found.items()}


@pytest.mark.spark
@pytest.mark.slow
def test_duckdb_and_spark_say_the_same(tmp_path: Path) -> None:
    ducks, sparks = (everything(connect(name, tmp_path / name), tmp_path) for name in ("duckdb", "spark"))
    for name, expected in ducks.items():
        assert len(sparks[name]) == len(expected) > 0, name
        for row, other in zip(expected, sparks[name], strict=True):
            assert row.keys() == other.keys()
            for key, value in row.items():
                if isinstance(value, float) and other[key] is not None:
                    assert math.isclose(value, other[key], rel_tol=1e-9, abs_tol=1e-9), (name, key)
                else:
                    assert value == other[key], (name, key)
