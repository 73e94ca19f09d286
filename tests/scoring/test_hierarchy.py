"""Effects that learn from each other, on trials whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from commonweal.experiments.analysis import analyse
from commonweal.scoring.hierarchy import Posterior, Trial, fit

CHANNELS = ["door"] * 4 + ["phone"] * 4 + ["post"] * 4
MESSAGES = ["a", "b", "c", "d"] * 3
SHIFT = np.repeat([0.30, 0.12, 0.02], 4) * np.tile([0.9, 0.8, 1.0, 1.4], 3)


def trial(
    persons: int, seed: int, shift: np.ndarray = SHIFT, slope: float = 0.0, at_home: float = 0.0
) -> Trial:
    """Two persons a household; `slope` is what the first moderator adds to every effect, `at_home` what they share."""
    rng = np.random.default_rng(seed)
    household = np.arange(persons) // 2
    homes = int(household[-1]) + 1
    arm = rng.choice(len(shift) + 1, homes, p=[0.28, *[0.72 / len(shift)] * len(shift)])[household]
    offset = rng.normal(-0.5, 0.8, persons)
    moderators = rng.normal(size=(persons, 3))
    added = np.concatenate([[0.0], shift])[arm] + slope * moderators[:, 0] * (arm > 0)
    truth = offset + added + at_home * rng.normal(size=homes)[household]
    outcome = (rng.random(persons) < expit(truth)).astype(float)
    return Trial(offset, moderators, arm, outcome, household, household % 5)


def effects(posterior: Posterior) -> np.ndarray:
    return posterior.means[:, 0]


@pytest.mark.parametrize(
    ("size", "share_of_error", "inside_from"),
    [(0.0, 0.75, 0.93), (0.5, 0.75, 0.88), (1.0, 0.75, 0.84), (2.0, 0.95, 0.80)],
)
def test_borrowing_beats_plain_differences(size: float, share_of_error: float, inside_from: float) -> None:
    """Over many trials. The larger the truth, the more shrinking understates it: less is won, and intervals hold less."""
    errors, plain_errors, inside = [], [], []
    for seed in range(900, 920):
        data = trial(8_000, seed, shift=size * SHIFT)
        posterior = fit(data, CHANNELS, MESSAGES)
        alone = np.array([_alone(data, arm) for arm in range(1, 13)])
        spread = np.sqrt([posterior.covariance[arm, 0, arm, 0] for arm in range(12)])
        off = effects(posterior) - size * SHIFT
        errors.append(np.square(off).mean())
        plain_errors.append(np.square(alone - size * SHIFT).mean())
        inside.append((np.abs(off) < 1.96 * spread).mean())
    assert np.mean(errors) < share_of_error * np.mean(plain_errors)
    assert np.mean(inside) > inside_from


def _alone(data: Trial, arm: int) -> float:
    """The arm's logit shift against the control, from these two arms only."""
    shares = [(data.outcome - expit(data.offset))[data.arm == each].mean() for each in (0, arm)]
    slope = (expit(data.offset) * (1 - expit(data.offset))).mean()
    return float((shares[1] - shares[0]) / slope)


def test_nothing_is_found_where_nothing_is() -> None:
    sizes = []
    for seed in range(6):
        posterior = fit(trial(8_000, seed, shift=np.zeros(12)), CHANNELS, MESSAGES)
        change, error = posterior.predict(np.zeros(5), np.zeros((5, 3)), np.full(5, -1))
        assert (np.abs(change) < 3.5 * error).all()
        sizes.append(np.abs(effects(posterior)).mean())
    assert np.mean(sizes) < 0.05


def test_a_large_trial_speaks_for_itself() -> None:
    data = trial(300_000, 1)
    posterior = fit(data, CHANNELS, MESSAGES)
    assert np.abs(effects(posterior) - SHIFT).max() < 0.06


def test_a_moderator_is_found_when_it_matters_and_only_then() -> None:
    posterior = fit(trial(60_000, 2, slope=0.2), CHANNELS, MESSAGES)
    assert posterior.means[:, 1].mean() == pytest.approx(0.2, abs=0.06)
    assert np.abs(posterior.means[:, 2:]).max() < 0.08
    posterior = fit(trial(8_000, 3), CHANNELS, MESSAGES)
    assert np.abs(posterior.means[:, 1:]).max() < 0.05


def test_people_who_vote_together_count_for_less() -> None:
    apart, together = (fit(trial(10_000, 4, at_home=sd), CHANNELS, MESSAGES) for sd in (0.0, 2.0))
    assert apart.design_effect < 1.05
    assert together.design_effect > 1.15
    assert together.covariance[0, 0, 0, 0] > apart.covariance[0, 0, 0, 0]


