"""Forecasts, where the answer is known otherwise."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from commonweal.planning.forecast import Areas, Errors, ListSeats, MostVotes, Spread, TwoRounds, forecast
from commonweal.planning.forecast.errors import BadAreas, BadErrors, NotAChoice
from commonweal.planning.forecast.run import PRECISE

NONE = Spread(0, 0, 0)


def town(areas: int = 40, ours: float = 0.5, **more: object) -> Areas:
    """Alike areas of 50,000, two choices."""
    return Areas(
        ("us", "them"),
        np.full(areas, 5e4),
        np.full(areas, 0.6),
        np.tile([ours, 1 - ours], (areas, 1)),
        **more,  # type: ignore[arg-type]
    )


def test_with_one_shared_error_the_chance_is_the_normal_distributions() -> None:
    errors = Errors(NONE, Spread(0.2, 0, 0), 0)
    found = forecast(town(ours=0.53), MostVotes(), "us", errors)
    log_odds = np.log(0.53 / 0.47)
    assert found.chance.value == pytest.approx(NormalDist().cdf(log_odds / 0.2), abs=4 * found.chance.error)
    assert found.chance.high - found.chance.value <= PRECISE
    surer, less_sure = (each.chance for each in found.otherwise)
    assert surer > found.chance.value > less_sure
    assert sum(margin > 0 for margin in found.margins) == pytest.approx(100 * found.chance.value, abs=1)
    assert found.parts[0].name == "support, everywhere"
    assert found.parts[0].share > 0.99


def test_errors_of_each_area_alone_even_out_and_shared_ones_do_not() -> None:
    alone = forecast(town(ours=0.51), MostVotes(), "us", Errors(NONE, Spread(0, 0, 0.2), 0))
    shared = forecast(town(ours=0.51), MostVotes(), "us", Errors(NONE, Spread(0.2, 0, 0), 0))
    assert alone.chance.value > 0.85
    assert 0.5 < shared.chance.value < 0.62
    assert alone.parts[0].name == "each area alone"


def test_two_of_one_seed_are_alike() -> None:
    one, two = (forecast(town(), TwoRounds(), "us", elections=500, seed=7) for _time in range(2))
    assert one == two
    assert one.simulations == 500


def test_a_plan_moves_the_chance_and_its_own_error_is_part_of_the_doubt() -> None:
    planned = town(added=np.full(40, 500.0), added_error=4_000.0)
    found = forecast(planned, MostVotes(), "us", Errors(NONE, Spread(0.05, 0, 0), 0))
    without = forecast(town(), MostVotes(), "us", Errors(NONE, Spread(0.05, 0, 0), 0))
    assert found.moved is not None
    assert found.chance.value - without.chance.value == pytest.approx(found.moved.value, abs=0.02)
    assert found.moved.low > 0
    assert {part.name: part.share for part in found.parts}["what the plan brings"] > 0


def test_the_constituency_in_the_middle_tips() -> None:
    shares = np.array([[0.7, 0.3], [0.5, 0.5], [0.3, 0.7]])
    areas = Areas(
        ("us", "them"),
        np.full(3, 1e5),
        np.full(3, 0.5),
        shares,
        constituency=np.arange(3),
        called=("a", "b", "c"),
    )
    found = forecast(areas, MostVotes(), "us", Errors(NONE, Spread(0.1, 0, 0.1), 0), elections=2_000)
    assert (found.tipping[0].constituency, found.tipping[0].decides > 0.95) == ("b", True)
    weighted = forecast(areas, MostVotes(np.array([9.0, 2, 2])), "us", elections=500)
    assert (weighted.tipping[0].constituency, weighted.chance.value) == ("a", pytest.approx(1, abs=0.02))


def test_areas_share_the_doubt_by_their_size() -> None:
    areas = replace(town(2), registered=np.array([9e4, 1e4]))
    found = forecast(areas, MostVotes(), "us", Errors(NONE, Spread(0.2, 0, 0), 0), elections=3_000)
    assert [area.name for area in found.areas] == ["0", "1"]
    assert [area.share for area in found.areas] == pytest.approx([0.9, 0.1], abs=0.02)


def test_where_nothing_can_change_nothing_is_in_doubt() -> None:
    found = forecast(town(ours=0.9), ListSeats(33), "us", Errors(NONE, NONE, 0), elections=400)
    assert found.chance.value == 1
    assert found.chance.error > 0
    assert found.second_round == 0
    assert found.weight.mean == pytest.approx(17 + 15, abs=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"turnout": np.full(2, 1.2)},
        {"registered": np.array([0.0, 5])},
        {"registered": np.array([np.nan, 5])},
        {"shares": np.full((2, 2), 0.6)},
        {"shares": np.full((2, 3), 0.3)},
        {"choices": ("us",)},
    ],
)
def test_an_expectation_that_is_none_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadAreas):
        replace(town(2), **wrong)  # type: ignore[arg-type]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(NotAChoice):
        forecast(town(), MostVotes(), "nobody")
    with pytest.raises(BadAreas):
        forecast(town(2, region=np.array([0, 2])), MostVotes(), "us")
    with pytest.raises(BadErrors):
        Spread(-1, 0, 0)
