"""The problem as kernels read it.

Nobody's row of a limit is held: what a contact uses depends on its option and on the person's class (their group and
the region of their area), so the uses are tables of classes x options. Every limit is scaled so that the contact which
uses most of it uses 1: then all prices are in votes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from commonweal.planning.joint.model import Doubles, Limit, Positions, Problem

MOST_OPTIONS = 4096  # that are told apart
_BLOCK = 4096  # persons of a block where there are no areas
_LOT = 1e-6  # of a usual gain: by which equals are told apart
_MET = 1e-9  # of a contact: a lower end that is met anyhow
_GOLDEN = 0.6180339887498949


class Ground(NamedTuple):
    """Who there is, for the kernels.

    gain (n, k). times (n, k) as Problem.allowed, or (0, 0). of_class (n,). most (n,). start (a + 1,): area a's persons
    are start[a]:start[a + 1]. order (k,): the options by channel; first (c + 1,): channel c's are
    order[first[c]:first[c + 1]]. door: the channel that takes hours, -1 for none. each (n,), hours (a,): as Hours.
    lots (k,): factors of a person's lot, which tells equals apart. near (c,): what a channel's contacts gain, as a
    multiple of a usual gain: the measure of what is near a tie. worth: 1, or 0 when only floors are looked at.
    """

    gain: npt.NDArray[np.float32]
    times: npt.NDArray[np.uint8]
    of_class: npt.NDArray[np.int32]
    most: npt.NDArray[np.int8]
    start: Positions
    order: Positions
    first: Positions
    door: int
    each: Doubles
    hours: Doubles
    lots: Doubles
    near: Doubles
    worth: float


class Uses(NamedTuple):
    """Which limits a contact counts in, for the kernels: (classes, k, z) each. at: the limit, -1 for none; use: how much."""

    at: npt.NDArray[np.int16]
    use: Doubles


@dataclass(frozen=True, eq=False)
class Rows:
    """The limits: use (r, k), member (r, classes) whether a class counts, lower and upper (r,), all divided by scale (r,).
    An end that a limit hasn't got is infinite."""

    use: Doubles
    member: Doubles
    lower: Doubles
    upper: Doubles
    scale: Doubles

    def left(self, others: Doubles, share: float = 1.0) -> Rows:
        """The limits of some, where others use so much (r,) of them; of a `share` of these. A lower end stays one, if only just."""
        lower = np.where(np.isfinite(self.lower), np.maximum((self.lower - others) * share, _MET), -np.inf)
        return replace(self, lower=lower, upper=(self.upper - others) * share)

    def used(self, counts: Doubles) -> Doubles:
        """(r,): of each limit, by contacts counted by class and option."""
        return np.asarray(((self.member @ counts) * self.use).sum(axis=1))

    def charges(self, prices: Doubles) -> Doubles:
        """(classes, k): what a contact costs at prices (r,)."""
        return np.ascontiguousarray((self.member * prices[:, None]).T @ self.use)

    def ends(self, prices: Doubles) -> float:
        """What the limits' ends are worth: the part of the bound that is not persons'."""
        return float(
            np.where(prices > 0, self.upper, 0.0) @ np.maximum(prices, 0.0)
            + np.where(prices < 0, self.lower, 0.0) @ np.minimum(prices, 0.0)
        )

    def uses(self) -> Uses:
        """The same as short lists."""
        classes, k = self.member.shape[1], self.use.shape[1]
        counted = (self.member[:, :, None] * self.use[:, None, :]).transpose(1, 2, 0)
        longest = max(1, int((counted != 0).sum(axis=2).max(initial=0)))
        found = np.argsort(counted == 0, axis=2, kind="stable")[:, :, :longest].astype(np.int16)
        use = (
            np.take_along_axis(counted, found.astype(np.intp), axis=2)
            if counted.size
            else np.zeros((classes, k, 1))
        )
        return Uses(np.where(use != 0, found, np.int16(-1)), np.ascontiguousarray(use))


