"""Weights learnt without labels: pairs are drawn from known shares, and the shares are found again."""

from __future__ import annotations

import numpy as np
import pytest

from commonweal.identity.comparisons import starting_model
from commonweal.identity.learning import Floats, Sample, Strangers, learn
from commonweal.identity.model import LinkModel

_RECORDS = 20_000
_MATCHES = 6_000
_OTHERS = 60_000
_GIVEN = np.array([0.5, 0.05, 0.1, 0.05, 0.05, 0.05, 0.2])


def _shares(model: LinkModel, name: str) -> tuple[Floats, Floats]:
    m, u = (np.array([getattr(each, side) for each in model.weights[name]]) for side in "mu")
    return m / m.sum(), u / u.sum()


def _drawn(model: LinkModel) -> Strangers:
    return Strangers({name: _shares(model, name)[1] for name in model.weights}, 500_000.0)


def _sample(model: LinkModel, given: Floats) -> Sample:
    """Pairs of one person, and strangers; with `given` as the shares of the given name's levels for one person."""
    draw = np.random.default_rng(4)
    levels = {}
    for name in model.weights:
        m, u = _shares(model, name)
        m = given if name == "given" else m
        one, others = (draw.choice(each.size, count, p=each) for each, count in ((m, _MATCHES), (u, _OTHERS)))
        levels[name] = np.append(one, others).astype(np.int8)
    nothing = np.zeros(_MATCHES + _OTHERS)
    return Sample(levels, nothing, nothing, nothing.astype(bool), 1.0)


def test_the_shares_of_levels_and_the_number_of_partners_are_found_again() -> None:
    start = starting_model()
    model = learn(start, _sample(start, _GIVEN), _drawn(start), _RECORDS)
    assert model is not None
    found = np.array([each.m for each in model.weights["given"]])
    np.testing.assert_allclose(found, _GIVEN, atol=0.03)
    assert model.partners == pytest.approx(2 * _MATCHES / _RECORDS, rel=0.05)
    assert model.weights["number"] == start.weights["number"]


def test_from_strangers_nothing_is_learnt() -> None:
    start = starting_model()
    sample = _sample(start, _GIVEN)
    levels = {name: each[_MATCHES:] for name, each in sample.levels.items()}
    nothing = np.zeros(_OTHERS)
    strangers = Sample(levels, nothing, nothing, nothing.astype(bool), 1.0)
    assert learn(start, strangers, _drawn(start), _RECORDS) is None
