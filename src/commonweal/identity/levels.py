"""The comparisons of two records: for each its levels, from agreement to disagreement, with the weights it starts from.

Conditions are plain SQL that DuckDB and Spark read alike; `LevenshteinLevel` is worded by Splink for each engine. Each
call makes levels anew, for Splink changes those that it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from splink.comparison_level_library import (
    And,
    CustomLevel,
    ElseLevel,
    ExactMatchLevel,
    LevenshteinLevel,
    NullLevel,
)
from splink.internals.comparison_level_creator import ComparisonLevelCreator

from commonweal.identity.model import Weight

# Raise it when a comparison or level changes: models trained for another definition are then trained anew.
DEFINITION = 3

_SWAPPED = "(given_key_l = surname_key_r AND surname_key_l = given_key_r)"
# given_forms: see `nicknames.table`; null for a name that has no other form.
_SHORT = "coalesce(given_forms_l, '') LIKE concat('% ', given_key_r, ' %')"
_FULL_DATES = "(birth_month_l IS NOT NULL AND birth_month_r IS NOT NULL)"
_SAME_TOWN = (
    "coalesce(postcode_l, postcode_r, city_key_l, city_key_r, '')"
    " = coalesce(postcode_r, postcode_l, city_key_r, city_key_l, '')"
)
_ONE_DOOR = "(door_l IS NULL OR door_r IS NULL)"
_RARE = 1e-5  # no value counts as rarer than this: a typing error is not proof


Level = tuple[ComparisonLevelCreator, float, float]
"""A level, its m and its u: which share of the pairs of one person, and of strangers, shows it."""


@dataclass(frozen=True)
class Comparison:
    """One comparison: its levels from agreement to disagreement, each with its starting m and u."""

    name: str
    missing: ComparisonLevelCreator
    levels: tuple[ComparisonLevelCreator, ...]
    weights: tuple[Weight, ...]


def comparisons(extras: Sequence[str] = ()) -> tuple[Comparison, ...]:
    """Those of columns that every list may have, after one for each column of further evidence."""
    usual = (_number(), _given(), _surname(), _birth(), _sex(), _email(), _phone(), _address())
    return (*(_further(column) for column in extras), *usual)


def _comparison(name: str, missing: ComparisonLevelCreator, *levels: Level) -> Comparison:
    return Comparison(
        name, missing, tuple(level for level, _, _ in levels), tuple(Weight(m, u) for _, m, u in levels)
    )


def _further(column: str) -> Comparison:
    """Anything else that a list says of the person (a social security number, a middle name, a birth place): a
    rare value says much, a frequent one little, and how reliable the column is, is learnt."""
    return _comparison(
        column,
        NullLevel(column),
        (_exact(column), 0.75, 0.01),
        (CustomLevel(_starts_alike(column), "one begins like the other"), 0.05, 0.003),
        (_few_slips(column, 0.25), 0.05, 0.003),
        (ElseLevel(), 0.15, 0.98),
    )


def _number() -> Comparison:
    # Different numbers are heard when clusters are made; here they say nothing.
    left, right = "registration_number_l", "registration_number_r"
    none = f"{left} IS NULL OR {right} IS NULL OR {left} <> {right}"
    return _comparison(
        "number",
        _unknown(none, "no number in common"),
        (_fixed(ExactMatchLevel("registration_number")), 0.999, 1e-9),
        (_fixed(ElseLevel()), 0.001, 1.0),
    )


def _given() -> Comparison:
    return _comparison(
        "given",
        NullLevel("given_key"),
        (_exact("given_key"), 0.74, 0.006),
        (CustomLevel(_SWAPPED, "given name and surname swapped"), 0.01, 1e-6),
        (_few_slips("given_key", 0.25), 0.08, 0.001),
        (CustomLevel(_SHORT, "one is short for the other"), 0.03, 0.0008),
        (CustomLevel(_starts_alike("given_key"), "one begins like the other"), 0.05, 0.004),
        (_few_slips("given_key", 0.4), 0.02, 0.01),
        (ElseLevel(), 0.07, 0.98),
    )


def _surname() -> Comparison:
    # Swapped names are told by the given name; here they say nothing more.
    none = f"surname_key_l IS NULL OR surname_key_r IS NULL OR {_SWAPPED}"
    at_birth = "surname_key_l = birth_surname_key_r OR birth_surname_key_l = surname_key_r"
    return _comparison(
        "surname",
        _unknown(none, "no surname"),
        (_exact("surname_key"), 0.8, 0.001),
        (CustomLevel(at_birth, "surname at birth"), 0.05, 0.0005),
        (_few_slips("surname_key", 0.25), 0.08, 0.0006),
        (CustomLevel(_word_of("surname_key"), "one is a part of the other"), 0.03, 0.0004),
        (_few_slips("surname_key", 0.4), 0.01, 0.006),
        (ElseLevel(), 0.03, 0.99),
    )


def _birth() -> Comparison:
    year, apart = "birth_year_l = birth_year_r", "abs(birth_year_l - birth_year_r)"
    month, day = "birth_month_l = birth_month_r", "birth_day_l = birth_day_r"
    swapped = f"{year} AND birth_month_l = birth_day_r AND birth_day_l = birth_month_r"
    two_parts = f"({year} AND {month}) OR ({year} AND {day}) OR ({month} AND {day})"
    vague = f"NOT {_FULL_DATES}"
    return _comparison(
        "birth",
        NullLevel("birth_year"),
        (ExactMatchLevel("birth_date"), 0.55, 4e-5),
        (CustomLevel(swapped, "day and month swapped"), 0.01, 1e-5),
        (CustomLevel(two_parts, "two parts of the date equal"), 0.05, 0.004),
        (CustomLevel(f"{year} AND {vague}", "same year, one date unknown"), 0.27, 0.006),
        (CustomLevel(f"{apart} = 1 AND {vague}", "a year apart, one date unknown"), 0.05, 0.012),
        (CustomLevel(f"{apart} <= 4 AND {vague}", "some years apart, one date unknown"), 0.04, 0.04),
        (CustomLevel(year, "same year, another day"), 0.01, 0.01),
        (ElseLevel(), 0.02, 0.93),
    )


def _sex() -> Comparison:
    return _comparison("sex", NullLevel("sex"), (ExactMatchLevel("sex"), 0.98, 0.5), (ElseLevel(), 0.02, 0.5))


def _email() -> Comparison:
    return _comparison(
        "email",
        NullLevel("email_key"),
        (_exact("email_key"), 0.7, 1e-5),
        (LevenshteinLevel("email_key", 2), 0.02, 1e-6),
        (ElseLevel(), 0.28, 1.0),
    )


def _phone() -> Comparison:
    return _comparison("phone", NullLevel("phone"), (_exact("phone"), 0.55, 1e-5), (ElseLevel(), 0.45, 1.0))


def _address() -> Comparison:
    places = ("door", "area_code", "postcode", "city_key")
    none = " AND ".join(f"({place}_l IS NULL OR {place}_r IS NULL)" for place in places)
    area, postcode = "area_code_l = area_code_r", "postcode_l = postcode_r"
    door = CustomLevel(f"door_l = door_r AND {_SAME_TOWN}", "same door").configure(
        tf_adjustment_column="door",
        tf_adjustment_weight=1.0,
        tf_minimum_u_value=_RARE,
        disable_tf_exact_match_detection=True,
    )
    return _comparison(
        "address",
        _unknown(none, "no place"),
        (door, 0.5, 5e-5),
        (CustomLevel(f"street_key_l = street_key_r AND {_SAME_TOWN}", "same street"), 0.03, 0.001),
        (And(LevenshteinLevel("door", 2), CustomLevel(_SAME_TOWN)), 0.06, 5e-5),
        (CustomLevel(f"{area} AND {_ONE_DOOR}", "same area, one address unknown"), 0.02, 0.005),
        (CustomLevel(f"{postcode} AND {_ONE_DOOR}", "same postcode, one address unknown"), 0.25, 0.08),
        (CustomLevel(area, "same area, another address"), 0.02, 0.005),
        (CustomLevel(postcode, "same postcode, another address"), 0.03, 0.08),
        (CustomLevel("city_key_l = city_key_r", "same city"), 0.05, 0.3),
        (ElseLevel(), 0.04, 0.5),
    )


def _unknown(condition: str, label: str) -> ComparisonLevelCreator:
    """The level of pairs of which the comparison says nothing."""
    return CustomLevel(condition, label).configure(is_null_level=True)


def _starts_alike(column: str) -> str:
    left, right = f"{column}_l", f"{column}_r"
    return f"(substr({left}, 1, length({right})) = {right} OR substr({right}, 1, length({left})) = {left})"


def _fixed(level: ComparisonLevelCreator) -> ComparisonLevelCreator:
    """A level whose weights no training changes."""
    return level.configure(fix_m_probability=True, fix_u_probability=True)


def _word_of(column: str) -> str:
    left, right = f"concat(' ', {column}_l, ' ')", f"concat(' ', {column}_r, ' ')"
    return f"({left} LIKE concat('%', {right}, '%') OR {right} LIKE concat('%', {left}, '%'))"


def _few_slips(column: str, share: float) -> ComparisonLevelCreator:
    """One letter wrong, missing or added, or as many as make up this share of the longer value's letters."""
    left, right = f"{column}_l", f"{column}_r"
    slips = f"levenshtein({left}, {right})"
    few = f"{slips} <= 1 OR {slips} <= {share} * greatest(length({left}), length({right}))"
    return CustomLevel(few, f"slips in up to {share:.0%} of the letters")


def _exact(column: str) -> ComparisonLevelCreator:
    """Equal values; a frequent one says less than a rare one."""
    return ExactMatchLevel(column, term_frequency_adjustments=True).configure(tf_minimum_u_value=_RARE)
