"""What came of an experiment: means and effects by arm, with errors clustered by household.

Each arm is its own regression on z = (1, x - mean of x over all arms): together they are ordinary least squares
fully interacted with the arms (Lin 2013, *Annals of Applied Statistics* 7(1)); without covariates, plain means. With
B = (Z'Z)^-1 of the arm, residual e and e1 = (1, 0, ...), a unit's share in the error of the arm's mean is
psi = e1' B z e. Then, with N units, G clusters, A arms, p covariates and K = A (1 + p),

    HC1  variance = N/(N-K) * sum over units of psi^2
    CR1  variance = G/(G-1) * (N-1)/(N-K) * sum over clusters of (sum of psi in the cluster)^2

which is the convention of Stata's `vce(cluster)` and of statsmodels. Where units were drawn by unequal chances each weighs w, one
over its chance (Horvitz and Thompson, *JASA* 47, 1952; means are ratios of weighted sums): then B = (Z'WZ)^-1 and psi = w e1' B z e,
which is Stata's convention of `pweight`. N, G and K count all arms together. An effect is
the difference of two arms' means; a cluster with units in both contributes the difference of its sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import chdtrc

from commonweal.experiments.errors import (
    BadShares,
    CollinearCovariates,
    NotFinite,
    TooFewInArm,
    UnequalLengths,
    UnknownArm,
)
from commonweal.experiments.model import Analysis, ArmResult, Estimate, SampleRatio

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_COVARIATES = ("past", "age", "size", "asked")
_SINGULAR = 1e-10  # smallest over largest singular value of an arm's standardised covariates


@dataclass(frozen=True)
class _Fit:
    """Means of the arms (A,) and what their errors are made of: psi summed by cluster (A, G), psi^2 by arm (A,)."""

    means: Floats
    by_cluster: Floats
    squares: Floats
    hc1: float
    cr1: float

    def mean(self, arm: int) -> Estimate:
        return Estimate(
            float(self.means[arm]), float(np.sqrt(self.cr1 * np.square(self.by_cluster[arm]).sum()))
        )

    def effect(self, arm: int, control: int) -> Estimate:
        error = np.sqrt(self.cr1 * np.square(self.by_cluster[arm] - self.by_cluster[control]).sum())
        return Estimate(float(self.means[arm] - self.means[control]), float(error))

    def effect_hc1(self, arm: int, control: int) -> float:
        return float(np.sqrt(self.hc1 * (self.squares[arm] + self.squares[control])))


def analyse(
    outcome: npt.ArrayLike,
    arm: npt.ArrayLike,
    arms: Sequence[str],
    cluster: npt.ArrayLike | None = None,
    covariates: npt.ArrayLike | None = None,
    control: int = 0,
    weight: npt.ArrayLike | None = None,
) -> Analysis:
    """Means and effects of all arms on one outcome.

    outcome (n,): a number for each unit, such as voted 0 or 1. arm (n,): position in `arms`. cluster (n,): any
    integer ids, such as households; None: each unit is its own. covariates (n, p): known before the draw.
    control: position of the arm that the others are compared with. weight (n,): above 0, as one over the chance of the draw; None: all 1.

    Raises UnequalLengths, NotFinite, UnknownArm, TooFewInArm, CollinearCovariates.
    """
    y, which = np.asarray(outcome, np.float64), np.asarray(arm).astype(np.int64)
    groups = np.arange(len(y)) if cluster is None else np.asarray(cluster)
    x = (
        np.empty((len(y), 0))
        if covariates is None
        else np.asarray(covariates, np.float64).reshape(len(y), -1)
    )
    w = np.ones(len(y)) if weight is None else np.asarray(weight, np.float64)
    _check(y, which, groups, x, w, len(arms))
    cluster_number = np.unique(groups, return_inverse=True)[1].astype(np.int64)
    plain = _fit(y, which, arms, cluster_number, x[:, :0], w)
    adjusted = _fit(y, which, arms, cluster_number, x, w) if x.shape[1] else None
    results = tuple(
        _result(name, index, control, plain, adjusted, which, cluster_number)
        for index, name in enumerate(arms)
    )
    return Analysis(arms[control], len(y), int(cluster_number.max()) + 1, results)


def _check(y: Floats, which: Ints, groups: npt.NDArray[np.generic], x: Floats, w: Floats, arms: int) -> None:
    for name, values in (("arm", which), ("cluster", groups), ("covariates", x), ("weight", w)):
        if len(values) != len(y):
            raise UnequalLengths(name=name, found=len(values), expected=len(y))
    weights = np.where(w > 0, w, np.nan)
    for name, numbers in (("outcome", y[:, None]), ("covariates", x), ("weight", weights[:, None])):
        bad = np.flatnonzero(~np.isfinite(numbers).all(axis=1))
        if len(bad):
            raise NotFinite(name=name, row=int(bad[0]), count=len(bad))
    outside = np.flatnonzero((which < 0) | (which >= arms))
    if len(outside):
        raise UnknownArm(row=int(outside[0]), arm=int(which[outside[0]]), last=arms - 1)


def _fit(y: Floats, which: Ints, arms: Sequence[str], cluster: Ints, x: Floats, w: Floats) -> _Fit:
    units, clusters, columns = len(y), int(cluster.max()) + 1, 1 + x.shape[1]
    centred = x - np.average(x, axis=0, weights=w)
    means, squares = np.empty(len(arms)), np.empty(len(arms))
    by_cluster = np.empty((len(arms), clusters))
    for index, name in enumerate(arms):
        rows = np.flatnonzero(which == index)
        within = len(np.unique(cluster[rows]))
        if len(rows) <= columns or within < 2:
            raise TooFewInArm(arm=name, units=len(rows), clusters=within, columns=columns)
        means[index], psi = _intercept(y[rows], centred[rows], w[rows], name)
        squares[index] = np.square(psi).sum()
        by_cluster[index] = np.bincount(cluster[rows], psi, minlength=clusters)
    spare = units - len(arms) * columns
    return _Fit(
        means, by_cluster, squares, hc1=units / spare, cr1=clusters / (clusters - 1) * (units - 1) / spare
    )


def _intercept(y: Floats, x: Floats, w: Floats, arm: str) -> tuple[float, Floats]:
    """The weighted intercept of y on (1, x) and each unit's share psi in its error."""
    scale = x.std(axis=0)
    if (scale == 0.0).any():
        raise CollinearCovariates(arm=arm)
    root = np.sqrt(w)
    z = np.column_stack([np.ones(len(y)), x / scale]) * root[:, None]
    q, r = np.linalg.qr(z)
    size = np.abs(np.diag(r))
    if size.min() < _SINGULAR * size.max():
        raise CollinearCovariates(arm=arm)
    beta = np.linalg.solve(r, q.T @ (root * y))
    weight = q @ np.linalg.solve(r.T, np.eye(z.shape[1])[0])
    return float(beta[0]), np.asarray(weight * (root * y - z @ beta))


