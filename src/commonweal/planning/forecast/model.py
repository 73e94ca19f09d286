"""The nouns of a forecast. a areas, c choices (candidates or lists), k constituencies, s simulations."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from commonweal.experiments.model import Estimate
from commonweal.planning.forecast.errors import BadAreas, BadErrors

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Areas:
    """What is expected, area by area.

    choices       c names, ours among them
    registered    (a,) electors, above 0
    turnout       (a,) share of them that gives a valid vote, above 0 and below 1
    shares        (a, c) of the valid votes, each row sums to 1
    region        (a,) 0 … R-1: areas of one region err together; None: one region
    constituency  (a,) 0 … k-1: who counts together; None: one constituency
    added         (a,) votes by which a plan would better our margin over every rival; None: no plan
    added_error   standard error of the sum of `added`, shared by all areas
    names         (a,) what areas are called
    called        (k,) what constituencies are called
    """

    choices: tuple[str, ...]
    registered: Doubles
    turnout: Doubles
    shares: Doubles
    region: Places | None = None
    constituency: Places | None = None
    added: Doubles | None = None
    added_error: float = 0.0
    names: tuple[str, ...] = ()
    called: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        a, c = len(self.registered), len(self.choices)
        if not a or c < 2:
            raise BadAreas(problem=BadAreas.too_few)
        if self.turnout.shape != (a,) or self.shares.shape != (a, c):
            raise BadAreas(problem=BadAreas.shapes)
        for name, each in (
            ("registered", self.registered),
            ("turnout", self.turnout),
            ("shares", self.shares),
        ):
            if not np.isfinite(each).all():
                raise BadAreas(problem=BadAreas.not_finite, name=name)
        if (self.registered <= 0).any():
            raise BadAreas(problem=BadAreas.nobody, area=self.name(int(np.argmin(self.registered))))
        if ((self.turnout <= 0) | (self.turnout >= 1)).any():
            worst = int(np.argmax(np.abs(self.turnout - 0.5)))
            raise BadAreas(
                problem=BadAreas.turnout_off, area=self.name(worst), value=float(self.turnout[worst])
            )
        off = np.abs(self.shares.sum(axis=1) - 1)
        if (self.shares < 0).any() or off.max() > _TOLERANCE:
            raise BadAreas(problem=BadAreas.shares_off, area=self.name(int(np.argmax(off))))

    def __len__(self) -> int:
        return len(self.registered)

    def name(self, area: int) -> str:
        """What an area is called; its position where it has no name."""
        return self.names[area] if self.names else str(area)

    @property
    def regions(self) -> Places:
        """(a,): the region of each area."""
        return np.zeros(len(self), np.intp) if self.region is None else self.region

    @property
    def constituencies(self) -> Places:
        """(a,): the constituency of each area."""
        return np.zeros(len(self), np.intp) if self.constituency is None else self.constituency

    @property
    def votes(self) -> Doubles:
        """(a, c): the votes that are expected."""
        return np.asarray((self.registered * self.turnout)[:, None] * self.shares, np.float64)


@dataclass(frozen=True)
class Spread:
    """Standard deviations of an error on the scale of log odds: what all areas share, what a region shares, each area's
    own. Near 50%, 0.1 is 2.5 points; one of 0.04 is a point.
    """

    everywhere: float
    region: float
    area: float

    def __post_init__(self) -> None:
        if not all(0 <= each < 10 for each in (self.everywhere, self.region, self.area)):
            raise BadErrors(found=(self.everywhere, self.region, self.area))

    def times(self, factor: float) -> Spread:
        """All of it so many times as wide."""
        return Spread(self.everywhere * factor, self.region * factor, self.area * factor)


@dataclass(frozen=True)
class Errors:
    """How far the expectation may be off: turnout; support, as the log odds of one choice against another; and where
    the votes of those who are out go in a second round.

    The support that all areas share is by default as uncertain as polls have been: 3.5 points of root mean square error,
    twice what their sampling error says (Shirani-Mehr, Rothschild, Goel and Gelman 2018, JASA 113: 607-614). The rest is
    assumed, and to be replaced by what two past elections teach (`past.learnt`).
    """

    turnout: Spread = field(default_factory=lambda: Spread(0.15, 0.08, 0.10))
    support: Spread = field(default_factory=lambda: Spread(0.14, 0.08, 0.12))
    transfer: float = 0.4

    def times(self, factor: float) -> Errors:
        """All of it so many times as wide."""
        return Errors(self.turnout.times(factor), self.support.times(factor), self.transfer * factor)


@dataclass(frozen=True, eq=False)
class Transfers:
    """Whom people vote for in a second round.

    affinity (c + 1, c + 1): log odds with which those who voted for row i (the last row: who did not vote) go to column j,
    among those who are still there, or nowhere (the last column).
    """

    affinity: Doubles

    @staticmethod
    def usual(choices: int) -> Transfers:
        """Nothing is known: those who are still there keep nearly all of theirs (e^4 to 1), the others' voters part evenly,
        a third as many staying at home; of those who stayed at home 1 in 20 comes for each."""
        affinity = np.zeros((choices + 1, choices + 1))
        np.fill_diagonal(affinity[:choices, :choices], 4.0)
        affinity[:choices, choices] = np.log(1 / 3)
        affinity[choices, choices] = np.log(20)
        return Transfers(affinity)

    @staticmethod
    def of_shares(shares: Doubles) -> Transfers:
        """From the shares in which they would go; a share of 0 counts as one in ten thousand."""
        return Transfers(np.log(np.maximum(np.asarray(shares, np.float64), 1e-4)))


@dataclass(frozen=True)
class Part:
    """How much of the doubt comes from somewhere: `share` of the variance of the margin, 0 to 1."""

    name: str
    share: float


@dataclass(frozen=True)
class Tipping:
    """A constituency: the chance that we win it, and that it is the one whose weight decides."""

    constituency: str
    chance: float
    decides: float


@dataclass(frozen=True)
class Outlook:
    """A share or a margin over all simulations: mean, and the ends between which nine in ten of them lie."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Otherwise:
    """The chance to win if all errors were `times` as wide."""

    times: float
    chance: float


@dataclass(frozen=True)
class Forecast:
    """How the election may end.

    chance        that we win, with the Monte Carlo error of this number (not of the world)
    otherwise     how much the chance hangs on how wide the errors were taken
    margin        ours over the best rival in what decides: points of the valid votes of the last round; for several
                  constituencies or for seats, the weight by which we are over or under what is needed
    margins       a hundred margins that stand for all of them: their quantiles from 0.5% to 99.5%
    unit          what margins are counted in: "points", or "weight"
    shares        (c,) of the valid votes of the first round
    weight        of seats or electors that we win
    second_round  the chance that there is one that we stand in; None under a system without
    parts         where the doubt comes from: turnout, support, transfers, the plan's effect, and what each area has alone;
                  of the margin's variance what each explains by itself, so that they need not sum to 1
    areas         by how much each area moves the votes between us and the strongest rival, the most first: the covariance of
                  its margin with the whole, as a share of the whole's variance; sums to 1
    tipping       by constituency, where there are several
    moved         what the plan adds to the chance, by the same draws with and without it; None without a plan
    """

    simulations: int
    choices: tuple[str, ...]
    ours: int
    chance: Estimate
    otherwise: tuple[Otherwise, ...]
    margin: Outlook
    margins: tuple[float, ...]
    unit: str
    shares: tuple[Outlook, ...]
    weight: Outlook
    second_round: float | None
    parts: tuple[Part, ...]
    areas: tuple[Part, ...]
    tipping: tuple[Tipping, ...]
    moved: Estimate | None
