from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from psycopg import errors as pg
from psycopg.types.json import Jsonb

from commonweal.campaign import Campaign, Settings
from commonweal.people import actions, errors, inputs, queries
from commonweal.people.model import PlannedContact, Score
from commonweal.planning import queries as plans
from commonweal.store.catalogue import LAKE
from commonweal.store.ledger import LedgerRole

from .lists import BATCHES, Lists
from .test_areas import collection, feature, square

NOW = datetime(2027, 1, 15, 20, 0, tzinfo=UTC)


def load(campaign: Campaign, lists: Lists) -> None:
    """What intake and identity would leave behind for these lists."""
    with campaign.lake.writer("test") as writer:
        for name in ("intake.record", "intake.vote", "intake.attribute"):
            rows = lists.arrow(name)
            for batch in BATCHES:
                writer.stage(
                    name, rows.filter(pa.compute.equal(rows["batch_id"], batch.batch_id)), str(batch.batch_id)
                )
        for name in ("identity.link", "identity.household"):
            writer.stage(name, lists.arrow(name))
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            writer.publish(connection)
            for batch in BATCHES:
                note_batch(connection, campaign, batch)


def note_batch(connection, campaign, batch):
    columns = {column.name: {"target": target} for target, column in batch.columns.items()}
    mapping = {"list": batch.source, "kind": batch.kind, "origin": batch.origin, "purpose": batch.purpose,
               "legal_basis": batch.legal_basis, "columns": columns}  # fmt: skip
    connection.execute(
        "INSERT INTO intake.source VALUES (%s, %s, %s, 'delta', %s, %s, %s, 'v1', %s) ON CONFLICT DO NOTHING",
        (
            batch.source,
            batch.source,
            batch.kind,
            batch.origin,
            batch.purpose,
            batch.legal_basis,
            Jsonb(mapping),
        ),
    )
    connection.execute(
        "INSERT INTO intake.batch VALUES (%s, %s, 'delta', 'f', %s, 'v1', %s, '{}', 0, 0, 0, 0, 'loaded', %s, 't', 0)"
        " ON CONFLICT DO NOTHING",
        (batch.batch_id, batch.source, f"{batch.batch_id}", batch.as_of, campaign.clock()),
    )


def stage(campaign: Campaign, name: str, rows: list[dict], partition: str = "") -> None:
    with campaign.lake.writer("test") as writer:
        writer.stage(name, pa.Table.from_pylist(rows, schema=LAKE[name].schema), partition)
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            writer.publish(connection)


def account(campaign: Campaign, role: str, areas: tuple[str, ...] = ()) -> int:
    with campaign.ledger.transaction() as connection:
        row = connection.execute(
            "INSERT INTO access.account (name, role, areas, created_at) VALUES ('x', %s, %s, %s) RETURNING account_id",
            (role, list(areas), campaign.clock()),
        ).fetchone()
    return row[0]


def some_people() -> Lists:
    lists = Lists(homes={11: 90, 12: 90})
    lists.add(11, 1, given_name="Marie", given_key="marie", surname="Dupont", surname_key="dupont", sex="f",
              birth_date=date(1980, 5, 6), birth_year=1980, area_code="0113", registration_number="R77",
              house_number="12", street="rue des Lilas", street_key="rue des lilas", address_key="12 rue des lilas 31000",
              postcode="31000", city="Saint-Étienne", city_key="st etienne", votes={"t2": True})  # fmt: skip
    lists.add(11, 4, given_name="Mimi", given_key="mimi", surname="Dupont", surname_key="dupont", tags=["volunteer"],
              email="mimi@example.org", phone="+33612345678", consent_email="yes", attributes={"club": 'go "9x9"'})  # fmt: skip
    lists.add(11, 3, email="marie@example.org", attributes={"gift": 12.5})
    lists.add(12, 1, given_name="Jean-Pierre", given_key="jean pierre", surname="Dupont", surname_key="dupont",
              birth_surname="Martin", birth_surname_key="martin", sex="m", birth_year=1955, area_code="0113",
              votes={"t2": False})  # fmt: skip
    lists.add(13, 6, given_name="Maria", given_key="maria", surname="O'Brien", surname_key="obrien", latitude=0.5,
              longitude=1.5)  # fmt: skip
    return lists


