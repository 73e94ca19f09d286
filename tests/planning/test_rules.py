"""Votes from changes in turnout and support, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.campaign import Settings
from commonweal.planning import errors, rules
from commonweal.planning.joint import Effects
from commonweal.planning.model import EffectDraws, Goal
from commonweal.planning.rules import slopes, votes

CHANCE = st.floats(0, 1)
CHANGE = st.floats(-0.2, 0.2)


CODES = ("door:housing", "post:reminder")


def effects(n: int = 6) -> Effects:
    """Two options, six persons; nothing wrong with them."""
    rng = np.random.default_rng(1)
    return Effects(
        d_turnout=np.abs(rng.normal(0.02, 0.01, (n, 2))),
        se_turnout=np.full((n, 2), 0.01),
        d_support=np.abs(rng.normal(0.01, 0.01, (n, 2))),
        se_support=np.full((n, 2), 0.01),
        turnout=np.full(n, 0.5),
        support=np.full(n, 0.7),
    )


def check(found: Effects, allowed: np.ndarray | None = None) -> None:
    rules.check(found, CODES, np.ones((6, 2), bool) if allowed is None else allowed)


@given(CHANCE, CHANCE, st.floats(0, 0.2), CHANGE)
def test_votes_are_the_change_of_the_margin(t: float, s: float, dt: float, ds: float) -> None:
    dt, ds = min(dt, 1 - t), float(np.clip(ds, -s, 1 - s))
    margin = (t + dt) * (2 * (s + ds) - 1) - t * (2 * s - 1)
    assert votes(*map(np.array, (dt, ds, t, s))) == pytest.approx(margin, abs=1e-12)


@given(CHANCE, CHANCE, st.floats(-0.2, -1e-6))
def test_keeping_voters_away_is_never_a_gain(t: float, s: float, dt: float) -> None:
    assert votes(*map(np.array, (dt, 0.0, t, s))) <= 0.0


@given(CHANCE, CHANCE, st.floats(0.01, 0.2), CHANGE)
def test_slopes_are_the_derivatives(t: float, s: float, dt: float, ds: float) -> None:
    t = min(t, 1 - dt - 1e-3)
    if t < 0:
        return
    by_turnout, by_support = slopes(*map(np.array, (dt, ds, t, s)))
    step = 1e-6

    def at(dt: float, ds: float) -> float:
        return float(votes(*map(np.array, (dt, ds, t, s))))

    assert by_turnout == pytest.approx((at(dt + step, ds) - at(dt - step, ds)) / (2 * step), abs=1e-6)
    assert by_support == pytest.approx((at(dt, ds + step) - at(dt, ds - step)) / (2 * step), abs=1e-6)


def test_turnout_alone_is_the_change_in_turnout() -> None:
    assert votes(np.array([0.1, -0.1]), None, None, None).tolist() == [0.1, -0.1]


def test_good_estimates_pass() -> None:
    check(effects())
    check(replace(effects(), goal=Goal.TURNOUT, d_support=None, se_support=None, turnout=None, support=None))


def test_a_budget_in_the_smallest_units_of_its_currency() -> None:
    assert rules.money(Settings(name="x"), 12.5) == 1_250
    assert rules.money(Settings(name="x", currency="JPY"), 12_000) == 12_000


@pytest.mark.parametrize("budget", [0, -5, 0.001, math.nan, math.inf])
def test_a_budget_that_is_no_amount_is_told_as_it_was_given(budget: float) -> None:
    with pytest.raises(errors.BudgetTooSmall, match=f"budget of {budget:g} EUR"):
        rules.money(Settings(name="x"), budget)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1.5])
def test_a_bad_gain_is_named(value: float) -> None:
    bad = effects()
    bad.d_turnout[3, 1] = value
    with pytest.raises(errors.BadEstimate, match=r"'post:reminder' for person 3"):
        check(bad)
    allowed = np.ones((6, 2), bool)
    allowed[3, 1] = False
    check(bad, allowed)


def test_bad_errors_and_baselines_are_named() -> None:
    with pytest.raises(errors.BadEstimate, match="se_support"):
        check(replace(effects(), se_support=np.full((6, 2), -0.1)))
    with pytest.raises(errors.BadBaseline, match="support of person 2"):
        check(replace(effects(), support=np.array([0.5, 0.5, np.nan, 0.5, 0.5, 0.5])))


def test_a_mask_that_leaves_nobody() -> None:
    with pytest.raises(errors.NobodyEligible):
        check(effects(), np.zeros((6, 2), bool))


def test_an_option_that_suppresses_is_refused() -> None:
    suppresses = replace(
        effects(), d_turnout=np.full((6, 2), 0.02) - [0.0, 0.06], se_turnout=np.full((6, 2), 0.015)
    )
    with pytest.raises(errors.SuppressesTurnout, match=r"'post:reminder' lowers turnout by 4\.00 points"):
        check(suppresses)
    check(replace(suppresses, se_turnout=np.full((6, 2), 0.05)))  # may well be chance
    wide = EffectDraws(np.zeros(6, np.int64), np.array([[[0.1, 0.1]], [[-0.1, -0.1]]]), np.zeros((2, 1, 2)))
    check(replace(suppresses, draws=wide))


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(errors.WrongShape, match="se_support"):
        check(replace(effects(), se_support=np.zeros((5, 2))))
    with pytest.raises(errors.WrongShape, match="allowed"):
        check(effects(), np.ones((5, 2), bool))
    with pytest.raises(errors.MissingEstimates, match="turnout"):
        check(replace(effects(), turnout=None))
    draws = EffectDraws(np.zeros(6, np.int64), np.zeros((4, 1, 2)), np.zeros((4, 1, 2)))
    with pytest.raises(errors.WrongShape, match=r"B > 1"):
        check(replace(effects(), draws=replace(draws, turnout=np.zeros((1, 1, 2)))))
    with pytest.raises(errors.UnknownSegment, match="segment 3"):
        check(replace(effects(), draws=replace(draws, segment=np.array([0, 0, 3, 0, 0, 0]))))
    with pytest.raises(errors.BadDraws):
        check(replace(effects(), draws=replace(draws, support=np.full((4, 1, 2), np.nan))))
    with pytest.raises(errors.MissingEstimates, match=r"draws\.support"):
        check(replace(effects(), draws=replace(draws, support=None)))
