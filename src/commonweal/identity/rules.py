"""Pure decisions of identity: what a pair weighs, which cluster keeps which id, what became of the persons."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.identity.model import LinkModel
from commonweal.identity.overlaps import Overlaps

Ids = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]

# A pair whose log2 odds are at least this speaks for one person: a little below even odds, for the pair is not
# alone, average linkage hears all pairs of two groups. One value for all lists, chosen without their truth.
THRESHOLD = -0.5
# The weight (log2 odds) of what is taken as proof, for or against.
PROOF = 24.0
# Log2 odds between these don't tell whether two records are one person: a reviewer may (between 1 in 9 and 8 in 9).
DOUBT = (-3.0, 3.0)
# More records than this of one person are not believed.
MOST_RECORDS = 100
# More persons than this of one surname at one address are a home or a tower, not a household.
MOST_HOUSED = 12
# More persons than this with one telephone are an office or a mistake in a column.
MOST_ON_A_PHONE = 5

NOBODY = -1
# Numbers that differ between so many of the pairs (and of the records) of one person tell nobody apart.
_SPOILT = 0.04
# By how much more or fewer records than usual may share a key of a block.
_LEAST_LEEWAY, _MOST_LEEWAY = 0.5, 20.0
_ROUNDS = 30
_SETTLED = 0.001


@dataclass(frozen=True)
class Judged:
    """Pairs as `tables.judged` gives them: bits for one person, by all evidence and by the person's own; and the
    lists that they are from."""

    all_evidence: Weights
    person: Weights
    veto: npt.NDArray[np.bool_]
    sure: npt.NDArray[np.bool_]
    overlaps: Overlaps

    def beforehand(self, model: LinkModel, records: int) -> tuple[Weights, Weights]:
        """For each pair the log2 odds, before it was looked at, of one person, and of two of one household."""
        same, mates = self.overlaps.lifts(model)
        return math.log2(model.prior(records)) + same, math.log2(model.mates_prior(records)) + mates


def weigh(judged: Judged, model: LinkModel, records: int) -> Weights:
    """For each pair the log2 odds that both records are one person, given how likely two of so many are beforehand.

    Splink weighs one person against two strangers. But two people of one household agree on surname, address
    and telephone as one person does: against a housemate only the evidence about the person counts. The odds here
    are against either; what is sure or vetoed counts `PROOF`.
    """
    same, mates = judged.beforehand(model, records)
    housed = mates + judged.all_evidence - judged.person
    weight = same + judged.all_evidence - np.logaddexp2(housed, 0.0)
    weight = np.where(judged.veto, -PROOF, weight)
    return np.where(judged.sure, PROOF, weight)


def is_alike(judged: Judged, records: int) -> npt.NDArray[np.bool_]:
    """Which pairs are of one person by evidence alone, whatever a model says is so beforehand: the odds are 8 to 1 if
    each record had one partner."""
    alike: npt.NDArray[np.bool_] = ~judged.veto & (judged.all_evidence >= math.log2(records) + 3)
    return alike


@dataclass(frozen=True)
class Numbered:
    """Each record's registration number and the register that it is from (codes; -1: none)."""

    number: Ids
    register: Ids

    def differ(self, left: Ids, right: Ids) -> npt.NDArray[np.bool_]:
        """Which pairs of records have different numbers of one register."""
        differ: npt.NDArray[np.bool_] = self._comparable(left, right) & (
            self.number[left] != self.number[right]
        )
        return differ

    def spoilt(self, left: Ids, right: Ids) -> frozenset[int]:
        """The registers whose numbers are mistyped too often, or given to one person twice, to tell people apart: among
        pairs that all else takes for one person, too many differ."""
        differ = self.differ(left, right)
        equal = self._comparable(left, right) & ~differ
        count = int(self.register.max(initial=0)) + 1
        apart, together, members = (
            np.bincount(each, minlength=count)
            for each in (
                self.register[left[differ]],
                self.register[left[equal]],
                self.register[self.number >= 0],
            )
        )
        return frozenset(np.flatnonzero((apart > _SPOILT * together) & (apart > _SPOILT * members)).tolist())

    def _comparable(self, left: Ids, right: Ids) -> npt.NDArray[np.bool_]:
        known = (self.number[left] >= 0) & (self.number[right] >= 0)
        comparable: npt.NDArray[np.bool_] = known & (self.register[left] == self.register[right])
        return comparable


