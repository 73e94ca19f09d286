"""Records to persons, without a campaign: compare, weigh, cluster."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.identity import blocking, measures, pairs, rules, tables
from commonweal.identity.cluster import NO_PAIRS, Bounds, Pairs, clusters
from commonweal.identity.comparisons import starting_model
from commonweal.identity.errors import RecordTwice
from commonweal.identity.measures import Measures
from commonweal.identity.model import Evidence, LinkModel, ModelOrigin
from commonweal.identity.overlaps import Overlaps
from commonweal.jobs.model import Progress, silent
from commonweal.store.catalogue import LAKE
from commonweal.store.engine import connect

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

Ids = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]

_STEPS = 4
_EVIDENCE = np.array([Evidence.ALONE, Evidence.MODEL, Evidence.SURE_KEY], dtype=object)


@dataclass(frozen=True)
class Linked:
    """Which records are one person.

    Arrays run along the records, ordered by id. `cluster`: 0 to persons-1, numbered by their first record;
    `evidence`: of `Evidence`; `probability`: of the record's strongest pair inside its cluster, NaN when alone.

    `doubts` holds the pairs of which the evidence does not tell whether they are one person, and nobody has told
    (`rules.is_doubtful`), ordered: record_id_l < record_id_r, `weight` (log2 odds that they are), `together` (whether
    they ended in one cluster), and the parts that the weight is the sum of, in bits: `beforehand`, a column for each
    comparison of the model, and `household`, what is taken off because two of a household agree like one person.

    `measures`: how good it is, where the truth was given.
    """

    record_id: Ids
    cluster: Ids
    evidence: npt.NDArray[np.object_]
    probability: npt.NDArray[np.float64]
    doubts: pa.Table
    model: LinkModel
    origin: ModelOrigin
    measures: Measures | None = None

    def as_arrow(self) -> pa.Table:
        """record_id, cluster, evidence, probability (null when alone)."""
        return pa.table(
            {
                "record_id": self.record_id,
                "cluster": self.cluster,
                "evidence": pa.array(self.evidence.tolist(), pa.string()),
                "probability": pa.array(self.probability, from_pandas=True),
            }
        )


def link_records(
    records: pa.Table,
    model: LinkModel | None = None,
    progress: Progress = silent,
    *,
    must: Ids = NO_PAIRS,
    cannot: Ids = NO_PAIRS,
    truth: Ids | None = None,
) -> Linked:
    """Which records are one person, for a table in memory, without a campaign.

    `records`: record_id (int64, unique) and any of the other columns of the lake's table `intake.record`; those
    absent count as unknown. Text is compared by the folded columns (`given_key`, …), so these should be there.
    Columns called extra_… hold further evidence about the person, whatever it is (folded text). Without a `model` one
    is trained on the records. `must`, `cannot`, `truth`: see `link`. Raises RecordTwice.
    """
    with tempfile.TemporaryDirectory(prefix="commonweal-link-") as scratch:
        backend: Any = connect("duckdb", Path(scratch))
        try:
            backend.con.register("records", _completed(records))
            table = backend.table("records")
            return link(backend, table, model, progress, must=must, cannot=cannot, truth=truth)
        finally:
            backend.disconnect()


def _completed(records: pa.Table) -> pa.Table:
    schema = LAKE["intake.record"].schema
    columns = [
        records[field.name].cast(field.type)
        if field.name in records.column_names
        else pa.nulls(records.num_rows, field.type)
        for field in schema
    ]
    completed = pa.table(columns, schema=schema)
    for name in records.column_names:
        if name.startswith(tables.EXTRA):
            completed = completed.append_column(name, records[name].cast(pa.string()))
    return completed


def link(
    backend: BaseBackend,
    records: ir.Table,
    model: LinkModel | None = None,
    progress: Progress = silent,
    *,
    must: Ids = NO_PAIRS,
    cannot: Ids = NO_PAIRS,
    truth: Ids | None = None,
) -> Linked:
    """Which of `records` (columns of `intake.record`, in `backend`) are one person.

    `must` and `cannot` are pairs of record ids, arrays of shape (n, 2), that are one person and that are two, as
    reviewers said: so they end, whatever the evidence. Both together must be possible (`binding.binding`); pairs with a
    record that is not there count for nothing.

    `truth` has for each record, ordered by id, the code of its true person (`measures.truth_codes`). It has no say in
    the result: it measures it.
    """
    progress(0, _STEPS, "preparing")
    record_id, sources = _listed(backend, records)
    _check_unique(record_id)
    origin = ModelOrigin.KEPT if model else ModelOrigin.STARTING
    if not record_id.size:
        return _nobody(model or starting_model(), origin)
    with pairs.prepared(backend, records) as comparing, comparing.candidates() as candidates:
        if model is None:
            progress(1, _STEPS, "training")
            trained = comparing.train(candidates)
            model, origin = (
                (trained, ModelOrigin.TRAINED)
                if trained
                else (starting_model(tables.extras(records)), origin)
            )
        recall = _Recall(backend, record_id, truth)
        if truth is not None:
            recall.watch(candidates)
        scored = comparing.score(model, candidates, progress)
        left, right = (np.searchsorted(record_id, scored[f"record_id_{side}"].to_numpy()) for side in "lr")
        judged = rules.Judged(
            all_evidence=scored["all_evidence"].to_numpy(),
            person=scored["person"].to_numpy(),
            veto=scored["veto"].to_numpy(),
            sure=scored["sure"].to_numpy(),
            overlaps=Overlaps.of(sources, left, right),
        )
        alike = rules.is_alike(judged, record_id.size)
        numbered = _numbers(backend, records, record_id).trusted(left[alike], right[alike])
        judged = replace(judged, veto=judged.veto | numbered.differ(left, right))
        if origin is ModelOrigin.TRAINED:
            model = rules.calibrated(model, judged, record_id.size)
        progress(3, _STEPS, "clustering")
        found = Pairs(left, right, rules.weigh(judged, model, record_id.size))
        decided = (_known(told, record_id) for told in (must, cannot))
        bounds = Bounds(numbered.number, numbered.register, rules.MOST_RECORDS, *decided)
        cluster = clusters(found, record_id.size, rules.THRESHOLD, bounds)
        beforehand, _mates = judged.beforehand(model, record_id.size)
        doubts = _doubts(comparing, model, found, beforehand, bounds, record_id, cluster)
    evidence, probability = _evidence(found, judged.sure, cluster)
    progress(_STEPS, _STEPS, "clustering")
    measured = None if truth is None else _measured(found, cluster, truth, recall)
    return Linked(record_id, cluster, evidence, probability, doubts, model, origin, measured)


def _listed(backend: BaseBackend, records: ir.Table) -> tuple[Ids, pa.Array]:
    """The records' ids, ordered, and the list that each is from."""
    found = backend.to_pyarrow(records.select("record_id", "source"))
    record_id = found["record_id"].to_numpy()
    order = np.argsort(record_id, kind="stable")
    sources = found["source"].combine_chunks().dictionary_encode().take(pa.array(order))
    return record_id[order], sources


