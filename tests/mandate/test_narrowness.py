"""The measures of narrowness: known values, bounds, and what chance alone gives."""

from __future__ import annotations

from math import comb, exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from commonweal.mandate import narrowness

TABLES = arrays(
    np.int64, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=5), elements=st.integers(0, 9)
)


def plain_information(table: np.ndarray) -> float:
    """Cell by cell: sum p(x, y) ln p(x, y) / p(x) p(y)."""
    total = table.sum()
    found = 0.0
    for row in range(table.shape[0]):
        for column in range(table.shape[1]):
            both = table[row, column] / total
            if both:
                apart = table[row].sum() / total * table[:, column].sum() / total
                found += both * log(both / apart)
    return found


@given(TABLES)
def test_mutual_information_is_what_its_definition_says(table: np.ndarray) -> None:
    if not table.sum():
        assert narrowness.mutual_information(table) == 0
        return
    assert narrowness.mutual_information(table) == pytest.approx(plain_information(table), abs=1e-12)
    assert narrowness.mutual_information(table) == pytest.approx(
        narrowness.mutual_information(table.T), abs=1e-12
    )
    assert narrowness.mutual_information(table) <= narrowness.entropy(table.sum(axis=0)) + 1e-12


def dealt(table: np.ndarray) -> float:
    """The mean information over every way to deal two messages to the cells: all tables with these margins."""
    rows, messages = table.sum(axis=1), table.sum(axis=0)
    total, ways, found = int(table.sum()), 0, 0.0

    def deal(row: int, left: int, chosen: list[int]) -> None:
        nonlocal ways, found
        if row == len(rows):
            if left == 0:
                first = np.array(chosen)
                weight = 1
                for size, taken in zip(rows, chosen, strict=True):
                    weight *= comb(int(size), taken)
                ways += weight
                found += weight * narrowness.mutual_information(np.stack([first, rows - first], axis=1))
            return
        for taken in range(min(int(rows[row]), left) + 1):
            deal(row + 1, left - taken, [*chosen, taken])

    deal(0, int(messages[0]), [])
    assert ways == comb(total, int(messages[0]))
    return found / ways


@pytest.mark.parametrize(
    "table", [[[3, 1], [1, 3]], [[2, 0], [1, 4], [0, 1]], [[1, 1], [1, 0], [0, 1], [2, 2]]]
)
def test_what_chance_gives_is_the_mean_over_all_ways_to_deal(table: list[list[int]]) -> None:
    assert narrowness.chance_information(np.array(table)) == pytest.approx(dealt(np.array(table)), abs=1e-9)


