"""options.toml: what may be done, and clear words for what makes no sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from commonweal.planning.options import (
    OptionsMissing,
    OptionsUnreadable,
    UnknownOption,
    allowed,
    read_options,
)

GOOD = """
[[option]]
code = "post:a"
channel = "post"
message = "a"
unit_cost = 50
per = "household"

[[option]]
code = "post:b"
channel = "post"
message = "b"
unit_cost = 50
default = false
why_not = "it shames"
"""


def write(folder: Path, text: str) -> Path:
    (folder / "options.toml").write_text(text)
    return folder


def test_options_are_read(tmp_path: Path) -> None:
    first, second = read_options(write(tmp_path, GOOD))
    assert (first.code, first.per, first.arm_name) == ("post:a", "household", "post:a")
    assert not second.default


def test_what_is_left_out_by_default_can_be_asked_for(tmp_path: Path) -> None:
    options = read_options(write(tmp_path, GOOD))
    assert [o.code for o in allowed(options)] == ["post:a"]
    assert [o.code for o in allowed(options, allow=("post:b",))] == ["post:a", "post:b"]
    assert [o.code for o in allowed(options, allow=("post:b",), leave_out=("post:a",))] == ["post:b"]


def test_a_capacity_may_be_given(tmp_path: Path) -> None:
    options = read_options(write(tmp_path, GOOD + "capacity = 0"))
    assert [each.capacity for each in options] == [None, 0]


def test_an_unknown_option_is_named_with_those_there_are(tmp_path: Path) -> None:
    options = read_options(write(tmp_path, GOOD))
    with pytest.raises(UnknownOption, match=r"post:c.*post:a, post:b"):
        allowed(options, leave_out=("post:c",))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(OptionsMissing, match=r"options\.toml"):
        read_options(tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "option"),
        ("[[option]]\ncode = 'a'", "channel"),
        (GOOD.replace("unit_cost = 50", "unit_cost = 0"), "at least one minor unit"),
        (GOOD + "capacity = -1", "capacity of -1"),
        (GOOD + "capacity = 1.5", "int"),
        (GOOD.replace("post:b", "post:a"), "twice"),
        (GOOD.replace('channel = "post"', 'channel = "pigeon"'), "pigeon"),
        (GOOD + "colour = 'red'", "colour"),
        ("option = 3", "array"),
    ],
)
def test_options_that_make_no_sense_are_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(OptionsUnreadable, match=told):
        read_options(write(tmp_path, text))
