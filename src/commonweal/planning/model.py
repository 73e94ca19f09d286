"""The nouns of planning that are not the optimiser's own: the goal, and the errors that estimated effects share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NONE = -1
"""The choice of a household that gets nothing."""


class Goal(StrEnum):
    """What a plan is to gain; `rules` gives the formulas.

    VOTES: the expected margin, votes for less votes against: one voter who comes is 1, one who changes sides is 2.
    TURNOUT: expected voters, whomever they are for.
    """

    VOTES = "votes"
    TURNOUT = "turnout"


@dataclass(frozen=True, eq=False)
class EffectDraws:
    """The error that estimated effects share, as B joint draws (a bootstrap's, or a posterior's).

    An effect is estimated from one experiment and applied to many, so its error does not average out over them: it
    is common to a segment. segment (n,): position of each person's segment, 0 … S-1. turnout, support (B, S, k): what
    a draw says beyond the estimate, as a change of probability, averaged over the segment; the mean over draws is
    about 0. `support` may be None under the goal TURNOUT.
    """

    segment: npt.NDArray[np.integer]
    turnout: Floats
    support: Floats | None = None
