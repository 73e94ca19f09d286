"""The nouns of the price of governing big."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from commonweal.experiments.model import Estimate
from commonweal.mandate.model import Bill

COMMAND = "price"
"""What the runs are called that compute the curves."""

ENOUGH = 0.95
"""Of the votes: what few messages have to keep for being told first."""


@dataclass(frozen=True)
class Message:
    """What a message promises: ids of promises; narrow: the part of them that serves fewer than one voter in five, 0 … 1,
    None where nobody can tell."""

    name: str
    promises: tuple[int, ...]
    narrow: float | None


@dataclass(frozen=True)
class Point:
    """The best plan that was found with so few messages, or with talk that is no narrower.

    most      how many messages it may use; None: as many as there are
    at_most   the share of its contacts that may serve few; None: any
    messages  that it uses
    votes     gained, with the error of the effects; lost: by how many votes the plan without any such limit gains more
    bound     no plan within the same limit gains more, by the same estimates
    spent     minor units
    narrow    the share of its contacts that serve fewer than one voter in five; None where no message tells
    promises  that its messages carry, each once; bill: what these cost a year
    """

    most: int | None
    at_most: float | None
    messages: tuple[str, ...]
    votes: Estimate
    lost: Estimate
    bound: float
    contacts: int
    spent: int
    narrow: float | None
    promises: tuple[int, ...]
    bill: Bill

    @property
    def whole(self) -> float:
        """Votes of the plan without any such limit."""
        return self.votes.value + self.lost.value

    @property
    def kept(self) -> Estimate:
        """The share of those votes that it keeps, with the error of what is lost; all where there are none to lose."""
        if self.whole <= 0:
            return Estimate(1.0, 0.0)
        return Estimate(self.votes.value / self.whole, self.lost.error / self.whole)

    @property
    def gap(self) -> float:
        """The share by which another plan within the same limit could at most gain more."""
        return max(0.0, (self.bound - self.votes.value) / self.bound) if self.bound > 0 else 0.0


@dataclass(frozen=True)
class Price:
    """Both curves for one budget (minor units).

    free           the plan without any limit of what it says
    by_number      with at most 1, 2, 3 … messages
    by_narrowness  with ever less talk that serves few; empty where no message tells whom it serves, or none serves few
    """

    goal: str
    budget: int
    currency: str
    messages: tuple[Message, ...]
    free: Point
    by_number: tuple[Point, ...]
    by_narrowness: tuple[Point, ...]

    def fewest(self, kept: float = ENOUGH) -> Point:
        """With the fewest messages that keep so much of the votes; the free plan where none do."""
        return next((point for point in self.by_number if point.kept.value >= kept), self.free)


@dataclass(frozen=True)
class Rule:
    """What the next plan may say: only these messages, or at most this share of talk that serves few; never both.

    kept: the share of the votes that this was found to keep. by: an account.
    """

    rule_id: int
    messages: tuple[str, ...] | None
    narrow: float | None
    kept: float
    by: int
    at: datetime
