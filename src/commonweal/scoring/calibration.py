"""Raw scores made into chances that hold: of those said to be at 60%, 60 in 100 do it.

With enough outcomes, the shares in bins of equal count are made monotone by centred isotonic regression
(Oron and Flournoy 2017: a violated stretch shrinks to one point, so no two scores are tied) and joined by
straight lines on the logit scale. With few, a logistic curve is fitted (Platt 1999). Either way the map is a
list of knots, so that a million scores are calibrated by one interpolation. Each knot carries the variance of
its logit, clustered by household: people under one roof vote together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

_ISOTONIC_FROM = 3_000
_BIN = 250  # outcomes a bin, at least
_BINS = 40
_EDGE = 12.0  # logits beyond this are as good as certain
_CURVE_KNOTS = 33


@dataclass(frozen=True)
class Calibration:
    """Knots of a rising curve from raw logits to calibrated ones, with the variance at each."""

    method: str
    raw: tuple[float, ...]
    calibrated: tuple[float, ...]
    variance: tuple[float, ...]

    @classmethod
    def of(cls, packed: dict[str, Any]) -> Self:
        """From what `dataclasses.asdict` made of one."""
        return cls(packed["method"], *(tuple(packed[name]) for name in ("raw", "calibrated", "variance")))

    def apply(self, raw: Floats) -> Floats:
        """Raw logits to calibrated ones. Beyond the outer knots the curve goes on in parallel to the diagonal."""
        beyond = raw - np.clip(raw, self.raw[0], self.raw[-1])
        return np.interp(raw, self.raw, self.calibrated) + beyond

    def variance_at(self, raw: Floats) -> Floats:
        """The variance of the calibrated logit that comes from the calibration alone."""
        return np.interp(raw, self.raw, self.variance)


def calibrate(raw: Floats, outcome: Floats, household: Ids) -> Calibration:
    """Learn the curve from scores of people whose household the model never saw.

    `raw` are logits, `outcome` 0 or 1, `household` the cluster; all (n,). Outcomes of both kinds must occur.
    """
    if len(raw) < _ISOTONIC_FROM:
        return _curve(raw, outcome, household)
    return _steps(raw, outcome, household)


def _steps(raw: Floats, outcome: Floats, household: Ids) -> Calibration:
    order = np.argsort(raw, kind="stable")
    bins = np.array_split(order, min(_BINS, len(raw) // _BIN))
    weight = np.array([len(part) for part in bins], dtype=np.float64)
    position = np.array([raw[part].mean() for part in bins])
    share = np.array([(outcome[part].sum() + 0.5) / (len(part) + 1.0) for part in bins])
    noise = np.array([_variance_of_mean(outcome[part], household[part]) for part in bins])
    x, y, v = _centred_isotonic(position, share, noise, weight)
    return Calibration("isotonic", tuple(x), tuple(logit(y)), tuple(v / (y * (1 - y)) ** 2))


def _centred_isotonic(x: Floats, y: Floats, v: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Pool adjacent violators (ties too), each pool shrunk to its weighted centre. x, y, v, weight: (bins,)."""
    pools: list[list[float]] = []
    for xi, yi, vi, wi in zip(x, y, v, weight, strict=True):
        pool = [float(wi), float(wi * xi), float(wi * yi), float(wi * wi * vi)]
        while pools and pool[2] / pool[0] <= pools[-1][2] / pools[-1][0]:
            pool = [a + b for a, b in zip(pool, pools.pop(), strict=True)]
        pools.append(pool)
    total, sum_x, sum_y, sum_v = np.array(pools).T
    return sum_x / total, sum_y / total, sum_v / total**2


def _variance_of_mean(outcome: Floats, household: Ids) -> float:
    """Of the mean of outcomes that are alike within households; never below that of half an outcome."""
    _, home = np.unique(household, return_inverse=True)
    residual = outcome - outcome.mean()
    clustered = float(np.square(np.bincount(home, residual)).sum()) / len(outcome) ** 2
    return max(clustered, 0.25 / len(outcome) ** 2)


def _curve(raw: Floats, outcome: Floats, household: Ids) -> Calibration:
    design = np.column_stack([np.ones_like(raw), raw])
    weights, covariance = _logistic(design, outcome, household)
    if weights[1] <= 0.0:  # scores that order nobody: everybody gets the mean
        weights, covariance = _mean_only(outcome, household)
    at = np.linspace(-_EDGE, _EDGE, _CURVE_KNOTS)
    knots = np.column_stack([np.ones_like(at), at])
    variance = np.einsum("ij,jk,ik->i", knots, covariance, knots)
    return Calibration("logistic", tuple(at), tuple(knots @ weights), tuple(variance))


def _mean_only(outcome: Floats, household: Ids) -> tuple[Floats, Floats]:
    mean = (outcome.sum() + 0.5) / (len(outcome) + 1.0)
    variance = _variance_of_mean(outcome, household) / (mean * (1 - mean)) ** 2
    return np.array([logit(mean), 1e-6]), np.array([[variance, 0.0], [0.0, 0.0]])


def _logistic(design: Floats, outcome: Floats, household: Ids) -> tuple[Floats, Floats]:
    """Logistic regression with a weak ridge on the slope towards 1; weights and their clustered covariance."""
    weights = np.array([0.0, 1.0])
    ridge, centre = np.diag([1e-9, 1.0]), np.array([0.0, 1.0])
    for _ in range(50):
        chance = expit(design @ weights)
        slope = design.T @ (outcome - chance) - ridge @ (weights - centre)
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + ridge
        step = np.linalg.solve(curvature, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-10:
            break
    _, home = np.unique(household, return_inverse=True)
    score = design * (outcome - expit(design @ weights))[:, None]
    sums = np.column_stack([np.bincount(home, column) for column in score.T])
    bread = np.linalg.inv(curvature)
    return weights, bread @ (sums.T @ sums) @ bread
