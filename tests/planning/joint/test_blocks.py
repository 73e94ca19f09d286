"""Plans made block by block: as good as in one piece, every rule kept over all blocks; and the same on Spark."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commonweal.planning.errors import NobodyEligible, WrongShape
from commonweal.planning.joint import Problem, solve
from commonweal.planning.joint.blocks import BlockPlan, FileBlocks, Terms, solve_blocks
from commonweal.planning.joint.errors import AreaInTwoBlocks, NoAreaKnown, PlanFolderTaken
from commonweal.planning.joint.tally import tally
from commonweal.store.engine import connect
from planning.joint.problems import drawn, fractional_optimum

PERSONS, AREAS = 4_000, 12


@pytest.fixture(scope="module")
def problem() -> Problem:
    return drawn(3, PERSONS, areas=AREAS)


def rows_of(problem: Problem) -> pa.Table:
    k = len(problem.options)
    assert problem.hours is not None
    assert problem.allowed is not None
    return pa.table(
        {
            "person": pa.array([f"p{i}" for i in range(problem.persons)]),
            "gain": pa.FixedSizeListArray.from_arrays(pa.array(problem.gain.ravel()), k),
            "allowed": pa.FixedSizeListArray.from_arrays(pa.array(problem.allowed.view(np.uint8).ravel()), k),
            "most": pa.array(problem.most),
            "group": pa.array(problem.group),
            "area": pa.array(problem.area),
            "hours": pa.array(problem.hours.each),
        }
    )


def terms_of(problem: Problem) -> Terms:
    assert problem.hours is not None
    return Terms(
        problem.options,
        problem.limits,
        region=problem.region,
        channel=problem.hours.channel,
        available=problem.hours.available,
    )


def in_files(rows: pa.Table, folder: Path, ends: list[int]) -> FileBlocks:
    """One block for the areas up to each end."""
    paths, area = [], rows["area"].to_numpy()
    for first, last in zip([0, *ends[:-1]], ends, strict=True):
        paths.append(folder / f"block-{first}.parquet")
        pq.write_table(rows.filter(pa.array((area >= first) & (area < last))), paths[-1])
    return FileBlocks(paths)


def kept(problem: Problem, plan: BlockPlan) -> None:
    """What all blocks do together, counted anew on the whole."""
    contacts = pa.concat_tables([pq.read_table(path) for path in sorted(plan.folder.glob("contacts-*"))])
    person = np.array([int(name[1:]) for name in contacts["person"].to_pylist()])
    codes = [option.code for option in problem.options]
    option = np.array([codes.index(code) for code in contacts["option"].to_pylist()])
    counted = tally(problem, person, option)
    assert not counted.broken
    assert plan.contacts == len(contacts)
    assert plan.votes == pytest.approx(counted.votes)
    assert [use.used for use in plan.uses] == pytest.approx(counted.used)


def test_blocks_together_are_as_good_as_one_piece(problem: Problem, tmp_path: Path) -> None:
    whole = solve(problem)
    blocks = in_files(rows_of(problem), tmp_path, [2, 7, AREAS])
    plan = solve_blocks(blocks, terms_of(problem), tmp_path / "plan")
    kept(problem, plan)
    optimum = fractional_optimum(problem)
    assert optimum is not None
    assert optimum * (1 - 1e-9) <= plan.in_part <= optimum * (1 + 1e-5)
    assert plan.bound <= plan.in_part
    assert plan.gap < 1e-2, "less than a contact is lost for each limit and block"
    assert plan.votes == pytest.approx(whole.votes, rel=1e-2)
    hours = plan.prices.hours
    assert hours == pytest.approx(whole.prices.hours, abs=0.02 * whole.prices.hours.max())
    again = solve_blocks(blocks, terms_of(problem), tmp_path / "again", plan.prices)
    assert again.in_part == pytest.approx(plan.in_part, rel=1e-5)


def test_prices_are_sought_in_a_sample_first(
    problem: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commonweal.planning.joint.blocks._SAMPLE", 500)
    plan = solve_blocks(
        in_files(rows_of(problem), tmp_path, [5, AREAS]), terms_of(problem), tmp_path / "plan"
    )
    kept(problem, plan)
    assert plan.in_part == pytest.approx(solve(problem).in_part, rel=1e-5)


def test_a_block_in_which_nobody_can_be_contacted(problem: Problem, tmp_path: Path) -> None:
    assert problem.allowed is not None
    assert problem.area is not None
    closed = replace(problem, allowed=problem.allowed & (problem.area > 1)[:, None])
    blocks = in_files(rows_of(closed), tmp_path, [2, AREAS])
    kept(closed, solve_blocks(blocks, terms_of(closed), tmp_path / "plan"))
    nobody = replace(problem, allowed=np.zeros_like(problem.allowed))
    with pytest.raises(NobodyEligible):
        solve_blocks(in_files(rows_of(nobody), tmp_path, [2, AREAS]), terms_of(problem), tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_rows_that_are_wrong(problem: Problem, tmp_path: Path) -> None:
    rows, terms, plan = rows_of(problem), terms_of(problem), tmp_path / "plan"
    area = rows["area"].to_numpy()
    split = [rows.slice(0, 10), rows.slice(10)]
    paths = [tmp_path / "one.parquet", tmp_path / "other.parquet"]
    for path, part in zip(paths, split, strict=True):
        pq.write_table(part, path)
    with pytest.raises(AreaInTwoBlocks, match="Area 0 stands in block 0 and in block 1"):
        solve_blocks(FileBlocks(paths), terms, plan)
    pq.write_table(rows.set_column(5, "area", pa.array(area + AREAS)), paths[0])
    with pytest.raises(NoAreaKnown, match=f"area {2 * AREAS - 1}, but the terms tell of {AREAS}"):
        solve_blocks(FileBlocks(paths[:1]), terms, plan)
    pq.write_table(rows.drop_columns("hours"), paths[0])
    with pytest.raises(WrongShape, match="hours"):
        solve_blocks(FileBlocks(paths[:1]), terms, plan)
    pq.write_table(
        rows.set_column(1, "gain", pa.array([[0.1]] * len(rows), pa.list_(pa.float32()))), paths[0]
    )
    with pytest.raises(WrongShape, match="gain"):
        solve_blocks(FileBlocks(paths[:1]), terms, plan)
    plan.mkdir()
    with pytest.raises(PlanFolderTaken):
        solve_blocks(FileBlocks(paths[:1]), terms, plan)
    assert not list(tmp_path.glob("plan.new-*"))


@pytest.mark.spark
@pytest.mark.slow
def test_the_same_plan_on_spark(problem: Problem, tmp_path: Path) -> None:
    from commonweal.planning.joint.spark import SparkBlocks

    session = connect("spark", tmp_path)._session  # type: ignore[attr-defined]
    blocks = in_files(rows_of(problem), tmp_path, [2, 7, AREAS])
    here = solve_blocks(blocks, terms_of(problem), tmp_path / "here")
    rows = session.read.parquet(*map(str, blocks.paths)).repartitionByRange(3, "area")
    there = solve_blocks(
        SparkBlocks(rows.sortWithinPartitions("area").persist()), terms_of(problem), tmp_path / "there"
    )
    kept(problem, there)
    assert there.in_part == pytest.approx(here.in_part, rel=1e-5)
    assert there.votes == pytest.approx(here.votes, rel=1e-2)
