"""Clusters from scored pairs: what joins, what is taken apart, and that order does not matter."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.identity.cluster import Bounds, Ids, Pairs, by_first_member, clusters

_Ends = list[tuple[int, int]]


def _cluster(
    pairs: list[tuple[int, int, float]],
    records: int,
    numbers: dict[int, int] | None = None,
    most: int = 100,
    must: _Ends | None = None,
    cannot: _Ends | None = None,
) -> list[int]:
    codes = np.full(records, -1, dtype=np.int64)
    for record, number in (numbers or {}).items():
        codes[record] = number
    decided = (np.array(ends or [], np.int64).reshape(-1, 2) for ends in (must, cannot))
    bounds = Bounds(codes, np.zeros(records, dtype=np.int64), most, *decided)
    return clusters(_pairs(pairs), records, 0.0, bounds).tolist()


def _pairs(pairs: list[tuple[int, int, float]]) -> Pairs:
    left, right, weight = zip(*pairs, strict=True) if pairs else ((), (), ())
    return Pairs(np.array(left, np.int64), np.array(right, np.int64), np.array(weight, np.float64))


def test_a_chain_of_agreement_is_one_person() -> None:
    assert _cluster([(0, 1, 9.0), (1, 2, 9.0)], 4) == [0, 0, 0, 1]


def test_two_tight_groups_are_not_fused_by_one_weak_pair() -> None:
    tight = [(0, 1, 9.0), (0, 2, 9.0), (1, 2, 9.0), (3, 4, 9.0), (3, 5, 9.0), (4, 5, 9.0)]
    against = [(left, right, -6.0) for left in range(3) for right in range(3, 6) if (left, right) != (2, 3)]
    assert _cluster([*tight, (2, 3, 3.0), *against], 6) == [0, 0, 0, 1, 1, 1]


def test_different_registration_numbers_are_two_persons() -> None:
    """Father and son of one name at one address, and a record that could be either's."""
    pairs = [(0, 1, 8.0), (0, 2, 9.0), (1, 2, 7.0)]
    assert _cluster(pairs, 3, numbers={0: 1, 1: 2}) == [0, 1, 0]


def test_a_giant_is_cut_at_its_weakest_pairs() -> None:
    chain = [(n, n + 1, 2.0 if n % 4 == 3 else 9.0) for n in range(15)]
    assert _cluster(chain, 16, most=4) == [n // 4 for n in range(16)]


def test_records_told_to_be_one_are_one_without_evidence_and_against_it() -> None:
    must = [(0, 2)]
    assert _cluster([], 3, must=must) == [0, 1, 0]
    assert _cluster([(0, 2, -9.0), (0, 1, 9.0)], 3, must=must) == [0, 0, 0]
    assert _cluster([(0, 1, 9.0)], 3, numbers={0: 1, 2: 2}, must=must) == [0, 0, 0]


def test_records_told_apart_are_apart_and_take_their_own_with_them() -> None:
    chain = [(0, 1, 9.0), (1, 2, 3.0), (2, 3, 9.0)]
    assert _cluster(chain, 4, cannot=[(0, 3)]) == [0, 0, 1, 1]


_SOME = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] != pair[1]), max_size=5
)


@settings(deadline=None)
@given(_SOME, _SOME, _SOME)
def test_what_was_decided_holds(pairs: _Ends, must: _Ends, cannot: _Ends) -> None:
    together = _cluster([], 10, must=must)
    cannot = [(left, right) for left, right in cannot if together[left] != together[right]]
    found = _cluster([(left, right, 9.0) for left, right in set(pairs)], 10, must=must, cannot=cannot)
    assert all(found[left] == found[right] for left, right in must)
    assert all(found[left] != found[right] for left, right in cannot)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.floats(-10, 14)).filter(
            lambda pair: pair[0] != pair[1]
        ),
        max_size=30,
        unique_by=lambda pair: (min(pair[:2]), max(pair[:2])),
    ),
    st.dictionaries(st.integers(0, 9), st.integers(0, 3), max_size=4),
    st.randoms(use_true_random=False),
)
def test_order_and_side_do_not_matter(pairs, numbers, random) -> None:  # type: ignore[no-untyped-def]
    once = _cluster(pairs, 10, numbers, most=6)
    turned = [
        (right, left, weight) if random.random() < 0.5 else (left, right, weight)
        for left, right, weight in pairs
    ]
    random.shuffle(turned)
    assert _cluster(turned, 10, numbers, most=6) == once
    assert max(np.bincount(once)) <= 6
    held: dict[int, set[int]] = {}
    for record, number in numbers.items():
        held.setdefault(once[record], set()).add(number)
    assert all(len(their) == 1 for their in held.values())


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20))
def test_labels_are_numbered_by_first_member(labels: list[int]) -> None:
    renumbered: Ids = by_first_member(np.array(labels, dtype=np.int64))
    seen = list(dict.fromkeys(renumbered.tolist()))
    assert seen == list(range(len(seen)))
