"""Limits that are shares of contacts: of some people, or of some options, at most or at least."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from commonweal.planning.joint import Limit, Option, Problem, money, share, solve
from commonweal.planning.joint.certificate import certify
from commonweal.planning.joint.errors import BadLimit, BadShare
from commonweal.planning.joint.reasons import charges
from commonweal.planning.joint.tally import tally

OPTIONS = tuple(
    Option(f"{channel}:{message}", channel, message, cost)
    for channel, cost in (("door", 1.8), ("post", 0.7), ("phone", 0.9))
    for message in ("housing", "climate")
)
N, K = 6_000, len(OPTIONS)


def by_post(option: Option) -> bool:
    return option.channel == "post"


def by_door(option: Option) -> bool:
    return option.channel == "door"


CASES = {
    "a tenth of all contacts at most by post": share("it", OPTIONS, by_post, at_most=0.1),
    "four contacts in five at least by post": share("it", OPTIONS, by_post, at_least=0.8),
    "a group gets a third at least": share("it", OPTIONS, group=1, at_least=1 / 3),
    "a group gets a twentieth at most": share("it", OPTIONS, group=0, at_most=0.05),
    "four doors in five at least in a region": share("it", OPTIONS, by_door, region=1, at_least=0.8),
    "a fifth of the doors at most with a group there": share(
        "it", OPTIONS, by_door, group=0, region=0, at_most=0.2
    ),
}


def problem(*limits: Limit, n: int = N) -> Problem:
    rng = np.random.default_rng(3)
    area = np.sort(rng.integers(0, 4, n)).astype(np.int32)
    group = rng.choice(3, n, p=[0.6, 0.1, 0.3]).astype(np.int32)
    gain = rng.lognormal(-4, 1, (n, K)).astype(np.float32) * np.array([1.0, 0.4, 0.7])[group][:, None]
    times = rng.choice(4, (n, K), p=[0.2, 0.6, 0.1, 0.1]).astype(np.uint8)
    return Problem(
        gain.astype(np.float32),
        OPTIONS,
        (money(OPTIONS, n / 4), *limits),
        most=2,
        allowed=times,
        group=group,
        area=area,
        region=np.array([0, 1, 1, 0], np.int32),
    )


def wanted(posed: Problem, limit: Limit) -> np.ndarray:
    """(n,): who is meant."""
    assert posed.region is not None
    inside = np.ones(posed.persons, bool)
    if limit.group is not None:
        inside &= posed.group == limit.group
    if limit.region is not None:
        inside &= posed.region[posed.area] == limit.region
    return inside


def reached(posed: Problem, limit: Limit, x: np.ndarray) -> tuple[float, float]:
    """What counts in the share, and of how much; x (n, k): contacts."""
    paid = x * posed.allowed
    if limit.group is None and limit.region is None:
        return float(paid[:, 2:4].sum()), float(paid.sum())
    counted = np.abs(limit.use) > 0
    return float(paid[wanted(posed, limit)][:, counted].sum()), float(paid[:, counted].sum())


def linear_optimum(posed: Problem) -> float:
    """Of contacts that may be made in part, by HiGHS."""
    n, rows, ends = posed.persons, [], []
    for limit in posed.limits:
        weight = np.where(wanted(posed, limit), 1.0, limit.outside)
        rows.append((weight[:, None] * posed.allowed * limit.use).ravel())
        ends.append(limit.at_most)
    open_ = (posed.allowed > 0).ravel()
    channels = [option.channel for option in OPTIONS]
    for person in range(n):
        for channel in {*channels, ""}:
            row = np.zeros((n, K))
            row[person, [channel in ("", each) for each in channels]] = 1
            rows.append(row.ravel())
            ends.append(2 if not channel else 1)
    bounds = np.column_stack([np.zeros(n * K), open_.astype(float)])
    found = linprog(-posed.gain.astype(float).ravel(), np.array(rows), ends, bounds=bounds, method="highs")
    return -float(found.fun)


@pytest.mark.parametrize("case", CASES)
def test_a_share_is_kept_and_the_bound_is_the_optimum(case: str) -> None:
    limit = CASES[case]
    free, posed = solve(problem()), problem(limit)
    plan = solve(posed)
    counted = tally(posed, plan.person, plan.option)
    assert not counted.broken
    x = np.zeros((N, K))
    x[plan.person, plan.option] = 1
    part, whole = reached(posed, limit, x)
    asked = 1 / (1 - 1 / limit.outside) if limit.outside else 0.1 if "tenth" in case else 0.8
    least = "least" in case
    assert part >= asked * whole - 1e-6 if least else part <= asked * whole + 1e-6
    before = np.zeros((N, K))
    before[free.person, free.option] = 1
    part_before, whole_before = reached(posed, limit, before)
    assert part_before < asked * whole_before if least else part_before > asked * whole_before
    assert plan.votes < free.bound
    assert plan.gap < 0.002
    assert plan.uses[1].price > 0
    assert certify(posed, plan.prices).in_part == pytest.approx(plan.in_part)


def test_the_bound_is_that_of_a_linear_program() -> None:
    posed = problem(CASES["a group gets a third at least"], n=300)
    assert solve(posed).in_part == pytest.approx(linear_optimum(posed), rel=2e-5)


def test_the_price_of_a_share_is_told_for_each_person() -> None:
    limit = CASES["four doors in five at least in a region"]
    posed = problem(limit)
    plan = solve(posed)
    found = charges(posed, plan, np.arange(N))
    inside, price = wanted(posed, limit), plan.prices.limits
    cost = price[0] * posed.limits[0].use + price[1] * np.where(inside, -0.2, 0.8)[:, None] * (
        np.arange(K) < 2
    )
    assert found == pytest.approx(cost * np.maximum(posed.allowed, 1))


def test_what_is_no_share_is_refused() -> None:
    for wrong in (1.0, 1.5, -0.1, float("nan")):
        with pytest.raises(BadShare):
            share("it", OPTIONS, by_post, at_most=wrong)
    with pytest.raises(BadShare):
        share("it", OPTIONS, by_post)
    with pytest.raises(BadLimit, match="it"):
        solve(problem(Limit("it", share("it", OPTIONS, by_post, at_most=0.5).use, 5.0, 1.0)))
