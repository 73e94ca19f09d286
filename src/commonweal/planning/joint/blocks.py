"""Joint plans of electorates that no memory holds: block by block, on one machine or on Spark.

A block is some whole areas. A look at everybody is a look at each block (a map) and a sum of what limits use and how that
changes with the prices (a reduce): a few kilobytes a block, whatever its size. Prices are first sought among a sample that
fits into memory. At the prices each block gets its part of every limit, as large as what it would use, and is rounded to
whole contacts by itself; so what all blocks use together keeps every limit. What that loses is less than a contact a
limit and block: let blocks be large, some hundred thousand persons, a million where memory allows.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from commonweal.planning.errors import NobodyEligible, WrongShape
from commonweal.planning.joint.certificate import bounds, persons_part
from commonweal.planning.joint.check import Scanned, checked, examined
from commonweal.planning.joint.chosen import Chosen
from commonweal.planning.joint.errors import AreaInTwoBlocks, NoAreaKnown, PlanFolderTaken
from commonweal.planning.joint.model import (
    Doubles,
    Floats,
    Hours,
    Integers,
    Limit,
    Option,
    Prices,
    Problem,
    Use,
)
from commonweal.planning.joint.prices import Sight, descend, least_bound
from commonweal.planning.joint.program import Rows, compile_problem, rows_of
from commonweal.planning.joint.rounding import Rounding
from commonweal.planning.joint.solve import DEAREST, NEAR
from commonweal.planning.joint.sweep import Swept, sweep
from commonweal.planning.joint.tally import tally

_SAMPLE = 400_000  # persons, among whom prices are sought first

_Result = TypeVar("_Result")


class Blocks(Protocol):
    """Where blocks come from: `FileBlocks` here, `spark.SparkBlocks`."""

    def map(self, work: Callable[[int, pa.Table], _Result]) -> list[_Result]:
        """What `work` makes of each block's number and rows, in the order of the numbers, 0 and up, the same each time."""


@dataclass(frozen=True)
class FileBlocks:
    """Parquet files, each of them a block."""

    paths: Sequence[Path]

    def map(self, work: Callable[[int, pa.Table], _Result]) -> list[_Result]:
        """See `Blocks`."""
        return [work(number, pq.read_table(path)) for number, path in enumerate(self.paths)]


@dataclass(frozen=True, eq=False)
class Terms:
    """A problem but for its persons.

    Rows of persons have the columns person (of any type), gain (a list of k float32, fixed in length), and where they are
    needed area (0 … a-1, rising in a block), group, most, hours (of the channel that takes them) and allowed (a list
    of k uint8). options, limits: as in Problem. region (a,), available (a,): as in Problem and Hours, of all areas.
    """

    options: tuple[Option, ...]
    limits: tuple[Limit, ...]
    most: int = 1
    region: Integers | None = None
    channel: str | None = None
    available: Floats | None = None

    def problem(self, rows: pa.Table, limits: tuple[Limit, ...] | None = None) -> Problem:
        """A block's, with the limits or with parts of them. Raises WrongShape, NoAreaKnown."""
        area, areas = None, np.zeros(1, np.int64)
        if "area" in rows.column_names:
            areas, area = np.unique(_column(rows, "area"), return_inverse=True)
            self._check_areas(areas)
        hours = None
        if self.channel is not None and self.available is not None:
            hours = Hours(self.channel, _column(rows, "hours"), np.asarray(self.available)[areas])
        return Problem(
            gain=_lists(rows, "gain", len(self.options)),
            options=self.options,
            limits=self.limits if limits is None else limits,
            most=_column(rows, "most") if "most" in rows.column_names else self.most,
            allowed=_lists(rows, "allowed", len(self.options)) if "allowed" in rows.column_names else None,
            group=_column(rows, "group") if "group" in rows.column_names else None,
            area=area,
            region=None if self.region is None or area is None else np.asarray(self.region)[areas],
            hours=hours,
        )

    def _check_areas(self, areas: Integers) -> None:
        for known in (self.region, self.available):
            if known is not None and not 0 <= areas[0] <= areas[-1] < len(known):
                raise NoAreaKnown(area=int(areas[-1] if areas[0] >= 0 else areas[0]), areas=len(known))


@dataclass(frozen=True, eq=False)
class BlockPlan:
    """As `Plan`, but that the contacts stand in files: contacts-N.parquet of block N in `folder`, with person and option (its code).

    contacts: how many. prices: of limits, and of hours by area (a,), where hours are counted.
    """

    folder: Path
    contacts: int
    votes: float
    bound: float
    in_part: float
    uses: tuple[Use, ...]
    prices: Prices

    @property
    def gap(self) -> float:
        """(bound - votes) / bound: the share by which a better plan could at most be better."""
        return (self.bound - self.votes) / self.bound if self.bound > 0.0 else 0.0


