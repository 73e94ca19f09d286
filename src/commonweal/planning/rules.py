"""From changes in turnout and support to votes; and what may not be planned.

Let t be a person's chance of voting and s the chance that their vote is for us, if nothing is done; a contact adds
dt and ds. Under the goal VOTES a plan gains expected margin m = t (2 s - 1), votes for less votes against:

    gain  = dt (2 s - 1)  +  2 (t + dt) ds
    error = sqrt( (2 s - 1 + 2 ds)^2 se_t^2  +  (2 (t + dt))^2 se_s^2 )        (delta method)

with t + dt kept within 0 … 1. Someone who is sure to vote for us and comes because of a contact is 1; someone who
comes anyway and changes sides is 2. To bring a likely opponent to the polls counts below zero, so it isn't done; but to
keep one away never counts as a gain: where dt < 0, the first term is 0 at most. Errors of t and s themselves are not in
`error`. Under the goal TURNOUT the gain is dt and its error se_t.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from commonweal.campaign import Settings
from commonweal.experiments.model import Estimate
from commonweal.planning.errors import (
    BadBaseline,
    BadDraws,
    BadEstimate,
    BudgetTooSmall,
    MissingEstimates,
    NobodyEligible,
    SuppressesTurnout,
    UnknownSegment,
    WrongShape,
)
from commonweal.planning.model import Doubles, Flags, Floats, Goal

if TYPE_CHECKING:
    from commonweal.planning.joint.effects import Effects


def votes(
    d_turnout: Floats, d_support: Floats | None, turnout: Floats | None, support: Floats | None
) -> Doubles:
    """Votes that contacts gain: the formula above. Arrays of one shape; with no support: the change in turnout."""
    dt = np.asarray(d_turnout, np.float64)
    if d_support is None or turnout is None or support is None:
        return dt
    side = 2.0 * np.asarray(support, np.float64) - 1.0
    mobilised = dt * side
    after = np.clip(np.asarray(turnout, np.float64) + dt, 0.0, 1.0)
    return np.asarray(np.where(dt < 0.0, np.minimum(mobilised, 0.0), mobilised) + 2.0 * after * d_support)


def slopes(
    d_turnout: Floats, d_support: Floats | None, turnout: Floats | None, support: Floats | None
) -> tuple[Doubles, Doubles]:
    """How the votes change with dt and with ds."""
    dt = np.asarray(d_turnout, np.float64)
    if d_support is None or turnout is None or support is None:
        return np.ones_like(dt), np.zeros_like(dt)
    side = 2.0 * np.asarray(support, np.float64) - 1.0 + 2.0 * np.asarray(d_support, np.float64)
    return side, 2.0 * np.clip(np.asarray(turnout, np.float64) + dt, 0.0, 1.0)


def money(settings: Settings, budget: float) -> int:
    """A budget in the campaign's currency, as minor units. Raises BudgetTooSmall, of what is no amount as well."""
    minor = round(budget * settings.minor_units) if math.isfinite(budget) else 0
    if minor <= 0:
        raise BudgetTooSmall(budget=f"{budget:g} {settings.currency}")
    return minor


def check(effects: Effects, codes: Sequence[str], allowed: Flags) -> None:
    """Raise what is wrong with the estimates of options with these codes, the first that is found. allowed (n, k): what is
    closed isn't looked at.

    WrongShape, MissingEstimates, NobodyEligible, BadEstimate, BadBaseline, BadDraws, UnknownSegment, SuppressesTurnout.
    """
    _check_shapes(effects, len(codes), allowed)
    if not allowed.any():
        raise NobodyEligible()
    _check_estimates(effects, codes, allowed)
    _check_draws(effects)
    for position, code in enumerate(codes):
        _check_suppression(effects, position, code, allowed[:, position])


