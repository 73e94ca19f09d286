"""The pairs that wait for a reviewer, the most telling first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from psycopg import sql

from commonweal.identity.rules import Ids, Weights, probability

if TYPE_CHECKING:
    from commonweal.store.ledger import Connection

# More than these are not kept: nobody answers so many before the next run, and answers change what is asked.
MOST = 5_000
_NOT_EVIDENCE = ("record_id_l", "record_id_r", "weight", "telling", "together")

DOUBT = pa.schema(
    [
        ("left_record", pa.int64()),
        ("right_record", pa.int64()),
        ("weight", pa.float64()),
        ("telling", pa.float64()),
        ("evidence", pa.string()),  # JSON
    ]
)


def telling(weight: Weights, records: npt.NDArray[np.int64]) -> Weights:
    """How much an answer says: the bits that it would settle (the entropy of the odds), times the records that it
    would settle them for (those of both persons together)."""
    p = np.clip(probability(weight), 1e-9, 1 - 1e-9)
    bits: Weights = -(p * np.log2(p) + (1 - p) * np.log2(1 - p)) * records
    return bits


def concerned(cluster: Ids, left: Ids, right: Ids) -> Ids:
    """How many records the persons of each pair have together. `cluster`: along the records the number of each one's
    person, from 0; `left`, `right`: the pairs' places there."""
    sizes = np.bincount(cluster)
    one, other = cluster[left], cluster[right]
    together: Ids = sizes[one] + np.where(one == other, 0, sizes[other])
    return together


def first(telling: Weights, left: Ids, right: Ids) -> Ids:
    """Where the `MOST` most telling pairs stand, in the order of their records."""
    chosen = np.lexsort((right, left, -telling))[:MOST]
    return chosen[np.lexsort((right[chosen], left[chosen]))]


def waiting(doubts: pa.Table) -> pa.Table:
    """Schema DOUBT: a run's doubts (`link.Linked`)."""
    bits = doubts.select([name for name in doubts.column_names if name not in _NOT_EVIDENCE])
    evidence = [
        msgspec.json.encode(
            {name: round(value, 3) for name, value in row.items() if round(value, 3)}
        ).decode()
        for row in bits.to_pylist()
    ]
    told = [doubts[name] for name in ("record_id_l", "record_id_r", "weight", "telling")]
    return pa.table([*told, pa.array(evidence, pa.string())], schema=DOUBT)


def keep(connection: Connection, run_id: int, staged: sql.Identifier) -> None:
    """Put a run's doubts in the place of those before."""
    connection.execute("DELETE FROM identity.doubt")
    connection.execute(
        sql.SQL(
            "INSERT INTO identity.doubt (left_record, right_record, run_id, weight, telling, evidence)"
            " SELECT left_record, right_record, {}, weight, telling, evidence::jsonb FROM {}"
        ).format(sql.Literal(run_id), staged)
    )