def solve_blocks(blocks: Blocks, terms: Terms, folder: Path, start: Prices | None = None) -> BlockPlan:
    """The plan that gains most within the limits, as far as is known; its contacts stand in `folder`, all or none.

    Memory holds one block at a time, and a sample. start: as in `solve`. Raises what `solve` raises but FloorsOutOfReach:
    floors that are not met stand in `uses` with what is missing; AreaInTwoBlocks, NoAreaKnown, PlanFolderTaken.
    """
    if folder.exists():
        raise PlanFolderTaken(folder=folder)
    counted = blocks.map(partial(_count, terms))
    persons = sum(each.persons for each in counted)
    scanned = {each.number: each.scanned for each in counted}
    if not any(each.open for each in scanned.values()):
        raise NobodyEligible()
    _check_apart(counted)
    drawn, rows = _sample(blocks, terms, persons)
    highest = DEAREST * max(each.highest for each in scanned.values())
    begun = None if start is None else start.limits * rows.scale
    found = least_bound(checked(drawn, part=True), begun, highest, NEAR)

    def look(prices: Doubles, width: float) -> Swept:
        return _added(blocks.map(partial(_look, terms, scanned, prices, width)), rows, prices)

    contacts = sum(float(each.counts.sum()) for each in scanned.values())
    unit = sum(float(each.gains.sum()) for each in scanned.values()) / max(contacts, 1e-9)
    at_best = descend(Sight(look, rows, persons, unit), found.prices, highest, NEAR).prices
    used = np.array([swept.used for swept in blocks.map(partial(_look, terms, scanned, at_best, 0.0))])
    shares = _shares(np.maximum(used, 0.0), np.array([each.persons for each in counted]) / persons)
    parts = {each.number: share for each, share in zip(counted, shares, strict=True)}
    draft = folder.with_name(f"{folder.name}.new-{secrets.token_hex(4)}")
    draft.mkdir(parents=True)
    try:
        made = blocks.map(partial(_round, terms, parts, at_best, draft))
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return _plan(terms, folder, at_best / rows.scale, made)


class _Counted(NamedTuple):
    """A block: its persons and areas, and what one look at every gain found."""

    number: int
    persons: int
    areas: Integers | None
    scanned: Scanned


def _count(terms: Terms, number: int, rows: pa.Table) -> _Counted:
    areas = np.unique(_column(rows, "area")) if "area" in rows.column_names else None
    return _Counted(number, len(rows), areas, examined(terms.problem(rows), part=True))


def _check_apart(counted: Sequence[_Counted]) -> None:
    home = dict[int, int]()
    for block in counted:
        for area in [] if block.areas is None else block.areas.tolist():
            if home.setdefault(area, block.number) != block.number:
                raise AreaInTwoBlocks(area=area, one=home[area], other=block.number)


