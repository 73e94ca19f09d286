from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.interactions import columns
from commonweal.interactions.model import FAULT, Channel, Direction, Event, Fault, Kind, ResultCode
from commonweal.interactions.rules import MOST_ANSWERS, OLDEST, SKEW, direction, faults

NOW = datetime(2027, 1, 15, 20, 0, tzinfo=UTC)


def event(**told: Any) -> Event:
    given_ = {
        "event_id": "e",
        "kind": Kind.SENT,
        "occurred_at": NOW,
        "channel": Channel.EMAIL,
        "person_id": 1,
    }
    return Event(**(given_ | told))


def fault(**told: Any) -> Fault | None:
    found = faults([event(**told)], NOW)
    return found[0].code if found else None


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({}, None),
        ({"occurred_at": NOW + SKEW}, None),
        ({"occurred_at": NOW + SKEW + timedelta(seconds=1)}, Fault.FUTURE),
        ({"occurred_at": NOW - OLDEST - timedelta(seconds=1)}, Fault.LONG_PAST),
        ({"person_id": None}, Fault.NOBODY),
        ({"source": "roll"}, Fault.HALF_KEY),
        ({"person_id": None, "source": "roll", "key": "17"}, None),
        ({"channel": None}, Fault.NO_CHANNEL),
        ({"result": ResultCode.MOVED}, Fault.OUTCOME_OUT_OF_PLACE),
        ({"kind": Kind.ATTEMPT}, Fault.NO_OUTCOME),
        ({"kind": Kind.ATTEMPT, "result": ResultCode.MOVED}, None),
        ({"kind": Kind.ATTEMPT, "answers": {"q": ["a", "b"]}}, None),
        ({"kind": Kind.ATTEMPT, "answers": {}}, Fault.TOO_MANY_ANSWERS),
        ({"kind": Kind.ATTEMPT, "answers": {"q": "x" * 2_001}}, Fault.TOO_MANY_ANSWERS),
        ({"kind": Kind.ATTEMPT, "answers": {"q": "\x00"}}, Fault.TOO_MANY_ANSWERS),
        (
            {"kind": Kind.ATTEMPT, "answers": {str(n): 1 for n in range(MOST_ANSWERS + 1)}},
            Fault.TOO_MANY_ANSWERS,
        ),
        ({"kind": Kind.ATTEMPT, "result": ResultCode.BUSY, "answers": {"q": 1}}, Fault.BOTH_OUTCOMES),
        ({"kind": Kind.CORRECTION}, Fault.CORRECTS_NOTHING),
        ({"kind": Kind.CORRECTION, "corrects": "other", "channel": None}, None),
        ({"kind": Kind.CORRECTION, "corrects": "e"}, Fault.CORRECTS_ITSELF),
        ({"arm": "a\nb"}, Fault.BAD_TEXT),
    ],
)
def test_the_first_reason_found(told: dict[str, Any], code: Fault | None) -> None:
    assert fault(**told) == code


def test_each_reason_has_its_words() -> None:
    assert set(FAULT) == set(Fault)


def test_what_is_sent_goes_out_and_what_is_done_comes_in() -> None:
    assert direction(event(kind=Kind.SENT)) is Direction.OUT
    assert direction(event(kind=Kind.OPENED)) is Direction.IN
    assert direction(event(kind=Kind.OPENED, direction=Direction.OUT)) is Direction.OUT


@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), min_size=1, max_size=30))
def test_a_hash_belongs_to_one_sender_and_id(pairs: list[tuple[str, str]]) -> None:
    found = {}
    for sender, event_id in pairs:
        if "\x00" in sender or any("\ud800" <= letter <= "\udfff" for letter in sender + event_id):
            continue
        high, low = columns.hashes(sender, [event_id])
        assert (high.dtype, low.dtype) == (np.int64, np.int64)
        assert found.setdefault((int(high[0]), int(low[0])), (sender, event_id)) == (sender, event_id)


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)))
def test_numbers_are_an_array_of_postgresql(values: list[int | None]) -> None:
    text = columns.numbers(values)
    if text is None:
        assert set(values) <= {None}
    else:
        assert [None if part == "NULL" else int(part) for part in text[1:-1].split(",")] == values
