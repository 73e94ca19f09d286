import random
from collections import defaultdict
from datetime import date

import pyarrow as pa
import pytest

from commonweal.people import rules, tables
from commonweal.people.errors import BadSourcesRank
from commonweal.store.catalogue import LAKE

from .lists import BATCHES, Lists


def _profiles(engine, lists, **others):
    table = engine.to_pyarrow(tables.profile(lists.sources(**others)))
    assert table.cast(LAKE["people.profile"].schema).schema == LAKE["people.profile"].schema
    return {row["person_id"]: row for row in table.to_pylist()}


def _origin(lists, number):
    rows = {row["origin"]: row for row in tables.origins(lists.sources()).to_pylist()}
    return rows[number]["source"], rows[number]["column"]


def test_each_field_comes_from_the_list_that_wins_and_says_so(engine):
    lists = Lists()
    lists.add(7, 6, surname="DUPOND", surname_key="dupond", phone="+33100000000", sex="f")
    lists.add(7, 4, surname="dupont", given_name="Mimi", email="mimi@example.org", phone="+33600000001")
    lists.add(7, 3, given_name="Marie", email="marie@example.org", birth_year=1980)
    lists.add(
        7, 1, surname="DUPONT", surname_key="dupont", given_name="Marie", given_key="marie", area_code="0113"
    )
    lists.add(7, 5, phone="+33600000002")
    row = _profiles(engine, lists)[7]
    assert (row["surname"], row["surname_key"], row["given_name"], row["given_key"]) == (
        "DUPONT",
        "dupont",
        "Marie",
        "marie",
    )
    assert (row["email"], row["phone"], row["sex"]) == ("mimi@example.org", "+33600000001", "f")
    assert (row["birth_year"], row["birth_date"], row["title"], row["title_origin"]) == (
        1980,
        None,
        None,
        None,
    )
    assert (row["records"], row["sources"], row["lists"]) == (
        5,
        5,
        ["append", "canvass", "donors", "roll", "signups"],
    )
    assert _origin(lists, row["surname_origin"]) == ("roll", "Nom")
    assert _origin(lists, row["given_name_origin"]) == ("roll", "Prénoms")
    assert _origin(lists, row["email_origin"]) == ("signups", "email")
    assert _origin(lists, row["birth_year_origin"]) == ("donors", "Age")
    assert _origin(lists, row["sex_origin"]) == ("append", None)


def test_an_address_comes_whole_from_the_newest_list_that_names_a_street(engine):
    lists = Lists()
    lists.add(1, 1, house_number="3", street="rue A", postcode="31000", city="Toulouse", unit="B")
    lists.add(
        1, 3, house_number="12", street="rue B", city="Blagnac", address_key="12 rue b", street_key="rue b"
    )
    lists.add(1, 4, postcode="75001", city="Paris")
    lists.add(1, 6, street="rue C", city="Lyon")
    row = _profiles(engine, lists)[1]
    assert (row["house_number"], row["street"], row["city"], row["street_key"]) == (
        "12",
        "rue B",
        "Blagnac",
        "rue b",
    )
    assert (row["unit"], row["postcode"], row["unit_origin"]) == (None, None, None)
    assert _origin(lists, row["street_origin"])[0] == "donors"


def test_without_a_street_a_city_will_do(engine):
    lists = Lists()
    lists.add(1, 3, city="Toulouse")
    assert _profiles(engine, lists)[1]["city"] == "Toulouse"


def test_a_place_belongs_to_the_chosen_address_and_names_the_area(engine):
    lists = Lists()
    lists.add(1, 4, street="rue B", address_key="rue b")
    other = lists.add(1, 3, street="rue A", address_key="rue a", latitude=43.0, longitude=1.0)
    same = lists.add(1, 6, street="Rue B", address_key="rue b", latitude=43.6, longitude=1.4)
    lists.add(2, 4, street="rue B", address_key="rue b")
    lists.add(2, 3, street="rue A", address_key="rue a", latitude=43.0, longitude=1.0)
    located = pa.table({"record_id": [other, same], "located_area": ["0001", "0002"]})
    rows = _profiles(engine, lists, located=located)
    assert (rows[1]["latitude"], rows[1]["longitude"], rows[1]["area_code"]) == (43.6, 1.4, "0002")
    assert _origin(lists, rows[1]["area_code_origin"])[0] == "append"
    assert (rows[2]["latitude"], rows[2]["area_code"], rows[2]["area_code_origin"]) == (None, None, None)


