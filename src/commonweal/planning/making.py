"""Make the campaign's plan: its people, options and terms in, a draft out. Apart from `actions`: pages need no optimiser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.experiments.model import Estimate
from commonweal.jobs.model import Progress, silent
from commonweal.planning import queries, rules
from commonweal.planning.closed import Closing, known
from commonweal.planning.dated import dated
from commonweal.planning.difference import difference
from commonweal.planning.errors import NoSuchPlan
from commonweal.planning.exploring import before, explore, rows
from commonweal.planning.horizon import in_time
from commonweal.planning.joint import Plan, Prices, Problem, solve
from commonweal.planning.once import solve_once, without_said
from commonweal.planning.options import allowed, read_options
from commonweal.planning.posing import Posed, pose
from commonweal.planning.price import obeying
from commonweal.planning.tally import Tally, tally
from commonweal.planning.terms import changed, groups, read_terms
from commonweal.planning.totals import LimitTotal, PlanReport
from commonweal.planning.under_way import besides, held, keep
from commonweal.store.lake import LakeWriter
from commonweal.store.ledger import Connection, LedgerRole

_KEPT = 5  # plans whose people stay in the lake; of older ones the totals stay


def make(
    campaign: Campaign,
    budget: float,
    *,
    name: str = "",
    allow: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
    changes: Mapping[str, float] | None = None,
    basis: int | None = None,
    closing: Closing | None = None,
    actor: str | None = None,
    progress: Progress = silent,
) -> PlanReport:
    """The best plan for `budget` (in the campaign's currency) within plan.toml's terms, as a draft. Contacts under way stay in it.

    `allow` adds options left out by default, `without` leaves some out. `changes`: what is to be otherwise than options.toml and
    plan.toml say, as `terms.changed` takes it; `basis`: the plan from which this one is changed, at whose prices the search begins.
    closing: what was done already; without it as if nothing had been. actor: who asked for it, where the campaign's own does it for them.
    A rule of what plans may say is obeyed (`price.obeying`).
    Raises BudgetTooSmall, OptionsMissing, OptionsUnreadable, UnknownOption, TermsUnreadable, NoSuchPlan, NothingAllowed, and what
    `changed`, `in_time`, `pose` and `joint.solve` raise.
    """
    money = rules.money(campaign.settings, budget)
    every = read_options(campaign.folder)
    options, terms = changed(allowed(every, allow, without), read_terms(campaign.folder), changes or {})
    rule = obeying.rule_of(campaign)
    options, terms, horizon = in_time(campaign, *obeying.left_open(rule, options, terms))
    with campaign.lake.writer("planning.make", {"budget": money}) as writer:
        progress(0, None, "reading scores and effects")
        begun, claims = campaign.clock(), held(campaign)
        aside = besides(options, every, claims)
        population = known(campaign, (*options, *aside), horizon, closing, groups(terms))
        days = horizon.also(option.channel for option in aside) if horizon else None
        posed = pose(campaign.lake, population, (*options, *aside), money, terms, days)
        posed = keep(posed, population, claims, [option.code for option in aside])
        posed = obeying.bound_by(campaign, rule, posed)
        posed, draw = explore(posed, population, before(campaign, terms))
        posed = without_said(posed) if population.once else posed
        progress(0, None, "choosing the best contacts")
        best = solve_once if population.once else solve
        plan = best(posed.problem, _start(campaign, posed.problem, basis))
        plan_id = _next_id(campaign)
        on = dated(campaign.lake, population, posed, plan)
        if on:
            posed, plan = on.posed, on.plan
        counted = tally(population, posed, plan, plan_id, on)
        gained = difference(campaign, population, posed, plan, basis, closing) if basis is not None else None
        progress(0, None, "writing the plan")
        writer.stage("planning.contact", counted.contacts, str(plan_id))
        if counted.explored and len(draw.person):
            writer.stage("experiments.exploration", rows(draw, posed, population, plan_id), str(plan_id))
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            _drop_old(connection, writer, plan_id)
            writer.publish(connection)
            told = {"name": name or f"Plan {plan_id}", "basis": basis, "changes": Jsonb(dict(changes or {}))}
            _insert(
                connection,
                campaign,
                {
                    "plan_id": plan_id,
                    "made_at": begun,
                    "made_by": actor or campaign.actor,
                    "without": list(without),
                    **told,
                    **_compared(gained),
                },
                posed,
                plan,
                counted,
            )
            audit.record(
                connection,
                campaign,
                "plan.make",
                subject=f"plan:{plan_id}",
                detail={"budget": money, "contacts": counted.pieces, "rule": rule.rule_id if rule else None},
                actor=actor,
            )
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
            tuple(queries.limit_totals(connection, plan_id)),
            tuple(queries.door_hours(connection, plan_id)),
            tuple(queries.left_out(connection, plan_id)),
            tuple(queries.day_totals(connection, plan_id)),
        )


def _start(campaign: Campaign, problem: Problem, basis: int | None) -> Prices | None:
    """The kept prices of the plan that is changed, by the names of the limits. Any other plan is sought from nothing, so that the
    same people and terms give the same plan, whatever was planned before. Raises NoSuchPlan.
    """
    if basis is None:
        return None
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        if queries.plan(connection, basis) is None:
            raise NoSuchPlan(plan_id=basis)
        price = {use.name: _of_one(use) for use in queries.limit_totals(connection, basis)}
    return Prices(np.array([price.get(limit.name, 0.0) for limit in problem.limits]), np.zeros(0))


def _of_one(use: LimitTotal) -> float:
    """As the problem prices it: a share, at most or at least, by the contact that it is of."""
    return abs(use.price) * use.each if use.unit == "share" else use.price


def _compared(gained: Estimate | None) -> dict[str, float]:
    return {"difference": gained.value, "difference_error": gained.error} if gained else {}


def _spent(connection: Connection) -> int:
    """What all contacts that were made have cost, in minor units."""
    row = connection.execute("SELECT coalesce(sum(spent), 0) FROM contacts.spending").fetchone()
    assert row is not None
    return int(row[0])


def _next_id(campaign: Campaign) -> int:
    """Safe because the caller is the lake's one writer."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        row = connection.execute("SELECT coalesce(max(plan_id), 0) + 1 FROM planning.plan").fetchone()
    assert row is not None
    return int(row[0])


def _drop_old(connection: Connection, writer: LakeWriter, plan_id: int) -> None:
    """The people of older plans than are kept; and whom those drew that were never put to use."""
    old = connection.execute(
        "SELECT plan_id, approved_at IS NULL AND explored > 0 FROM planning.plan"
        " WHERE plan_id <= %s AND status <> 'approved'",
        (plan_id - _KEPT,),
    ).fetchall()
    for old_id, drew_in_vain in old:
        writer.drop("planning.contact", str(old_id))
        if drew_in_vain:
            writer.drop("experiments.exploration", str(old_id))


def _insert(
    connection: Connection,
    campaign: Campaign,
    told: Mapping[str, Any],
    posed: Posed,
    plan: Plan,
    counted: Tally,
) -> None:
    plan_id = told["plan_id"]
    values: dict[str, Any] = {
        **told,
        "goal": posed.effects.goal.value,
        "budget": round(posed.limits[0].at_most),
        "spent": counted.spent,
        "currency": campaign.settings.currency,
        "persons": len(posed.units.of),
        "contacts": counted.pieces,
        "reached": counted.reached,
        "votes": counted.votes.value,
        "votes_low": counted.votes.low,
        "votes_high": counted.votes.high,
        "bound": counted.bound,
        "price": max(0.0, plan.uses[0].price),
        "most": posed.terms.most,
        "first_day": posed.horizon.first if posed.horizon else None,
        "last_day": posed.horizon.last if posed.horizon else None,
        "apart": posed.horizon.apart if posed.horizon else None,
        "closed": list(posed.horizon.closed) if posed.horizon else [],
        "learning": posed.terms.learning,
        "explored": counted.explored,
        "forgone": counted.forgone,
        "spent_before": _spent(connection),
    }
    _add(connection, "planning.plan", list(values), [tuple(values.values())])
    for table, columns, totals in (
        (
            "option_total",
            (
                "option",
                "channel",
                "message",
                "unit_cost",
                "eligible",
                "contacts",
                "cost",
                "votes",
                "capacity",
                "more",
            ),
            counted.options,
        ),
        ("area_total", ("area_code", "channel", "contacts", "cost", "votes"), counted.areas),
        (
            "limit_total",
            ("name", "kind", "unit", "each", "at_most", "at_least", "used", "price"),
            counted.limits,
        ),
        ("door_hours", ("area_code", "available", "used", "price"), counted.hours),
        ("left_out", ("reason", "persons"), counted.left_out),
        ("day_total", ("day", "channel", "contacts", "a_day", "votes"), counted.days),
    ):
        _add(
            connection,
            f"planning.{table}",
            ["plan_id", *columns],
            [(plan_id, *(getattr(row, column) for column in columns)) for row in totals],
        )


def _add(connection: Connection, table: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
