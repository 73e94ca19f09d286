"""Addresses, French and American."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.intake.normalise import addresses
from commonweal.intake.rules import Reason


def line(cell: str, country: str) -> dict[str, str]:
    parts = addresses.address_lines(pa.array([cell]), country)
    return {name: values[0].as_py() for name, values in parts.items() if values[0].as_py() is not None}


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        (
            "12 bis rue de l'Église, 31000 Toulouse",
            {"house_number": "12 bis", "street": "rue de l'Église", "postcode": "31000", "city": "Toulouse"},
        ),
        (
            "Appt 3, 12 B RUE DES LILAS 31400 TOULOUSE",
            {"unit": "Appt 3", "house_number": "12B", "street": "Rue des Lilas", "postcode": "31400", "city": "Toulouse"},
        ),
        (
            "12 avenue Jean Jaurès bat A appt 12 31000 TOULOUSE France",
            {
                "house_number": "12", "street": "avenue Jean Jaurès", "unit": "bat A appt 12", "postcode": "31000",
                "city": "Toulouse",
            },
        ),
        ("5 PLACE DU CAPITOLE", {"house_number": "5", "street": "Place du Capitole"}),
        ("Le Bourg", {"street": "Le Bourg"}),
        ("7 rue du 11 novembre", {"house_number": "7", "street": "Rue du 11 Novembre"}),
        ("", {}),
    ],
)  # fmt: skip
def test_french_lines(cell: str, parts: dict[str, str]) -> None:
    assert line(cell, "FR") == parts


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        (
            "123 MAIN ST APT 4B, SPRINGFIELD, IL 62704-1234",
            {
                "house_number": "123", "street": "Main St", "unit": "APT 4B", "city": "Springfield", "state": "IL",
                "postcode": "62704",
            },
        ),
        ("1204  OAKVALE   DR  #12", {"house_number": "1204", "street": "Oakvale Dr", "unit": "#12"}),
        ("45 1/2 NW 5TH ST", {"house_number": "45 1/2", "street": "NW 5th St"}),
        ("123B B Street", {"house_number": "123B", "street": "B Street"}),
        ("PO BOX 12, Raleigh, NC 27601", {"street": "Po Box 12", "city": "Raleigh", "state": "NC", "postcode": "27601"}),
    ],
)  # fmt: skip
def test_american_lines(cell: str, parts: dict[str, str]) -> None:
    assert line(cell, "US") == parts


def test_house_numbers_are_written_one_way() -> None:
    found = addresses.house_numbers(
        pa.array(["0012BIS", "12 bis", "7b", "7 B", "0", "", None, "12-14", "3 ter"])
    )
    assert found.to_pylist() == ["12 bis", "12 bis", "7B", "7B", None, None, None, "12-14", "3 ter"]


def test_postcodes_get_their_zero_back() -> None:
    assert addresses.postcodes(pa.array(["1000", "F-31000", "31 000", "75001.0"]), "FR").to_pylist() == [
        "01000", "31000", "31000", "75001",
    ]  # fmt: skip
    assert addresses.postcodes(pa.array(["2138", "28202-1234", "282021234"]), "US").to_pylist() == [
        "02138", "28202", "28202",
    ]  # fmt: skip


def test_countries_by_code_or_name() -> None:
    found = addresses.countries(pa.array(["France", "FR", "États-Unis", "USA", "Germany", "Narnia", None]))
    assert found.values.to_pylist() == ["FR", "FR", "US", "US", "DE", None, None]
    assert found.reasons is not None
    assert found.reasons.to_pylist()[-2:] == [Reason.UNKNOWN_CODE, None]


def test_streets_written_differently_have_one_key() -> None:
    def key(street: str, country: str) -> str | None:
        empty = pa.nulls(1, pa.string())
        found: str | None = addresses.keys(empty, pa.array([street]), empty, empty, country).street[0].as_py()
        return found

    assert {key(s, "FR") for s in ("Av. de l'Église", "AVENUE DE L EGLISE", "ave de l’eglise")} == {
        "avenue de l eglise"
    }
    assert {key(s, "FR") for s in ("rue St-Michel", "R Saint Michel")} == {"rue saint michel"}
    assert {key(s, "US") for s in ("North Elm Street", "North Elm St.")} == {"north elm st"}


def test_an_address_without_a_street_has_no_key() -> None:
    found = addresses.keys(
        pa.array(["12 bis", "3"]),
        pa.array(["rue X", None]),
        pa.array(["31000", "31000"]),
        pa.nulls(2, pa.string()),
        "FR",
    )
    assert found.address.to_pylist() == ["12bis rue x 31000", None]


@given(
    st.lists(st.one_of(st.none(), st.text("12 aAéb,.#'-/", max_size=20)), max_size=8),
    st.sampled_from(["FR", "US", "DE"]),
)
def test_lines_keep_their_length_and_lose_no_digit(cells: list[str | None], country: str) -> None:
    parts = addresses.address_lines(pa.array(cells, pa.string()), country)
    assert all(len(values) == len(cells) for values in parts.values())
    for row, cell in enumerate(cells):
        kept = "".join(values[row].as_py() or "" for values in parts.values())
        assert not cell or sum(c in "12" for c in kept) >= (
            sum(c in "12" for c in cell) if " " not in cell else 0
        )
