"""One run over all records: what it finds, and how that is written down, in the lake and in the ledger together."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import psycopg
import pyarrow as pa
from psycopg import sql
from psycopg.types.json import Jsonb

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.identity import chronicle, doubts, levels, queries, rules
from commonweal.identity.binding import Binding, binding
from commonweal.identity.errors import NoRecords
from commonweal.identity.households import house
from commonweal.identity.link import Linked, link
from commonweal.identity.model import LinkModel, ModelOrigin, ResolveReport
from commonweal.identity.rules import Ids
from commonweal.identity.undoing import TakingBack, Undo, taking_back
from commonweal.intake import queries as lists
from commonweal.intake.tables import batch_order, living_records
from commonweal.jobs.model import Progress
from commonweal.store.ledger import Connection, LedgerRole

Kept = tuple[int, LinkModel]
"""A model with its number."""


@dataclass(frozen=True)
class Found:
    """What a run found, as it stands in the lake: tables ordered by record and by person."""

    linked: Linked
    links: pa.Table
    households: pa.Table
    persons: rules.Outcome
    events: pa.Table  # schema chronicle.EVENT
    gone: int  # records linked before that are in no list now
    overruled: int
    changed: bool


@dataclass
class Run:
    """A run under way. `retrain`: learn the weights anew; `full`: compare though nothing has changed; `undo`: a merge
    that it takes back."""

    campaign: Campaign
    progress: Progress
    retrain: bool = False
    full: bool = False
    undo: Undo | None = None
    _began: float = field(default_factory=time.monotonic)

    def do(self) -> ResolveReport:
        """Find, and write down all or nothing. Raises NoRecords, and as `taking_back`."""
        campaign = self.campaign
        with campaign.lake.writer("identity.resolve") as writer:
            held = _held(campaign)
            before = campaign.lake.read(campaign.lake.table("identity.link").order_by("record_id"))
            with campaign.ledger.read(LedgerRole.BULK) as connection:
                kept = None if self.retrain else _usable(queries.newest_model(connection))
                back = taking_back(connection, self.undo, before) if self.undo else None
                decided = queries.decisions(connection)
                last = queries.last_run(connection)
            heard = decided[-1].decision_id if decided else 0
            if (
                last
                and last.made_from == _made_from(held, kept, len(decided))
                and not (self.full or self.retrain or back)
            ):
                return self._nothing_new(last, kept)
            said = [*decided, *(back.decisions if back else ())]
            found = _find(campaign, kept[1] if kept else None, binding(said), before, back, self.progress)
            if found.changed:
                writer.stage("identity.link", found.links)
                writer.stage("identity.household", found.households)
            with (
                campaign.bridge.staged(found.events) as events,
                campaign.bridge.staged(doubts.waiting(found.linked.doubts)) as waiting,
                campaign.ledger.transaction(LedgerRole.BULK) as connection,
            ):
                if found.changed:
                    writer.publish(connection)
                kept = kept or _keep_model(connection, campaign, found.linked)
                report = _report(found, time.monotonic() - self._began)
                run_id = _note_run(
                    connection, campaign, report, kept, _made_from(held, kept, len(decided)), heard
                )
                if back:
                    back.note(connection, campaign, run_id)
                _note_events(connection, run_id, events)
                _redirect(connection, run_id, found.persons.merged)
                doubts.keep(connection, run_id, waiting)
                _audit(connection, campaign, run_id, report, back)
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
            run_id = _note_run(connection, self.campaign, report, kept, last.made_from, last.heard)
            _audit(connection, self.campaign, run_id, report, None)
        return report


def _held(campaign: Campaign) -> str:
    """Changes with the records that count: a hash of the lake's files, of the batches, and of who was erased."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        batches = [(each.batch_id, str(each.as_of)) for each in lists.loaded_batches(connection)]
    files = [file.path for file in campaign.lake.files("intake.record")]
    return hashlib.sha256(repr((files, batches, campaign.lake.erased())).encode()).hexdigest()


def _made_from(held: str, kept: Kept | None, decisions: int) -> str:
    """By how many decisions, not by the newest: one of a smaller number may be committed after it."""
    return f"{levels.DEFINITION}:{kept[0] if kept else 0}:{decisions}:{held}"


def _find(
    campaign: Campaign,
    model: LinkModel | None,
    bound: Binding,
    before: pa.Table,
    back: TakingBack | None,
    progress: Progress,
) -> Found:
    backend, records = campaign.lake.backend, _living(campaign)
    if not before.num_rows and not records.count().to_pyarrow().as_py():
        raise NoRecords
    here = bound.among(_there(campaign, records, bound))
    linked = link(backend, records, model, progress, must=_array(here.must), cannot=_array(here.cannot))
    previous = _previous(linked.record_id, before["record_id"].to_numpy(), before["person_id"].to_numpy())
    claimed = previous
    if back:
        previous = back.restored(linked.record_id, previous)
        claimed = back.without_free(linked.record_id, previous)
    persons = _identify(campaign, "person", linked.cluster, claimed)
    links = pa.table(
        {
            "record_id": linked.record_id,
            "person_id": persons.member_of,
            "evidence": pa.array(linked.evidence.tolist(), pa.string()),
            "probability": pa.array(linked.probability, from_pandas=True),
        }
    )
    households, same = _house(campaign, records, links)
    return Found(
        linked,
        links,
        households,
        persons,
        chronicle.events(linked.record_id, previous, persons, before),
        int((~np.isin(before["record_id"].to_numpy(), linked.record_id)).sum()),
        bound.overruled,
        changed=not (same and links.equals(before)),
    )