def _result(
    name: str, index: int, control: int, plain: _Fit, adjusted: _Fit | None, which: Ints, cluster: Ints
) -> ArmResult:
    rows, compared = which == index, index != control
    return ArmResult(
        arm=name,
        units=int(rows.sum()),
        clusters=len(np.unique(cluster[rows])),
        mean=plain.mean(index),
        effect=plain.effect(index, control) if compared else None,
        effect_hc1=plain.effect_hc1(index, control) if compared else None,
        adjusted_mean=adjusted.mean(index) if adjusted else None,
        adjusted_effect=adjusted.effect(index, control) if adjusted and compared else None,
    )


def known_before(rows: pa.Table, place: Ints, arms: int) -> dict[str, Floats]:
    """Covariates of `tables.results`: what was known before the draw, the mean where it is missing; left out where it does not vary in some arm."""
    found = {}
    for name in _COVARIATES:
        values = rows[name].to_numpy().astype(np.float64)
        if np.isfinite(values).any():
            values = np.where(np.isfinite(values), values, np.nanmean(values))
            if all(np.ptp(values[place == arm]) > 0 for arm in range(arms)):
                found[name] = values
    return found


def sample_ratio(counts: Sequence[int], shares: Sequence[float]) -> SampleRatio:
    """Pearson's chi-square of the units drawn into each arm (clusters, where these were drawn) against the design.

    Where the draw was made within blocks, counts vary less than the test believes: it then hardly ever fires.
    """
    if len(counts) != len(shares) or len(counts) < 2 or min(shares) <= 0:
        raise BadShares(arms=", ".join(map(str, counts)), shares=", ".join(f"{share:g}" for share in shares))
    expected = np.sum(counts) * np.asarray(shares, np.float64) / np.sum(shares)
    chi_square = float(np.sum(np.square(np.asarray(counts) - expected) / expected))
    p_value = float(chdtrc(len(counts) - 1, chi_square))
    return SampleRatio(tuple(map(int, counts)), tuple(map(float, expected)), chi_square, p_value)
