"""What blocking misses: counted by hand, and against nets whose holes are known."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identity.conftest import JEANNE, Load
from tests.identity.test_delta import keep_starting_weights

from commonweal.campaign import Campaign
from commonweal.identity.actions import resolve
from commonweal.identity.blocking import Block
from commonweal.identity.errors import NothingCounted
from commonweal.identity.missed import Missed, in_campaign, missed

_BLOCKS = (Block(("email_key",), 3), Block(("phone",), 2), Block(("names",), 2))


def _of(keys: list[list[int]], person: list[int], limits: tuple[int, ...] = (3, 2, 2)) -> Missed:
    return missed(_BLOCKS, limits, [np.array(key, dtype=np.int64) for key in keys], np.array(person))


def test_counted_by_hand() -> None:
    """One person of three records (0, 1, 2), one of two (3, 4), one alone (5); the third block's key is too crowded."""
    keys = [[7, 7, -1, 8, 8, -1], [-1, 5, 5, 6, 6, -1], [1, 1, 1, 1, 1, 1]]
    found = _of(keys, [0, 0, 0, 1, 1, 2])
    assert (found.pairs, found.uncompared, found.once) == (4, 1, 2)
    told = [(each.columns, each.most, each.pairs, each.alone) for each in found.blocks]
    assert told == [(("email_key",), 3, 2, 1), (("phone",), 2, 2, 1), (("names",), 2, 0, 0)]
    assert 0.0 <= found.least <= 1 / 4 <= found.most <= 1.0
    assert found.as_json()["blocks"][0] == {"columns": ["email_key"], "most": 3, "pairs": 2, "alone": 1}


def test_of_nobody_with_two_records_nothing_is_told() -> None:
    found = _of([[1, 1], [2, 3], [4, 5]], [0, 1])
    assert found.pairs == 0
    assert math.isnan(found.least)
    assert found.as_json()["least"] is None


@given(
    st.lists(st.tuples(st.integers(0, 4), *(st.integers(-1, 3) for _ in _BLOCKS)), min_size=1, max_size=14)
)
def test_each_pair_counts_once(rows: list[tuple[int, ...]]) -> None:
    person = np.unique([row[0] for row in rows], return_inverse=True)[1].tolist()
    keys = [[row[1 + at] for row in rows] for at in range(len(_BLOCKS))]
    found = _of(keys, person)
    brought = Counter[int]()
    for one in range(len(rows)):
        for other in range(one + 1, len(rows)):
            if person[one] == person[other]:
                blocks = [
                    key[one] >= 0 and key[one] == key[other] and key.count(key[one]) <= most
                    for key, most in zip(keys, (3, 2, 2), strict=True)
                ]
                brought[sum(blocks)] += 1
    assert (found.pairs, found.uncompared, found.once) == (sum(brought.values()), brought[0], brought[1])
    assert sum(each.alone for each in found.blocks) == brought[1]


@pytest.mark.parametrize("chance", [0.3, 0.6, 0.8])
def test_a_net_of_known_holes(chance: float) -> None:
    """Each of ten blocks brings a pair together by chance: what is missed is seen."""
    draw = np.random.default_rng(3)
    persons, times = 4_000, 3
    person = np.repeat(np.arange(persons), times)
    keys = []
    for _ in range(10):
        kept = draw.random(person.size) < math.sqrt(chance / 2)
        keys.append(np.where(kept, person, -1))
    found = missed([Block((str(at),), 9) for at in range(10)], [9] * 10, keys, person)
    true = (1 - chance / 2) ** 10
    assert found.least <= found.uncompared / found.pairs
    assert true <= found.most
    assert found.uncompared / found.pairs == pytest.approx(true, abs=0.02)


def test_a_campaign_tells_what_its_runs_miss(campaign: Campaign, load: Load) -> None:
    load("roll", [{"id": "1", **JEANNE}, {"id": "2", **JEANNE, "given_name": "Omar"}])
    load("gifts", [{"id": "g1", **JEANNE, "street": "R. des Lilas"}])
    with pytest.raises(NothingCounted):
        in_campaign(campaign)
    keep_starting_weights(campaign)
    resolve(campaign)
    found = in_campaign(campaign)
    assert (found.pairs, found.uncompared) == (1, 0)
    assert {each.columns for each in found.blocks if each.pairs} >= {
        ("names",),
        ("birth_date", "surname_key"),
    }
