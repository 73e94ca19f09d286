"""The rules as a file says them, and the hours of a person's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from commonweal.contacts.errors import RulesUnreadable
from commonweal.contacts.model import CHANNELS, Channel, stamp, stamped_at, stamped_channel
from commonweal.contacts.rules import (
    Caps,
    ChannelCaps,
    CoolDown,
    Moment,
    Rules,
    as_toml,
    from_data,
    from_toml,
)

PARIS = ZoneInfo("Europe/Paris")


def test_no_file_is_as_strict_as_the_defaults() -> None:
    assert from_toml("") == Rules()
    assert from_toml("[caps.email]\nweek = 1\n").caps == Caps(email=ChannelCaps(week=1))


def test_rules_are_written_as_they_are_read() -> None:
    rules = Rules(
        rest_after_refusal=3,
        caps=Caps(day="unlimited", door=ChannelCaps(week=9)),
        cool_down=CoolDown(any=1.5, after={Channel.DOOR: {Channel.EMAIL: 48}}),
    )
    assert from_toml(as_toml(rules)) == rules


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[caps]\nday = 1\nweek = 0\n", "line 3"),  # another tool's 0 stopped everything
        ("[caps.email]\nweek = -1\n", "line 2"),
        ("rest_after_refusal = 4\n[caps]\nper_day = 3\n", "line 3"),
        ("[useless]\nvoted = 'yes'\n", "line 2"),
        ('[quiet_hours]\nphone = "8pm"\n', "8pm"),
        ("[cool_down.after.fax]\nemail = 3\n", "fax"),
        ("[caps\n", "line 1"),
    ],
)
def test_what_can_not_be_read_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(RulesUnreadable, match=told):
        from_toml(text)


def test_a_form_may_not_say_more_than_a_file() -> None:
    with pytest.raises(RulesUnreadable):
        from_data({"caps": {"day": "many"}})


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_stamp_is_a_moment_and_a_channel(channel: Channel) -> None:
    now = datetime(2027, 4, 10, 9, 30, 5, tzinfo=UTC)
    assert (stamped_at(stamp(now, channel)), stamped_channel(stamp(now, channel))) == (now, channel)


@pytest.mark.parametrize(
    ("hour", "until"),
    [(19, None), (20, (11, 10)), (23, (11, 10)), (3, (10, 10)), (10, None)],
)
def test_quiet_hours_end_in_the_morning(hour: int, until: tuple[int, int] | None) -> None:
    now = datetime(2027, 1, 10, hour, 0, tzinfo=PARIS)
    found = Moment(now.astimezone(UTC), PARIS).quiet_until((time(20), time(10)))
    assert found == (datetime(2027, 1, until[0], until[1], tzinfo=PARIS) if until else None)


def test_a_day_is_the_persons_own() -> None:
    late = datetime(2027, 3, 28, 22, 30, tzinfo=UTC)  # 00:30 in Paris, the day after the clocks changed
    assert Moment(late, PARIS).start(1) == datetime(2027, 3, 28, 22, 0, tzinfo=UTC)
    week = Moment(late, PARIS).start(7)
    assert late - week == timedelta(days=6, hours=-1) + timedelta(minutes=30)
    assert Moment(late, ZoneInfo("America/New_York")).start(1) == datetime(2027, 3, 28, 4, 0, tzinfo=UTC)
