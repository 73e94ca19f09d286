"""Make a plan, put it in force, hand out its lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.jobs.model import Progress, silent
from commonweal.planning import queries, rules
from commonweal.planning.errors import NoSuchPlan, PlanOutdated
from commonweal.planning.model import EffectDraws, Goal, Option, Per, Plan, Problem
from commonweal.planning.options import CampaignOption, allowed, read_options
from commonweal.planning.population import Population, read_population
from commonweal.planning.solve import solve
from commonweal.planning.tally import Tally, tally
from commonweal.planning.totals import PlanReport
from commonweal.store.lake import Lake, LakeWriter
from commonweal.store.ledger import Connection, LedgerRole

_KEPT = 5  # plans whose people stay in the lake; of older ones the totals stay


def make(
    campaign: Campaign,
    budget: float,
    *,
    name: str = "",
    allow: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
    progress: Progress = silent,
) -> PlanReport:
    """The best plan for `budget` (in the campaign's currency), as a draft.

    `allow` adds options left out by default, `without` leaves some out. Raises BudgetTooSmall, OptionsMissing,
    OptionsUnreadable, UnknownOption, and what `rules.check` raises.
    """
    money = rules.money(campaign.settings, budget)
    options = allowed(read_options(campaign.folder), allow, without)
    with campaign.lake.writer("planning.make", {"budget": money}) as writer:
        progress(0, None, "reading scores and effects")
        population = read_population(campaign, options)
        problem = pose(campaign.lake, population, options, money)
        progress(0, None, "choosing the best contacts")
        plan = solve(problem)
        plan_id = _next_id(campaign)
        counted = tally(population, problem, plan, plan_id)
        progress(0, None, "writing the plan")
        writer.stage("planning.contact", counted.contacts, str(plan_id))
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            _drop_old(connection, writer, plan_id)
            writer.publish(connection)
            _insert(connection, campaign, plan_id, name, problem, plan, counted)
            detail = {"budget": money, "contacts": sum(each.contacts for each in counted.options)}
            audit.record(connection, campaign, "plan.make", subject=f"plan:{plan_id}", detail=detail)
    return report(campaign, plan_id)


def report(campaign: Campaign, plan_id: int) -> PlanReport:
    """A plan with its totals. Raises NoSuchPlan."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        found = queries.plan(connection, plan_id)
        if found is None:
            raise NoSuchPlan(plan_id=plan_id)
        return PlanReport(
            found,
            tuple(queries.option_totals(connection, plan_id)),
            tuple(queries.left_out(connection, plan_id)),
        )


def pose(lake: Lake, population: Population, options: tuple[CampaignOption, ...], budget: int) -> Problem:
    """The problem to solve. Where nobody has a support score the goal is turnout alone."""
    with_support = bool(np.isfinite(population.support).any())
    together = any(option.per == "household" for option in options)
    return Problem(
        options=tuple(
            Option(
                option.code,
                option.channel,
                option.message,
                option.unit_cost,
                Per(option.per),
                option.capacity,
            )
            for option in options
        ),
        budget=budget,
        d_turnout=population.d_turnout,
        se_turnout=population.se_turnout,
        d_support=population.d_support if with_support else None,
        se_support=population.se_support if with_support else None,
        turnout=population.turnout if with_support else None,
        support=population.support if with_support else None,
        barred=population.barrier,
        household=population.household if together else None,
        draws=_draws(lake, population, options, with_support),
        goal=Goal.VOTES if with_support else Goal.TURNOUT,
    )


def _draws(
    lake: Lake, population: Population, options: tuple[CampaignOption, ...], with_support: bool
) -> EffectDraws | None:
    """The errors that effects share, as (draws, segments, options); None where scoring left none."""
    table = lake.table("scoring.effect_draw")
    arms = [option.arm_name for option in options]
    rows = lake.read(table.filter(table.option.isin(arms)))
    if not rows.num_rows:
        return None
    option = np.array([arms.index(arm) for arm in rows["option"].to_pylist()])
    segment, draw = rows["segment"].to_numpy(), rows["draw"].to_numpy()
    shape = (int(draw.max()) + 1, max(int(segment.max()), int(population.segment.max())) + 1, len(arms))
    turnout, support = np.zeros(shape), np.zeros(shape)
    turnout[draw, segment, option] = np.nan_to_num(rows["d_turnout"].to_numpy())
    support[draw, segment, option] = np.nan_to_num(rows["d_support"].to_numpy())
    return EffectDraws(population.segment, turnout, support if with_support else None)


def _next_id(campaign: Campaign) -> int:
    """Safe because the caller is the lake's one writer."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        row = connection.execute("SELECT coalesce(max(plan_id), 0) + 1 FROM planning.plan").fetchone()
    assert row is not None
    return int(row[0])


def _drop_old(connection: Connection, writer: LakeWriter, plan_id: int) -> None:
    rows = connection.execute(
        "SELECT plan_id FROM planning.plan WHERE plan_id <= %s AND status <> 'approved'", (plan_id - _KEPT,)
    ).fetchall()
    for (old,) in rows:
        writer.drop("planning.contact", str(old))


def _insert(
    connection: Connection,
    campaign: Campaign,
    plan_id: int,
    name: str,
    problem: Problem,
    plan: Plan,
    counted: Tally,
) -> None:
    values: dict[str, Any] = {
        "plan_id": plan_id,
        "name": name or f"Plan {plan_id}",
        "goal": problem.goal.value,
        "made_at": campaign.clock(),
        "made_by": campaign.actor,
        "budget": plan.budget,
        "spent": plan.spent,
        "currency": campaign.settings.currency,
        "persons": len(plan.unit),
        "contacts": sum(each.contacts for each in counted.options),
        "reached": int(plan.reached.sum()),
        "votes": plan.votes.value,
        "votes_low": plan.votes.low,
        "votes_high": plan.votes.high,
        "bound": plan.bound,
        "price": plan.price,
    }
    marks = ", ".join(f"%({key})s" for key in values)
    connection.execute(f"INSERT INTO planning.plan ({', '.join(values)}) VALUES ({marks})", values)
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO planning.option_total (plan_id, option, channel, message, unit_cost, eligible, contacts, cost,"
            " votes, capacity, more) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    plan_id,
                    o.option,
                    o.channel,
                    o.message,
                    o.unit_cost,
                    o.eligible,
                    o.contacts,
                    o.cost,
                    o.votes,
                    o.capacity,
                    o.more,
                )
                for o in counted.options
            ],
        )
        cursor.executemany(
            "INSERT INTO planning.area_total (plan_id, area_code, channel, contacts, cost, votes)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [(plan_id, a.area_code, a.channel, a.contacts, a.cost, a.votes) for a in counted.areas],
        )
        cursor.executemany(
            "INSERT INTO planning.left_out (plan_id, reason, persons) VALUES (%s, %s, %s)",
            [(plan_id, each.reason, each.persons) for each in counted.left_out],
        )


def approve(campaign: Campaign, plan_id: int, *, actor: str | None = None) -> None:
    """Put the newest plan in force; the one before is replaced. Approving twice is harmless.

    Raises NoSuchPlan, PlanOutdated (a newer one was made, on newer data), CampaignOver.
    """
    queries.check_not_over(campaign)
    who = actor or campaign.actor
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        found, newest = queries.plan(connection, plan_id), queries.latest(connection)
        if found is None or newest is None:
            raise NoSuchPlan(plan_id=plan_id)
        if found.plan_id != newest.plan_id:
            raise PlanOutdated(plan_id=plan_id, newest=newest.plan_id)
        if found.status == "approved":
            return
        connection.execute("UPDATE planning.plan SET status = 'replaced' WHERE status = 'approved'")
        connection.execute(
            "UPDATE planning.plan SET status = 'approved', approved_at = %s, approved_by = %s WHERE plan_id = %s",
            (campaign.clock(), who, plan_id),
        )
        audit.record(connection, campaign, "plan.approve", subject=f"plan:{plan_id}", actor=who)
