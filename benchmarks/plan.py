"""The joint plan beside its peers, on the instances of `plan_instances`: seconds, gap, memory.

    python -m benchmarks.plan [CASE…]     small middle large messages; huge is run only when named
    python -m benchmarks.plan one PERSONS OPTIONS SEED [FLOORS]
    python -m benchmarks.plan warm [PERSONS OPTIONS]    # a changed limit beside the same problem from nothing
    python -m benchmarks.plan blocks PERSONS OPTIONS SEED    # from files, block by block: memory does not grow with the persons

Peers are HiGHS (interior point and crossover: an exact linear program) and OR-Tools' PDLP, each with 300 seconds, where the
dependency group `bench` is installed: `uv sync --group bench`. They solve the linear program only, without the
rounding to whole contacts. Every case runs in a process of its own; kernels are compiled beforehand and not counted.
"""

from __future__ import annotations

import itertools
import json
import os
import pickle
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measure import machine
from benchmarks.plan_instances import CHANNELS, COST, PHONE_HOURS, Instance, as_linear_program, make_instance
from commonweal.planning.joint import Hours, Option, Plan, Problem, Solver, again, contacts, money, solve
from commonweal.planning.joint.blocks import FileBlocks, Terms, solve_blocks
from commonweal.planning.joint.tally import tally

SEEDS = (1, 2, 3)
LIMIT = 300.0  # seconds that a peer has


@dataclass(frozen=True)
class Case:
    """persons, options; floors: the messages' floors as a multiple of the instance's; peers: seeds that they solve too."""

    persons: int
    options: int
    seeds: tuple[int, ...] = SEEDS
    floors: float = 1.0
    peers: tuple[int, ...] = ()


CASES = {
    "small": Case(10_000, 20, peers=SEEDS),
    "middle": Case(100_000, 20, peers=(1,)),
    "large": Case(1_000_000, 50),
    "messages": Case(1_000_000, 200, (1,), floors=2.6),
    "huge": Case(10_000_000, 50, (1,)),
}


def main(*names: str) -> None:
    for name in names or [each for each in CASES if each != "huge"]:
        case = CASES[name]
        for seed in case.seeds:
            ours = _alone("one", case.persons, case.options, seed, case.floors)
            print(f"{name}, seed {seed}: {_line(ours)}", flush=True)
            for peer in ("highs", "pdlp") if seed in case.peers else ():
                theirs = _alone(peer, case.persons, case.options, seed)
                print(f"    {peer}: {_beside(ours, theirs)}", flush=True)


def _alone(*words: object) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.plan", *map(str, words)], stdout=subprocess.PIPE, check=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _line(found: dict[str, Any]) -> str:
    return (
        f"{found['seconds']:.2f} s; {found['votes']:.2f} votes,"
        f" bound {found['bound']:.2f} ({found['in_part']:.5f} in part), gap {found['gap']:.1e}"
        f" (of it limits {found['limits']:.1e}, hours {found['hours']:.1e}, persons {found['persons']:.1e});"
        f" {found['floors']} floors bind, {found['short']} short; {found['gb']:.2f} GB with the instance of {found['instance_gb']:.2f}"
    )


