"""Gains from estimated effects: votes from changes in turnout and support, and how far their sum can be trusted.

`planning.rules` has the formulas, and refuses an option that keeps people from voting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commonweal.experiments.model import Estimate
from commonweal.planning import rules
from commonweal.planning.joint.model import Doubles, Floats, Integers, Option, Plan
from commonweal.planning.model import EffectDraws, Goal


@dataclass(frozen=True, eq=False)
class Effects:
    """What one contact changes, by person and option, with standard errors. n persons, k options.

    d_turnout, se_turnout (n, k): the change in the chance of voting, -1 … 1. Under the goal VOTES also d_support, se_support
    (n, k): the change in the chance that a vote is for us, and turnout, support (n,): both chances if nothing is done.
    draws: errors that effects share; None: those of one option are taken as wholly shared by all persons, those of different
    options as independent: wide, but never too narrow for that option.
    """

    d_turnout: Floats
    se_turnout: Floats
    d_support: Floats | None = None
    se_support: Floats | None = None
    turnout: Floats | None = None
    support: Floats | None = None
    draws: EffectDraws | None = None
    goal: Goal = Goal.VOTES

    def gain(
        self, options: Sequence[Option], allowed: npt.NDArray[np.bool_] | npt.NDArray[np.uint8] | None = None
    ) -> npt.NDArray[np.float32]:
        """(n, k): votes; what is closed gains 0. Raises what `rules.check` raises of estimates, such as SuppressesTurnout."""
        open_ = np.ones(self.d_turnout.shape, bool) if allowed is None else np.asarray(allowed, bool)
        rules.check(self, [option.code for option in options], open_)
        gain = np.zeros(self.d_turnout.shape, np.float32)
        for position in range(len(options)):
            rows = np.flatnonzero(open_[:, position])
            gain[rows, position] = rules.votes(*self._at(rows, np.full(len(rows), position)))
        return gain

    def votes(self, plan: Plan) -> Estimate:
        """What a plan of persons gains, with the error of the effects that it rests on."""
        return Estimate(plan.votes, self.error(plan.person, plan.option))

    def gains(self, person: Integers, option: Integers) -> Doubles:
        """(m,): the votes of each contact."""
        return rules.votes(*self._at(person, option))

    def errors(self, person: Integers, option: Integers) -> Doubles:
        """(m,): the error of what each contact gains by itself."""
        by_turnout, by_support = rules.slopes(*self._at(person, option))
        se_turnout, se_support = self._standard_errors(person, option)
        return np.hypot(by_turnout * se_turnout, by_support * se_support)

    def error(self, person: Integers, option: Integers) -> float:
        """The error of what contacts (m,), (m,) gain together."""
        return self._size(self._shared(person, option))

    def difference(self, one: tuple[Integers, Integers], other: tuple[Integers, Integers]) -> float:
        """The error of what some contacts (m,), (m,) gain more than others: what both owe to one estimate is left out."""
        return self._size(self._shared(*one) - self._shared(*other))

    def _shared(self, person: Integers, option: Integers) -> Doubles:
        """What errors that are shared do to the sum of contacts: (B,) by draw, or (2 k,) by what is estimated."""
        slopes = rules.slopes(*self._at(person, option))
        if self.draws is not None:
            return self._drawn(self.draws, person, option, slopes)
        parts = [
            np.bincount(option, np.abs(slope) * error, minlength=self.d_turnout.shape[1])
            for slope, error in zip(slopes, self._standard_errors(person, option), strict=True)
        ]
        return np.concatenate(parts)

    def _size(self, shared: Doubles) -> float:
        """Draws tell it by their spread; estimates that are independent add up as squares."""
        return rules.spread(shared) if self.draws is not None else float(np.sqrt(np.square(shared).sum()))

    def _at(
        self, person: Integers, option: Integers
    ) -> tuple[Floats, Floats | None, Floats | None, Floats | None]:
        """Both changes and both chances of contacts, as `rules.votes` takes them."""
        d_turnout = self.d_turnout[person, option]
        if (
            self.goal is Goal.TURNOUT
            or self.d_support is None
            or self.turnout is None
            or self.support is None
        ):
            return d_turnout, None, None, None
        return d_turnout, self.d_support[person, option], self.turnout[person], self.support[person]

    def _standard_errors(self, person: Integers, option: Integers) -> tuple[Floats, Floats]:
        se_turnout = self.se_turnout[person, option]
        if self.goal is Goal.TURNOUT or self.se_support is None:
            return se_turnout, np.zeros(len(person))
        return se_turnout, self.se_support[person, option]

    def _drawn(
        self, draws: EffectDraws, person: Integers, option: Integers, slopes: tuple[Doubles, Doubles]
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
