import re

import numpy as np
import phonenumbers
import pytest

from commonweal.electorate import contact_points

# What ARCEP keeps for fiction, and the routing prefixes of mobile portability: no subscriber has either.
NOBODYS = re.compile(r"063998\d{4}|0600\d{6}|05(09|1[0-5]|2[6-9]|30)\d{6}")
FICTION = re.compile(r"(053649|019900|026191|035301|046571)\d{4}")


@pytest.mark.parametrize("start", [0, 9_000, 1_009_000, 10_395_000])
def test_mobiles_are_unique_and_nobody_s(start: int) -> None:
    number = np.arange(start, start + 5_000)
    found = contact_points.mobiles(number, np.ones(5_000, dtype=bool))
    assert len(set(found)) == 5_000
    assert all(NOBODYS.fullmatch(text) for text in found)


def test_mobiles_past_the_fiction_block_pass_for_numbers() -> None:
    found = contact_points.mobiles(np.array([10_000, 500_000, 2_000_000]), np.ones(3, dtype=bool))
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(text, "FR")) for text in found)


def test_landlines_end_with_the_blocks() -> None:
    found = contact_points.landlines(np.arange(0, 60_000, 7), np.ones(8_572, dtype=bool))
    given = [text for text in found if text]
    assert len(set(given)) == len(given) == len(range(0, 50_000, 7))
    assert all(FICTION.fullmatch(text) for text in given)


def test_nobody_has_a_number_who_has_none() -> None:
    none = np.zeros(3, dtype=bool)
    assert contact_points.mobiles(np.arange(3), none).tolist() == ["", "", ""]
    assert contact_points.landlines(np.arange(3), none).tolist() == ["", "", ""]


def test_emails_lie_under_reserved_domains() -> None:
    rng = np.random.default_rng(2)
    found = contact_points.emails(
        rng, 30_000, np.arange(400), np.array(["Du Moulin"] * 400, dtype=object), np.full(400, 1980)
    )
    shape = re.compile(r"[a-z0-9._-]+@[a-z]+\d+\.example\.(org|com|net)")
    assert all(shape.fullmatch(text) for text in found)
    assert len(set(found)) == 400
