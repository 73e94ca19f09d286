"""Gains from estimated effects: votes from changes in turnout and support, and how far their sum can be trusted.

`planning.rules` has the formulas, and refuses an option that keeps people from voting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commonweal.experiments.model import Estimate
from commonweal.planning import model as single
from commonweal.planning import rules
from commonweal.planning.joint.model import Doubles, Floats, Integers, Option, Plan


@dataclass(frozen=True, eq=False)
class Effects:
    """What one contact changes, by person and option, with standard errors; as in `planning.model.Problem`.

    d_turnout, se_turnout (n, k): the change in the chance of voting. Under the goal VOTES also d_support, se_support
    (n, k): the change in the chance that a vote is for us, and turnout, support (n,): both chances if nothing is done.
    draws: errors that effects share; None: those of one option are taken as wholly shared by all.
    """

    d_turnout: Floats
    se_turnout: Floats
    d_support: Floats | None = None
    se_support: Floats | None = None
    turnout: Floats | None = None
    support: Floats | None = None
    draws: single.EffectDraws | None = None
    goal: single.Goal = single.Goal.VOTES

    def gain(
        self, options: Sequence[Option], allowed: npt.NDArray[np.bool_] | npt.NDArray[np.uint8] | None = None
    ) -> npt.NDArray[np.float32]:
        """(n, k): votes; what is closed gains 0. Raises what `rules.check` raises of estimates, such as SuppressesTurnout."""
        rules.check(self._posed(options, allowed))
        gain = np.zeros(self.d_turnout.shape, np.float32)
        for position in range(len(options)):
            rows = slice(None) if allowed is None else np.flatnonzero(allowed[:, position])
            moved, turnout, support = None, None, None
            if self.d_support is not None and self.turnout is not None and self.support is not None:
                moved, turnout, support = (
                    self.d_support[rows, position],
                    self.turnout[rows],
                    self.support[rows],
                )
            gain[rows, position] = rules.votes(self.d_turnout[rows, position], moved, turnout, support)
        return gain

    def votes(self, plan: Plan) -> Estimate:
        """What a plan gains, with the error of the effects that it rests on."""
        return Estimate(plan.votes, self._error(plan.person, plan.option))

    def _posed(self, options: Sequence[Option], allowed: npt.NDArray[np.generic] | None) -> single.Problem:
        """As the single contact's problem, whose rules are the same."""
        return single.Problem(
            options=tuple(single.Option(each.code, each.channel, each.message, 1) for each in options),
            budget=1,
            d_turnout=self.d_turnout,
            se_turnout=self.se_turnout,
            d_support=self.d_support,
            se_support=self.se_support,
            turnout=self.turnout,
            support=self.support,
            barred=None if allowed is None else (np.asarray(allowed) == 0).astype(np.uint8),
            draws=self.draws,
            goal=self.goal,
        )

    def _error(self, person: Integers, option: Integers) -> float:
        k = self.d_turnout.shape[1]
        moved, turnout, support = None, None, None
        se_support: Floats = np.zeros(len(person))
        if self.goal is single.Goal.VOTES and self.d_support is not None:
            assert self.turnout is not None
            assert self.support is not None
            assert self.se_support is not None
            moved, turnout, support = (
                self.d_support[person, option],
                self.turnout[person],
                self.support[person],
            )
            se_support = self.se_support[person, option]
        slopes = rules.slopes(self.d_turnout[person, option], moved, turnout, support)
        if self.draws is None:
            errors = self.se_turnout[person, option], se_support
            shared = [
                np.bincount(option, np.abs(slope) * error, minlength=k)
                for slope, error in zip(slopes, errors, strict=True)
            ]
            return float(np.sqrt(np.square(shared).sum()))
        return rules.spread(self._drawn(self.draws, person, option, slopes))

    def _drawn(
        self, draws: single.EffectDraws, person: Integers, option: Integers, slopes: tuple[Doubles, Doubles]
    ) -> Doubles:
        """(B,): votes beyond the estimate, by each draw."""
        count, segments, k = draws.turnout.shape
        cell = draws.segment[person].astype(np.int64) * k + option
        total = np.zeros(count)
        for values, slope in zip((draws.turnout, draws.support), slopes, strict=True):
            if values is not None:
                weight = np.bincount(cell, slope, minlength=segments * k).reshape(segments, k)
                total += np.einsum("bsk,sk->b", values, weight)
        return total
