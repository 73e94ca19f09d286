"""Is a plan's promise kept? Plans of synthetic electorates, gains learnt from their pilots, beside the hidden truth.

For each seed a campaign is made, whose lists are as `known_town` tells: every record linked rightly. The rest is what any campaign
runs: everyone is asked for whom they are, and a third answers; these are drawn, contacted or not, and asked again; who voted is known
of all; scores, effects, the plan. Then what the plan's contacts truly gain, by the truth that the campaign never saw. Beside it, in the same
campaign, for the same money and within the same limits, what habits would have gained:

(a) by support score: the likeliest supporters first, by the option that does most on average in the pilot;
(b) each channel planned by itself, best by the same estimates, with its share of the money, the door first;
(c) at random.

A vote is one of the margin, as in planning.rules: t (2 s - 1) with the contacts less the same without them.

    python -m benchmarks.plan_truth [VOTERS [SEEDS [FIRST]]]    # 150000 20 1: half an hour; from seed FIRST on
    python -m benchmarks.plan_truth power [SEEDS [MOST_VOTERS]] # how much a pilot of which size tells
    python -m benchmarks.plan_truth campaigns [VOTERS [SEEDS]]  # whole campaigns, from messy lists: 30000 2
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.known_town import KnownTown, attribute, known_town
from benchmarks.measure import machine
from commonweal import demo
from commonweal.campaign import Campaign, Settings
from commonweal.electorate import CONTROL, World
from commonweal.electorate.effects import Susceptibility, shifts
from commonweal.electorate.latent import expit
from commonweal.experiments import actions as experiments
from commonweal.experiments.rules import uniform
from commonweal.planning.joint import Plan, solve
from commonweal.planning.options import CampaignOption, read_options
from commonweal.planning.population import Population, read_population
from commonweal.planning.posing import Posed, pose
from commonweal.planning.terms import read_terms
from commonweal.scoring.actions import score

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_ASKED, _OF = 17, 20
_WIDTH = 1.96
_CONTROL = 0.3
_SIZES = (15_000, 30_000, 60_000, 120_000)  # voters


@dataclass(frozen=True)
class Outcome:
    """One seed: what the plan promised, with its error; what it truly gains, and what each habit gains.

    by_support: the error if only effects on support were uncertain. answers: outcomes on support in the pilot.
    """

    promised: float
    error: float
    by_support: float
    truth: float
    habits: dict[str, float]
    answers: int = 0
    persons: int = 0

    @property
    def held(self) -> bool:
        """The truth lies within the promise's 95% interval."""
        return abs(self.truth - self.promised) <= _WIDTH * self.error

    @property
    def half_width(self) -> float:
        """Half of the interval, as a share of what is promised."""
        return _WIDTH * self.error / self.promised


def main(voters: int = 150_000, seeds: int = 20, first: int = 1) -> None:
    """Everyone asked; what came of each seed, then of all."""
    outcomes = [_told(seed, _seed(voters, seed)) for seed in range(first, first + seeds)]
    _sum_up(voters, outcomes)
    print(f"  a pilot of {np.median([each.persons for each in outcomes]):,.0f} people (median)")


def campaigns(voters: int = 30_000, seeds: int = 2) -> None:
    """From messy lists: files, intake, identity and all."""
    _sum_up(voters, [_told(seed, _campaign(voters, seed)) for seed in range(1, seeds + 1)])


def power(seeds: int = 2, most: int = _SIZES[-1]) -> None:
    """Half of the interval by the size of the pilot, with and without a survey before it; medians.

    What a pilot tells depends on its own size, not on that of the electorate: each is of those who answer in one of `_SIZES` voters.
    """
    print(
        "people in the pilot, answers after it; half of the interval as a share of the gain: asked after, before and after"
    )
    for voters in _SIZES:
        if voters <= most:
            both, after = (
                [_seed(voters, seed, before=before) for seed in range(1, seeds + 1)]
                for before in (True, False)
            )
            told = [np.median([each.half_width for each in outcomes]) for outcomes in (after, both)]
            answers = np.median([each.answers for each in after]), np.median([each.answers for each in both])
            print(
                f"{np.median([each.persons for each in both]):7,.0f} {answers[0]:7,.0f} {told[0]:7.0%}"
                f" {answers[1]:7,.0f} {told[1]:7.0%}",
                flush=True,
            )


