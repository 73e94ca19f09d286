"""Problem in, Plan out: the best use of one budget with one contact a person, or a household, at most.

A household's gain by an option is the sum over its members who are open to it; an option that is paid per household
costs once, one that is paid per person once for each of these members. A gain of 0 or less is never chosen. The choice
itself is made in `knapsack`, exactly; where options have capacities that are reached, in `within`. Gains are taken at their word: the bound is one on this sum, not on the world, and
`votes.error` beside it tells how far the gains can be trusted. Of many noisy gains the largest are chosen, so feed
gains that are shrunk, else the sum promises too much.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commonweal.experiments.model import Estimate
from commonweal.planning import rules
from commonweal.planning.knapsack import Selection
from commonweal.planning.limits import Limit
from commonweal.planning.model import (
    NONE,
    OPEN,
    Choices,
    Codes,
    Doubles,
    Flags,
    Floats,
    Goal,
    Ids,
    Per,
    Plan,
    PlannedOption,
    Problem,
    Reason,
)
from commonweal.planning.within import select_within

_ROUNDING = 1e-9  # of a gain: closer to the price than this counts as equal to it
_BLOCK = 1 << 16


@dataclass(frozen=True, eq=False)
class _Units:
    """Who is planned as one: gain, cost and open members (u, k) by option; `of` (n,) is each person's unit.

    cost is (k,) when it is the same for every unit. gain is -inf where no member is open.
    """

    of: npt.NDArray[np.intp]
    gain: Doubles
    cost: Ids
    members: npt.NDArray[np.int32]

    def cost_of(self, rows: slice) -> Ids:
        cost = self.cost if self.cost.ndim == 1 else self.cost[rows]
        return np.broadcast_to(cost, self.gain[rows].shape)

    def contacts(self, problem: Problem, position: int, rows: slice = slice(None)) -> int | Ids:
        """What an option uses of its capacity with each unit: a contact, or one for each open member."""
        if problem.household is None or problem.options[position].per is Per.HOUSEHOLD:
            return 1
        return self.members[rows, position].astype(np.int64)


def solve(problem: Problem) -> Plan:
    """The plan that gains most within the budget and the capacities, with the proof, the reasons and the second best.

    Exact but for the rounding of float64 sums where no capacity is reached; else as a rule within a millionth of
    `Plan.bound`. Where the proof is not complete the bound is above the value and `proved` is False. Raises what `rules.check` raises.
    """
    rules.check(problem)
    allowed = rules.open_to(problem)
    units = _units(problem, allowed)
    limits = _capacities(problem, units)
    within = select_within(units.gain, units.cost, problem.budget, list(limits.values()))
    selection, more = within.selection, np.zeros(len(problem.options))
    more[list(limits)] = within.prices
    choice = selection.choice
    chosen = _Chosen.of(problem, choice[units.of], allowed)
    rows = np.flatnonzero(choice != NONE)
    gain, cost = np.zeros(len(choice)), np.zeros(len(choice), np.int64)
    gain[rows] = units.gain[rows, choice[rows]]
    cost[rows] = units.cost[choice[rows]] if units.cost.ndim == 1 else units.cost[rows, choice[rows]]
    ranked = _rank(problem, units, selection, more)
    barred = ranked.reason == Reason.BARRED
    return Plan(
        options=_by_option(problem, units, choice, chosen, gain, cost, more),
        budget=problem.budget,
        spent=int(cost.sum()),
        votes=Estimate(selection.value, chosen.error_of(problem)),
        bound=selection.bound,
        proved=selection.proved,
        price=selection.price,
        unit=units.of,
        choice=choice,
        reached=chosen.reached,
        gain=gain,
        error=_sums(units.of, chosen.error, len(choice)),
        cost=cost,
        reason=ranked.reason,
        barrier=_barriers(problem, units, barred),
        second=ranked.second,
        second_gain=ranked.second_gain,
        lead=ranked.lead,
    )


def _column(problem: Problem, position: int) -> Doubles:
    """What one option gains with each person, barred or not."""
    with_support = problem.goal is Goal.VOTES and problem.d_support is not None
    d_support = problem.d_support[:, position] if with_support and problem.d_support is not None else None
    return rules.votes(problem.d_turnout[:, position], d_support, problem.turnout, problem.support)


def _units(problem: Problem, allowed: Flags) -> _Units:
    n, k = allowed.shape
    of = np.arange(n)
    if problem.household is not None:
        of = np.unique(problem.household, return_inverse=True)[1].astype(np.intp)
    u = int(of.max()) + 1
    gain, members = np.empty((u, k), order="F"), np.empty((u, k), np.int32, order="F")
    for position in range(k):
        here = allowed[:, position]
        worth = np.where(here, _column(problem, position), 0.0)
        members[:, position] = np.bincount(of, here, minlength=u)
        gain[:, position] = np.where(members[:, position] > 0, _sums(of, worth, u), -np.inf)
    cost = np.array([option.unit_cost for option in problem.options], np.int64)
    if problem.household is not None and any(option.per is Per.PERSON for option in problem.options):
        each = np.array([option.per is Per.PERSON for option in problem.options])
        cost = np.where(each, np.maximum(members, 1), 1) * cost
    return _Units(of, gain, cost, members)


def _capacities(problem: Problem, units: _Units) -> dict[int, Limit]:
    """By the option's position, for those that have one."""
    return {
        position: Limit({position: units.contacts(problem, position)}, option.capacity)
        for position, option in enumerate(problem.options)
        if option.capacity is not None
    }