def settle(campaign: Campaign, folder: Path) -> None:
    """Three people and two areas, built and published."""
    path = folder / "areas.geojson"
    content = collection(
        feature("0113", square(0, 0), NOM="Molière", inscrits=844), feature("0114", square(1, 0), NOM="B")
    )
    path.write_text(json.dumps(content), encoding="utf-8")
    assert actions.load_areas(campaign, path, code_property="code", name_property="NOM") == 2
    load(campaign, some_people())
    actions.build(campaign)
    actions.publish(campaign)


@pytest.fixture
def town(campaign: Campaign, tmp_path: Path) -> Campaign:
    """A town to change."""
    settle(campaign, tmp_path)
    return campaign


@pytest.fixture(scope="module")
def still_town(ledger_server, tmp_path_factory) -> Iterator[Campaign]:
    """A town to look at; one for all tests."""
    folder = tmp_path_factory.mktemp("town")
    settings = Settings(name="A town", timezone="Europe/Paris")
    Campaign.create(folder / "campaign", settings)
    made = Campaign(folder / "campaign", settings, ledger_server.new(), lambda: NOW, "test:somebody")
    settle(made, folder)
    yield made
    made.lake.close()
    ledger_server.drop(made.ledger)


def test_a_person_with_every_value_and_its_source(still_town):
    with still_town.ledger.read() as connection:
        found = queries.person(connection, 11)
    assert found.name == "Marie Dupont"
    chosen = {each.field: each for each in found.fields}
    assert (chosen["email"].value, chosen["email"].provenance.source) == ("mimi@example.org", "signups")
    assert chosen["birth_date"].value == date(1980, 5, 6)
    assert chosen["surname"].provenance.column == "Nom"
    assert chosen["surname"].provenance.as_of == date(2026, 1, 1)
    assert chosen["street"].provenance.column == "Adresse"
    assert (found.votes, found.attributes) == ({"t2": True}, {"club": 'go "9x9"', "gift": 12.5})
    assert (found.tags, found.lists) == (("volunteer",), ("donors", "roll", "signups"))
    assert [member.person_id for member in found.household] == [12, 11]
    assert (found.area.name, found.area.persons, found.area.facts) == ("Molière", 2, {"inscrits": 844})
    assert (found.turnout, found.planned) == (None, None)
    donors, roll, signups = found.records
    assert (donors.source, donors.given, donors.attributes) == (
        "donors",
        {"email": "marie@example.org"},
        {"gift": 12.5},
    )
    assert (roll.given["birth_date"], roll.votes) == ("1980-05-06", {"t2": True})
    assert (signups.given["tags"], signups.evidence) == (["volunteer"], "model")


def test_a_place_on_the_map_gives_the_area(still_town):
    with still_town.ledger.read() as connection:
        assert queries.person(connection, 13).value("area_code") == "0114"


def test_a_person_who_is_not_there(still_town):
    with still_town.ledger.read() as connection, pytest.raises(errors.NoSuchPerson, match="404"):
        queries.person(connection, 404)


def test_scores_and_plan_come_with_the_next_publish(town):
    stage(
        town, "scoring.score", [{"person_id": 11, "turnout": 60.5, "turnout_low": 50.0, "turnout_high": 70.0}]
    )
    with town.ledger.transaction() as connection:
        for number, name in enumerate(("first", "second"), 1):
            connection.execute(
                "INSERT INTO planning.plan (plan_id, name, goal, made_at, made_by, budget, spent, currency, persons, contacts,"
                " reached, votes, votes_low, votes_high, bound, price)"
                " VALUES (%s, %s, 'votes', %s, 't', 1, 1, 'EUR', 3, 1, 1, 0, 0, 0, 0, 0)",
                (number, name, town.clock()),
            )
    for plan, option in ((1, "post:a"), (2, "door:b")):
        rows = [
            {
                "plan_id": plan,
                "person_id": 11,
                "option": option,
                "votes": 0.25,
                "votes_error": 0.5,
                "second": "x",
            }
        ]
        stage(town, "planning.contact", rows, str(plan))
    report = actions.publish(town)
    assert report.touched == {"people.standing": 1}
    with town.ledger.read() as connection:
        found = queries.person(connection, 11)
    assert found.turnout == Score(60.5, 50.0, 70.0)
    assert found.support is None
    assert (found.planned.plan_id, *found.planned.contacts) == (2, PlannedContact("door:b", 0.25, 0.5, None))
    with town.ledger.transaction() as connection:
        connection.execute(
            "UPDATE planning.plan SET status = 'approved', approved_at = made_at WHERE plan_id = 1"
        )
    actions.publish(town)
    with town.ledger.read() as connection:
        assert queries.person(connection, 11).planned.contacts[0].option == "post:a"


