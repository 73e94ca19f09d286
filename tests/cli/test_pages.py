"""Ways in, as they are printed."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from typer.testing import CliRunner

from commonweal.access import actions as access
from commonweal.access.model import Role
from commonweal.campaign import Campaign
from commonweal.cli import app


def test_a_way_in_is_for_one_account_and_for_no_other(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Campaign, "open", lambda _folder: nullcontext(campaign))
    access.invite(campaign, "Anna", Role.DIRECTOR, email="anna@example.org")
    access.invite(campaign, "Anna", Role.ANALYST)
    told = CliRunner().invoke(app, ["way-in", "anna@example.org"])
    assert (told.exit_code, "/sign-in#" in told.output) == (0, True)
    told = CliRunner().invoke(app, ["way-in"])
    assert (told.exit_code, told.output.count("Anna")) == (0, 2)
    for name, count in (("Anna", 2), ("Bert", 0)):
        told = CliRunner().invoke(app, ["way-in", name])
        assert told.exit_code != 0
        assert f"{count} accounts" in str(told.exception)