def _sums(of: npt.NDArray[np.integer], values: Doubles, count: int) -> Doubles:
    """Sums of the values by their group's position, 0 … count-1."""
    return np.asarray(np.bincount(of, values, minlength=count), np.float64)


# How far the sum can be trusted


@dataclass(frozen=True, eq=False)
class _Chosen:
    """Each person's contact: the option (n,) with whether it reaches them, its error, and the slopes of its votes."""

    option: Choices
    reached: Flags
    error: Doubles
    by_turnout: Doubles
    by_support: Doubles
    se_turnout: Doubles
    se_support: Doubles

    @staticmethod
    def of(problem: Problem, option: Choices, allowed: Flags) -> _Chosen:
        persons = np.arange(len(option))
        at = np.maximum(option, 0)
        reached = (option != NONE) & allowed[persons, at]

        def pick(values: Floats | None) -> Doubles:
            if values is None:
                return np.zeros(len(option))
            return np.where(reached, values[persons, at], 0.0)

        if problem.goal is Goal.TURNOUT:
            by_turnout, by_support = rules.slopes(pick(problem.d_turnout), None, None, None)
        else:
            moved = pick(problem.d_turnout), pick(problem.d_support)
            by_turnout, by_support = rules.slopes(*moved, problem.turnout, problem.support)
        by_turnout, by_support = np.where(reached, by_turnout, 0.0), np.where(reached, by_support, 0.0)
        se_turnout, se_support = pick(problem.se_turnout), pick(problem.se_support)
        error = np.hypot(by_turnout * se_turnout, by_support * se_support)
        return _Chosen(option, reached, error, by_turnout, by_support, se_turnout, se_support)

    def errors(self, problem: Problem) -> Doubles:
        """(k,): the error of what each option gains."""
        if problem.draws is not None:
            return np.array([rules.spread(draws) for draws in self._drawn(problem).T])
        return np.hypot(*self._shared(len(problem.options)))

    def error_of(self, problem: Problem) -> float:
        """The error of what all options gain together."""
        if problem.draws is not None:
            return rules.spread(self._drawn(problem).sum(axis=1))
        return float(np.sqrt(np.square(self._shared(len(problem.options))).sum()))

    def _drawn(self, problem: Problem) -> Doubles:
        """(B, k): votes beyond the estimate that each draw gives to each option."""
        draws = problem.draws
        assert draws is not None
        _, segments, k = draws.turnout.shape
        cell = (draws.segment.astype(np.int64) * k + np.maximum(self.option, 0)).astype(np.intp)
        total = np.zeros((len(draws.turnout), k))
        for values, slope in ((draws.turnout, self.by_turnout), (draws.support, self.by_support)):
            if values is not None:
                weight = np.bincount(cell, slope, minlength=segments * k).reshape(segments, k)
                total += np.einsum("bsk,sk->bk", values, weight)
        return total

    def _shared(self, k: int) -> tuple[Doubles, Doubles]:
        """(k,), (k,): errors of the turnout and of the support part, when all persons share an option's error."""
        at = np.maximum(self.option, 0)
        by_turnout = _sums(at, np.abs(self.by_turnout) * self.se_turnout, k)
        return by_turnout, _sums(at, np.abs(self.by_support) * self.se_support, k)


