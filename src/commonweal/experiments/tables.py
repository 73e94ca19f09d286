"""Lake side of experiments: who may be drawn, who is in which arm, and the rows that an analysis reads."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from commonweal.experiments.model import EXPLORATION

ARM = "arm:"
OUTCOME = "outcome:"
BEFORE = "before:"  # the answer to what a metric measures, given before the draw or the contact
EXPLORED = f"{EXPLORATION}/"  # before the name of a metric that is of what plans drew only
TELLING = (ARM, OUTCOME, BEFORE)


def on_the_roll(profile: ir.Table) -> ir.Table:
    """The persons with a registration number: those whose vote will be known. person_id, household_id."""
    return profile.filter(profile.registration_number.notnull()).select("person_id", "household_id")


def households_of(profile: ir.Table, chosen: ir.Table) -> ir.Table:
    """The chosen persons (person_id) with their household; one who lives in none is a household of their own."""
    people = profile.select("person_id", household_id=ibis.coalesce(profile.household_id, profile.person_id))
    return people.semi_join(chosen, "person_id")


def told_arms(attribute: ir.Table, profile: ir.Table, experiment: str) -> ir.Table:
    """The arms that lists tell of an experiment drawn elsewhere: person_id, household_id, arm."""
    told = attribute.filter((attribute.name == f"{ARM}{experiment}") & attribute.text.notnull())
    told = told.select("person_id", arm=told.text)
    return told.join(households_of(profile, told), "person_id").select("person_id", "household_id", "arm")


def drawn_arms(assignment: ir.Table, profile: ir.Table, experiment: str) -> ir.Table:
    """The arms as drawn here, of those who still are persons: person_id, household_id (as drawn), arm."""
    drawn = assignment.filter(assignment.experiment == experiment)
    return drawn.select("person_id", "household_id", "arm").semi_join(profile, "person_id")


def told_experiments(attribute: ir.Table) -> ir.Table:
    """The names of the attributes that tell of arms ("arm:…")."""
    return attribute.filter(attribute.name.startswith(ARM)).select("name").distinct()


def explored(exploration: ir.Table, profile: ir.Table, plan: int) -> ir.Table:
    """Whom a plan drew, of those who still are persons: person_id, household_id, arm, chance, could (experiments.exploration)."""
    drawn = exploration.filter(exploration.plan_id == plan).semi_join(profile, "person_id")
    return drawn.drop("plan_id")


def metrics(attribute: ir.Table, arms: ir.Table, *, explored: bool = False) -> ir.Table:
    """The outcomes known of the people in `arms`: name ("outcome:…"), persons. explored: those of what plans drew
    ("outcome:exploration/…"), which are of no other experiment."""
    name = attribute.name
    of_plans = name.startswith(f"{OUTCOME}{EXPLORED}")
    meant = of_plans if explored else name.startswith(OUTCOME) & ~of_plans
    known = attribute.filter(meant & attribute.number.notnull()).semi_join(arms, "person_id").select("name")
    return known.group_by("name").aggregate(persons=known.count())


def results(arms: ir.Table, attribute: ir.Table, vote: ir.Table, profile: ir.Table, metric: str) -> ir.Table:
    """One row a person in `arms`, in a fixed order: household_id, arm, outcome (null: not known), and what was known before.

    Before: age (years, whatever the day: only differences matter), past (share of known elections in which the
    person voted), size (persons in the household) and asked (what they answered to the same question before the draw).
    """
    outcomes = _numbers(attribute, f"{OUTCOME}{metric}").rename(outcome="number")
    asked = _numbers(attribute, f"{BEFORE}{metric}").rename(asked="number")
    past = vote.group_by("person_id").aggregate(past=vote.voted.cast("float64").mean())
    year = ibis.coalesce(profile.birth_date.year().cast("float64"), profile.birth_year.cast("float64"))
    ages = profile.select("person_id", age=-year)
    sizes = profile.group_by("household_id").aggregate(size=profile.count().cast("float64"))
    rows = arms
    for more in (outcomes, asked, past, ages):
        rows = rows.left_join(more, "person_id").drop("person_id_right")
    rows = rows.left_join(sizes, "household_id").drop("household_id_right")
    return rows.order_by("person_id")


def _numbers(attribute: ir.Table, name: str) -> ir.Table:
    """person_id, number: of those of whom one attribute is known as a number."""
    known = attribute.filter((attribute.name == name) & attribute.number.notnull())
    return known.select("person_id", "number")
