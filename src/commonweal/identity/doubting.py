"""What waits for reviewers after a run that looked only at what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

import numpy as np
import pyarrow as pa

from commonweal.identity import doubts, rules, tables
from commonweal.identity.binding import Binding
from commonweal.identity.changes import rows
from commonweal.identity.cluster import Pairs
from commonweal.identity.delta import Ground, Relinked, pairs_of
from commonweal.identity.judging import Listed, beforehand
from commonweal.identity.link import explained, known
from commonweal.identity.pairs import prepared
from commonweal.identity.rules import Ids, among
from commonweal.store.engine import hold

Evidence = Mapping[tuple[int, int], str]
"""For pairs of records what was written down of them, as JSON."""


def waiting(
    ground: Ground, relinked: Relinked, renewed: Ids, links: pa.Table, bound: Binding, before: Evidence
) -> tuple[pa.Table, int]:
    """The doubts that say most (schema doubts.DOUBT), and how many there are in all.

    `links`: record_id, person_id of all records in order; `renewed`: those that say something else than before;
    `before`: the doubts of the run before.
    """
    record_id = links["record_id"].to_numpy()
    open_ = _open(ground, relinked, record_id, bound)
    cluster = np.asarray(links["person_id"].combine_chunks().dictionary_encode().indices, dtype=np.int64)
    worth = doubts.telling(open_.weight, doubts.concerned(cluster, open_.left, open_.right))
    chosen = doubts.first(worth, open_.left, open_.right)
    left, right = record_id[open_.left[chosen]], record_id[open_.right[chosen]]
    weight, worth = open_.weight[chosen], worth[chosen]
    told = [before.get(pair) for pair in zip(left.tolist(), right.tolist(), strict=True)]
    again = np.array([text is not None for text in told], dtype=bool)
    again &= ~(among(left, renewed) | among(right, renewed))
    texts = pa.array([text for text, kept in zip(told, again.tolist(), strict=True) if kept], pa.string())
    kept = pa.table([left[again], right[again], weight[again], worth[again], texts], schema=doubts.DOUBT)
    new = Pairs(left[~again], right[~again], weight[~again])
    return pa.concat_tables([kept, _explained(ground, relinked, new, worth[~again])]), int(open_.weight.size)


def _open(ground: Ground, relinked: Relinked, record_id: Ids, bound: Binding) -> Pairs:
    """The pairs that the evidence leaves open and nobody has told of, by their places among all records."""
    pairs = relinked.pairs
    found = ground.campaign.lake.read(pairs.filter(pairs.weight.between(*rules.DOUBT)))
    left, right = (
        np.searchsorted(record_id, found[name].to_numpy()) for name in ("record_id", "other_record_id")
    )
    told = [np.sort(known(pairs_of(each), record_id), axis=1) for each in (bound.must, bound.cannot)]
    places = np.concatenate(told) @ (record_id.size, 1)
    open_ = ~np.isin(left * record_id.size + right, places)
    return Pairs(left, right, found["weight"].to_numpy()).where(open_)


def _explained(ground: Ground, relinked: Relinked, asked: Pairs, worth: rules.Weights) -> pa.Table:
    if not asked.left.size:
        return doubts.DOUBT.empty_table()
    lake, seen = ground.campaign.lake, relinked.seen
    ids = np.unique(np.concatenate((asked.left, asked.right)))
    batch = seen.batch_id[np.searchsorted(seen.record_id, ids)]
    with ExitStack() as held:
        records = held.enter_context(hold(ground.backend, rows(lake, ids, batch).select(tables.READ)))
        comparing = held.enter_context(prepared(ground.backend, records, ground.standing()))
        listed = Listed.of(ground.backend, records)
        left, right = listed.places(asked.left), listed.places(asked.right)
        odds = beforehand(listed, left, right, ground.model, ground.census)
        return doubts.waiting(explained(comparing, ground.model, asked, worth, odds))