def _told(seed: int, found: Outcome) -> Outcome:
    told = ", ".join(f"{name} {votes:.0f}" for name, votes in found.habits.items())
    print(
        f"seed {seed}: promised {found.promised:.0f} ± {_WIDTH * found.error:.0f}, truly {found.truth:.0f}"
        f" ({'within' if found.held else 'OUTSIDE'}, half {found.half_width:.0%} of the gain); {told}",
        flush=True,
    )
    return found


def _sum_up(voters: int, outcomes: Sequence[Outcome]) -> None:
    seeds = len(outcomes)
    held = sum(each.held for each in outcomes)
    narrow = sum(each.held and each.half_width < 0.5 for each in outcomes)
    off = np.array([(each.truth - each.promised) / each.error for each in outcomes])
    share = np.median([(each.by_support / each.error) ** 2 for each in outcomes])
    print(
        f"{voters:,} voters, {seeds} seeds: the truth lies within the plan's 95% interval {held} times, and half of that is"
        f" under half of the gain {narrow} times (asked: {_ASKED} of {_OF}). Half of the interval is"
        f" {np.median([each.half_width for each in outcomes]):.0%} of the gain (median), at most"
        f" {max(each.half_width for each in outcomes):.0%}. Truth less promise, in errors: mean {off.mean():.2f}, standard"
        f" deviation {off.std():.2f}. Effects on support are {share:.0%} of the variance (median)."
    )
    truth = np.array([each.truth for each in outcomes])
    for name in outcomes[0].habits:
        other = np.array([each.habits[name] for each in outcomes])
        ahead = truth - other
        print(
            f"  the plan truly gains {np.median(truth):.0f} votes (median), {name} {np.median(other):.0f}:"
            f" ahead by {np.median(ahead):.0f} (median; {ahead.min():.0f} to {ahead.max():.0f}),"
            f" in {int((ahead > 0).sum())} of {seeds}"
        )


# One seed


def _seed(voters: int, seed: int, *, before: bool = True) -> Outcome:
    town = known_town(voters, seed)
    with empty_campaign() as campaign:
        town.load(campaign)
        persons, answers = pilot(campaign, town, seed, before=before)
        score(campaign)
        found = _valued(campaign, town.voters, np.ones(voters, bool), voters, seed)
    return replace(found, persons=persons, answers=answers)


