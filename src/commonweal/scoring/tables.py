"""Rows of facts in the lake: one row a person, from what was known before the elections of a window end.

Everything is Ibis and plain arithmetic, so that DuckDB and Spark give the same rows. A fact about a household
or an area leaves the person out: what a row says of the others must not hold the person's own answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from commonweal.experiments.tables import BEFORE, households_of
from commonweal.scoring.model import Columns, Window


@dataclass(frozen=True)
class Sources:
    """The lake tables that facts come from."""

    profile: ir.Table
    vote: ir.Table
    attribute: ir.Table


def facts(sources: Sources, columns: Columns, window: Window) -> ir.Table:
    """One row a living person: person_id, household_id, area_code, on_roll and the facts named in `columns`.

    Votes are 1, 0 or null (not known); shares lie in 0-1; age is in years on the day `window.as_of`.
    """
    rows = _people(sources.profile, columns, window.as_of)
    rows = _beside(rows, _votes(sources.vote, columns, window))
    for index in range(columns.lags + columns.alike):
        name = columns.vote_names[index]
        if name not in rows.columns:
            rows = rows.mutate(**{name: ibis.null("float64")})
    if columns.numbers or columns.texts:
        rows = _beside(rows, _attributes(sources.attribute, columns))
    rows = _history(rows, columns)
    return _surroundings(rows, columns)


def _people(profile: ir.Table, columns: Columns, as_of: date) -> ir.Table:
    on_list = [profile.lists.contains(name).fill_null(False).cast("float64") for name in columns.lists]
    flags = {f"list_{i}": flag for i, flag in enumerate(on_list)}
    return profile.select(
        "person_id",
        "area_code",
        "sex",
        "latitude",
        "longitude",
        household_id=ibis.coalesce(profile.household_id, profile.person_id),
        age=_age(profile, as_of),
        has_email=profile.email.notnull().cast("float64"),
        has_phone=profile.phone.notnull().cast("float64"),
        registered=profile.registration_number.notnull(),
        lists=_total(on_list),
        **flags,
    )


def _age(profile: ir.Table, as_of: date) -> ir.Value:
    """Years on the day `as_of`: from the birth date, else from the middle of the birth year."""
    born = profile.birth_date
    exact = (
        (as_of.year - born.year()).cast("float64")
        + (as_of.month - born.month()).cast("float64") / 12.0
        + (as_of.day - born.day()).cast("float64") / 365.25
    )
    rough = as_of.year - profile.birth_year.cast("float64") + (as_of.month - 7) / 12.0
    return ibis.coalesce(exact, rough)


def _beside(rows: ir.Table, more: ir.Table | None) -> ir.Table:
    """The columns of `more` (one row a person at most) set beside `rows`."""
    if more is None:
        return rows
    return rows.left_join(more, "person_id").drop("person_id_right")


def _votes(vote: ir.Table, columns: Columns, window: Window) -> ir.Table | None:
    elections = {
        **dict(zip(columns.vote_names[: columns.lags], window.recent, strict=False)),
        **dict(zip(columns.vote_names[columns.lags :], window.alike, strict=False)),
    }
    if not elections:
        return None
    known = vote.filter(vote.election.isin(sorted(set(elections.values()))))
    voted = known.voted.cast("float64")
    return known.group_by("person_id").aggregate(
        **{name: voted.max(where=known.election == election) for name, election in elections.items()}
    )


def _attributes(attribute: ir.Table, columns: Columns) -> ir.Table:
    known = attribute.filter(attribute.name.isin([*columns.numbers, *columns.texts]))
    numbers = {
        f"number_{i}": known.number.max(where=known.name == name) for i, name in enumerate(columns.numbers)
    }
    texts = {f"text_{i}": known.text.max(where=known.name == name) for i, name in enumerate(columns.texts)}
    return known.group_by("person_id").aggregate(**numbers, **texts)


def _history(rows: ir.Table, columns: Columns) -> ir.Table:
    """How many of the recent elections are known, in how many the person voted, and whether the roll knows them."""
    recent = [rows[name] for name in columns.vote_names[: columns.lags]]
    anything = [rows[name].notnull() for name in columns.vote_names]
    on_roll = rows.registered
    for known in anything:
        on_roll = on_roll | known
    rows = rows.mutate(
        votes_known=_total([vote.notnull().cast("float64") for vote in recent]),
        votes_cast=_total([vote.fill_null(0.0) for vote in recent]),
        on_roll=on_roll,
    )
    return rows.mutate(share_voted=_ratio(rows.votes_cast, rows.votes_known))


def _surroundings(rows: ir.Table, columns: Columns) -> ir.Table:
    """What the others of the household and of the area did and are."""
    latest = rows[columns.vote_names[0]] if columns.lags else ibis.null("float64")
    rows = rows.mutate(
        latest_cast=latest.fill_null(0.0),
        latest_known=latest.notnull().cast("float64"),
        age_known=rows.age.notnull().cast("float64"),
        age_sum=rows.age.fill_null(0.0),
    )
    home = rows.group_by("household_id").aggregate(
        household_size=rows.count().cast("float64"),
        home_cast=rows.votes_cast.sum(),
        home_known=rows.votes_known.sum(),
        home_age=rows.age_sum.sum(),
        home_ages=rows.age_known.sum(),
    )
    area = rows.group_by("area_code").aggregate(
        area_size=rows.count().cast("float64"),
        area_cast=rows.votes_cast.sum(),
        area_known=rows.votes_known.sum(),
        area_latest_cast=rows.latest_cast.sum(),
        area_latest_known=rows.latest_known.sum(),
        area_age_sum=rows.age_sum.sum(),
        area_ages=rows.age_known.sum(),
    )
    rows = rows.left_join(home, "household_id").drop("household_id_right")
    rows = rows.left_join(area, "area_code").drop("area_code_right")
    return rows.select(
        "person_id",
        "household_id",
        "area_code",
        "on_roll",
        *columns.plain,
        household_share=_ratio(rows.home_cast - rows.votes_cast, rows.home_known - rows.votes_known),
        household_age=_ratio(rows.home_age - rows.age_sum, rows.home_ages - rows.age_known),
        area_share=_ratio(rows.area_cast - rows.votes_cast, rows.area_known - rows.votes_known),
        area_latest=_ratio(
            rows.area_latest_cast - rows.latest_cast, rows.area_latest_known - rows.latest_known
        ),
        area_age=_ratio(rows.area_age_sum - rows.age_sum, rows.area_ages - rows.age_known),
    )


def _ratio(part: ir.Value, whole: ir.Value) -> ir.Value:
    """part / whole, null where the whole is nothing. Sums of halves and ones are exact; ages differ by rounding."""
    return (whole > 0.5).ifelse(part / whole, ibis.null("float64"))


def _total(values: Sequence[ir.Value]) -> ir.Value:
    total: ir.Value = ibis.literal(0.0)
    for value in values:
        total = total + value
    return total


def vote_counts(vote: ir.Table) -> ir.Table:
    """For each election: in how many persons' record it stands as voted, and as stayed at home."""
    return vote.group_by("election").aggregate(
        voted=vote.voted.cast("int64").sum(), stayed=(~vote.voted).cast("int64").sum()
    )


