"""Codes and numbers: sex, yes and no, votes, ages and years, coordinates, tags."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.intake.model import Blank
from commonweal.intake.normalise.dates import OLDEST
from commonweal.intake.normalise.text import Reading, Text, by_distinct, clean, each, fold
from commonweal.intake.rules import Reason

_SEX = {
    "f": "f|fem|female|femme|feminin|feminine|woman|w|weiblich|girl|fille|mme|mlle|madame|mademoiselle|mrs|ms|miss|2",
    "m": "m|male|masc|masculin|masculine|man|h|homme|mann|mannlich|boy|garcon|mr|monsieur|1",
    "x": "x|nb|non binary|nonbinary|non binaire|other|autre|divers|d|o|mx",
    "": "u|unk|unknown|inconnu|inconnue|undesignated|unspecified|non precise|nd|na|n a|none|null|0|9",
}
_YES = "yes|y|true|t|1|oui|o|vrai|x|on|ok|optin|opt in|opted in|subscribed|abonne|abonnee|inscrit|inscrite|accepte|accepted|granted|consent|ja|si"
_NO = "no|n|false|f|0|non|faux|off|optout|opt out|opted out|unsubscribed|desabonne|desabonnee|desinscrit|desinscrite|refus|refuse|refused|declined|stop|denied|bounced|spam complaint|bouncing|nein"
_UNKNOWN = "unknown|inconnu|na|n a|null|none|nd|not subscribed|pending"
_NONE = frozenset({"null", "none", "nan", "n a", "nd", "na", "#n a"})
_BY_COMMAS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"  # 1,234  1,234,567.8
_BY_MANY_COMMAS = r"^[+-]?\d{1,3}((,\d{3}){2,}(\.\d*)?|,\d{3}\.\d*)$"  # 1,234,567  1,234.5
_BY_DOTS = r"^[+-]?\d{1,3}((\.\d{3}){2,}(,\d*)?|\.\d{3},\d*)$"  # 1.234.567  1.234,5
_NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"


def _table(groups: Mapping[str, str]) -> dict[str, str]:
    return {word: code for code, words in groups.items() for word in words.split("|")}


_SEX_CODES = _table(_SEX)


def sexes(cells: Text, codes: Mapping[str, str] | None) -> Reading:
    """ "f", "m", "x"; null where the list says that it does not know. `codes` adds the list's own."""
    known = _SEX_CODES | {_word(key): code for key, code in (codes or {}).items()}
    return _decode(cells, known, Reason.UNKNOWN_CODE)


def yes_no(cells: Text, yes: tuple[str, ...] | None, no: tuple[str, ...] | None, reason: Reason) -> Reading:
    """ "yes", "no", or null where the cell is empty or says unknown. `yes` and `no` come before the usual words."""
    known = _table({"yes": _YES, "no": _NO, "": _UNKNOWN})
    known |= {_word(word): "yes" for word in yes or ()} | {_word(word): "no" for word in no or ()}
    return _decode(cells, known, reason)


def refusals(answers: Text) -> Text:
    """A refusal that is marked is a no; one that is not marked is no consent either, so it says nothing."""
    return pc.if_else(pc.equal(answers, "yes"), "no", pa.scalar(None, pa.string()))


def votes(
    cells: Text,
    yes: tuple[str, ...] | None,
    no: tuple[str, ...] | None,
    blank: Blank | None,
    other: str | None,
) -> Reading:
    """Whether the person voted, as booleans; null where it is not known.

    With blank="no" an empty cell says that the person stayed at home; with other="yes" any word that is not a no
    tells how the person voted.
    """
    reading = yes_no(cells, yes, no, Reason.UNKNOWN_CODE)
    values, reasons = reading.values, reading.reasons
    if other == "yes" and reasons is not None:
        values = pc.if_else(pc.is_valid(reasons), "yes", values)
        reasons = None
    if blank == "no":
        empty = pc.equal(pc.utf8_trim_whitespace(pc.fill_null(cells, "")), "")
        values = pc.if_else(empty, "no", values)
    return Reading(pc.equal(values, "yes"), reasons)


def numbers(cells: Text, *, decimal_comma: bool = False) -> Reading:
    """Numbers; spaces, currency signs and thousands' marks are seen through. NOT_A_NUMBER for anything else.

    `decimal_comma` tells what "1,234" means: with it about one and a quarter, else over a thousand. "12,5" and
    "1 234,50" are clear either way.
    """
    return by_distinct(cells, lambda distinct: _numbers(clean(distinct), decimal_comma))


def _numbers(cells: Text, decimal_comma: bool) -> Reading:
    bare = pc.replace_substring_regex(cells, r"[\s'’_$€£%\x{a0}\x{202f}]+", "")
    bare = pc.replace_substring_regex(bare, r"^\((.+)\)$", r"-\1")
    thousands = pc.match_substring_regex(bare, _BY_COMMAS if not decimal_comma else _BY_MANY_COMMAS)
    bare = pc.if_else(thousands, pc.replace_substring(bare, ",", ""), bare)
    dotted = pc.match_substring_regex(bare, _BY_DOTS)
    bare = pc.if_else(dotted, pc.replace_substring(bare, ".", ""), bare)
    bare = pc.replace_substring(bare, ",", ".")
    good = pc.match_substring_regex(bare, _NUMBER)
    none = each(pc.if_else(good, None, cells), lambda cell: "" if _word(cell) in _NONE else cell)
    bad = pc.fill_null(pc.not_equal(none, ""), False)
    values = pc.if_else(good, bare, None).cast(pa.float64())
    finite = pc.fill_null(pc.is_finite(values), True)
    bad = pc.or_(bad, pc.invert(finite))
    values = pc.if_else(finite, values, None)
    return Reading(values, _reasons(bad, Reason.NOT_A_NUMBER))