@contextmanager
def empty_campaign() -> Iterator[Campaign]:
    with tempfile.TemporaryDirectory(prefix="commonweal-truth-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "options.toml").write_text(demo.options_toml(), encoding="utf-8")
        Campaign.create(Path(folder), Settings(name="Plans and truth", timezone="Europe/Paris"))
        with Campaign.open(Path(folder), durable=False) as campaign:
            yield campaign


def pilot(campaign: Campaign, town: KnownTown, seed: int, *, before: bool) -> tuple[int, int]:
    """Ask, draw among those who answered, contact, ask again; how many people were drawn, and how many answered afterwards.

    Not `before`: as many are drawn from all, and asked afterwards only.
    """
    everybody = np.arange(len(town.number))
    said = np.asarray(town.world.ask(town.number.tolist(), seed)["support"].to_numpy(), np.float64)
    answered = np.isfinite(said)
    eligible = answered if before else uniform(everybody, f"drawn {seed}") < answered.mean()
    arms = [option.arm_name for option in read_options(campaign.folder)]
    shares = {"control": _CONTROL} | dict.fromkeys(arms, (1 - _CONTROL) / len(arms))
    chosen = ibis.memtable(pa.table({"person_id": everybody[eligible]}))
    experiments.draw(campaign, demo.PILOT, shares, eligible=chosen, universe="asked")
    drawn = campaign.lake.read(campaign.lake.table("experiments.assignment"))
    person, arm = drawn["person_id"].to_numpy(), np.full(len(everybody), CONTROL, object)
    arm[person] = drawn["arm"].to_pylist()
    told = town.world.respond(town.number.tolist(), arm.tolist(), seed)
    results = [
        _results("outcome:voted", everybody, told["voted"]),  # the signed roll tells of all
        _results("outcome:support", person, told["support"].take(pa.array(person))),
    ]
    if before:
        results.append(attribute("before:support", person, origin=demo.PILOT, number=said[person]))
    town.load(campaign, tuple(results))
    return len(person), results[1].num_rows


def _results(name: str, person: Ints, values: pa.ChunkedArray) -> pa.Table:
    numbers = np.asarray(values.to_numpy(), np.float64)
    known = np.isfinite(numbers)
    return attribute(name, person[known], origin=demo.PILOT, number=numbers[known])


def _campaign(voters: int, seed: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="commonweal-truth-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        report = demo.run(Path(folder), voters=voters, seed=seed, durable=False)
        world = World.open(Path(folder) / "truth")
        with Campaign.open(report.campaign, durable=False) as campaign:
            known, people = _known(campaign, world)
            return _valued(campaign, people, known, voters, seed)


def _known(campaign: Campaign, world: World) -> tuple[npt.NDArray[np.bool_], Susceptibility]:
    """Which persons of the campaign the truth knows by their registration number, and what it knows of them; others are left out."""
    profile = campaign.lake.table("people.profile").select("person_id", "registration_number")
    told = campaign.lake.read(profile.order_by("person_id"))["registration_number"].to_pylist()
    numbers = [each or "" for each in told]
    known = np.asarray(world.knows(numbers))
    anybody = next(number for number, inside in zip(numbers, known, strict=True) if inside)
    return known, world.people(
        [each if inside else anybody for each, inside in zip(numbers, known, strict=True)]
    )


# What plans are truly worth


def _valued(
    campaign: Campaign, people: Susceptibility, known: npt.NDArray[np.bool_], voters: int, seed: int
) -> Outcome:
    options = read_options(campaign.folder)
    population = read_population(campaign, options)
    barrier = np.where(known[:, None], population.barrier, _UNKNOWN).astype(np.uint8)
    population = replace(population, barrier=barrier)
    budget = round(100 * demo.BUDGET_A_VOTER * voters)
    posed = pose(campaign.lake, population, options, budget, read_terms(campaign.folder))
    plan = solve(posed.problem)
    person, option = _contacts(posed, plan.person, plan.option)
    support_only = replace(
        posed.effects,
        draws=None
        if posed.effects.draws is None
        else replace(posed.effects.draws, turnout=np.zeros_like(posed.effects.draws.turnout)),
    )
    habits = {
        "by support score": _by_score(posed, population, budget),
        "each channel apart": _apart(posed, budget),
        "at random": _at_random(posed, budget, np.random.default_rng(seed)),
    }
    return Outcome(
        promised=plan.votes,
        error=posed.effects.error(person, option),
        by_support=support_only.error(person, option),
        truth=_truth(people, options, person, option),
        habits={name: _truth(people, options, *_contacts(posed, *each)) for name, each in habits.items()},
    )


_UNKNOWN = 255


def _truth(people: Susceptibility, options: Sequence[CampaignOption], person: Ints, option: Ints) -> float:
    """Votes that contacts (m,), (m,) truly gain; those of one person add up on the logit scale."""
    turnout, support = people.turnout.copy(), people.support.copy()
    for place, each in enumerate(options):
        rows = person[option == place]
        told = Susceptibility(
            *(
                getattr(people, name)[rows]
                for name in ("turnout", "support", "responsive", "ear", "resonance")
            )
        )
        for logits, more in zip((turnout, support), shifts(told, each.arm_name), strict=True):
            np.add.at(logits, rows, more)
    after = expit(turnout) * (2 * expit(support) - 1)
    before = expit(people.turnout) * (2 * expit(people.support) - 1)
    return float((after - before).sum())


def _contacts(
    posed: Posed, unit: npt.NDArray[np.integer], option: npt.NDArray[np.integer]
) -> tuple[Ints, Ints]:
    """The persons whom contacts of units (m,), (m,) reach, and by which option."""
    persons = []
    for place in range(len(posed.options)):
        given = np.zeros(len(posed.units), bool)
        given[unit[option == place]] = True
        persons.append(np.flatnonzero(given[posed.units.of] & posed.units.reached[:, place]))
    return np.concatenate(persons), np.repeat(np.arange(len(persons)), [len(each) for each in persons])


# Habits: units and options, one contact each, until the money is gone


def _costs(posed: Posed) -> Doubles:
    return np.asarray(posed.units.times * np.array([float(each.unit_cost) for each in posed.options]))


def _until_spent(posed: Posed, order: Ints, option: Ints, budget: int) -> tuple[Ints, Ints]:
    """The first in this order, each with its option (-1: none), as far as the money goes."""
    order = order[option[order] >= 0]
    spent = np.cumsum(_costs(posed)[order, option[order]])
    chosen = order[spent <= budget]
    return chosen, option[chosen]


def _by_score(posed: Posed, population: Population, budget: int) -> tuple[Ints, Ints]:
    best = np.zeros(len(posed.units))
    np.maximum.at(best, posed.units.of, np.nan_to_num(population.support))
    open_ = posed.units.times > 0
    effect = np.where(open_, posed.units.gain, 0.0).sum(axis=0) / np.maximum(open_.sum(axis=0), 1)
    liked = np.where(open_, effect, -np.inf)
    option = np.where(open_.any(axis=1), liked.argmax(axis=1), -1)
    return _until_spent(posed, np.argsort(-best, kind="stable"), option, budget)


def _apart(posed: Posed, budget: int) -> tuple[Ints, Ints]:
    """Each channel's best plan for an equal share of the money; whom an earlier one contacts, the later ones lose."""
    channels = list(dict.fromkeys(option.channel for option in posed.options))
    taken = np.zeros(len(posed.units), bool)
    found: list[Plan] = []
    for channel in channels:
        closed = np.array([option.channel != channel for option in posed.options])
        allowed = np.where(closed | taken[:, None], 0, posed.units.times).astype(np.uint8)
        if not allowed.any():
            continue
        purse, *others = posed.problem.limits
        limits = (replace(purse, at_most=budget / len(channels)), *others)
        found.append(solve(replace(posed.problem, allowed=allowed, limits=limits)))
        taken[found[-1].person] = True
    return (
        np.concatenate([plan.person for plan in found]),
        np.concatenate([plan.option for plan in found]).astype(np.int64),
    )


def _at_random(posed: Posed, budget: int, dice: np.random.Generator) -> tuple[Ints, Ints]:
    lots = np.where(posed.units.times > 0, dice.random(posed.units.times.shape), -1.0)
    option = np.where(lots.max(axis=1) >= 0, lots.argmax(axis=1), -1)
    return _until_spent(posed, dice.permutation(len(lots)), option, budget)


if __name__ == "__main__":
    os.environ.setdefault("COMMONWEAL_STATE", tempfile.mkdtemp(prefix="commonweal-bench-"))
    Path(os.environ["COMMONWEAL_STATE"]).chmod(0o755)
    print(f"Machine: {machine()}")
    words, began = sys.argv[1:], time.perf_counter()
    match words:
        case ["power", *numbers]:
            power(*map(int, numbers))
        case ["campaigns", *numbers]:
            campaigns(*map(int, numbers))
        case numbers:
            main(*map(int, numbers))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{time.perf_counter() - began:.0f} s, {peak:.1f} GB")
