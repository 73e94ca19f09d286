"""Codes and numbers."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.intake.normalise import codes
from commonweal.intake.normalise.text import Reading
from commonweal.intake.rules import Reason


def texts(*cells: str | None) -> pa.Array:
    return pa.array(cells, pa.string())


def pairs(reading: Reading) -> list[tuple[object, str | None]]:
    reasons = [None] * len(reading.values) if reading.reasons is None else reading.reasons.to_pylist()
    return list(zip(reading.values.to_pylist(), reasons, strict=True))


def test_sexes() -> None:
    found = codes.sexes(texts("F", "homme", "2", "Mme", "non-binaire", "U", "", "?", "K"), {"k": "f"})
    assert pairs(found) == [
        ("f", None), ("m", None), ("f", None), ("f", None), ("x", None), (None, None), (None, None),
        (None, Reason.UNKNOWN_CODE), ("f", None),
    ]  # fmt: skip


def test_yes_and_no() -> None:
    found = codes.yes_no(
        texts("Oui", "N", "", "STOP", "Opt-in", "perhaps", "Z"), ("z",), None, Reason.UNREADABLE_CONSENT
    )
    assert pairs(found) == [
        ("yes", None), ("no", None), (None, None), ("no", None), ("yes", None), (None, Reason.UNREADABLE_CONSENT),
        ("yes", None),
    ]  # fmt: skip


def test_a_refusal_that_is_not_marked_is_no_consent() -> None:
    assert codes.refusals(texts("yes", "no", None)).to_pylist() == ["no", None, None]


@pytest.mark.parametrize(
    ("blank", "other", "expected"),
    [
        (None, None, [True, None, False, None]),
        ("no", "yes", [True, True, False, False]),
        (None, "yes", [True, True, False, None]),
    ],
)
def test_votes(blank: str | None, other: str | None, expected: list[bool | None]) -> None:
    reading = codes.votes(texts("O", "A", "N", " "), None, None, blank, other)  # type: ignore[arg-type]
    assert reading.values.to_pylist() == expected
    assert (reading.reasons is None or reading.reasons.null_count == 4) == (other == "yes")


@pytest.mark.parametrize(
    ("cell", "with_point", "with_comma"),
    [
        ("1,234", 1234.0, 1.234),
        ("12,5", 12.5, 12.5),
        ("1 234,50", 1234.5, 1234.5),
        ("1,234.50", 1234.5, 1234.5),
        ("1.234,50", 1234.5, 1234.5),
        ("1,234,567", 1234567.0, 1234567.0),
        ("$5", 5.0, 5.0),
        ("(12)", -12.0, -12.0),
        ("-3.5", -3.5, -3.5),
        ("1e3", 1000.0, 1000.0),
        ("n/a", None, None),
        ("", None, None),
    ],
)
def test_numbers(cell: str, with_point: float | None, with_comma: float | None) -> None:
    for comma, expected in ((False, with_point), (True, with_comma)):
        reading = codes.numbers(texts(cell), decimal_comma=comma)
        assert pairs(reading) == [(expected, None)]


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_every_plain_number_is_read_back(number: float) -> None:
    reading = codes.numbers(texts(repr(number)))
    assert reading.values.to_pylist() == [number]


@given(st.lists(st.text(max_size=8), max_size=8))
def test_nothing_but_numbers_is_a_number(cells: list[str]) -> None:
    reading = codes.numbers(texts(*cells))
    for cell, value in zip(cells, reading.values.to_pylist(), strict=True):
        assert value is None or any(letter.isdigit() for letter in cell)


@pytest.mark.parametrize("cell", ["cinquante", "1e999", "12.3.4", "--5"])
def test_what_is_no_number_is_said(cell: str) -> None:
    assert pairs(codes.numbers(texts(cell))) == [(None, Reason.NOT_A_NUMBER)]


def test_coordinates() -> None:
    assert pairs(codes.coordinates(texts("43,6", "91", "x", ""), 90)) == [
        (43.6, None), (None, Reason.OFF_THE_MAP), (None, Reason.NOT_A_NUMBER), (None, None),
    ]  # fmt: skip


def test_birth_years() -> None:
    assert pairs(codes.birth_years(texts("1980", "1980.0", "80", "2050", "1850", "19x2", ""), 2026)) == [
        (1980, None), (1980, None), (None, Reason.IMPOSSIBLE_DATE), (None, Reason.FUTURE_DATE),
        (None, Reason.TOO_OLD), (None, Reason.IMPOSSIBLE_DATE), (None, None),
    ]  # fmt: skip


def test_ages_and_the_years_among_them() -> None:
    assert pairs(codes.years_from_ages(texts("18", "1979", "200", "-1", "old", ""), 2026)) == [
        (2008, None), (1979, None), (None, Reason.BAD_AGE), (None, Reason.BAD_AGE), (None, Reason.BAD_AGE), (None, None),
    ]  # fmt: skip


def test_tags() -> None:
    found = codes.tags(texts("a; b ;a", '["x, y", "z\\u0000"]', "p, q", "", None), None)
    assert found.to_pylist() == [["a", "b"], ["x, y", "z"], ["p", "q"], None, None]
    assert codes.tags(texts("a/b"), "/").to_pylist() == [["a", "b"]]
