"""The path of rows into the lake: what is not seen from outside."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from commonweal.intake.loading import _cell_lists

_CELLS = st.none() | st.text(max_size=4)


@given(st.integers(0, 5).flatmap(lambda width: st.lists(st.tuples(*[_CELLS] * width), max_size=20)))
def test_cells_stay_in_their_rows(rows: list[tuple[str | None, ...]]) -> None:
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    lists = _cell_lists(columns, len(rows))
    lists.validate(full=True)
    assert lists.to_pylist() == [list(row) for row in rows]
