"""A randomised study looked at afterwards: learn on one half of the households, plan the other half, and judge there.

The half is drawn by hash of the household's id and a salt. In the half that is learnt from, a turnout model is trained
on the control arm, and the effects of the mailings by the hierarchical model of `scoring`; the other half is planned
under the budget as if nobody there had been contacted yet. What the plan was worth is told by those of the planned
households that happened to be drawn into what the plan chose (`evaluation`), beside three habits of the trade at the
same expense: the best single option at random, to the largest households, to the likeliest voters.

Plain arrays in, plain values out; n persons, K options, the arms being the control and then the options.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from commonweal.experiments.model import Estimate
from commonweal.experiments.rules import split, uniform
from commonweal.jobs.model import Progress, silent
from commonweal.planning.errors import BudgetTooSmall, NothingLeftToPlan, UnknownStudyOption
from commonweal.planning.evaluation import (
    Comparison,
    HeldOut,
    Policy,
    Worth,
    at_random,
    compare,
    in_order,
    worth,
)
from commonweal.planning.joint import Effects, Option, Plan, Problem, money, solve
from commonweal.planning.model import NONE, EffectDraws, Goal
from commonweal.planning.units import together
from commonweal.scoring import hierarchy, models
from commonweal.scoring.rules import folds

Ids = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

HALF = 0.5
DRAWS = 200

_CERTAIN = 1e-3
_FAR = 3.0  # standard deviations beyond which a moderator counts as being there
_OCTAVES = 8
_LARGEST = 4  # members from which households are one segment
_SEED = 1


@dataclass(frozen=True, eq=False)
class Study:
    """What is known of a randomised study.

    household (n,): ids, the unit that was drawn. arm (n,): 0 the control, 1 … K the options. outcome (n,): 1 who
    voted, 0 who didn't. features (n, f): what the turnout model may know, all from before the draw; NaN where missing.
    moderators (n, p): what effects may depend on besides the chance of voting, likewise, complete.
    options: K of them, each paid per household. shares: of the design, the control first, K + 1.
    """

    household: Ids
    arm: Ids
    outcome: Doubles
    features: npt.NDArray[np.float32]
    moderators: Doubles
    options: tuple[Option, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Half:
    """One split: the plan for the half that was not learnt from, and what it was worth there.

    household (u,): ids of the planned half, in the plan's order. choice, gain (u,): the position of what each gets among `options`,
    those that the plan may use, -1 for none; what it gains. predicted: the plan's votes, with their error. best: the option that the habits use. plan_worth;
    habits: random, largest, likeliest, each beside the plan in `comparisons`. unrestricted: the best plan with all
    options, and `cost_of_leaving_out` what it gains more per 1,000 pieces; None when no option is left out.
    """

    salt: str
    household: Ids
    options: tuple[Option, ...]
    plan: Plan
    choice: Ids
    gain: Doubles
    predicted: Estimate
    best: Option
    plan_worth: Worth
    habits: tuple[Worth, ...]
    comparisons: tuple[Comparison, ...]
    unrestricted: Worth | None
    cost_of_leaving_out: Estimate | None


@dataclass(frozen=True)
class Spread:
    """One number over many splits. They share their households, so this is no standard error."""

    name: str
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over all splits."""
        return float(np.mean(self.values))

    @property
    def deviation(self) -> float:
        """Standard deviation over the splits."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else 0.0

    @property
    def above_zero(self) -> int:
        """In how many splits it is above 0."""
        return sum(value > 0 for value in self.values)


@dataclass(frozen=True, eq=False)
class LookBack:
    """The split under the fixed salt, and the spread over further salts.

    worth: outcomes gained per 1,000 pieces, of the plan and of each habit. ahead: of the plan less each habit.
    """

    main: Half
    worth: tuple[Spread, ...]
    ahead: tuple[Spread, ...]


def look_back(
    study: Study,
    budget: int,
    allowed: Collection[str],
    salt: str,
    more_salts: int = 20,
    progress: Progress = silent,
) -> LookBack:
    """Learn on half of the study, plan the other half for `budget` minor units, judge there; then under more salts.

    `allowed`: codes of the options that the plan may use. Deterministic. Raises BudgetTooSmall, UnknownStudyOption,
    NothingLeftToPlan, NothingToJudge (a plan too small to be judged), and what `solve` raises.
    """
    if budget <= 0:
        raise BudgetTooSmall(budget=budget)
    codes = {option.code for option in study.options}
    for code in allowed:
        if code not in codes:
            raise UnknownStudyOption(code=code, known=", ".join(sorted(codes)))
    if not allowed:
        raise NothingLeftToPlan(known=", ".join(sorted(codes)))
    halves = []
    for number, each in enumerate([salt, *(f"{salt}/{index + 1}" for index in range(more_salts))]):
        progress(number, more_salts + 1, "learning, planning, judging")
        halves.append(one_half(study, budget, allowed, each))
    progress(more_salts + 1, more_salts + 1, "learning, planning, judging")
    return LookBack(halves[0], _worths(halves), _aheads(halves))


def _worths(halves: Sequence[Half]) -> tuple[Spread, ...]:
    rows = [(half.plan_worth, *half.habits) for half in halves]
    return tuple(
        Spread(column[0].name, tuple(each.per_thousand.value for each in column))
        for column in zip(*rows, strict=True)
    )


def _aheads(halves: Sequence[Half]) -> tuple[Spread, ...]:
    columns = zip(*(half.comparisons for half in halves), strict=True)
    return tuple(
        Spread(column[0].name, tuple(each.difference.value for each in column)) for column in columns
    )


def one_half(study: Study, budget: int, allowed: Collection[str], salt: str) -> Half:
    """One split: learn, plan, judge."""
    learning = split(study.household, salt, HALF)
    effects = _learn(study, learning)
    homes = _Homes.of(study, ~learning, effects, salt)
    usable = [position for position, option in enumerate(study.options) if option.code in allowed]
    best = _best_single(study, learning, usable)
    found = _plan(study, homes, effects, budget, usable)
    pieces = min(int(budget / study.options[best].unit_cost), len(homes.id))
    habits = tuple(worth(homes.held_out, each) for each in _habits(homes, best, pieces))
    plan_worth = worth(homes.held_out, found.policy("plan"))
    unrestricted = None
    if len(usable) < len(study.options):
        everything = list(range(len(study.options)))
        free = _plan(study, homes, effects, budget, everything)
        unrestricted = worth(homes.held_out, free.policy("unrestricted"))
    return Half(
        salt=salt,
        household=homes.id,
        options=tuple(study.options[position] for position in usable),
        plan=found.plan,
        choice=found.choice,
        gain=found.gain,
        predicted=found.predicted,
        best=study.options[best],
        plan_worth=plan_worth,
        habits=habits,
        comparisons=tuple(compare(plan_worth, habit) for habit in habits),
        unrestricted=unrestricted,
        cost_of_leaving_out=compare(unrestricted, plan_worth).difference if unrestricted else None,
    )


def _habits(homes: _Homes, best: int, pieces: int) -> Iterator[Policy]:
    yield at_random(best, pieces, len(homes.id))
    yield in_order("largest", best, pieces, [homes.size, homes.lot])
    yield in_order("likeliest", best, pieces, [homes.likely, homes.lot])


# Learning


@dataclass(frozen=True, eq=False)
class _Effects:
    """Of each person: the chance without contact (n,), the change by each option with its error (n, K), the draws."""

    chance: Doubles
    change: Doubles
    error: Doubles
    draws: EffectDraws


def _learn(study: Study, learning: Flags) -> _Effects:
    fold = np.where(learning, folds(study.household, models.FOLDS, _SEED), -1)
    controls = np.flatnonzero(learning & (study.arm == 0))
    trained = models.train(
        study.features[controls], study.outcome[controls], study.household[controls], (), _SEED
    )
    expected = trained.model.predict(study.features, fold).chance
    offset = logit(np.clip(expected, _CERTAIN, 1 - _CERTAIN))
    moderators = _standardised(np.column_stack([offset, offset**2, study.moderators]), learning)
    rows = np.flatnonzero(learning)
    trial = hierarchy.Trial(
        offset[rows],
        moderators[rows],
        study.arm[rows],
        study.outcome[rows],
        study.household[rows],
        fold[rows],
    )
    posterior = hierarchy.fit(
        trial, [option.channel for option in study.options], [option.message for option in study.options]
    )
    change, error = posterior.predict(offset, moderators, fold)
    x = np.column_stack([np.ones(len(offset)), moderators])
    chance = expit(offset + x @ posterior.base)
    segment = _segments(chance, _sizes(study.household))
    return _Effects(chance, change, error, _draw(posterior, x, chance[:, None] + change, segment))


def _standardised(values: Doubles, rows: Flags) -> Doubles:
    """Centred and of unit variance among some rows; what doesn't vary there becomes 0."""
    centre, scale = values[rows].mean(axis=0), values[rows].std(axis=0)
    return np.asarray(np.clip((values - centre) / np.where(scale > 0, scale, np.inf), -_FAR, _FAR))