def _beside(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    if theirs["value"] is None:
        return f"{theirs['status']}, {theirs['seconds']:.1f} s"
    apart = (ours["in_part"] - theirs["value"]) / theirs["value"]
    times = theirs["seconds"] / ours["seconds"]
    return (
        f"{theirs['value']:.5f} ({theirs['status']}), {theirs['seconds']:.1f} s: {times:.0f} times as long;"
        f" our bound lies {apart:.1e} from it; rows broken by up to {theirs['broken']:.1e}"
    )


def as_problem(instance: Instance, floors: float = 1.0) -> Problem:
    """An instance as ours to solve."""
    options = tuple(
        Option(f"{CHANNELS[c]}:{m}:{s}", CHANNELS[c], str(m), float(COST[c]), str(s))
        for c, m, s in zip(instance.channel, instance.message, instance.slot, strict=True)
    )
    limits = [money(options, instance.money)]
    for region, hours in enumerate(instance.phone_hours):
        limits.append(
            contacts(
                f"phone {region}", options, lambda o: o.channel == "phone", each=PHONE_HOURS, at_most=float(hours), region=region
            )
        )  # fmt: skip
    for channel, most in (("sms", instance.sms), ("email", instance.email)):
        limits += [
            contacts(
                f"{channel} {slot}", options, lambda o, c=channel, s=str(slot): (o.channel, o.slot) == (c, s), at_most=float(each)
            )
            for slot, each in enumerate(most)
        ]  # fmt: skip
    limits += [
        contacts(
            f"message {message}", options, lambda o, m=str(message): o.message == m,
            at_least=min(float(low) * floors, 0.9 * float(high)), at_most=float(high),
        )
        for message, (low, high) in enumerate(zip(instance.message_floor, instance.message_cap, strict=True))
    ]  # fmt: skip
    limits += [
        contacts(f"group {group}", options, at_least=float(low), group=group)
        for group, low in enumerate(instance.group_floor)
    ]
    area = np.repeat(np.arange(len(instance.area_hours), dtype=np.int32), np.diff(instance.area_start))
    return Problem(
        gain=instance.gain,
        options=options,
        limits=tuple(limits),
        most=instance.max_contacts,
        group=instance.group,
        area=area,
        region=instance.region,
        hours=Hours("door", instance.door_hours, instance.area_hours),
    )


def one(persons: int, options: int, seed: int, floors: float) -> dict[str, Any]:
    """Ours, from nothing."""
    solve(as_problem(make_instance(10_000, options, 9), floors))
    problem = as_problem(make_instance(persons, options, seed), floors)
    before = _peak()
    start = time.perf_counter()
    plan = solve(problem)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "gb": _peak(), "instance_gb": before, **_told(problem, plan)}


def warm(persons: int, options: int) -> None:
    """Each change of one limit, from the plan before and from nothing, by turns; medians over seeds and runs."""
    kinds = [_alone("changes", persons, options, seed) for seed in SEEDS]
    print(
        f"{persons:,} x {options}, seeds {SEEDS}, medians over all runs; {machine()}; load {os.getloadavg()[0]:.1f}"
    )
    for kind in kinds[0]:
        runs = [run for each in kinds for run in each[kind]]

        def median(name: str, runs: list[dict[str, float]] = runs) -> float:
            return statistics.median(run[name] for run in runs)

        wall = statistics.median(run["warm"] / run["cold"] for run in runs)
        cpu = statistics.median(run["warm_cpu"] / run["cold_cpu"] for run in runs)
        print(
            f"{kind}: {median('warm'):.2f} s ({median('warm_cpu'):.2f} of CPU), from nothing {median('cold'):.2f} s"
            f" ({median('cold_cpu'):.2f}); ratio {wall:.2f} ({cpu:.2f}); gap {median('warm_gap'):.1e}, from nothing"
            f" {median('cold_gap'):.1e}"
        )


def _changes(problem: Problem) -> dict[str, Problem]:
    """A problem with one limit otherwise."""

    def limit(name: str, end: str, by: float) -> Problem:
        return replace(
            problem,
            limits=tuple(
                replace(each, **{end: by * getattr(each, end)}) if each.name == name else each
                for each in problem.limits
            ),
        )

    assert problem.hours is not None
    available = np.array(problem.hours.available)
    available[int(available.argmax())] *= 2
    return {
        "nothing": problem,
        "money -10%": limit("money", "at_most", 0.9),
        "money +5%": limit("money", "at_most", 1.05),
        "a message's floor +50%": limit("message 4", "at_least", 1.5),
        "hours in one area, twice": replace(problem, hours=replace(problem.hours, available=available)),
        "SMS +20%": limit("sms 0", "at_most", 1.2),
        "hours on the phone in one region, half": limit("phone 0", "at_most", 0.5),
    }


_RUNS = 3


def changes(persons: int, options: int, seed: int) -> dict[str, list[dict[str, float]]]:
    """Seconds of each change, beside the same problem from nothing."""
    compiled = as_problem(make_instance(2 * again.FEWEST, options, 9))
    _both_ways(_solved(compiled), _changes(compiled)["SMS +20%"])
    problem = as_problem(make_instance(persons, options, seed))
    solver = _solved(problem)
    return {
        kind: [_both_ways(solver, changed) for _ in range(_RUNS)]
        for kind, changed in _changes(problem).items()
    }


