"""Which rows are the same record."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from commonweal.intake.hashing import hash_rows, hash_text
from commonweal.intake.keys import KeyBook, column_keys


def texts(cells: list[str | None]) -> pa.Array:
    return pa.array(cells, pa.string())


def test_hashes_never_change() -> None:
    """Ids hang on them: the lower half of MD5, here as Python's own."""
    halves = [hashlib.md5(text.encode()).digest()[8:] for text in ("", "Émile", "")]
    expected = [int.from_bytes(half, "little", signed=True) for half in halves]
    assert hash_text(texts(["", "Émile", None])).tolist() == expected
    assert expected[1] == 6834811912746489234


def test_null_and_empty_differ_in_rows() -> None:
    a, b = hash_rows([texts(["x", "x"]), texts([None, ""])]).tolist()
    assert a != b


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.booleans()), max_size=24),
    st.integers(1, 9),
)
def test_repeats_are_told_from_the_first_on(rows: list[tuple[str, str, bool]], size: int) -> None:
    """Whether the rows come in one chunk or in many; a row that is no record claims no key."""
    book = KeyBook()
    found: list[str] = []
    for begin in range(0, len(rows), size):
        part = rows[begin : begin + size]
        said = hash_text(texts([what for _key, what, _usable in part]))
        repeats = book.repeats(
            hash_text(texts([key for key, _w, _u in part])),
            said,
            np.array([usable for *_, usable in part], bool),
        )
        found += [
            "same" if s else "other" if o else "" for s, o in zip(repeats.same, repeats.other, strict=True)
        ]
    first: dict[str, str] = {}
    expected: list[str] = []
    for key, what, usable in rows:
        if not usable:
            expected.append("")
            continue
        expected.append("" if key not in first else "same" if first[key] == what else "other")
        first.setdefault(key, what)
    assert found == expected


@given(st.lists(st.sampled_from("abcd"), max_size=24), st.integers(1, 9))
def test_rows_without_a_key_are_told_by_content_and_number(rows: list[str], size: int) -> None:
    book = KeyBook()
    found: list[str] = []
    for begin in range(0, len(rows), size):
        found += book.content_keys([texts(list(rows[begin : begin + size]))]).to_pylist()
    assert len(set(found)) == len(rows)
    seen: dict[str, int] = {}
    for row, key in zip(rows, found, strict=True):
        assert key.endswith(f".{seen.get(row, 0)}")
        seen[row] = seen.get(row, 0) + 1


def test_ids_are_remembered() -> None:
    book = KeyBook()
    book.remember(texts(["a", "b"]), np.array([10, 20]))
    book.remember(texts(["b", "c"]), np.array([20, 30]))
    known, ids = book.record_ids(hash_text(texts(["c", "x", "a"])))
    assert known.tolist() == [True, False, True]
    assert ids[known].tolist() == [30, 10]


def test_keys_of_several_columns() -> None:
    keys = column_keys([texts([" 1 ", None, "", "a|b"]), texts(["x", "y", None, "c"])])
    assert keys.to_pylist() == ["1|x", "|y", None, "a¦b|c"]
    assert column_keys([texts(["", "x"])]).to_pylist() == [None, "x"]
