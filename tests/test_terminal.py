"""What stands at a terminal when work goes on, and when it fails."""

from __future__ import annotations

from datetime import date

import pytest

from commonweal.planning.errors import NoDayLeft
from commonweal.terminal import progress_bars, show_table, told_errors


class WentWrongError(Exception):
    pass


def fail_after(*steps: str) -> None:
    with progress_bars() as bars:
        for step in steps:
            bars(0, 1, step)
        raise WentWrongError


def test_finished_steps_stay(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bars() as bars:
        bars(0, 2, "reading")
        bars(1, None, "writing")
    shown = capsys.readouterr().err
    assert shown.endswith("\n"), "what comes next stands on a line of its own"
    first, second = shown.splitlines()
    assert first.startswith("✓ reading")
    assert second.startswith("✓ writing")


def test_a_step_that_failed_leaves_no_bar_above_the_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WentWrongError):
        fail_after("reading", "writing")
    shown = capsys.readouterr().err
    assert "✓ reading" in shown
    assert "writing" not in shown


def test_nothing_is_drawn_before_the_first_step(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WentWrongError):
        fail_after()
    with pytest.raises(WentWrongError):
        fail_after("reading")
    assert capsys.readouterr().err == ""


def test_a_small_table_does_not_break_its_title(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("A title that is longer than its table", ("a",), [(1,)])
    assert capsys.readouterr().out.splitlines()[0] == "A title that is longer than its table"


def test_an_error_may_name_a_table_of_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    day = date(2027, 1, 1)
    with pytest.raises(SystemExit), told_errors(machine=False):
        raise NoDayLeft(first=day, last=day)
    assert "See [days] in plan.toml" in capsys.readouterr().err
