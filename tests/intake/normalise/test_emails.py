"""E-mail addresses: the quick way says what the library says."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from commonweal.intake.normalise import emails
from commonweal.intake.rules import Reason


def read(cell: str | None) -> tuple[str | None, str | None]:
    reading = emails.emails(pa.array([cell], pa.string()))
    return reading.values[0].as_py(), reading.reasons[0].as_py() if reading.reasons is not None else None


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("A.B+x@Example.ORG", ("a.b+x@example.org", None)),
        (" mailto:ann@example.org ", ("ann@example.org", None)),
        ("Ann <ann@example.org>", ("ann@example.org", None)),
        ("x@example.org; y@example.org", ("x@example.org", Reason.SEVERAL_VALUES)),
        ("x@example.org y@example.org", ("x@example.org", Reason.SEVERAL_VALUES)),
        ("jean dupont@example.org", (None, Reason.BAD_EMAIL)),  # a slip: dupont@ would be somebody else
        ("é@exämple.org", ("é@exämple.org", None)),
        ("a..b@example.org", (None, Reason.BAD_EMAIL)),
        ("x@localhost", (None, Reason.BAD_EMAIL)),
        ("nobody", (None, Reason.BAD_EMAIL)),
        ("", (None, None)),
        (None, (None, None)),
    ],
)
def test_addresses(cell: str | None, expected: tuple[str | None, str | None]) -> None:
    assert read(cell) == expected


def test_keys_see_through_tags_and_dots() -> None:
    keys = emails.email_keys(pa.array(["a.b+x@gmail.com", "ab@googlemail.com", "a.b+x@example.org", None]))
    assert keys.to_pylist() == ["ab@gmail.com", "ab@gmail.com", "a.b@example.org", None]


LOCAL = st.text("abAZ09.+-_!#$%&'*/=?^`{|}~\" é", max_size=70)
DOMAIN = st.one_of(
    st.sampled_from(
        [
            "example.org",
            "Example.COM",
            "a-b.example.net",
            "localhost",
            "x.test",
            "-a.org",
            "a.org.",
            "münchen.de",
            "1.2.3.4",
        ]
    ),
    st.text("ab-.09", max_size=20),
    st.just("a" * 64 + ".org"),
    st.just(".".join(["abcdefgh"] * 30) + ".org"),
)


@settings(max_examples=500)
@given(LOCAL, DOMAIN)
@example("a" * 64, "example.org")
@example("a" * 65, "example.org")
def test_the_quick_way_agrees_with_the_library(local: str, domain: str) -> None:
    cell = f"{local}@{domain}"
    quick = emails._by_pattern(pa.array([cell], pa.string()))[0].as_py()
    if quick is not None:
        assert quick == emails._valid(cell)


def test_the_quick_way_takes_plain_addresses() -> None:
    assert emails._by_pattern(pa.array(["Ann.O'Neil_7+list@Mail.Example.org"])).to_pylist() == [
        "ann.o'neil_7+list@mail.example.org"
    ]