class _Recall:
    """Counts the true pairs among those worth comparing."""

    def __init__(self, backend: BaseBackend, record_id: Ids, truth: Ids | None) -> None:
        self._backend, self._record_id, self._truth = backend, record_id, truth
        self.true_candidates = 0

    def watch(self, candidates: ir.Table) -> None:
        """Count them."""
        assert self._truth is not None
        known = self._truth != measures.UNKNOWN
        told = ibis.memtable(pa.table({"record_id": self._record_id[known], "truth": self._truth[known]}))
        counted = blocking.true_candidates(candidates, told).as_table()
        self.true_candidates = int(self._backend.to_pyarrow(counted).column(0)[0].as_py())


def _measured(found: Pairs, cluster: Ids, truth: Ids, recall: _Recall) -> Measures:
    edges = found.where(found.weight >= rules.THRESHOLD)
    return Measures(
        measures.blocking_recall(recall.true_candidates, truth),
        measures.edges(edges.left, edges.right, truth),
        measures.pairwise(cluster, truth),
        measures.exact(cluster, truth),
        measures.calibration_error(found.left, found.right, rules.probability(found.weight), truth),
    )


def _known(told: Ids, record_id: Ids) -> Ids:
    """The pairs of records that are there, as positions."""
    at = np.minimum(np.searchsorted(record_id, told), record_id.size - 1)
    known: Ids = at[(record_id[at] == told).all(axis=1)]
    return known


