"""A study looked at afterwards, on made-up households whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from commonweal.experiments.rules import split
from commonweal.planning import Option
from commonweal.planning.errors import BudgetTooSmall, NothingLeftToPlan, UnknownStudyOption
from commonweal.planning.model import NONE
from commonweal.planning.study import Half, Spread, Study, look_back, one_half

BOTH = frozenset({"weak", "strong"})


@cache
def made_up() -> Study:
    """12,000 households; a strong and a weak letter, which move the young only; everyone is as likely to vote."""
    rng = np.random.default_rng(8)
    size = rng.integers(1, 4, 12_000)
    household = np.repeat(np.arange(12_000) * 7 + 3, size)
    of = np.repeat(np.arange(12_000), size)
    young = rng.random(12_000)[of] < 0.4
    arm = rng.choice(3, 12_000, p=[0.5, 0.25, 0.25])[of]
    other = rng.normal(size=len(of))
    chance = 0.4 + 0.03 * other.clip(-2, 2) + np.array([0.0, 0.05, 0.30])[arm] * young
    return Study(
        household=household,
        arm=arm.astype(np.int64),
        outcome=(rng.random(len(of)) < chance).astype(np.float64),
        features=np.column_stack([young, other]).astype(np.float32),
        moderators=np.column_stack([young, size[of]]).astype(np.float64),
        options=tuple(Option(code, "post", code, 50.0) for code in ("weak", "strong")),
        shares=(0.5, 0.25, 0.25),
    )


@cache
def half(allowed: frozenset[str] = BOTH) -> Half:
    return one_half(made_up(), 60_000, allowed, "a salt")


def test_the_plan_is_for_the_other_half_and_within_the_budget() -> None:
    found = half()
    planned = ~split(found.household, "a salt", 0.5)
    assert planned.all()
    assert len(found.household) == len(found.choice)
    assert found.plan.uses[0].used == 60_000
    assert found.plan.gap < 1e-3
    assert found.plan_worth.pieces == (found.choice != NONE).sum() == 1200


def test_it_finds_whom_the_letter_moves_and_beats_every_habit() -> None:
    found = half()
    study = made_up()
    assert found.best.code == "strong"
    persons = np.isin(study.household, found.household)
    chosen = found.choice[np.searchsorted(found.household, study.household[persons])] != NONE
    assert (study.features[persons][chosen, 0] == 1).mean() > 0.9
    assert [each.name for each in found.comparisons] == ["random", "largest", "likeliest"]
    assert all(each.beats for each in found.comparisons)
    assert all(habit.pieces == pytest.approx(1200) for habit in found.habits)


def test_what_it_promises_is_what_it_was_worth() -> None:
    found = half()
    promised, worth = found.predicted, found.plan_worth.votes
    assert abs(promised.value - worth.value) < 3 * np.hypot(promised.error, worth.error)
    assert 0 < promised.error < promised.value / 2


def test_what_leaving_out_an_option_costs() -> None:
    assert half().cost_of_leaving_out is None
    without = half(frozenset({"weak"}))
    assert without.best.code == "weak"
    assert without.cost_of_leaving_out is not None
    assert without.unrestricted is not None
    assert without.cost_of_leaving_out.low > 0
    gained = without.unrestricted.per_thousand.value - without.plan_worth.per_thousand.value
    assert without.cost_of_leaving_out.value == pytest.approx(gained)


def test_more_salts_give_the_spread_and_the_same_again() -> None:
    seen: list[tuple[int, int | None]] = []
    found = look_back(
        made_up(), 60_000, BOTH, "a salt", 1, lambda done, total, step: seen.append((done, total))
    )
    assert seen == [(0, 2), (1, 2), (2, 2)]
    assert [spread.name for spread in found.worth] == ["plan", "random", "largest", "likeliest"]
    assert found.worth[0].values[0] == half().plan_worth.per_thousand.value  # deterministic
    assert found.worth[0].values[0] != found.worth[0].values[1]
    assert [spread.name for spread in found.ahead] == ["random", "largest", "likeliest"]
    assert found.ahead[0].above_zero == 2


def test_spread() -> None:
    spread = Spread("plan", (1.0, 3.0, -1.0))
    assert (spread.mean, spread.deviation, spread.above_zero) == (1.0, 2.0, 2)
    assert Spread("plan", (1.0,)).deviation == 0.0


def test_what_cannot_be_studied_is_refused() -> None:
    with pytest.raises(UnknownStudyOption, match="'neighbours'"):
        look_back(made_up(), 1, {"neighbours"}, "s")
    with pytest.raises(NothingLeftToPlan):
        look_back(made_up(), 1, set(), "s")
    with pytest.raises(BudgetTooSmall):
        look_back(replace(made_up()), 0, BOTH, "s", 0)
