"""Which answers bind the next run: the newest of each pair, and none that newer ones contradict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from commonweal.identity.model import Answer, Decision

Pair = tuple[int, int]


@dataclass(frozen=True)
class Binding:
    """Pairs of records that are one person (`must`) and that are two (`cannot`), each with the smaller id first and
    in order; together they can be fulfilled. `overruled`: how many answers newer ones contradict."""

    must: tuple[Pair, ...] = ()
    cannot: tuple[Pair, ...] = ()
    overruled: int = 0

    @property
    def records(self) -> set[int]:
        """All that something was said of."""
        return {record for pair in (*self.must, *self.cannot) for record in pair}

    def among(self, there: set[int]) -> Binding:
        """As it binds the records that are there.

        What was said of a record that is in no list now still holds for those that are one person with it.
        """
        groups = _Groups()
        for pair in self.must:
            groups.join(*pair)
        members: dict[int, list[int]] = {}
        for record in sorted(self.records & there):
            members.setdefault(groups.root(record), []).append(record)
        must = {pair for each in members.values() for pair in pairwise(each)}
        cannot = set()
        for left, right in self.cannot:
            sides = [members.get(groups.root(record)) for record in (left, right)]
            if all(sides):
                one, other = sorted(side[0] for side in sides if side)
                cannot.add((one, other))
        return Binding(tuple(sorted(must)), tuple(sorted(cannot)), self.overruled)


def binding(decisions: Iterable[Decision]) -> Binding:
    """What the answers come to. Whoever answers later has seen more: the newest is heard first, and an older one that
    can't be had together with it (a is b, b is c, but a is not c) is left out."""
    groups, must, cannot, overruled = _Groups(), [], [], 0
    for decision in newest(decisions):
        pair = (decision.left, decision.right)
        if decision.answer is Answer.SAME and groups.join(*pair):
            must.append(pair)
        elif decision.answer is Answer.DIFFERENT and groups.part(*pair):
            cannot.append(pair)
        else:
            overruled += decision.answer is not Answer.UNSURE
    return Binding(tuple(sorted(must)), tuple(sorted(cannot)), overruled)


def newest(decisions: Iterable[Decision]) -> list[Decision]:
    """The last word on each pair, the latest first."""
    last: dict[Pair, Decision] = {}
    for decision in sorted(decisions, key=lambda each: each.decision_id):
        last[decision.left, decision.right] = decision
    return sorted(last.values(), key=lambda each: -each.decision_id)


class _Groups:
    """Records joined into groups, and groups that stay apart."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}
        self._apart: dict[int, set[int]] = {}

    def root(self, record: int) -> int:
        """The record that stands for a record's group."""
        while (parent := self._parent.get(record, record)) != record:
            self._parent[record] = self._parent.get(parent, parent)
            record = parent
        return record

    def join(self, left: int, right: int) -> bool:
        """Make two records one group, unless they are to stay apart: then False."""
        kept, gone = self.root(left), self.root(right)
        if gone in self._apart.get(kept, ()):
            return False
        if kept != gone:
            self._parent[gone] = kept
            for other in self._apart.pop(gone, ()):
                self._apart[other].remove(gone)
                self._keep_apart(kept, other)
        return True

    def part(self, left: int, right: int) -> bool:
        """Keep the groups of two records apart, unless they are one: then False."""
        one, other = self.root(left), self.root(right)
        if one != other:
            self._keep_apart(one, other)
        return one != other

    def _keep_apart(self, one: int, other: int) -> None:
        self._apart.setdefault(one, set()).add(other)
        self._apart.setdefault(other, set()).add(one)
