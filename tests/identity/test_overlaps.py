"""What the lists of a pair say beforehand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from commonweal.identity.comparisons import starting_model
from commonweal.identity.model import Overlap
from commonweal.identity.overlaps import Overlaps


def _overlaps() -> Overlaps:
    """300 records of a roll and 100 of a canvass, and one of no list; pairs: 100 across, 2 within the roll."""
    sources = pa.array(["roll"] * 300 + ["canvass"] * 100 + [None])
    left = np.append(np.arange(100), [1, 2])
    right = np.append(np.arange(300, 400), [5, 6])
    return Overlaps.of(sources, left, right)


def test_each_two_lists_have_their_own_odds() -> None:
    overlaps, records = _overlaps(), 401
    assert sorted(overlaps.names) == ["canvass|roll", "roll|roll"]
    assert sorted(overlaps.possible.tolist()) == [300 * 100, 300 * 299 / 2]
    same = np.append(np.ones(100), np.zeros(2))
    model = replace(starting_model(), partners=0.5)
    learnt = overlaps.learnt(same, np.zeros(102), model, records)
    assert learnt["canvass|roll"].same == pytest.approx(np.log2(130 / (30_000 * 0.5 / 400 + 30)), abs=0.01)
    assert learnt["roll|roll"].same < 0
    lifts, _mates = overlaps.lifts(replace(model, overlaps=learnt))
    assert lifts[0] == learnt["canvass|roll"].same
    assert lifts[-1] == learnt["roll|roll"].same


def test_lists_that_a_model_does_not_know_are_as_all_others() -> None:
    lifts, mates = _overlaps().lifts(replace(starting_model(), overlaps={"a|b": Overlap(3.0, 3.0)}))
    assert not lifts.any()
    assert not mates.any()
