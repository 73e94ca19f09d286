"""What a choice of contacts would have been worth, told from households that were drawn at random.

A household h was drawn into arm A_h with a known chance; Y_h is its outcome summed over its members, such as how many of
them voted. A policy gives household h the option c_h with weight q_h (1, or the chance with which it is drawn), or
nothing. Among the households with something, those that were drawn into that very option tell what it brings, those in
the control arm what would have been without:

    worth of a piece = V1 - V0,   V1 = sum w1 (Y - E) / sum w1,   w1 = q 1{A = c} / P(A = c)
                                  V0 = sum w0 (Y - E) / sum w0,   w0 = q 1{A = control} / P(A = control)

This is inverse-propensity weighting, normalised by its own weights (Hájek 1971; Swaminathan and Joachims 2015). E_h is
what was expected of the household before the draw: any number that does not depend on the draw leaves the estimate's
target as it is, and a good one makes its error smaller (Robins, Rotnitzky and Zhao 1994). The household is the
cluster, and each is one row, so errors come from the influence of each row,

    psi = w1 (Y - E - V1) / sum w1 - w0 (Y - E - V0) / sum w0,      variance = H / (H - 1) sum psi^2.

Two policies are compared by the difference of their psi, household by household: what both do alike cancels out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commonweal.experiments.model import Estimate
from commonweal.planning.errors import NothingToJudge, WrongShape
from commonweal.planning.model import NONE

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]

THOUSAND = 1000.0


@dataclass(frozen=True, eq=False)
class HeldOut:
    """H households on which nothing was learnt.

    arm (H,): 0 the control, 1 … K the options in their order. outcome (H,): summed over the members. shares (K + 1,):
    the chances of the draw, control first. expected (H,): the outcome expected without a contact; None: 0.
    """

    arm: Ints
    outcome: Doubles
    shares: Doubles
    expected: Doubles | None = None


@dataclass(frozen=True, eq=False)
class Policy:
    """Who gets what: choice (H,) is the option's position 0 … K-1 or -1 for none; weight (H,) as above, None: all 1."""

    name: str
    choice: Ints
    weight: Doubles | None = None


@dataclass(frozen=True, eq=False)
class Worth:
    """What a policy would have been worth on the held-out households.

    pieces: contacts, as the sum of weights. per_thousand: outcomes gained per 1,000 of them. told_by: households that
    were drawn into what the policy chose for them, and in the control arm. influence (H,): psi per 1,000 pieces.
    """

    name: str
    pieces: float
    per_thousand: Estimate
    told_by: tuple[int, int]
    influence: Doubles

    @property
    def votes(self) -> Estimate:
        """Outcomes gained by all pieces."""
        thousands = self.pieces / THOUSAND
        return Estimate(self.per_thousand.value * thousands, self.per_thousand.error * thousands)


@dataclass(frozen=True)
class Comparison:
    """A plan beside another policy: `difference` in outcomes gained per 1,000 pieces, plan less other."""

    name: str
    difference: Estimate

    @property
    def beats(self) -> bool:
        """The plan gains more, and that is hardly chance: the 95% interval lies above 0."""
        return self.difference.low > 0.0

    @property
    def beaten(self) -> bool:
        """The other gains more, and that is hardly chance."""
        return self.difference.high < 0.0


def worth(held_out: HeldOut, policy: Policy) -> Worth:
    """What a policy would have been worth. Raises WrongShape, NothingToJudge."""
    _check(held_out, policy)
    weight = np.ones(len(held_out.arm)) if policy.weight is None else policy.weight
    weight = np.where(policy.choice == NONE, 0.0, weight)
    gained = held_out.outcome - (0.0 if held_out.expected is None else held_out.expected)
    chosen = np.maximum(policy.choice, 0) + 1
    treated = weight * (held_out.arm == chosen) / held_out.shares[chosen]
    control = weight * (held_out.arm == 0) / held_out.shares[0]
    told_by = int(np.count_nonzero(treated)), int(np.count_nonzero(control))
    if not all(told_by):
        raise NothingToJudge(policy=policy.name, treated=told_by[0], control=told_by[1])
    with_contact, by_treated = _mean(gained, treated)
    without, by_control = _mean(gained, control)
    influence = THOUSAND * (by_treated - by_control)
    value = THOUSAND * (with_contact - without)
    return Worth(policy.name, float(weight.sum()), Estimate(value, _error(influence)), told_by, influence)


def _check(held_out: HeldOut, policy: Policy) -> None:
    households = (len(held_out.arm),)
    arrays = {
        "outcome": held_out.outcome,
        "expected": held_out.expected,
        "choice": policy.choice,
        "weight": policy.weight,
    }
    for name, values in arrays.items():
        if values is not None and values.shape != households:
            raise WrongShape(name=name, found=values.shape, expected=households)


def _mean(values: Doubles, weight: Doubles) -> tuple[float, Doubles]:
    """The weighted mean, and each row's influence on it."""
    total = weight.sum()
    mean = float(weight @ values / total)
    return mean, weight * (values - mean) / total


def _error(influence: Doubles) -> float:
    rows = len(influence)
    return float(np.sqrt(rows / (rows - 1) * np.square(influence).sum()))


def compare(plan: Worth, other: Worth) -> Comparison:
    """How much more a piece of the plan gains than one of another policy, on the same households."""
    difference = plan.per_thousand.value - other.per_thousand.value
    return Comparison(other.name, Estimate(difference, _error(plan.influence - other.influence)))


# Policies to compare a plan with: the habits of the trade


def at_random(option: int, pieces: int, households: int) -> Policy:
    """One option for `pieces` households drawn at random: each with the same chance."""
    share = min(1.0, pieces / households)
    return Policy("random", np.full(households, option), np.full(households, share))


def in_order(name: str, option: int, pieces: int, keys: Sequence[Doubles]) -> Policy:
    """One option for the `pieces` households first in order: of the highest first key, of equals the second, …"""
    order = np.lexsort([-key for key in reversed(keys)])
    choice = np.full(len(order), NONE)
    choice[order[:pieces]] = option
    return Policy(name, choice)
