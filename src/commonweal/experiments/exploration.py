"""What exploring told: each option beside those left alone whom it could have reached.

The first plan that explores and is put to use draws some households to be contacted by an option that is drawn, others to be left alone;
later plans keep to this draw (docs/plans.md). Of what a
household draws depends on how it can be reached and on what the law leaves open: who got letters is unlike who was left alone. So each
option is compared with those only, of the people left alone, whom it could have reached by the same draw; and each person weighs by
one over the chance of what was drawn for them (Horvitz and Thompson, *Journal of the American Statistical Association* 47, 1952), so
that both sides stand for the same people. The mean of the control is that of all who were left alone.

A person counts by what was drawn, whoever was reached and whatever had no room (intention to treat).
Outcomes have to say that they are of this experiment, `outcome:exploration/support`: what was measured before the draw, after a pilot
say, tells nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commonweal.campaign import Campaign
from commonweal.experiments import analysis, queries, tables
from commonweal.experiments.errors import NoResultsOfExploration, NothingExplored
from commonweal.experiments.model import CONTROL, EXPLORATION, Analysis, ArmResult, MetricReport
from commonweal.store.ledger import LedgerRole

NAME = EXPLORATION

FEW = 30
"""Households on either side: an option with fewer is not compared, since its interval would say too little of its error."""


def reports(campaign: Campaign) -> tuple[MetricReport, ...]:
    """Means and effects by option for every metric whose outcome is known. Raises NothingExplored, NoResultsOfExploration."""
    lake = campaign.lake
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        plan = queries.exploration(connection)
    if plan is None:
        raise NothingExplored(name=NAME)
    arms = tables.explored(lake.table("experiments.exploration"), lake.table("people.profile"), plan)
    found = lake.read(tables.metrics(lake.table("people.attribute"), arms, explored=True).order_by("name"))
    told = [_report(campaign, arms, name.removeprefix(tables.OUTCOME)) for name in found["name"].to_pylist()]
    known = tuple(report for report in told if report is not None)
    if not known:
        persons = int(lake.read(arms.aggregate(n=arms.count()))["n"][0].as_py())
        raise NoResultsOfExploration(name=NAME, persons=persons)
    return known


def _report(campaign: Campaign, arms: ir.Table, metric: str) -> MetricReport | None:
    """None where too few are known of every option."""
    lake = campaign.lake
    attribute, vote, profile = (lake.table(f"people.{name}") for name in ("attribute", "vote", "profile"))
    rows = lake.read(tables.results(arms, attribute, vote, profile, metric))
    known = rows.filter(rows["outcome"].is_valid())
    results = tuple(_results(known))
    if len(results) < 2:
        return None
    found = Analysis(
        CONTROL,
        known.num_rows,
        len(np.unique(known["household_id"].to_numpy())),
        tuple(r for r, _ in results),
    )
    held = [name for name in results[1][1] if all(name in names for _, names in results[1:])]
    own = metric.removeprefix(tables.EXPLORED)
    return MetricReport(NAME, own, found, rows.num_rows - known.num_rows, tuple(held), None)


def _results(known: pa.Table) -> Iterator[tuple[ArmResult, tuple[str, ...]]]:
    """The control and each option that can be compared, with the covariates that its adjusted effect holds equal."""
    arm = np.array(known["arm"].to_pylist(), object)
    could = known["could"].combine_chunks()
    home = np.repeat(np.arange(known.num_rows), could.value_lengths().to_numpy())
    option = np.array(could.flatten().to_pylist(), object)
    alone = arm == CONTROL
    if not _enough(known, alone):
        return
    yield _compared(known.filter(pa.array(alone)), (CONTROL,))[0].arms[0], ()
    for name in sorted(set(arm) - {CONTROL}):
        comparable = np.zeros(known.num_rows, bool)
        comparable[home[option == name]] = True
        comparable &= alone
        if _enough(known, comparable) and _enough(known, arm == name):
            rows = known.filter(pa.array(comparable | (arm == name)))
            found, names = _compared(rows, (CONTROL, name))
            yield found.arms[1], names


def _compared(rows: pa.Table, arms: tuple[str, ...]) -> tuple[Analysis, tuple[str, ...]]:
    place = np.array([arms.index(arm) for arm in rows["arm"].to_pylist()], np.int64)
    covariates = analysis.known_before(rows, place, len(arms)) if len(arms) > 1 else {}
    found = analysis.analyse(
        rows["outcome"].to_numpy(),
        place,
        arms,
        cluster=rows["household_id"].to_numpy(),
        covariates=np.column_stack(list(covariates.values())) if covariates else None,
        weight=1.0 / rows["chance"].to_numpy(),
    )
    return found, tuple(covariates)


def _enough(rows: pa.Table, some: npt.NDArray[np.bool_]) -> bool:
    return len(np.unique(rows["household_id"].to_numpy()[some])) >= FEW
