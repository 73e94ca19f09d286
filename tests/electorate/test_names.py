import numpy as np

from commonweal.electorate import names
from commonweal.electorate.model import FEMALE, MALE


def drawn(sex: int, year: int, size: int = 4_000) -> list[str]:
    rng = np.random.default_rng(5)
    found = names.draw_given(rng, np.full(size, sex), np.full(size, year))
    return names.given_names()[found].tolist()


def test_given_names_follow_the_generations() -> None:
    old, young = drawn(FEMALE, 1932), drawn(FEMALE, 2006)
    assert old.count("Jeannine") > 50 > young.count("Jeannine")
    assert young.count("Emma") > 50 > old.count("Emma")
    assert drawn(MALE, 1962).count("Philippe") > 100


def test_births_outside_the_known_years_take_the_nearest() -> None:
    assert set(drawn(MALE, 1890)) <= set(drawn(MALE, 1915, 40_000))


def test_surnames_are_many_and_a_few_are_common() -> None:
    rng = np.random.default_rng(1)
    found = names.draw_surname(rng, 200_000)
    share = np.bincount(found).max() / len(found)
    assert 0.001 < share < 0.01
    assert len(np.unique(found)) > 10_000


def test_names_fit_the_roll_s_encoding() -> None:
    for pool in (names.given_names(), names.surnames()):
        assert len(set(pool)) == len(pool)
        for name in pool:
            name.encode("cp1252")


def test_typed_names_hold_no_accent_or_space() -> None:
    assert names.typed("Noël d'Été") == "noeldete"
    assert names.unaccented("Éléonore Gaëlle") == "Eleonore Gaelle"
