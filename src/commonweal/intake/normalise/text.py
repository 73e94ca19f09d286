"""Text: cleaning, folding to match keys, capitals; and the one way to read each distinct cell once.

Folding happens here and nowhere else, so that no engine folds text in its own way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
from anyascii import anyascii

Text: TypeAlias = pa.StringArray

_BLANKS = r"[\t-\r\x1c-\x1f\x20\x85\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]+"
_INVISIBLE = r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\x{ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{feff}\x{fffe}]+"
_PLAIN = r"^[!-~]+( [!-~]+)*$"

# Letters that no Unicode decomposition takes apart.
_LETTERS = {
    "œ": "oe",
    "æ": "ae",
    "ß": "ss",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "ł": "l",
    "þ": "th",
    "ħ": "h",
    "ı": "i",
    "ĸ": "k",
    "ŋ": "n",
    "ŧ": "t",
    "ə": "e",
}
_APOSTROPHES = r"['`´ʹʻʼʽʾʿˈ‘’‛′＇]+"


@dataclass(frozen=True)
class Reading:
    """Values read from cells, in order; `reasons` tells (by code) of cells that could not be taken as they came."""

    values: pa.Array
    reasons: Text | None = None


def by_distinct(cells: Text, read: Callable[[Text], Reading]) -> Reading:
    """Read each distinct cell once. `read` maps an array without repetitions to a reading of the same length."""
    encoded = cells.dictionary_encode()
    reading = read(encoded.dictionary)
    reasons = reading.reasons
    if reasons is not None:
        reasons = None if reasons.null_count == len(reasons) else reasons.take(encoded.indices)
    return Reading(reading.values.take(encoded.indices), reasons)


def each(cells: Text, read: Callable[[str], str | None]) -> Text:
    """A Python function over cells, null staying null: for what Arrow can't do, on distinct cells only."""
    return pa.array([None if cell is None else read(cell) for cell in cells.to_pylist()], pa.string())


def clean(cells: Text) -> Text:
    """Cells in Unicode NFC without invisible characters, with single spaces; an empty one becomes null."""
    plain = pc.match_substring_regex(cells, _PLAIN)
    if not pc.all(plain, min_count=0).as_py() or pc.any(pc.is_null(plain)).as_py():
        dirty = pc.replace_substring_regex(cells, _INVISIBLE, "")
        if not pc.all(pc.string_is_ascii(dirty), min_count=0).as_py():
            dirty = pc.utf8_normalize(dirty, form="NFC")
        cells = pc.utf8_trim(pc.replace_substring_regex(dirty, _BLANKS, " "), " ")
    return pc.if_else(pc.equal(cells, ""), pa.scalar(None, pa.string()), cells)


def tidy(cells: Text) -> Text:
    """`clean`, each distinct cell once."""
    return by_distinct(cells, lambda distinct: Reading(clean(distinct))).values


def fold(cells: Text, *, digits: bool = False, apostrophe: str = " ") -> Text:
    """Small ASCII letters (and digits) with single spaces; null where none is left.

    "Éléonore d'Œuvre" folds to "eleonore d oeuvre", or with apostrophe="" to "eleonore doeuvre".
    """
    folded = pc.utf8_lower(cells)
    if not pc.all(pc.string_is_ascii(folded), min_count=0).as_py():
        folded = pc.replace_substring_regex(pc.utf8_normalize(folded, form="NFKD"), r"\p{Mn}+", "")
        folded = pc.replace_substring_regex(folded, _APOSTROPHES, "'")
        for letter, plain in _LETTERS.items():
            folded = pc.replace_substring(folded, letter, plain)
        if not pc.all(pc.string_is_ascii(folded), min_count=0).as_py():
            folded = each(folded, _in_ascii)
    if apostrophe != " ":
        folded = pc.replace_substring_regex(folded, _APOSTROPHES, apostrophe)
    folded = pc.replace_substring_regex(folded, r"[^a-z0-9]+" if digits else r"[^a-z]+", " ")
    folded = pc.utf8_trim(folded, " ")
    return pc.if_else(pc.equal(folded, ""), pa.scalar(None, pa.string()), folded)


def _in_ascii(text: str) -> str:
    """Letters of other scripts as ASCII letters ("дмитрий" is "dmitriy"); what is no letter is a space."""
    return "".join(
        letter if letter.isascii() else anyascii(letter).lower() if letter.isalpha() else " "
        for letter in text
    )


def is_shouted(cells: Text) -> pa.BooleanArray:
    """Which cells have letters in one case only, so that their capitals say nothing."""
    return pc.or_(pc.utf8_is_upper(cells), pc.utf8_is_lower(cells))


def join(parts: list[pa.Array], glue: str = " ") -> Text:
    """The parts of each row that are not null, with `glue` between; null where all are."""
    # An empty text goes first in every row: pyarrow 26 drops the rows of which it skips every part.
    joined = pc.binary_join_element_wise("", *parts, glue, null_handling="skip")
    joined = pc.utf8_slice_codeunits(joined, len(glue))
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined)


def matched(parts: pa.Array, name: str) -> Text:
    """One group of `extract_regex`; null where nothing matched or the group is empty."""
    group = parts.field([part.name for part in parts.type].index(name))
    kept = pc.and_(pc.is_valid(parts), pc.not_equal(group, ""))
    return pc.if_else(pc.fill_null(kept, False), group, pa.scalar(None, pa.string()))


def nulls(count: int, kind: pa.DataType | None = None) -> pa.Array:
    """`count` nulls of a type (default: text)."""
    return pa.nulls(count, kind or pa.string())
