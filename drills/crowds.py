"""Lists in which too many share a value: all one surname, four in ten one e-mail address, all one birth date.

What everybody has must neither make them one person nor cost the square of their number. Printed for each are seconds and
peak memory, how many persons there are and are found, and how far the pairs are right, beside the list as it was. Each is linked in
a process of its own.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from datetime import date

import pyarrow as pa
from benchmarks.identity import made_up
from benchmarks.measure import machine

from commonweal.identity import measures
from commonweal.identity.link import link_records

_RECORDS_A_VOTER = 2.3
_LEAST_VOTERS = 1_000
_PRECISION = 0.97
# Of the persons that the list as it was is found to have, so many must still be told apart, and no more than so
# many more be found.
_FEWEST, _MOST = 0.97, 1.25


def main(records: int = 100_000) -> None:
    """Link so many records, in each case; one line says what came of it."""
    print(machine(), flush=True)
    before = None
    for name in CASES:
        with multiprocessing.get_context("spawn").Pool(1) as alone:
            true, found, precision, recall, seconds, peak = alone.apply(_link, (name, records))
        print(
            f"{name}: {records:,} records of {true:,} persons are {found:,}; precision {precision:.3f},"
            f" recall {recall:.3f}; {seconds:.0f} s, {peak:.2f} GB",
            flush=True,
        )
        before = before or found
        assert precision >= _PRECISION, "strangers became one person"
        assert _FEWEST * before <= found <= _MOST * before, "persons became one, or none was found again"


def _link(name: str, records: int) -> tuple[int, int, float, float, float, float]:
    """True persons, persons found, precision and recall of pairs, seconds, peak memory (GB)."""
    lists, truth = made_up(max(_LEAST_VOTERS, round(records / _RECORDS_A_VOTER)))
    lists, truth = CASES[name](lists.slice(0, records)), truth[:records]
    began = time.monotonic()
    linked = link_records(lists, truth=truth)
    seconds = time.monotonic() - began
    assert linked.measures is not None
    pairs = linked.measures.pairwise
    true = len(set(truth[truth != measures.UNKNOWN].tolist()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return true, int(linked.cluster.max()) + 1, pairs.precision, pairs.recall, seconds, peak


def _one_surname(lists: pa.Table) -> pa.Table:
    return _all(lists, surname_key="martin", birth_surname_key=None)


def _one_email(lists: pa.Table) -> pa.Table:
    some = lists.num_rows * 4 // 10
    crowd = _all(lists.slice(0, some), email_key="info@example.org")
    return pa.concat_tables([crowd, lists.slice(some)])


def _one_birth_date(lists: pa.Table) -> pa.Table:
    return _all(lists, birth_date=date(1900, 1, 1), birth_year=1900)


def _all(lists: pa.Table, **values: object) -> pa.Table:
    """The records, each with these values."""
    for name, value in values.items():
        kind = lists.schema.field(name).type
        column = pa.array([value], kind).take(pa.array([0] * lists.num_rows, pa.int32()))
        lists = lists.set_column(lists.column_names.index(name), name, column)
    return lists


CASES: dict[str, Callable[[pa.Table], pa.Table]] = {
    "as it was": lambda lists: lists,
    "one surname": _one_surname,
    "one e-mail address": _one_email,
    "one birth date": _one_birth_date,
}