def attribute_counts(attribute: ir.Table) -> ir.Table:
    """For each attribute: how many persons have it, how many as a number, and how many different texts there are."""
    return attribute.group_by("name").aggregate(
        persons=attribute.count(), numbers=attribute.number.count(), levels=attribute.text.nunique()
    )


def turnout_outcome(vote: ir.Table, election: str) -> ir.Table:
    """Who voted in an election: person_id, outcome (1.0 or 0.0)."""
    known = vote.filter(vote.election == election)
    return known.select("person_id", outcome=known.voted.cast("float64"))


def support_outcome(attribute: ir.Table, level: str) -> ir.Table:
    """Who is for us, from the support level 1-5 told at the door: 1, 2 are for (1.0), 4, 5 against (0.0).

    The undecided (3) have no outcome. A level stands as a number, or as a text of one digit.
    """
    told = attribute.filter(attribute.name == level)
    told = told.select("person_id", level=ibis.coalesce(told.number, _digit(told.text)))
    told = told.filter(told.level.isin([1.0, 2.0, 4.0, 5.0]))
    return told.select("person_id", outcome=(told.level <= 2.0).cast("float64"))


def _digit(text: ir.Value) -> ir.Value:
    return ibis.cases(*((text.strip() == str(digit), float(digit)) for digit in range(1, 6)), else_=None)


