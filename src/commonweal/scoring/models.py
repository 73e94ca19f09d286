"""Chances by gradient boosting: cross-fitted by household, calibrated, each with an interval.

The households are dealt into five folds; five models are trained, each without one fold, and a fold is judged
and calibrated only by the model that never saw its households. A new person gets the mean of the five (on the
logit scale); a person whose household the models learnt from gets the one that did not.

The 95% interval is that of the chance among people who look the same to the model. Two errors go into it:

- of the model: the delete-a-group jackknife (Kott 2001; Shao and Tu 1995, ch. 2.3) over the same five
  models, variance = 4/5 of the sum of their squared deviations. Five models tell it with four degrees of
  freedom only, so that a small gamma model smooths it over people who look alike;
- of the calibration: the clustered sampling variance of the curve at that score (see `calibration`).

On made-up towns of 8,000 to 250,000 people whose true chances follow from what the lists tell, the intervals held 92
to 97% of these. A person's own chance differs besides by what no list tells, and next time may differ from last
time: neither is in any interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Self

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
from scipy.special import expit

from commonweal.jobs.model import Progress, silent
from commonweal.scoring.calibration import Calibration, calibrate
from commonweal.scoring.features import Matrix
from commonweal.scoring.rules import folds

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

FOLDS = 5
THREADS = 2
"""Cores that scoring may use. At training two boosters run side by side on one thread each: threads inside a
booster wait for each other after every split, which on a busy machine costs several times what they gain."""

_MOST_ROUNDS = 400
_PATIENCE = 25
_SPREAD_ROWS = 40_000
_SPREAD_ROUNDS = 30
_WIDTH = 1.959963984540054  # of a normal 95% interval
_CLEAR = 12.0


@dataclass(frozen=True)
class Chances:
    """What a model says of each row: the chance and its 95% interval, all (n,), in 0-1."""

    chance: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Model:
    """A trained model: one booster a fold, the calibration, the booster of the model's own variance.

    `level` is a second calibration, to outcomes that are more to the point than those it was trained on.
    """

    boosters: tuple[lgb.Booster, ...]
    spread: lgb.Booster
    calibration: Calibration
    seed: int
    level: Calibration | None = None

    def predict(self, matrix: Matrix, unseen_by: npt.NDArray[np.int64] | None = None) -> Chances:
        """Chances for the rows of `matrix`.

        `unseen_by` (n,) names for each row the fold whose model must be used, -1 for the mean of all.
        """
        votes = np.stack([_raw(booster, matrix) for booster in self.boosters])
        raw = votes.mean(axis=0)
        if unseen_by is not None:
            rows = np.flatnonzero(unseen_by >= 0)
            raw[rows] = votes[unseen_by[rows], rows]
        centre = self.calibration.apply(raw)
        variance = np.asarray(self.spread.predict(matrix, num_threads=THREADS), dtype=np.float64)
        variance += self.calibration.variance_at(raw)
        if self.level is not None:
            variance += self.level.variance_at(centre)
            centre = self.level.apply(centre)
        reach = _WIDTH * np.sqrt(variance)
        return Chances(expit(centre), expit(centre - reach), expit(centre + reach))

    def packed(self) -> dict[str, Any]:
        """The model as plain data, for JSON."""
        return {
            "boosters": [booster.model_to_string() for booster in self.boosters],
            "spread": self.spread.model_to_string(),
            "calibration": asdict(self.calibration),
            "level": asdict(self.level) if self.level else None,
            "seed": self.seed,
        }

    @classmethod
    def unpacked(cls, packed: dict[str, Any]) -> Self:
        """The model that was packed."""
        return cls(
            boosters=tuple(lgb.Booster(model_str=text) for text in packed["boosters"]),
            spread=lgb.Booster(model_str=packed["spread"]),
            calibration=Calibration.of(packed["calibration"]),
            level=Calibration.of(packed["level"]) if packed["level"] else None,
            seed=packed["seed"],
        )


@dataclass(frozen=True)
class Training:
    """A trained model with what its card is made from: out-of-fold chances (n,) and the share of gain by feature."""

    model: Model
    chance: Floats
    gain: Floats
    rounds: int


def train(
    matrix: Matrix,
    outcome: Floats,
    household: Ids,
    categorical: Sequence[int],
    seed: int = 1,
    progress: Progress = silent,
) -> Training:
    """Train on rows with an outcome of 0 or 1. Deterministic: same rows in the same order, same model."""
    fold = folds(household, FOLDS, seed)
    data = _dataset(matrix, outcome, categorical)
    parameters = _parameters(len(outcome), seed)
    boosters: list[lgb.Booster] = []
    with ThreadPoolExecutor(THREADS) as pool:
        for booster in pool.map(lambda held: _boost(data, fold, held, parameters), range(FOLDS)):
            boosters.append(booster)
            progress(len(boosters), FOLDS, "training")
    rounds = max(1, int(np.median([booster.best_iteration for booster in boosters])))
    boosters = [_cut(booster, rounds) for booster in boosters]
    votes = np.stack([_raw(booster, matrix) for booster in boosters])
    raw = votes[fold, np.arange(len(fold))]
    model = Model(
        tuple(boosters), _spread(matrix, votes, categorical, seed), calibrate(raw, outcome, household), seed
    )
    return Training(model, _cross_calibrated(raw, outcome, household, fold), _gain(boosters), rounds)


def _parameters(rows: int, seed: int) -> dict[str, Any]:
    return {
        "objective": "binary",
        "learning_rate": 0.04,
        "num_leaves": 15,
        "min_data_in_leaf": int(np.clip(rows // 400, 20, 200)),
        "lambda_l2": 5.0,
        "feature_fraction": 0.8,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "cat_smooth": 20.0,
        "cat_l2": 20.0,
        "min_data_per_group": 100,
        "max_bin": 127,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }


def _dataset(matrix: Matrix, label: Floats, categorical: Sequence[int]) -> lgb.Dataset:
    """Binned once; every fold trains on a part of it."""
    parameters = {"max_bin": 127, "verbosity": -1, "deterministic": True, "num_threads": 1}
    data = lgb.Dataset(matrix, label=label, categorical_feature=list(categorical), params=parameters)
    return data.construct()


def _boost(data: lgb.Dataset, fold: Ids, held: int, parameters: dict[str, Any]) -> lgb.Booster:
    return lgb.train(
        parameters,
        data.subset(np.flatnonzero(fold != held).tolist()),
        num_boost_round=_MOST_ROUNDS,
        valid_sets=[data.subset(np.flatnonzero(fold == held).tolist())],
        callbacks=[lgb.early_stopping(_PATIENCE, verbose=False)],
    )


def _cut(booster: lgb.Booster, rounds: int) -> lgb.Booster:
    """The booster's first `rounds` trees, as it will be kept."""
    return lgb.Booster(model_str=booster.model_to_string(num_iteration=rounds))


