"""What a mapping may say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.errors import CommonwealError, Phrase
from commonweal.intake import mapping as mappings
from commonweal.intake import rules
from commonweal.intake.errors import (
    BadOption,
    BadSourceName,
    FileCut,
    KeyNotMapped,
    NothingMapped,
    OptionMisplaced,
    TwoColumnsOneTarget,
    UnknownTarget,
)


def check(columns: dict[str, Any], **rest: Any) -> None:
    rules.check("roll", mappings.from_data({"list": "Roll", "columns": columns, **rest}))


@pytest.mark.parametrize(
    ("columns", "rest", "error", "said"),
    [
        ({"Nom": "sirname"}, {}, UnknownTarget, "'surname'"),
        ({"Nom": "vote:"}, {}, UnknownTarget, "vote:"),
        ({"Nom": "surname", "Name": "surname"}, {}, TwoColumnsOneTarget, "'Nom', 'Name'"),
        ({"A": {"target": "street", "part": 1}, "B": {"target": "street", "part": 1}}, {}, TwoColumnsOneTarget, "street"),
        ({"A": {"target": "street", "part": 1}, "B": "street"}, {}, TwoColumnsOneTarget, "street"),
        ({"Nom": {"target": "surname", "yes": ["x"]}}, {}, OptionMisplaced, "yes"),
        ({"Né": {"target": "birth_date", "order": "given_first"}}, {}, BadOption, "dmy"),
        ({"Sexe": {"target": "sex", "codes": {"1": "male"}}}, {}, BadOption, "f, m, x"),
        ({"Nom": "surname"}, {"key": ["Numéro"]}, KeyNotMapped, "Numéro"),
        ({"Nom": "surname"}, {"constants": {"contry": "FR"}}, UnknownTarget, "country"),
        ({"Nom": "surname"}, {"constants": {"country": " "}}, BadOption, "country"),
        ({"Nom": ""}, {}, NothingMapped, "sources/roll.toml"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    columns: dict[str, Any], rest: dict[str, Any], error: type[CommonwealError], said: str
) -> None:
    with pytest.raises(error, match="roll") as caught:
        check(columns, **rest)
    assert said in str(caught.value)


def test_what_is_right_passes() -> None:
    check(
        {
            "N°": "",
            "Type": {"target": "street", "part": 1},
            "Voie": {"target": "street", "part": 2, "glue": " "},
            "Mobile": {"target": "phone", "part": 1, "region": "FR"},
            "Fixe": {"target": "phone", "part": 2},
            "T1 2022": {"target": "vote:2022_t1", "yes": ["O"], "blank": "no", "other": "yes"},
            "Parti": {
                "target": "attribute:party",
                "sensitive": "political_opinion",
                "purpose": "x",
                "legal_basis": "y",
            },
            "Bras": "arm:pilot",
            "Appel": {"target": "consent_phone", "refusal": True},
        },
        key=["N°"],
        constants={"country": "FR"},
    )


@pytest.mark.parametrize(
    ("header", "folded"),
    [
        ("Numéro_Électeur", "numero electeur"),
        ("LastName", "last name"),
        ("  E-mail 2 ", "e mail 2"),
        ("N°", "n"),
        ("cœur", "coeur"),
    ],
)
def test_headers_fold(header: str, folded: str) -> None:
    assert rules.fold_header(header) == folded


def test_a_header_is_found_again_though_written_otherwise() -> None:
    found = rules.resolve_headers(("Nom", "Prénom", "Ville"), ("NOM", "prenom", "Prénom", "cp"))
    assert found == {"Nom": "NOM", "Prénom": "Prénom", "Ville": None}


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Roll 2026-03.csv.gz", "roll"),
        ("liste_électorale-31.xlsx", "liste_electorale"),
        ("2026.csv", "list"),
        ("ncvoter.txt", "ncvoter"),
    ],
)
def test_a_list_is_named_by_its_file(file: str, name: str) -> None:
    assert rules.source_name(file) == name


@given(st.text(max_size=80))
def test_any_file_name_gives_a_name(file: str) -> None:
    rules.check_source_name(rules.source_name(file))


@pytest.mark.parametrize("name", ["", "../x", "A", "a b", "é", "a" * 61])
def test_names_that_cannot_be_a_file_are_refused(name: str) -> None:
    with pytest.raises(BadSourceName):
        rules.check_source_name(name)


@given(st.lists(st.text(max_size=6), max_size=8))
def test_columns_get_names_that_differ(cells: list[str]) -> None:
    names = rules.unique_headers(cells)
    assert len(set(names)) == len(cells)
    assert all(names)


def test_every_reason_has_words() -> None:
    assert set(rules.MEANING) == set(rules.Reason)
    assert set(rules.Reason) >= rules.VALUE_REASONS


def test_a_reason_inside_an_error_is_translated_with_it() -> None:
    french = {
        "{path} is cut: {reason}.": "{path} est tronqué : {reason}.",
        "it ends in the middle of line {line}": "il finit au milieu de la ligne {line}",
    }
    error = FileCut(path="roll.csv", reason=Phrase("it ends in the middle of line {line}", line=7))
    assert error.worded(lambda text: french.get(text, "")).startswith(
        "roll.csv est tronqué : il finit au milieu de la ligne 7."
    )
    assert "it ends in the middle of line 7" in str(error)
