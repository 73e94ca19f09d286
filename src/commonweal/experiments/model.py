"""The nouns of experiments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

CONTROL = "control"
"""The arm that was left alone, where nothing else is said."""

EXPLORATION = "exploration"
"""What the experiment is called that plans make by themselves."""

WIDTH_95 = 1.959963984540054
"""Half the width of a normal 95% interval, in standard errors."""


@dataclass(frozen=True)
class Estimate:
    """An estimated number and its standard error."""

    value: float
    error: float

    @property
    def low(self) -> float:
        """Lower end of the normal 95% interval."""
        return self.value - WIDTH_95 * self.error

    @property
    def high(self) -> float:
        """Upper end of the normal 95% interval."""
        return self.value + WIDTH_95 * self.error


@dataclass(frozen=True)
class ArmResult:
    """What came of one arm; errors are clustered (CR1) but for `effect_hc1`.

    mean: of the outcome. effect: mean minus the control's, by the arm that was drawn, whoever was reached
    (intention to treat); None for the control itself. effect_hc1: the effect's error if units were independent.
    adjusted_mean, adjusted_effect: the same at the mean of the covariates (Lin 2013); None without covariates.
    """

    arm: str
    units: int
    clusters: int
    mean: Estimate
    effect: Estimate | None
    effect_hc1: float | None
    adjusted_mean: Estimate | None
    adjusted_effect: Estimate | None


@dataclass(frozen=True)
class Analysis:
    """All arms of one experiment on one outcome; `arms` in the order of the design."""

    control: str
    units: int
    clusters: int
    arms: tuple[ArmResult, ...]

    def arm(self, name: str) -> ArmResult:
        """The result of the arm called `name`; KeyError when there is none."""
        for result in self.arms:
            if result.arm == name:
                return result
        raise KeyError(name)


@dataclass(frozen=True)
class SampleRatio:
    """Did the draw go as designed? A `p_value` under 0.001 says that something is broken: don't read the effects."""

    observed: tuple[int, ...]
    expected: tuple[float, ...]
    chi_square: float
    p_value: float


@dataclass(frozen=True)
class DrawnArm:
    """One arm of a draw: its share of all eligible households by design, and whom it got."""

    arm: str
    share: float
    households: int
    persons: int


@dataclass(frozen=True)
class Experiment:
    """One draw, as it is kept. What the shares leave over is outside of the experiment."""

    experiment: str
    about: str
    salt: str
    control: str
    universe: str
    eligible: int
    households: int
    persons: int
    drawn_at: datetime
    drawn_by: str
    arms: tuple[DrawnArm, ...]


@dataclass(frozen=True)
class MetricReport:
    """What an experiment says of one metric ("voted", "support").

    missing: drawn persons without an outcome. covariates: what the adjusted effects hold equal. ratio: whether the
    households with an outcome are split as the draw was designed; None for a draw that was made elsewhere.
    """

    experiment: str
    metric: str
    analysis: Analysis
    missing: int
    covariates: tuple[str, ...]
    ratio: SampleRatio | None