def _sizes(household: Ids) -> Ids:
    _, of, count = np.unique(household, return_inverse=True, return_counts=True)
    return np.asarray(count[of])


def _segments(chance: Doubles, size: Ids) -> npt.NDArray[np.int64]:
    """People of alike chance (octaves) in households of the same size: those whose errors go together."""
    octave = np.searchsorted(np.quantile(chance, np.arange(1, _OCTAVES) / _OCTAVES), chance)
    return np.asarray(octave * _LARGEST + np.minimum(size, _LARGEST) - 1, np.int64)


def _draw(
    posterior: hierarchy.Posterior, x: Doubles, after: Doubles, segment: npt.NDArray[np.int64]
) -> EffectDraws:
    """Joint draws of what the posterior leaves open, as changes of probability, averaged over segments."""
    options, columns = posterior.means.shape
    square = posterior.covariance.reshape(options * columns, options * columns)
    root = np.linalg.cholesky(square + 1e-12 * np.eye(len(square)))
    errors = (np.random.default_rng(_SEED).normal(size=(DRAWS, len(square))) @ root.T).reshape(
        DRAWS, options, columns
    )
    segments, count = int(segment.max()) + 1, np.bincount(segment)
    slope = after * (1 - after)
    mean = np.empty((segments, options, columns))
    for option in range(options):
        for column in range(columns):
            mean[:, option, column] = np.bincount(segment, slope[:, option] * x[:, column]) / np.maximum(
                count, 1
            )
    return EffectDraws(segment, np.einsum("bkq,skq->bsk", errors, mean))


