import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.electorate import Electorate, mess
from commonweal.electorate.mess import Hand
from commonweal.electorate.people import populate

EVERYONE = Hand(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)


@given(st.text("abcdefghijklmnopqrstuvwxyzéèê-' ", min_size=3, max_size=20), st.integers(0, 10_000))
def test_a_slip_is_one_slip(name: str, seed: int) -> None:
    [slipped] = mess.mistype(np.random.default_rng(seed), np.array([name], dtype=object), 1.0)
    assert abs(len(slipped) - len(name)) <= 1
    assert _distance(name, slipped) <= 2  # a swap of neighbours counts two


def _distance(a: str, b: str) -> int:
    """Levenshtein."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row, last = [i], row
        for j, y in enumerate(b, 1):
            row.append(min(last[j] + 1, row[-1] + 1, last[j - 1] + (x != y)))
    return row[-1]


def test_the_given_share_of_names_is_mistyped() -> None:
    texts = np.array(["Marguerite"] * 20_000, dtype=object)
    out = mess.mistype(np.random.default_rng(1), texts, 0.1)
    assert 0.08 < (out != texts).mean() < 0.11
    assert set(texts) == {"Marguerite"}


@pytest.mark.parametrize(
    ("name", "heard"), [("Philippe", "Philipe"), ("Mathieu", "Matieu"), ("Mercier", "Mercié"), ("Ana", "Ana")]
)
def test_names_are_spelt_by_ear(name: str, heard: str) -> None:
    assert mess.mishear(name) == heard


def test_a_clean_hand_writes_what_is_so() -> None:
    people = populate(next(iter(Electorate(5_000).blocks())))
    rows = np.arange(len(people))
    given_, surname = mess.write_names(np.random.default_rng(1), people, rows, Hand())
    assert (surname == people.used_name).all()
    assert len(given_) == len(people)


def test_the_worst_hand_still_writes_names() -> None:
    people = populate(next(iter(Electorate(5_000).blocks())))
    given_, surname = mess.write_names(np.random.default_rng(1), people, np.arange(len(people)), EVERYONE)
    assert all(given_)
    assert all(surname)


def test_dates_take_french_and_iso_form() -> None:
    days = np.array(["1974-02-28", "2001-12-01"], dtype="datetime64[D]")
    assert mess.french_dates(days).tolist() == ["28/02/1974", "01/12/2001"]
    assert mess.iso_dates(days).tolist() == ["1974-02-28", "2001-12-01"]


def test_wrong_birth_dates_are_other_days_of_adults() -> None:
    born = np.datetime64("2006-05-04") - np.arange(20_000)
    wrong = mess.wrong_days(np.random.default_rng(1), born, 0.5)
    assert 0.4 < (wrong != born).mean() < 0.5
    assert wrong.max() < np.datetime64("2011-01-01")
    swapped = np.datetime64("1974-05-03")
    found = {
        str(mess.wrong_days(np.random.default_rng(seed), np.array([swapped]), 1.0)[0]) for seed in range(40)
    }
    assert "1974-03-05" in found


def test_phone_numbers_are_written_in_many_ways_and_mean_the_same() -> None:
    forms = mess.phone_forms(np.random.default_rng(1), np.array(["0639981234", ""] * 100, dtype=object))
    assert set(forms[1::2]) == {""}
    said = set(forms[::2])
    assert {"0639981234", "06 39 98 12 34", "06.39.98.12.34", "+33639981234", "0033 6 39 98 12 34"} == said


def test_streets_are_cut_short() -> None:
    streets = np.array(["Boulevard des Lilas", "Quai des Saules"], dtype=object)
    assert mess.abbreviate(np.random.default_rng(1), streets, 1.0).tolist() == [
        "Bd des Lilas",
        "Quai des Saules",
    ]
