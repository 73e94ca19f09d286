"""Records to persons, without a campaign: compare, weigh, cluster."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commonweal.identity import blocking, doubts, measures, missed, pairs, rules, tables
from commonweal.identity.cluster import NO_PAIRS, Bounds, Pairs, clusters
from commonweal.identity.comparisons import starting_model
from commonweal.identity.errors import RecordTwice
from commonweal.identity.judging import Listed, Scored, Weighed, registers
from commonweal.identity.measures import Measures
from commonweal.identity.missed import Missed
from commonweal.identity.model import Census, Evidence, LinkModel, ModelOrigin
from commonweal.jobs.model import Progress, silent
from commonweal.store.catalogue import LAKE
from commonweal.store.engine import connect, hold

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

    `doubtful`: of how many pairs the evidence does not tell whether they are one person, and nobody has told
    (`rules.is_doubtful`). `doubts` holds those that say most (`doubts.first`), ordered: record_id_l < record_id_r, `weight` (log2 odds that they are), `telling`, `together` (whether
    they ended in one cluster), and the parts that the weight is the sum of, in bits: `beforehand`, a column for each
    comparison of the model, and `household`, what is taken off because two of a household agree like one person.

    `measures`: how good it is, where the truth was given. `missed`: what blocking misses, where that was asked.
    """

    record_id: Ids
    cluster: Ids
    evidence: npt.NDArray[np.object_]
    probability: npt.NDArray[np.float64]
    doubts: pa.Table
    doubtful: int
    model: LinkModel
    origin: ModelOrigin
    measures: Measures | None = None
    missed: Missed | None = None

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


@dataclass(frozen=True)
class Basis:
    """What a later run can go on from. Tables in the engine: `counted`, `comparable`, `keys` (`blocking.keys`)."""

    census: Census
    counted: ir.Table
    comparable: ir.Table
    keys: ir.Table
    listed: Listed
    weighed: Weighed
    bounds: Bounds


Keep = Callable[[Basis], None]


def link_records(
    records: pa.Table,
    model: LinkModel | None = None,
    progress: Progress = silent,
    *,
    must: Ids = NO_PAIRS,
    cannot: Ids = NO_PAIRS,
    truth: Ids | None = None,
    survey: bool = False,
) -> Linked:
    """Which records are one person, for a table in memory, without a campaign.

    `records`: record_id (int64, unique) and any of the other columns of the lake's table `intake.record`; those
    absent count as unknown. Text is compared by the folded columns (`given_key`, …), so these should be there.
    Columns called extra_… hold further evidence about the person, whatever it is (folded text). Without a `model` one
    is trained on the records. `must`, `cannot`, `truth`, `survey`: see `link`. Raises RecordTwice.
    """
    with tempfile.TemporaryDirectory(prefix="commonweal-link-") as scratch:
        backend: Any = connect("duckdb", Path(scratch))
        try:
            backend.con.register("records", _completed(records))
            table = backend.table("records")
            return link(
                *(backend, table, model, progress), must=must, cannot=cannot, truth=truth, survey=survey
            )
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
    survey: bool = False,
    standing: pairs.Standing | None = None,
    keep: Keep | None = None,
) -> Linked:
    """Which of `records` (columns of `intake.record`, in `backend`) are one person.

    `must` and `cannot` are pairs of record ids, arrays of shape (n, 2), that are one person and that are two, as
    reviewers said: so they end, whatever the evidence. Both together must be possible (`binding.binding`); pairs with a
    record that is not there count for nothing.

    `truth` has for each record, ordered by id, the code of its true person (`measures.truth_codes`). It has no say in
    the result: it measures it. `survey`: tell what blocking misses (`missed`), without any truth.

    `standing`: a census by which records are compared, instead of one taken of them. Where weights were learnt, now or
    before, `keep` is told what a later run can go on from, while it is in the engine.
    """
    progress(0, _STEPS, "preparing")
    listed = Listed.of(backend, records)
    _check_unique(listed.record_id)
    if not listed.record_id.size:
        return _nobody(model)
    with (
        pairs.prepared(backend, records, standing) as comparing,
        hold(backend, blocking.keys(comparing.comparable)) as keys,
        comparing.candidates(keys) as candidates,
    ):
        true = None if truth is None else _true_candidates(backend, candidates, listed.record_id, truth)
        progress(1, _STEPS, "training")
        found = _compared(backend, records, listed, comparing, candidates, model, standing, progress)
        chosen, weighed, numbered = found.model, found.weighed, found.numbered
        progress(3, _STEPS, "clustering")
        decided = (known(told, listed.record_id) for told in (must, cannot))
        bounds = Bounds(numbered.number, numbered.register, rules.MOST_RECORDS, *decided)
        cluster = clusters(weighed.pairs, listed.record_id.size, rules.THRESHOLD, bounds)
        open_ = doubtful(weighed.pairs, bounds)
        asked = _doubts(comparing, chosen, weighed, open_, listed.record_id, cluster)
        if keep and found.origin is not ModelOrigin.STARTING:
            keep(Basis(found.census, comparing.counted, comparing.comparable, keys, listed, weighed, bounds))
        surveyed = _surveyed(backend, comparing, keys, listed.record_id, cluster) if survey else None
    evidence, probability = evidenced(weighed.pairs, weighed.sure, cluster)
    progress(_STEPS, _STEPS, "clustering")
    measured = None if truth is None or true is None else _measured(weighed.pairs, cluster, truth, true)
    return Linked(
        record_id=listed.record_id,
        cluster=cluster,
        evidence=evidence,
        probability=probability,
        doubts=asked,
        doubtful=int(open_.size),
        model=chosen,
        origin=found.origin,
        measures=measured,
        missed=surveyed,
    )


