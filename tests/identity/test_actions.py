"""`resolve` from lists to the lake and the ledger, on a real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.identity.conftest import JEANNE, MARRIED, Load, Row

from commonweal.campaign import Campaign
from commonweal.identity import queries, running
from commonweal.identity.actions import resolve
from commonweal.identity.errors import NoRecords
from commonweal.identity.link import Linked, link
from commonweal.identity.model import ModelOrigin
from commonweal.intake.actions import take_back
from commonweal.intake.model import Mode
from commonweal.store.ledger import LedgerRole

_DOOR = {"house_number": "12", "street": "rue des Lilas"}


def _row(number: str, **changes: str) -> Row:
    return {"id": number, **JEANNE, **changes}


def _people(campaign: Campaign) -> dict[str, tuple[int, str]]:
    """For each record, by "list:key", its person and the evidence."""
    lake = campaign.lake
    joined = lake.table("identity.link").join(lake.table("intake.record"), "record_id")
    rows = lake.read(joined.select("source", "key", "person_id", "evidence")).to_pylist()
    return {f"{row['source']}:{row['key']}": (row["person_id"], row["evidence"]) for row in rows}


def _households(campaign: Campaign) -> dict[str, tuple[int, str]]:
    """For each record, by "list:key", its person's household and the evidence."""
    lake = campaign.lake
    homes = lake.read(lake.table("identity.household")).to_pylist()
    of = {home["person_id"]: (home["household_id"], home["evidence"]) for home in homes}
    return {key: of[person] for key, (person, _) in _people(campaign).items()}


def _counts(campaign: Campaign, table: str) -> int:
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def test_nothing_to_resolve(campaign: Campaign) -> None:
    with pytest.raises(NoRecords, match="import"):
        resolve(campaign)


def test_one_person_on_two_lists(campaign: Campaign, load: Load) -> None:
    load("roll", [_row("1"), _row("2", given_name="Paul", birth_date="1959-11-30")])
    load("gifts", [_row("g1", street="R. des Lilas")])
    report = resolve(campaign)
    people = _people(campaign)
    assert people["roll:1"][0] == people["gifts:g1"][0] != people["roll:2"][0]
    assert (people["roll:1"][1], people["roll:2"][1]) == ("model", "alone")
    assert (report.records, report.persons, report.households, report.created) == (3, 2, 1, 2)
    assert report.model is ModelOrigin.STARTING


def test_a_second_run_changes_nothing(campaign: Campaign, load: Load) -> None:
    load("roll", [_row("1"), _row("2", given_name="Paul", birth_date="1959-11-30")])
    load("gifts", [_row("g1")])
    resolve(campaign)
    people, files = _people(campaign), campaign.lake.files("identity.link")
    for full in (False, True):
        again = resolve(campaign, full=full)
        assert not again.changed
        assert (again.records, again.persons, again.households) == (3, 2, 1)
        assert (again.created, again.attached, again.merged, again.split, again.detached) == (0, 0, 0, 0, 0)
        assert (_people(campaign), campaign.lake.files("identity.link")) == (people, files)


