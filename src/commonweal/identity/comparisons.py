"""What two records are compared by, in Splink's terms, and the weights used until a campaign's own are trained.

Fellegi and Sunter (1969): each level of agreement has m, its share among pairs of one person, and u, its share
among pairs of two persons; log2(m/u) is the weight that it adds. Conditions are plain SQL that DuckDB and Spark
read alike; `JaroWinklerLevel` and `LevenshteinLevel` are worded by Splink for each engine.

Evidence about the person (given name, birth, sex) is told apart from evidence that a household shares (surname,
address, e-mail, phone): see `rules.weigh`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from splink import SettingsCreator
from splink.comparison_level_library import (
    And,
    CustomLevel,
    ElseLevel,
    ExactMatchLevel,
    LevenshteinLevel,
    NullLevel,
)
from splink.comparison_library import CustomComparison
from splink.internals.comparison_level_creator import ComparisonLevelCreator

from commonweal.identity.model import LinkModel, Weight

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


@dataclass(frozen=True)
class Comparison:
    """One comparison: its levels from agreement to disagreement, each with its starting m and u."""

    name: str
    missing: ComparisonLevelCreator
    levels: tuple[ComparisonLevelCreator, ...]
    weights: tuple[Weight, ...]


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


def further(column: str) -> Comparison:
    """Anything else that a list says of the person (a social security number, a middle name, a birth place): a
    rare value says much, a frequent one little, and how reliable the column is, is learnt."""
    return Comparison(
        column,
        NullLevel(column),
        (
            _exact(column),
            CustomLevel(_starts_alike(column), "one begins like the other"),
            _few_slips(column, 0.25),
            ElseLevel(),
        ),
        _weights(0.75, 0.01, 0.05, 0.003, 0.05, 0.003, 0.15, 0.98),
    )


def _comparisons(extras: Sequence[str] = ()) -> tuple[Comparison, ...]:
    return (
        *(further(column) for column in extras),
        Comparison(
            "number",
            # Different numbers are heard when clusters are made; here they say nothing.
            CustomLevel(
                "registration_number_l IS NULL OR registration_number_r IS NULL"
                " OR registration_number_l <> registration_number_r",
                "no number in common",
            ).configure(is_null_level=True),
            (_fixed(ExactMatchLevel("registration_number")), _fixed(ElseLevel())),
            _weights(0.999, 1e-9, 0.001, 1.0),
        ),
        Comparison(
            "given",
            NullLevel("given_key"),
            (
                _exact("given_key"),
                CustomLevel(_SWAPPED, "given name and surname swapped"),
                _few_slips("given_key", 0.25),
                CustomLevel(_SHORT, "one is short for the other"),
                CustomLevel(_starts_alike("given_key"), "one begins like the other"),
                _few_slips("given_key", 0.4),
                ElseLevel(),
            ),
            _weights(0.74, 0.006, 0.01, 1e-6, 0.08, 0.001, 0.03, 0.0008, 0.05, 0.004, 0.02, 0.01, 0.07, 0.98),
        ),
        Comparison(
            "surname",
            # Swapped names are told by the given name; here they say nothing more.
            CustomLevel(
                f"surname_key_l IS NULL OR surname_key_r IS NULL OR {_SWAPPED}", "no surname"
            ).configure(is_null_level=True),
            (
                _exact("surname_key"),
                CustomLevel(
                    "surname_key_l = birth_surname_key_r OR birth_surname_key_l = surname_key_r",
                    "surname at birth",
                ),
                _few_slips("surname_key", 0.25),
                CustomLevel(_word_of("surname_key"), "one is a part of the other"),
                _few_slips("surname_key", 0.4),
                ElseLevel(),
            ),
            _weights(0.8, 0.001, 0.05, 0.0005, 0.08, 0.0006, 0.03, 0.0004, 0.01, 0.006, 0.03, 0.99),
        ),
        Comparison(
            "birth",
            NullLevel("birth_year"),
            (
                ExactMatchLevel("birth_date"),
                CustomLevel(
                    "birth_year_l = birth_year_r AND birth_month_l = birth_day_r AND birth_day_l = birth_month_r",
                    "day and month swapped",
                ),
                CustomLevel(
                    "(birth_year_l = birth_year_r AND birth_month_l = birth_month_r)"
                    " OR (birth_year_l = birth_year_r AND birth_day_l = birth_day_r)"
                    " OR (birth_month_l = birth_month_r AND birth_day_l = birth_day_r)",
                    "two parts of the date equal",
                ),
                CustomLevel(
                    f"birth_year_l = birth_year_r AND NOT {_FULL_DATES}", "same year, one date unknown"
                ),
                CustomLevel(
                    f"abs(birth_year_l - birth_year_r) = 1 AND NOT {_FULL_DATES}",
                    "a year apart, one date unknown",
                ),
                CustomLevel(
                    f"abs(birth_year_l - birth_year_r) <= 4 AND NOT {_FULL_DATES}",
                    "some years apart, one date unknown",
                ),
                CustomLevel("birth_year_l = birth_year_r", "same year, another day"),
                ElseLevel(),
            ),
            _weights(
                0.55,
                4e-5,
                0.01,
                1e-5,
                0.05,
                0.004,
                0.27,
                0.006,
                0.05,
                0.012,
                0.04,
                0.04,
                0.01,
                0.01,
                0.02,
                0.93,
            ),
        ),
        Comparison(
            "sex",
            NullLevel("sex"),
            (ExactMatchLevel("sex"), ElseLevel()),
            _weights(0.98, 0.5, 0.02, 0.5),
        ),
        Comparison(
            "email",
            NullLevel("email_key"),
            (_exact("email_key"), LevenshteinLevel("email_key", 2), ElseLevel()),
            _weights(0.7, 1e-5, 0.02, 1e-6, 0.28, 1.0),
        ),
        Comparison(
            "phone",
            NullLevel("phone"),
            (_exact("phone"), ElseLevel()),
            _weights(0.55, 1e-5, 0.45, 1.0),
        ),
        Comparison(
            "address",
            CustomLevel(
                "(door_l IS NULL OR door_r IS NULL) AND (area_code_l IS NULL OR area_code_r IS NULL)"
                " AND (postcode_l IS NULL OR postcode_r IS NULL) AND (city_key_l IS NULL OR city_key_r IS NULL)",
                "no place",
            ).configure(is_null_level=True),
            (
                CustomLevel(f"door_l = door_r AND {_SAME_TOWN}", "same door").configure(
                    tf_adjustment_column="door",
                    tf_adjustment_weight=1.0,
                    tf_minimum_u_value=_RARE,
                    disable_tf_exact_match_detection=True,
                ),
                CustomLevel(f"street_key_l = street_key_r AND {_SAME_TOWN}", "same street"),
                And(LevenshteinLevel("door", 2), CustomLevel(_SAME_TOWN)),
                CustomLevel(f"area_code_l = area_code_r AND {_ONE_DOOR}", "same area, one address unknown"),
                CustomLevel(f"postcode_l = postcode_r AND {_ONE_DOOR}", "same postcode, one address unknown"),
                CustomLevel("area_code_l = area_code_r", "same area, another address"),
                CustomLevel("postcode_l = postcode_r", "same postcode, another address"),
                CustomLevel("city_key_l = city_key_r", "same city"),
                ElseLevel(),
            ),
            _weights(
                *(0.5, 5e-5, 0.03, 0.001, 0.06, 5e-5, 0.02, 0.005, 0.25, 0.08, 0.02, 0.005),
                *(0.03, 0.08, 0.05, 0.3, 0.04, 0.5),
            ),
        ),
    )


def _weights(*numbers: float) -> tuple[Weight, ...]:
    return tuple(Weight(m, u) for m, u in zip(numbers[::2], numbers[1::2], strict=True))


COMPARISONS = _comparisons()
_USUAL = frozenset(each.name for each in COMPARISONS)


def of(model: LinkModel) -> tuple[Comparison, ...]:
    """The comparisons that a model has weights for: `COMPARISONS`, and one for each column of further evidence."""
    return _comparisons([name for name in model.weights if name not in _USUAL])


# The comparisons of what a household shares; all others are of the person.
HOUSEHOLD = frozenset({"surname", "email", "phone", "address"})
# Not learnt: a number in common is a sure key.
UNLEARNT = frozenset({"number"})

# The columns whose frequent values say less than rare ones: the comparison that each is in, and how often two
# strangers share a value.
FREQUENCIES = {
    "given_key": ("given", 0.006),
    "surname_key": ("surname", 0.001),
    "email_key": ("email", 1e-5),
    "phone": ("phone", 1e-5),
    "door": ("address", 5e-5),
}
_EXTRA_FREQUENCY = 0.001


def frequencies(model: LinkModel) -> dict[str, tuple[float, float]]:
    """For each column of `FREQUENCIES` and of further evidence: how often two strangers share a value, and how many
    of the records that share one are one person's."""
    columns = FREQUENCIES | {
        each.name: (each.name, _EXTRA_FREQUENCY) for each in of(model) if each.name not in _USUAL
    }
    return {
        column: (usual, 1 + model.repeats * model.weights[name][0].m)
        for column, (name, usual) in columns.items()
    }