def among(ids: Ids, wanted: Ids) -> npt.NDArray[np.bool_]:
    """Which ids are among the wanted. By hashes: np.isin would sort millions."""
    found: npt.NDArray[np.bool_] = pc.is_in(pa.array(ids), value_set=pa.array(wanted)).to_numpy(
        zero_copy_only=False
    )
    return found


def probability(weight: Weights) -> Weights:
    """The probability that log2 odds stand for."""
    return 1.0 / (1.0 + np.exp2(-weight))


def is_doubtful(weight: Weights) -> npt.NDArray[np.bool_]:
    """Which weights leave it open whether two records are one person."""
    doubtful: npt.NDArray[np.bool_] = (weight >= DOUBT[0]) & (weight <= DOUBT[1])
    return doubtful


def calibrated(model: LinkModel, judged: Judged, records: int) -> LinkModel:
    """The model with the numbers of partners and of mates that its own judgement of the pairs bears out, among all
    records and between each two lists.

    Expectation maximisation over these alone: the expected number of pairs of one person (of one household), by the
    odds, must be the number that the odds beforehand assume. Ends after a few rounds; needs no labels.
    """
    household = judged.all_evidence - judged.person
    for _ in range(_ROUNDS):
        same = probability(weigh(judged, model, records))
        mates = (1 - same) * probability(judged.beforehand(model, records)[1] + household)
        before = model
        partners, others = (float(f"{2 * float(each.sum()) / records:.4g}") for each in (same, mates))
        model = replace(model, partners=partners, mates=others)
        model = replace(model, overlaps=judged.overlaps.learnt(same, mates, model, records))
        if abs(partners - before.partners) <= _SETTLED * partners and _settled(before, model):
            break
    return model


def _settled(before: LinkModel, now: LinkModel) -> bool:
    known = before.overlaps.keys() == now.overlaps.keys()
    return known and all(
        abs(each.same - before.overlaps[lists].same) <= 0.02 for lists, each in now.overlaps.items()
    )


def limits(usual: Sequence[int], block: Ids, size: Ids, keys: Ids, room: float) -> list[int]:
    """How many records may share a key, for each block: the `usual` limits, all by the same factor, so that about
    `room` pairs are compared.

    Of each block (a number) so many `keys` are shared by `size` records each.
    """
    usual_of = np.array(usual, dtype=np.float64)
    pairs = keys * (size * (size - 1.0) / 2)
    least = size / usual_of[block]  # the factor from which a key's records are compared
    order = np.argsort(least, kind="stable")
    too_many = least[order][np.cumsum(pairs[order]) > room]
    fit = least[least < too_many[0]] if too_many.size else least
    factor = float(fit.max()) if fit.size else 0.0
    factor = min(_MOST_LEEWAY, max(_LEAST_LEEWAY, factor))
    return [int(factor * each + 1e-9) for each in usual]


@dataclass(frozen=True)
class Assignment:
    """Who has which id now.

    `owner`: for each cluster its id, or `NOBODY` where a new one is due. `inherited`: for each old id that lost
    its members to others, the cluster that holds most of them. `origin`: for each cluster that gets a new id and
    whose members had ids, the one that most of them had.
    """

    owner: Ids
    inherited: dict[int, int]
    origin: dict[int, int]

    @property
    def due(self) -> int:
        """How many new ids are needed."""
        return int((self.owner == NOBODY).sum())


@dataclass(frozen=True)
class Outcome:
    """What a run did to the ids: `member_of`, the id of each member; ids `merged` (gone: into) and `split`
    (new: from); how many ids were `created`, and how many members were `attached` to an id that was there before
    or `moved` from one to another that both live on.
    """

    member_of: Ids
    merged: dict[int, int]
    split: dict[int, int]
    created: int
    attached: int
    moved: int


