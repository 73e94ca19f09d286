"""What is wrong with a problem, said before anything is solved."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from commonweal.errors import Phrase
from commonweal.planning.errors import BadOption, NobodyEligible, NoOptions, WrongShape
from commonweal.planning.joint.errors import (
    AreasOutOfOrder,
    BadGain,
    BadHours,
    BadLimit,
    BadMost,
    CostsNothing,
    EmptyArea,
    TooManyOptions,
    UnknownChannel,
)
from commonweal.planning.joint.kernel import both, kernel
from commonweal.planning.joint.model import Doubles, Limit, Problem
from commonweal.planning.joint.program import (
    MOST_OPTIONS,
    Ground,
    Program,
    classes,
    compile_problem,
    ground_of,
)


def checked(problem: Problem, *, part: bool = False) -> Program:
    """The problem, ready to be solved. Raises as `examined`."""
    return compiled(problem, examined(problem, part=part))


def compiled(problem: Problem, found: Scanned) -> Program:
    """The same of a problem whose terms were checked, and in whose gains this was found."""
    return compile_problem(problem, found.counts, found.gains, found.highest)


def examined(problem: Problem, *, part: bool = False) -> Scanned:
    """What one look at every gain finds. Raises what is wrong with the problem: of each kind the first that is found.

    part: its persons are a part of those whom the limits are about; there may be nobody among them for whom a limit is.

    NoOptions, TooManyOptions, BadOption, CostsNothing, WrongShape, BadMost, AreasOutOfOrder, EmptyArea, UnknownChannel, BadHours,
    BadLimit, BadGain, NobodyEligible.
    """
    check_terms(problem, part=part)
    found = scan(ground_of(problem), classes(problem)[1])
    if found.bad >= 0:
        person, option = divmod(found.bad, len(problem.options))
        value = float(problem.gain[person, option])
        raise BadGain(option=problem.options[option].code, person=person, value=value)
    if not found.open and not part:
        raise NobodyEligible()
    return found


def check_terms(problem: Problem, *, part: bool = False) -> None:
    """Everything but the gains. Raises as `examined`, but for BadGain and NobodyEligible."""
    _check_options(problem)
    _check_shapes(problem)
    _check_most(problem)
    _check_areas(problem)
    _check_hours(problem)
    for limit in problem.limits:
        _check_limit(problem, limit, part=part)
    names = [limit.name for limit in problem.limits]
    for name in names:
        if names.count(name) > 1:
            raise BadLimit(limit=name, problem=Phrase(BadLimit.repeated))


def _check_options(problem: Problem) -> None:
    if not problem.options:
        raise NoOptions()
    if len(problem.options) > MOST_OPTIONS:
        raise TooManyOptions(count=len(problem.options), most=MOST_OPTIONS)
    codes = [option.code for option in problem.options]
    for option in problem.options:
        if codes.count(option.code) > 1:
            raise BadOption(option=option.code, problem=BadOption.repeated)
        if not (math.isfinite(option.unit_cost) and option.unit_cost > 0):
            raise CostsNothing(option=option.code, cost=option.unit_cost)


def _check_shapes(problem: Problem) -> None:
    k = len(problem.options)
    if problem.gain.ndim != 2 or problem.gain.shape[1] != k or not len(problem.gain):
        raise WrongShape(name="gain", found=problem.gain.shape, expected=f"(n > 0, {k})")
    n = problem.persons
    for name, found, expected in _shapes(problem, n, k):
        if found != expected:
            raise WrongShape(name=name, found=found, expected=expected)


def _shapes(problem: Problem, n: int, k: int) -> Iterator[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    for limit in problem.limits:
        yield f"use of limit {limit.name!r}", np.shape(limit.use), (k,)
    for name in ("allowed", "group", "area"):
        values = getattr(problem, name)
        if values is not None:
            yield name, values.shape, (n, k) if name == "allowed" else (n,)
    if not isinstance(problem.most, int):
        yield "most", problem.most.shape, (n,)
    areas = 1 if problem.area is None else int(problem.area[-1]) + 1
    if problem.region is not None:
        yield "region", problem.region.shape, (areas,)
    if problem.hours is not None:
        yield "hours.each", problem.hours.each.shape, (n,)
        yield "hours.available", problem.hours.available.shape, (areas,)


def _check_most(problem: Problem) -> None:
    most = np.atleast_1d(np.asarray(problem.most))
    bad = np.flatnonzero((most < 0) | (most > np.iinfo(np.int8).max))
    if len(bad):
        raise BadMost(person=int(bad[0]), most=most[bad[0]])


def _check_areas(problem: Problem) -> None:
    area = problem.area
    if area is None:
        return
    back = np.flatnonzero(area[1:] < area[:-1])
    if len(back):
        at = int(back[0]) + 1
        raise AreasOutOfOrder(person=at, area=int(area[at]), before=int(area[at - 1]))
    lived_in = np.bincount(area - min(int(area[0]), 0), minlength=1)
    empty = np.flatnonzero(lived_in == 0)
    if len(empty):
        raise EmptyArea(area=int(empty[0]), areas=len(lived_in))


def _check_hours(problem: Problem) -> None:
    hours = problem.hours
    if hours is None:
        return
    channels = {option.channel for option in problem.options}
    if hours.channel not in channels:
        raise UnknownChannel(channel=hours.channel, known=", ".join(sorted(channels)))
    bad = np.flatnonzero(~((hours.each > 0) & np.isfinite(hours.each)))
    if len(bad):
        raise BadHours(name=Phrase(BadHours.contact), position=int(bad[0]), value=float(hours.each[bad[0]]))
    bad = np.flatnonzero(~(hours.available >= 0))
    if len(bad):
        raise BadHours(name=Phrase(BadHours.area), position=int(bad[0]), value=float(hours.available[bad[0]]))


def _check_limit(problem: Problem, limit: Limit, *, part: bool) -> None:
    wrong = _wrong(problem, limit) or (None if part else _for_nobody(problem, limit))
    if wrong is not None:
        raise BadLimit(limit=limit.name, problem=wrong)


def _wrong(problem: Problem, limit: Limit) -> Phrase | None:
    use = np.asarray(limit.use, np.float64)
    both = np.stack([use, limit.outside * use])
    may_give_back = limit.at_least <= 0 and (both > 0).any()
    bad = np.flatnonzero(~(((both >= 0) | may_give_back) & np.isfinite(both)).all(axis=0))
    if len(bad):
        code = problem.options[int(bad[0])].code
        return Phrase(BadLimit.negative_use, option=code, use=float(use[bad[0]]))
    if not (limit.at_most >= 0):
        return Phrase(BadLimit.negative_end, high=limit.at_most)
    if not (limit.at_least <= limit.at_most and limit.at_least < math.inf):
        return Phrase(BadLimit.contradiction, low=limit.at_least, high=limit.at_most)
    if not use.any():
        return Phrase(BadLimit.uses_nothing)
    return None


def _for_nobody(problem: Problem, limit: Limit) -> Phrase | None:
    """A minimum for whom is not there."""
    if limit.at_least <= 0:
        return None
    if limit.group is not None and not _stands(problem.group, limit.group):
        return Phrase(BadLimit.unknown_group, number=limit.group)
    if limit.region is not None and not _stands(problem.region, limit.region):
        return Phrase(BadLimit.unknown_region, number=limit.region)
    return None


def _stands(numbers: npt.NDArray[np.integer] | None, number: int) -> bool:
    return number == 0 if numbers is None else bool((numbers == number).any())


class Scanned(NamedTuple):
    """bad: the first missing or infinite open gain, as person x k + option; -1 for none. open: pairs that are open.
    highest: the largest gain. gains (k,): sums of those above 0. counts (classes, k): contacts of such pairs.
    """

    bad: int
    open: int
    highest: float
    gains: Doubles
    counts: Doubles


def scan(ground: Ground, count: int) -> Scanned:
    """One look at every gain."""
    k = ground.gain.shape[1]

    def part(first: int, last: int) -> tuple[int, int, float, Doubles, Doubles]:
        gains, counts = np.zeros(k), np.zeros((count, k))
        return *_scan(ground, first, last, gains, counts), gains, counts

    parts = both(part, np.diff(ground.start))
    bad = [each[0] for each in parts if each[0] >= 0]
    return Scanned(
        min(bad, default=-1),
        sum(each[1] for each in parts),
        max(each[2] for each in parts),
        sum((each[3] for each in parts), np.zeros(k)),
        sum((each[4] for each in parts), np.zeros((count, k))),
    )


@kernel
def _scan(ground: Ground, first: int, last: int, gains: Doubles, counts: Doubles) -> tuple[int, int, float]:
    k = ground.gain.shape[1]
    masked = len(ground.times) > 0
    bad, open_, highest = -1, 0, 0.0
    for i in range(ground.start[first], ground.start[last]):
        of_class = ground.of_class[i]
        for o in range(k):
            times = ground.times[i, o] if masked else 1
            if times == 0:
                continue
            gain = ground.gain[i, o]
            if not np.isfinite(gain) and bad < 0:
                bad = i * k + o
            open_ += 1
            if gain > 0:
                gains[o] += gain
                highest = max(highest, np.float64(gain))
                counts[of_class, o] += times
    return bad, open_, highest
