from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from commonweal.electorate import CONTROL, Electorate, World
from commonweal.electorate.errors import ArmsDontFit, NoTruth, UnknownOption, UnknownVoters
from electorate.reading import VOTERS, Town


def numbers(town: Town) -> list[str]:
    return [number for number in town.persons["numero_electeur"].to_pylist() if number]


def test_the_world_knows_the_voters_on_the_roll(world: World, town: Town) -> None:
    assert len(world) == VOTERS == len(numbers(town))
    turnout, support = world.baseline(numbers(town))
    on_roll = [row for row in town.persons.to_pylist() if row["numero_electeur"]]
    assert np.allclose(turnout, [row["turnout"] for row in on_roll])
    assert np.allclose(support, [row["support"] for row in on_roll])


def test_answers_depend_on_seed_and_voter_only(world: World, town: Town) -> None:
    voters = numbers(town)
    arms = [CONTROL, "door:housing", "post:climate"] * (len(voters) // 3)
    first = world.respond(voters, arms, seed=4)
    assert first.column_names == ["registration_number", "arm", "voted", "support"]
    assert first["registration_number"].to_pylist() == voters
    assert world.respond(voters, arms, seed=4).equals(first)
    backwards = world.respond(voters[::-1], arms[::-1], seed=4)
    assert backwards["voted"].to_pylist()[::-1] == first["voted"].to_pylist()
    assert backwards["support"].to_pylist()[::-1] == first["support"].to_pylist()
    assert world.respond(voters, arms, seed=5)["voted"].to_pylist() != first["voted"].to_pylist()


def test_a_survey_reaches_some_whatever_the_arm(world: World, town: Town) -> None:
    voters = numbers(town)
    missing = {
        arm: world.respond(voters, [arm] * len(voters), seed=1)["support"].is_null().to_pylist()
        for arm in (CONTROL, "door:housing")
    }
    assert missing[CONTROL] == missing["door:housing"]
    assert 0.4 < np.mean(missing[CONTROL]) < 0.85


def test_most_say_the_same_before_and_after_when_nothing_is_done(larger: tuple[World, list[str]]) -> None:
    world, voters = larger
    before = world.ask(voters, seed=2)
    assert before.column_names == ["registration_number", "support"]
    assert world.ask(voters[::-1], seed=2)["support"].to_pylist()[::-1] == before["support"].to_pylist()
    after = world.respond(voters, [CONTROL] * len(voters), seed=2)
    first, second = (
        np.asarray(each["support"].to_numpy(zero_copy_only=False), float) for each in (before, after)
    )
    both = np.isfinite(first) & np.isfinite(second)
    assert both.sum() / np.isfinite(second).sum() == pytest.approx(0.86, abs=0.03)
    assert np.corrcoef(first[both], second[both])[0, 1] == pytest.approx(0.82, abs=0.03)
    _, support = world.baseline(voters)
    asked = np.isfinite(first)
    assert first[asked].mean() == pytest.approx(support[asked].mean(), abs=0.02)


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, list[str]]:
    folder = tmp_path_factory.mktemp("larger")
    Electorate(30_000, 11).write(folder / "lists", folder / "truth")
    known = pq.read_table(folder / "truth" / "persons.parquet", columns=["numero_electeur"])
    return World.open(folder / "truth"), [each for each in known[0].to_pylist() if each]


def test_a_pilot_finds_the_true_effect(larger: tuple[World, list[str]]) -> None:
    """The difference of means of a randomised pilot lies within four standard errors of the mean true value."""
    world, voters = larger
    treated = np.random.default_rng(1).random(len(voters)) < 0.5
    arms = np.where(treated, "door:housing", CONTROL).tolist()
    answers = world.respond(voters, arms, seed=1).to_pandas()
    true_turnout, true_support = world.value(voters, "door:housing")
    for column, true in (("voted", true_turnout), ("support", true_support)):
        known = answers[column].notna().to_numpy()
        outcome = answers[column].to_numpy(dtype=float)
        one, zero = outcome[known & treated], outcome[known & ~treated]
        error = np.sqrt(one.var() / len(one) + zero.var() / len(zero))
        weight = known if column == "support" else np.ones_like(known)
        assert abs(one.mean() - zero.mean() - true[weight].mean()) < 4 * error


def test_chances_come_true(larger: tuple[World, list[str]]) -> None:
    world, voters = larger
    turnout, _support = world.baseline(voters)
    voted = world.respond(voters, [CONTROL] * len(voters), seed=3)["voted"].to_numpy()
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1)):
        here = (turnout >= low) & (turnout < high)
        assert abs(voted[here].mean() - turnout[here].mean()) < 4 * np.sqrt(0.25 / here.sum())


def test_numbers_that_are_on_no_roll_are_refused(world: World, town: Town) -> None:
    with pytest.raises(UnknownVoters, match=r"2 registration numbers.*'12'"):
        world.respond([*numbers(town)[:3], "12", "no number"], [CONTROL] * 5, seed=1)


def test_misread_numbers_are_known_to_be_no_voter_s(world: World, town: Town) -> None:
    asked = [numbers(town)[0], "41", "", "1²", "9" * 40, numbers(town)[-1]]
    assert world.knows(asked).tolist() == [True, False, False, False, False, True]


def test_arms_and_options_are_checked(world: World, town: Town) -> None:
    with pytest.raises(ArmsDontFit):
        world.respond(numbers(town)[:3], [CONTROL], seed=1)
    with pytest.raises(UnknownOption, match="carrier_pigeon"):
        world.respond(numbers(town)[:1], ["carrier_pigeon:housing"], seed=1)


def test_a_folder_without_truth_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NoTruth):
        World.open(tmp_path)