def _solved(problem: Problem) -> Solver:
    solver = Solver(problem)
    solver.solve()
    return solver


def _both_ways(solver: Solver, changed: Problem) -> dict[str, float]:
    """The solver stands where it stood afterwards."""
    before = copy(solver)
    cold, cold_wall, cold_cpu = _timed(lambda: solve(changed))
    warm, warm_wall, warm_cpu = _timed(lambda: before.changed(limits=changed.limits, hours=changed.hours))
    for plan in (cold, warm):
        _told(changed, plan)
    return {
        "cold": cold_wall, "cold_cpu": cold_cpu, "cold_gap": cold.gap,
        "warm": warm_wall, "warm_cpu": warm_cpu, "warm_gap": warm.gap,
    }  # fmt: skip


def _timed(work: Callable[[], Plan]) -> tuple[Plan, float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    plan = work()
    return plan, time.perf_counter() - wall, time.process_time() - cpu


def _told(problem: Problem, plan: Plan) -> dict[str, Any]:
    counted = tally(problem, plan.person, plan.option)
    if counted.broken:
        raise SystemExit(f"broken: {counted.broken}")
    return {
        "votes": plan.votes,
        "bound": plan.bound,
        "in_part": plan.in_part,
        "gap": plan.gap,
        "limits": plan.gap_parts.limits / plan.bound,
        "hours": plan.gap_parts.hours / plan.bound,
        "persons": plan.gap_parts.persons / plan.bound,
        "floors": sum(use.price < 0 for use in plan.uses),
        "short": sum(use.shortfall > 0 for use in plan.uses),
    }


_BLOCK = 250_000  # persons, about


def blocks(persons: int, options: int, seed: int) -> None:
    """The same from files of some hundred thousand persons each."""
    with tempfile.TemporaryDirectory(prefix="commonweal-blocks-") as folder:
        # A process's peak counts what its parent held when it was begun: so another one writes them.
        subprocess.run(
            [sys.executable, "-m", "benchmarks.plan", "write", folder, *map(str, (persons, options, seed))],
            check=True,
        )
        found = _alone("from_blocks", folder)
    print(
        f"{persons:,} x {options} in {found['blocks']} blocks: {found['seconds']:.1f} s, {found['contacts']:,} contacts,"
        f" {found['votes']:.2f} votes, bound {found['bound']:.2f}, gap {found['gap']:.1e}; {found['short']} floors short;"
        f" {found['gb']:.2f} GB"
    )


def _write(folder: Path, persons: int, options: int, seed: int) -> None:
    problem = as_problem(make_instance(persons, options, seed))
    assert problem.area is not None
    assert problem.hours is not None
    assert not isinstance(problem.most, int)
    areas = max(1, round(_BLOCK * (int(problem.area[-1]) + 1) / persons))
    ends = np.flatnonzero(np.diff(problem.area // areas)) + 1
    for number, (first, last) in enumerate(itertools.pairwise([0, *ends.tolist(), persons])):
        rows = slice(first, last)
        table = pa.table(
            {
                "person": np.arange(first, last),
                "gain": pa.FixedSizeListArray.from_arrays(pa.array(problem.gain[rows].ravel()), options),
                "most": problem.most[rows],
                "group": problem.group[rows]
                if problem.group is not None
                else np.zeros(last - first, np.int8),
                "area": problem.area[rows],
                "hours": problem.hours.each[rows],
            }
        )
        pq.write_table(table, folder / f"{number:05}.parquet", compression="none", use_dictionary=False)
    terms = Terms(
        problem.options,
        problem.limits,
        region=problem.region,
        channel="door",
        available=problem.hours.available,
    )
    (folder / "terms.pickle").write_bytes(pickle.dumps(terms))


def from_blocks(folder: Path) -> dict[str, Any]:
    """In a process that has nothing else in memory."""
    solve(as_problem(make_instance(10_000, 20, 9)))
    terms = pickle.loads((folder / "terms.pickle").read_bytes())
    paths = sorted(folder.glob("*.parquet"))
    start = time.perf_counter()
    plan = solve_blocks(FileBlocks(paths), terms, folder / "plan")
    return {
        "blocks": len(paths),
        "seconds": time.perf_counter() - start,
        "contacts": plan.contacts,
        "votes": plan.votes,
        "bound": plan.bound,
        "gap": plan.gap,
        "short": sum(use.shortfall > 0 for use in plan.uses),
        "gb": _peak(),
    }


def highs(persons: int, options: int, seed: int) -> dict[str, Any]:
    """The linear program by HiGHS."""
    if find_spec("highspy") is None:
        return {"value": None, "seconds": 0.0, "status": "not installed"}
    import highspy

    gain, matrix, lower, upper, _, _ = as_linear_program(make_instance(persons, options, seed))
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(gain), len(upper)
    program.sense_ = highspy.ObjSense.kMaximize
    program.col_cost_, program.col_lower_, program.col_upper_ = gain, np.zeros(len(gain)), np.ones(len(gain))
    program.row_lower_, program.row_upper_ = lower, upper
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
    program.a_matrix_.value_ = matrix.data
    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("time_limit", LIMIT), ("solver", "ipm")):
        solver.setOptionValue(option, value)
    solver.passModel(program)
    start = time.perf_counter()
    solver.run()
    seconds = time.perf_counter() - start
    status = solver.modelStatusToString(solver.getModelStatus())
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return {"value": None, "seconds": seconds, "status": status}
    found = np.array(solver.getSolution().col_value)
    return _compared(gain, matrix, lower, upper, found, seconds, status)


def pdlp(persons: int, options: int, seed: int) -> dict[str, Any]:
    """The linear program by OR-Tools' first-order solver."""
    if find_spec("ortools") is None:
        return {"value": None, "seconds": 0.0, "status": "not installed"}
    from ortools.pdlp import solve_log_pb2, solvers_pb2
    from ortools.pdlp.python import pdlp as solver

    gain, matrix, lower, upper, _, _ = as_linear_program(make_instance(persons, options, seed))
    program = solver.QuadraticProgram()
    program.objective_vector = -gain
    program.constraint_matrix = matrix
    program.constraint_lower_bounds, program.constraint_upper_bounds = lower, upper
    program.variable_lower_bounds, program.variable_upper_bounds = np.zeros(len(gain)), np.ones(len(gain))
    parameters = solvers_pb2.PrimalDualHybridGradientParams()
    parameters.num_threads = 2
    parameters.termination_criteria.time_sec_limit = LIMIT
    start = time.perf_counter()
    result = solver.primal_dual_hybrid_gradient(program, parameters)
    seconds = time.perf_counter() - start
    status = solve_log_pb2.TerminationReason.Name(result.solve_log.termination_reason)
    return _compared(gain, matrix, lower, upper, result.primal_solution, seconds, status)


def _compared(
    gain: np.ndarray, matrix: Any, lower: np.ndarray, upper: np.ndarray, found: np.ndarray, seconds: float, status: str
) -> dict[str, Any]:  # fmt: skip
    used = matrix @ found
    over = np.maximum(used - upper, lower - used) / np.maximum(
        1.0, np.where(np.isfinite(upper), upper, lower)
    )
    return {
        "value": float(gain @ found),
        "seconds": seconds,
        "status": status,
        "broken": max(0.0, float(over.max())),
    }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["one", persons, options, seed, floors]:
            print(json.dumps(one(int(persons), int(options), int(seed), float(floors))))
        case ["warm", *size]:
            warm(*(map(int, size) if size else (1_000_000, 50)))
        case ["changes", persons, options, seed]:
            print(json.dumps(changes(int(persons), int(options), int(seed))))
        case ["blocks", persons, options, seed]:
            blocks(int(persons), int(options), int(seed))
        case ["write", folder, persons, options, seed]:
            _write(Path(folder), int(persons), int(options), int(seed))
        case ["from_blocks", folder]:
            print(json.dumps(from_blocks(Path(folder))))
        case ["highs" | "pdlp" as peer, persons, options, seed]:
            print(json.dumps({"highs": highs, "pdlp": pdlp}[peer](int(persons), int(options), int(seed))))
        case names:
            main(*names)
