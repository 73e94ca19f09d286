"""Birth dates in three columns."""

import pyarrow as pa
import pytest

from commonweal.identity.births import whole_dates


@pytest.mark.parametrize(
    "headers",
    [
        ("by", "bm", "bd"),
        ("BirthYear", "BirthMonth", "BirthDay"),
        ("année_naissance", "mois_naiss", "jour_naiss"),
    ],
)
def test_three_columns_become_one(headers: tuple[str, str, str]) -> None:
    year, month, day = headers
    table = pa.table({"name": ["a", "b"], year: ["1980", "1975"], month: ["3", None], day: ["31", "1"]})
    found = whole_dates(table)
    assert found.column_names == ["name", "birth date"]
    assert found["birth date"].to_pylist() == ["1980-3-31", "1975-0-1"]


@pytest.mark.parametrize(
    "table",
    [
        {"by": ["1980"], "bm": ["3"], "bd": ["31"], "dob": ["1980-03-31"]},
        {"by": ["1980"], "bm": ["3"]},
        {"by": ["me"], "bm": ["3"], "bd": ["31"]},
    ],
)
def test_else_nothing_changes(table: dict[str, list[str]]) -> None:
    assert whole_dates(pa.table(table)).equals(pa.table(table))
