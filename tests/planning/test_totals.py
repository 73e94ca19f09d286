"""What a kept plan tells of its limits."""

from __future__ import annotations

import pytest

from commonweal.planning.totals import Kind, LimitTotal


@pytest.mark.parametrize(
    ("unit", "at_most", "at_least", "step"),
    [
        ("contacts", 5000, 0, 100),
        ("contacts", 730, 0, 50),
        ("contacts", 12, 0, 1),
        ("contacts", 0, 0, 1),
        ("contacts", None, 200, 20),
        ("contacts", 300, 200, 20),
        ("hours", 5000, 0, 10),
        ("hours", 40, 0, 2),
        ("a_day", 12, 0, 1),
        ("a_day", 400, 0, 10),
    ],
)
def test_a_little_more_is_in_proportion(unit: str, at_most: float | None, at_least: float, step: int) -> None:
    assert LimitTotal("one", Kind.TERM, unit, 1.0, at_most, at_least, 0.0, 0.1).step == step
