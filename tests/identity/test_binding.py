"""Which answers bind: the newest, and only together what can be had together."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commonweal.identity.binding import Binding, binding
from commonweal.identity.cluster import components
from commonweal.identity.model import Answer, Decision

SAME, DIFFERENT, UNSURE = Answer.SAME, Answer.DIFFERENT, Answer.UNSURE


def said(*answers: tuple[int, int, Answer]) -> list[Decision]:
    return [Decision(number, *each) for number, each in enumerate(answers)]


def test_the_newest_word_on_a_pair_counts() -> None:
    assert binding(said((1, 2, SAME), (1, 2, DIFFERENT))) == Binding((), ((1, 2),), 0)
    assert binding(said((1, 2, DIFFERENT), (1, 2, UNSURE))) == Binding()


def test_what_newer_answers_contradict_is_left_out() -> None:
    assert binding(said((1, 2, SAME), (2, 3, SAME), (1, 3, DIFFERENT))) == Binding(((2, 3),), ((1, 3),), 1)
    assert binding(said((1, 3, DIFFERENT), (1, 2, SAME), (2, 3, SAME))) == Binding(((1, 2), (2, 3)), (), 1)


def test_what_was_said_of_a_record_that_is_gone_holds_for_the_others_of_its_person() -> None:
    found = binding(said((1, 2, SAME), (2, 3, SAME), (2, 4, DIFFERENT), (4, 5, SAME), (6, 7, SAME)))
    assert found.among({1, 3, 5, 6}) == Binding(((1, 3),), ((1, 5),), 0)


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(1, 6), st.sampled_from(Answer)).map(
            lambda each: (each[0], each[0] + each[1], each[2])
        ),
        max_size=30,
    )
)
def test_what_binds_can_be_fulfilled(answers: list[tuple[int, int, Answer]]) -> None:
    found = binding(said(*answers))
    must = np.array(found.must, dtype=np.int64).reshape(-1, 2)
    group = components(must[:, 0], must[:, 1], 13)
    assert all(group[left] != group[right] for left, right in found.cannot)
    told = {(left, right): answer for left, right, answer in answers}
    firm = sum(answer is not UNSURE for answer in told.values())
    assert len(found.must) + len(found.cannot) + found.overruled == firm
