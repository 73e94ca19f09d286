import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commonweal.electorate.groups import fill, highest, rank_within


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.integers(0, 1000))
def test_groups_are_filled_exactly(room: list[int], seed: int) -> None:
    rooms = np.array(room)
    sizes = np.random.default_rng(seed).integers(1, 5, rooms.sum())
    used, group, size = fill(sizes, rooms)
    assert np.bincount(group, size, minlength=len(rooms)).astype(int).tolist() == room
    assert (np.diff(used) > 0).all()
    assert (size <= sizes[used]).all()
    last = np.append(group[1:] != group[:-1], True)[: len(group)]
    assert (size[~last] == sizes[used][~last]).all()


@given(
    st.lists(st.tuples(st.integers(0, 4), st.floats(-5, 5)), max_size=40),
    st.lists(st.integers(0, 6), min_size=5, max_size=5),
)
def test_the_highest_of_each_group_are_chosen(rows: list[tuple[int, float]], quota: list[int]) -> None:
    rows = sorted(rows)
    group = np.array([row[0] for row in rows], dtype=np.int64)
    score = np.array([row[1] for row in rows])
    chosen = highest(score, group, np.array(quota))
    for at in range(5):
        here = score[group == at]
        took = score[(group == at) & chosen]
        assert sorted(took) == sorted(here)[len(here) - len(took) :]
        assert len(took) == min(quota[at], len(here))


def test_rank_within_counts_from_zero_in_each_group() -> None:
    assert rank_within(np.array([3, 3, 5, 9, 9, 9])).tolist() == [0, 1, 0, 0, 1, 2]
    assert rank_within(np.array([], dtype=np.int64)).tolist() == []