class _Compared(NamedTuple):
    """What comparing came to: the weights and where they are from, what was counted, the numbers that tell people apart,
    and what each pair weighs."""

    model: LinkModel
    origin: ModelOrigin
    census: Census
    numbered: rules.Numbered
    weighed: Weighed


def _compared(
    backend: BaseBackend,
    records: ir.Table,
    listed: Listed,
    comparing: pairs.Comparing,
    candidates: ir.Table,
    kept: LinkModel | None,
    standing: pairs.Standing | None,
    progress: Progress,
) -> _Compared:
    model, origin = _model(kept, comparing, candidates)
    scored = Scored.of(listed, comparing.score(model, candidates, progress))
    census = comparing.census
    if standing is None:
        census = replace(census, registers=registers(backend, records, listed, scored, census.records))
    numbered = listed.numbered(census.registers)
    scored = scored.parted(numbered)
    if origin is ModelOrigin.TRAINED:
        model = rules.calibrated(model, scored.judged, census.records)
    return _Compared(model, origin, census, numbered, scored.weighed(model, census))


def _surveyed(
    backend: BaseBackend, comparing: pairs.Comparing, keys: ir.Table, record_id: Ids, cluster: Ids
) -> Missed:
    blocks, limits = blocking.blocks(comparing.comparable), comparing.census.limits
    return missed.missed(blocks, limits, missed.read(backend, keys, record_id, len(blocks)), cluster)


def _model(
    kept: LinkModel | None, comparing: pairs.Comparing, candidates: ir.Table
) -> tuple[LinkModel, ModelOrigin]:
    if kept:
        return kept, ModelOrigin.KEPT
    trained = comparing.train(candidates)
    if trained:
        return trained, ModelOrigin.TRAINED
    return starting_model(tables.extras(comparing.comparable)), ModelOrigin.STARTING


def _true_candidates(backend: BaseBackend, candidates: ir.Table, record_id: Ids, truth: Ids) -> int:
    """How many of the pairs worth comparing are of one person."""
    told = truth != measures.UNKNOWN
    table = ibis.memtable(pa.table({"record_id": record_id[told], "truth": truth[told]}))
    counted = blocking.true_candidates(candidates, table).as_table()
    return int(backend.to_pyarrow(counted).column(0)[0].as_py())


def _measured(found: Pairs, cluster: Ids, truth: Ids, true_candidates: int) -> Measures:
    edges = found.where(found.weight >= rules.THRESHOLD)
    return Measures(
        measures.blocking_recall(true_candidates, truth),
        measures.edges(edges.left, edges.right, truth),
        measures.pairwise(cluster, truth),
        measures.exact(cluster, truth),
        measures.calibration_error(found.left, found.right, rules.probability(found.weight), truth),
    )


def known(told: Ids, record_id: Ids) -> Ids:
    """The pairs of records that are there, as positions."""
    at = np.minimum(np.searchsorted(record_id, told), record_id.size - 1)
    known: Ids = at[(record_id[at] == told).all(axis=1)]
    return known


def doubtful(found: Pairs, bounds: Bounds) -> Ids:
    """Which pairs the evidence leaves open, and nobody has told of (positions among them)."""
    records = bounds.numbers.size
    told = [np.sort(decided, axis=1) @ (records, 1) for decided in (bounds.must, bounds.cannot)]
    place = np.minimum(found.left, found.right) * records + np.maximum(found.left, found.right)
    return np.flatnonzero(rules.is_doubtful(found.weight) & ~np.isin(place, np.concatenate(told)))


def _doubts(
    comparing: pairs.Comparing,
    model: LinkModel,
    weighed: Weighed,
    open_: Ids,
    record_id: Ids,
    cluster: Ids,
) -> pa.Table:
    """See `Linked`."""
    found = weighed.pairs.turned()
    left, right, weight = found.left[open_], found.right[open_], found.weight[open_]
    worth = doubts.telling(weight, doubts.concerned(cluster, left, right))
    chosen = doubts.first(worth, left, right)
    asked = Pairs(record_id[left[chosen]], record_id[right[chosen]], weight[chosen])
    table = explained(comparing, model, asked, worth[chosen], weighed.beforehand[open_[chosen]])
    return table.append_column("together", pa.array(cluster[left[chosen]] == cluster[right[chosen]]))


def explained(
    comparing: pairs.Comparing, model: LinkModel, asked: Pairs, telling: Weights, beforehand: Weights
) -> pa.Table:
    """Pairs of records (ids, ordered, the smaller left), with the parts of their weight: see `Linked`."""
    ids = {"record_id_l": asked.left, "record_id_r": asked.right}
    found = comparing.explain(model, pa.table(ids))
    bits = {name: found[name].to_numpy() for name in found.column_names[2:]}
    weighed = {"weight": asked.weight, "telling": telling, "beforehand": beforehand}
    return pa.table({**ids, **weighed, **bits, "household": asked.weight - beforehand - sum(bits.values())})


def _check_unique(record_id: Ids) -> None:
    twice = record_id[1:][record_id[1:] == record_id[:-1]]
    if twice.size:
        raise RecordTwice(record_id=int(twice[0]), times=int((record_id == twice[0]).sum()))


def _nobody(model: LinkModel | None) -> Linked:
    none = np.empty(0, dtype=np.int64)
    nothing = {"record_id_l": none, "record_id_r": none, "weight": np.empty(0), "telling": np.empty(0)}
    return Linked(
        record_id=none,
        cluster=none,
        evidence=np.empty(0, dtype=object),
        probability=np.empty(0),
        doubts=pa.table({**nothing, "together": none.astype(bool)}),
        doubtful=0,
        model=model or starting_model(),
        origin=ModelOrigin.KEPT if model else ModelOrigin.STARTING,
    )


def evidenced(
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