def test_a_code_that_a_list_names_goes_before_the_polygon(engine):
    lists = Lists()
    there = lists.add(1, 6, latitude=43.6, longitude=1.4)
    lists.add(1, 1, area_code="0113")
    located = pa.table({"record_id": [there], "located_area": ["0002"]})
    row = _profiles(engine, lists, located=located)[1]
    assert (row["area_code"], _origin(lists, row["area_code_origin"])) == ("0113", ("roll", "Bureau"))


def test_a_birth_date_must_lie_in_the_chosen_year(engine):
    lists = Lists()
    lists.add(1, 1, birth_year=1980)
    lists.add(1, 4, birth_date=date(1980, 5, 6), birth_year=1980)
    lists.add(2, 1, birth_year=1981)
    lists.add(2, 4, birth_date=date(1980, 5, 6), birth_year=1980)
    rows = _profiles(engine, lists)
    assert (rows[1]["birth_year"], rows[1]["birth_date"]) == (1980, date(1980, 5, 6))
    assert (rows[2]["birth_year"], rows[2]["birth_date"], rows[2]["birth_date_origin"]) == (1981, None, None)


def test_the_strictest_consent_holds(engine):
    cases = [
        ({1: "no", 4: "yes"}, "yes"),  # the person's own word, later
        ({4: "no", 3: "yes"}, "no"),  # the person's own word, but older
        ({3: "no", 5: "yes"}, "no"),  # somebody else's yes
        ({4: "yes", 5: "no"}, "no"),  # on one day the no holds
        ({4: "yes", 6: "no"}, "no"),  # a no counts from whatever list
        ({6: "yes"}, "yes"),
        ({}, None),
    ]
    lists = Lists()
    for person, (said, _) in enumerate(cases):
        lists.add(person, 1)
        for batch, word in said.items():
            lists.add(person, batch, consent_email=word)
    rows = _profiles(engine, lists)
    for person, (said, holds) in enumerate(cases):
        assert rows[person]["consent_email"] == holds, said
        assert (rows[person]["consent_email_origin"] is None) == (holds is None)


def test_tags_of_all_lists_and_the_size_of_the_household(engine):
    lists = Lists(homes={1: 50, 2: 50, 3: 51})
    lists.add(1, 4, tags=["b", "a"])
    lists.add(1, 3, tags=["b"])
    lists.add(2, 3)
    lists.add(3, 3, tags=[])
    rows = _profiles(engine, lists)
    assert [rows[person]["tags"] for person in (1, 2)] == [["a", "b"], None]
    assert [rows[person]["household_size"] for person in (1, 2, 3)] == [2, 2, 1]


def test_votes_and_attributes(engine):
    lists = Lists()
    lists.add(1, 6, votes={"t2": False, "t1": True}, attributes={"gift": 5.0})
    lists.add(1, 1, votes={"t2": True})
    lists.add(1, 5, attributes={"club": "chess"})
    lists.add(1, 4, attributes={"club": "go", "gift": "much"})
    sources = lists.sources()
    votes = {row["election"]: row for row in engine.to_pyarrow(tables.votes(sources)).to_pylist()}
    assert {name: row["voted"] for name, row in votes.items()} == {"t1": True, "t2": True}
    assert _origin(lists, votes["t2"]["origin"]) == ("roll", "V22")
    assert votes["t1"]["origin"] is None
    attributes = {row["name"]: row for row in engine.to_pyarrow(tables.attributes(sources)).to_pylist()}
    assert (attributes["club"]["text"], _origin(lists, attributes["club"]["origin"])) == (
        "go",
        ("signups", "club"),
    )
    assert (attributes["gift"]["text"], attributes["gift"]["number"]) == ("much", None)


