"""The synthetic electorate: made block by block, each block written to every list before the next is made.

Memory is bounded by the largest block, not by the electorate; the same size and seed give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from commonweal.electorate import truth as hidden
from commonweal.electorate.errors import BadSize, CannotWrite, TruthNotApart
from commonweal.electorate.latent import endow
from commonweal.electorate.lists import RECIPES
from commonweal.electorate.lists.writers import Writer
from commonweal.electorate.model import Block, Progress, WrittenList, WrittenLists
from commonweal.electorate.people import populate
from commonweal.electorate.places import Totals, apportion, largest_remainder

LEAST, MOST = 1_000, 10_000_000

_LEAST_BLOCK, _MOST_BLOCK = 4_000, 25_000  # people: blocks are closed once they hold as many
_OTHERS = 0.04  # adults not on the roll, for each voter


@dataclass(frozen=True)
class Electorate:
    """Synthetic people on Toulouse's real ground: `voters` on the roll (1,000 to 10 million), and 4% not on it.

    At 258,806 voters every polling place has exactly its published number of registered voters, of voters who
    turned out on 24 April 2022, and of ballots; at other sizes the same rates within rounding.
    """

    voters: int
    seed: int = 1

    def __post_init__(self) -> None:
        if not LEAST <= self.voters <= MOST:
            raise BadSize(voters=self.voters, least=LEAST, most=MOST)

    @property
    def totals(self) -> Totals:
        """What each polling place holds."""
        return apportion(self.voters)

    def blocks(self) -> Iterator[Block]:
        """The polling places, some at a time."""
        totals = self.totals
        others = largest_remainder(totals.registered * _OTHERS, round(self.voters * _OTHERS))
        people = totals.registered + others
        held = people.cumsum()
        size = int(np.clip(held[-1] // 16, _LEAST_BLOCK, _MOST_BLOCK))
        cut = (held - people) // size  # a place belongs to the block in which its first person falls
        for index, number in enumerate(np.unique(cut)):
            at = np.flatnonzero((cut == number) & (people > 0))
            yield Block(
                seed=self.seed,
                voters=self.voters,
                index=index,
                first_person=int((held - people)[at[0]]),
                places=at,
                registered=totals.registered[at],
                others=others[at],
                turnout=totals.turnout[at],
                votes_a=totals.votes_a[at],
                votes_b=totals.votes_b[at],
                spoilt=totals.spoilt[at],
            )

    def write(self, lists: Path, truth: Path, progress: Progress | None = None) -> WrittenLists:
        """Write the five lists into the folder `lists` and the hidden truth into the folder `truth`.

        The folders are made where missing and must lie apart. Files of an earlier run are replaced, all at the
        end: a run that fails or is killed leaves no list half written.
        """
        lists, truth = lists.absolute(), truth.absolute()
        _check_apart(lists, truth)
        try:
            lists.mkdir(parents=True, exist_ok=True)
            truth.mkdir(parents=True, exist_ok=True)
            draft = _Draft(lists, truth)
            try:
                draft.begin()
                persons = draft.fill(self, progress)
                return draft.finish(self, persons)
            finally:
                draft.sweep()
        except OSError as problem:
            raise CannotWrite(
                path=problem.filename or lists, reason=problem.strerror or str(problem)
            ) from problem


def _check_apart(lists: Path, truth: Path) -> None:
    a, b = lists.resolve(), truth.resolve()
    if a == b or a in b.parents or b in a.parents:
        raise TruthNotApart(lists=lists, truth=truth)


class _Draft:
    """The files while they grow, each under the name of its final place with `.part` added."""

    def __init__(self, lists: Path, truth: Path) -> None:
        self._lists, self._truth = lists, truth
        self._rows = dict.fromkeys((recipe.name for recipe in RECIPES), 0)
        self._broken = dict(self._rows)
        self._writers: dict[str, Writer] = {}
        self._hidden = hidden.TruthWriter(_part(truth / hidden.PERSONS), _part(truth / hidden.RECORDS))

    def begin(self) -> None:
        """Open all files."""
        for recipe in RECIPES:
            self._writers[recipe.name] = recipe.writer(_part(self._lists / recipe.file))
        self._hidden.open()

    def _finals(self) -> list[Path]:
        """Every file's final place, the manifest last."""
        facts = (hidden.PERSONS, hidden.RECORDS, hidden.AREAS, hidden.MANIFEST)
        return [self._lists / recipe.file for recipe in RECIPES] + [self._truth / name for name in facts]

    def fill(self, electorate: Electorate, progress: Progress | None) -> int:
        """Make and write all blocks; returns the number of people."""
        persons = done = 0
        for block in electorate.blocks():
            if progress:
                progress(done, electorate.voters, "electorate")
            self._add(block)
            persons += block.size
            done += int(block.registered.sum())
        if progress:
            progress(done, electorate.voters, "electorate")
        return persons

    def _add(self, block: Block) -> None:
        people, latent = endow(block, populate(block))
        self._hidden.add_people(people, latent)
        for recipe in RECIPES:
            sheet = recipe.sheet(block, people, latent, self._rows[recipe.name])
            self._writers[recipe.name].add(sheet)
            self._hidden.add_records(recipe.name, self._rows[recipe.name], sheet)
            self._rows[recipe.name] += len(sheet)
            self._broken[recipe.name] += int((sheet.broken != "").sum())

    def finish(self, electorate: Electorate, persons: int) -> WrittenLists:
        """Close the files and move all to their places."""
        for writer in self._writers.values():
            writer.close()
        self._hidden.close()
        manifest = self._truth / hidden.MANIFEST
        hidden.write_areas(_part(self._truth / hidden.AREAS), electorate.totals)
        hidden.write_manifest(_part(manifest), electorate.voters, persons, electorate.seed, self._rows)
        manifest.unlink(missing_ok=True)
        for path in self._finals():
            _part(path).replace(path)
        written = tuple(
            WrittenList(
                recipe.name, self._lists / recipe.file, self._rows[recipe.name], self._broken[recipe.name]
            )
            for recipe in RECIPES
        )
        return WrittenLists(electorate.voters, persons, electorate.seed, written, self._truth)

    def sweep(self) -> None:
        """Let go of the files and remove what did not reach its place."""
        for writer in self._writers.values():
            writer.drop()
        self._hidden.drop()
        for path in self._finals():
            _part(path).unlink(missing_ok=True)


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")
