from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from commonweal.scoring import cards


def test_quality_of_chances_that_are_right_and_of_chances_that_are_not() -> None:
    rng = np.random.default_rng(1)
    chance = rng.beta(2, 2, 20_000)
    outcome = (rng.random(20_000) < chance).astype(float)
    right, wrong = cards.quality(chance, outcome), cards.quality(chance**2, outcome)
    assert right.calibration_error < 0.015
    assert wrong.calibration_error > 0.1
    assert right.auc == pytest.approx(wrong.auc)
    assert right.log_loss < right.log_loss_of_mean
    assert right.log_loss < wrong.log_loss
    assert [each.persons for each in right.bins] == [2_000] * 10
    assert all(abs(each.said - each.did) < 4 * each.error for each in right.bins)


def test_chances_that_are_all_the_same_can_be_judged() -> None:
    found = cards.quality(np.full(7, 0.5), np.array([0.0, 1, 1, 0, 1, 0, 1]))
    assert found.auc == 0.5
    assert sum(each.persons for each in found.bins) == 7


def test_coverage_counts_voters_by_age_sex_and_area() -> None:
    def block(
        ages: list[float | None], sexes: list[str | None], areas: list[str], on_roll: list[bool]
    ) -> pa.RecordBatch:
        return pa.RecordBatch.from_pydict(
            {
                "age": pa.array(ages, pa.float64()),
                "sex": pa.array(sexes, pa.string()),
                "area_code": areas,
                "on_roll": on_roll,
            }
        )

    coverage = cards.Coverage()
    yes, no = np.array([True, True]), np.array([False, True])
    coverage.add(block([19.0, 44.5], ["f", None], ["A", "A"], [True, True]), yes, no)
    coverage.add(block([None, 81.0], ["f", "m"], ["B", "B"], [True, False]), np.array([True, False]), no)
    groups = {
        (group.by, group.name): (group.persons, group.scored, group.outcomes) for group in coverage.groups()
    }
    assert groups == {
        ("age", "35-49"): (1, 1, 1),
        ("age", "under 25"): (1, 1, 0),
        ("age", ""): (1, 1, 0),
        ("sex", "f"): (2, 2, 0),
        ("sex", ""): (1, 1, 1),
        ("area", "B"): (1, 1, 0),
        ("area", "A"): (2, 2, 1),
    }
    assert coverage.off_the_roll() == 1


def test_what_matters_is_told_in_order() -> None:
    assert cards.matters(["a", "b", "c"], np.array([0.2, 0.8, 0.0])) == (("b", 0.8), ("a", 0.2))