def test_several_contacts_are_told_the_one_that_gains_most_first(town):
    with town.ledger.transaction() as connection:
        connection.execute(
            "INSERT INTO planning.plan (plan_id, name, goal, made_at, made_by, budget, spent, currency, persons, contacts,"
            " reached, votes, votes_low, votes_high, bound, price)"
            " VALUES (1, 'both', 'votes', %s, 't', 1, 1, 'EUR', 3, 2, 1, 0, 0, 0, 0, 0)",
            (town.clock(),),
        )
    given = {"plan_id": 1, "person_id": 11, "reason": "chosen", "votes_error": 0.5, "second": "x"}
    rows = [
        {**given, "option": option, "votes": votes, "day": day}
        for option, votes, day in (("door:b", 0.25, date(2027, 2, 3)), ("sms:c", 0.5, None))
    ]
    rows.append({"plan_id": 1, "person_id": 12, "reason": "outbid", "second": "x", "second_votes": 0.125})
    stage(town, "planning.contact", rows, "1")
    actions.publish(town)
    with town.ledger.read() as connection:
        found, other = (queries.person(connection, person).planned for person in (11, 12))
        handed = plans.chosen(connection, 1, ["door:b"])
        before = plans.chosen(connection, 1, ["door:b", "sms:c"], date(2027, 2, 2))
    assert [(each.option, each.votes, each.day) for each in found.contacts] == [
        ("sms:c", 0.5, None),
        ("door:b", 0.25, date(2027, 2, 3)),
    ]
    assert (found.reason, found.second) == ("chosen", "x")
    assert (other.contacts, other.reason, other.second_votes) == ((), "outbid", 0.125)
    assert (handed, before) == ([(11, "door:b", date(2027, 2, 3))], [(11, "sms:c", None)])


def test_build_and_publish_again_change_nothing(town):
    assert not actions.build(town).changed
    assert actions.publish(town).touched == {}
    with town.ledger.transaction() as connection:
        connection.execute("UPDATE people.overview SET made_from = '{}'")
    assert actions.publish(town).touched == {}


def test_a_changed_list_changes_the_person_only(town):
    lists = some_people()
    lists.add(13, 3, email="maria@example.org")
    load(town, lists)
    assert actions.build(town).changed
    report = actions.publish(town)
    assert report.persons == 3
    assert report.touched["people.profile"] == 1
    assert report.touched["people.record"] == 1
    assert "people.standing" not in report.touched


def test_new_areas_move_people(town, tmp_path):
    path = tmp_path / "areas.geojson"
    path.write_text(json.dumps(collection(feature("0999", square(1, 0)))), encoding="utf-8")
    actions.load_areas(town, path, code_property="code")
    actions.build(town)
    actions.publish(town)
    with town.ledger.read() as connection:
        assert queries.person(connection, 13).value("area_code") == "0999"
        assert [area.area_code for area in queries.areas(connection)] == ["0999"]


def test_bad_areas_leave_the_old_ones(town, tmp_path):
    path = tmp_path / "areas.geojson"
    path.write_text(
        json.dumps(collection(feature("1", square(0, 0)), feature("1", square(1, 0)))), encoding="utf-8"
    )
    with pytest.raises(errors.BadArea):
        actions.load_areas(town, path, code_property="code")
    with town.ledger.read() as connection:
        assert [area.area_code for area in queries.areas(connection)] == ["0113", "0114"]


def test_areas_as_a_map(still_town):
    with still_town.ledger.read() as connection:
        outlines = queries.area_outlines(connection)
    assert outlines["features"][0]["properties"] == {"code": "0113", "name": "Molière", "persons": 2}