def _check_shapes(effects: Effects, k: int, allowed: Flags) -> None:
    n = len(effects.d_turnout)
    needed: dict[str, tuple[int, ...]] = {"d_turnout": (n, k), "se_turnout": (n, k)}
    if effects.goal is Goal.VOTES:
        moved: dict[str, tuple[int, ...]] = {
            "d_support": (n, k),
            "se_support": (n, k),
            "turnout": (n,),
            "support": (n,),
        }
        missing = [name for name in moved if getattr(effects, name) is None]
        if missing:
            raise MissingEstimates(goal=effects.goal, names=", ".join(missing))
        needed |= moved
    for name, shape in needed.items():
        found = getattr(effects, name).shape
        if found != shape:
            raise WrongShape(name=name, found=found, expected=shape)
    if allowed.shape != (n, k):
        raise WrongShape(name="allowed", found=allowed.shape, expected=(n, k))


def _check_estimates(effects: Effects, codes: Sequence[str], allowed: Flags) -> None:
    limits = {"d_turnout": (-1.0, 1.0), "se_turnout": (0.0, np.inf)}
    if effects.goal is Goal.VOTES:
        limits |= {"d_support": (-1.0, 1.0), "se_support": (0.0, np.inf)}
        _check_baselines(effects, np.asarray(allowed.any(axis=1)))
    for name, (low, high) in limits.items():
        values = getattr(effects, name)
        bad = allowed & ~((values >= low) & (values <= high) & np.isfinite(values))
        if bad.any():
            person, option = (int(index) for index in np.argwhere(bad)[0])
            raise BadEstimate(
                name=name,
                option=codes[option],
                person=person,
                value=float(values[person, option]),
                low=f"{low:g}",
                high="1" if high == 1.0 else "any finite one",
            )


def _check_baselines(effects: Effects, allowed: Flags) -> None:
    for name in ("turnout", "support"):
        values = getattr(effects, name)
        bad = np.flatnonzero(allowed & ~((values >= 0.0) & (values <= 1.0)))
        if len(bad):
            raise BadBaseline(name=name, person=int(bad[0]), value=float(values[bad[0]]))


def _check_draws(effects: Effects) -> None:
    draws = effects.draws
    if draws is None:
        return
    n, k = effects.d_turnout.shape
    if draws.segment.shape != (n,):
        raise WrongShape(name="draws.segment", found=draws.segment.shape, expected=(n,))
    shape = draws.turnout.shape
    if len(shape) != 3 or shape[0] < 2 or shape[2] != k:
        raise WrongShape(name="draws.turnout", found=shape, expected=f"(B > 1, S, {k})")
    if effects.goal is Goal.VOTES:
        if draws.support is None:
            raise MissingEstimates(goal=effects.goal, names="draws.support")
        if draws.support.shape != shape:
            raise WrongShape(name="draws.support", found=draws.support.shape, expected=shape)
    for name, values in (("turnout", draws.turnout), ("support", draws.support)):
        if values is not None and not np.isfinite(values).all():
            raise BadDraws(name=name)
    outside = np.flatnonzero((draws.segment < 0) | (draws.segment >= shape[1]))
    if len(outside):
        person = int(outside[0])
        raise UnknownSegment(person=person, segment=int(draws.segment[person]), last=shape[1] - 1)


def _check_suppression(effects: Effects, position: int, code: str, allowed: Flags) -> None:
    """Rule 8 of the design: an option whose effect on turnout is credibly below zero is refused."""
    if not allowed.any():
        return
    change = mean_turnout_change(effects, position, allowed)
    if change.high < 0.0:
        raise SuppressesTurnout(
            option=code, points=-100 * change.value, low=100 * change.low, high=100 * change.high
        )


def mean_turnout_change(effects: Effects, position: int, persons: Flags) -> Estimate:
    """What an option does to the turnout of some persons on average, with the error that they share."""
    mean = float(effects.d_turnout[persons, position].mean(dtype=np.float64))
    if effects.draws is None:
        return Estimate(mean, float(effects.se_turnout[persons, position].mean(dtype=np.float64)))
    draws = effects.draws
    weight = np.bincount(draws.segment[persons], minlength=draws.turnout.shape[1]) / persons.sum()
    return Estimate(mean, spread(draws.turnout[:, :, position] @ weight))


def spread(draws: Floats) -> float:
    """The standard error that draws of one number tell."""
    return float(np.std(np.asarray(draws, np.float64), ddof=1))
