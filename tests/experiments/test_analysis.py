"""Effects of arms: Michigan's published shares, and textbook formulas on small samples."""

from __future__ import annotations

import numpy as np
import pytest

from commonweal.experiments.analysis import analyse, sample_ratio
from commonweal.experiments.errors import (
    BadShares,
    CollinearCovariates,
    NotFinite,
    TooFewInArm,
    UnequalLengths,
    UnknownArm,
)
from commonweal.experiments.model import Analysis
from michigan import ARMS, michigan

# N and turnout by arm: Gerber, Green and Larimer 2008, table 2, to more digits from the deposited data.
# arm: N, households, turnout, ITT, HC1, CR1, Lin on five past votes, its CR1
PUBLISHED = {
    "Control": (191_243, 99_999, 0.296638, None, None, 0.001310, 0.296900, 0.001260),
    "Civic Duty": (38_218, 20_001, 0.314538, 0.017899, 0.002595, 0.003237, 0.017902, 0.003119),
    "Hawthorne": (38_204, 20_002, 0.322375, 0.025736, 0.002609, 0.003258, 0.024573, 0.003128),
    "Self": (38_218, 20_000, 0.345151, 0.048513, 0.002647, 0.003300, 0.047874, 0.003174),
    "Neighbors": (38_201, 20_000, 0.377948, 0.081310, 0.002692, 0.003370, 0.080660, 0.003226),
}


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    data = michigan()
    return analyse(data.voted, data.arm, ARMS, data.household, data.votes)


def test_michigan_counts(analysis: Analysis) -> None:
    assert (analysis.units, analysis.clusters) == (344_084, 180_002)
    for name, row in PUBLISHED.items():
        assert (analysis.arm(name).units, analysis.arm(name).clusters) == row[:2]


@pytest.mark.parametrize("name", PUBLISHED)
def test_michigan_to_six_decimals(analysis: Analysis, name: str) -> None:
    _, _, turnout, itt, hc1, cr1, lin, lin_cr1 = PUBLISHED[name]
    found = analysis.arm(name)
    plain, adjusted = found.effect or found.mean, found.adjusted_effect or found.adjusted_mean
    assert adjusted is not None
    assert round(found.mean.value, 6) == turnout
    assert round(plain.error, 6) == cr1
    assert round(adjusted.value, 6) == lin
    assert round(adjusted.error, 6) == lin_cr1
    if itt is not None:
        assert round(plain.value, 6) == itt
        assert found.effect_hc1 is not None
        assert round(found.effect_hc1, 6) == hc1


def test_michigan_was_drawn_in_blocks(analysis: Analysis) -> None:
    ratio = sample_ratio([result.clusters for result in analysis.arms], [5 / 9, *[1 / 9] * 4])
    assert round(ratio.chi_square, 5) == 0.00024
    assert ratio.p_value > 0.9999


def test_equals_one_regression_on_dummies_and_interactions() -> None:
    """The sandwich of the joint design matrix, with clusters that span arms."""
    rng = np.random.default_rng(3)
    n, arms = 300, 3
    arm, cluster = rng.integers(0, arms, n), rng.integers(0, 40, n)
    x = rng.normal(size=(n, 2)) + arm[:, None] * 0.1
    y = rng.normal(size=n) + 0.3 * arm + x @ [0.5, -1.0] + rng.normal(size=40)[cluster]
    found = analyse(y, arm, ["a", "b", "c"], cluster, x)
    dummies = np.eye(arms)[arm]
    centred = x - x.mean(axis=0)
    design = np.column_stack([dummies, *(dummies * centred[:, [j]] for j in range(2))])
    bread = np.linalg.inv(design.T @ design)
    beta = bread @ design.T @ y
    scores = np.zeros((40, design.shape[1]))
    np.add.at(scores, cluster, design * (y - design @ beta)[:, None])
    variance = 40 / 39 * (n - 1) / (n - design.shape[1]) * bread @ scores.T @ scores @ bread
    contrast = np.zeros(design.shape[1])
    contrast[[2, 0]] = 1, -1
    effect = found.arm("c").adjusted_effect
    assert effect is not None
    assert effect.value == pytest.approx(contrast @ beta, abs=1e-12)
    assert effect.error == pytest.approx(np.sqrt(contrast @ variance @ contrast), abs=1e-12)