def test_a_prediction_leaves_out_the_fold_of_the_person() -> None:
    data = trial(2_000, 5)
    fold = data.fold == 2
    flipped = Trial(
        data.offset,
        data.moderators,
        data.arm,
        np.where(fold & (data.household % 8 == 0), 1 - data.outcome, data.outcome),
        data.household,
        data.fold,
    )
    first, second = (fit(each, CHANNELS, MESSAGES) for each in (data, flipped))
    # how the fold answered moves what is said of others, but hardly what is said of the fold itself: there,
    # only through the scales and the design effect, which are learnt from all
    moved_without = np.abs(first.means_without[2] - second.means_without[2]).max()
    moved_with = np.abs(first.means - second.means).max()
    assert moved_without < 0.5 * moved_with
    rows = np.arange(4)
    said = first.predict(data.offset[rows], data.moderators[rows], np.array([2, 2, -1, -1]))[0]
    alone = first.predict(data.offset[rows[:2]], data.moderators[rows[:2]], np.array([2, 2]))[0]
    assert np.array_equal(said[:2], alone)


def test_arms_without_channels_learn_from_each_other_all_the_same() -> None:
    data = trial(20_000, 6, shift=np.array([0.1, 0.1, 0.2, 0.35]))
    posterior = fit(data, [""] * 4, ["civic", "hawthorne", "self", "neighbors"])
    assert set(posterior.scales) == {"mean:all", "mean:arm", "moderator:all", "moderator:arm"}
    assert np.abs(effects(posterior) - [0.1, 0.1, 0.2, 0.35]).max() < 0.12


def test_one_arm_is_enough() -> None:
    posterior = fit(trial(4_000, 7, shift=np.array([0.4])), ["door"], ["a"])
    assert effects(posterior)[0] == pytest.approx(0.4, abs=0.25)


def asked_before(data: Trial, seed: int, shift: np.ndarray = SHIFT, everybody: bool = False) -> Trial:
    """The same trial, some of whose people had answered before; four in five of them as they would have without a contact.

    The likelier a person's yes, the likelier they were asked, if not everybody was.
    """
    rng = np.random.default_rng([seed, 1])
    persons = len(data.outcome)
    chance = expit(data.offset + np.concatenate([[0.0], shift])[data.arm])
    lots = rng.random(persons)  # a yes came of luck below its chance
    luck = np.where(data.outcome == 1, chance * lots, chance + (1 - chance) * lots)
    luck = np.where(rng.random(persons) < 0.8, luck, rng.random(persons))
    told = (luck < expit(data.offset)).astype(float)
    asked = everybody | (rng.random(persons) < 1.6 * expit(data.offset + 0.5))
    return replace(data, before=np.where(asked, told, np.nan))


def test_what_was_said_before_makes_effects_sharper_and_leaves_them_right() -> None:
    errors, errors_sharp, inside = [], [], []
    for seed in range(700, 708):
        data = trial(8_000, seed)
        plain, sharp = (fit(each, CHANNELS, MESSAGES) for each in (data, asked_before(data, seed)))
        spread = np.sqrt([sharp.covariance[arm, 0, arm, 0] for arm in range(12)])
        off = effects(sharp) - SHIFT
        errors.append(np.square(effects(plain) - SHIFT).mean())
        errors_sharp.append(np.square(off).mean())
        inside.append((np.abs(off) < 1.96 * spread).mean())
        assert 0.3 < sharp.left_over < 0.55
    assert np.mean(errors_sharp) < 0.75 * np.mean(errors)
    assert np.mean(inside) > 0.88


def test_it_agrees_with_a_difference_adjusted_for_the_earlier_answer() -> None:
    """Lin's estimator (held against statsmodels elsewhere) with the surprise as covariate, on one arm of a large trial."""
    shift = np.array([0.25])
    data = asked_before(trial(120_000, 8, shift), 8, shift, everybody=True)
    assert data.before is not None
    sharp = fit(data, ["door"], ["a"])
    residual = data.outcome - expit(data.offset)
    surprise = (data.before - expit(data.offset))[:, None]
    adjusted = analyse(residual, data.arm, ["control", "door"], data.household, surprise).arm("door")
    assert adjusted.adjusted_effect is not None
    change = sharp.predict(data.offset, data.moderators, np.full(len(data.arm), -1))[0].mean()
    assert change == pytest.approx(adjusted.adjusted_effect.value, abs=0.4 * adjusted.adjusted_effect.error)
    slope = (expit(data.offset) * (1 - expit(data.offset))).mean()
    error = float(np.sqrt(sharp.covariance[0, 0, 0, 0])) * slope
    assert error == pytest.approx(adjusted.adjusted_effect.error, rel=0.1)


def test_earlier_answers_that_tell_nothing_change_next_to_nothing() -> None:
    data = trial(8_000, 9)
    rng = np.random.default_rng(9)
    noise = (rng.random(len(data.outcome)) < expit(data.offset)).astype(float)
    plain, same = fit(data, CHANNELS, MESSAGES), fit(replace(data, before=noise), CHANNELS, MESSAGES)
    assert same.left_over == pytest.approx(1.0, abs=0.05)
    assert np.abs(effects(same) - effects(plain)).max() < 0.02
    few = np.where(np.arange(len(noise)) < 50, noise, np.nan)
    assert np.array_equal(effects(fit(replace(data, before=few), CHANNELS, MESSAGES)), effects(plain))
