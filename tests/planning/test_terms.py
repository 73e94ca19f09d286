"""plan.toml: what a plan may use, and clear words for what makes no sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from commonweal.planning.terms import Terms, TermsUnreadable, read_terms

GOOD = """
most = 2
learning = 0.05

[doors]
hours_each = 0.1
hours = { "31555-01" = 12.5 }
elsewhere = 0

[[limit]]
name = "calls"
channel = "phone"
each = 0.1
unit = "hours"
at_most = 40
"""


def read(folder: Path, text: str) -> Terms:
    (folder / "plan.toml").write_text(text)
    return read_terms(folder)


def test_terms_are_read(tmp_path: Path) -> None:
    terms = read(tmp_path, GOOD)
    assert terms.doors is not None
    assert (terms.most, terms.learning, terms.doors.hours, terms.doors.elsewhere) == (
        2,
        0.05,
        {"31555-01": 12.5},
        0,
    )
    assert (terms.limit[0].at_most, terms.limit[0].at_least) == (40, 0)


def test_without_the_file_there_is_one_contact_and_no_limit(tmp_path: Path) -> None:
    assert read_terms(tmp_path) == Terms()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("most = 0", "a person gets 1 to 5 contacts"),
        ("learning = 0.9", "a share from 0 to 0.5"),
        ("mots = 2", "mots"),
        ("[doors]\nhours_each = 0", "it takes more than 0"),
        ("[doors]\nhours_each = 0.1\nhours = { x = -1 }", "the hours of area 'x': -1"),
        ('[[limit]]\nname = "x"', "neither at_most nor at_least"),
        ('[[limit]]\nname = "x"\nat_most = 3\nat_least = 4', "at least 4 is above at most 3"),
        ('[[limit]]\nname = "x"\nat_most = 3\neach = 0', "which has to be more than 0"),
        ('[[limit]]\nname = "x"\nat_most = nan', "is not a number of 0 or more"),
        ('[[limit]]\nname = "x"\nchannel = "pigeon"\nat_most = 3', "pigeon"),
        ('[[limit]]\nname = "x"\nat_most = 3\n' * 2, "'x' stands twice"),
        ('[[limit]]\nname = ""\nat_most = 3', "needs a name"),
        ("most = ", "plan.toml"),
    ],
)
def test_what_makes_no_sense_is_said(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(TermsUnreadable, match=told):
        read(tmp_path, text)