def test_the_overview(still_town):
    with still_town.ledger.read(LedgerRole.WEB) as connection:
        found = queries.overview(connection)
    assert (found.persons, found.households, found.records) == (3, 2, 5)
    assert (found.by_lists, found.example, found.at) == ({1: 2, 3: 1}, 11, still_town.clock())


def test_the_example_is_a_woman_found_on_most_lists_an_experiment_aside(campaign):
    lists = Lists()
    for person, batches, sex in (
        (1, (1, 3, 4), "m"),
        (2, (1, 3, 4), "f"),
        (3, (1, 4, 5), "f"),
        (4, (1, 3, 4, 4), "f"),
    ):
        for batch in batches:
            lists.add(person, batch, sex=sex, email="e@x.org" if person == 3 else None)
    load(campaign, lists)
    actions.build(campaign)
    actions.publish(campaign)
    with campaign.ledger.transaction() as connection:
        assert queries.overview(connection).example == 3
        connection.execute("UPDATE intake.source SET kind = 'experiment' WHERE name = 'canvass'")
        connection.execute("UPDATE people.overview SET made_from = '{}'")
    actions.publish(campaign)
    with campaign.ledger.read() as connection:
        assert queries.overview(connection).example == 2


def test_the_example_is_a_woman_before_it_is_somebody_once_on_each_list(campaign):
    lists = Lists()
    for person, batches, sex in ((1, (1, 3, 4), "m"), (2, (1, 3, 4, 4), "f"), (3, (1, 3), "f")):
        for batch in batches:
            lists.add(person, batch, sex=sex)
    load(campaign, lists)
    actions.build(campaign)
    actions.publish(campaign)
    with campaign.ledger.read() as connection:
        assert queries.overview(connection).example == 2


def test_an_empty_campaign_builds_and_publishes(campaign):
    with campaign.ledger.read() as connection:
        assert queries.overview(connection) is None
    assert actions.build(campaign).persons == 0
    assert actions.publish(campaign).persons == 0
    with campaign.ledger.read() as connection:
        assert (queries.overview(connection).persons, queries.overview(connection).example) == (0, None)


def test_a_wrong_rank_of_lists_is_told(campaign):
    campaign.settings = type(campaign.settings)(name="x", sources_rank={"names": ("roll",)})
    load(campaign, some_people())
    with pytest.raises(errors.BadSourcesRank, match="names"):
        actions.build(campaign)
    assert inputs.fingerprint(campaign.lake, ["people.profile"]) == inputs.fingerprint(
        campaign.lake, ["people.vote"]
    )


@pytest.mark.parametrize(
    ("question", "found", "by"),
    [
        ("dup mar", {11, 12}, "name"),  # 12 was born Martin
        ("Marie DUPONT", {11}, "name"),
        ("jean-p", {12}, "name"),
        ("pierre", {12}, "name"),
        ("o'brien", {13}, "name"),
        ("mari", {11, 13}, "name"),
        ("mimi@", {11}, "email"),
        ("mimi@example.org", {11}, "email"),
        ("+33 6 12 34 56 78", {11}, "phone"),
        ("0033612345678", {11}, "phone"),
        ("06 12 34 56 78", {11}, "phone"),
        ("5678", {11}, "phone"),
        ("+33 6 12", set(), ""),
        ("R77", {11}, "registration"),
        ("12 rue des lilas", {11}, "address"),
        ("12 lilas", {11}, "address"),
        ("13 lilas", set(), ""),
        ("lilas", {11}, "address"),
        ("", set(), ""),
        ("   %_ ' \\", set(), ""),
        ("zorro", set(), ""),
    ],
)
def test_search(still_town, question, found, by):
    with still_town.ledger.read() as connection:
        results = queries.search(connection, question)
    assert {each.person_id for each in results} == found
    assert {each.by for each in results} <= {by}


def test_what_a_search_shows(still_town):
    with still_town.ledger.read() as connection:
        (found,) = queries.search(connection, "marie dupont")
    assert (found.name, found.address, found.birth_year, found.sources) == (
        "Marie Dupont",
        "12 rue des Lilas, 31000 Saint-Étienne",
        1980,
        3,
    )


