"""Draws by hash: fixed for ever, fair, independent of each other."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.experiments.analysis import sample_ratio
from commonweal.experiments.errors import BadShare, BadShares
from commonweal.experiments.rules import assign, split, uniform

IDS = np.arange(100_000, dtype=np.int64)
MASK = 2**64 - 1
PINNED = [1, 0, 0, 1, 1, 1, 0, 1, 0, 0, 0, 2, 2, 2, 2, 1]
PINNED_UNIFORM = [0.09251622598364784, 0.7980972910996713, 0.5766625646605296]


def by_hand(unit: int, salt: str) -> float:
    """The documented hash in plain integers."""
    digest = hashlib.blake2b(salt.encode(), digest_size=16, person=b"commonweal-draw").digest()
    first, second = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")

    def mix(z: int) -> int:
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        return z ^ z >> 31

    return (mix(mix((unit & MASK) ^ first) + second & MASK) >> 11) / 2**53


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20), st.text(max_size=20))
def test_the_hash_is_the_documented_one(units: list[int], salt: str) -> None:
    assert uniform(np.array(units, np.int64), salt).tolist() == [by_hand(unit, salt) for unit in units]


def test_draws_never_change() -> None:
    assert assign(IDS[:16], "pilot", ["control", "door", "post"], [0.5, 0.25, 0.25]).tolist() == PINNED
    assert uniform(np.array([0, 1, -1], np.int64), "").tolist() == PINNED_UNIFORM


@given(st.permutations(range(30)))
def test_a_unit_keeps_its_arm_whoever_else_is_there(order: list[int]) -> None:
    arms, shares = ["a", "b", "c"], [0.2, 0.3, 0.5]
    whole = assign(IDS[:30], "s", arms, shares)
    assert assign(np.array(order, np.int64), "s", arms, shares).tolist() == whole[order].tolist()


@pytest.mark.parametrize("salt", ["one", "two", "trois", "élection"])
def test_shares_come_out_as_designed(salt: str) -> None:
    shares = [0.5, 0.3, 0.15, 0.05]
    counts = np.bincount(assign(IDS, salt, "abcd", shares), minlength=4)
    assert sample_ratio(counts.tolist(), shares).p_value > 1e-4


def test_salts_are_independent() -> None:
    first, second = assign(IDS, "a", "xy", [0.5, 0.5]), assign(IDS, "b", "xy", [0.5, 0.5])
    together = np.bincount(2 * first + second, minlength=4)
    assert sample_ratio(together.tolist(), [0.25] * 4).p_value > 1e-4
    assert abs(np.corrcoef(uniform(IDS, "a"), uniform(IDS, "b"))[0, 1]) < 4 / np.sqrt(len(IDS))


def test_neighbouring_ids_are_not_alike() -> None:
    u = uniform(IDS, "s")
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 4 / np.sqrt(len(IDS))
    assert sample_ratio(np.histogram(u, 50, (0, 1))[0].tolist(), [1 / 50] * 50).p_value > 1e-4


def test_split_is_nested_and_complete() -> None:
    assert not split(IDS, "s", 0.0).any()
    assert split(IDS, "s", 1.0).all()
    assert (split(IDS, "s", 0.3) <= split(IDS, "s", 0.6)).all()
    assert split(IDS, "s", 0.3).mean() == pytest.approx(0.3, abs=0.006)


@pytest.mark.parametrize(
    ("arms", "shares"),
    [
        (["a"], [1.0]),
        (["a", "b"], [1.0]),
        (["a", "b"], [0.5, 0.6]),
        (["a", "b"], [1.2, -0.2]),
        (["a", "a"], [0.5, 0.5]),
        (["a", "b"], [float("nan"), 1.0]),
    ],
)
def test_no_design_is_refused(arms: list[str], shares: list[float]) -> None:
    with pytest.raises(BadShares):
        assign(IDS, "s", arms, shares)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_no_share_is_refused(share: float) -> None:
    with pytest.raises(BadShare):
        split(IDS, "s", share)