def coordinates(cells: Text, limit: float) -> Reading:
    """Degrees within ±limit (90 or 180); OFF_THE_MAP for numbers beyond, NOT_A_NUMBER for others."""
    reading = numbers(cells)
    beyond = pc.fill_null(pc.greater(pc.abs(reading.values), limit), False)
    reasons = _merge(reading.reasons, _reasons(beyond, Reason.OFF_THE_MAP), len(cells))
    return Reading(pc.if_else(beyond, None, reading.values), reasons)


def birth_years(cells: Text, today_year: int, oldest: int = OLDEST) -> Reading:
    """Years as int16. IMPOSSIBLE_DATE for what is no year, FUTURE_DATE, TOO_OLD."""
    reading = numbers(cells)
    years = pc.fill_null(reading.values, -1.0)
    given = pc.is_valid(reading.values)
    reasons = np.full(len(cells), None, object)
    if reading.reasons is not None:
        reasons[np.asarray(pc.is_valid(reading.reasons))] = Reason.IMPOSSIBLE_DATE.value
    year = np.asarray(years)
    present = np.asarray(given)
    reasons[present & ((year != np.floor(year)) | (year < 1000) | (year > 9999))] = (
        Reason.IMPOSSIBLE_DATE.value
    )
    clear = present & (reasons == np.array(None))
    reasons[clear & (year > today_year)] = Reason.FUTURE_DATE.value
    reasons[clear & (year < today_year - oldest)] = Reason.TOO_OLD.value
    kept = present & (reasons == np.array(None))
    values = pa.array(np.where(kept, year, 0).astype(np.int16), pa.int16(), mask=~kept)
    return Reading(values, pa.array(reasons, pa.string()))


def years_from_ages(cells: Text, year: int) -> Reading:
    """Birth years from ages in the given year: right to within one year. BAD_AGE outside 0 to 125.

    A year of birth among the ages, as canvass sheets have it, is taken as what it is.
    """
    reading = numbers(cells)
    ages = np.asarray(pc.fill_null(reading.values, -1.0))
    given = np.asarray(pc.is_valid(reading.values))
    is_year = (ages >= year - OLDEST) & (ages <= year)
    bad = given & ((ages < 0) | (ages > OLDEST)) & ~is_year
    if reading.reasons is not None:
        bad |= np.asarray(pc.is_valid(reading.reasons))
    kept = given & ~bad
    born = np.where(is_year, ages, year - np.floor(ages))
    values = pa.array(np.where(kept, born, 0).astype(np.int16), pa.int16(), mask=~kept)
    return Reading(values, _reasons(pa.array(bad), Reason.BAD_AGE))


def tags(cells: Text, separator: str | None) -> pa.ListArray:
    """Lists of tags: a JSON list, or text parted by `separator` (default: ; or , or |). Null where there is none."""
    encoded = cells.dictionary_encode()
    lists = [_tags(cell, separator) if cell else None for cell in clean(encoded.dictionary).to_pylist()]
    return pa.array(lists, pa.list_(pa.string())).take(encoded.indices)


def _tags(cell: str, separator: str | None) -> list[str] | None:
    pieces: list[str] = []
    if cell.startswith("["):
        try:
            pieces = [str(piece) for piece in json.loads(cell)]
        except ValueError:
            pieces = []
    if not pieces:
        pieces = (
            cell.split(separator)
            if separator
            else re.split(r"[;|]" if re.search(r"[;|]", cell) else ",", cell)
        )
    visible = (
        "".join(letter for letter in piece if letter.isprintable() or letter.isspace()) for piece in pieces
    )
    tidy = [" ".join(piece.split()) for piece in visible]
    return list(dict.fromkeys(piece for piece in tidy if piece)) or None


def _decode(cells: Text, known: Mapping[str, str], reason: Reason) -> Reading:
    """Look each distinct cell up among folded words; "" stands for: the list says that it does not know."""

    def read(distinct: Text) -> Reading:
        words = _words(clean(distinct)).to_pylist()
        values = [None if word is None else known.get(word) or None for word in words]
        bad = pa.array([word is not None and word not in known for word in words], pa.bool_())
        return Reading(pa.array(values, pa.string()), _reasons(bad, reason))

    return by_distinct(cells, read)


def _words(cells: Text) -> Text:
    """Codes as they are looked up: small letters and digits; a mark alone (✓, +) stays."""
    return pc.coalesce(fold(cells, digits=True), pc.utf8_lower(cells))


def _word(cell: str) -> str:
    return str(_words(pa.array([cell]))[0].as_py())


def _reasons(bad: pa.BooleanArray, reason: Reason) -> Text:
    return pc.if_else(bad, reason.value, pa.scalar(None, pa.string()))


def _merge(first: Text | None, second: Text, count: int) -> Text:
    return pc.coalesce(first if first is not None else pa.nulls(count, pa.string()), second)
