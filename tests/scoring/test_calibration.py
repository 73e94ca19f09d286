from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from commonweal.scoring.calibration import Calibration, calibrate


def people(persons: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores that are twice as sure as they should be, and what came of them; everybody lives alone."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0.3, 0.9, persons)
    return 2 * truth - 0.5, (rng.random(persons) < expit(truth)).astype(float), np.arange(persons)


@pytest.mark.parametrize(
    ("persons", "method", "off"), [(1_000, "logistic", 0.06), (40_000, "isotonic", 0.03)]
)
def test_overconfident_scores_are_brought_down(persons: int, method: str, off: float) -> None:
    raw, outcome, household = people(persons)
    curve = calibrate(raw, outcome, household)
    assert curve.method == method
    at = np.linspace(-2.5, 3.0, 23)
    assert np.abs(expit(curve.apply(at)) - expit((at + 0.5) / 2)).max() < off


def test_the_curve_rises_and_its_variance_is_honest() -> None:
    at = np.array([-1.5, 0.0, 1.5, 2.5])
    curves = [calibrate(*people(6_000, seed)) for seed in range(30)]
    found = np.array([curve.apply(at) for curve in curves])
    told = np.sqrt(np.mean([curve.variance_at(at) for curve in curves], axis=0))
    assert all((np.diff(curve.calibrated) > 0).all() for curve in curves)
    assert (np.abs(found.std(axis=0) / told - 1) < 0.6).all()


def test_households_that_vote_together_make_it_less_sure() -> None:
    raw, outcome, _ = people(6_000)
    twice = np.repeat(raw, 2), np.repeat(outcome, 2)
    alone = calibrate(*twice, np.arange(12_000)).variance_at(raw)
    together = calibrate(*twice, np.repeat(np.arange(6_000), 2)).variance_at(raw)
    assert np.median(together / alone) == pytest.approx(2, rel=0.1)


def test_scores_that_order_nobody_become_the_mean() -> None:
    rng = np.random.default_rng(3)
    raw = rng.normal(size=2_000)
    outcome = (rng.random(2_000) < expit(-raw)).astype(float)  # the wrong way round
    curve = calibrate(raw, outcome, np.arange(2_000))
    assert np.ptp(expit(curve.apply(np.array([-2.0, 2.0])))) < 1e-4


def test_a_curve_comes_back_from_plain_data() -> None:
    import json
    from dataclasses import asdict

    curve = calibrate(*people(5_000))
    assert Calibration.of(json.loads(json.dumps(asdict(curve)))) == curve
