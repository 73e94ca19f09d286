"""One run over all records: what it finds, and how that is written down, in the lake and in the ledger together."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from psycopg import sql

from commonweal.campaign import Campaign
from commonweal.identity import (
    chronicle,
    delta,
    doubting,
    doubts,
    levels,
    neighbours,
    noting,
    pairs,
    queries,
    rules,
    settling,
    standing,
)
from commonweal.identity.binding import Binding, binding
from commonweal.identity.changes import Changes, changes
from commonweal.identity.errors import NoRecords
from commonweal.identity.link import Basis, link
from commonweal.identity.model import Census, Decision, LinkModel, ModelOrigin, ResolveReport
from commonweal.identity.noting import Kept
from commonweal.identity.rules import Ids
from commonweal.identity.undoing import TakingBack, Undo, taking_back
from commonweal.intake import queries as lists
from commonweal.intake.model import Batch
from commonweal.intake.tables import batch_order, living_records
from commonweal.jobs.model import Progress
from commonweal.store.lake import LakeWriter
from commonweal.store.ledger import Connection, LedgerRole


@dataclass(frozen=True)
class Begun:
    """What a run begins with: a hash of the records (`_held`), the weights, the merge it takes back, what was said, the run before, the loaded batches,
    and who was who (ordered by record)."""

    held: str
    kept: Kept | None
    back: TakingBack | None
    decided: list[Decision]
    last: queries.LastRun | None
    batches: list[Batch]
    before: pa.Table

    def made_from(self, kept: Kept | None) -> str:
        """Changes with definition, weights, answers and records. By how many answers, not by the newest: one of a smaller
        number may be committed after it."""
        return f"{levels.DEFINITION}:{kept[0] if kept else 0}:{len(self.decided)}:{self.held}"


@dataclass(frozen=True)
class Put:
    """Records (ordered) that were put together anew, along them what `link.Linked` has; `gone`: those that no list holds
    any more; `origin`: of the weights, `model` where they were learnt; `census`: what was counted in this run;
    `stands`: whether the next run can go on from what this one leaves."""

    record_id: Ids
    cluster: Ids
    evidence: npt.NDArray[np.object_]
    probability: npt.NDArray[np.float64]
    gone: Ids
    origin: ModelOrigin
    model: LinkModel
    new: int
    renewed: int
    census: Census | None
    stands: bool
    waiting: Callable[[pa.Table], tuple[pa.Table, int]]
    """From the links of all records to the doubts that say most, and how many there are in all."""
    house: Callable[[pa.Table], tuple[pa.Table, bool] | None]
    """From them to the households, and whether these are as before; to None where all are to be made anew."""


@dataclass(frozen=True)
class Found:
    """What a run found, as it stands in the lake: tables ordered by record and by person."""

    put: Put
    links: pa.Table
    households: pa.Table
    persons: rules.Outcome
    events: pa.Table  # schema chronicle.EVENT
    waiting: pa.Table  # schema doubts.DOUBT
    doubtful: int
    overruled: int
    changed: bool


@dataclass
class Run:
    """A run under way. `retrain`: learn the weights anew; `full`: compare all records, though few or none have changed;
    `undo`: a merge that it takes back."""

    campaign: Campaign
    progress: Progress
    retrain: bool = False
    full: bool = False
    undo: Undo | None = None
    _began: float = field(default_factory=time.monotonic)

    def do(self) -> ResolveReport:
        """Find, and write down all or nothing. Raises NoRecords, and as `taking_back`."""
        campaign = self.campaign
        with campaign.lake.writer("identity.resolve") as writer, ExitStack() as held:
            begun = self._begun()
            last = begun.last
            if (
                last
                and last.made_from == begun.made_from(begun.kept)
                and not (self.full or self.retrain or begun.back)
            ):
                return self._nothing_new(last, begun.kept)
            found = self._find(begun, writer, held)
            if found.changed:
                writer.stage("identity.link", found.links)
                writer.stage("identity.household", found.households)
            with (
                campaign.bridge.staged(found.events) as events,
                campaign.bridge.staged(found.waiting) as waiting,
                campaign.ledger.transaction(LedgerRole.BULK) as connection,
            ):
                if writer.has_staged:
                    writer.publish(connection)
                report = self._write_down(connection, begun, found, events, waiting)
        return report

    def _begun(self) -> Begun:
        campaign = self.campaign
        held = _held(campaign)
        before = campaign.lake.read(campaign.lake.table("identity.link").order_by("record_id"))
        with campaign.ledger.read(LedgerRole.BULK) as connection:
            kept = None if self.retrain else _usable(queries.newest_model(connection))
            decided = queries.decisions(connection)
            return Begun(
                held,
                kept,
                taking_back(connection, self.undo, before) if self.undo else None,
                decided,
                queries.last_run(connection),
                lists.loaded_batches(connection),
                before,
            )

    def _find(self, begun: Begun, writer: LakeWriter, held: ExitStack) -> Found:
        campaign, back, before = self.campaign, begun.back, begun.before
        records = living_records(campaign.lake.table("intake.record"), batch_order(begun.batches))
        if not before.num_rows and not records.count().to_pyarrow().as_py():
            raise NoRecords
        bound = binding([*begun.decided, *(back.decisions if back else ())])
        put = self._put(begun, records, bound, writer, held)
        own = before.filter(rules.among(before["record_id"].to_numpy(), put.record_id))
        previous = settling.previous_of(
            put.record_id, own["record_id"].to_numpy(), own["person_id"].to_numpy()
        )
        claimed = previous
        if back:
            previous = back.restored(put.record_id, previous)
            claimed = back.without_free(put.record_id, previous)
        persons = settling.identify(campaign, "person", put.cluster, claimed)
        links = _links(put, persons, before)
        gone = before.filter(rules.among(before["record_id"].to_numpy(), put.gone))
        households, same = put.house(links) or settling.housed(campaign, records, links)
        waiting, doubtful = put.waiting(links)
        return Found(
            put,
            links,
            households,
            persons,
            chronicle.events(put.record_id, previous, persons, pa.concat_tables([own, gone])),
            waiting,
            doubtful,
            bound.overruled,
            changed=not (same and links.equals(before)),
        )

    def _put(
        self, begun: Begun, records: ir.Table, bound: Binding, writer: LakeWriter, held: ExitStack
    ) -> Put:
        """Records to persons: of what has changed, where the run before left enough to go on from; else of all."""
        lake, last, kept = self.campaign.lake, begun.last, begun.kept
        behind = standing.left_behind(last, kept and kept[0], lake)
        if not (behind and kept and last and last.census):
            return self._put_all(begun, records, bound, writer, None)
        index = standing.Index.of(lake, len(last.census.limits), held)
        source = {place[0]: place[1] for place in (*behind.batches, *standing.places(begun.batches))}
        ground = delta.Ground(self.campaign, kept[1], last.census, standing.Seen.read(lake), source, index)
        changed = changes(lake, ground.then, behind.batches, begun.batches)
        met = delta.met(ground, changed, held)
        if met is None or self.full:
            return self._put_all(begun, records, bound, writer, ground.standing() if met else None)
        return self._put_changed(begun, ground, changed, met, bound, writer, held)

    def _put_all(
        self,
        begun: Begun,
        records: ir.Table,
        bound: Binding,
        writer: LakeWriter,
        by: pairs.Standing | None,
    ) -> Put:
        lake, taken = self.campaign.lake, []

        def keep(basis: Basis) -> None:
            standing.keep(lake, writer, basis, records, fresh=by is None)
            taken.append(basis.census)

        here = bound.among(_there(self.campaign, records, bound))
        linked = link(
            *(lake.backend, records, begun.kept and begun.kept[1], self.progress),
            must=delta.pairs_of(here.must),
            cannot=delta.pairs_of(here.cannot),
            standing=by,
            keep=keep,
        )
        before = begun.before["record_id"].to_numpy()
        return Put(
            *(linked.record_id, linked.cluster, linked.evidence, linked.probability),
            gone=before[~rules.among(before, linked.record_id)],
            origin=linked.origin,
            model=linked.model,
            new=int((~rules.among(linked.record_id, before)).sum()),
            renewed=0,
            census=taken[0] if taken and by is None else None,
            stands=bool(taken),
            waiting=lambda _links: (doubts.waiting(linked.doubts), linked.doubtful),
            house=lambda _links: None,
        )

    def _put_changed(
        self,
        begun: Begun,
        ground: delta.Ground,
        changed: Changes,
        met: tuple[delta.Renewed, delta.Met],
        bound: Binding,
        writer: LakeWriter,
        held: ExitStack,
    ) -> Put:
        told = {record for each in begun.decided for record in (each.left, each.right)} | bound.records
        renewed, found = met
        relinked = delta.relink(ground, changed, renewed, found, bound, told, writer, held)
        with self.campaign.ledger.read(LedgerRole.BULK) as connection:
            asked = queries.doubts_as_json(connection)
        spoken_of = np.array(sorted(told), dtype=np.int64)
        here = bound.among(set(spoken_of[relinked.seen.has(spoken_of)].tolist()))
        new = int((~ground.then.has(renewed.fresh)).sum())
        return Put(
            *(relinked.record_id, relinked.cluster, relinked.evidence, relinked.probability),
            gone=changed.gone,
            origin=ModelOrigin.KEPT,
            model=ground.model,
            new=new,
            renewed=renewed.fresh.size - new,
            census=None,
            stands=True,
            waiting=lambda links: doubting.waiting(ground, relinked, renewed.all, links, here, asked),
            house=lambda links: neighbours.rehoused(ground, relinked, renewed, begun.before, links),
        )

    def _write_down(
        self,
        connection: Connection,
        begun: Begun,
        found: Found,
        events: sql.Identifier,
        waiting: sql.Identifier,
    ) -> ResolveReport:
        campaign, back = self.campaign, begun.back
        kept = begun.kept
        if found.put.origin is ModelOrigin.TRAINED:
            kept = noting.keep_model(connection, campaign, found.put.model, found.links.num_rows)
        report = _report(found, time.monotonic() - self._began)
        census = noting.keep_census(connection, campaign, kept, found.put.census)
        if census is None and begun.last and found.put.stands:
            census = begun.last.census_id
        left = standing.LeftBehind(standing.places(begun.batches), standing.files(connection))
        heard = begun.decided[-1].decision_id if begun.decided else 0
        run_id = noting.note_run(
            connection,
            campaign,
            report,
            kept,
            begun.made_from(kept),
            heard,
            census,
            left.as_json() if census else None,
        )
        if back:
            back.note(connection, campaign, run_id)
        noting.note_events(connection, run_id, events)
        noting.redirect(connection, run_id, found.persons.merged)
        doubts.keep(connection, run_id, waiting)
        noting.audited(connection, campaign, run_id, report, back)
        return report

    def _nothing_new(self, last: queries.LastRun, kept: Kept | None) -> ResolveReport:
        """Lists, answers and weights are those of the last run: it would find again what that one found."""
        report = ResolveReport(
            *(last.records, last.persons, last.households),
            *(0, 0, 0, 0, 0),
            doubts=last.doubts,
            overruled=0,
            model=ModelOrigin.KEPT if kept else ModelOrigin.STARTING,
            changed=False,
            seconds=round(time.monotonic() - self._began, 1),
        )
        with self.campaign.ledger.transaction(LedgerRole.BULK) as connection:
            run_id = noting.note_run(
                connection,
                self.campaign,
                report,
                kept,
                last.made_from,
                last.heard,
                last.census_id,
                last.left_behind,
            )
            noting.audited(connection, self.campaign, run_id, report, None)
        return report


def _held(campaign: Campaign) -> str:
    """Changes with the records that count: a hash of the lake's files, of the batches, and of who was erased."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        batches = [(each.batch_id, str(each.as_of)) for each in lists.loaded_batches(connection)]
    files = [file.path for file in campaign.lake.files("intake.record")]
    return hashlib.sha256(repr((files, batches, campaign.lake.erased())).encode()).hexdigest()


