"""Scored pairs to clusters of records, each one person.

Connected components alone let one wrong pair fuse two persons, then ten (the notes' 616 records in one cluster).
So a component in which something speaks against unity is taken apart and put together again by average linkage:
the two groups whose pairs agree most are joined first, and only while the mean weight of all pairs between them
is positive. Registration numbers that differ within one register, and a cluster's size, forbid a join. What
reviewers decided comes first: records told to be one person are one group from the start, whatever speaks against it.

All is deterministic: the same pairs give the same clusters, in whatever order they come.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ids = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]

NO_PAIRS: Ids = np.empty((0, 2), dtype=np.int64)

# A pair's weight is cut to this range (bits): one pair may not outvote all others.
_LEAST, _MOST = -5.0, 12.0
# What a pair counts that was never compared: a little against, for most pairs of one person share some key.
_UNCOMPARED = -0.5
# Where fewer than so many of a component's pairs speak for one person, it may be a chain of several.
_DENSE = 0.6


@dataclass(frozen=True)
class Pairs:
    """Scored pairs: indices of records (0 to records-1), and log2 odds that both are one person."""

    left: Ids
    right: Ids
    weight: Weights

    def where(self, chosen: npt.NDArray[np.bool_]) -> Pairs:
        """The chosen pairs only."""
        return Pairs(self.left[chosen], self.right[chosen], self.weight[chosen])

    def turned(self) -> Pairs:
        """Each pair with its smaller index left."""
        return Pairs(np.minimum(self.left, self.right), np.maximum(self.left, self.right), self.weight)

    def ordered(self) -> Pairs:
        """Each pair with its smaller index left, sorted."""
        turned = self.turned()
        left, right = turned.left, turned.right
        order = np.lexsort((right, left))
        return Pairs(left[order], right[order], self.weight[order])


def components(left: Ids, right: Ids, count: int) -> Ids:
    """For each of `count` nodes the number of its connected component, numbered by their first node."""
    graph = coo_array((np.ones(left.size, dtype=np.int8), (left, right)), shape=(count, count))
    found: Ids = connected_components(graph.tocsr(), directed=False)[1].astype(np.int64)
    return by_first_member(found)


def by_first_member(labels: Ids) -> Ids:
    """Labels renumbered in the order in which each first appears."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.int64)
    rank[np.argsort(first)] = np.arange(first.size)
    return rank[inverse]


@dataclass(frozen=True)
class Bounds:
    """What clusters must and can't be.

    `numbers` and `registers` give each record's registration number and the register that it is from (codes; -1:
    none): two numbers of one register are two persons. No cluster holds more than `most` records. `must` and `cannot`
    are pairs of records, arrays of shape (n, 2), that are one person and that are two, as reviewers said; both
    together must be possible (`binding.binding`).
    """

    numbers: Ids
    registers: Ids
    most: int
    must: Ids
    cannot: Ids


def clusters(pairs: Pairs, records: int, threshold: float, bounds: Bounds) -> Ids:
    """For each record the number of its cluster. A pair with a weight of at least `threshold` speaks for one person."""
    pairs = pairs.ordered()
    labels = joined(pairs, records, threshold, bounds.must)
    inside = pairs.where(labels[pairs.left] == labels[pairs.right])
    doubtful = _doubtful(inside, labels, threshold, bounds)
    if not doubtful.any():
        return labels
    rest = inside.where(doubtful[labels[inside.left]])
    margin = np.clip(rest.weight - threshold, _LEAST, _MOST)
    labels[doubtful[labels]] = -1
    return _reassembled(Pairs(rest.left, rest.right, margin), labels, bounds)


def joined(pairs: Pairs, records: int, threshold: float, must: Ids) -> Ids:
    """For each record the number of its component: all that are joined by what speaks for one person."""
    speaks_for = pairs.weight >= threshold
    left = np.append(pairs.left[speaks_for], must[:, 0])
    right = np.append(pairs.right[speaks_for], must[:, 1])
    return components(left, right, records)


def _doubtful(inside: Pairs, labels: Ids, threshold: float, bounds: Bounds) -> npt.NDArray[np.bool_]:
    """For each component: does anything speak against its being one person?"""
    count = int(labels.max()) + 1 if labels.size else 0
    size, linked = (np.bincount(each, minlength=count) for each in (labels, labels[inside.left]))
    doubtful = (size > bounds.most) | (linked < _DENSE * size * (size - 1) / 2)
    doubtful[labels[inside.left[inside.weight < threshold]]] = True
    numbered = np.flatnonzero(bounds.numbers >= 0)
    distinct = np.unique(
        np.stack((labels[numbered], bounds.registers[numbered], bounds.numbers[numbered]), axis=1), axis=0
    )
    same = (distinct[1:, 0] == distinct[:-1, 0]) & (distinct[1:, 1] == distinct[:-1, 1])
    doubtful[distinct[1:, 0][same]] = True
    told_apart = labels[bounds.cannot]
    doubtful[told_apart[told_apart[:, 0] == told_apart[:, 1], 0]] = True
    return doubtful


