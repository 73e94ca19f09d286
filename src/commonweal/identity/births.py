"""Birth dates that a list gives in three columns: year, month, day."""

from __future__ import annotations

import re
from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from commonweal.intake.headers import exactly, nearly
from commonweal.intake.normalise.text import clean, join
from commonweal.intake.rules import fold_header, unique_headers

_BORN = r"(birth|born|naissance|naiss|nais|geburts?)"
_PARTS = {
    "year": (rf"^(by|yob|birthyear)$|\b(year|yr|annee|an|jahr)\b.*{_BORN}|{_BORN}.*\b(year|yr|annee|an|jahr)\b", r"^\d{2}(\d{2})?$"),
    "month": (rf"^(bm|mob|birthmonth)$|\b(month|mois|monat)\b.*{_BORN}|{_BORN}.*\b(month|mois|monat)\b", r"^\d{1,2}$"),
    "day": (rf"^(bd|birthday)$|\b(day|jour|tag)\b.*{_BORN}|{_BORN}.*\b(day|jour|tag)\b", r"^\d{1,2}$"),
}  # fmt: skip
_MOSTLY = 0.8
NAME = "birth date"


def whole_dates(table: pa.Table, told: Collection[str] = ()) -> pa.Table:
    """The table (of text) with its year, month and day of birth as one column `birth date`, in their place.

    A table with a column of whole birth dates, or that lacks one of the three, is as it was; and so it is where
    somebody has `told` what one of them means.
    """
    words = {header: fold_header(header) for header in table.column_names}
    meant = {header: exactly(each) or nearly(each) for header, each in words.items()}
    parts = {part: _part(table, words, part) for part in _PARTS}
    headers = [header for header in parts.values() if header is not None]
    dated = [
        h for h, column in meant.items() if column and column.target == "birth_date" and h not in headers
    ]
    if (
        len(set(headers)) < len(_PARTS)
        or dated
        or {words[header] for header in headers} & set(map(fold_header, told))
    ):
        return table
    cells = [clean(table[header].combine_chunks()) for header in headers]
    whole = pc.if_else(pc.is_valid(cells[0]), join([pc.coalesce(each, "0") for each in cells], "-"), None)
    names = unique_headers([*(name for name in table.column_names if name not in headers), NAME])
    return table.drop_columns(headers).append_column(names[-1], whole)


def _part(table: pa.Table, words: dict[str, str], part: str) -> str | None:
    """The header of one part, if its values are such."""
    named, looks = _PARTS[part]
    for header, each in words.items():
        if re.search(named, each):
            cells = clean(table[header].combine_chunks().unique()).drop_null()
            if len(cells) and pc.mean(pc.match_substring_regex(cells, looks)).as_py() >= _MOSTLY:
                return header
    return None
