"""What a run did to each person, as the events that the ledger keeps: one row a person and kind."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.identity.model import EventKind
from commonweal.identity.rules import NOBODY, Ids, Outcome

# records: the text of a PostgreSQL array.
EVENT = pa.schema(
    [
        ("kind", pa.string()),
        ("person_id", pa.int64()),
        ("other_id", pa.int64()),
        ("number", pa.int64()),
        ("records", pa.string()),
    ]
)


def events(record_id: Ids, previous: Ids, outcome: Outcome, before: pa.Table) -> pa.Table:
    """Schema EVENT. `previous`: along the records the person that each had, or NOBODY; `before`: record_id and
    person_id of all that were linked before, living or not."""
    now, known = outcome.member_of, np.isin(outcome.member_of, before["person_id"].to_numpy())
    known |= np.isin(now, previous)
    split = _looked_up(now, outcome.split)
    gone_into = _looked_up(previous, outcome.merged)
    went = ~np.isin(before["record_id"].to_numpy(), record_id)
    had, stayed = previous != NOBODY, previous == now
    parted = had & (split == previous)
    merging = had & (gone_into != NOBODY)
    moved = had & ~stayed & ~parted & ~(gone_into == now)
    joined = ~had & (known | (split != NOBODY))
    nobody = np.full(now.size, NOBODY)
    return pa.concat_tables(
        [
            _created(now[~had & ~known & (split == NOBODY)]),
            _rows(EventKind.MERGE, previous, gone_into, record_id, merging),
            _rows(EventKind.SPLIT, now, split, record_id, parted),
            _rows(EventKind.ATTACH, now, nobody, record_id, joined),
            _rows(EventKind.ATTACH, now, previous, record_id, moved),
            _rows(
                EventKind.DETACH,
                before["person_id"].to_numpy(),
                np.full(before.num_rows, NOBODY),
                before["record_id"].to_numpy(),
                went,
            ),
        ]
    )


def _looked_up(values: Ids, table: Mapping[int, int]) -> Ids:
    """For each value what the table has for it, or NOBODY."""
    found = np.full(values.size, NOBODY, dtype=np.int64)
    if table:
        keys = np.array(sorted(table), dtype=np.int64)
        at = np.minimum(np.searchsorted(keys, values), keys.size - 1)
        hit = keys[at] == values
        found[hit] = np.array([table[key] for key in keys.tolist()], dtype=np.int64)[at[hit]]
    return found


def _created(persons: Ids) -> pa.Table:
    """Of new persons their number of records is noted, not which: all that they have came with them."""
    ids, counts = np.unique(persons, return_counts=True)
    kinds = pa.array([EventKind.CREATE.value] * ids.size, pa.string())
    columns = [kinds, ids, pa.nulls(ids.size, pa.int64()), counts, pa.nulls(ids.size, pa.string())]
    return pa.table(columns, schema=EVENT)


def _rows(kind: EventKind, person: Ids, other: Ids, record: Ids, chosen: np.ndarray) -> pa.Table:
    """One row for each person and other person among the chosen, with their records in order."""
    columns = {"person_id": person[chosen], "other_id": other[chosen], "record": record[chosen]}
    sorted_ = pa.table(columns).sort_by([(name, "ascending") for name in columns])
    grouped = sorted_.group_by(["person_id", "other_id"], use_threads=False).aggregate(
        [("record", "list"), ("record", "count")]
    )
    other_id = grouped["other_id"]
    texts = pc.binary_join(grouped["record_list"].cast(pa.list_(pa.string())), ",")
    return pa.table(
        {
            "kind": pa.array([kind.value] * grouped.num_rows, pa.string()),
            "person_id": grouped["person_id"],
            "other_id": pc.if_else(pc.equal(other_id, NOBODY), pa.scalar(None, pa.int64()), other_id),
            "number": grouped["record_count"],
            "records": pc.binary_join_element_wise("{", texts, "}", ""),
        }
    ).cast(EVENT)