def undecided(attribute: ir.Table, level: str) -> ir.Table:
    """Who answered 3 when asked for the support level: person_id."""
    told = attribute.filter(attribute.name == level)
    return told.filter(ibis.coalesce(told.number, _digit(told.text)) == 3.0).select("person_id")


def experiment_outcome(attribute: ir.Table, metric: str) -> ir.Table:
    """What an experiment's results say of a metric ("voted", "support"): person_id, outcome (1.0 or 0.0)."""
    told = attribute.filter((attribute.name == f"outcome:{metric}") & attribute.number.isin([0.0, 1.0]))
    return told.select("person_id", outcome=told.number)


def answer_before(attribute: ir.Table, metric: str) -> ir.Table:
    """What people answered before the draw to what an experiment measures: person_id, outcome (1.0 or 0.0)."""
    told = attribute.filter((attribute.name == f"{BEFORE}{metric}") & attribute.number.isin([0.0, 1.0]))
    return told.select("person_id", outcome=told.number)


def left_alone(
    profile: ir.Table, arms: ir.Table, control: str, drawn: Sequence[ir.Table], keep: int, of: int
) -> ir.Table:
    """Whom experiments left alone: person_id.

    They are the control arm and, of those whom no experiment drew (`drawn`: tables with person_id), the households with id % of <
    keep. With keep / of the control's share of its experiment, each kind of people is among them as often as in the electorate,
    whoever was drawn.
    """
    outside = households_of(profile, profile.select("person_id"))
    outside = outside.filter(outside.household_id % of < keep)
    for each in drawn:
        outside = outside.anti_join(each, "person_id")
    return arms.filter(arms.arm == control).select("person_id").union(outside.select("person_id"))


def first_known(outcome: ir.Table, otherwise: ir.Table) -> ir.Table:
    """The outcomes of the first table, and of the second those of persons who are not in the first."""
    return outcome.union(otherwise.anti_join(outcome, "person_id"))


def answers_by_area(profile: ir.Table, outcome: ir.Table) -> ir.Table:
    """How many answered in each area, and how many of them with yes: area_code, yes, answers."""
    rows = outcome.join(profile.select("person_id", "area_code"), "person_id")
    rows = rows.filter(rows.area_code.notnull())
    counts = rows.group_by("area_code").aggregate(yes=rows.outcome.sum(), answers=rows.count())
    return counts.order_by("area_code")


def outcome_lists(attribute: ir.Table, origin: ir.Table, names: Sequence[str]) -> ir.Table:
    """The lists that told these attributes: name, source."""
    told = attribute.filter(attribute.name.isin(list(names))).select("name", "origin").distinct()
    return told.join(origin.select("origin", "source"), "origin").select("name", "source").distinct()


def training_rows(rows: ir.Table, outcome: ir.Table, keep: int = 1, of: int = 1) -> ir.Table:
    """The rows of those with an outcome, in a fixed order; of large electorates the households with id % of < keep."""
    chosen = rows.join(outcome, "person_id")
    if keep < of:
        chosen = chosen.filter(chosen.household_id % of < keep)
    return chosen.order_by("person_id")


def trial_rows(rows: ir.Table, arms: ir.Table, attribute: ir.Table, metrics: Sequence[str]) -> ir.Table:
    """The rows of those who are in an arm, in a fixed order, with arm, outcome_METRIC and before_METRIC (null: not
    known)."""
    found = rows.join(arms.select("person_id", "arm"), "person_id")
    for metric in metrics:
        outcome = experiment_outcome(attribute, metric).rename({f"outcome_{metric}": "outcome"})
        before = answer_before(attribute, metric).rename({f"before_{metric}": "outcome"})
        found = _beside(_beside(found, outcome), before)
    return found.order_by("person_id")
