from __future__ import annotations

import json

import lightgbm as lgb
import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from commonweal.scoring import models
from commonweal.scoring.rules import folds


def people(persons: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Matrix (a number, levels 0-3, noise; some missing), outcome, household of two, true chance."""
    rng = np.random.default_rng(seed)
    number, level = rng.normal(size=persons), rng.integers(0, 4, persons)
    truth = expit(0.8 * number + np.array([-1.0, 0.0, 0.4, 0.9])[level] - 0.3)
    outcome = (rng.random(persons) < truth).astype(float)
    matrix = np.column_stack([number, level, rng.normal(size=persons)]).astype(np.float32)
    matrix[rng.random(persons) < 0.1, 2] = np.nan
    return matrix, outcome, np.arange(persons, dtype=np.int64) // 2, truth


def test_chances_are_near_the_truth_and_intervals_hold_it() -> None:
    matrix, outcome, household, _ = people(8_000)
    trained = models.train(matrix, outcome, household, [1])
    fresh, _, _, truth = people(8_000, seed=2)
    said = trained.model.predict(fresh)
    assert np.sqrt(np.square(said.chance - truth).mean()) < 0.06
    assert 0.85 < ((said.low <= truth) & (truth <= said.high)).mean() < 0.998
    assert trained.gain.argmin() == 2
    assert trained.gain.sum() == pytest.approx(1)


def test_a_household_is_judged_by_the_model_that_never_saw_it() -> None:
    """Outcomes that are pure chance within a household: only a model that saw it could know them."""
    rng = np.random.default_rng(4)
    household = np.repeat(np.arange(600, dtype=np.int64), 5)
    outcome = (rng.random(600) < 0.5).astype(float)[household]
    matrix = household[:, None].astype(np.float32)  # tells which household it is, and nothing else
    trained = models.train(matrix, outcome, household, [])
    seen = np.stack([booster.predict(matrix) for booster in trained.model.boosters]).mean(axis=0)
    assert abs(roc_auc_score(outcome, trained.chance) - 0.5) < 0.12
    unseen = trained.model.predict(matrix, folds(household, models.FOLDS, trained.model.seed)).chance
    assert abs(roc_auc_score(outcome, unseen) - 0.5) < 0.12
    assert roc_auc_score(outcome, seen) > 0.6


def test_the_same_rows_make_the_same_model_and_it_comes_back_from_json() -> None:
    matrix, outcome, household, _ = people(2_000)
    first, second = (models.train(matrix, outcome, household, [1], seed=7).model for _ in range(2))
    assert first.packed() == second.packed()
    kept = models.Model.unpacked(json.loads(json.dumps(first.packed())))
    fold = np.arange(len(matrix)) % 6 - 1
    before, after = first.predict(matrix, fold), kept.predict(matrix, fold)
    assert np.array_equal(before.chance, after.chance)
    assert np.array_equal(before.low, after.low)


def test_a_level_moves_chances_and_widens_intervals() -> None:
    from dataclasses import replace

    from commonweal.scoring.calibration import calibrate

    matrix, outcome, household, truth = people(4_000)
    model = models.train(matrix, outcome, household, [1]).model
    rng = np.random.default_rng(5)
    fewer = (rng.random(4_000) < truth / 2).astype(float)
    said = model.predict(matrix)
    level = calibrate(np.log(said.chance / (1 - said.chance)), fewer, household)
    brought = replace(model, level=level).predict(matrix)
    assert brought.chance.mean() == pytest.approx(fewer.mean(), abs=0.01)
    assert ((brought.low <= brought.chance) & (brought.chance <= brought.high)).all()


def test_facts_that_never_vary_give_everybody_the_mean() -> None:
    rng = np.random.default_rng(6)
    outcome = (rng.random(500) < 0.3).astype(float)
    trained = models.train(np.ones((500, 1), np.float32), outcome, np.arange(500, dtype=np.int64), [])
    said = trained.model.predict(np.ones((3, 1), np.float32))
    assert said.chance == pytest.approx(np.full(3, outcome.mean()), abs=0.02)
    assert (said.low < said.chance).all()


def test_boosters_are_cut_to_the_same_rounds() -> None:
    trained = models.train(*people(3_000)[:3], [1])
    assert max(booster.num_trees() for booster in trained.model.boosters) == trained.rounds
    assert all(isinstance(booster, lgb.Booster) for booster in trained.model.boosters)
    assert len(trained.model.boosters) == models.FOLDS
