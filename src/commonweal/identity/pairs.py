"""Records to scored pairs, by Splink: training without labels, then a weight for each pair worth comparing.

Splink runs on the lake's own engine. A model is trained once and carried: the same weights score on DuckDB and
on Spark.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import splink
from splink import Linker
from splink.internals.splink_dataframe import SplinkDataFrame

from commonweal.identity import blocking, comparisons, learning, rules, tables
from commonweal.identity.model import Census, Crowds, LinkModel
from commonweal.jobs.model import Progress, silent
from commonweal.store.engine import hold

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

# Pairs whose evidence does not speak for one person by this many bits are not kept: two strangers at random are
# less likely than one person by 15 bits or more.
FLOOR = 5.0
# What Splink is told as the probability beforehand when it scores; taken off again, see `rules.weigh`.
_BEFORE = 2.0**-20
_BEFORE_ODDS = math.log2(_BEFORE / (1 - _BEFORE))

# Room for pairs to compare, for each record and besides: a small list can afford to look at nearly everything.
_PAIRS_A_RECORD = 8
_PAIRS_BESIDES = 2_000_000
_PAIRS_AT_ONCE = 2_000_000
_SEED = 2008
_SAMPLE_PAIRS = 500_000
_NO_PAIRS = pa.schema(
    [(name, pa.int64()) for name in ("record_id_l", "record_id_r")]
    + [(name, pa.float64()) for name in ("person", "all_evidence")]
    + [(name, pa.bool_()) for name in ("veto", "sure")]
).empty_table()


Standing = tuple[Census, ir.Table]
"""A census that holds, with its counted values (`tables.counted`)."""


class Comparing:
    """Records made ready to be compared, in an engine: train a model on them, score their pairs.

    `comparable`: as `tables.comparable` gives them, held; `census`: what they were counted as, `candidates` adds its
    limits; `counted`: how many share each value (`tables.counted`).
    """

    def __init__(self, backend: BaseBackend, comparable: ir.Table, census: Census, counted: ir.Table) -> None:
        self.census = census
        self.counted = counted
        self.comparable = comparable
        self._backend = backend
        self._api = _splink_on(backend)
        self._input: SplinkDataFrame = self._api.register(comparable.op().name)
        self._extras = tables.extras(comparable)
        self._frequencies: dict[str, tuple[float, ir.CachedTable]] = {}

    def train(self, candidates: ir.Table) -> LinkModel | None:
        """Weights learnt from the records alone, or None when too few pairs are of one person."""
        pairs, records = _number(candidates.count()), self.census.records
        if pairs < learning.ENOUGH_MATCHES:
            return None
        start = comparisons.starting_model(self._extras)
        linker = self._linker(start, levels=True)
        with _quiet():
            linker.training.estimate_u_using_random_sampling(
                max_pairs=_SAMPLE_PAIRS, seed=_SEED, num_chunks=1
            )
        drawn = _drawn(linker, start, min(_SAMPLE_PAIRS, records * (records - 1) / 2))
        parts = math.ceil(pairs / _SAMPLE_PAIRS)
        names = list(start.weights)
        sampled = candidates.filter(candidates.join_key_l % parts == 0)
        seen = self._predicted(linker, sampled, None, lambda scored: tables.observed(scored, names))
        sample = learning.Sample(
            {name: _level(seen[f"gamma_{name}"], len(start.weights[name])) for name in names},
            seen["rarity"].to_numpy(),
            seen["own_rarity"].to_numpy(),
            seen["veto"].to_numpy(),
            1 / parts,
        )
        return learning.learn(start, sample, drawn, records)

    def score(self, model: LinkModel, candidates: ir.Table, progress: Progress = silent) -> pa.Table:
        """Those of the candidates whose evidence is above `FLOOR`, as `tables.judged` gives them."""
        parts = math.ceil(_number(candidates.count()) / _PAIRS_AT_ONCE)
        linker = self._linker(model)
        judged = []
        for part in range(parts):
            progress(part, parts, "comparing")
            judged.append(self._score_part(linker, candidates.filter(candidates.join_key_l % parts == part)))
        return pa.concat_tables(judged) if judged else _NO_PAIRS

    @contextmanager
    def candidates(self, keys: ir.Table) -> Iterator[ir.Table]:
        """The pairs worth comparing, as `blocking.candidates` gives them: about as many as there is room for, or by the
        census's limits. `keys`: `blocking.keys` of the records, held."""
        crowds = self._backend.to_pyarrow(blocking.crowds(keys))
        block, size, count = (crowds[name].to_numpy().astype(np.int64) for name in ("block", "size", "keys"))
        if not self.census.limits:
            room = _PAIRS_A_RECORD * self.census.records + _PAIRS_BESIDES
            usual = [each.most for each in blocking.blocks(self.comparable)]
            self.census = replace(self.census, limits=tuple(rules.limits(usual, block, size, count, room)))
        limits = np.array(self.census.limits)
        shared = np.unique(block[size <= limits[block]]).tolist() or [0]
        with ExitStack() as each_alone:  # all at once would take more memory than there is
            found = [
                each_alone.enter_context(hold(self._backend, blocking.blocked(keys, at, int(limits[at]))))
                for at in shared
            ]
            candidates = hold(self._backend, blocking.candidates(found))
        with candidates:
            yield candidates

    def explain(self, model: LinkModel, pairs: pa.Table) -> pa.Table:
        """What each comparison says of some pairs (record_id_l < record_id_r): both ids, and bits for one person in a
        column named after each of `comparisons.of(model)`. Ordered by the ids."""
        names = [comparison.name for comparison in comparisons.of(model)]
        if not pairs.num_rows:
            return _explained_nothing(names)
        asked = ibis.memtable(pairs.select(["record_id_l", "record_id_r"]))
        # Joined with the records, for a table of memory alone is nobody's: Ibis would ask its default engine.
        known = asked.semi_join(self.comparable, asked.record_id_l == self.comparable.record_id)
        candidates = known.select(
            join_key_l="record_id_l", join_key_r="record_id_r", match_key=ibis.literal("0")
        )
        linker = self._linker(model)
        explained = self._predicted(linker, candidates, None, lambda scored: tables.explained(scored, names))
        return explained.sort_by([("record_id_l", "ascending"), ("record_id_r", "ascending")])

    def _score_part(self, linker: Linker, candidates: ir.Table) -> pa.Table:
        least = _BEFORE_ODDS + FLOOR
        return self._predicted(linker, candidates, least, lambda scored: tables.judged(scored, _BEFORE_ODDS))

    def _predicted(
        self,
        linker: Linker,
        candidates: ir.Table,
        least: float | None,
        read: Callable[[ir.Table], ir.Table],
    ) -> pa.Table:
        """Candidates scored by Splink, those with a match weight of at least `least`, as `read` makes them."""
        with hold(self._backend, candidates) as part, _quiet():
            linker.table_management.register_blocked_pairs_for_predict(self._api.register(part.op().name))
            scored = linker.inference.predict(threshold_match_weight=least, warning_mode="never")
            found = self._backend.to_pyarrow(read(self._backend.table(scored.physical_name)))
            scored.drop_table_from_database_and_remove_from_cache()
        return found

    def close(self) -> None:
        """Drop what was put into the engine."""
        self._api.delete_tables_created_by_splink_from_db()
        for _own, table in self._frequencies.values():
            table.release()

    def _linker(self, model: LinkModel, *, levels: bool = False) -> Linker:
        settings = comparisons.settings(model, _BEFORE, levels=levels)
        linker = Linker(self._input, settings, log_level=None, validate_settings=False)
        for column, (usual, own) in comparisons.frequencies(model).items():
            lookup = self._api.register(self._frequency(column, usual, own).op().name)
            linker.table_management.register_term_frequency_lookup(lookup, column)
        return linker

    def _frequency(self, column: str, usual: float, own: float) -> ir.CachedTable:
        """`tables.frequencies`, kept while the same is asked."""
        known = self._frequencies.get(column)
        if known is None or known[0] != own:
            if known is not None:
                known[1].release()
            known_records = self.census.known[column]
            made = hold(
                self._backend,
                tables.frequencies(self.comparable, column, self.counted, known_records, usual, own),
            )
            known = self._frequencies[column] = (own, made)
        return known[1]


