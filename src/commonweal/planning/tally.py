"""From a solved plan back to people: who gets what and why, and the totals by option, area and reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.planning import rules
from commonweal.planning.model import NONE, Doubles, Per, Plan, PlannedOption, Problem, Reason
from commonweal.planning.population import Population
from commonweal.planning.totals import AreaTotal, LeftOut, OptionTotal

_REASONS = np.array([reason.code for reason in Reason], dtype=object)


@dataclass(frozen=True, eq=False)
class Tally:
    """What a plan means for each person (row of `contacts`), and its totals."""

    contacts: pa.Table
    options: tuple[OptionTotal, ...]
    areas: tuple[AreaTotal, ...]
    left_out: tuple[LeftOut, ...]


def tally(population: Population, problem: Problem, plan: Plan, plan_id: int) -> Tally:
    """Rows of planning.contact, and the totals. Raises AssertionError when the plan breaks a rule of its own."""
    choice = plan.choice[plan.unit]
    _verify(problem, plan, choice)
    reason = _reasons(population, plan, choice)
    return Tally(
        contacts=_contacts(population, problem, plan, plan_id, reason),
        options=tuple(_option_total(option) for option in plan.options),
        areas=_areas(population, problem, plan),
        left_out=_left_out(reason[~plan.reached]),
    )


def _verify(problem: Problem, plan: Plan, choice: npt.NDArray[np.int16]) -> None:
    """An independent count: money within the budget, contacts within each capacity, nobody reached by what is closed to them."""
    assert int(plan.cost.sum()) == plan.spent <= plan.budget, "the plan spends more than it has"
    for position, option in enumerate(problem.options):
        mine = np.flatnonzero(plan.reached & (choice == position))
        contacts = len(np.unique(plan.unit[mine])) if option.per is Per.HOUSEHOLD else len(mine)
        assert option.capacity is None or contacts <= option.capacity, "an option is used beyond its capacity"
    reached = np.flatnonzero(plan.reached)
    assert (choice[reached] != NONE).all(), "somebody is reached by nothing"
    if problem.barred is not None:
        assert not problem.barred[reached, choice[reached]].any(), "somebody is reached by a closed option"


def _reasons(population: Population, plan: Plan, choice: npt.NDArray[np.int16]) -> npt.NDArray[np.object_]:
    """The code of why each person is reached or not."""
    reason = _REASONS[plan.reason[plan.unit]]
    barred = plan.reason[plan.unit] == Reason.BARRED
    reason[barred] = population.reasons[plan.barrier[plan.unit][barred]]
    # In a household that gets something, a member to whom just this option is closed.
    beside = np.flatnonzero((choice != NONE) & ~plan.reached)
    reason[beside] = "other_member_" + population.reasons[population.barrier[beside, choice[beside]]]
    return reason


def _contacts(
    population: Population, problem: Problem, plan: Plan, plan_id: int, reason: npt.NDArray[np.object_]
) -> pa.Table:
    codes = pa.array([option.code for option in problem.options], pa.string())
    choice = np.where(plan.reached, plan.choice[plan.unit], NONE)
    second = plan.second[plan.unit]
    members = np.maximum(np.bincount(plan.unit, plan.reached, minlength=len(plan.choice)), 1)
    return pa.table(
        {
            "plan_id": pa.array(np.full(len(population), plan_id, np.int32)),
            "person_id": population.person,
            "household_id": population.household,
            "area_code": population.area,
            "option": _coded(codes, choice),
            "reason": pa.array(reason, pa.string()),
            "votes": _shown(_own_gain(problem, choice), plan.reached),
            "votes_error": _shown((plan.error / members)[plan.unit], plan.reached),
            "second": _coded(codes, second),
            "second_votes": _shown((plan.second_gain / members)[plan.unit], second != NONE),
        }
    )


def _coded(codes: pa.Array, position: npt.NDArray[np.int16]) -> pa.Array:
    return codes.take(pa.array(np.maximum(position, 0).astype(np.int32), mask=position == NONE))


def _shown(values: Doubles, where: npt.NDArray[np.bool_]) -> pa.Array:
    return pa.array(values.astype(np.float32), mask=~where)


def _own_gain(problem: Problem, choice: npt.NDArray[np.int16]) -> Doubles:
    """What each person's own contact gains; 0 where there is none."""
    at, rows = np.maximum(choice, 0), np.arange(len(choice))
    d_support = problem.d_support[rows, at] if problem.d_support is not None else None
    gain = rules.votes(problem.d_turnout[rows, at], d_support, problem.turnout, problem.support)
    return np.where(choice == NONE, 0.0, np.nan_to_num(gain))


def _option_total(option: PlannedOption) -> OptionTotal:
    return OptionTotal(
        option=option.option.code,
        channel=option.option.channel,
        message=option.option.message,
        unit_cost=option.option.unit_cost,
        eligible=option.eligible,
        contacts=option.contacts,
        cost=option.cost,
        votes=option.votes.value,
        capacity=option.option.capacity,
        more=option.more,
    )


def _areas(population: Population, problem: Problem, plan: Plan) -> tuple[AreaTotal, ...]:
    """By area and channel. A household counts where its first reached member lives."""
    reached = np.flatnonzero(plan.reached)
    units, first = np.unique(plan.unit[reached], return_index=True)
    option = plan.choice[units]
    people = np.bincount(plan.unit[reached], minlength=len(plan.choice))[units]
    once = np.array([each.per is Per.HOUSEHOLD for each in problem.options])
    rows = pa.table(
        {
            "area": population.area.take(pa.array(reached[first])),
            "channel": pa.array([each.channel for each in problem.options]).take(
                pa.array(option.astype(np.int32))
            ),
            "contacts": np.where(once[option], 1, people),
            "cost": plan.cost[units],
            "votes": plan.gain[units],
        }
    )
    sums = rows.group_by(["area", "channel"]).aggregate(
        [("contacts", "sum"), ("cost", "sum"), ("votes", "sum")]
    )
    ordered = sums.sort_by([("area", "ascending"), ("channel", "ascending")])
    return tuple(
        AreaTotal(row["area"], row["channel"], row["contacts_sum"], row["cost_sum"], row["votes_sum"])
        for row in ordered.to_pylist()
    )


def _left_out(reasons: npt.NDArray[np.object_]) -> tuple[LeftOut, ...]:
    counts = pc.value_counts(pa.array(reasons, pa.string())).to_pylist()
    found = [LeftOut(each["values"], each["counts"]) for each in counts]
    return tuple(sorted(found, key=lambda each: (-each.persons, each.reason)))