def table_of(
    cells: np.ndarray, messages: np.ndarray, groups: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    table = np.zeros((narrowness.GROUPS, *shape), dtype=np.int64)
    np.add.at(table, (groups, cells, messages), 1)
    return table


def test_blind_talk_measures_nothing_where_the_plain_ratio_says_much() -> None:
    chance = np.random.default_rng(1)
    values, plain, covered = [], [], 0
    for _ in range(20):
        draw = chance.integers(0, 200, 400), chance.choice(6, 400, p=[0.3, 0.3, 0.1, 0.1, 0.1, 0.1])
        table = table_of(*draw, chance.integers(0, narrowness.GROUPS, 400), (200, 6))
        measure = narrowness.measured(narrowness.specificity, table, -1, 1)
        assert measure.low is not None
        assert measure.high is not None
        values.append(measure.value)
        covered += measure.low <= 0 <= measure.high
        whole = table.sum(axis=0)
        plain.append(narrowness.mutual_information(whole) / narrowness.entropy(whole.sum(axis=0)))
    assert abs(np.mean(values)) < 0.02
    assert np.mean(plain) > 0.5
    assert covered >= 18


def test_a_message_for_each_cell_measures_one() -> None:
    cells = np.arange(400) % 40
    table = table_of(cells, cells % 5, np.arange(400) % narrowness.GROUPS, (40, 5))
    assert narrowness.specificity(table.sum(axis=0)) == pytest.approx(1)
    one = table_of(cells, np.zeros(400, dtype=np.int64), np.arange(400) % narrowness.GROUPS, (40, 5))
    assert narrowness.specificity(one.sum(axis=0)) == 0


def test_mixed_talk_comes_near_its_truth_with_few_contacts() -> None:
    """Half of the messages by cell, half blindly; the truth from very many contacts, where no correction is needed."""
    chance = np.random.default_rng(2)

    def talk(contacts: int) -> np.ndarray:
        cells = chance.integers(0, 300, contacts)
        messages = np.where(chance.random(contacts) < 0.5, cells % 8, chance.integers(0, 8, contacts))
        table = np.zeros((300, 8), dtype=np.int64)
        np.add.at(table, (cells, messages), 1)
        return table

    many = talk(2_000_000)
    truth = narrowness.mutual_information(many) / narrowness.entropy(many.sum(axis=0))
    found = np.mean([narrowness.specificity(talk(600)) for _ in range(5)])
    assert abs(found - truth) < 0.06


@given(arrays(np.int64, st.integers(1, 8), elements=st.integers(0, 1000)))
def test_the_effective_number_lies_between_one_and_all(counts: np.ndarray) -> None:
    number = narrowness.effective_number(counts)
    met = np.count_nonzero(counts)
    assert (1 - 1e-9 <= number <= met) if met else number == 0
    alike = np.full(5, 10_000)
    assert narrowness.effective_number(alike) == pytest.approx(5)
    assert narrowness.effective_number(np.array([9_000_000, 1_000_000])) == pytest.approx(
        exp(-0.9 * log(0.9) - 0.1 * log(0.1)), rel=1e-5
    )


def test_the_narrow_share_weighs_contacts_and_not_promises() -> None:
    counts = np.array([100, 50, 50, 1000])
    carries = np.array([[1, 1, 0], [0, 1, 0], [1, 0, 1], [0, 0, 0]], dtype=bool)
    serves = narrowness.served([0.6, 0.1, None])
    # 100 contacts carry one wide and one narrow promise, 50 a narrow one, 50 a wide one; 1,000 carry none.
    assert narrowness.narrow_share(counts, carries, serves) == pytest.approx((50 + 50) / 200)
    assert narrowness.narrow_share(np.array([0, 0, 0, 5]), carries, serves) == 0
    exactly = narrowness.narrow_share(np.array([1]), np.array([[True]]), narrowness.served([narrowness.FEW]))
    assert exactly == 0


def test_few_groups_give_no_interval() -> None:
    table = np.zeros((narrowness.GROUPS, 3), dtype=np.int64)
    table[0] = [5, 3, 2]
    measure = narrowness.measured(narrowness.effective_number, table, 1, 3)
    assert measure.low is None
    table[:] = [5, 3, 2]
    measure = narrowness.measured(narrowness.effective_number, table, 1, 3)
    assert measure.low == pytest.approx(measure.value)


def test_a_measure_and_its_interval_stay_within_their_bounds() -> None:
    chance = np.random.default_rng(4)
    table = table_of(
        chance.integers(0, 50, 60), chance.integers(0, 4, 60), np.arange(60) % narrowness.GROUPS, (50, 4)
    )
    measure = narrowness.measured(narrowness.specificity, table, 0, 1)
    assert measure.low is not None
    assert measure.high is not None
    assert 0 <= measure.low <= measure.value <= measure.high <= 1


def test_the_jackknife_agrees_with_the_error_of_a_mean() -> None:
    """For a share over groups of one size its error is that of the mean of the groups."""
    chance = np.random.default_rng(3)
    first = chance.binomial(100, 0.4, narrowness.GROUPS)
    table = np.stack([first, 100 - first], axis=1)
    measure = narrowness.measured(lambda counts: float(counts[0] / counts.sum()), table, 0, 1)
    error = (first / 100).std(ddof=1) / narrowness.GROUPS**0.5
    assert measure.high is not None
    assert (measure.high - measure.value) / 2.093 == pytest.approx(error, rel=1e-3)