def test_weights_are_those_of_one_weighted_regression() -> None:
    rng = np.random.default_rng(4)
    n = 200
    arm, cluster, weight = rng.integers(0, 2, n), rng.permutation(n) % 50, rng.uniform(1, 9, n)
    y = rng.normal(size=n) + 0.2 * arm + rng.normal(size=50)[cluster]
    found = analyse(y, arm, ["a", "b"], cluster, weight=weight).arm("b").effect
    design = np.eye(2)[arm]
    bread = np.linalg.inv(design.T @ (design * weight[:, None]))
    beta = bread @ design.T @ (weight * y)
    scores = np.zeros((50, 2))
    np.add.at(scores, cluster, design * (weight * (y - design @ beta))[:, None])
    variance = 50 / 49 * (n - 1) / (n - 2) * bread @ scores.T @ scores @ bread
    assert found is not None
    assert found.value == pytest.approx(beta[1] - beta[0], abs=1e-12)
    assert found.error == pytest.approx(np.sqrt(np.array([-1, 1]) @ variance @ [-1, 1]), abs=1e-12)
    with pytest.raises(NotFinite, match="weight"):
        analyse(y, arm, ["a", "b"], cluster, weight=np.zeros(n))


def test_two_arms_without_clusters_is_the_textbook_difference() -> None:
    rng = np.random.default_rng(5)
    y, arm = rng.normal(size=200), np.repeat([0, 1], 100)
    found = analyse(y, arm, ["control", "letter"]).arm("letter")
    variance = y[:100].var(ddof=1) / 100 + y[100:].var(ddof=1) / 100  # equal arms: HC1 is Welch's
    assert found.effect is not None
    assert found.effect.value == pytest.approx(y[100:].mean() - y[:100].mean())
    assert found.effect_hc1 == pytest.approx(np.sqrt(variance))
    assert found.effect.low < found.effect.value < found.effect.high
    assert found.adjusted_effect is None


def test_the_control_may_be_any_arm() -> None:
    y, arm = np.array([0.0, 1, 2, 3, 4, 9]), np.array([0, 0, 0, 1, 1, 1])
    found = analyse(y, arm, ["letter", "control"], control=1)
    assert found.control == "control"
    assert found.arm("control").effect is None
    assert found.arm("letter").effect is not None
    assert found.arm("letter").effect.value == pytest.approx(1.0 - 16 / 3)
    with pytest.raises(KeyError):
        found.arm("door")


def test_bad_input_is_named() -> None:
    y, arm, names = np.arange(6.0), np.array([0, 0, 0, 1, 1, 1]), ["a", "b"]
    with pytest.raises(UnequalLengths, match="arm has 5"):
        analyse(y, arm[:5], names)
    with pytest.raises(NotFinite, match="row 2"):
        analyse(np.where(y == 2, np.nan, y), arm, names)
    with pytest.raises(NotFinite, match="covariates"):
        analyse(y, arm, names, covariates=np.where(y == 2, np.inf, y))
    with pytest.raises(UnknownArm, match="arm 2"):
        analyse(y, arm * 2, names)
    with pytest.raises(TooFewInArm, match="Arm b"):
        analyse(y, np.array([0, 0, 0, 0, 0, 1]), names)
    with pytest.raises(CollinearCovariates):
        analyse(y, arm, names, covariates=np.ones(6))
    with pytest.raises(CollinearCovariates):
        analyse(
            np.arange(12.0), np.repeat([0, 1], 6), names, covariates=np.arange(12.0)[:, None] * [1.0, 2.0]
        )


def test_sample_ratio_fires_on_a_broken_draw() -> None:
    assert sample_ratio([500, 500], [0.5, 0.5]).p_value == 1.0
    broken = sample_ratio([560, 440], [1, 1])
    assert broken.chi_square == pytest.approx(14.4)
    assert broken.p_value == pytest.approx(1.478e-4, rel=1e-3)
    with pytest.raises(BadShares):
        sample_ratio([10, 10], [1.0])