@contextmanager
def prepared(
    backend: BaseBackend, records: ir.Table, standing: Standing | None = None
) -> Iterator[Comparing]:
    """Records (columns of `intake.record`) made ready in the engine, for as long as the block runs.

    They are compared by the `standing` census and its counted values; without one they are counted themselves.
    """
    with ExitStack() as held:
        crowds = standing[0].crowds if standing else _crowds(backend, records)
        comparable = held.enter_context(hold(backend, tables.comparable(records, crowds)))
        census, counted = standing or (
            _census(backend, comparable, crowds),
            held.enter_context(hold(backend, tables.counted(comparable, _counted_columns(comparable)))),
        )
        comparing = Comparing(backend, comparable, census, counted)
        held.callback(comparing.close)
        yield comparing


def _crowds(backend: BaseBackend, records: ir.Table) -> Crowds:
    columns = ("birth_date", "email_key", "phone")
    found = backend.to_pyarrow(ibis.union(*(tables.crowded(records, name) for name in columns))).to_pylist()
    dates, emails, phones = (
        tuple(sorted(row["value"] for row in found if row["column"] == name)) for name in columns
    )
    yearless = (row for row in found if row["column"] == "birth_date" and row["share"] > tables.NO_YEAR)
    return Crowds(dates, tuple(sorted(row["value"] for row in yearless)), emails, phones)


