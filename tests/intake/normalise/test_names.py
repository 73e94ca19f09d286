"""Names: capitals, particles, full names taken apart."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.intake.model import NameOrder
from commonweal.intake.normalise import names
from commonweal.intake.normalise.names import NameParts, split


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("DE LA TOUR", "de La Tour"),
        ("D'ARTAGNAN", "d'Artagnan"),
        ("O'BRIEN", "O'Brien"),
        ("mcdonald", "McDonald"),
        ("JEAN-PIERRE", "Jean-Pierre"),
        ("VAN DEN BERG", "van den Berg"),
        ("ÉMILE", "Émile"),
        ("MacArthur", "MacArthur"),  # says itself how it is written
        ("  anna  maria ", "Anna Maria"),
        (None, None),
    ],
)
def test_capitals(cell: str | None, shown: str | None) -> None:
    assert names.names(pa.array([cell], pa.string())).to_pylist() == [shown]


@pytest.mark.parametrize(
    ("name", "order", "parts"),
    [
        (
            "DUBRESSOL-MOREL Jean-Pierre",
            "given_first",
            NameParts(None, "Jean-Pierre", None, "DUBRESSOL-MOREL"),
        ),
        ("Jean de La Fontaine", "given_first", NameParts(None, "Jean", None, "de La Fontaine")),
        ("Ann B. Smith III", "given_first", NameParts(None, "Ann", "B.", "Smith", "III")),
        ("Smith Ann", "surname_first", NameParts(None, "Ann", None, "Smith")),
        ("van der Berg Anna", "given_first", NameParts(None, "Anna", None, "van der Berg")),
        ("King, Martin Luther Jr", "given_first", NameParts(None, "Martin", "Luther", "King", "Jr")),
        ("King Jr., Martin", "surname_first", NameParts(None, "Martin", None, "King", "Jr")),
        ("King, Jr., Martin", "surname_first", NameParts(None, "Martin", None, "King", "Jr")),
        ("M. Paul DURNESSE", "surname_first", NameParts("M.", "Paul", None, "DURNESSE")),
        ('DURNESSE "Bob" Robert', "given_first", NameParts(None, "Robert", None, "DURNESSE")),
        ("Cher", "given_first", NameParts(None, None, None, "Cher")),
    ],
)
def test_full_names(name: str, order: NameOrder, parts: NameParts) -> None:
    assert split(name, order) == parts


def test_capitals_decide_the_order_of_a_list() -> None:
    assert names.name_order(pa.array(["MORVANIC Paul", "CASTERAC Léa", "X"])) == "surname_first"
    assert names.name_order(pa.array(["Paul MORVANIC", "Léa CASTERAC"])) == "given_first"


def test_what_repeats_more_is_the_given_name() -> None:
    given, surnames = ["anna", "ben", "carla"], [f"name{i}x" for i in range(59)]
    pairs = [(given[i % 3], surnames[i % 59]) for i in range(177)]
    assert names.name_order(pa.array([f"{first} {last}" for first, last in pairs])) == "given_first"
    assert names.name_order(pa.array([f"{last} {first}" for first, last in pairs])) == "surname_first"


def test_given_names_of_a_register() -> None:
    first, rest = names.given_names(pa.array(["MARIE LOUISE, ANNE", "Jean-Pierre Paul", "", None]))
    assert first.to_pylist() == ["Marie Louise", "Jean-Pierre", None, None]
    assert rest.to_pylist() == ["Anne", "Paul", None, None]


def test_suffixes_are_written_one_way() -> None:
    assert names.suffixes(pa.array(["JR", "jr.", "3RD", "iv", "Esq.", "the Great"])).to_pylist() == [
        "Jr", "Jr", "III", "IV", "Esq", "the Great",
    ]  # fmt: skip


WORDS = st.lists(st.text("abcdÉéXYZ'.-,", min_size=1, max_size=6), min_size=1, max_size=6).map(" ".join)


@given(WORDS, st.sampled_from(["given_first", "surname_first"]))
def test_no_word_of_a_name_is_invented(name: str, order: NameOrder) -> None:
    parts = split(name, order)
    words = set(name.replace(",", " ").split())
    for part in (parts.given_name, parts.middle_name, parts.surname, parts.title):
        assert not part or set(part.split()) <= words


@given(st.lists(st.one_of(st.none(), WORDS), max_size=8), st.sampled_from(["given_first", "surname_first"]))
def test_columns_of_full_names_keep_their_length(cells: list[str | None], order: NameOrder) -> None:
    parts = names.full_names(pa.array(cells, pa.string()), order)
    assert set(parts) == set(names.NAME_PARTS)
    assert all(len(values) == len(cells) for values in parts.values())
