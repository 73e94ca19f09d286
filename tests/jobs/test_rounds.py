from __future__ import annotations

import threading

import pytest

from commonweal.errors import CommonwealError
from commonweal.jobs.rounds import repeated


class Away(CommonwealError):
    what = "The server is away."
    remedy = "Wait."


def test_work_is_repeated_until_the_block_ends_whatever_fails(caplog: pytest.LogCaptureFixture) -> None:
    turns, third = [0], threading.Event()

    def work() -> None:
        turns[0] += 1
        if turns[0] == 1:
            raise Away
        if turns[0] == 3:
            third.set()

    with repeated(work, 0.01, "chores"):
        assert third.wait(30)
    done = turns[0]
    assert not any(thread.name == "chores" for thread in threading.enumerate())
    assert turns[0] == done
    assert "chores waits: The server is away." in caplog.text


def test_the_first_time_may_come_sooner() -> None:
    begun = threading.Event()
    with repeated(begun.set, 3600, "seldom", first=0.0):
        assert begun.wait(30)