def _by_option(
    problem: Problem,
    units: _Units,
    choice: Choices,
    chosen: _Chosen,
    gain: Doubles,
    cost: Ids,
    more: Doubles,
) -> tuple[PlannedOption, ...]:
    errors = chosen.errors(problem)

    def one(position: int) -> PlannedOption:
        option, taken = problem.options[position], choice == position
        reached = int(chosen.reached[chosen.option == position].sum())
        return PlannedOption(
            option=option,
            eligible=int(units.members[:, position].sum()),
            contacts=int(taken.sum()) if option.per is Per.HOUSEHOLD else reached,
            reached=reached,
            cost=int(cost[taken].sum()),
            votes=Estimate(float(gain[taken].sum()), float(errors[position])),
            more=float(more[position]),
        )

    return tuple(one(position) for position in range(len(problem.options)))


# Why this, and what came second


@dataclass(frozen=True, eq=False)
class _Ranked:
    """As in Plan."""

    reason: Codes
    second: Choices
    second_gain: Doubles
    lead: Doubles


def _rank(problem: Problem, units: _Units, selection: Selection, more: Doubles) -> _Ranked:
    parts = [_rank_rows(problem, units, selection, more, rows) for rows in _blocks(len(selection.choice))]
    return _Ranked(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _blocks(rows: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, rows)) for start in range(0, rows, _BLOCK))


def _rank_rows(
    problem: Problem, units: _Units, selection: Selection, more: Doubles, rows: slice
) -> tuple[Codes, Choices, Doubles, Doubles]:
    gain, cost, choice = np.ascontiguousarray(units.gain[rows]), units.cost_of(rows), selection.choice[rows]
    at, taken = np.arange(len(choice)), choice != NONE
    for_money = np.where((gain > 0.0) & (cost <= problem.budget), gain - selection.price * cost, -np.inf)
    wanted = for_money.argmax(axis=1)
    full = (more[wanted] > 0.0) & (for_money[at, wanted] > _ROUNDING * gain[at, wanted])
    worth = for_money - _for_capacity(problem, units, more, rows)
    own = np.where(taken, worth[at, choice], 0.0)
    worth[at[taken], choice[taken]] = -np.inf
    best = worth.argmax(axis=1)
    best_worth = worth[at, best]
    found = np.isfinite(best_worth)
    best_gain = np.where(found, gain[at, best], 0.0)
    alternative = np.where(found, best_worth, 0.0)
    lead = np.where(taken, own - np.maximum(alternative, 0.0), alternative)
    highest = gain.max(axis=1)
    outbid = found & (best_worth < -_ROUNDING * best_gain)
    reason = np.select(
        [taken, np.isneginf(highest), highest <= 0.0, full, outbid],
        [Reason.CHOSEN, Reason.BARRED, Reason.NEVER_USEFUL, Reason.FULL, Reason.OUTBID],
        Reason.RAN_OUT,
    )
    return reason.astype(np.uint8), np.where(found, best, NONE).astype(np.int16), best_gain, lead


def _for_capacity(problem: Problem, units: _Units, more: Doubles, rows: slice) -> Doubles:
    """(rows, k): what the contacts of each option are worth by the prices of the capacities."""
    asked = np.zeros(units.gain[rows].shape)
    for position in np.flatnonzero(more):
        asked[:, position] = more[position] * units.contacts(problem, int(position), rows)
    return asked


def _barriers(problem: Problem, units: _Units, barred: Flags) -> Codes:
    """For the barred units: the code that stands most often in the way of their members; of equals the smallest."""
    barrier = np.zeros(len(barred), np.uint8)
    persons = np.flatnonzero(barred[units.of])
    if problem.barred is None or not len(persons):
        return barrier
    codes, most = problem.barred[persons], np.zeros(len(barred))
    for code in np.unique(codes[codes != OPEN]):
        often = np.bincount(units.of[persons], (codes == code).sum(axis=1), minlength=len(barred))
        barrier[often > most] = code
        most = np.maximum(most, often)
    return barrier