def _raw(booster: lgb.Booster, matrix: Matrix) -> Floats:
    raw = booster.predict(matrix, raw_score=True, num_threads=THREADS)
    return np.clip(np.asarray(raw, dtype=np.float64), -_CLEAR, _CLEAR)


def _spread(matrix: Matrix, votes: Floats, categorical: Sequence[int], seed: int) -> lgb.Booster:
    """A model of the jackknife variance of the mean of the folds' logits, from a sample of rows."""
    rows = np.arange(0, len(matrix), max(1, len(matrix) // _SPREAD_ROWS))
    jackknife = (FOLDS - 1) / FOLDS * np.square(votes[:, rows] - votes[:, rows].mean(axis=0)).sum(axis=0)
    parameters = {
        **_parameters(len(rows), seed),
        "objective": "gamma",
        "num_leaves": 15,
        "learning_rate": 0.2,
    }
    return lgb.train(
        parameters, _dataset(matrix[rows], jackknife + 1e-6, categorical), num_boost_round=_SPREAD_ROUNDS
    )


def _cross_calibrated(raw: Floats, outcome: Floats, household: Ids, fold: Ids) -> Floats:
    """Each fold's chances under a calibration learnt on the other folds: what a model card may honestly judge."""
    chance = np.empty_like(raw)
    for held in range(FOLDS):
        here = fold == held
        chance[here] = expit(calibrate(raw[~here], outcome[~here], household[~here]).apply(raw[here]))
    return chance


def _gain(boosters: Sequence[lgb.Booster]) -> Floats:
    total = np.sum([booster.feature_importance("gain") for booster in boosters], axis=0)
    return np.asarray(total / max(float(total.sum()), 1e-12), dtype=np.float64)
