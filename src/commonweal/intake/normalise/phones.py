"""Telephone numbers to E.164, by Google's metadata (the phonenumbers library).

The library parses about 22,000 numbers a second. Most numbers of a list are plain national ones, though, which the
same metadata's patterns settle for a whole array at once; only the rest goes through the library. Both ways give
the same answer (a property test holds them to it).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from phonenumbers import PhoneMetadata

from commonweal.intake.normalise.text import Reading, Text, by_distinct, clean
from commonweal.intake.rules import Reason

_PUNCTUATION = r"[\s().\-/\x{a0}\x{2010}-\x{2015}]+"
_SEVERAL = re.compile(r"\s*(?:[,;|/]|\bou\b|\bor\b|\bet\b|\band\b|\s{3,})\s*", re.IGNORECASE)
# Ranges that regulators keep for books and films: nobody has them, so demos and tests may use them. French: ARCEP,
# decision 2018-0881, article 2.5.12; British: Ofcom, numbers for drama use. The library takes them for unassigned.
_FICTION = {
    33: r"(?:19900|26191|35301|46571|53649|63998)\d{4}",
    44: r"(?:7700900|1632960)\d{3}",
}
_TYPES = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)


@dataclass(frozen=True)
class NumberPlan:
    """A country's plain numbers as patterns.

    `written` takes a number without its punctuation apart; `viable` is what the country's numbers look like, `valid`
    what its ranges in use look like.
    """

    country_code: int
    prefix: str
    written: str
    viable: str
    valid: str


@lru_cache(maxsize=256)
def number_plan(region: str) -> NumberPlan | None:
    """The patterns of a region (ISO 3166), or None where its prefixes are too intricate for patterns."""
    data = PhoneMetadata.metadata_for_region(region)
    if data is None or data.country_code is None or data.general_desc is None:
        return None
    if data.leading_digits or data.national_prefix_transform_rule:
        return None
    if data.national_prefix_for_parsing != data.national_prefix:
        return None
    descriptions = [getattr(data, kind) for kind in _TYPES]
    ranges = [d.national_number_pattern for d in descriptions if d and d.national_number_pattern]
    ranges += [_FICTION[data.country_code]] if data.country_code in _FICTION else []
    abroad = rf"\+{data.country_code}"
    if (data.international_prefix or "").isdigit():
        abroad += f"|{data.international_prefix}{data.country_code}"
    prefix = data.national_prefix or ""
    return NumberPlan(
        country_code=data.country_code,
        prefix=prefix,
        written=rf"^(?:{abroad})?(?P<prefix>(?:{prefix})?)(?P<number>[1-9]\d+)$",
        viable=f"^(?:{data.general_desc.national_number_pattern})$",
        valid="^(?:" + "|".join(f"(?:{pattern})" for pattern in ranges) + ")$",
    )


def phones(cells: Text, region: str) -> Reading:
    """Numbers as E.164 (+33612345678). `region` is meant where a number names no country.

    Reasons: BAD_PHONE for what is no number in use; SEVERAL_VALUES where only the first of several was taken.
    """
    return by_distinct(cells, lambda distinct: _read(clean(distinct), region))


def _read(cells: Text, region: str) -> Reading:
    plan = number_plan(region)
    quick = _by_pattern(cells, plan) if plan else pa.nulls(len(cells), pa.string())
    left = pc.and_(pc.is_valid(cells), pc.is_null(quick))
    if not pc.any(left, min_count=0).as_py():
        return Reading(quick)
    slow = [parse(cell, region) for cell in cells.filter(left).to_pylist()]
    values = pc.replace_with_mask(quick, left, pa.array([number for number, _ in slow], pa.string()))
    reasons = pa.nulls(len(cells), pa.string())
    reasons = pc.replace_with_mask(reasons, left, pa.array([reason for _, reason in slow], pa.string()))
    return Reading(values, reasons)


def _by_pattern(cells: Text, plan: NumberPlan) -> Text:
    """E.164 where the plan settles it; null where the library has to."""
    bare = pc.replace_substring_regex(cells, _PUNCTUATION, "")
    parts = pc.extract_regex(bare, plan.written)
    prefix, number = parts.field(0), parts.field(1)
    good = pc.and_(pc.is_valid(parts), pc.match_substring_regex(number, plan.valid))
    good = pc.and_(good, pc.match_substring_regex(number, plan.viable))
    if plan.prefix:  # the library takes a prefix off only where the number can't begin with it
        whole = pc.binary_join_element_wise(prefix, number, "")
        good = pc.and_not(
            good, pc.and_(pc.equal(prefix, plan.prefix), pc.match_substring_regex(whole, plan.viable))
        )
    full = pc.binary_join_element_wise(f"+{plan.country_code}", number, "")
    return pc.if_else(pc.fill_null(good, False), full, pa.scalar(None, pa.string()))


def parse(cell: str, region: str) -> tuple[str | None, str | None]:
    """One cell by the library: the number in E.164, and the reason if it was not simply one."""
    number = _valid(cell, region)
    if number:
        return number, None
    pieces = [piece for piece in _SEVERAL.split(cell) if piece]
    for piece in pieces if len(pieces) > 1 else []:
        number = _valid(piece, region)
        if number:
            return number, Reason.SEVERAL_VALUES.value
    return None, Reason.BAD_PHONE.value


def _valid(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) and not _is_fiction(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _is_fiction(number: phonenumbers.PhoneNumber) -> bool:
    pattern = _FICTION.get(number.country_code or 0)
    return pattern is not None and bool(
        re.fullmatch(pattern, phonenumbers.national_significant_number(number))
    )
