"""Measures against a reference that lists all pairs."""

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.identity import measures
from commonweal.identity.measures import UNKNOWN, Score

rows = st.lists(
    st.tuples(
        st.integers(0, 6).map(lambda label: label * 10**12),  # any label, not only small ones
        st.one_of(st.just(UNKNOWN), st.integers(0, 6)),
    ),
    max_size=25,
)


def labels(table):
    return (np.array([row[at] for row in table], dtype=np.int64) for at in (0, 1))


def known_pairs(table):
    known = [number for number, (_, truth) in enumerate(table) if truth != UNKNOWN]
    return list(combinations(known, 2))


def as_score(found: set, true: set) -> Score:
    right = len(found & true)
    precision = right / len(found) if found else 1.0
    recall = right / len(true) if true else 1.0
    f1 = 1.0 if not found and not true else 2 * right / (len(found) + len(true))
    return Score(precision, recall, f1)


def true_set(table):
    return {(i, j) for i, j in known_pairs(table) if table[i][1] == table[j][1]}


@given(rows)
def test_pairwise_counts_the_pairs_that_end_in_one_person(table):
    person, truth = labels(table)
    found = {(i, j) for i, j in known_pairs(table) if table[i][0] == table[j][0]}
    assert measures.pairwise(person, truth) == as_score(found, true_set(table))
    assert measures.true_pairs(truth) == len(true_set(table))


@given(rows)
def test_exact_counts_whole_persons(table):
    person, truth = labels(table)

    def groups(at):
        known = [number for number, row in enumerate(table) if row[1] != UNKNOWN]
        return {
            frozenset(n for n in known if table[n][at] == label) for label in {table[n][at] for n in known}
        }

    assert measures.exact(person, truth) == as_score(groups(0), groups(1))


@given(rows, st.data())
def test_edges_and_blocking_judge_pairs_one_by_one(table, data):
    _, truth = labels(table)
    everything = list(combinations(range(len(table)), 2))
    chosen = data.draw(st.sets(st.sampled_from(everything))) if everything else set()
    left, right = (np.array([pair[at] for pair in chosen], dtype=np.int64) for at in (0, 1))
    judged = chosen & set(known_pairs(table))
    true = true_set(table)
    assert measures.edges(left, right, truth) == as_score(judged, true)
    assert measures.right_pairs(left, right, truth) == (len(judged), len(judged & true))
    expected = len(judged & true) / len(true) if true else 1.0
    assert measures.blocking_recall(len(judged & true), truth) == expected


def test_all_right_is_one_and_all_in_one_person_is_told():
    truth = np.array([0, 0, 1, 1], dtype=np.int64)
    assert measures.pairwise(truth + 7, truth) == measures.exact(truth + 7, truth) == Score(1.0, 1.0, 1.0)
    one = np.zeros(4, dtype=np.int64)
    assert measures.pairwise(one, truth) == Score(2 / 6, 1.0, 0.5)
    assert measures.exact(one, truth) == Score(0.0, 0.0, 0.0)


def test_records_of_unknown_truth_say_nothing():
    truth = np.array([0, 0, UNKNOWN], dtype=np.int64)
    assert measures.pairwise(np.array([5, 5, 5]), truth) == Score(1.0, 1.0, 1.0)
    assert measures.exact(np.array([5, 5, 9]), truth) == Score(1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("column", "codes"),
    [
        (pa.array(["Q1", None, " ", "Q2", "Q1 "]), [0, -1, -1, 1, 0]),
        (pa.array([7, 7, None, 3]), [0, 0, -1, 1]),
        (pa.chunked_array([["a"], ["b", "a"]]), [0, 1, 0]),
        (pa.array([None, None]), [-1, -1]),
        (pa.array([], pa.string()), []),
    ],
)
def test_truth_of_any_type_becomes_codes(column, codes):
    assert measures.truth_codes(column).tolist() == codes


def test_millions_of_records_are_counted_not_listed():
    persons = np.arange(2_400_000, dtype=np.int64) // 240_000  # 240,000 records each: 2.9e11 pairs
    assert measures.pairwise(persons, persons) == measures.exact(persons, persons) == Score(1.0, 1.0, 1.0)
    assert measures.true_pairs(persons) == 10 * 240_000 * 239_999 // 2
