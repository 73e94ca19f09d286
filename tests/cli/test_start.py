"""The first command of a campaign: what it makes, and what it refuses before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from commonweal.campaign import CURRENCIES, read_settings
from commonweal.cli import app


def test_a_campaign_is_made(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["init", str(tmp_path / "new"), "--currency", "USD", "--locale", "fr"])
    assert told.exit_code == 0
    made = read_settings(tmp_path / "new")
    assert (made.name, made.currency, made.locale, made.jurisdiction) == ("new", "USD", "fr", "us")


@pytest.mark.parametrize(
    ("option", "value", "possible"),
    [
        ("--currency", "XXZ", CURRENCIES),
        ("--currency", "eur", ("EUR",)),
        ("--locale", "de", ("en", "fr")),
        ("--timezone", "Mars", ("Europe/Paris",)),
    ],
)
def test_what_there_is_not_is_refused_and_what_there_is_listed(
    tmp_path: Path, option: str, value: str, possible: tuple[str, ...]
) -> None:
    told = CliRunner().invoke(app, ["init", str(tmp_path / "new"), option, value])
    assert told.exit_code == 2
    words = told.output.replace("│", " ").split()
    assert repr(value) in words
    assert {each for each in possible if not any(each in word for word in words)} == set()
    assert not (tmp_path / "new").exists()
