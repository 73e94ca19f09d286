"""Elections drawn from an expectation, in blocks: errors that all areas share, that regions share, and each area's own.

On the scale of log odds an area's turnout and its shares move by the sum of the three. To an area's own error comes that its
voters are so many and not more: by the delta method 1 / (n p (1 - p)) on that scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.planning.forecast.model import Areas, Doubles, Errors, Floats, Transfers

_LEAST = 1e-6  # a share of nothing has no log odds


@dataclass(frozen=True, eq=False)
class Common:
    """What is drawn once for all areas of an election, for s elections, all standard normal.

    turnout (s,), support (s, c), turnout_region (s, R), support_region (s, R, c), transfer (s, c + 1, c + 1), plan (s,).
    """

    turnout: Doubles
    support: Doubles
    turnout_region: Doubles
    support_region: Doubles
    transfer: Doubles
    plan: Doubles

    @staticmethod
    def draw(dice: np.random.Generator, elections: int, choices: int, regions: int) -> Common:
        """For so many elections."""
        normal = dice.standard_normal
        return Common(
            normal(elections),
            normal((elections, choices)),
            normal((elections, regions)),
            normal((elections, regions, choices)),
            normal((elections, choices + 1, choices + 1)),
            normal(elections),
        )


class Drawer:
    """Draws elections for some areas. Log odds, region and size of each area are laid out once."""

    def __init__(self, areas: Areas, errors: Errors, transfers: Transfers) -> None:
        self.areas, self.errors, self.transfers = areas, errors, transfers
        turnout, shares = areas.turnout, np.clip(areas.shares, _LEAST, 1.0)
        self._turnout = np.log(turnout / (1 - turnout)).astype(np.float32)
        self._shares = np.log(shares).astype(np.float32)
        voters = areas.registered * turnout
        few = 1 / (areas.registered * turnout * (1 - turnout))
        self._turnout_own = np.sqrt(errors.turnout.area**2 + few).astype(np.float32)
        # Of a share p of n votes the log odds have the variance 1 / (n p (1 - p)); against another choice, half of it is each's.
        few_votes = 1 / np.maximum(voters[:, None] * shares * (1 - shares), 1.0)
        self._support_own = np.sqrt((errors.support.area**2 + few_votes) / 2).astype(np.float32)
        self.regions = int(areas.regions.max()) + 1
        self.constituencies = int(areas.constituencies.max()) + 1
        self._by_constituency = np.eye(self.constituencies, dtype=np.float32)[areas.constituencies]
        self.registered = self._sums(areas.registered)
        added = np.zeros(len(areas)) if areas.added is None else areas.added
        self._added = self._sums(added)

    def _sums(self, values: Doubles) -> Doubles:
        return np.asarray(np.bincount(self.areas.constituencies, values), np.float64)

    def votes(self, common: Common, dice: np.random.Generator) -> Floats:
        """(s, a, c): votes by area in the first round, without the plan."""
        areas, errors, regions = self.areas, self.errors, self.areas.regions
        s, (a, c) = len(common.turnout), areas.shares.shape
        turnout = self._turnout + (
            errors.turnout.everywhere * common.turnout[:, None]
            + errors.turnout.region * common.turnout_region[:, regions]
        ).astype(np.float32)
        turnout += self._turnout_own * dice.standard_normal((s, a), dtype=np.float32)
        # Two choices each with this error differ by its root of two.
        shared = errors.support.everywhere * common.support[:, None, :]
        shared = (shared + errors.support.region * common.support_region) / np.sqrt(2)
        votes = dice.standard_normal((s, a, c), dtype=np.float32)
        votes *= self._support_own
        votes += self._shares
        votes += shared.astype(np.float32)[:, regions, :]
        np.exp(votes, out=votes)
        voters = areas.registered.astype(np.float32) / (1 + np.exp(-turnout))
        votes *= (voters / votes.sum(axis=2))[:, :, None]
        return votes

    def by_constituency(self, votes: Floats) -> Doubles:
        """(s, k, c): the sums over the areas of each constituency."""
        if self.constituencies == 1:
            return np.asarray(votes.sum(axis=1, dtype=np.float64)[:, None, :])
        return np.asarray(np.einsum("sac,ak->skc", votes, self._by_constituency, optimize=True), np.float64)

    def added(self, common: Common) -> Doubles:
        """(s, k): votes that the plan adds to our margin, with the error that its effects share."""
        total = self._added.sum()
        relative = self.areas.added_error / total if total else 0.0
        return np.asarray(self._added * (1 + relative * common.plan[:, None]))

    def affinity(self, common: Common) -> Doubles:
        """(s, c + 1, c + 1): as `Transfers`."""
        return np.asarray(self.transfers.affinity + self.errors.transfer * common.transfer)
