"""Lists of promises as people have them."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from commonweal.errors import CommonwealError
from commonweal.intake.errors import EmptyFile, NoSuchFile
from commonweal.mandate import cells, reading
from commonweal.mandate.errors import KeyTwice, ListUnreadable, NoPromises
from commonweal.mandate.levers import shipped
from commonweal.mandate.model import EVERYONE, Direction, Funding, Promise, Pull, Status

DAY = date(2027, 1, 15)
UP, DOWN, HOLD = Direction
DATA = Path(__file__).parents[1] / "data" / "promises"


def read(folder: Path, name: str, text: str) -> reading.Listed:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return reading.read(path, DAY)


def test_a_nested_json_gives_its_longest_list_with_the_chapter_as_issue() -> None:
    listed = reading.read(DATA / "macron2017.json", DAY)
    assert len(listed.promises) == 97
    assert listed.columns["title"] == "text"
    assert {promise.issue for promise in listed.promises} >= {"Travail", "Sécurité"}
    assert not any("<" in promise.text for promise in listed.promises)
    assert {promise.status for promise in listed.promises} == {Status.ANNOUNCED}, "not kept yet is not broken"


def test_a_spreadsheet_of_somebody_else_is_understood() -> None:
    listed = reading.read(DATA / "2021-mandate-commitments.csv", DAY)
    assert (len(listed.promises), listed.faults, listed.blank) == (760, (), 0)
    assert dict(listed.columns) == {"MLC ID": "key", "Commitment": "text", "Reporting Lead": "issue"}


WHOLE = """\
Clé;Mesure;Thème;Qui gagne;Qui paie;Coût annuel;Financement;Leviers;Public;Statut;Remplace
a;Baisser la TVA;Impôts;tous;;4 milliards;la réserve : 1,5 Md€;TVA baisse | loyers ↓;oui;annoncée;
b;Retraite à 60 ans;Retraites;age >= 50;age < 50;390 M€;;âge de la retraite : baisse;non;brouillon;a
;;;;;;;;;;
c;A line;with too;many cells;;;;;;;;;
"""


def test_every_column_of_a_french_list(tmp_path: Path) -> None:
    listed = read(tmp_path, "programme.csv", WHOLE)
    first, second = listed.promises
    assert (listed.faults, listed.blank, listed.unread) == ((), 1, (5,))
    assert first == Promise(
        "a",
        "Baisser la TVA",
        language=first.language,
        issue="Impôts",
        gains=EVERYONE,
        cost=400_000_000_000,
        funding=(Funding("la reserve", 150_000_000_000),),
        pulls=(Pull("vat", DOWN), Pull("rent", DOWN)),
    )
    assert (second.public, second.status, second.overrides) == (False, Status.DRAFT, ("a",))
    assert second.gains is not None
    assert second.gains.text == "age >= 50"


def test_toml_names_budgets_and_levers_of_its_own(tmp_path: Path) -> None:
    listed = read(
        tmp_path,
        "p.toml",
        'levers = ["Bike lanes"]\n[budget]\n"The reserve" = "2 million"\n'
        '[[promise]]\ntext = "More bike lanes"\nlevers = "Bike lanes up"\nfunding = ["the reserve: 5"]\n',
    )
    (promise,) = listed.promises
    assert listed.budgets == {"the reserve": 200_000_000}
    assert promise.pulls == (Pull("bike_lanes", UP),)
    assert promise.funding == (Funding("the reserve", 500),)
    assert "bike_lanes" in listed.levers.codes


def test_what_can_not_be_understood_is_told_and_the_promise_kept(tmp_path: Path) -> None:
    listed = read(
        tmp_path,
        "p.csv",
        "id,promise,cost,levers,public,status,serves\n"
        'a,One,a lot,VAT sideways,perhaps,forgotten,"attribute(""religion"") = ""x"""\n'
        "b,Two,5,VAT up,no,kept,age < 30\n",
    )
    assert [promise.key for promise in listed.promises] == ["a", "b"]
    assert [fault.key for fault in listed.faults] == ["a"] * 5
    words = " ".join(str(fault.error) for fault in listed.faults)
    for part in ("'a lot'", "'VAT sideways'", "'perhaps'", "'forgotten'", "GDPR, art. 9"):
        assert part in words
    assert listed.promises[1].status is Status.KEPT


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("p.csv", "", EmptyFile),
        ("p.csv", "name,age\nAnna,3\n", NoPromises),
        ("p.csv", "promise,cost\n,3\n", NoPromises),
        ("p.csv", "id,promise\na,One\na,Two\n", KeyTwice),
        ("p.toml", "[[promise", ListUnreadable),
        ("p.toml", "x = 1\n", NoPromises),
        ("p.toml", "promise = 3\n", ListUnreadable),
        ("p.toml", 'budget = "all"\nlevers = 4\n[[promise]]\ntext = "x"\n', ListUnreadable),
        ("p.json", "{", ListUnreadable),
        ("p.json", "[" * 100_000, ListUnreadable),
        ("p.json", "[1, 2]", NoPromises),
        ("p.json", '{"a": {"text": "no list"}}', NoPromises),
    ],
)
def test_a_bad_file_is_refused_in_words(
    tmp_path: Path, name: str, text: str, error: type[CommonwealError]
) -> None:
    with pytest.raises(error, match=name):
        read(tmp_path, name, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for name in ("x.csv", "x.toml", "x.json"):
        with pytest.raises((NoSuchFile, ListUnreadable), match=name):
            reading.read(tmp_path / name, DAY)


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1.2 million", 120_000_000),
        ("390 M€", 39_000_000_000),
        ("1 200 000", 120_000_000),
        ("-5 milliards", -500_000_000_000),
        ("rien", 0),
        ("0", 0),
        ("1,234", 123_400),
        ("1.234.567,89 €", 123_456_789),
        ("1,234,567.89", 123_456_789),
        ("$5 billion a year", 500_000_000_000),
        ("12.50", 1_250),
        ("1,5 Md€ par an", 150_000_000_000),
    ],
)
def test_amounts_as_people_write_them(text: str, minor: int) -> None:
    assert cells.amount(text, 100) == minor


@pytest.mark.parametrize("text", ["", "five", "12 apples", "3 %", "1-2 million"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text) or "^$"):
        cells.amount(text, 100)


@pytest.mark.parametrize(
    ("text", "ways", "pulls"),
    [
        ("VAT down; retirement age: up", "", (Pull("vat", DOWN), Pull("retirement_age", UP))),
        ("down rents | TVA ↑", "", (Pull("rent", DOWN), Pull("vat", UP))),
        ("âge de la retraite maintien", "", (Pull("retirement_age", HOLD),)),
        ("VAT; rents", "up; hold", (Pull("vat", UP), Pull("rent", HOLD))),
        ("VAT; rents", "baisse", (Pull("vat", DOWN), Pull("rent", DOWN))),
    ],
)
def test_levers_with_their_ways(text: str, ways: str, pulls: tuple[Pull, ...]) -> None:
    assert cells.pulls(text, shipped(), ways) == pulls


@pytest.mark.parametrize(
    ("text", "ways"), [("VAT", ""), ("up", ""), ("VAT; rents; csg", "up; down"), ("VAT", "sideways")]
)
def test_a_lever_without_a_way_says_nothing(text: str, ways: str) -> None:
    with pytest.raises(ValueError, match=f"^{ways or text}$"):
        cells.pulls(text, shipped(), ways)
