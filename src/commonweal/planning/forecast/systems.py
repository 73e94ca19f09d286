"""The rules of counting: from votes by constituency to who wins. Pure; votes are expected votes, not whole ones.

A system gives each choice a weight (a seat, electors, seats of a council); whoever has more than half of all wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from commonweal.planning.forecast.errors import BadSystem
from commonweal.planning.forecast.model import Doubles, Transfers

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Count:
    """What came of s elections. weight (s, c). last (s, k, c): votes of the round that decided, 0 for who was not in it.
    again (s, k): where there was a second round.
    """

    weight: Doubles
    last: Doubles
    again: Flags


class System(Protocol):
    """Rules of counting."""

    @property
    def rounds(self) -> int:
        """1 or 2."""

    def check(self, constituencies: int) -> None:
        """Raise BadSystem where the rules can't count so many constituencies."""

    def count(self, votes: Doubles, registered: Doubles, affinity: Doubles | None) -> Count:
        """votes (s, k, c) of the first round; registered (k,); affinity (s, c + 1, c + 1), as in `Transfers`, for
        systems of two rounds."""


@dataclass(frozen=True, eq=False)
class MostVotes:
    """Whoever has the most votes in a constituency takes its weight: 1 each, or electors (k,). One constituency: first past
    the post; several with equal weights: a majority of seats; with electors: an electoral college.
    """

    weights: Doubles | None = None
    rounds: int = 1

    def check(self, constituencies: int) -> None:
        """See System."""
        _check_weights(self.weights, constituencies)

    def count(self, votes: Doubles, registered: Doubles, affinity: Doubles | None) -> Count:
        """See System."""
        del registered, affinity
        return Count(_taken(votes, self.weights), votes, np.zeros(votes.shape[:2], bool))


@dataclass(frozen=True, eq=False)
class TwoRounds:
    """A majority of the valid votes wins at once; else some of the choices stand again and the most votes win.

    By default a French presidential election (Constitution, article 7): the first two stand again. The deputies'
    (code électoral, articles L. 126 and L. 162): `quorum=0.25` of those registered as well as the majority, and besides the first
    two whoever has `qualify=0.125` of those registered.
    """

    quorum: float = 0.0
    qualify: float | None = None
    weights: Doubles | None = None
    rounds: int = 2

    def check(self, constituencies: int) -> None:
        """See System."""
        _check_weights(self.weights, constituencies)
        for name, share in (("quorum", self.quorum), ("qualify", self.qualify or 0.0)):
            if not 0 <= share <= 1:
                raise BadSystem(problem=BadSystem.share_off, name=name, value=share)

    def count(self, votes: Doubles, registered: Doubles, affinity: Doubles | None) -> Count:
        """See System."""
        best = votes.max(axis=2)
        over = (best > votes.sum(axis=2) / 2) & (best >= self.quorum * registered)
        again = votes >= _second_best(votes)
        if self.qualify is not None:
            again |= votes >= self.qualify * registered[:, None]
        last = np.where(over[:, :, None], votes, _second(votes, registered, again, affinity))
        return Count(_taken(last, self.weights), last, ~over)


@dataclass(frozen=True)
class ListSeats:
    """Lists for the seats of a council: a French town above 1,000 inhabitants (code électoral, articles L. 262 and L. 264).

    The list with a majority, else the first of the second round, takes `bonus` of the seats, rounded up; the rest goes by
    highest averages (d'Hondt) to all lists with `threshold` of the valid votes. Lists with `stay` of the valid votes may stand again.
    That lists may join for the second round is not drawn. One constituency.
    """

    seats: int
    bonus: float = 0.5
    threshold: float = 0.05
    stay: float = 0.10
    rounds: int = 2

    def check(self, constituencies: int) -> None:
        """See System."""
        if self.seats < 1:
            raise BadSystem(problem=BadSystem.seats_off)
        _check_weights(np.ones(1), constituencies)
        for name in ("bonus", "threshold", "stay"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadSystem(problem=BadSystem.share_off, name=name, value=getattr(self, name))

    def count(self, votes: Doubles, registered: Doubles, affinity: Doubles | None) -> Count:
        """See System."""
        total = votes.sum(axis=2, keepdims=True)
        over = votes.max(axis=2) > total[:, :, 0] / 2
        again = (votes >= self.stay * total) | (votes >= _second_best(votes))
        last = np.where(over[:, :, None], votes, _second(votes, registered, again, affinity))
        return Count(self._seated(last[:, 0]), last, ~over)

    def _seated(self, votes: Doubles) -> Doubles:
        """(s, c): the seats."""
        first = np.eye(votes.shape[1])[votes.argmax(axis=1)]
        taken = int(np.ceil(self.bonus * self.seats)) if self.seats > 4 else int(self.bonus * self.seats)
        heard = np.where(votes >= self.threshold * votes.sum(axis=1, keepdims=True), votes, 0.0)
        return np.asarray(taken * first + highest_averages(heard, self.seats - taken))


def highest_averages(votes: Doubles, seats: int) -> Doubles:
    """(s, c): seats by the largest of votes / 1, votes / 2, … (d'Hondt); of equals the first."""
    s, c = votes.shape
    if not seats:
        return np.zeros((s, c))
    averages = votes[:, :, None] / np.arange(1, seats + 1)
    order = np.argsort(-averages.reshape(s, -1), axis=1, kind="stable")[:, :seats]
    owner = order // seats
    return np.asarray((owner[:, :, None] == np.arange(c)).sum(axis=1), np.float64)


def _check_weights(weights: Doubles | None, constituencies: int) -> None:
    if weights is not None and len(weights) != constituencies:
        raise BadSystem(problem=BadSystem.weights_off, found=len(weights), expected=constituencies)


def _taken(votes: Doubles, weights: Doubles | None) -> Doubles:
    """(s, c): the weights of the constituencies in which a choice has the most votes; of equals the first."""
    won = votes.argmax(axis=2)[:, :, None] == np.arange(votes.shape[2])
    each = np.ones(votes.shape[1]) if weights is None else weights
    return np.asarray(np.einsum("skc,k->sc", won, each), np.float64)


def _second_best(votes: Doubles) -> Doubles:
    """(s, k, 1): the votes of the second."""
    return np.asarray(np.partition(votes, -2, axis=2)[:, :, -2:-1])


def _second(votes: Doubles, registered: Doubles, again: Flags, affinity: Doubles | None) -> Doubles:
    """(s, k, c): the votes of a second round among those who stand again."""
    if affinity is None:
        affinity = Transfers.usual(votes.shape[2]).affinity[None]
    at_home = np.maximum(registered - votes.sum(axis=2), 0.0)
    origin = np.concatenate([votes, at_home[:, :, None]], axis=2)
    there = np.concatenate([again, np.ones_like(again[:, :, :1])], axis=2)
    pull = np.exp(affinity)
    to_all = np.einsum("soj,skj->sko", pull, there.astype(np.float64))
    arrived = np.einsum("sko,soj->skj", origin / to_all, pull)
    return np.asarray(np.where(again, arrived[:, :, :-1], 0.0))
