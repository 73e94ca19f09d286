"""Linking without a campaign: lists of any layout, measures, output, and what can be wrong."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.identity.made_up import GIVEN, SURNAMES, Row, rows
from typer.testing import CliRunner

from commonweal.campaign import NotWritable
from commonweal.cli import app
from commonweal.errors import CommonwealError
from commonweal.identity.alone import Linking, check_output, link_files, link_tables
from commonweal.identity.errors import CannotWriteAs, ColumnNowhere, WouldReplaceList
from commonweal.identity.lists import shown
from commonweal.intake.errors import EmptyFile, MappingUnreadable, NoSuchFile, NotATable, NothingMapped
from commonweal.intake.mapping import Corrections, read_corrections
from commonweal.intake.model import Column

Layout = dict[str, Callable[[Row], object]]
_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)

LAYOUTS: dict[str, Layout] = {
    "american": {
        "fname": lambda row: row.given.title(),
        "lname": lambda row: row.surname.title(),
        "dob": lambda row: row.born.strftime("%m/%d/%Y"),
        "addr": lambda row: f"{row.number} {row.street.title()} St",
        "city": lambda row: row.town,
        "st": lambda row: "IL",
        "zip": lambda row: row.postcode,
    },
    "french": {
        "NOM": lambda row: row.surname.upper(),
        "Prénom": lambda row: row.given.title(),
        "date_naiss": lambda row: f"{row.born.day} {_MONTHS[row.born.month - 1]} {row.born.year}",
        "N° voie": lambda row: f"{row.number} bis",
        "Libellé voie": lambda row: f"RUE DE {row.street.upper()}",
        "CP": lambda row: row.postcode,
        "Commune": lambda row: row.town,
        "num_secu": lambda row: row.ssn,
    },
    "australian": {
        "rec_id": lambda row: f"rec-{row.person}-{id(row)}",
        "given_name": lambda row: row.given,
        "surname": lambda row: row.surname,
        "street_number": lambda row: row.number,
        "address_1": lambda row: f"{row.street} place",
        "suburb": lambda row: row.town,
        "postcode": lambda row: row.postcode[:4],
        "state": lambda row: "nsw",
        "date_of_birth": lambda row: row.born.strftime("%Y%m%d"),
        "soc_sec_id": lambda row: row.ssn,
    },
    "whole_names": {
        "full_name": lambda row: f"{row.surname.title()}, {row.given.title()}",
        "birth_dt": lambda row: row.born.strftime("%d.%m.%Y"),
        "address": lambda row: f"{row.number} rue {row.street}, {row.postcode} {row.town.title()}",
    },
    "german": {  # as RLdata500 has it
        "fname_c1": lambda row: row.given.upper(),
        "fname_c2": lambda row: "",
        "lname_c1": lambda row: row.surname.upper(),
        "lname_c2": lambda row: "",
        "by": lambda row: row.born.year,
        "bm": lambda row: row.born.month,
        "bd": lambda row: row.born.day,
    },
    "nameless": {
        "a": lambda row: row.given.title(),
        "b": lambda row: row.surname.title(),
        "c": lambda row: row.born.isoformat(),
        "d": lambda row: f"{row.number} {row.street} St",
        "e": lambda row: row.postcode,
    },
}


def laid_out(people: list[Row], layout: Layout) -> pa.Table:
    columns = {header: [str(cell(row)) for row in people] for header, cell in layout.items()}
    return pa.table(columns | {"who": [f"p{row.person}" for row in people]})


def of(linking: Linking) -> dict[str, str]:
    return shown(linking.lists[0].mapping)


def _write_text(table: pa.Table, path: Path, delimiter: str) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(table.column_names)
        writer.writerows(zip(*table.to_pydict().values(), strict=True))


def _write_book(table: pa.Table, path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(table.column_names)
    for row in zip(*table.to_pydict().values(), strict=True):
        sheet.append(row)
    book.save(path)


@pytest.fixture(scope="module")
def people() -> list[Row]:
    return rows(persons=120, copies=3)


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_list_that_nobody_has_seen(people: list[Row], layout: str) -> None:
    linking = link_tables({"list": laid_out(people, LAYOUTS[layout])}, truth="who")
    assert linking.measures is not None, of(linking)
    assert linking.measures.pairwise.f1 >= 0.95, of(linking)
    assert linking.measures.blocking_recall >= 0.97
    assert "rec_id" not in of(linking)
    assert "who" not in of(linking)


def test_two_lists_of_different_columns(people: list[Row]) -> None:
    tables = {
        "roll": laid_out(people[::2], LAYOUTS["french"]).rename_columns(
            [*LAYOUTS["french"], "WHO"]  # the truth under another spelling
        ),
        "members": laid_out(people[1::2], LAYOUTS["whole_names"]),
    }
    linking = link_tables(tables, truth="who")
    assert linking.measures is not None
    assert linking.measures.pairwise.f1 >= 0.9
    assert linking.records == linking.rows.num_rows == 360


def test_the_truth_has_no_say(people: list[Row]) -> None:
    table = laid_out(people, LAYOUTS["american"])
    told = link_tables({"list": table}, truth="who")
    at = table.column_names.index("who")
    wrong = table.set_column(at, "who", pa.array([str(number) for number in range(table.num_rows)]))
    assert link_tables({"list": wrong}, truth="who").person.tolist() == told.person.tolist()
    untold = link_tables({"list": table.drop_columns(["who"])})
    assert untold.person.tolist() == told.person.tolist()
    assert untold.measures is None


def test_a_numbering_that_carries_the_answer_is_no_evidence(people: list[Row]) -> None:
    table = laid_out(people, LAYOUTS["american"])
    for header in ("rec_id", "cluster", "person_id"):
        table = table.append_column(header, table["who"])
    table = table.append_column("voter_id", pa.array(range(table.num_rows)))  # each row its own
    found = of(link_tables({"list": table}, truth="who"))
    assert not {"rec_id", "cluster", "person_id", "voter_id", "who"} & found.keys()


def test_what_else_a_list_says_is_evidence(people: list[Row]) -> None:
    """Names alone leave namesakes together; an unknown column that tells people apart takes them apart."""
    table = pa.table(
        {
            "first": [row.given for row in people],
            "last": [row.surname for row in people],
            "soc_sec_id": [row.ssn for row in people],
            "who": [str(row.person) for row in people],
        }
    )
    with_number = link_tables({"list": table}, truth="who")
    without = link_tables({"list": table.drop_columns(["soc_sec_id"])}, truth="who")
    assert of(with_number)["soc_sec_id"] == "attribute:soc sec id"
    assert with_number.measures
    assert without.measures
    assert with_number.measures.pairwise.f1 > without.measures.pairwise.f1
    assert with_number.measures.pairwise.f1 >= 0.95


def test_a_whole_question_as_a_header_is_no_evidence_and_no_error(people: list[Row]) -> None:
    question = (
        "what is your national insurance number as it stands on the card that you were sent by the office"
    )
    table = laid_out(people[:30], LAYOUTS["american"])
    asked = table.append_column(question, pa.array([row.ssn for row in people[:30]]))
    linking = link_tables({"list": asked}, truth="who")
    assert linking.rows.column_names == asked.column_names
    assert question not in of(linking)


def test_rows_of_unknown_truth_are_linked_and_not_measured(people: list[Row]) -> None:
    table = laid_out(people, LAYOUTS["american"])
    some = pa.array([None if at % 2 else who for at, who in enumerate(table["who"].to_pylist())])
    linking = link_tables({"list": table.set_column(table.num_columns - 1, "who", some)}, truth="who")
    assert linking.records == 360
    assert linking.measures
    assert linking.measures.pairwise.f1 >= 0.95


def test_a_correction_says_what_a_column_means(people: list[Row], tmp_path: Path) -> None:
    table = laid_out(people, LAYOUTS["american"]).rename_columns(
        ["fname", "lname", "zzz", "addr", "city", "st", "zip", "who"]
    )
    place = tmp_path / "mapping.toml"
    place.write_text('[format]\ndate_order = "mdy"\n\n[columns]\nzzz = "birth_date"\ncity = ""\n')
    found = of(link_tables({"list": table}, truth="who", corrections=read_corrections(place)))
    assert found["zzz"] == "birth_date"
    assert "city" not in found


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("list.parquet", pq.write_table),
        ("list.tsv", lambda table, path: _write_text(table, path, "\t")),
        ("list.csv", lambda table, path: _write_text(table, path, ";")),
        ("list.xlsx", _write_book),
    ],
)
def test_files_of_any_kind(people: list[Row], tmp_path: Path, name: str, write: Callable[..., None]) -> None:
    table = laid_out(people[:60], LAYOUTS["american"])
    write(table, tmp_path / name)
    linking = link_files([tmp_path / name], truth="who")
    assert linking.records == 60
    assert linking.rows["fname"].to_pylist() == table["fname"].to_pylist()


def test_the_command_prints_one_object(people: list[Row], tmp_path: Path) -> None:
    _write_text(laid_out(people, LAYOUTS["french"]), tmp_path / "roll.csv", ",")
    asked = [
        "link",
        str(tmp_path / "roll.csv"),
        "--truth",
        "who",
        "--json",
        "--out",
        str(tmp_path / "out.parquet"),
    ]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert list(report) == [
        "records", "persons", "threshold", "blocking_recall", "edges", "pairwise", "exact", "seconds", "missed",
    ]  # fmt: skip
    missed = 1 - report["blocking_recall"]
    assert report["missed"]["least"] <= missed <= report["missed"]["most"]
    assert sum(block["alone"] for block in report["missed"]["blocks"]) == report["missed"]["once"]
    assert list(report["pairwise"]) == ["precision", "recall", "f1"]
    written = pq.read_table(tmp_path / "out.parquet")
    assert written.num_rows == report["records"] == 360
    assert len(set(written["person"].to_pylist())) == report["persons"]
    assert written["NOM"].to_pylist() == [row.surname.upper() for row in people]


def test_the_command_for_people(people: list[Row], tmp_path: Path) -> None:
    table = laid_out(people[:40], LAYOUTS["american"]).append_column("person", pa.array(["x"] * 40))
    _write_text(table, tmp_path / "a.csv", ",")
    done = CliRunner().invoke(app, ["link", str(tmp_path / "a.csv"), "--out", str(tmp_path / "b.csv")])
    assert done.exit_code == 0, done.output
    assert "40 records are" in done.stdout
    assert "no block" in done.stdout
    with (tmp_path / "b.csv").open(encoding="utf-8") as file:
        assert next(csv.reader(file))[-2:] == ["person", "person (2)"]


def test_without_a_truth_the_measures_are_null(people: list[Row]) -> None:
    report = link_tables({"list": laid_out(people[:30], LAYOUTS["american"])}).as_json()
    assert [report[name] for name in ("blocking_recall", "edges", "pairwise", "exact")] == [None] * 4


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", EmptyFile),
        (b"fname,lname\n", EmptyFile),
        (b"%PDF-1.7 nothing", NotATable),
        (b"amount,total\n1,2\n3,4\n", NothingMapped),
    ],
)
def test_files_that_cannot_be_linked(tmp_path: Path, content: bytes, error: type[CommonwealError]) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(error):
        link_files([tmp_path / "list.csv"])


def test_what_is_not_there_is_named(people: list[Row], tmp_path: Path) -> None:
    table = laid_out(people[:10], LAYOUTS["american"])
    with pytest.raises(NoSuchFile):
        link_files([tmp_path / "none.csv"])
    with pytest.raises(ColumnNowhere, match=r"'truth'.*fname"):
        link_tables({"list": table}, truth="truth")
    with pytest.raises(ColumnNowhere, match="'surnom'"):
        link_tables({"list": table}, corrections=Corrections(columns={"surnom": Column(target="surname")}))
    with pytest.raises(EmptyFile):
        link_tables({"list": table.slice(0, 0)})
    (tmp_path / "mapping.toml").write_text("[columns\n")
    with pytest.raises(MappingUnreadable):
        read_corrections(tmp_path / "mapping.toml")


@pytest.mark.parametrize("name", ["persons.doc", "nowhere/persons.csv"])
def test_an_output_that_cannot_be_written_is_said_before_the_work(tmp_path: Path, name: str) -> None:
    done = CliRunner().invoke(app, ["link", str(tmp_path / "list.csv"), "--out", str(tmp_path / name)])
    assert isinstance(done.exception, CommonwealError)
    assert not isinstance(done.exception, NoSuchFile)


@pytest.mark.parametrize("name", ["list.csv", "other_name.csv", "folder.csv"])
def test_a_list_is_not_lost_under_the_output_nor_a_folder_found_in_the_way_too_late(
    people: list[Row], tmp_path: Path, name: str
) -> None:
    given = tmp_path / "list.csv"
    _write_text(laid_out(people[:10], LAYOUTS["american"]), given, ",")
    (tmp_path / "other_name.csv").symlink_to(given)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises((WouldReplaceList, NotWritable)):
        check_output(tmp_path / name, [tmp_path / "none.csv", given])
    before = given.read_bytes()
    done = CliRunner().invoke(app, ["link", str(given), "--out", str(tmp_path / name)])
    assert isinstance(done.exception, WouldReplaceList | NotWritable)
    assert given.read_bytes() == before


def test_a_folder_that_may_not_be_written_is_said_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # root may write anywhere
    with pytest.raises(NotWritable, match="Permission denied"):
        check_output(tmp_path / "persons.csv")


def test_output_in_a_format_that_is_none() -> None:
    with pytest.raises(CannotWriteAs):
        link_tables({"list": pa.table({"fname": ["a", "b"], "lname": ["c", "d"]})}).write(Path("x.doc"))


_CROWD = rows(persons=600, copies=1, seed=7)
_SOME = {
    "first_name": [row.given for row in _CROWD],
    "last_name": [row.surname for row in _CROWD],
    "dob": [row.born.isoformat() for row in _CROWD],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("columns", "least", "most"),
    [
        ({"first_name": _SOME["first_name"]}, 600, 600),  # nothing but a first name
        ({**_SOME, "email": ["info@example.org"] * 600}, 590, 600),  # one address for all
        ({**_SOME, "dob": ["1900-01-01"] * 600}, 350, 600),  # no birth date is known
        ({**_SOME, "last_name": ["smith"] * 600}, 550, 600),  # one surname
        ({name: cells[:1] * 600 for name, cells in _SOME.items()}, 1, 600),  # one row again and again
        ({**_SOME, "first_name": [f"06123{at:05}" for at in range(600)]}, 550, 600),  # telephones for names
        ({"last_name": _SOME["last_name"][:100]}, 100, 100),
        ({"first_name": [None] * 5, "last_name": [None] * 5}, 5, 5),
        ({name: cells[:1] for name, cells in _SOME.items()}, 1, 1),
    ],
    ids=["first name", "email", "1900", "one surname", "one row", "phones", "surname", "nulls", "one"],
)
def test_bad_lists_are_linked_without_harm(
    columns: dict[str, list[str | None]], least: int, most: int
) -> None:
    table = pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})
    assert least <= link_tables({"list": table}).persons <= most


def test_names_in_capitals_two_scripts_or_swapped() -> None:
    same = [("Dmitri", "Ivanov"), ("DMITRI", "IVANOV"), ("Дмитрий", "Иванов"), ("Ivanov", "Dmitri")]
    others = [(given.title(), surname.title()) for given, surname in zip(GIVEN, SURNAMES, strict=True)]
    table = pa.table(
        {
            "first_name": [given for given, _ in same + others],
            "last_name": [surname for _, surname in same + others],
            "dob": ["1970-05-06"] * 4 + [f"19{40 + at}-01-{1 + at % 28:02}" for at in range(30)],
        }
    )
    person = link_tables({"list": table}).person.tolist()
    assert person[:4] == [0] * 4
    assert len(set(person)) == 31


def test_words_for_nothing_are_no_evidence() -> None:
    nothing = ["NULL", "nan", "N/A", "-", "None", "\\N"]
    table = pa.table(
        {
            "first_name": GIVEN,
            "last_name": SURNAMES,
            "email": nothing * 5,
            "phone": ["null"] * 30,
            "dob": ["-"] * 30,
        }
    )
    assert link_tables({"list": table}).persons == 30


def test_a_name_and_its_short_form() -> None:
    table = pa.table(
        {
            "first_name": ["Robert", "Bob", "Philippe", "Phil", "Margaret", *GIVEN],
            "last_name": ["Delmas", "Delmas", "Blanc", "Blanc", "Delmas", *SURNAMES],
            "dob": ["1950-03-02"] * 2 + ["1961-07-08"] * 2 + ["1975-11-30"] + [f"19{40 + at}-01-{1 + at % 28:02}" for at in range(30)],
        }
    )  # fmt: skip
    assert link_tables({"list": table}).person.tolist()[:5] == [0, 0, 1, 1, 2]
