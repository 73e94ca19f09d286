"""Gains from effects, the error of their sum, and the reasons of a plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from commonweal.planning import EffectDraws, Goal
from commonweal.planning.errors import BadEstimate, SuppressesTurnout
from commonweal.planning.joint import Effects, Option, Problem, money, solve
from commonweal.planning.joint.reasons import Reason, explain
from planning.joint.problems import drawn

OPTIONS = (Option("door", "door", "housing", 1.0), Option("mail", "email", "housing", 0.01))


def effects(seed: int = 1, n: int = 300) -> Effects:
    rng = np.random.default_rng(seed)
    shape = (n, 2)
    return Effects(
        d_turnout=rng.normal(0.02, 0.01, shape),
        se_turnout=np.full(shape, 0.01),
        d_support=rng.normal(0.01, 0.01, shape),
        se_support=np.full(shape, 0.02),
        turnout=rng.random(n),
        support=rng.random(n),
    )


def test_votes_come_of_turnout_and_support() -> None:
    found = effects()
    assert found.d_support is not None
    assert found.turnout is not None
    assert found.support is not None
    allowed = np.ones((300, 2), bool)
    allowed[7, 1] = False
    gain = found.gain(OPTIONS, allowed)
    dt, ds, t, s = found.d_turnout[3, 0], found.d_support[3, 0], found.turnout[3], found.support[3]
    assert dt > 0
    assert gain[3, 0] == pytest.approx(dt * (2 * s - 1) + 2 * min(t + dt, 1) * ds, rel=1e-5)
    assert gain[7, 1] == 0


def test_the_error_of_a_sum_is_shared() -> None:
    found = replace(effects(), goal=Goal.TURNOUT, d_support=None, se_support=None, turnout=None, support=None)
    plan = solve(Problem(found.gain(OPTIONS), OPTIONS, (money(OPTIONS, 50.0),), most=2))
    counts = np.bincount(plan.option, minlength=2)
    assert found.votes(plan).error == pytest.approx(0.01 * np.hypot(*counts))
    assert found.votes(plan).value == plan.votes


def test_errors_go_by_draws_where_there_are_some() -> None:
    rng = np.random.default_rng(2)
    by_draw = rng.normal(0, 0.01, (50, 1, 2))
    draws = EffectDraws(np.zeros(300, int), by_draw)
    found = replace(effects(), goal=Goal.TURNOUT, d_support=None, draws=draws)
    plan = solve(Problem(found.gain(OPTIONS), OPTIONS, (money(OPTIONS, 50.0),), most=2))
    counts = np.bincount(plan.option, minlength=2)
    assert found.votes(plan).error == pytest.approx(np.std(by_draw[:, 0] @ counts, ddof=1))


def test_what_two_plans_share_makes_no_error_between_them() -> None:
    rng = np.random.default_rng(2)
    by_draw = rng.normal(0, 0.01, (50, 1, 2))
    turnout = replace(effects(), goal=Goal.TURNOUT, d_support=None)
    draws = replace(turnout, draws=EffectDraws(np.zeros(300, int), by_draw))
    people, door, mail = np.arange(100), np.zeros(100, np.int16), np.ones(100, np.int16)
    for found, size in ((turnout, 0.01), (draws, float(by_draw[:, 0, 0].std(ddof=1)))):
        assert found.error(people, door) == pytest.approx(100 * size)
        assert found.difference((people, door), (people + 100, door)) == pytest.approx(0)
        assert found.difference((people, door), (people[:30], door[:30])) == pytest.approx(70 * size)
    apart = draws.difference((people, door), (people, mail))
    assert apart == pytest.approx(100 * (by_draw[:, 0, 0] - by_draw[:, 0, 1]).std(ddof=1))
    assert turnout.difference((people, door), (people, mail)) == pytest.approx(np.hypot(1, 1))


def test_who_keeps_people_from_voting_is_refused() -> None:
    found = effects()
    away = found.d_turnout.copy()
    away[:, 1] = -0.05
    with pytest.raises(SuppressesTurnout, match="'mail' lowers turnout by 5"):
        replace(found, d_turnout=away).gain(OPTIONS)
    away[4, 1] = np.nan
    with pytest.raises(BadEstimate):
        replace(found, d_turnout=away).gain(OPTIONS)


def test_reasons_agree_with_the_plan() -> None:
    problem = drawn(4, 2_000)
    assert problem.allowed is not None
    gain, allowed = problem.gain.copy(), np.asarray(problem.allowed).copy()
    allowed[5], gain[6] = False, -0.1
    problem = replace(problem, gain=gain, allowed=allowed)
    plan = solve(problem)
    persons = np.arange(500)
    why = explain(problem, plan, persons)
    rows, options = np.nonzero(why.chosen)
    own = plan.person < 500
    assert sorted(zip(rows, options, strict=True)) == sorted(
        zip(plan.person[own], plan.option[own], strict=True)
    )
    assert why.reason[5] == Reason.BARRED
    assert why.reason[6] == (Reason.NEVER_USEFUL if allowed[6].any() else Reason.BARRED)
    given = why.chosen.any(axis=1)
    assert ((why.reason == Reason.CHOSEN) == given).all()
    assert not why.chosen[np.flatnonzero(why.second >= 0), why.second[why.second >= 0]].any()
    nothing = why.reason == Reason.OUTBID
    assert (why.lead[nothing] < 0).all()
    assert (why.net[why.chosen] > -1e-3).mean() > 0.95