def _sample(blocks: Blocks, terms: Terms, persons: int) -> tuple[Problem, Rows]:
    """One person in so many of each area, the limits cut down; and the limits as they are."""
    drawn = blocks.map(partial(_thin, max(1, persons // _SAMPLE)))
    rows = pa.concat_tables([each.rows for each in drawn])
    if "area" in rows.column_names:
        rows = rows.take(np.argsort(_column(rows, "area"), kind="stable"))
    whole, share = terms.problem(rows), len(rows) / persons
    hours = whole.hours
    if hours is not None:
        areas = np.concatenate([each.areas for each in drawn])
        shares = np.concatenate([each.shares for each in drawn])[np.argsort(areas)]
        hours = replace(hours, available=np.asarray(hours.available, np.float64) * shares)
    limits = [
        replace(each, at_most=each.at_most * share, at_least=each.at_least * share) for each in whole.limits
    ]
    return replace(whole, limits=tuple(limits), hours=hours), rows_of(whole)


class _Thinned(NamedTuple):
    """Rows drawn; areas, and the share of each one's persons that was drawn."""

    rows: pa.Table
    areas: Integers
    shares: Doubles


def _thin(every: int, _number: int, rows: pa.Table) -> _Thinned:
    area = _column(rows, "area") if "area" in rows.column_names else np.zeros(len(rows), np.int64)
    areas, start, count = np.unique(area, return_index=True, return_counts=True)
    drawn = (np.arange(len(rows)) - np.repeat(start, count)) % every == 0
    return _Thinned(rows.filter(pa.array(drawn)), areas, -(-count // every) / count)


def _look(
    terms: Terms, scanned: Mapping[int, Scanned], prices: Doubles, width: float, number: int, rows: pa.Table
) -> Swept:
    """A block's part of a look, without what the limits' ends are worth."""
    known = scanned[number]
    program = compile_problem(terms.problem(rows), known.counts, known.gains, known.highest)
    swept = sweep(program, prices, width)
    return replace(swept, value=swept.value - program.rows.ends(prices), hour_price=np.zeros(0))


def _added(parts: Sequence[Swept], rows: Rows, prices: Doubles) -> Swept:
    return Swept(
        sum(each.value for each in parts) + rows.ends(prices),
        np.sum([each.counts for each in parts], axis=0),
        np.sum([each.used for each in parts], axis=0),
        np.sum([each.curvature for each in parts], axis=0),
        np.zeros(0),
    )


def _shares(used: Doubles, persons: Doubles) -> Doubles:
    """(b, r): each block's part of each limit, as large as what it would use; where nothing is used, as its persons (b,) are."""
    total = used.sum(axis=0)
    return np.where(total > 0, used / np.where(total > 0, total, 1.0), persons[:, None])


class _Made(NamedTuple):
    """A block's plan: contacts, votes, used (r,), its terms of the bound, and areas with the price of their hours."""

    contacts: int
    votes: float
    used: Doubles
    terms: list[float]
    areas: Integers
    hour_price: Doubles


def _round(
    terms: Terms, shares: dict[int, Doubles], prices: Doubles, folder: Path, number: int, rows: pa.Table
) -> _Made:
    limits = tuple(_part(limit, share) for limit, share in zip(terms.limits, shares[number], strict=True))
    problem = terms.problem(rows, limits)
    program = checked(problem, part=True)
    rounding = Rounding.of(Chosen.at(program, prices))
    rounding.finish()
    person, option = rounding.contacts()
    counted = tally(problem, person, option)
    assert not counted.broken, counted.broken
    codes = pa.array([each.code for each in terms.options])
    contacts = pa.table(
        {"person": rows["person"].take(person), "option": codes.take(option.astype(np.int64))}
    )
    pq.write_table(contacts, folder / f"contacts-{number}.parquet")
    hour_price = rounding.hour_price if problem.hours is not None else np.zeros(0)
    bound = persons_part(problem, Prices(prices / program.rows.scale, hour_price))
    areas = np.unique(_column(rows, "area")) if problem.area is not None else np.zeros(1, np.int64)
    return _Made(len(person), counted.votes, counted.used, bound, areas, hour_price)


def _part(limit: Limit, share: float) -> Limit:
    at_most = limit.at_most * share if np.isfinite(limit.at_most) else limit.at_most
    return replace(limit, at_most=at_most, at_least=limit.at_least * share)


def _plan(terms: Terms, folder: Path, prices: Doubles, made: Sequence[_Made]) -> BlockPlan:
    bound = bounds([term for each in made for term in each.terms], terms.limits, prices)
    used = np.sum([each.used for each in made], axis=0)
    hours = np.zeros(0 if terms.available is None else len(terms.available))
    for each in made if len(hours) else ():
        hours[each.areas] = each.hour_price
    return BlockPlan(
        folder=folder,
        contacts=sum(each.contacts for each in made),
        votes=sum(each.votes for each in made),
        bound=bound.whole,
        in_part=bound.in_part,
        uses=tuple(
            Use(limit, float(of), float(price))
            for limit, of, price in zip(terms.limits, used, prices, strict=True)
        ),
        prices=Prices(prices, hours),
    )


def _column(rows: pa.Table, name: str) -> npt.NDArray[Any]:
    """Raises WrongShape where the column is not there or has nulls."""
    if name not in rows.column_names or rows[name].null_count:
        found = "nulls" if name in rows.column_names else "no such column"
        raise WrongShape(name=name, found=found, expected="a value for each person")
    return _writable(_whole(rows[name]))


def _lists(rows: pa.Table, name: str, k: int) -> npt.NDArray[Any]:
    """(n, k): a column of lists."""
    if name not in rows.column_names:
        raise WrongShape(name=name, found="no such column", expected=f"a list of {k} for each person")
    column = _whole(rows[name])
    values = column.flatten()
    if column.null_count or values.null_count or len(values) != k * len(rows) or not _even(column, k):
        raise WrongShape(
            name=name, found=str(column.type), expected=f"a list of {k} for each person, without nulls"
        )
    return _writable(values).reshape(len(rows), k)


def _whole(column: pa.ChunkedArray) -> Any:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _writable(values: pa.Array) -> npt.NDArray[Any]:
    """Kernels are compiled anew for arrays that are not."""
    return np.array(values.to_numpy(zero_copy_only=False))


def _even(column: Any, k: int) -> bool:
    return pa.types.is_fixed_size_list(column.type) or bool((np.diff(column.offsets.to_numpy()) == k).all())
