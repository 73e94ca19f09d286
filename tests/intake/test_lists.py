"""The lists that come with the tests: every shipped mapping, French, American and messy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from commonweal.campaign import Campaign
from commonweal.intake import actions, queries, shipped
from commonweal.intake.model import Batch, Kind, Mode
from commonweal.intake.rules import check, spares_row
from commonweal.store.ledger import LedgerRole

LISTS = Path(__file__).parent / "lists"


@pytest.fixture
def load(campaign: Campaign) -> Callable[[str], tuple[Batch, dict[str, dict[str, Any]]]]:
    """Import one of the lists; its batch, and its records by key."""

    def load(name: str) -> tuple[Batch, dict[str, dict[str, Any]]]:
        batch = actions.import_file(campaign, LISTS / name)
        table = campaign.lake.table("intake.record")
        rows = campaign.lake.read(table.filter(table.batch_id == batch.batch_id)).to_pylist()
        records = {row["key"]: {k: v for k, v in row.items() if v is not None} for row in rows}
        assert len(records) == batch.records == batch.rows_read - batch.quarantined
        with campaign.ledger.read(LedgerRole.BULK) as connection:
            counts = queries.quarantine_counts(connection, batch.batch_id)
        assert sum(c.rows for c in counts if not spares_row(c.reason)) == batch.quarantined
        assert sum(c.rows for c in counts if spares_row(c.reason)) == batch.set_aside
        return batch, records

    return load


def facts(campaign: Campaign, table: str, record: dict[str, Any]) -> dict[str, Any]:
    """Votes or attributes of one record."""
    rows = campaign.lake.table(table)
    found = campaign.lake.read(rows.filter(rows.record_id == record["record_id"])).to_pylist()
    return {row.get("election") or row["name"]: row.get("voted", row.get("text")) for row in found}


def quarantine(campaign: Campaign, batch: Batch) -> set[tuple[int, str]]:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        return {(row.line, row.reason) for row in queries.quarantine_rows(connection, batch.batch_id)}


@pytest.mark.parametrize("each", shipped.all_shipped(), ids=lambda each: each.name)
def test_every_shipped_mapping_is_sound(each: shipped.Shipped) -> None:
    headers = tuple(each.mapping.columns)
    assert shipped.recognise(headers) == each
    check(each.name, shipped.fit(each, headers))
    assert each.mapping.purpose
    assert each.mapping.legal_basis


def test_french_roll(
    campaign: Campaign, load: Callable[[str], tuple[Batch, dict[str, dict[str, Any]]]]
) -> None:
    batch, records = load("france_reu.csv")
    assert (batch.mode, batch.rows_read, batch.records) == (Mode.SNAPSHOT, 9, 6)
    first = records["0001|DUBRESSOL|Éléonore, Marie|14/03/1962"]
    assert first == first | {
        "given_name": "Éléonore", "middle_name": "Marie", "surname": "Dubressol", "birth_date": date(1962, 3, 14),
        "sex": "f", "house_number": "12 bis", "street": "Rue de l'Église", "unit": "APPT 4", "postcode": "31999",
        "city": "Exemple sur Garonne", "country": "FR", "area_code": "0001", "line": 2,
        "address_key": "12bis rue de l eglise 31999",
    }  # fmt: skip
    married = records["0001|LÉTANGIER|Zoé|02/11/1985"]
    assert (married["surname_key"], married["birth_surname_key"]) == ("dubressol", "letangier")
    unknown_day = records["0002|N'DIORSAN|Aïssatou|00/00/1950"]
    assert "birth_date" not in unknown_day
    assert (unknown_day["birth_year"], unknown_day["surname_key"]) == (1950, "ndiorsan")
    assert quarantine(campaign, batch) == {(7, "impossible_date"), (8, "future_date"), (10, "nobody")}


def test_french_roll_of_2013(load: Callable[[str], tuple[Batch, dict[str, dict[str, Any]]]]) -> None:
    _batch, records = load("france_roll_2013.csv")
    assert records["31999|0001|OSTRIAC|Théo|1/1/1988"]["street_key"] == "boulevard de la gare"


def test_north_carolina(
    campaign: Campaign, load: Callable[[str], tuple[Batch, dict[str, dict[str, Any]]]]
) -> None:
    batch, records = load("ncvoter.txt")
    assert (batch.rows_read, batch.records) == (6, 4)
    first = records["ZZ000001"]
    assert first == first | {
        "surname": "O'Marren", "house_number": "1204", "street": "Oakvale Dr", "unit": "#12", "postcode": "27401",
        "state": "NC", "area_code": "41-G01", "phone": "+13365550117", "registration_number": "ZZ000001",
    }  # fmt: skip
    assert records["ZZ000003"]["given_name"] == "José"
    assert facts(campaign, "intake.attribute", first)["registered_on"] == "1996-10-07"
    assert quarantine(campaign, batch) == {
        (5, "bad_phone"), (5, "too_old"), (6, "impossible_date"), (7, "duplicate_row"),
    }  # fmt: skip
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        (source,) = queries.sources(connection)
    assert source.mapping["columns"]["race_code"]["sensitive"] == "origin"


def test_van(campaign: Campaign, load: Callable[[str], tuple[Batch, dict[str, dict[str, Any]]]]) -> None:
    batch, records = load("van.csv")
    first, second = records["100001"], records["100002"]
    assert facts(campaign, "intake.vote", first) == {
        "2022_general": True, "2020_general": True, "2018_general": False, "2022_primary": True,
        "2019_municipal_primary": False,
    }  # fmt: skip
    assert first["phone"] == "+15135550102"  # the mobile
    assert second["phone"] == "+15135550103"  # no mobile: the preferred one
    assert (first["street"], first["unit"], second["name_suffix"]) == ("N Ashgrove Ave", "Apt 3", "Sr")
    assert quarantine(campaign, batch) == {(4, "impossible_date")}


def test_nationbuilder(
    campaign: Campaign, load: Callable[[str], tuple[Batch, dict[str, dict[str, Any]]]]
) -> None:
    batch, records = load("nationbuilder.csv")
    assert quarantine(campaign, batch) == {(4, "nobody")}
    first, second = records["1"], records["2"]
    assert (first["consent_email"], first["consent_sms"], first["tags"]) == (
        "yes",
        "no",
        ["volunteer", "yard sign"],
    )
    assert "consent_phone" not in first  # not marked "do not call" is no consent
    assert (second["consent_phone"], second["phone"], second["postcode"]) == ("no", "+14155550134", "94601")


def test_action_network(
    campaign: Campaign, load: Callable[[str], tuple[Batch, dict[str, dict[str, Any]]]]
) -> None:
    batch, records = load("action_network.csv")
    by_line = {record["line"]: record for record in records.values()}
    assert by_line[2]["phone"] == "+16175550142"  # in a French campaign: the row's own country counts
    assert [by_line[line]["consent_email"] for line in (2, 3, 4)] == ["yes", "no", "no"]
    assert quarantine(campaign, batch) == {(4, "bad_email")}


def test_qomon_as_a_file_and_by_its_api(
    load: Callable[[str], tuple[Batch, dict[str, dict[str, Any]]]],
) -> None:
    _batch, records = load("qomon.csv")
    assert records["9001"]["tags"] == ["bénévole", "tractage"]
    assert records["9001"]["unit"] == "Bât. A 2 gauche"
    assert records["9002"] == records["9002"] | {"house_number": "18 ter", "consent_sms": "no"}


def test_qomon_by_its_api(load: Callable[[str], tuple[Batch, dict[str, dict[str, Any]]]]) -> None:
    _batch, records = load("qomon.jsonl")
    first, second = records["9001"], records["9002"]
    assert first == first | {
        "surname": "Thévonnet", "birth_surname": "Garrivon", "house_number": "4", "area_code": "BV-06",
        "latitude": 45.7501, "tags": ["bénévole", "tractage"],
    }  # fmt: skip
    assert {second[f"consent_{channel}"] for channel in ("door", "phone", "sms", "email", "post")} == {"no"}


def test_a_messy_list(
    campaign: Campaign, load: Callable[[str], tuple[Batch, dict[str, dict[str, Any]]]]
) -> None:
    batch, records = load("messy.csv")
    by_line = {record["line"]: record for record in records.values()}
    assert (batch.rows_read, batch.records) == (9, 5)
    assert (by_line[4]["given_name"], by_line[4]["surname"]) == ("Anne-Sophie", "Lebricard")
    assert (by_line[5]["phone"], by_line[5]["email"]) == ("+33639983344", "paul@example.org")
    assert by_line[7]["given_name"] == "Robert"
    assert by_line[13]["birth_date"] == date(1955, 5, 5)
    assert quarantine(campaign, batch) == {
        (5, "several_values"), (8, "impossible_date"), (9, "broken_quotes"), (10, "ragged"), (13, "bad_email"),
        (14, "empty_row"),
    }  # fmt: skip
    raw = campaign.lake.read(campaign.lake.table("intake.raw")).to_pylist()
    assert sorted(row["line"] for row in raw) == [4, 5, 7, 8, 9, 10, 11, 13, 14]
    assert (
        next(row["cells"][4] for row in raw if row["line"] == 4) == 'aime les "grands" débats; vient le soir'
    )


def test_kinds_of_the_shipped() -> None:
    assert {each.name: each.mapping.kind for each in shipped.all_shipped()}["france_reu"] is Kind.ROLL