def test_an_account_finds_and_sees_whom_it_may(still_town):
    everyone, own, other, nobody = (
        account(still_town, "analyst"),
        account(still_town, "organiser", ("0114",)),
        account(still_town, "organiser", ("0999",)),
        account(still_town, "digital"),
    )
    for who, names, seen in (
        (everyone, {11, 12}, {11, 12, 13}),
        (own, set(), {13}),
        (other, set(), set()),
        (nobody, set(), set()),
    ):
        for role in (LedgerRole.WEB, LedgerRole.WORKER):
            with still_town.ledger.read(role, account=who) as connection:
                assert {found.person_id for found in queries.search(connection, "dupont")} == names
                rows = connection.execute("SELECT person_id FROM people.person").fetchall()
                assert {person for (person,) in rows} == seen
                rows = connection.execute("SELECT DISTINCT person_id FROM people.record").fetchall()
                assert {person for (person,) in rows} == seen
    with still_town.ledger.read(LedgerRole.WEB) as connection:
        assert connection.execute("SELECT count(*) FROM people.profile").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM people.counted").fetchone() == (0,)


def test_a_universe_is_counted_saved_changed_and_deleted(still_town):
    digital = account(still_town, "digital")
    saved = actions.save_universe(
        still_town,
        "  Women of  Molière ",
        "(sex='f' and area in ('0113'))",
        account=digital,
        actor=f"account:{digital}",
    )
    assert (saved.name, saved.expression, saved.persons) == (
        "Women of Molière",
        'sex = "f" and area in ("0113")',
        1,
    )
    assert (saved.made_by, saved.made_at, saved.changed_by) == (
        f"account:{digital}",
        still_town.clock(),
        None,
    )
    with pytest.raises(errors.UniverseNameTaken, match="Women of Molière"):
        actions.save_universe(still_town, "Women of Molière", "has email")
    with pytest.raises(errors.UnknownName, match="Did you mean '0113'"):
        actions.save_universe(still_town, "x", 'area = "113"')
    with pytest.raises(errors.BadUniverseName):
        actions.save_universe(still_town, " \n ", "has email")
    other = actions.save_universe(still_town, "Everyone known", "has sex or not has sex")
    with pytest.raises(errors.UniverseNameTaken):
        actions.change_universe(still_town, saved.universe_id, "Everyone known", "has email")
    changed = actions.change_universe(
        still_town, saved.universe_id, "Reachable", "has email or has phone", account=digital
    )
    assert (changed.name, changed.persons, changed.changed_by) == ("Reachable", 1, still_town.actor)
    actions.delete_universe(still_town, other.universe_id, account=digital)
    with pytest.raises(errors.NoSuchUniverse):
        actions.delete_universe(still_town, other.universe_id)
    with still_town.ledger.read() as connection:
        assert [universe.name for universe in queries.universes(connection)] == ["Reachable"]
        verbs = [
            verb
            for (verb,) in connection.execute(
                "SELECT verb FROM audit.entry WHERE subject LIKE 'universe:%' ORDER BY entry_id"
            )
        ]
    assert verbs == ["universe.save", "universe.save", "universe.change", "universe.delete"]


def test_universes_are_counted_anew_with_the_people(town):
    saved = actions.save_universe(town, "On e-mail", "has email")
    lists = some_people()
    lists.add(13, 3, email="maria@example.org")
    load(town, lists)
    town.clock.now = town.clock.now.replace(hour=22)
    actions.build(town)
    actions.publish(town)
    with town.ledger.read() as connection:
        found = queries.universe(connection, saved.universe_id)
    assert (saved.persons, found.persons, found.counted_at) == (1, 2, town.clock())


def test_the_vocabulary_is_what_people_carry(still_town):
    with still_town.ledger.read() as connection:
        found = queries.vocabulary(connection)
    assert (found.elections, found.attributes, found.tags) == ({"t2"}, {"club", "gift"}, {"volunteer"})
    assert (found.lists, found.areas) == ({"append", "donors", "roll", "signups"}, {"0113", "0114"})


def test_pages_cannot_write_the_serving_copy(still_town):
    who = account(still_town, "director")
    for table in ("profile", "standing", "record", "area", "overview"):
        with (
            pytest.raises(pg.InsufficientPrivilege),
            still_town.ledger.transaction(LedgerRole.WEB, account=who) as connection,
        ):
            connection.execute(f"DELETE FROM people.{table}")
