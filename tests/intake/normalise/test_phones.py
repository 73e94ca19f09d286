"""Telephone numbers: the quick way says what the library says."""

from __future__ import annotations

import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from commonweal.intake.normalise import phones
from commonweal.intake.rules import Reason


def read(cell: str | None, region: str = "FR") -> tuple[str | None, str | None]:
    reading = phones.phones(pa.array([cell], pa.string()), region)
    return reading.values[0].as_py(), reading.reasons[0].as_py() if reading.reasons is not None else None


@pytest.mark.parametrize(
    ("cell", "region", "expected"),
    [
        ("06 12 34 56 78", "FR", ("+33612345678", None)),
        ("06.12.34.56.78", "FR", ("+33612345678", None)),
        ("+33 (0)6 12 34 56 78", "FR", ("+33612345678", None)),
        ("0033612345678", "FR", ("+33612345678", None)),
        ("612345678", "FR", ("+33612345678", None)),  # a spreadsheet ate the zero
        ("33612345678", "FR", ("+33612345678", None)),
        ("+1 202 555 0143", "FR", ("+12025550143", None)),
        ("06 12 34 56 78 / 01 02 03 04 05", "FR", ("+33612345678", Reason.SEVERAL_VALUES)),
        ("06 39 98 12 34", "FR", ("+33639981234", None)),  # kept for fiction
        ("0000000000", "FR", (None, Reason.BAD_PHONE)),
        ("12345", "FR", (None, Reason.BAD_PHONE)),
        ("none", "FR", (None, Reason.BAD_PHONE)),
        ("", "FR", (None, None)),
        (None, "FR", (None, None)),
        ("(202) 555-0143", "US", ("+12025550143", None)),
        ("202.555.0143 x12", "US", ("+12025550143", None)),
        ("1-202-555-0143", "US", ("+12025550143", None)),
        ("555-0143", "US", (None, Reason.BAD_PHONE)),
        ("07700 900123", "GB", ("+447700900123", None)),
    ],
)
def test_numbers(cell: str | None, region: str, expected: tuple[str | None, str | None]) -> None:
    assert read(cell, region) == expected


REGIONS = ["FR", "US", "CA", "GB", "BE", "DE", "CH", "ES", "IT", "MX", "BR"]
PREFIXES = st.sampled_from(["", "0", "1", "+33", "0033", "+1", "011", "+33 (0)", "+49", "+44", "+39", "+32"])
DIGITS = st.text("0123456789 .-()", max_size=14)


@settings(max_examples=600)
@given(PREFIXES, DIGITS, st.sampled_from(REGIONS))
@example("0", "639981234", "FR")
@example("", "9120000000", "US")
def test_the_quick_way_agrees_with_the_library(prefix: str, digits: str, region: str) -> None:
    cell = prefix + digits
    plan = phones.number_plan(region)
    if plan is None:
        return
    quick = phones._by_pattern(pa.array([cell], pa.string()), plan)[0].as_py()
    if quick is not None:
        assert quick == phones._valid(cell, region)


@settings(max_examples=30)
@given(st.sampled_from(["FR", "US", "CA", "BE", "ES", "DE"]), st.sampled_from([0, 1, 2, 3, 6, 7, 8, 10]))
def test_the_quick_way_takes_plain_national_numbers(region: str, kind: int) -> None:
    """Else the speed that it is there for would be lost in silence."""
    number = phonenumbers.example_number_for_type(region, kind)
    plan = phones.number_plan(region)
    if number is None:
        return
    assert plan is not None
    for form in (phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.INTERNATIONAL):
        cell = phonenumbers.format_number(number, form)
        found = phones._by_pattern(pa.array([cell], pa.string()), plan)[0].as_py()
        assert found == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
