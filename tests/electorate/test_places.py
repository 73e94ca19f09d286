import json

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import shape

from commonweal.electorate import REGISTERED, areas_geojson
from commonweal.electorate.places import apportion, largest_remainder, toulouse

PARTS = ("registered", "turnout", "spoilt", "votes_a", "votes_b")


def test_the_ground_is_265_polling_places_whose_totals_agree() -> None:
    ground = toulouse()
    assert len(ground) == 265 == len(set(ground.codes))
    assert all(len(code) == 4 for code in ground.codes)
    assert ground.registered.sum() == REGISTERED
    assert (ground.turnout == ground.spoilt + ground.votes_a + ground.votes_b).all()


def test_the_published_totals_come_back_exactly_at_the_real_size() -> None:
    ground, totals = toulouse(), apportion(REGISTERED)
    for part in PARTS:
        assert (getattr(totals, part) == getattr(ground, part)).all(), part


@pytest.mark.parametrize("voters", [1_000, 30_000, 123_457, 1_000_000, 10_000_000])
def test_other_sizes_keep_the_rates_within_rounding(voters: int) -> None:
    ground, totals = toulouse(), apportion(voters)
    assert totals.registered.sum() == voters
    assert (np.abs(totals.registered - ground.registered * voters / REGISTERED) < 1).all()
    assert (np.abs(totals.turnout - totals.registered * ground.turnout_rate) < 1).all()
    assert (totals.turnout == totals.spoilt + totals.votes_a + totals.votes_b).all()
    expected = totals.turnout * ground.votes_a / ground.turnout
    assert (np.abs(totals.votes_a - expected) < 1).all()


@given(st.lists(st.floats(0, 50), min_size=1, max_size=30))
def test_largest_remainder_adds_up_and_rounds(quotas: list[float]) -> None:
    parts = np.array(quotas)
    total = round(float(parts.sum()))
    whole = largest_remainder(parts, total)
    assert whole.sum() == total
    assert (np.abs(whole - parts) <= 1 + 1e-6).all()


def test_points_lie_inside_their_area() -> None:
    ground = toulouse()
    features = json.loads(areas_geojson().read_text(encoding="utf-8"))["features"]
    place = np.repeat(np.arange(len(ground)), 40)
    points = ground.points(np.random.default_rng(3), place)
    areas = np.array([shape(feature["geometry"]) for feature in features])[place]
    assert shapely.contains_xy(areas, points[:, 0], points[:, 1]).all()
    assert [feature["properties"]["code"] for feature in features] == ground.codes.tolist()
