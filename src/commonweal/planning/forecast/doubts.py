"""Which uncertainty and which areas decide: parts of the variance of the margin."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from commonweal.errors import _
from commonweal.planning.forecast.drawing import Common
from commonweal.planning.forecast.model import Doubles, Floats, Part

TURNOUT = _("turnout, everywhere")
SUPPORT = _("support, everywhere")
TURNOUT_REGION = _("turnout, by region")
SUPPORT_REGION = _("support, by region")
TRANSFER = _("where votes go in the second round")
PLAN = _("what the plan brings")
ALONE = _("each area alone")


def parts(
    common: list[Common], margin: Doubles, *, regions: int, two_rounds: bool, plan: bool
) -> tuple[Part, ...]:
    """Of the variance of `margin` (s,), the share that each source explains, linearly, by itself (R squared, adjusted for the
    number of its draws). What the shared sources together leave is each area's alone. Nothing, where nothing varies.
    """
    if not margin.std():
        return ()
    groups = {TURNOUT: _flat(common, "turnout"), SUPPORT: _flat(common, "support")}
    if regions > 1:
        groups |= {
            TURNOUT_REGION: _flat(common, "turnout_region"),
            SUPPORT_REGION: _flat(common, "support_region"),
        }
    if two_rounds:
        groups[TRANSFER] = _flat(common, "transfer")
    if plan:
        groups[PLAN] = _flat(common, "plan")
    found = [Part(name, _explained(draws, margin)) for name, draws in groups.items()]
    rest = 1 - _explained(np.concatenate(list(groups.values()), axis=1), margin)
    return tuple(sorted([*found, Part(ALONE, rest)], key=lambda part: -part.share))


def _flat(common: list[Common], name: str) -> Doubles:
    """(s, …): all draws of a source, a column each."""
    return np.concatenate([getattr(each, name).reshape(len(each.turnout), -1) for each in common])


def _explained(draws: Doubles, outcome: Doubles) -> float:
    centred = outcome - outcome.mean()
    total = float(centred @ centred)
    s, columns = draws.shape
    if not total or s <= columns + 1:
        return 0.0
    fitted = np.linalg.lstsq(draws - draws.mean(axis=0), centred, rcond=None)[0]
    left = centred - (draws - draws.mean(axis=0)) @ fitted
    return float(max(0.0, 1 - (left @ left) / (s - columns - 1) / (total / (s - 1))))


@dataclass
class AreaDoubts:
    """Sums from which the covariance of each area's margin with the whole follows, block by block."""

    areas: int
    elections: int = 0
    whole: float = 0.0
    square: float = 0.0
    own: Doubles = field(init=False)
    product: Doubles = field(init=False)

    def __post_init__(self) -> None:
        self.own, self.product = np.zeros(self.areas), np.zeros(self.areas)

    def add(self, votes: Floats, ours: int, rival: int) -> None:
        """votes (s, a, c) of a block."""
        margin = (votes[:, :, ours] - votes[:, :, rival]).astype(np.float64)
        whole = margin.sum(axis=1)
        self.elections += len(whole)
        self.whole += float(whole.sum())
        self.square += float(whole @ whole)
        self.own += margin.sum(axis=0)
        self.product += whole @ margin

    def shares(self) -> Doubles:
        """(a,): of the whole's variance; 0 where nothing varies."""
        variance = self.square / self.elections - (self.whole / self.elections) ** 2
        if variance <= 0:
            return np.zeros(self.areas)
        covariance = self.product / self.elections - self.own * self.whole / self.elections**2
        return np.asarray(covariance / variance)
