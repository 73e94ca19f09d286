from __future__ import annotations

import random
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from commonweal.campaign import Campaign, Settings
from commonweal.people import actions
from commonweal.people.grammar import parse
from commonweal.people.queries import count
from commonweal.people.selection import People, chosen, comparable
from commonweal.people.selection_sql import condition
from commonweal.people.universe import Field
from commonweal.store.catalogue import LAKE
from commonweal.store.ledger import LedgerRole

from .expressions import trees

NOW = datetime(2027, 4, 11, 12, tzinfo=UTC)
TODAY = NOW.date()
NAMES = ["a", 'b "2"', "é"]
VALUES = ["01", "02", "x", "Saint-Étienne", "go"]
AMOUNTS = [0.0, 1.0, 2.0, 17.0, 18.0, 40.5, 46.0, 47.0, 40.1, -3.0]


def _draw(seed: int) -> dict[str, list[dict]]:
    """People of every sort, each value often missing, on the edges that an expression may ask about."""
    random_ = random.Random(seed)

    def some(*values):
        return random_.choice([None, *values])

    tables: dict[str, list[dict]] = {
        "people.profile": [],
        "scoring.score": [],
        "people.vote": [],
        "people.attribute": [],
    }
    for person in range(1, 121):
        born = some(
            date(1980, 4, 10), date(1980, 4, 11), date(1980, 4, 12), date(2009, 4, 11), date(2008, 2, 29)
        )
        city = some("Saint-Étienne", "X")
        tables["people.profile"].append(
            {
                "person_id": person,
                "household_size": some(1, 2),
                "birth_date": born,
                "birth_year": born.year if born else some(1980, 1981, 2009),
                "sex": some("f", "m", "x"),
                "area_code": some("01", "02"),
                "postcode": some("01", "x"),
                "state": some("x", "go"),
                "city": city,
                "city_key": city and {"X": "x", "Saint-Étienne": "st etienne"}[city],
                "email": some("e@x.org"),
                "phone": some("+33612345678"),
                "street": some("rue A"),
                "latitude": some(0.0, 45.5),
                "tags": random_.choice([None, [], ["a"], ["a", "é"]]),
                "lists": random_.choice([["a"], ["é", 'b "2"']]),
                "sources": random_.choice([1, 2]),
                "records": 1,
            }
        )
        if random_.random() < 0.7:
            tables["scoring.score"].append(
                {"person_id": person, "turnout": some(40.1, 40.5, 46.0), "support": some(0.0, 17.0)}
            )
        for name in NAMES:
            if random_.random() < 0.4:
                vote = {"person_id": person, "election": name, "voted": random_.random() < 0.5}
                tables["people.vote"].append(vote)
            if random_.random() < 0.5:
                value = random_.choice(
                    [{"text": "go"}, {"text": "x", "number": 2.0}, {"number": 40.1}, {"number": -3.0}]
                )
                tables["people.attribute"].append({"person_id": person, "name": name, **value})
    return tables


@pytest.fixture(scope="module")
def drawn(ledger_server, tmp_path_factory) -> Campaign:
    """The same people on the lake and, published, on the ledger."""
    folder = tmp_path_factory.mktemp("drawn") / "campaign"
    made_settings = Settings(name="Drawn")
    Campaign.create(folder, made_settings)
    made = Campaign(folder, made_settings, ledger_server.new(), lambda: NOW, "test")
    with made.lake.writer("test") as writer:
        for name, rows in _draw(7).items():
            writer.stage(name, pa.Table.from_pylist(rows, schema=LAKE[name].schema))
        with made.ledger.transaction(LedgerRole.BULK) as connection:
            writer.publish(connection)
    actions.publish(made)
    yield made
    made.lake.close()
    ledger_server.drop(made.ledger)


@pytest.fixture(scope="module")
def lake(drawn) -> People:
    return People.of(drawn.lake)


@pytest.fixture(scope="module")
def connection(drawn):
    with drawn.ledger.read() as opened:
        yield opened


