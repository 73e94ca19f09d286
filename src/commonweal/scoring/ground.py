"""What there is to learn from: who is known, which elections, attributes and lists, which experiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from commonweal.campaign import Campaign
from commonweal.experiments import actions as experiments
from commonweal.experiments import queries as experiment_queries
from commonweal.experiments import tables as experiment_tables
from commonweal.experiments.model import CONTROL, Experiment
from commonweal.scoring import rules, tables
from commonweal.scoring.errors import NobodyToScore
from commonweal.scoring.lawful import Permitted, permitted
from commonweal.scoring.model import AttributeCount, Columns, Election, ElectionVotes, Window
from commonweal.store.lake import Lake
from commonweal.store.ledger import LedgerRole

SUPPORT_LEVEL = "support_level"


@dataclass(frozen=True)
class Pilot:
    """An experiment with results: who is in which arm (person_id, household_id, arm), and how many have an outcome."""

    experiment: str
    control: str
    arms: ir.Table
    outcomes: Mapping[str, int]


@dataclass(frozen=True)
class Ground:
    """The lake as scoring sees it. `target` is the election that turnout is learnt from."""

    lake: Lake
    sources: tables.Sources
    persons: int
    today: date
    votes: tuple[ElectionVotes, ...]
    elections: tuple[Election, ...]
    target: Election | None
    attributes: Mapping[str, AttributeCount]
    columns: Columns
    pilot: Pilot | None
    permitted: Permitted

    def window(self, target: Election | None = None) -> Window:
        """The past as it was before `target`; as it is today when None."""
        kind = self.target.kind if self.target else ""
        return rules.window_before(self.elections, target, kind, self.today, self.columns.lags)

    def facts(self, window: Window) -> ir.Table:
        """A row a person, as of a window's end."""
        rows = tables.facts(self.sources, self.columns, window)
        if not len(self.permitted.refused):
            return rows
        return rows.anti_join(ibis.memtable(pa.table({"person_id": self.permitted.refused})), "person_id")


def survey(campaign: Campaign) -> Ground:
    """Look around before training. Raises NobodyToScore."""
    lake = campaign.lake
    sources = tables.Sources(*(lake.table(f"people.{name}") for name in ("profile", "vote", "attribute")))
    persons = int(lake.read(sources.profile.aggregate(n=sources.profile.count()))["n"][0].as_py())
    if not persons:
        raise NobodyToScore()
    votes = tuple(ElectionVotes(**row) for row in lake.read(tables.vote_counts(sources.vote)).to_pylist())
    allowed = permitted(campaign)
    attributes = {
        row["name"]: AttributeCount(**row)
        for row in lake.read(tables.attribute_counts(sources.attribute)).to_pylist()
    }
    usable = [each for name, each in attributes.items() if name not in allowed.left_out]
    elections = rules.order(each.election for each in votes)
    target = rules.choose_target(votes)
    earlier = elections.index(target) if target else len(elections)
    lists = _lists(lake, sources, attributes)
    return Ground(
        lake,
        sources,
        persons,
        campaign.today,
        tuple(sorted(votes, key=lambda each: each.election)),
        tuple(elections),
        target,
        attributes,
        rules.choose_columns(persons, earlier, usable, lists),
        find_pilot(campaign),
        allowed,
    )


def _lists(lake: Lake, sources: tables.Sources, attributes: Mapping[str, AttributeCount]) -> list[str]:
    """All lists but those that tell of experiments: to stand on these is to have been drawn, or to have answered."""
    telling = [name for name in attributes if name.startswith(experiment_tables.TELLING)]
    told = lake.read(tables.outcome_lists(sources.attribute, lake.table("people.origin"), telling))
    known = lake.read(sources.profile.select(name=sources.profile.lists.unnest()).distinct())
    return sorted(set(known["name"].to_pylist()) - set(told["source"].to_pylist()))


def find_pilot(campaign: Campaign) -> Pilot | None:
    """Of the experiments that have a control arm and outcomes, the one with the most; None without any."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        drawn = {each.experiment: each for each in experiment_queries.experiments(connection)}
    attribute = campaign.lake.table("people.attribute")
    told = campaign.lake.read(experiment_tables.told_experiments(attribute))["name"].to_pylist()
    names = {name.removeprefix(experiment_tables.ARM) for name in told} | drawn.keys()
    found = [_pilot(campaign, name, drawn.get(name)) for name in sorted(names)]
    known = [pilot for pilot in found if pilot is not None]
    return max(known, key=lambda pilot: sum(pilot.outcomes.values()), default=None)


def _pilot(campaign: Campaign, name: str, drawn: Experiment | None) -> Pilot | None:
    arms = experiments.arms_of(campaign, name, drawn)
    metrics = experiment_tables.metrics(campaign.lake.table("people.attribute"), arms)
    outcomes = {
        row["name"].removeprefix(experiment_tables.OUTCOME): row["persons"]
        for row in campaign.lake.read(metrics).to_pylist()
    }
    present = campaign.lake.read(arms.select("arm").distinct())["arm"].to_pylist()
    wanted = (drawn.control if drawn else CONTROL).casefold()
    control = next((arm for arm in sorted(present) if arm.casefold() == wanted), None)
    return Pilot(name, control, arms, outcomes) if control and outcomes else None
