"""What the commands of deciding print."""

from __future__ import annotations

from datetime import date

import pytest

from commonweal import terminal
from commonweal.contacts.lists import Exported
from commonweal.contacts.model import BatchReport, Channel
from commonweal.reports import deciding


@pytest.mark.parametrize("ahead", [False, True])
def test_where_nothing_is_left_to_take_it_is_said_up_to_which_day(
    ahead: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal.OUT, "width", 120)
    nothing = BatchReport(1, Channel.DOOR, 0, 0, 0, (), True, date(2027, 1, 20))
    deciding.show_lists([Exported(None, Channel.DOOR, 0, nothing)], ahead=ahead)
    shown = capsys.readouterr().out
    assert "Nothing is left to take: door up to 2027-01-20." in shown
    assert ("--until" in shown) is not ahead