def test_what_is_gone_from_a_list_tells_of_the_past_only(engine):
    lists = Lists()
    lists.add(
        1,
        1,
        active=False,
        surname="Old",
        votes={"t2": True},
        consent_post="no",
        consent_door="yes",
        tags=["x"],
    )
    lists.add(1, 3, surname="New", consent_post="yes")
    lists.add(1, 6, attributes={"gift": 1.0}, active=False)
    lists.add(2, 1, surname="Gone", active=False, votes={"t2": True})
    sources = lists.sources()
    row = _profiles(engine, lists)[1]
    assert (row["surname"], row["records"], row["lists"], row["tags"]) == ("New", 1, ["donors"], None)
    assert (row["consent_post"], row["consent_door"]) == ("yes", None)
    assert [(v["person_id"], v["voted"]) for v in engine.to_pyarrow(tables.votes(sources)).to_pylist()] == [
        (1, True)
    ]
    assert engine.to_pyarrow(tables.attributes(sources)).num_rows == 0
    assert set(_profiles(engine, lists)) == {1}


def test_a_list_that_dropped_somebody_still_says_no(engine):
    lists = Lists()
    lists.add(1, 4, active=False, consent_email="no")
    lists.add(1, 1)
    assert _profiles(engine, lists)[1]["consent_email"] == "no"


def test_a_campaign_may_prefer_a_list(engine):
    lists = Lists()
    lists.add(1, 1, surname="Roll")
    lists.add(1, 3, surname="Donor")
    lists.add(1, 4, surname="Signup")
    assert _profiles(engine, lists, preferences={"name": ("donors", "signups")})[1]["surname"] == "Donor"
    with pytest.raises(BadSourcesRank, match="Groups are"):
        lists.sources(preferences={"names": ("donors",)})


def test_records_without_a_person_and_persons_without_a_record_are_absent(engine):
    lists = Lists()
    lists.add(1, 1, surname="A")
    lists.add(2, 1, surname="B")
    lists.links[0]["record_id"] = 999
    assert set(_profiles(engine, lists)) == {2}


_VALUES = {
    "given_name": ["Ana", "Bea"],
    "email": ["a@x.org", "b@x.org"],
    "street": ["rue A", "rue B"],
    "city": ["X", "Y"],
    "consent_sms": ["yes", "no"],
}


def _expected(records, name, group, given_with=None):
    """The plain way: of all records that give a value, the first in order."""
    order = rules.ranks(BATCHES, group)
    known = [r for r in records if r[given_with or name] is not None]
    return min(known, key=lambda r: (order[r["batch_id"]], r["line"]), default={}).get(name)


def test_the_winner_is_the_one_that_a_plain_sort_finds(engine):
    draw = random.Random(20270411)
    lists = Lists()
    for line in draw.sample(range(10_000), 1500):
        values = {name: draw.choice([None, *known]) for name, known in _VALUES.items()}
        lists.add(draw.randrange(400), draw.choice(BATCHES).batch_id, line, **values)
    by_person = defaultdict(list)
    for record, link in zip(lists.records, lists.links, strict=True):
        by_person[link["person_id"]].append(record)
    found = _profiles(engine, lists)
    assert found.keys() == by_person.keys()
    for person, own in by_person.items():
        row = found[person]
        assert row["given_name"] == _expected(own, "given_name", "name")
        assert row["email"] == _expected(own, "email", "email")
        assert row["street"] == _expected(own, "street", "address")
        if row["street"] is not None:
            assert row["city"] == _expected(own, "city", "address", "street")
        answers = {(r["batch_id"], r["consent_sms"]) for r in own if r["consent_sms"]}
        holds = min(answers, key=rules.consent_ranks(BATCHES).__getitem__, default=(None, None))[1]
        assert row["consent_sms"] == holds
