"""What two records are compared by, in Splink's terms, and the weights used until a campaign's own are trained.

Fellegi and Sunter (1969): each level of agreement has m, its share among pairs of one person, and u, its share
among pairs of two persons; log2(m/u) is the weight that it adds. The levels are in `levels`.

Evidence about the person (given name, birth, sex) is told apart from evidence that a household shares (surname,
address, e-mail, phone): see `rules.weigh`.
"""

from __future__ import annotations

from collections.abc import Sequence

from splink import SettingsCreator
from splink.comparison_library import CustomComparison

from commonweal.identity.levels import DEFINITION, Comparison, comparisons
from commonweal.identity.model import LinkModel, Weight

COMPARISONS = comparisons()
_USUAL = frozenset(each.name for each in COMPARISONS)


def of(model: LinkModel) -> tuple[Comparison, ...]:
    """The comparisons that a model has weights for: `COMPARISONS`, and one for each column of further evidence."""
    return comparisons([name for name in model.weights if name not in _USUAL])


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
        weights={comparison.name: comparison.weights for comparison in comparisons(extras)},
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
