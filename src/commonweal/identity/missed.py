"""What blocking misses, without labels: pairs of one person that no block brought together.

Who is one person is often found through a third record: a and c are, for both are b. Where no block brought a and c
together, blocking has missed a pair that was found all the same. The share of such among all pairs that ended in one
person is the least that it misses: persons of two records can't show it, and who was never joined doesn't. How many
were brought together by one block only tells how thin the net is: were the blocks chances that a pair has, each like
the others, about as many more would have none (the first-order jackknife of Burnham and Overton 1979, for many chances).

Both are shares of pairs that ended in one person: rightly, mostly. Against the truth of lists where it is known the true
share is between the two (docs/identity.md tells them).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from commonweal.campaign import Campaign
from commonweal.identity import blocking, queries, standing
from commonweal.identity.blocking import Block
from commonweal.identity.errors import NothingCounted
from commonweal.store.ledger import LedgerRole

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_DEVIATIONS = 1.96  # 95 of 100 samples


@dataclass(frozen=True)
class BlockFound:
    """What a block brought together: `pairs` that ended in one person, `alone` those that no other block did.
    `most`: so many records may share a key."""

    columns: tuple[str, ...]
    most: int
    pairs: int
    alone: int


@dataclass(frozen=True)
class Missed:
    """What blocking misses.

    `pairs` of records ended in one person; `uncompared` of them no block brought together, `once` one block only. `least`
    and `most`: between these is the share of the pairs of one person that no block brings together, so far as it can
    be told (NaN where nobody has two records); they are widened by what chance does to persons (95 of 100).
    """

    pairs: int
    uncompared: int
    once: int
    least: float
    most: float
    blocks: tuple[BlockFound, ...]

    def as_json(self) -> dict[str, Any]:
        """`least` and `most` are null where nobody has two records."""
        known = self.pairs > 0
        return vars(self) | {
            "least": round(self.least, 4) if known else None,
            "most": round(self.most, 4) if known else None,
            "blocks": [vars(each) | {"columns": list(each.columns)} for each in self.blocks],
        }


def in_campaign(campaign: Campaign) -> Missed:
    """What blocking has missed as records are linked now, by the keys and limits of the last run.

    Raises NothingCounted where no run has learnt weights yet: too little was alike then to tell.
    """
    lake = campaign.lake
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        last = queries.last_run(connection)
    if last is None or last.census is None or last.left_behind is None:
        raise NothingCounted
    links = lake.read(lake.table("identity.link").select("record_id", "person_id").order_by("record_id"))
    record_id = links["record_id"].to_numpy()
    person = np.unique(links["person_id"].to_numpy(), return_inverse=True)[1]
    limits = last.census.limits
    with ExitStack() as held:
        keys = standing.Index.of(lake, len(limits), held).of_records(record_id)
        return missed(blocking.BLOCKS, limits, read(lake.backend, keys, record_id, len(limits)), person)


def read(backend: BaseBackend, keys: ir.Table, record_id: Ids, blocks: int) -> Iterator[Ids]:
    """For each block the key of each record (ordered by id), -1 where it has none. `keys`: as `blocking.keys` has them."""
    for name in map(blocking.key, range(blocks)):
        found = backend.to_pyarrow(keys.select("record_id", key=keys[name]).filter(keys[name].notnull()))
        own = np.full(record_id.size, -1, dtype=np.int64)
        own[np.searchsorted(record_id, found["record_id"].to_numpy())] = found["key"].to_numpy()
        yield own


def missed(blocks: Sequence[Block], limits: Sequence[int], keys: Iterable[Ids], person: Ids) -> Missed:
    """What `blocks` have missed, each of which brings records together that share a key with at most so many (`limits`).

    `keys`: for each block the key of each record, -1 where it has none; `person`: the person of each record, a number
    from 0 to persons-1.
    """
    left, right = _together(person)
    found, first = np.zeros(left.size, dtype=np.int64), np.full(left.size, -1, dtype=np.int64)
    counts = []
    for at, (key, most) in enumerate(zip(keys, limits, strict=True)):
        brought = _brought(key, most, left, right)
        counts.append(int(brought.sum()))
        first[brought & (found == 0)] = at
        found += brought
    alone = np.bincount(first[found == 1], minlength=len(blocks)).tolist()
    least, most_ = _range(found, person[left])
    return Missed(
        pairs=left.size,
        uncompared=int((found == 0).sum()),
        once=int((found == 1).sum()),
        least=least,
        most=most_,
        blocks=tuple(
            BlockFound(block.columns, int(limit), pairs, own)
            for block, limit, pairs, own in zip(blocks, limits, counts, alone, strict=True)
        ),
    )


def _together(person: Ids) -> tuple[Ids, Ids]:
    """All pairs of records of one person."""
    order = np.argsort(person, kind="stable")
    size = np.bincount(person)
    start = np.cumsum(size) - size
    ends = list(_by_size(order, start, size))
    if not ends:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    left, right = (np.concatenate(side) for side in zip(*ends, strict=True))
    return left, right


def _by_size(order: Ids, start: Ids, size: Ids) -> Iterator[tuple[Ids, Ids]]:
    for records in np.unique(size[size > 1]).tolist():
        one, other = np.triu_indices(records, 1)
        begin = start[size == records][:, None]
        yield order[begin + one].ravel(), order[begin + other].ravel()


def _brought(key: Ids, most: int, left: Ids, right: Ids) -> Flags:
    """Which pairs a block brings together."""
    _, code, times = np.unique(key, return_inverse=True, return_counts=True)
    here = (key >= 0) & (times[code] <= most)
    brought: Flags = here[left] & (key[left] == key[right])
    return brought


def _range(found: Ids, person: Ids) -> tuple[float, float]:
    """The least and the most that is missed; `person`: of each pair."""
    if not found.size:
        return float("nan"), float("nan")
    seen, doubled = (found == 0).astype(np.float64), (found == 0) * 1.0 + (found == 1) * 1.0
    least, sway = _share(seen, np.ones(found.size), person)
    most, sway_of_most = _share(doubled, 1.0 + (found == 1), person)
    return max(least - _DEVIATIONS * sway, 0.0), min(most + _DEVIATIONS * sway_of_most, 1.0)


def _share(part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64], person: Ids) -> tuple[float, float]:
    """A share of sums over pairs, and its standard deviation when persons are drawn at random (Cochran 1977, 6.4)."""
    share = float(part.sum() / whole.sum())
    off = np.bincount(person, weights=part - share * whole)
    return share, float(np.sqrt((off**2).sum()) / whole.sum())
