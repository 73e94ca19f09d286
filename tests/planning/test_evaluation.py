"""Worth of policies from random draws: right by hand, right on average, with intervals that hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from commonweal.planning.errors import NothingToJudge, WrongShape
from commonweal.planning.evaluation import HeldOut, Policy, at_random, compare, in_order, worth
from commonweal.planning.model import NONE
from michigan import michigan

SHARES = np.array([0.5, 0.3, 0.2])


def draw(rng: np.random.Generator, households: int = 1500) -> tuple[HeldOut, np.ndarray, np.ndarray]:
    """Households of one to three, two options; with it what each option would really gain and the policy's choice."""
    size = rng.integers(1, 4, households)
    without = rng.binomial(size, 0.3).astype(float)
    gain = np.column_stack([0.1 * size + 0.1, 0.3 - 0.05 * size])
    arm = rng.choice(3, households, p=SHARES)
    got = np.where(arm == 0, 0.0, gain[np.arange(households), np.maximum(arm, 1) - 1])
    held_out = HeldOut(arm, without + got + rng.normal(0, 0.2, households), SHARES, 0.3 * size)
    return held_out, gain, np.where(size == 1, 1, np.where(size == 3, 0, NONE))


def test_by_hand() -> None:
    held_out = HeldOut(np.array([0, 0, 1, 1, 2, 0]), np.array([1.0, 0, 2, 1, 5, 7]), SHARES)
    found = worth(held_out, Policy("plan", np.array([0, 0, 0, 0, 0, NONE])))
    assert found.per_thousand.value == pytest.approx(1000 * (1.5 - 0.5))
    assert found.pieces == 5
    assert found.votes.value == pytest.approx(5.0)
    assert found.told_by == (2, 2)
    psi = np.array([-0.25, 0.25, 0.25, -0.25, 0, 0]) * 1000
    assert found.influence == pytest.approx(psi)
    assert found.per_thousand.error == pytest.approx(np.sqrt(6 / 5 * 0.25) * 1000)


def test_right_on_average_with_intervals_that_hold() -> None:
    rng = np.random.default_rng(0)
    errors, covered, plain, differences = [], 0, [], 0
    for _ in range(300):
        held_out, gain, choice = draw(rng)
        chosen = np.flatnonzero(choice != NONE)
        truth = 1000 * gain[chosen, choice[chosen]].mean()
        found, other = (
            worth(held_out, Policy("plan", choice)),
            worth(held_out, at_random(0, 700, len(choice))),
        )
        errors.append(found.per_thousand.value - truth)
        covered += found.per_thousand.low < truth < found.per_thousand.high
        plain.append(worth(replace(held_out, expected=None), Policy("plan", choice)).per_thousand.error)
        ahead = compare(found, other).difference
        differences += ahead.low < truth - 1000 * gain[:, 0].mean() < ahead.high
    assert abs(np.mean(errors)) < 4 * np.std(errors) / np.sqrt(300)
    assert found.per_thousand.error == pytest.approx(np.std(errors), rel=0.15)
    assert 270 <= covered <= 297
    assert 270 <= differences <= 298
    assert found.per_thousand.error < np.mean(plain)  # what was expected makes the error smaller


def test_the_same_policy_is_never_ahead_of_itself() -> None:
    held_out, _, choice = draw(np.random.default_rng(1))
    found = worth(held_out, Policy("plan", choice))
    same = compare(found, replace(found, name="twin"))
    assert (same.difference.value, same.difference.error, same.beats, same.beaten) == (0.0, 0.0, False, False)


def test_a_comparison_tells_who_wins() -> None:
    held_out, _, _ = draw(np.random.default_rng(2), 20_000)
    good, bad = at_random(0, 100, 20_000), at_random(1, 100, 20_000)
    assert compare(worth(held_out, good), worth(held_out, bad)).beats
    assert compare(worth(held_out, bad), worth(held_out, good)).beaten


def test_at_random_counts_its_pieces_and_tells_the_mean() -> None:
    held_out, _, _ = draw(np.random.default_rng(3))
    some, all_ = worth(held_out, at_random(0, 300, 1500)), worth(held_out, at_random(0, 9999, 1500))
    assert (some.pieces, all_.pieces) == (pytest.approx(300), 1500)
    assert some.per_thousand.value == pytest.approx(all_.per_thousand.value)


def test_in_order_takes_the_highest_and_settles_ties_by_the_next_key() -> None:
    policy = in_order("largest", 2, 3, [np.array([1.0, 3, 2, 2]), np.array([0.9, 0.1, 0.2, 0.3])])
    assert policy.choice.tolist() == [NONE, 2, 2, 2]
    assert in_order(
        "x", 0, 2, [np.array([1.0, 3, 2, 2]), np.array([0.9, 0.1, 0.2, 0.3])]
    ).choice.tolist() == [
        NONE,
        0,
        NONE,
        0,
    ]


def test_michigan_everyone_gets_self() -> None:
    data = michigan()
    _, of = np.unique(data.household, return_inverse=True)
    votes, arm = np.bincount(of, data.voted), np.zeros(of.max() + 1, np.int64)
    arm[of] = data.arm
    found = worth(HeldOut(arm, votes, np.array([5, 1, 1, 1, 1]) / 9), Policy("self", np.full(len(votes), 2)))
    assert found.per_thousand.value == pytest.approx(1000 * (votes[arm == 3].mean() - votes[arm == 0].mean()))
    neyman = np.sqrt(votes[arm == 3].var() / 20_000 + votes[arm == 0].var() / 99_999)
    assert found.per_thousand.error == pytest.approx(1000 * neyman, rel=1e-4)
    assert found.told_by == (20_000, 99_999)


def test_what_cannot_be_judged_is_refused() -> None:
    held_out = HeldOut(np.array([0, 0, 1]), np.ones(3), SHARES)
    with pytest.raises(NothingToJudge, match="0 were drawn"):
        worth(held_out, Policy("plan", np.array([1, 1, 1])))
    with pytest.raises(WrongShape, match="choice"):
        worth(held_out, Policy("plan", np.array([1, 1])))
