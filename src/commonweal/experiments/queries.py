"""What the ledger knows of experiments: designs and results, for pages and for the next analysis."""

from __future__ import annotations

from typing import Any

from commonweal.experiments.model import (
    Analysis,
    ArmResult,
    DrawnArm,
    Estimate,
    Experiment,
    MetricReport,
    SampleRatio,
)
from commonweal.store.ledger import Connection

_EXPERIMENT = "experiment, about, salt, control, universe, eligible, households, persons, drawn_at, drawn_by"


def experiments(connection: Connection) -> list[Experiment]:
    """All draws, the latest first."""
    rows = connection.execute(
        f"SELECT {_EXPERIMENT} FROM experiments.experiment ORDER BY drawn_at DESC, experiment"
    ).fetchall()
    return [_with_arms(connection, row) for row in rows]


def experiment(connection: Connection, name: str) -> Experiment | None:
    """The draw called `name`, or None: an experiment of which only results were imported has no draw."""
    row = connection.execute(
        f"SELECT {_EXPERIMENT} FROM experiments.experiment WHERE experiment = %s", (name,)
    ).fetchone()
    return _with_arms(connection, row) if row else None


def _with_arms(connection: Connection, row: tuple[Any, ...]) -> Experiment:
    arms = connection.execute(
        "SELECT arm, share, households, persons FROM experiments.arm WHERE experiment = %s ORDER BY place",
        (row[0],),
    ).fetchall()
    return Experiment(*(*row, tuple(DrawnArm(*arm) for arm in arms)))


def exploration(connection: Connection) -> int | None:
    """The plan whose draw counts: the first that explored and was put to use."""
    row = connection.execute(
        "SELECT plan_id FROM experiments.exploration ORDER BY plan_id LIMIT 1"
    ).fetchone()
    return row[0] if row else None


def reports(connection: Connection, name: str) -> list[MetricReport]:
    """The latest analysis of each metric of an experiment. Expected counts of the sample ratio are not kept."""
    rows = connection.execute(
        "SELECT metric, control, units, clusters, missing, covariates, ratio_chi2, ratio_p"
        " FROM experiments.analysis WHERE experiment = %s ORDER BY metric",
        (name,),
    ).fetchall()
    return [_report(connection, name, row) for row in rows]


def _report(connection: Connection, name: str, row: tuple[Any, ...]) -> MetricReport:
    metric, control, units, clusters, missing, covariates, chi_square, p_value = row
    arms = connection.execute(
        "SELECT arm, units, clusters, mean, mean_error, effect, effect_error, adjusted_effect, adjusted_error"
        " FROM experiments.result WHERE (experiment, metric) = (%s, %s) ORDER BY place",
        (name, metric),
    ).fetchall()
    analysis = Analysis(control, units, clusters, tuple(_arm(arm) for arm in arms))
    ratio = SampleRatio((), (), chi_square, p_value) if p_value is not None else None
    return MetricReport(name, metric, analysis, missing, tuple(covariates), ratio)


def _arm(row: tuple[Any, ...]) -> ArmResult:
    arm, units, clusters, mean, mean_error, effect, effect_error, adjusted, adjusted_error = row
    return ArmResult(
        arm=arm,
        units=units,
        clusters=clusters,
        mean=Estimate(mean, mean_error),
        effect=None if effect is None else Estimate(effect, effect_error),
        effect_hc1=None,
        adjusted_mean=None,
        adjusted_effect=None if adjusted is None else Estimate(adjusted, adjusted_error),
    )
