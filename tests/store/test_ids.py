"""Opaque ids: one to one, keyed, reversible."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.store import ids

KEY = b"a key of a campaign, made for tests"


@given(st.lists(st.integers(0, ids.LIMIT - 1), min_size=1, max_size=50, unique=True))
def test_an_id_comes_back_as_its_number(numbers: list[int]) -> None:
    sequence = np.array(numbers, dtype=np.int64)
    opaque = ids.permute(sequence, KEY, "person")
    assert (opaque >= 0).all()
    assert len(set(opaque.tolist())) == len(numbers)
    assert (ids.sequence_of(opaque, KEY, "person") == sequence).all()


def test_another_key_or_kind_gives_other_ids() -> None:
    sequence = np.arange(1000)
    persons = ids.permute(sequence, KEY, "person")
    assert not (persons == ids.permute(sequence, KEY, "household")).any()
    assert not (persons == ids.permute(sequence, b"another key", "person")).any()


def test_ids_tell_nothing_of_order() -> None:
    opaque = ids.permute(np.arange(10_000), KEY, "person")
    assert abs(np.corrcoef(np.arange(10_000), opaque.astype(float))[0, 1]) < 0.05


@pytest.mark.parametrize("number", [-1, ids.LIMIT])
def test_a_number_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="sequence numbers"):
        ids.permute(np.array([number]), KEY, "person")
