"""What a plan uses, counted anew: nothing here is shared with the solver but the problem itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commonweal.planning.joint.model import Doubles, Integers, Limit, Problem

_ROUNDING = 1e-9  # of a limit: sums of the same numbers in another order differ by less


@dataclass(frozen=True, eq=False)
class Tally:
    """votes: the sum of gains. used (r,): of each limit. hours (a,): of each area's; empty when none are counted.

    short (r,): what is missing to each lower end. broken: every other rule that is broken, in words for a programmer;
    a plan has none.
    """

    votes: float
    used: Doubles
    hours: Doubles
    short: Doubles
    broken: tuple[str, ...]


def tally(problem: Problem, person: Integers, option: Integers) -> Tally:
    """Count contacts (m,), (m,)."""
    gain = np.asarray(problem.gain[person, option], np.float64)
    times = np.ones(len(person))
    if problem.allowed is not None:
        times = problem.allowed[person, option].astype(np.float64)
    counts = list(_counts(problem, person, option, times))
    uses = [np.asarray(limit.use, np.float64) for limit in problem.limits]
    used = np.array([use @ each for use, each in zip(uses, counts, strict=True)], np.float64)
    moved = np.array([np.abs(use) @ each for use, each in zip(uses, counts, strict=True)], np.float64)
    hours, available = _hours(problem, person, option), np.zeros(0)
    if problem.hours is not None:
        available = np.asarray(problem.hours.available, np.float64)
    most = np.broadcast_to(np.asarray(problem.most), problem.persons)
    channel = np.unique([each.channel for each in problem.options], return_inverse=True)[1]
    pairs = person.astype(np.int64) * (int(channel.max()) + 1) + channel[option]
    lower = np.array([limit.at_least if limit.at_least > 0 else -np.inf for limit in problem.limits])
    upper = np.array([limit.at_most for limit in problem.limits])
    faults = {
        "an option that is closed": ~(times > 0),
        "a contact that gains nothing": ~(gain > 0),
        "a second contact through one channel": np.diff(np.sort(pairs)) == 0,
        "more contacts than a person may get": np.bincount(person, minlength=problem.persons) > most,
        "more than a limit": used > upper + _ROUNDING * np.maximum(moved, 1.0),
        "more hours than an area has": hours > available + _ROUNDING * np.maximum(available, 1.0),
    }
    missing = lower - used
    return Tally(
        votes=float(gain.sum()),
        used=used,
        hours=hours,
        short=np.where(missing > _ROUNDING * np.maximum(lower, 1.0), missing, 0.0),
        broken=tuple(f"{name}: {int(found.sum())}" for name, found in faults.items() if found.any()),
    )


def _counts(problem: Problem, person: Integers, option: Integers, times: Doubles) -> Iterator[Doubles]:
    """For each limit, the contacts (k,) that it counts, by option."""
    k = len(problem.options)
    everyone = _table(np.zeros(len(option), np.int64), option, times, k)[0]
    by_group, by_region = None, None
    for limit in problem.limits:
        if limit.outside:
            inside = _inside(problem, person, limit)
            weight = times * np.where(inside, 1.0, limit.outside)
            yield _table(np.zeros(len(option), np.int64), option, weight, k)[0]
        elif limit.group is None and limit.region is None:
            yield everyone
        elif limit.group is not None and limit.region is not None:
            inside = _inside(problem, person, limit)
            yield _table(np.zeros(len(option), np.int64), option, times * inside, k)[0]
        elif limit.group is not None:
            by_group = _table(_group(problem, person), option, times, k) if by_group is None else by_group
            yield by_group[limit.group] if limit.group < len(by_group) else np.zeros(k)
        else:
            by_region = _table(_region(problem, person), option, times, k) if by_region is None else by_region
            yield by_region[limit.region] if int(limit.region or 0) < len(by_region) else np.zeros(k)


def _inside(problem: Problem, person: Integers, limit: Limit) -> npt.NDArray[np.bool_]:
    """(m,): whether the limit's own people are contacted."""
    found = np.ones(len(person), bool)
    if limit.group is not None:
        found &= _group(problem, person) == limit.group
    if limit.region is not None:
        found &= _region(problem, person) == limit.region
    return found


def _table(number: Integers, option: Integers, times: Doubles, k: int) -> Doubles:
    """Contacts by number and option."""
    rows = int(number.max(initial=0)) + 1
    counts = np.bincount(number.astype(np.int64) * k + option, times, minlength=rows * k)
    return np.asarray(counts, np.float64).reshape(rows, k)


def _group(problem: Problem, person: Integers) -> Integers:
    return np.zeros(len(person), np.int64) if problem.group is None else problem.group[person]


def _region(problem: Problem, person: Integers) -> Integers:
    if problem.region is None or problem.area is None:
        return np.zeros(len(person), np.int64)
    return problem.region[problem.area[person]]


def _hours(problem: Problem, person: Integers, option: Integers) -> Doubles:
    if problem.hours is None:
        return np.zeros(0)
    channel = problem.hours.channel
    takes = np.array([each.channel == channel for each in problem.options])[option]
    area = np.zeros(len(person), np.int64) if problem.area is None else problem.area[person]
    hours = np.where(takes, np.asarray(problem.hours.each, np.float64)[person], 0.0)
    return np.asarray(np.bincount(area, hours, minlength=len(problem.hours.available)), np.float64)