def _best_single(study: Study, learning: Flags, usable: Sequence[int]) -> int:
    """The option that gained most per unit of money and household in the half that is learnt from."""
    _, of = np.unique(study.household[learning], return_inverse=True)
    votes = np.bincount(of, study.outcome[learning])
    arm = np.zeros(len(votes), np.int64)
    arm[of] = study.arm[learning]
    control = votes[arm == 0].mean()
    gain = [(votes[arm == p + 1].mean() - control) / study.options[p].unit_cost for p in usable]
    return usable[int(np.argmax(gain))]


# Planning and judging


@dataclass(frozen=True, eq=False)
class _Homes:
    """The households of the held-out half, in the order of their ids; one entry each.

    persons: rows of their members in the study. likely: the members' mean chance of voting. lot: settles ties.
    """

    id: Ids
    persons: npt.NDArray[np.intp]
    size: Doubles
    likely: Doubles
    lot: Doubles
    held_out: HeldOut

    @staticmethod
    def of(study: Study, here: Flags, effects: _Effects, salt: str) -> _Homes:
        persons = np.flatnonzero(here)
        ids, of = np.unique(study.household[persons], return_inverse=True)
        size = np.bincount(of).astype(np.float64)
        expected = np.asarray(np.bincount(of, effects.chance[persons]), np.float64)
        arm = np.zeros(len(ids), np.int64)
        arm[of] = study.arm[persons]
        outcome = np.asarray(np.bincount(of, study.outcome[persons]), np.float64)
        held_out = HeldOut(arm, outcome, np.asarray(study.shares, np.float64), expected)
        return _Homes(ids, persons, size, expected / size, uniform(ids, f"{salt} ties"), held_out)


@dataclass(frozen=True, eq=False)
class _Planned:
    """A plan with the options of these positions; choice, gain (u,) by household, as in Half."""

    plan: Plan
    columns: npt.NDArray[np.intp]
    choice: Ids
    gain: Doubles
    predicted: Estimate

    def policy(self, name: str) -> Policy:
        """As a policy over all of the study's options."""
        return Policy(name, np.where(self.choice == NONE, NONE, self.columns[np.maximum(self.choice, 0)]))


def _plan(study: Study, homes: _Homes, effects: _Effects, budget: int, usable: Sequence[int]) -> _Planned:
    """The best plan with some of the options: one mailing a household, which counts for all its members."""
    columns = np.asarray(usable)
    rows = np.ix_(homes.persons, columns)
    options = tuple(study.options[position] for position in usable)
    changes = Effects(
        effects.change[rows],
        effects.error[rows],
        draws=replace(
            effects.draws,
            segment=effects.draws.segment[homes.persons],
            turnout=effects.draws.turnout[:, :, columns],
        ),
        goal=Goal.TURNOUT,
    )
    gain, everyone = changes.gain(options), np.ones((len(homes.persons), len(options)), bool)
    units = together(gain, everyone, np.ones(len(options), bool), study.household[homes.persons])
    plan = solve(Problem(units.gain, options, (money(options, float(budget)),), allowed=units.times))
    choice, gained = np.full(len(units), NONE), np.zeros(len(units))
    choice[plan.person] = plan.option
    gained[plan.person] = units.gain[plan.person, plan.option]
    person, contact = units.persons(plan.person, plan.option)
    predicted = Estimate(plan.votes, changes.error(person, plan.option[contact]))
    return _Planned(plan, columns, choice, gained, predicted)
