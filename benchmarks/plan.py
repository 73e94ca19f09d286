"""The joint plan beside its peers, on the instances of `plan_instances`: seconds, gap, memory.

    python -m benchmarks.plan [CASE…]     small middle large messages; huge is run only when named
    python -m benchmarks.plan one PERSONS OPTIONS SEED [FLOORS]
    python -m benchmarks.plan blocks PERSONS OPTIONS SEED    # from files, block by block: memory does not grow with the persons

Peers are HiGHS (interior point and crossover: an exact linear program) and OR-Tools' PDLP, each with 300 seconds, where the
dependency group `bench` is installed: `uv sync --group bench`. They solve the linear program only, without the
rounding to whole contacts. Every case runs in a process of its own; kernels are compiled beforehand and not counted.
"""

from __future__ import annotations

import itertools
import json
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.plan_instances import CHANNELS, COST, PHONE_HOURS, Instance, as_linear_program, make_instance
from commonweal.planning.joint import Hours, Option, Plan, Problem, contacts, money, solve
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
        f"{found['seconds']:.2f} s, warm after a limit changed {found['warm']:.2f} s; {found['votes']:.2f} votes,"
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
    """Ours, cold, and warm after the budget rose by a twentieth."""
    solve(as_problem(make_instance(10_000, options, 9), floors))
    problem = as_problem(make_instance(persons, options, seed), floors)
    before = _peak()
    start = time.perf_counter()
    plan = solve(problem)
    seconds = time.perf_counter() - start
    peak = _peak()
    start = time.perf_counter()
    first = replace(problem.limits[0], at_most=1.05 * problem.limits[0].at_most)
    solve(replace(problem, limits=(first, *problem.limits[1:])), plan.prices)
    warm = time.perf_counter() - start
    return {"seconds": seconds, "warm": warm, "gb": peak, "instance_gb": before, **_told(problem, plan)}


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
