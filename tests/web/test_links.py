from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from commonweal.web.links import Links

LINKS = Links(b"k" * 32)


@given(st.integers(0, 2**62 - 1))
def test_a_token_gives_its_id_back(number: int) -> None:
    assert LINKS.read("person", LINKS.make("person", number)) == number


@given(st.integers(0, 2**62 - 1))
def test_a_token_is_good_for_its_kind_and_key_only(number: int) -> None:
    token = LINKS.make("person", number)
    assert LINKS.read("batch", token) is None
    assert Links(b"other" * 8).read("person", token) is None


@given(st.text(max_size=80))
def test_what_was_not_made_here_is_nothing(token: str) -> None:
    assert LINKS.read("person", token) is None