def test_nothing_is_compared_again_where_nothing_has_changed(
    campaign: Campaign, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    load("roll", [_row("1")])
    resolve(campaign)
    linked = []

    def noted(*given: Any, **more: Any) -> Linked:
        linked.append(1)
        return link(*given, **more)

    monkeypatch.setattr(running, "link", noted)
    resolve(campaign)
    assert linked == []
    batch = load("gifts", [_row("g1")])
    resolve(campaign)
    take_back(campaign, batch.batch_id)
    resolve(campaign)
    resolve(campaign, full=True)
    assert len(linked) == 3


def test_a_run_that_breaks_off_leaves_all_as_it_was(
    campaign: Campaign, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    load("gifts", [{"id": "g1", **MARRIED}])
    load("roll", [_row("1")])
    resolve(campaign)
    tables = ("identity.run", "identity.event", "identity.redirect", "audit.entry")
    before = _people(campaign), [_counts(campaign, table) for table in tables]
    load("signups", [_row("s1", **MARRIED)])
    before[1][3] += 1  # the import
    with monkeypatch.context() as patch:
        patch.setattr(running.doubts, "keep", _break)
        with pytest.raises(RuntimeError):
            resolve(campaign)
    assert (_people(campaign), [_counts(campaign, table) for table in tables]) == before
    assert resolve(campaign).merged == 1
    assert {person for person, _ in _people(campaign).values()} < {person for person, _ in before[0].values()}


def _break(*given: object) -> None:
    raise RuntimeError


def test_two_runs_at_once_come_to_one_end(campaign: Campaign, load: Load) -> None:
    load("roll", [_row("1"), _row("2", given_name="Paul", birth_date="1959-11-30")])
    other = Campaign(campaign.folder, campaign.settings, campaign.ledger, campaign.clock, "test:other")
    with ThreadPoolExecutor(2) as both:
        reports = [each.result() for each in [both.submit(resolve, c, full=True) for c in (campaign, other)]]
    other.lake.close()
    assert sorted(report.created for report in reports) == [0, 2]
    assert sorted(report.changed for report in reports) == [False, True]


def test_rows_that_went_wrong_tie_nobody_and_names_written_in_other_ways_still_do(
    campaign: Campaign, load: Load
) -> None:
    """One batch: telephones under the given name, nothing but a first name, a row twice; and one person in capitals,
    swapped and in two scripts."""
    surnames = ("Abadie", "Bernard", "Castel", "Durand", "Estrade", "Faure")
    phones = [
        {"id": f"p{at}", "given_name": f"06 12 34 56 7{at}", "surname": surname}
        for at, surname in enumerate(surnames)
    ]
    bare = [{"id": f"b{at}", "given_name": "Jeanne"} for at in range(4)]
    dmitri = [("Dmitri", "Ivanov"), ("DMITRI", "IVANOV"), ("Ivanov", "Dmitri"), ("Дмитрий", "Иванов")]
    written = [
        {"id": f"w{at}", "given_name": given, "surname": surname, "birth_date": "1970-05-06"}
        for at, (given, surname) in enumerate(dmitri)
    ]
    batch = load("signups", [*phones, *bare, *written, phones[0], written[1]])
    assert (batch.rows_read, batch.records) == (16, 14)
    report = resolve(campaign)
    persons = {key.removeprefix("signups:"): person for key, (person, _) in _people(campaign).items()}
    assert len({persons[row["id"]] for row in written}) == 1
    assert report.persons == len(phones) + len(bare) + 1


def test_a_new_list_attaches_and_creates(campaign: Campaign, load: Load) -> None:
    load("roll", [_row("1")])
    resolve(campaign)
    before = _people(campaign)["roll:1"][0]
    load("gifts", [_row("g1"), _row("g2", given_name="Omar", surname="Benali", birth_date="1990-01-09")])
    report = resolve(campaign)
    assert (report.attached, report.created, report.changed) == (1, 1, True)
    assert _people(campaign)["gifts:g1"][0] == before


def test_a_record_that_ties_two_persons_merges_them(campaign: Campaign, load: Load) -> None:
    load("gifts", [{"id": "g1", **MARRIED}])
    load("roll", [_row("1")])
    resolve(campaign)
    before = _people(campaign)
    assert before["gifts:g1"][0] != before["roll:1"][0]
    load("signups", [_row("s1", **MARRIED)])
    report = resolve(campaign)
    after = _people(campaign)
    assert len({person for person, _ in after.values()}) == 1
    assert report.merged == 1
    living = after["roll:1"][0]
    gone = ({before["gifts:g1"][0], before["roll:1"][0]} - {living}).pop()
    oldest = min(campaign.ids.age("person", [before["gifts:g1"][0], before["roll:1"][0]]))
    assert campaign.ids.age("person", [living])[0] == oldest
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        assert queries.living(connection, [gone, living]) == {gone: living, living: living}
        event = connection.execute(
            "SELECT kind, other_id, number FROM identity.event WHERE person_id = %s ORDER BY event_id",
            (gone,),
        )
        assert event.fetchall() == [("create", None, 1), ("merge", living, 1)]


def test_a_batch_taken_back_splits_what_it_tied(campaign: Campaign, load: Load) -> None:
    load("gifts", [{"id": "g1", **MARRIED}])
    load("roll", [_row("1")])
    tie = load("signups", [_row("s1", **MARRIED)])
    resolve(campaign)
    before = _people(campaign)
    assert len({person for person, _ in before.values()}) == 1
    take_back(campaign, tie.batch_id)
    report = resolve(campaign)
    after = _people(campaign)
    assert (report.split, report.detached) == (1, 1)
    assert before["roll:1"][0] in {after["roll:1"][0], after["gifts:g1"][0]}
    assert after["roll:1"][0] != after["gifts:g1"][0]


def test_who_left_the_list_keeps_the_id(campaign: Campaign, load: Load) -> None:
    load("roll", [_row("1"), _row("2", given_name="Paul", birth_date="1959-11-30")])
    resolve(campaign)
    before = _people(campaign)
    load("roll", [_row("2", given_name="Paul", birth_date="1959-11-30")])
    report = resolve(campaign)
    after = {key: person for key, (person, _) in _people(campaign).items()}
    assert after == {key: person for key, (person, _) in before.items()}
    assert (report.created, report.merged, report.split) == (0, 0, 0)
    assert _households(campaign)["roll:1"][1] == "alone"


def test_a_registration_number_is_a_sure_key(campaign: Campaign, load: Load) -> None:
    numbered = {"registration_number": "1234"}
    load("roll", [_row("1", **numbered)])
    load("canvass", [{"id": "c1", "given_name": "Jeanette", "surname": "Dupuy", **numbered}])
    resolve(campaign)
    people = _people(campaign)
    assert people["roll:1"] == people["canvass:c1"]
    assert people["roll:1"][1] == "sure_key"


def test_a_number_that_names_and_birth_disprove_is_not(campaign: Campaign, load: Load) -> None:
    numbered = {"registration_number": "1234"}
    load("roll", [_row("1", **numbered)])
    other = {"given_name": "Omar", "surname": "Benali", "birth_date": "1990-01-09"}
    load("canvass", [{"id": "c1", **other, **numbered}])
    resolve(campaign)
    assert len({person for person, _ in _people(campaign).values()}) == 2


def test_twins_juniors_and_couples_stay_apart_under_one_roof(campaign: Campaign, load: Load) -> None:
    shared = {"email": "famille.abadie@example.org", "phone": "0561000000"}
    household = [
        _row("father", given_name="Jean", birth_date="1960-01-02", registration_number="1", **shared),
        _row("junior", given_name="Jean", birth_date="1990-05-06", registration_number="2", **shared),
        _row("mother", given_name="Odile", birth_date="1962-07-08", registration_number="3", **shared),
        _row("twin1", given_name="Claire", birth_date="1995-02-03", registration_number="4", **shared),
        _row("twin2", given_name="Sophie", birth_date="1995-02-03", registration_number="5", **shared),
    ]
    load("roll", household)
    load("signups", [{**row, "id": f"s-{row['id']}", "registration_number": ""} for row in household])
    report = resolve(campaign)
    people = _people(campaign)
    for row in household:
        assert people[f"roll:{row['id']}"][0] == people[f"signups:s-{row['id']}"][0], row["id"]
    assert (report.persons, report.households) == (5, 1)
    assert {evidence for _, evidence in _households(campaign).values()} == {"address_surname"}


def test_couples_of_two_names_share_a_household_by_the_surname_at_birth(
    campaign: Campaign, load: Load
) -> None:
    wife = _row("w", given_name="Odile", surname="Roux", birth_surname="Abadie", birth_date="1962-07-08")
    load(
        "roll",
        [
            _row("h", given_name="Jean"),
            wife,
            _row("n", given_name="Ana", surname="Silva", birth_date="1988-02-01"),
        ],
    )
    resolve(campaign)
    homes = _households(campaign)
    assert homes["roll:h"] == homes["roll:w"]
    assert homes["roll:n"] == (homes["roll:n"][0], "alone")
    assert homes["roll:n"][0] != homes["roll:h"][0]


def test_flats_of_one_building_are_households_of_their_own(campaign: Campaign, load: Load) -> None:
    rows = [
        _row("a", given_name="Jean", unit="Appt 1"),
        _row("b", given_name="Odile", unit="Appt 1"),
        _row("c", given_name="Luc", unit="Appt 2"),
    ]
    load("roll", rows)
    resolve(campaign)
    homes = _households(campaign)
    assert homes["roll:a"] == homes["roll:b"] != homes["roll:c"]


def test_a_flat_is_one_household_whatever_the_surnames(campaign: Campaign, load: Load) -> None:
    flat = {"unit": "Appt 1"}
    load("roll", [_row("a", given_name="Jean", **flat), _row("b", surname="Silva", given_name="Ana", **flat)])
    load("canvass", [{"id": "c", "given_name": "Luc", "surname": "Abadie", **_DOOR, **flat}])
    resolve(campaign)
    homes = _households(campaign)
    assert homes["roll:a"][0] == homes["roll:b"][0] == homes["canvass:c"][0]
    assert [homes[key][1] for key in ("roll:a", "roll:b", "canvass:c")] == [
        "address_surname",
        "address",
        "address_surname",
    ]


def test_a_shared_telephone_is_a_household_unless_they_live_apart(campaign: Campaign, load: Load) -> None:
    ana = {"given_name": "Ana", "surname": "Silva", "birth_date": "1988-02-01"}
    home, other = {"phone": "0561000000"}, {"phone": "0561000001"}
    load(
        "roll",
        [_row("1", **home), _row("2", given_name="Luc", surname="Roux", birth_date="1950-02-01", **other)],
    )
    load(
        "signups",
        [
            {"id": "a", **ana, **home},
            {
                "id": "b",
                "given_name": "Omar",
                "surname": "Benali",
                "street": "rue Neuve",
                "house_number": "3",
                **other,
            },
        ],
    )
    assert resolve(campaign).persons == 4
    homes = _households(campaign)
    assert homes["roll:1"] == homes["signups:a"] == (homes["roll:1"][0], "phone")
    assert homes["roll:2"][0] != homes["signups:b"][0]


def test_a_crowd_at_one_door_is_no_household(campaign: Campaign, load: Load) -> None:
    load(
        "roll",
        [_row(str(n), given_name=f"Ana{chr(97 + n)}", birth_date=f"19{n + 50}-01-02") for n in range(14)],
    )
    resolve(campaign)
    assert {evidence for _, evidence in _households(campaign).values()} == {"alone"}


def test_anonymous_voters_of_named_households(campaign: Campaign, load: Load) -> None:
    """As in the Michigan study: no names, only a household's key, a sex and a year of birth."""
    rows = [
        {"id": str(n), "household_key": f"hh{n // 2}", "sex": "f" if n % 2 else "m", "birth_year": "1950"}
        for n in range(10)
    ]
    load("voters", rows)
    report = resolve(campaign)
    assert (report.persons, report.households) == (10, 5)
    assert {evidence for _, evidence in _people(campaign).values()} == {"alone"}
    assert {evidence for _, evidence in _households(campaign).values()} == {"list"}


def test_households_keep_their_id_when_somebody_moves_in(campaign: Campaign, load: Load) -> None:
    load("roll", [_row("1"), _row("2", given_name="Paul", birth_date="1959-11-30")])
    resolve(campaign)
    before = _households(campaign)["roll:1"]
    load("signups", [_row("s", given_name="Luc", birth_date="1999-12-30")], Mode.DELTA)
    resolve(campaign)
    homes = _households(campaign)
    assert homes["signups:s"] == homes["roll:1"] == before


def test_each_run_is_noted_and_audited(campaign: Campaign, load: Load) -> None:
    load("roll", [_row("1")])
    resolve(campaign)
    resolve(campaign)
    assert _counts(campaign, "identity.run") == 2
    assert _counts(campaign, "identity.event") == 1
    assert _counts(campaign, "audit.entry WHERE verb = 'resolve'") == 2
