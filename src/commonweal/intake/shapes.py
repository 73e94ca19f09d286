"""Columns of a list whose headers say nothing at all, by what their values look like."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from commonweal.intake.model import Column
from commonweal.intake.normalise import codes, dates, names
from commonweal.intake.normalise.text import clean

_PATTERNS = (  # in the order in which they are tried
    ("postcode", r"(?i)^(\d{5}(-\d{4})?|[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}|[a-z]\d[a-z][ -]?\d[a-z]\d)$"),
    ("phone", r"^(\+|0|\(|\d{3}[-. ])[\d\s().-]{7,}$"),
    ("address_line", r"^\d+\w?\W+\pL{2,}"),
)
_LETTERS = r"^[\pL' .,’-]+$"
_ENOUGH = 0.8
_LEAST_NAMES = 5  # distinct values


@dataclass(frozen=True)
class _Words:
    """A column of words: how many different values, how many words in each."""

    header: str
    kinds: int
    words: float


def by_shape(sample: pa.RecordBatch, columns: dict[str, Column]) -> dict[str, Column]:
    """The columns of a list none of whose headers means anything, with meanings by shape for those that have none.

    Of two columns of names the one with more different values has the surnames.
    """
    found = dict(columns)
    taken = {column.target for column in columns.values()}
    words: list[_Words] = []
    for header, column in columns.items():
        cells = clean(sample.column(header).unique()).drop_null()
        if column.target or not len(cells):
            continue
        target = _shape(cells)
        if target and target not in taken:
            taken.add(target)
            found[header] = Column(target=target)
        elif not target and _share(cells, _LETTERS) >= _ENOUGH:
            spaces = pc.mean(pc.count_substring(cells, " ")).as_py()
            words.append(_Words(header, len(cells), 1 + spaces))
    return found | _names(words, sample, taken)


def _shape(cells: pa.Array) -> str:
    """What distinct filled cells look like, but for words; "" for nothing known."""
    if dates.date_share(cells) >= _ENOUGH:
        return "birth_date"
    for target, pattern in _PATTERNS:
        if _share(cells, pattern) >= _ENOUGH:
            return target
    if len(cells) <= 4 and _share(cells, _LETTERS) == 1 and codes.sexes(cells, None).reasons is None:
        return "sex"
    return ""


def _names(words: list[_Words], sample: pa.RecordBatch, taken: set[str]) -> dict[str, Column]:
    """Columns of words as names and town, by how many different values each has."""
    many = sorted((each for each in words if each.kinds >= _LEAST_NAMES), key=lambda each: -each.kinds)
    single = [each for each in many if each.words < 1.5]
    whole = [each for each in many if each.words >= 1.5]
    if len(single) >= 2:
        meant = {single[0].header: "surname", single[1].header: "given_name"}
        rest = single[2:] + whole
    elif whole:
        meant, rest = {whole[0].header: "full_name"}, single + whole[1:]
    else:
        meant, rest = {each.header: "surname" for each in single}, []
    if rest and "city" not in taken:
        meant[rest[0].header] = "city"
    return {
        header: Column(
            target=target, order=names.name_order(sample.column(header)) if target == "full_name" else None
        )
        for header, target in meant.items()
    }


def _share(cells: pa.Array, pattern: str) -> float:
    return float(pc.mean(pc.match_substring_regex(cells, pattern)).as_py())