def starting_model(extras: Sequence[str] = ()) -> LinkModel:
    """The model used while a campaign's lists are too small, or overlap too little, to train one.

    `extras` names columns of further evidence (`tables.extras`).
    """
    return LinkModel(
        definition=DEFINITION,
        partners=0.5,
        mates=0.5,
        repeats=0.5,
        weights={comparison.name: comparison.weights for comparison in _comparisons(extras)},
    )


def settings(model: LinkModel, prior: float, *, levels: bool = False) -> SettingsCreator:
    """Splink's settings for a model, and odds beforehand of its own, in no engine's dialect. Each call makes fresh ones: Splink changes them.

    `levels`: scored pairs tell the level of each comparison.
    """
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        probability_two_random_records_match=prior,
        em_convergence=0.001,
        max_iterations=15,
        comparisons=[_as_splink(each, model.weights[each.name]) for each in of(model)],
        retain_matching_columns=levels,
        retain_intermediate_calculation_columns=True,
        additional_columns_to_retain=["name_suffix", "registration_number", "door", "birth_year"],
    )


def _as_splink(comparison: Comparison, weights: tuple[Weight, ...]) -> CustomComparison:
    levels = [
        level.configure(m_probability=weight.m, u_probability=weight.u)
        for level, weight in zip(comparison.levels, weights, strict=True)
    ]
    return CustomComparison(
        output_column_name=comparison.name, comparison_levels=[comparison.missing, *levels]
    )
