"""Walk and mailing lists: order, one piece a household, no formulas."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from commonweal.planning.lists import pieces, sheet, write_list
from commonweal.planning.options import CampaignOption

OPTIONS = {
    "post:a": CampaignOption(code="post:a", channel="post", message="a", unit_cost=50, per="household"),
    "door:a": CampaignOption(code="door:a", channel="door", message="a", unit_cost=90),
}


def person(household: int, option: str, given: str, **more: Any) -> dict[str, Any]:
    names = ("day", "area_code", "street", "house_number", "unit", "postcode", "city", "phone", "email")
    row: dict[str, Any] = dict.fromkeys(names)
    return row | {"household_id": household, "option": option, "given_name": given, "surname": "Roy"} | more


def write(tmp_path: Path, rows: list[dict[str, Any]], options: dict[str, CampaignOption] = OPTIONS) -> Path:
    found = list(pieces(rows, options))
    return write_list(tmp_path / "list.csv", sheet(found[0]["channel"], found))


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_household_gets_one_letter_in_all_their_names(tmp_path: Path) -> None:
    rows = [person(1, "post:a", "Ana"), person(1, "post:a", "Léo"), person(2, "post:a", "Max")]
    written = write(tmp_path, rows)
    assert [row["names"] for row in read(written)] == ["Ana Roy & Léo Roy", "Max Roy"]


def test_a_walk_goes_up_one_side_of_the_street_and_then_the_other(tmp_path: Path) -> None:
    numbers = ["10", "3", "2", "1 bis", "21", None]
    rows = [
        person(i, "door:a", str(i), street="rue A", house_number=number, area_code="0113")
        for i, number in enumerate(numbers)
    ]
    written = write(tmp_path, rows)
    assert [row["number"] for row in read(written)] == ["", "2", "10", "1 bis", "3", "21"]


def test_a_cell_that_a_spreadsheet_would_run_is_defused(tmp_path: Path) -> None:
    rows = [person(1, "door:a", "=HYPERLINK(1)", street="@SUM(A1)", unit="-1", city="+cmd|' /C calc'!A0")]
    written = write(tmp_path, rows)
    (row,) = read(written)
    assert [row[name] for name in ("names", "street", "unit", "city")] == [
        "'=HYPERLINK(1) Roy",
        "'@SUM(A1)",
        "'-1",
        "'+cmd|' /C calc'!A0",
    ]


def test_nor_does_a_cell_become_two_where_lists_are_cut_at_semicolons(tmp_path: Path) -> None:
    rows = [person(1, "door:a", "Ana;=HYPERLINK(1)", street="rue A; +1", city="Aix;\t@x;b")]
    (row,) = read(write(tmp_path, rows))
    assert [row[name] for name in ("names", "street", "city")] == [
        "Ana;'=HYPERLINK(1) Roy",
        "rue A; '+1",
        "Aix;\t'@x;b",
    ]


def test_a_telephone_number_keeps_its_plus(tmp_path: Path) -> None:
    options = {"phone:a": CampaignOption(code="phone:a", channel="phone", message="a", unit_cost=70)}
    rows = [person(1, "phone:a", "Ana", phone="+33199000000")]
    written = write(tmp_path, rows, options)
    assert read(written)[0]["phone"] == "+33199000000"


def test_only_the_owner_reads_a_list(tmp_path: Path) -> None:
    assert write(tmp_path, [person(1, "door:a", "Ana")]).stat().st_mode & 0o777 == 0o600


def test_no_file_is_left_half_written(tmp_path: Path) -> None:
    write(tmp_path, [person(1, "door:a", "Ana")])
    assert [path.name for path in tmp_path.iterdir()] == ["list.csv"]
