"""Cleaning and folding: the same text for every engine, whatever was typed."""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.intake.normalise.text import Reading, by_distinct, clean, fold, join, tidy

ANY = st.lists(
    st.one_of(st.none(), st.text(st.characters(exclude_categories=("Cs",)), max_size=12)), max_size=20
)


def texts(*cells: str | None) -> pa.Array:
    return pa.array(cells, pa.string())


@pytest.mark.parametrize(
    ("cell", "cleaned"),
    [
        ("  a\t b\u00a0c\u200b ", "a b c"),
        ("e\u0301te\u0301", "été"),
        ("a\x00b", "ab"),
        ("", None),
        (" \u3000 ", None),
        (None, None),
        ("O'Brien", "O'Brien"),
    ],
)
def test_cleans(cell: str | None, cleaned: str | None) -> None:
    assert clean(texts(cell)).to_pylist() == [cleaned]


@pytest.mark.parametrize(
    ("cell", "folded"),
    [
        ("Éléonore d’Œuvre", "eleonore d oeuvre"),
        ("JEAN-PIERRE", "jean pierre"),
        ("Straße 12 bis", "strasse 12 bis"),
        ("Łódź", "lodz"),
        ("Çağrı", "cagri"),
        ("王", "wang"),
        ("--", None),
        (None, None),
    ],
)
def test_folds(cell: str | None, folded: str | None) -> None:
    assert fold(texts(cell), digits=True).to_pylist() == [folded]


def test_folds_apostrophes_away_for_names() -> None:
    assert fold(texts("O’Brien", "D'Angelo", "NʼDiaye"), apostrophe="").to_pylist() == [
        "obrien",
        "dangelo",
        "ndiaye",
    ]


@given(ANY)
def test_clean_is_stable_and_has_nothing_to_clean(cells: list[str | None]) -> None:
    once = clean(texts(*cells))
    assert clean(once).equals(once)
    for cell in once.drop_null().to_pylist():
        assert cell == cell.strip() != ""
        assert "  " not in cell
        assert unicodedata.is_normalized("NFC", cell)


@given(ANY)
def test_fold_is_stable_ascii_and_the_same_one_by_one(cells: list[str | None]) -> None:
    folded = fold(texts(*cells), digits=True)
    assert fold(folded, digits=True).equals(folded)
    assert folded.to_pylist() == [fold(texts(cell), digits=True)[0].as_py() for cell in cells]
    assert all(cell.isascii() and cell == cell.lower() for cell in folded.drop_null().to_pylist())


@given(ANY)
def test_each_distinct_cell_is_read_once(cells: list[str | None]) -> None:
    seen: list[str | None] = []

    def read(distinct: pa.Array) -> Reading:
        seen.extend(distinct.to_pylist())
        return Reading(
            pa.array([cell if cell is None else cell.upper() for cell in distinct.to_pylist()], pa.string())
        )

    values = by_distinct(texts(*cells), read).values
    assert values.to_pylist() == [None if cell is None else cell.upper() for cell in cells]
    assert len(seen) == len(set(seen)) == len({cell for cell in cells if cell is not None})
    assert len(tidy(texts(*cells))) == len(cells)


@given(st.lists(st.tuples(*[st.one_of(st.none(), st.sampled_from("abc"))] * 3), max_size=12))
def test_join_skips_what_is_not_there(rows: list[tuple[str | None, ...]]) -> None:
    """pyarrow's own join drops rows of which it skips every part."""
    columns = [pa.array([row[i] for row in rows], pa.string()) for i in range(3)]
    expected = ["-".join(part for part in row if part is not None) or None for row in rows]
    assert join(columns, "-").to_pylist() == expected