@dataclass(frozen=True, eq=False)
class Program:
    """ground, rows and uses as above; open_counts (classes, k): contacts that could be made and gain something; gain: the
    mean of these gains, the measure of prices; highest: the largest; often: contacts that an option takes with a row at most.
    """

    ground: Ground
    rows: Rows
    uses: Uses
    open_counts: Doubles
    gain: float
    highest: float
    often: float

    @property
    def persons(self) -> int:
        """How many."""
        return len(self.ground.gain)

    def sample(self, every: int) -> Program:
        """One person in so many of each area, the limits cut down by what the others could have used."""
        ground = self.ground
        counts = -(-np.diff(ground.start) // every)
        start = np.concatenate([[0], np.cumsum(counts)])
        persons = np.repeat(ground.start[:-1], counts) + every * (
            np.arange(start[-1]) - np.repeat(start[:-1], counts)
        )
        share = len(persons) / self.persons
        limits = replace(self.rows, lower=self.rows.lower * share, upper=self.rows.upper * share)
        return self.among(persons, limits, ground.hours * (counts / np.diff(ground.start)))

    def among(self, persons: Positions, rows: Rows, hours: Doubles) -> Program:
        """Some of the persons, in rising order, within limits and hours (a,) of their own; areas may be without any of them."""
        ground = self.ground
        some = ground._replace(
            gain=ground.gain[persons],
            times=ground.times[persons] if len(ground.times) else ground.times,
            of_class=ground.of_class[persons],
            most=ground.most[persons],
            start=np.searchsorted(persons, ground.start),
            each=ground.each[persons] if len(ground.each) else ground.each,
            hours=hours,
        )
        return replace(self, ground=some, rows=rows)

    def for_floors(self) -> Program:
        """The same problem but for its aim: to come as near to the limits' lower ends as can be."""
        ground, unit = self.ground, 0.1
        lots, near = _lots(len(ground.lots), 1e3 * unit), np.ones(len(ground.near))
        ground = ground._replace(worth=0.0, lots=lots, near=near)
        return replace(self, ground=ground, gain=unit, highest=1.0)


def compile_problem(problem: Problem, open_counts: Doubles, gains: Doubles, highest: float) -> Program:
    """The program of a problem that was checked; the last three are what `scan` found."""
    rows, ground = rows_of(problem), ground_of(problem)
    contacts = np.maximum(open_counts.sum(axis=0), 1e-9)
    gain = float(gains.sum() / contacts.sum())
    edges = ground.first[:-1]
    usual = np.add.reduceat(gains[ground.order], edges) / np.add.reduceat(contacts[ground.order], edges)
    near = np.clip(usual / max(gain, 1e-300), 0.02, 50.0)
    ground = ground._replace(lots=_lots(len(problem.options), gain), near=near)
    often = float(ground.times.max()) if len(ground.times) else 1.0
    return Program(ground, rows, rows.uses(), open_counts, gain, highest, often)


def ground_of(problem: Problem) -> Ground:
    """The persons of a problem whose shapes were checked."""
    n, k = problem.gain.shape
    channels = list(dict.fromkeys(option.channel for option in problem.options))
    channel = np.array([channels.index(option.channel) for option in problem.options])
    start = starts(problem)
    hours = problem.hours
    times = np.zeros((0, 0), np.uint8)
    if problem.allowed is not None:
        allowed = np.ascontiguousarray(problem.allowed)
        times = allowed.view(np.uint8) if allowed.dtype == np.bool_ else allowed.astype(np.uint8, copy=False)
    return Ground(
        gain=np.ascontiguousarray(problem.gain, np.float32),
        times=times,
        of_class=classes(problem)[0],
        most=np.array(np.broadcast_to(np.asarray(problem.most), n), np.int8),
        start=start,
        order=np.argsort(channel, kind="stable"),
        first=np.concatenate([[0], np.cumsum(np.bincount(channel))]),
        door=channels.index(hours.channel) if hours else -1,
        each=_hours_each(problem),
        hours=np.asarray(hours.available, np.float64) if hours else np.full(len(start) - 1, np.inf),
        lots=np.zeros(k),
        near=np.ones(len(channels)),
        worth=1.0,
    )


def _hours_each(problem: Problem) -> Doubles:
    if problem.hours is None:
        return np.zeros(0)
    return np.ascontiguousarray(problem.hours.each, np.float64)


def starts(problem: Problem) -> Positions:
    """Where each area begins, and the end; blocks of some thousand persons where there are no areas."""
    n = problem.persons
    if problem.area is None:
        return (
            np.append(np.arange(0, n, _BLOCK), n).astype(np.int64)
            if problem.hours is None
            else np.array([0, n])
        )
    areas = int(problem.area[-1]) + 1
    return np.searchsorted(problem.area, np.arange(areas + 1)).astype(np.int64)


def classes(problem: Problem) -> tuple[npt.NDArray[np.int32], int]:
    """Each person's class, region x groups + group, and how many classes there are."""
    n = problem.persons
    group = np.zeros(n, np.int32) if problem.group is None else np.asarray(problem.group).astype(np.int32)
    groups = int(group.max(initial=0)) + 1
    if problem.region is None or problem.area is None:
        return group, groups
    region = np.asarray(problem.region).astype(np.int32)
    return region[problem.area] * np.int32(groups) + group, groups * (int(region.max(initial=0)) + 1)


def rows_of(problem: Problem) -> Rows:
    """The limits of a problem that was checked."""
    use = np.array([limit.use for limit in problem.limits], np.float64).reshape(-1, len(problem.options))
    outside = np.array([abs(limit.outside) for limit in problem.limits], np.float64)
    scale = np.abs(use).max(axis=1, initial=0.0) * np.maximum(outside, 1.0)
    count = classes(problem)[1]
    groups = count // (
        1 if problem.region is None or problem.area is None else int(np.max(problem.region)) + 1
    )
    return Rows(
        use=use / scale[:, None],
        member=np.array([_members(limit, groups, count) for limit in problem.limits]).reshape(-1, count),
        lower=np.array([limit.at_least if limit.at_least > 0 else -np.inf for limit in problem.limits])
        / scale,
        upper=np.array([limit.at_most for limit in problem.limits]) / scale,
        scale=scale,
    )


def _members(limit: Limit, groups: int, count: int) -> Doubles:
    number = np.arange(count)
    inside = np.ones(count, bool)
    if limit.group is not None:
        inside &= number % groups == limit.group
    if limit.region is not None:
        inside &= number // groups == limit.region
    return np.where(inside, 1.0, limit.outside)


def _lots(options: int, gain: float) -> Doubles:
    return np.asarray(_LOT * gain * (0.5 + (_GOLDEN * np.arange(1, options + 1)) % 1.0))
