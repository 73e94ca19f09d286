"""Where the points of a curve stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.web.curve import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Given, curve

VOTES = st.floats(0, 1e7, allow_nan=False)


def point(votes: float, off: float = 0.0) -> Given:
    return Given("1", votes, votes - off, votes + off, "", "")


@given(st.lists(st.tuples(VOTES, VOTES), min_size=1, max_size=11), VOTES)
def test_everything_stands_inside_and_more_votes_stand_higher(
    values: list[tuple[float, float]], force: float
) -> None:
    drawn = curve([point(*each) for each in values], (0, force))
    for each in drawn.points:
        assert LEFT < each.x < WIDTH - RIGHT
        assert TOP <= each.high <= each.y <= each.low <= HEIGHT - BOTTOM
    assert [each.x for each in drawn.points] == sorted(each.x for each in drawn.points)
    for one in drawn.points:
        for other in drawn.points:
            assert one.given.votes <= other.given.votes or one.y <= other.y
    assert drawn.levels[0] == (HEIGHT - BOTTOM, 0)
    assert drawn.levels[-1][1] >= max(force, *(votes for votes, _off in values))
    assert 2 <= len(drawn.levels) <= 6
    assert drawn.plan is not None
    assert drawn.plan[0] == drawn.points[0].x


@pytest.mark.parametrize(("votes", "levels"), [(640, [0, 200, 400, 600, 800]), (0.3, [0, 0.1, 0.2, 0.3])])
def test_levels_are_round(votes: float, levels: list[float]) -> None:
    assert [value for _y, value in curve([point(votes)]).levels] == pytest.approx(levels)
