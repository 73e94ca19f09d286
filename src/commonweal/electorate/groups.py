"""Arithmetic on arrays whose rows lie group by group."""

from __future__ import annotations

import numpy as np

from commonweal.electorate.model import Flags, Floats, Ints


def rank_within(group: Ints) -> Ints:
    """Position of each row in its group, from 0; rows of a group lie together."""
    rows = np.arange(len(group))
    begins = np.concatenate([[True], group[1:] != group[:-1]]) if len(group) else np.zeros(0, dtype=bool)
    return np.asarray(rows - np.maximum.accumulate(np.where(begins, rows, 0)), dtype=np.int64)


def fill(sizes: Ints, room: Ints) -> tuple[Ints, Ints, Ints]:
    """Pack units into groups until each group is exactly full.

    `room` has one entry a group; `sizes`, all at least 1, offers group after group as many units as it has
    room. Returns the positions of the units that are used, their group and their size; the last unit of a
    group is cut to fit.
    """
    group = np.repeat(np.arange(len(room)), room)
    ends = sizes.cumsum()
    first = np.concatenate([[0], room.cumsum()[:-1]]).astype(np.int64)
    before = np.concatenate([[0], ends])[first]
    start = ends - sizes - before[group]
    used = np.flatnonzero(start < room[group])
    return used, group[used], np.minimum(sizes, room[group] - start)[used]


def highest(score: Floats, group: Ints, quota: Ints) -> Flags:
    """Marks in each group the `quota[group]` rows with the highest score; rows of a group lie together."""
    order = np.lexsort((-score, group))
    chosen = np.zeros(len(score), dtype=bool)
    chosen[order] = rank_within(group[order]) < quota[group[order]]
    return chosen