def _array(pairs: Sequence[tuple[int, int]]) -> Ids:
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _there(campaign: Campaign, records: ir.Table, bound: Binding) -> set[int]:
    """Which of the records that reviewers spoke of are in a list now."""
    told = sorted(bound.records)
    if not told:
        return set()
    found = campaign.lake.read(records.filter(records.record_id.isin(told)).select("record_id"))
    return set(found["record_id"].to_pylist())


def _audit(
    connection: Connection, campaign: Campaign, run_id: int, report: ResolveReport, back: TakingBack | None
) -> None:
    detail = {"run": run_id, "persons": report.persons, "merged": report.merged, "split": report.split}
    audit.record(connection, campaign, "resolve", detail=detail)
    if back:
        audit.record(
            connection,
            campaign,
            "identity.undo",
            persons=[back.gone, back.living],
            detail={"run": run_id, "merge": back.asked.event_id},
            actor=back.asked.actor,
        )


def _usable(kept: Kept | None) -> Kept | None:
    """Weights for another definition of the comparisons can't be used."""
    return kept if kept and kept[1].definition == levels.DEFINITION else None


def _living(campaign: Campaign) -> ir.Table:
    """The records that count: each once, as its latest batch has it."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        batches = lists.loaded_batches(connection)
    return living_records(campaign.lake.table("intake.record"), batch_order(batches))


def _previous(now: Ids, before: Ids, owners: Ids) -> Ids:
    """For each of `now` the owner that it had, or `NOBODY`; `before` is ordered."""
    previous = np.full(now.size, rules.NOBODY, dtype=np.int64)
    if before.size:
        at = np.minimum(np.searchsorted(before, now), before.size - 1)
        known = before[at] == now
        previous[known] = owners[at[known]]
    return previous


def _identify(campaign: Campaign, kind: str, clusters: Ids, previous: Ids) -> rules.Outcome:
    assignment = rules.assign(clusters, previous, lambda ids: campaign.ids.age(kind, ids))
    new = campaign.ids.take(kind, assignment.due) if assignment.due else np.empty(0, dtype=np.int64)
    return rules.settle(assignment, clusters, previous, new)


def _house(campaign: Campaign, records: ir.Table, links: pa.Table) -> tuple[pa.Table, bool]:
    """The households of all persons, as the lake holds them; and whether they are as before."""
    lake = campaign.lake
    before = lake.read(lake.table("identity.household").order_by("person_id"))
    active = records.filter(records.active)
    persons = np.unique(links["person_id"].to_numpy())
    found = house(lake.backend, active, ibis.memtable(links.select(["record_id", "person_id"])), persons)
    previous = _previous(persons, before["person_id"].to_numpy(), before["household_id"].to_numpy())
    outcome = _identify(campaign, "household", found.household, previous)
    households = pa.table(
        {
            "person_id": persons,
            "household_id": outcome.member_of,
            "evidence": pa.array(found.evidence.tolist(), pa.string()),
        }
    )
    return households, households.equals(before)


def _report(found: Found, seconds: float) -> ResolveReport:
    return ResolveReport(
        records=found.links.num_rows,
        persons=found.households.num_rows,
        households=len(found.households["household_id"].unique()),
        attached=found.persons.attached,
        created=found.persons.created,
        merged=len(found.persons.merged),
        split=len(found.persons.split),
        detached=found.persons.moved + found.gone,
        doubts=found.linked.doubtful,
        overruled=found.overruled,
        model=found.linked.origin,
        changed=found.changed,
        seconds=round(seconds, 1),
    )


def _keep_model(connection: psycopg.Connection[Any], campaign: Campaign, linked: Linked) -> Kept | None:
    if linked.origin is not ModelOrigin.TRAINED:
        return None
    row = connection.execute(
        "INSERT INTO identity.model (made_at, definition, records, weights) VALUES (%s, %s, %s, %s)"
        " RETURNING model_id",
        (campaign.clock(), linked.model.definition, linked.record_id.size, Jsonb(linked.model.as_json())),
    ).fetchone()
    assert row is not None
    return int(row[0]), linked.model


def _note_run(
    connection: psycopg.Connection[Any],
    campaign: Campaign,
    report: ResolveReport,
    kept: Kept | None,
    made_from: str,
    heard: int,
) -> int:
    row = connection.execute(
        "INSERT INTO identity.run"
        " (at, actor, model_id, changed, records, persons, households, made_from, heard, doubts)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING run_id",
        (
            *(campaign.clock(), campaign.actor, kept[0] if kept else None, report.changed),
            *(report.records, report.persons, report.households, made_from, heard, report.doubts),
        ),
    ).fetchone()
    assert row is not None
    return int(row[0])


def _note_events(connection: psycopg.Connection[Any], run_id: int, staged: sql.Identifier) -> None:
    connection.execute(
        sql.SQL(
            "INSERT INTO identity.event (run_id, kind, person_id, other_id, number, records)"
            " SELECT {}, kind, person_id, other_id, number, records::bigint[] FROM {}"
        ).format(sql.Literal(run_id), staged)
    )


def _redirect(connection: psycopg.Connection[Any], run_id: int, merged: dict[int, int]) -> None:
    """Point the merged persons, and those merged into them before, to those who live."""
    redirects = rules.flattened(queries.redirects_to(connection, merged), merged)
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO identity.redirect (subject, person_id, run_id) VALUES (%s, %s, %s)"
            " ON CONFLICT (subject) DO UPDATE SET person_id = excluded.person_id, run_id = excluded.run_id",
            [(subject, person, run_id) for subject, person in redirects.items()],
        )