def _census(backend: BaseBackend, comparable: ir.Table, crowds: Crowds) -> Census:
    columns = _counted_columns(comparable)
    counts = {name: comparable[name].count() for name in columns}
    found = backend.to_pyarrow(comparable.aggregate(records=comparable.count(), **counts)).to_pylist()[0]
    return Census(blocking.maker(backend), found.pop("records"), found, crowds)


def _counted_columns(comparable: ir.Table) -> list[str]:
    return [*comparisons.FREQUENCIES, *tables.extras(comparable)]


def _explained_nothing(names: Sequence[str]) -> pa.Table:
    ids = [(name, pa.int64()) for name in ("record_id_l", "record_id_r")]
    return pa.schema([*ids, *((name, pa.float64()) for name in names)]).empty_table()


def _splink_on(backend: BaseBackend) -> Any:
    """Splink's own door to the engine that `backend` speaks to."""
    engine: Any = backend
    doors: Any = splink  # each is loaded when asked for: Spark is an extra
    if backend.name == "pyspark":
        return doors.SparkAPI(
            spark_session=engine._session, break_lineage_method="persist", register_udfs_automatically=False
        )
    return doors.DuckDBAPI(connection=engine.con)


def _drawn(linker: Linker, model: LinkModel, pairs: float) -> learning.Strangers:
    """What Splink found among pairs of records drawn at random; a level that was not seen has a share of 0."""
    found = {each["output_column_name"]: each for each in linker.misc.save_model_to_json()["comparisons"]}
    shares = {
        name: np.array([_share(level.get("u_probability")) for level in found[name]["comparison_levels"][1:]])
        for name in model.weights
    }
    return learning.Strangers(shares, pairs)


def _share(found: object) -> float:
    return found if isinstance(found, float) else 0.0


def _level(gamma: pa.ChunkedArray, levels: int) -> npt.NDArray[np.int8]:
    """Splink numbers levels from the last, 0; unknown is -1 there and here."""
    number = gamma.to_numpy()
    return np.where(number < 0, -1, levels - 1 - number).astype(np.int8)


def _number(expression: ir.Scalar) -> float:
    """The value of a count or sum; 0 for the sum of nothing."""
    return float(expression.to_pyarrow().as_py() or 0)


@contextmanager
def _quiet() -> Iterator[None]:
    """Splink tells its progress by logging; ours is told by `Progress`."""
    logger = logging.getLogger("splink")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
