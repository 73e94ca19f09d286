"""The command line as a newcomer meets it."""

from __future__ import annotations

import pytest

from commonweal.cli import app


def test_the_first_screen_groups_commands_by_what_they_are_for(capsys: pytest.CaptureFixture[str]) -> None:
    app(["--help"], standalone_mode=False)
    shown = capsys.readouterr().out
    heads = ("To begin", "Lists", "Whom to contact", "Pages", "Keeping")
    places = [shown.index(f"─ {head} ─") for head in heads]
    assert places == sorted(places)
    assert "─ Commands ─" not in shown
