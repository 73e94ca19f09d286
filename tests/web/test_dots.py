"""Dots: none lost, none on the wrong side."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from commonweal.web.dots import heap


@given(st.lists(st.floats(-80, 80), min_size=1, max_size=100))
def test_every_outcome_is_a_dot_on_its_side(outcomes: list[float]) -> None:
    found = heap(sorted(outcomes))
    assert len(found.dots) == len(outcomes)
    assert len({(dot.column, dot.height) for dot in found.dots}) == len(outcomes)
    assert sum(dot.ours for dot in found.dots) == sum(outcome > 0 for outcome in outcomes)
    for dot in found.dots:
        assert 0 <= dot.column < found.columns
        assert 0 <= dot.height < found.highest
        assert (dot.column >= found.zero) == dot.ours
    assert all(-1 <= at <= found.columns + 1 for at, _value in found.ticks)


def test_ticks_are_round() -> None:
    found = heap([float(value) for value in range(-12, 20)])
    assert [value for _at, value in found.ticks] == [-10, 0, 10]