def _links(put: Put, persons: rules.Outcome, before: pa.Table) -> pa.Table:
    """Who is who now, ordered by record: those that were put together anew, and all others as they were."""
    new = pa.table(
        {
            "record_id": put.record_id,
            "person_id": persons.member_of,
            "evidence": pa.array(put.evidence.tolist(), pa.string()),
            "probability": pa.array(put.probability, from_pandas=True),
        }
    )
    over = np.concatenate((put.record_id, put.gone))
    others = before.filter(~rules.among(before["record_id"].to_numpy(), over))
    both = pa.concat_tables([others, new])
    return both.take(np.argsort(both["record_id"].to_numpy(), kind="stable")).combine_chunks()


def _there(campaign: Campaign, records: ir.Table, bound: Binding) -> set[int]:
    """Which of the records that reviewers spoke of are in a list now."""
    told = sorted(bound.records)
    if not told:
        return set()
    found = campaign.lake.read(records.filter(records.record_id.isin(told)).select("record_id"))
    return set(found["record_id"].to_pylist())


def _usable(kept: Kept | None) -> Kept | None:
    """Weights for another definition of the comparisons can't be used."""
    return kept if kept and kept[1].definition == levels.DEFINITION else None


def _report(found: Found, seconds: float) -> ResolveReport:
    return ResolveReport(
        records=found.links.num_rows,
        persons=found.households.num_rows,
        households=len(found.households["household_id"].unique()),
        attached=found.persons.attached,
        created=found.persons.created,
        merged=len(found.persons.merged),
        split=len(found.persons.split),
        detached=found.persons.moved + found.put.gone.size,
        doubts=found.doubtful,
        overruled=found.overruled,
        model=found.put.origin,
        changed=found.changed,
        seconds=round(seconds, 1),
        new=found.put.new,
        renewed=found.put.renewed,
        gone=found.put.gone.size,
        looked_at=int(found.put.cluster.max(initial=-1)) + 1,
    )