def assign(clusters: Ids, previous: Ids, age: Callable[[Ids], Ids]) -> Assignment:
    """Match clusters with the ids that their members had before.

    `clusters`: for each member the number of its cluster (0 to n-1, none empty). `previous`: for each member the
    id that it had, or `NOBODY`. The largest overlap keeps the id; where overlaps are equal, the oldest id (the
    smallest `age`), then the cluster with the smallest number. An id goes to one cluster, a cluster gets one id.
    """
    count = int(clusters.max()) + 1 if clusters.size else 0
    owner = np.full(count, NOBODY, dtype=np.int64)
    had = previous != NOBODY
    overlaps, sizes = np.unique(np.stack((clusters[had], previous[had]), axis=1), axis=0, return_counts=True)
    cluster, person = overlaps[:, 0], overlaps[:, 1]
    order = np.lexsort((cluster, age(person), -sizes))
    cluster, person = cluster[order], person[order]
    settled = _settle_plain(cluster, person, owner)
    taken: set[int] = set()
    for c, p in zip(cluster[~settled].tolist(), person[~settled].tolist(), strict=True):
        if owner[c] == NOBODY and p not in taken:
            owner[c] = p
            taken.add(p)
    return Assignment(owner, _inherited(cluster, person, owner), _origin(cluster, person, owner))


def _settle_plain(cluster: Ids, person: Ids, owner: Ids) -> npt.NDArray[np.bool_]:
    """Give the ids that only one cluster can claim, to clusters that can claim only them: nearly all, always."""
    plain = _alone(cluster) & _alone(person)
    owner[cluster[plain]] = person[plain]
    return plain


def _alone(values: Ids) -> npt.NDArray[np.bool_]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    alone: npt.NDArray[np.bool_] = counts[inverse] == 1
    return alone


def _inherited(cluster: Ids, person: Ids, owner: Ids) -> dict[int, int]:
    """Ids that no cluster got, each with the cluster of its largest overlap (the pairs come in that order)."""
    inherited: dict[int, int] = {}
    lost = ~np.isin(person, owner)
    for c, p in zip(cluster[lost].tolist(), person[lost].tolist(), strict=True):
        inherited.setdefault(p, c)
    return inherited


def _origin(cluster: Ids, person: Ids, owner: Ids) -> dict[int, int]:
    origin: dict[int, int] = {}
    new = owner[cluster] == NOBODY
    for c, p in zip(cluster[new].tolist(), person[new].tolist(), strict=True):
        origin.setdefault(c, p)
    return origin


def settle(assignment: Assignment, clusters: Ids, previous: Ids, new: Ids) -> Outcome:
    """Give out the `new` ids (as many as are due), and tell what became of everybody."""
    owner = assignment.owner.copy()
    fresh = owner == NOBODY
    owner[fresh] = new
    member_of = owner[clusters]
    merged = {gone: int(owner[cluster]) for gone, cluster in assignment.inherited.items()}
    split = {int(owner[cluster]): origin for cluster, origin in assignment.origin.items()}
    had = previous != NOBODY
    stays = had & (previous == member_of)
    explained = np.isin(previous, list(merged)) | fresh[clusters]
    return Outcome(
        member_of=member_of,
        merged=merged,
        split=split,
        created=assignment.due - len(split),
        attached=int((~had & ~fresh[clusters]).sum()),
        moved=int((had & ~stays & ~explained).sum()),
    )


def flattened(redirects: dict[int, int], merged: dict[int, int]) -> dict[int, int]:
    """Redirects after a run (`redirects` before it, `merged` by it), each straight to a person who lives."""
    together = {**redirects, **merged}
    living: dict[int, int] = {}
    for gone, into in together.items():
        person = into
        while person in together:
            person = together[person]
        living[gone] = person
    return living


def registers(sources: list[tuple[str, str]]) -> dict[str, int]:
    """Lists grouped by the register that their registration numbers are from.

    `sources` holds pairs of lists that share numbers (a list with itself counts). Lists that share none may
    number their people each in its own way, so their numbers can't be held against one another.
    """
    first: dict[str, str] = {}  # each list's register, named by its first list
    for left, right in sources:
        old = {first.setdefault(left, left), first.setdefault(right, right)}
        first = {name: min(old) if group in old else group for name, group in first.items()}
    numbers = {group: number for number, group in enumerate(sorted(set(first.values())))}
    return {name: numbers[group] for name, group in first.items()}