def _on_lake(drawn, lake, tree):
    return set(drawn.lake.read(chosen(tree, lake, TODAY))["person_id"].to_pylist())


def _on_ledger(connection, tree):
    meant = condition(tree, TODAY)
    query = sql.SQL("SELECT person_id FROM people.person WHERE {}").format(meant.where)
    return {person for (person,) in connection.execute(query, meant.parameters)}


_trees = trees(st.sampled_from([*NAMES, "nobody"]), st.sampled_from(VALUES), st.sampled_from(AMOUNTS))


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(tree=_trees)
def test_both_stores_choose_the_same_people(drawn, lake, connection, tree):
    on_ledger = _on_ledger(connection, tree)
    assert _on_lake(drawn, lake, tree) == on_ledger
    assert count(connection, tree, TODAY) == len(on_ledger)


@pytest.mark.parametrize(
    ("expression", "plainly"),
    [
        ("age = 47", lambda p: p["birth_date"] in (date(1980, 4, 10), date(1980, 4, 11)) or (not p["birth_date"] and p["birth_year"] == 1980)),
        ("age = 18", lambda p: p["birth_date"] == date(2009, 4, 11) or (not p["birth_date"] and p["birth_year"] == 2009)),
        ('sex != "f"', lambda p: p["sex"] in ("m", "x")),
        ('not sex = "f"', lambda p: p["sex"] != "f"),
        ('area not in ("01")', lambda p: p["area_code"] == "02"),
        ('city = "SAINT ETIENNE"', lambda p: p["city"] == "Saint-Étienne"),
        ('city = "***"', lambda p: False),
        ('tag("é") and list("a")', lambda p: "é" in (p["tags"] or []) and "a" in p["lists"]),
        ("not has email and has location", lambda p: not p["email"] and p["latitude"] is not None),
    ],
)  # fmt: skip
def test_what_a_condition_means(drawn, lake, connection, expression, plainly):
    people = _draw(7)["people.profile"]
    expected = {person["person_id"] for person in people if plainly(person)}
    assert _on_ledger(connection, parse(expression)) == expected
    assert _on_lake(drawn, lake, parse(expression)) == expected


def test_scores_votes_and_attributes(drawn, connection):
    drawn_rows = _draw(7)
    above = {
        row["person_id"] for row in drawn_rows["scoring.score"] if row["turnout"] and row["turnout"] > 40.2
    }
    assert _on_ledger(connection, parse("turnout > 40.2")) == above
    no = {
        row["person_id"] for row in drawn_rows["people.vote"] if row["election"] == "é" and not row["voted"]
    }
    assert _on_ledger(connection, parse('vote("é") = no')) == no
    text = {
        r["person_id"]
        for r in drawn_rows["people.attribute"]
        if r["name"] == "a" and r.get("text") == "x" and "number" not in r
    }
    number = {
        r["person_id"] for r in drawn_rows["people.attribute"] if r["name"] == "a" and r.get("number") == 2.0
    }
    assert _on_ledger(connection, parse('attribute("a") = "x"')) == text
    assert _on_ledger(connection, parse('attribute("a") = 2')) == number


def test_what_a_user_writes_is_never_part_of_the_query():
    tree = parse('tag("\'); DROP TABLE people.person; --") or attribute("%s {}") = "%(x)s"')
    meant = condition(tree, TODAY)
    assert "DROP" not in meant.where.as_string()
    assert set(meant.parameters.values()) == {"'); DROP TABLE people.person; --", "%s {}", "%(x)s"}


def test_a_city_is_compared_folded():
    assert (
        comparable(Field("city"), "Saint-Étienne") == comparable(Field("city"), "ST ETIENNE") == "st etienne"
    )
    assert comparable(Field("area"), "0113") == "0113"


def test_people_may_be_compared_before_any_score(campaign):
    assert campaign.lake.read(chosen(parse("turnout > 1"), People.of(campaign.lake), TODAY)).num_rows == 0
