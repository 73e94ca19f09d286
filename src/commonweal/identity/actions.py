"""The one writer of identity: `resolve`."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import psycopg
import pyarrow as pa
from psycopg.types.json import Jsonb

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.identity import comparisons, queries, rules
from commonweal.identity.errors import NoRecords
from commonweal.identity.households import house
from commonweal.identity.link import Ids, Linked, link
from commonweal.identity.model import EventKind, LinkModel, ModelOrigin, ResolveReport
from commonweal.intake import queries as lists
from commonweal.intake.tables import batch_order, living_records
from commonweal.jobs.model import Progress, silent
from commonweal.store.ledger import LedgerRole

__all__ = ["ResolveReport", "resolve"]


@dataclass(frozen=True)
class _Found:
    """What a run found, as it stands in the lake: tables ordered by record and by person."""

    linked: Linked
    links: pa.Table
    households: pa.Table
    persons: rules.Outcome
    gone: int  # records linked before that are in no list now
    changed: bool


def resolve(campaign: Campaign, *, retrain: bool = False, progress: Progress = silent) -> ResolveReport:
    """Decide which records are one person and which persons are one household.

    A person keeps the id of the run before as long as it keeps most of its records; a run on the same records
    changes nothing. Weights are learnt in the first run that has enough to learn from, and kept from then on;
    `retrain` learns them anew. Raises NoRecords.
    """
    started = time.monotonic()
    with campaign.lake.writer("identity.resolve") as writer:
        with campaign.ledger.read(LedgerRole.BULK) as connection:
            kept = None if retrain else _usable(queries.newest_model(connection))
        found = _find(campaign, kept[1] if kept else None, progress)
        if found.changed:
            writer.stage("identity.link", found.links)
            writer.stage("identity.household", found.households)
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            if found.changed:
                writer.publish(connection)
            model_id = kept[0] if kept else _keep_model(connection, campaign, found.linked)
            report = _report(found, time.monotonic() - started)
            run_id = _note_run(connection, campaign, report, model_id)
            _note_events(connection, run_id, found)
            _redirect(connection, run_id, found.persons.merged)
            detail = {
                "run": run_id,
                "persons": report.persons,
                "merged": report.merged,
                "split": report.split,
            }
            audit.record(connection, campaign, "resolve", detail=detail)
    return report


def _usable(kept: tuple[int, LinkModel] | None) -> tuple[int, LinkModel] | None:
    """Weights for another definition of the comparisons can't be used."""
    return kept if kept and kept[1].definition == comparisons.DEFINITION else None


def _find(campaign: Campaign, model: LinkModel | None, progress: Progress) -> _Found:
    lake = campaign.lake
    before = lake.read(lake.table("identity.link").order_by("record_id"))
    records = _living(campaign)
    if not before.num_rows and not records.count().to_pyarrow().as_py():
        raise NoRecords
    linked = link(lake.backend, records, model, progress)
    previous = _previous(linked.record_id, before["record_id"].to_numpy(), before["person_id"].to_numpy())
    persons = _identify(campaign, "person", linked.cluster, previous)
    links = pa.table(
        {
            "record_id": linked.record_id,
            "person_id": persons.member_of,
            "evidence": pa.array(linked.evidence.tolist(), pa.string()),
            "probability": pa.array(linked.probability, from_pandas=True),
        }
    )
    households, same = _house(campaign, records, links)
    gone = int((~np.isin(before["record_id"].to_numpy(), linked.record_id)).sum())
    return _Found(linked, links, households, persons, gone, changed=not (same and links.equals(before)))


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


def _report(found: _Found, seconds: float) -> ResolveReport:
    return ResolveReport(
        records=found.links.num_rows,
        persons=found.households.num_rows,
        households=len(found.households["household_id"].unique()),
        attached=found.persons.attached,
        created=found.persons.created,
        merged=len(found.persons.merged),
        split=len(found.persons.split),
        detached=found.persons.moved + found.gone,
        model=found.linked.origin,
        changed=found.changed,
        seconds=round(seconds, 1),
    )


def _keep_model(connection: psycopg.Connection[Any], campaign: Campaign, linked: Linked) -> int | None:
    if linked.origin is not ModelOrigin.TRAINED:
        return None
    row = connection.execute(
        "INSERT INTO identity.model (made_at, definition, records, weights) VALUES (%s, %s, %s, %s)"
        " RETURNING model_id",
        (campaign.clock(), linked.model.definition, linked.record_id.size, Jsonb(linked.model.as_json())),
    ).fetchone()
    assert row is not None
    return int(row[0])


def _note_run(
    connection: psycopg.Connection[Any], campaign: Campaign, report: ResolveReport, model_id: int | None
) -> int:
    row = connection.execute(
        "INSERT INTO identity.run (at, actor, model_id, changed, records, persons, households)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING run_id",
        (
            *(campaign.clock(), campaign.actor, model_id, report.changed),
            *(report.records, report.persons, report.households),
        ),
    ).fetchone()
    assert row is not None
    return int(row[0])


def _note_events(connection: psycopg.Connection[Any], run_id: int, found: _Found) -> None:
    persons = found.persons
    counted = {
        EventKind.CREATE: persons.created,
        EventKind.ATTACH: persons.attached,
        EventKind.DETACH: persons.moved + found.gone,
    }
    rows: Iterable[tuple[EventKind, int | None, int | None, int]] = [
        *((kind, None, None, number) for kind, number in counted.items() if number),
        *((EventKind.MERGE, gone, into, 1) for gone, into in persons.merged.items()),
        *((EventKind.SPLIT, new, origin, 1) for new, origin in persons.split.items()),
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO identity.event (run_id, kind, person_id, other_id, number) VALUES (%s, %s, %s, %s, %s)",
            [(run_id, *row) for row in rows],
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