def _reassembled(pairs: Pairs, labels: Ids, bounds: Bounds) -> Ids:
    """`labels` with each record marked -1 put into a cluster by average linkage over `pairs`."""
    linkage = _Linkage(bounds.most)
    loose = np.flatnonzero(labels < 0).tolist()
    for record in loose:
        known = bounds.numbers[record] >= 0
        linkage.add(record, {int(bounds.registers[record]): int(bounds.numbers[record])} if known else {})
    for left, right in bounds.cannot.tolist():
        if labels[left] < 0 and labels[right] < 0:
            linkage.tell_apart(left, right)
    for left, right, weight in zip(
        pairs.left.tolist(), pairs.right.tolist(), pairs.weight.tolist(), strict=True
    ):
        linkage.compare(left, right, weight)
    for left, right in bounds.must[labels[bounds.must[:, 0]] < 0].tolist():
        linkage.join_decided(left, right)
    linkage.join_all()
    following = int(labels.max()) + 1 if labels.size else 0
    roots: dict[int, int] = {}
    for record in loose:
        labels[record] = roots.setdefault(linkage.root(record), following + len(roots))
    return by_first_member(labels)


class _Linkage:
    """Groups of records, joined while the mean weight between two groups is positive."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._parent: dict[int, int] = {}
        self._size: dict[int, int] = {}
        self._numbers: dict[int, dict[int, int]] = {}
        self._apart: dict[int, set[int]] = {}  # group -> records that are told apart from it
        self._between: dict[int, dict[int, tuple[float, int]]] = {}  # group -> group -> (sum, pairs compared)
        self._queue: list[tuple[float, int, int]] = []

    def add(self, record: int, numbers: dict[int, int]) -> None:
        self._parent[record] = record
        self._size[record] = 1
        self._numbers[record] = numbers
        self._between[record] = {}

    def tell_apart(self, left: int, right: int) -> None:
        """Never join two records."""
        self._apart.setdefault(left, set()).add(right)
        self._apart.setdefault(right, set()).add(left)

    def join_decided(self, left: int, right: int) -> None:
        """Join the groups of two records, whatever speaks against it."""
        left, right = self.root(left), self.root(right)
        if left != right:
            self._between[left].setdefault(right, (0.0, 0))
            self._between[right].setdefault(left, (0.0, 0))
            self._merge(left, right)

    def compare(self, left: int, right: int, weight: float) -> None:
        self._between[left][right] = self._between[right][left] = (weight, 1)
        self._propose(left, right)

    def join_all(self) -> None:
        """Join the best two groups, again and again, until no two agree."""
        while self._queue:
            cost, left, right = heapq.heappop(self._queue)
            if right in self._between.get(left, {}) and self._mean(left, right) == -cost:
                self._join(left, right)

    def root(self, record: int) -> int:
        while self._parent[record] != record:
            record = self._parent[record]
        return record

    def _mean(self, left: int, right: int) -> float:
        total, compared = self._between[left][right]
        possible = self._size[left] * self._size[right]
        return (total + _UNCOMPARED * (possible - compared)) / possible

    def _propose(self, left: int, right: int) -> None:
        mean = self._mean(left, right)
        if mean > 0:
            heapq.heappush(self._queue, (-mean, min(left, right), max(left, right)))

    def _join(self, left: int, right: int) -> None:
        if self._size[left] + self._size[right] <= self._most and not self._differ(left, right):
            self._merge(left, right)

    def _merge(self, left: int, right: int) -> None:
        kept, gone = sorted((left, right), key=lambda group: (-len(self._between[group]), group))
        self._parent[gone] = kept
        self._size[kept] += self._size.pop(gone)
        self._numbers[kept] |= self._numbers.pop(gone)
        if gone in self._apart:
            self._apart.setdefault(kept, set()).update(self._apart.pop(gone))
        del self._between[kept][gone]
        for other, (total, compared) in self._between.pop(gone).items():
            if other == kept:
                continue
            before, already = self._between[kept].get(other, (0.0, 0))
            self._between[kept][other] = self._between[other][kept] = (before + total, already + compared)
            del self._between[other][gone]
        for other in self._between[kept]:
            self._propose(kept, other)

    def _differ(self, left: int, right: int) -> bool:
        """Do the two groups hold different numbers of one register, or were they told apart?"""
        ours, theirs = self._numbers[left], self._numbers[right]
        if any(theirs.get(register, number) != number for register, number in ours.items()):
            return True
        return any(self.root(other) == right for other in self._apart.get(left, ()))
