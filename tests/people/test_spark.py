"""The same tables on DuckDB and on Spark."""

from __future__ import annotations

import random
from datetime import date

import pyarrow.parquet as pq
import pytest

from commonweal.people import actions, tables
from commonweal.people.grammar import parse
from commonweal.people.selection import People, chosen
from commonweal.store.catalogue import LAKE
from commonweal.store.engine import connect, hold
from commonweal.store.lake import Lake

from .lists import BATCHES, Lists
from .test_actions import load, some_people

_VALUES = {
    "given_name": ["Ana", "Bea"],
    "email": ["a@x.org", "b@x.org"],
    "street": ["rue A", "rue B"],
    "city": ["X", "Y"],
    "address_key": ["1 rue a", "2 rue b"],
    "latitude": [43.5, 43.6],
    "birth_date": [date(1980, 2, 29), date(1981, 1, 1)],
    "birth_year": [1980, 1981],
    "consent_sms": ["yes", "no"],
    "tags": [["b", "a"], ["c"], []],
}


def _lists() -> Lists:
    draw = random.Random(20270411)
    lists = Lists(homes={person: person // 2 for person in range(60)})
    for _ in range(200):
        values = {name: draw.choice([None, *known]) for name, known in _VALUES.items()}
        values["longitude"] = values["latitude"]
        votes = {name: draw.random() < 0.5 for name in ("t1", "t2") if draw.random() < 0.5}
        attributes = {name: draw.choice(["text", 1.5]) for name in ("club", "gift") if draw.random() < 0.5}
        batch = draw.choice(BATCHES).batch_id
        active = draw.random() < 0.9
        lists.add(draw.randrange(60), batch, votes=votes, attributes=attributes, active=active, **values)
    return lists


def _everything(engine, folder):
    """All tables of people as one engine makes them, sorted."""

    def read(table):
        path = folder / f"{len(list(folder.iterdir()))}.parquet"
        pq.write_table(table, path)
        return engine.read_parquet(str(path))

    sources = _lists().sources(read)
    held = []

    def keep(part):
        held.append(hold(engine, part))
        return held[-1]

    made = {
        "people.profile": engine.to_pyarrow(tables.profile(sources, keep)),
        "people.vote": engine.to_pyarrow(tables.votes(sources)),
        "people.attribute": engine.to_pyarrow(tables.attributes(sources)),
    }
    made = {name: table.cast(LAKE[name].schema) for name, table in made.items()}
    people = People(
        read(made["people.profile"]),
        read(LAKE["scoring.score"].schema.empty_table()),
        read(made["people.vote"]),
        read(made["people.attribute"]),
    )
    expression = (
        'age >= 46 and (has email or vote("t2") = yes) and not attribute("club") = "text" or tag("c")'
    )
    made["universe"] = engine.to_pyarrow(chosen(parse(expression), people, date(2026, 6, 1)))
    for part in held:
        part.release()
    keys = {"people.vote": ["person_id", "election"], "people.attribute": ["person_id", "name"]}
    return {
        name: table.sort_by([(key, "ascending") for key in keys.get(name, ["person_id"])]).to_pylist()
        for name, table in made.items()
    }


@pytest.mark.spark
@pytest.mark.slow
def test_spark_makes_the_same_tables(engine, tmp_path):
    for name in ("scratch", "duckdb", "spark"):
        (tmp_path / name).mkdir()
    spark = connect("spark", tmp_path / "scratch")
    expected = _everything(engine, tmp_path / "duckdb")
    assert len(expected["people.profile"]) > 40
    assert expected["universe"]
    assert _everything(spark, tmp_path / "spark") == expected


@pytest.mark.spark
@pytest.mark.slow
def test_what_spark_publishes_is_what_duckdb_published(campaign):
    load(campaign, some_people())
    actions.build(campaign)
    assert actions.publish(campaign).persons == 3
    with campaign.ledger.transaction() as connection:
        connection.execute("UPDATE people.overview SET made_from = '{}'")
    campaign.lake.close()
    campaign.lake = Lake(campaign.lake.root, campaign.ledger, campaign.clock, "spark")
    report = actions.publish(campaign)
    assert (report.persons, report.touched) == (3, {})
