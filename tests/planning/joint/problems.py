"""Problems drawn at random, and what others say of them: HiGHS's linear program, and every plan there is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import linprog

from commonweal.planning.joint import Hours, Limit, Option, Plan, Problem, contacts, money
from commonweal.planning.joint.tally import tally

CHANNELS = ("door", "phone", "sms", "email", "post")
COSTS = (1.0, 0.4, 0.04, 0.003, 0.6)
GAINS = np.array([0.05, 0.02, 0.004, 0.002, 0.006])


def drawn(
    seed: int, persons: int, *, messages: int = 2, channels: int = 5, areas: int = 3, floors: float = 0.2
) -> Problem:
    """Limits of every kind: money, hours on the phone by region, a cap by channel, floors and caps by message, floors by
    group, hours at the door by area. The floors ask for a `floors` part of what they could.
    """
    rng = np.random.default_rng(seed)
    options = tuple(
        Option(f"{channel}:{message}", channel, str(message), COSTS[c])
        for c, channel in enumerate(CHANNELS[:channels])
        for message in range(messages)
    )
    k, areas = len(options), min(areas, persons)
    gain = (
        np.repeat(GAINS[:channels], messages)
        * rng.lognormal(0, 0.6, (persons, k))
        * rng.uniform(-0.2, 1.6, (persons, k))
    )
    area = np.sort(np.concatenate([np.arange(areas), rng.integers(0, areas, persons - areas)]))
    group = rng.integers(0, 2, persons)
    region = np.arange(areas) % 2
    limits: list[Limit] = [money(options, 0.3 * persons)]
    limits += [
        contacts(
            f"phone {r}", options, lambda o: o.channel == "phone", each=0.1, at_most=0.013 * persons, region=r
        )
        for r in range(2)
    ]
    limits.append(contacts("sms", options, lambda o: o.channel == "sms", at_most=0.2 * persons))
    limits += [
        contacts(
            f"message {m}", options, lambda o, m=str(m): o.message == m,
            at_least=np.floor(floors * 0.5 * persons / messages), at_most=np.ceil(0.9 * persons),
        )
        for m in range(messages)
    ]  # fmt: skip
    limits += [
        contacts(f"group {g}", options, at_least=np.floor(floors * (group == g).sum()), group=g)
        for g in range(2)
    ]
    limits = [limit for limit in limits if limit.use.any()]
    hours = Hours(
        "door", rng.uniform(0.1, 0.3, persons), np.where(rng.random(areas) < 0.1, 0.0, 0.05 * persons / areas)
    )
    most = rng.integers(1, 4, persons)
    allowed = rng.random((persons, k)) < 0.7
    return Problem(gain.astype(np.float32), options, tuple(limits), most, allowed, group, area, region, hours)


def rows_of(
    problem: Problem, person: np.ndarray, option: np.ndarray
) -> tuple[sp.csr_matrix, np.ndarray, np.ndarray]:
    """Every limit, hour, channel and cap as rows over contacts (m,), (m,), with lower and upper ends."""
    m = len(person)
    area = np.zeros(problem.persons, int) if problem.area is None else problem.area
    region = np.zeros(area[-1] + 1, int) if problem.region is None else problem.region
    group = np.zeros(problem.persons, int) if problem.group is None else problem.group
    times = np.ones(m) if problem.allowed is None else problem.allowed[person, option].astype(float)
    dense = []
    for limit in problem.limits:
        inside = (limit.group is None) | (group[person] == limit.group)
        inside &= (limit.region is None) | (region[area[person]] == limit.region)
        dense.append(np.asarray(limit.use)[option] * times * inside)
    lower = [limit.at_least if limit.at_least > 0 else -np.inf for limit in problem.limits]
    upper = [limit.at_most for limit in problem.limits]
    codes = [each.channel for each in problem.options]
    channel = np.array([codes.index(code) for code in codes])[option]
    parts = [sp.csr_matrix(np.array(dense).reshape(-1, m))]
    if problem.hours is not None:
        own = np.where(channel == codes.index(problem.hours.channel), problem.hours.each[person], 0.0)
        parts.append(sp.csr_matrix((own, (area[person], np.arange(m))), (area[-1] + 1, m)))
        upper += list(problem.hours.available)
    pairs = np.unique(person * 1000 + channel, return_inverse=True)[1]
    parts += [
        sp.csr_matrix((np.ones(m), (index, np.arange(m))), (int(index.max()) + 1, m))
        for index in (person, pairs)
    ]
    upper += (
        list(np.broadcast_to(problem.most, problem.persons)[: int(person.max()) + 1])
        + [1.0] * parts[-1].shape[0]
    )
    lower += [0.0] * (len(upper) - len(lower))
    return sp.vstack(parts).tocsr(), np.array(lower), np.array(upper)


def useful(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Every contact that may be made and gains something."""
    open_ = problem.gain > 0
    return np.nonzero(open_ if problem.allowed is None else open_ & (problem.allowed > 0))


def fractional_optimum(problem: Problem) -> float | None:
    """What HiGHS finds when contacts may be made in part; None when the limits can't all hold."""
    person, option = useful(problem)
    rows, lower, upper = rows_of(problem, person, option)
    finite, floored = np.isfinite(upper), lower > 0
    found = linprog(
        -problem.gain[person, option].astype(float),
        sp.vstack([rows[finite], -rows[floored]]),
        np.concatenate([upper[finite], -lower[floored]]),
        bounds=(0, 1),
    )
    return -found.fun if found.status == 0 else None


def best_of_all(problem: Problem) -> float | None:
    """The most that any plan gains, by trying every one; None when none keeps all limits."""
    person, option = useful(problem)
    if not len(person):
        return 0.0 if all(limit.at_least <= 0 for limit in problem.limits) else None
    rows, lower, upper = rows_of(problem, person, option)
    plans = np.array(list(product((0, 1), repeat=len(person)))).T
    used = rows @ plans
    kept = ((used <= upper[:, None] + 1e-9) & (used >= lower[:, None] - 1e-9)).all(axis=0)
    return float((problem.gain[person, option].astype(float) @ plans)[kept].max()) if kept.any() else None


def kept(problem: Problem, plan: Plan) -> None:
    """Every rule, counted anew; and the plan says what is so."""
    counted = tally(problem, plan.person, plan.option)
    assert not counted.broken
    assert plan.votes == pytest.approx(counted.votes)
    assert [use.used for use in plan.uses] == pytest.approx(counted.used)
    assert counted.short == pytest.approx([use.shortfall for use in plan.uses], abs=1e-9)
    assert plan.votes <= plan.bound + 1e-9 or counted.short.any()
    parts = plan.gap_parts
    assert parts.limits + parts.hours + parts.persons == pytest.approx(plan.in_part - plan.votes, abs=1e-9)
