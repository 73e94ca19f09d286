"""Bad input is told: what, where, what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from commonweal.errors import CommonwealError
from commonweal.planning.errors import BadOption, NobodyEligible, NoOptions, WrongShape
from commonweal.planning.joint import Hours, Limit, Option, Problem, contacts, money
from commonweal.planning.joint.check import checked
from commonweal.planning.joint.errors import (
    AreasOutOfOrder,
    BadGain,
    BadHours,
    BadLimit,
    BadMost,
    CostsNothing,
    EmptyArea,
    UnknownChannel,
)

OPTIONS = (Option("door", "door", "housing", 1.0), Option("mail", "email", "housing", 0.01))
AREA = np.array([0, 0, 1, 2])


def problem(**changes: Any) -> Problem:
    gain = np.full((4, 2), 0.01, np.float32)
    return replace(Problem(gain, OPTIONS, (money(OPTIONS, 2.0),), area=AREA), **changes)


def gain_with(value: float) -> np.ndarray:
    gain = np.full((4, 2), 0.01, np.float32)
    gain[2, 1] = value
    return gain


def hours(each: float = 0.1, available: float = 1.0, channel: str = "door") -> Hours:
    return Hours(channel, np.array([0.1, 0.1, each, 0.1]), np.array([1.0, available, 1.0]))


def limit(**changes: Any) -> dict[str, tuple[Limit, ...]]:
    return {"limits": (contacts("mail", OPTIONS, **changes),)}


@pytest.mark.parametrize(
    ("error", "changes", "words"),
    [
        (BadGain, {"gain": gain_with(np.nan)}, "'mail' for person 2 (counted from 0) is nan"),
        (BadGain, {"gain": gain_with(np.inf)}, "is inf"),
        (NobodyEligible, {"allowed": np.zeros((4, 2), bool)}, "Nobody"),
        (NoOptions, {"options": ()}, "at least one option"),
        (BadOption, {"options": (OPTIONS[0], OPTIONS[0])}, "twice"),
        (CostsNothing, {"options": (OPTIONS[0], replace(OPTIONS[1], unit_cost=0.0))}, "'mail' costs 0.0"),
        (WrongShape, {"gain": np.ones((4, 3), np.float32)}, "(n > 0, 2)"),
        (WrongShape, {"gain": np.ones((0, 2), np.float32)}, "(n > 0, 2)"),
        (WrongShape, {"group": np.zeros(3, int)}, "group"),
        (WrongShape, {"most": np.ones(3, int)}, "most"),
        (WrongShape, {"region": np.zeros(2, int)}, "region"),
        (BadMost, {"most": np.array([1, 1, -1, 1])}, "person 2 (counted from 0) is -1"),
        (EmptyArea, {"area": np.array([0, 0, 2, 2])}, "Nobody lives in area 1"),
        (EmptyArea, {"area": np.array([1, 1, 2, 2])}, "Nobody lives in area 0"),
        (AreasOutOfOrder, {"area": np.array([0, 1, 0, 2])}, "Person 2 (counted from 0) is of area 0"),
        (BadHours, {"hours": hours(each=0.0)}, "person 2 (counted from 0): 0.0 hours"),
        (BadHours, {"hours": hours(available=-1.0)}, "Area 1"),
        (UnknownChannel, {"hours": hours(channel="boat")}, "'boat'"),
        (BadLimit, limit(at_least=3.0, at_most=2.0), "at least 3 is above at most 2"),
        (BadLimit, limit(at_most=-1.0), "at most -1"),
        (BadLimit, limit(at_most=float("nan")), "at most nan"),
        (BadLimit, limit(each=0.0), "no option uses any"),
        (BadLimit, limit(each=-1.0), "'door' uses -1"),
        (BadLimit, limit(at_least=1.0, group=7), "nobody in group 7"),
        (BadLimit, limit(at_least=1.0, region=7), "no area in region 7"),
        (BadLimit, {"limits": (money(OPTIONS, 2.0), money(OPTIONS, 3.0))}, "twice"),
    ],
)
def test_bad_input(error: type[CommonwealError], changes: dict[str, Any], words: str) -> None:
    with pytest.raises(error) as raised:
        checked(problem(**changes))
    assert words in str(raised.value)
    assert raised.value.remedy


def test_what_is_closed_is_not_looked_at() -> None:
    allowed = np.ones((4, 2), bool)
    allowed[2, 1] = False
    assert checked(problem(gain=gain_with(np.nan), allowed=allowed)).open_counts.sum() == 7
