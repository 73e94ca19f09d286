"""Persons as the units that are planned: nobody is lost, everybody is counted once."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.planning.units import together


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.integers(1, 5))
def test_households_add_up_and_stand_area_by_area(seed: int, n: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    gain = rng.normal(0.01, 0.02, (n, k)).astype(np.float32)
    open_, once = rng.random((n, k)) < 0.7, rng.random(k) < 0.5
    household, area = rng.integers(0, n, n), rng.integers(0, 3, n).astype(np.int32)
    units = together(gain, open_, once, household, area)
    assert (np.diff(units.area) >= 0).all()
    assert len(units) == len(np.unique(household))
    for unit in range(len(units)):
        members = np.flatnonzero(units.of == unit)
        assert len(np.unique(household[members])) == 1
        assert units.area[unit] == area[members[0]]
        for option in range(k):
            here = members[open_[members, option]]
            if not once[option]:
                here = here[gain[here, option] > 0]
            assert set(members[units.reached[members, option]]) == set(here)
            assert units.gain[unit, option] == np.float32(gain[here, option].astype(np.float64).sum())
            paid = min(1, len(here)) if once[option] else len(here)
            assert units.times[unit, option] == max(paid, int(open_[members, option].any()))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_a_contact_is_meant_for_those_whom_it_reaches(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    gain = rng.normal(0.01, 0.02, (n, 3)).astype(np.float32)
    units = together(gain, rng.random((n, 3)) < 0.7, np.array([True, False, True]), rng.integers(0, n, n))
    unit, option = np.nonzero(units.times > 0)
    person, contact = units.persons(unit, option)
    pairs = set(zip(person, option[contact], strict=True))
    assert pairs == set(zip(*np.nonzero(units.reached), strict=True))
    assert len(person) == units.reached.sum()
    assert (units.of[person] == unit[contact]).all()


def test_without_households_everyone_is_a_unit() -> None:
    units = together(np.ones((3, 1)), np.ones((3, 1), bool), np.array([False]), area=np.array([2, 0, 1]))
    assert units.of.tolist() == [2, 0, 1]
    assert units.area.tolist() == [0, 1, 2]


def test_a_home_of_many_is_planned_in_parts() -> None:
    household = np.array([4] * 600 + [9, 9])
    units = together(np.ones((602, 1)), np.ones((602, 1), bool), np.array([False]), household)
    assert units.times.ravel().tolist() == [255, 255, 90, 2]
    assert units.gain.ravel().tolist() == [255, 255, 90, 2]


def test_nobody_is_no_unit() -> None:
    assert len(together(np.ones((0, 2)), np.ones((0, 2), bool), np.ones(2, bool), np.zeros(0, int))) == 0
