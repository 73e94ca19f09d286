from __future__ import annotations

from bisect import bisect_right

from hypothesis import example, given
from hypothesis import strategies as st

from commonweal.web import choropleth

VALUES = st.lists(st.one_of(st.just(0.0), st.floats(0.001, 1e7)), max_size=300)


@given(VALUES)
@example([159.99999999813735])
def test_edges_rise_and_zero_stands_alone(values: list[float]) -> None:
    edges = choropleth.breaks(values)
    assert edges == sorted(set(edges))
    assert len(edges) < choropleth.STEPS
    for value in values:
        assert (bisect_right(edges, value) == 0) == (value == 0)


def test_nothing_planned_is_one_colour() -> None:
    assert choropleth.breaks([0, 0]) == []
    assert [step.label for step in choropleth.steps([], str, "none", "{low} or more")] == ["none"]


def test_steps_hold_about_as_many_areas_each() -> None:
    edges = choropleth.breaks([float(n) for n in range(1, 101)])
    assert edges == [1, 26, 51, 76]


def test_the_legend_tells_each_range() -> None:
    labels = [step.label for step in choropleth.steps([1, 26], lambda v: f"{v:.0f}", "none", "{low} or more")]
    assert labels == ["none", "1 – 26", "26 or more"]
