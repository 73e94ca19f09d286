"""Draw an experiment; analyse it when its outcomes are in."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.experiments import analysis, exploration, queries, rules, tables
from commonweal.experiments.errors import (
    BadExperimentName,
    BadShares,
    ExperimentDrawn,
    NameOfExploration,
    NoControl,
    NoneEligible,
    NoResults,
    NoSuchExperiment,
)
from commonweal.experiments.model import CONTROL, DrawnArm, Experiment, MetricReport, SampleRatio
from commonweal.jobs.model import Progress, silent
from commonweal.store.ledger import Connection, LedgerRole

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}")


def draw(
    campaign: Campaign,
    name: str,
    shares: Mapping[str, float],
    *,
    control: str = CONTROL,
    eligible: ir.Table | None = None,
    universe: str = "",
    salt: str | None = None,
    about: str = "",
    progress: Progress = silent,
) -> Experiment:
    """Draw households into arms, each with its share of all eligible households; the rest stays outside.

    `shares` maps arms to shares that add up to at most 1; one of them is `control`. `eligible` is a table with
    a column person_id, `universe` its name for people; by default all with a registration number. A household
    is drawn whole, by hash of its id under `salt` (by default the experiment's name), so the same draw again
    gives the same arms, and is answered with the first one. Kept in the lake as experiments.assignment.

    Raises BadExperimentName, NameOfExploration, BadShares, NoControl, ExperimentDrawn, NoneEligible.
    """
    _check_design(name, shares, control)
    with campaign.lake.writer("experiments.draw", {"experiment": name}) as writer:
        drawn = _drawn_before(campaign, name, shares, control)
        if drawn:
            return drawn
        profile = campaign.lake.table("people.profile")
        chosen = tables.on_the_roll(profile) if eligible is None else eligible
        people = tables.households_of(profile, chosen).order_by("person_id")
        casting = _Casting(name, salt or name, dict(shares))
        writer.stage("experiments.assignment", casting.rows(campaign.lake.batches(people), progress), name)
        if not casting.eligible:
            raise NoneEligible(name=name, universe=universe or "the roll")
        experiment = Experiment(
            name,
            about,
            casting.salt,
            control,
            universe,
            casting.eligible,
            sum(arm.households for arm in casting.arms),
            sum(arm.persons for arm in casting.arms),
            campaign.clock(),
            campaign.actor,
            casting.arms,
        )
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            writer.publish(connection)
            _insert(connection, experiment)
            audit.record(
                connection,
                campaign,
                "experiment.draw",
                subject=f"experiment:{name}",
                detail={"persons": experiment.persons, "households": experiment.households},
            )
    return experiment


def _check_design(name: str, shares: Mapping[str, float], control: str) -> None:
    if not _NAME.fullmatch(name):
        raise BadExperimentName(name=name)
    if name == exploration.NAME:
        raise NameOfExploration(name=name)
    if control not in shares:
        raise NoControl(name=name, control=control, arms=", ".join(shares) or "-")
    total = math.fsum(shares.values())
    if len(shares) < 2 or min(shares.values()) <= 0 or not 0 < total <= 1 + 1e-9:
        told = ", ".join(f"{share:g}" for share in shares.values())
        raise BadShares(arms=", ".join(shares), shares=told)


def _drawn_before(
    campaign: Campaign, name: str, shares: Mapping[str, float], control: str
) -> Experiment | None:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        drawn = queries.experiment(connection, name)
    if drawn is None:
        return None
    design = {arm.arm: arm.share for arm in drawn.arms}
    if design != dict(shares) or drawn.control != control:
        told = ", ".join(f"{arm} {share:g}" for arm, share in design.items())
        raise ExperimentDrawn(name=name, day=drawn.drawn_at.date(), arms=told)
    return drawn


@dataclass
class _Casting:
    """Deals people into arms, block by block, and counts whom each arm got."""

    name: str
    salt: str
    shares: dict[str, float]
    eligible: int = 0
    _persons: dict[str, int] = field(default_factory=dict)
    _homes: list[npt.NDArray[np.int64]] = field(default_factory=list)

    def rows(self, batches: Iterator[pa.RecordBatch], progress: Progress) -> Iterator[pa.RecordBatch]:
        """The assignment's rows, of those who are in the experiment."""
        for batch in batches:
            self.eligible += batch.num_rows
            place = self._places(batch["household_id"].to_numpy())
            inside = np.flatnonzero(place >= 0)
            self._count(batch["household_id"].to_numpy()[inside], place[inside])
            arms = pa.array(list(self.shares), pa.string()).take(pa.array(place[inside], pa.int32()))
            chosen = batch.take(pa.array(inside))
            experiment = pa.array([self.name] * len(inside), pa.string())
            yield pa.RecordBatch.from_arrays(
                [experiment, chosen["person_id"], chosen["household_id"], arms],
                names=["experiment", "person_id", "household_id", "arm"],
            )
            progress(self.eligible, None, "drawing")

    @property
    def arms(self) -> tuple[DrawnArm, ...]:
        """Whom each arm got."""
        homes = np.unique(np.concatenate(self._homes)) if self._homes else np.empty(0, np.int64)
        households = np.bincount(self._places(homes), minlength=len(self.shares))
        return tuple(
            DrawnArm(arm, share, int(households[place]), self._persons.get(arm, 0))
            for place, (arm, share) in enumerate(self.shares.items())
        )

    def _places(self, household: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Each household's arm, as a place among the shares; -1 for those that stay outside."""
        total = min(1.0, math.fsum(self.shares.values()))
        inside = rules.split(household, f"{self.salt}/in", total)
        shares = [share / total for share in self.shares.values()]
        place = rules.assign(household, self.salt, list(self.shares), shares).astype(np.int64)
        return np.where(inside, place, -1)

    def _count(self, household: npt.NDArray[np.int64], place: npt.NDArray[np.int64]) -> None:
        self._homes.append(np.unique(household))
        for arm, count in zip(self.shares, np.bincount(place, minlength=len(self.shares)), strict=True):
            self._persons[arm] = self._persons.get(arm, 0) + int(count)


def _insert(connection: Connection, experiment: Experiment) -> None:
    connection.execute(
        "INSERT INTO experiments.experiment (experiment, about, salt, control, universe, eligible, households,"
        " persons, drawn_at, drawn_by) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            experiment.experiment,
            experiment.about,
            experiment.salt,
            experiment.control,
            experiment.universe,
            experiment.eligible,
            experiment.households,
            experiment.persons,
            experiment.drawn_at,
            experiment.drawn_by,
        ),
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO experiments.arm (experiment, arm, place, share, households, persons)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [
                (experiment.experiment, arm.arm, place, arm.share, arm.households, arm.persons)
                for place, arm in enumerate(experiment.arms)
            ],
        )


def explore(connection: Connection, campaign: Campaign, plan_id: int, *, actor: str) -> None:
    """The draw of a plan that explores counts from now on, since it is put to use; where another's does already, nothing changes."""
    connection.execute(
        "INSERT INTO experiments.exploration (plan_id, begun_at, begun_by)"
        " SELECT %s, %s, %s WHERE NOT EXISTS (SELECT FROM experiments.exploration)",
        (plan_id, campaign.clock(), actor),
    )


def analyse(campaign: Campaign, name: str, *, control: str = CONTROL) -> tuple[MetricReport, ...]:
    """Means and effects by arm for every metric whose outcome is known, kept in the ledger for pages.

    Of an experiment drawn here the arms are those of the draw, whatever a list says; of one drawn elsewhere,
    those of the lists (attribute arm:NAME), `control` being compared without regard to case; of "exploration" those that plans drew
    (`exploration.reports`).

    Raises NoSuchExperiment, NoControl, NoResults, TooFewInArm.
    """
    found = exploration.reports(campaign) if name == exploration.NAME else _reports(campaign, name, control)
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        for report in found:
            _keep(connection, campaign, report)
        audit.record(
            connection,
            campaign,
            "experiment.analyse",
            subject=f"experiment:{name}",
            detail={"metrics": [report.metric for report in found]},
        )
    return found


def _reports(campaign: Campaign, name: str, control: str) -> tuple[MetricReport, ...]:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        drawn = queries.experiment(connection, name)
    arms = arms_of(campaign, name, drawn)
    attribute = campaign.lake.table("people.attribute")
    metrics = campaign.lake.read(tables.metrics(attribute, arms).order_by("name"))
    if not metrics.num_rows:
        persons = int(campaign.lake.read(arms.aggregate(n=arms.count()))["n"][0].as_py())
        raise NoResults(name=name, persons=persons)
    return tuple(
        _metric(campaign, name, arms, metric.removeprefix(tables.OUTCOME), drawn, control)
        for metric in metrics["name"].to_pylist()
    )


def arms_of(campaign: Campaign, name: str, drawn: Experiment | None) -> ir.Table:
    """Who is in which arm: person_id, household_id, arm. Raises NoSuchExperiment."""
    profile = campaign.lake.table("people.profile")
    if drawn:
        return tables.drawn_arms(campaign.lake.table("experiments.assignment"), profile, name)
    attribute = campaign.lake.table("people.attribute")
    told = campaign.lake.read(tables.told_experiments(attribute))["name"].to_pylist()
    if f"{tables.ARM}{name}" not in told:
        with campaign.ledger.read(LedgerRole.BULK) as connection:
            known = {each.experiment for each in queries.experiments(connection)}
        known |= {each.removeprefix(tables.ARM) for each in told}
        raise NoSuchExperiment(name=name, known=", ".join(sorted(known)) or "-")
    return tables.told_arms(attribute, profile, name)


def _metric(
    campaign: Campaign, name: str, arms: ir.Table, metric: str, drawn: Experiment | None, control: str
) -> MetricReport:
    lake = campaign.lake
    rows = lake.read(
        tables.results(
            arms,
            lake.table("people.attribute"),
            lake.table("people.vote"),
            lake.table("people.profile"),
            metric,
        )
    )
    known = rows.filter(rows["outcome"].is_valid())
    order = _order(name, known["arm"].unique().to_pylist(), drawn, control)
    place = np.array([order.index(arm) for arm in known["arm"].to_pylist()], dtype=np.int64)
    covariates = analysis.known_before(known, place, len(order))
    found = analysis.analyse(
        known["outcome"].to_numpy(),
        place,
        order,
        cluster=known["household_id"].to_numpy(),
        covariates=np.column_stack(list(covariates.values())) if covariates else None,
    )
    ratio = _ratio(known["household_id"].to_numpy(), place, order, drawn) if drawn else None
    return MetricReport(name, metric, found, rows.num_rows - known.num_rows, tuple(covariates), ratio)


def _order(name: str, arms: list[str], drawn: Experiment | None, control: str) -> list[str]:
    """The arms that have outcomes, the control first, then as designed (by name when drawn elsewhere)."""
    designed = [arm.arm for arm in drawn.arms] if drawn else sorted(arms)
    first = (
        drawn.control if drawn else next((arm for arm in arms if arm.casefold() == control.casefold()), "")
    )
    if first not in arms:
        raise NoControl(name=name, control=control, arms=", ".join(sorted(arms)) or "-")
    return [first, *(arm for arm in designed if arm in arms and arm != first)]


def _ratio(
    household: npt.NDArray[np.int64], place: npt.NDArray[np.int64], order: list[str], drawn: Experiment
) -> SampleRatio:
    counts = [len(np.unique(household[place == arm])) for arm in range(len(order))]
    shares = {arm.arm: arm.share for arm in drawn.arms}
    return analysis.sample_ratio(counts, [shares[arm] for arm in order])


def _keep(connection: Connection, campaign: Campaign, report: MetricReport) -> None:
    key = (report.experiment, report.metric)
    found = report.analysis
    connection.execute("DELETE FROM experiments.analysis WHERE (experiment, metric) = (%s, %s)", key)
    connection.execute(
        "INSERT INTO experiments.analysis (experiment, metric, control, units, clusters, missing, covariates,"
        " ratio_chi2, ratio_p, analysed_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            *key,
            found.control,
            found.units,
            found.clusters,
            report.missing,
            list(report.covariates),
            report.ratio.chi_square if report.ratio else None,
            report.ratio.p_value if report.ratio else None,
            campaign.clock(),
        ),
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO experiments.result (experiment, metric, arm, place, units, clusters, mean, mean_error,"
            " effect, effect_error, adjusted_effect, adjusted_error)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    *key,
                    arm.arm,
                    place,
                    arm.units,
                    arm.clusters,
                    arm.mean.value,
                    arm.mean.error,
                    arm.effect.value if arm.effect else None,
                    arm.effect.error if arm.effect else None,
                    arm.adjusted_effect.value if arm.adjusted_effect else None,
                    arm.adjusted_effect.error if arm.adjusted_effect else None,
                )
                for place, arm in enumerate(found.arms)
            ],
        )
