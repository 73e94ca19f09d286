"""Is a plan's promise kept? Plans of synthetic electorates, gains learnt from their pilots, beside the hidden truth.

For each seed: a demo campaign (lists, identity, pilot, scores, a plan); then what its contacts truly gain, by the truth that the
campaign never saw. In the same campaign and for the same money, what habits would have gained: (a) contact by support score,
the likeliest supporters first; (b) each channel planned by itself with its share of the money, the door first; (c) at random.

A vote is one of the margin, as in planning.rules: t (2 s - 1) with the contact less the same without it. Contacts with people
whom the truth does not know by their registration number (sign-ups from elsewhere) are left out on both sides.

    python -m benchmarks.plan_truth [VOTERS [SEEDS]]        # 30000 20: three quarters of an hour
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.measure import machine
from commonweal import demo
from commonweal.campaign import Campaign
from commonweal.electorate.world import World
from commonweal.planning import Plan, Problem, solve
from commonweal.planning.actions import pose
from commonweal.planning.model import OPEN, Per
from commonweal.planning.options import CampaignOption, read_options
from commonweal.planning.population import Population, read_population

Doubles = npt.NDArray[np.float64]
Choices = npt.NDArray[np.int64]
_ASKED, _SEEDS_ASKED = 17, 20


@dataclass(frozen=True)
class Outcome:
    """One seed: what the plan promised, with its error; what it truly gains, and what each habit gains."""

    promised: float
    error: float
    truth: float
    habits: dict[str, float]

    @property
    def held(self) -> bool:
        """The truth lies within the promise's 95% interval."""
        return abs(self.truth - self.promised) <= 1.96 * self.error


def main(voters: int = 10_000, seeds: int = 4) -> None:
    outcomes = [_outcome(voters, seed) for seed in range(1, seeds + 1)]
    held = sum(each.held for each in outcomes)
    narrow = sum(1.96 * each.error < each.promised / 2 for each in outcomes)
    print(
        f"{voters:,} voters, {seeds} seeds: the truth lies within the plan's 95% interval {held} times"
        f" (asked {_ASKED} of {_SEEDS_ASKED}); half of the interval is under half of the gain {narrow} times"
    )
    truth = np.array([each.truth for each in outcomes])
    for name in outcomes[0].habits:
        other = np.array([each.habits[name] for each in outcomes])
        ahead = truth - other
        print(
            f"  the plan truly gains {np.median(truth):.1f} votes (median), {name} {np.median(other):.1f}:"
            f" ahead by {np.median(ahead):.1f} (median), in {int((ahead > 0).sum())} of {seeds}"
        )