def _doubts(
    comparing: pairs.Comparing,
    model: LinkModel,
    found: Pairs,
    beforehand: Weights,
    bounds: Bounds,
    record_id: Ids,
    cluster: Ids,
) -> pa.Table:
    """See `Linked`."""
    left, right = np.minimum(found.left, found.right), np.maximum(found.left, found.right)
    told = [np.sort(decided, axis=1) @ (record_id.size, 1) for decided in (bounds.must, bounds.cannot)]
    place = left * record_id.size + right
    open_ = np.flatnonzero(rules.is_doubtful(found.weight) & ~np.isin(place, np.concatenate(told)))
    open_ = open_[np.argsort(place[open_])]
    left, right, weight, beforehand = left[open_], right[open_], found.weight[open_], beforehand[open_]
    ids = {"record_id_l": record_id[left], "record_id_r": record_id[right]}
    explained = comparing.explain(model, pa.table(ids))
    bits = {name: explained[name].to_numpy() for name in explained.column_names[2:]}
    weighed = {"weight": weight, "together": cluster[left] == cluster[right], "beforehand": beforehand}
    return pa.table({**ids, **weighed, **bits, "household": weight - beforehand - sum(bits.values())})


def _check_unique(record_id: Ids) -> None:
    twice = record_id[1:][record_id[1:] == record_id[:-1]]
    if twice.size:
        raise RecordTwice(record_id=int(twice[0]), times=int((record_id == twice[0]).sum()))


def _nobody(model: LinkModel, origin: ModelOrigin) -> Linked:
    none = np.empty(0, dtype=np.int64)
    nothing = {"record_id_l": none, "record_id_r": none, "weight": np.empty(0), "together": none.astype(bool)}
    return Linked(none, none, np.empty(0, dtype=object), np.empty(0), pa.table(nothing), model, origin)


def _numbers(backend: BaseBackend, records: ir.Table, record_id: Ids) -> rules.Numbered:
    """Each record's registration number and its register."""
    numbered = tables.numbered(records)
    sharing = backend.to_pyarrow(tables.lists_sharing_numbers(numbered)).to_pylist()
    register_of = rules.registers([(pair["left"], pair["right"]) for pair in sharing])
    found = backend.to_pyarrow(numbered)
    at = np.searchsorted(record_id, found["record_id"].to_numpy())
    numbers, registers = (np.full(record_id.size, -1, dtype=np.int64) for _ in range(2))
    numbers[at] = pc.dictionary_encode(found["registration_number"].combine_chunks()).indices.to_numpy()
    registers[at] = [register_of[source] for source in found["source"].to_pylist()]
    return rules.Numbered(numbers, registers)


def _evidence(
    found: Pairs, sure: npt.NDArray[np.bool_], cluster: Ids
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.float64]]:
    """For each record the kind of its evidence, and the probability of its strongest pair inside its cluster."""
    inside = cluster[found.left] == cluster[found.right]
    kind = (np.bincount(cluster, minlength=cluster.size)[cluster] > 1).astype(np.int64)
    weight = np.full(cluster.size, -np.inf)
    for end in (found.left[inside], found.right[inside]):
        np.maximum.at(weight, end, found.weight[inside])
        kind[end[sure[inside]]] = 2
    probability = np.where(kind > 0, np.round(rules.probability(weight), 6), np.nan)
    return _EVIDENCE[kind], probability