def _outcome(voters: int, seed: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="commonweal-truth-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        report = demo.run(Path(folder), voters=voters, seed=seed, durable=False)
        world = World.open(Path(folder) / "truth")
        with Campaign.open(report.campaign, durable=False) as campaign:
            found = _valued(campaign, world, round(100 * demo.BUDGET_A_VOTER * voters), seed)
    print(
        f"seed {seed}: promised {found.promised:.1f} ± {1.96 * found.error:.1f}, truly {found.truth:.1f}"
        f" ({'within' if found.held else 'outside'}); "
        + ", ".join(f"{name} {votes:.1f}" for name, votes in found.habits.items()),
        flush=True,
    )
    return found


def _valued(campaign: Campaign, world: World, budget: int, seed: int) -> Outcome:
    options = read_options(campaign.folder)
    population = read_population(campaign, options)
    problem = pose(campaign.lake, population, options, budget)
    known = _known(campaign, world, population)
    problem = replace(
        problem, barred=np.where(known.inside[:, None], population.barrier, _UNKNOWN).astype(np.uint8)
    )
    plan = solve(problem)
    return Outcome(
        promised=plan.votes.value,
        error=plan.votes.error,
        truth=known.truth(options, _contacts(plan)),
        habits={
            "by support score": known.truth(options, _by_score(problem)),
            "each channel apart": known.truth(options, _apart(problem)),
            "at random": known.truth(options, _at_random(problem, np.random.default_rng(seed))),
        },
    )


_UNKNOWN = 255


@dataclass(frozen=True, eq=False)
class _Known:
    """Who of the population is known to the truth, by registration number."""

    world: World
    numbers: npt.NDArray[np.object_]
    inside: npt.NDArray[np.bool_]

    def truth(self, options: Sequence[CampaignOption], choice: Choices) -> float:
        """Votes that contacts truly gain; choice (n,): an option each, -1 for none."""
        total = 0.0
        for place, option in enumerate(options):
            told = self.numbers[(choice == place) & self.inside].tolist()
            if told:
                turnout, support = self.world.baseline(told)
                more_turnout, more_support = self.world.value(told, option.code)
                after = (turnout + more_turnout) * (2 * (support + more_support) - 1)
                total += float((after - turnout * (2 * support - 1)).sum())
        return total


def _known(campaign: Campaign, world: World, population: Population) -> _Known:
    profile = (
        campaign.lake.table("people.profile").select("person_id", "registration_number").order_by("person_id")
    )
    numbers = np.array(
        [each or "" for each in campaign.lake.read(profile)["registration_number"].to_pylist()], object
    )
    assert len(numbers) == len(population)
    return _Known(world, numbers, np.asarray(world.knows(numbers.tolist())))


def _contacts(plan: Plan) -> Choices:
    """(n,): the option that each person gets."""
    return np.where(plan.reached, plan.choice[plan.unit], -1).astype(np.int64)


def _spent(problem: Problem, order: npt.NDArray[np.intp], option: Choices) -> Choices:
    """Contacts in this order until the money is gone; a household once, all of it who are open to the option."""
    household = problem.household if problem.household is not None else np.arange(len(order))
    members: dict[int, list[int]] = {}
    for person, home in enumerate(household.tolist()):
        members.setdefault(home, []).append(person)
    choice, left, done = np.full(len(order), -1), problem.budget, set[int]()
    assert problem.barred is not None
    for person in order.tolist():
        at, home = int(option[person]), int(household[person])
        if at < 0 or home in done:
            continue
        those = [each for each in members[home] if problem.barred[each, at] == OPEN]
        each = problem.options[at]
        cost = each.unit_cost * (1 if each.per is Per.HOUSEHOLD else len(those))
        if those and cost <= left:
            choice[those], left = at, left - cost
            done.add(home)
    return choice


def _first_open(problem: Problem) -> Choices:
    """(n,): the first option, in their order, that is open to each person; -1 for none."""
    assert problem.barred is not None
    open_ = problem.barred == OPEN
    return np.where(open_.any(axis=1), open_.argmax(axis=1), -1)


def _by_score(problem: Problem) -> Choices:
    assert problem.support is not None
    return _spent(problem, np.argsort(-np.nan_to_num(problem.support), kind="stable"), _first_open(problem))


def _apart(problem: Problem) -> Choices:
    """Each channel's best plan for an equal share of the money; whom an earlier one contacts, the later ones lose."""
    assert problem.barred is not None
    channels = list(dict.fromkeys(option.channel for option in problem.options))
    choice = np.full(len(problem.barred), -1)
    taken = np.zeros(len(choice), bool)
    for channel in channels:
        closed = np.array([option.channel != channel for option in problem.options])
        part = replace(
            problem,
            budget=problem.budget // len(channels),
            barred=np.where(closed, _UNKNOWN, problem.barred).astype(np.uint8),
        )
        own = _contacts(solve(part))
        choice = np.where((own >= 0) & ~taken, own, choice)
        taken |= own >= 0
    return choice


def _at_random(problem: Problem, dice: np.random.Generator) -> Choices:
    assert problem.barred is not None
    lots = np.where(problem.barred == OPEN, dice.random(problem.barred.shape), -1.0)
    return _spent(
        problem, dice.permutation(len(lots)), np.where(lots.max(axis=1) >= 0, lots.argmax(axis=1), -1)
    )


if __name__ == "__main__":
    os.environ.setdefault("COMMONWEAL_STATE", tempfile.mkdtemp(prefix="commonweal-bench-"))
    Path(os.environ["COMMONWEAL_STATE"]).chmod(0o755)
    print(f"Machine: {machine()}")
    main(*(int(word) for word in sys.argv[1:]))
