"""What profiles and the serving copy are made from, as it stands in the lake and in the ledger now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from commonweal.campaign import Campaign
from commonweal.consent.model import judged
from commonweal.intake import mapping as mappings
from commonweal.intake import queries as intake
from commonweal.intake.model import Batch, Mapping, Origin, Source
from commonweal.intake.tables import batch_order, living_records
from commonweal.people import tables
from commonweal.people.areas import AreaMap
from commonweal.people.model import ListBatch, ListColumn
from commonweal.store.lake import Lake
from commonweal.store.ledger import Connection, LedgerRole


@dataclass(frozen=True)
class Standing:
    """What the ledger knows that decides a profile: the batches that count, and the areas."""

    loaded: Sequence[Batch]
    batches: Sequence[ListBatch]
    areas: Sequence[tuple[str, str]]


def read_standing(campaign: Campaign) -> Standing:
    """As it is now."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        loaded = intake.loaded_batches(connection)
        sources = {source.name: source for source in intake.sources(connection)}
        areas = connection.execute("SELECT area_code, geometry::text FROM people.area").fetchall()
    return Standing(loaded, [list_batch(batch, sources[batch.source]) for batch in loaded], areas)


def list_batch(batch: Batch, source: Source) -> ListBatch:
    """A batch as the rules see it, its columns by the list's latest mapping."""
    mapping = mappings.from_data(source.mapping)
    columns = {target: _column(mapping, headers) for target, headers in mapping.targets().items()}
    return ListBatch(
        batch.batch_id,
        batch.source,
        source.kind,
        Origin(judged(source.origin, source.kind)),
        batch.as_of,
        source.purpose,
        source.legal_basis,
        columns,
    )


def _column(mapping: Mapping, headers: list[str]) -> ListColumn:
    first = mapping.columns[headers[0]]
    return ListColumn(
        " + ".join(headers), first.purpose or mapping.purpose, first.legal_basis or mapping.legal_basis
    )


def living(lake: Lake, loaded: Sequence[Batch]) -> ir.Table:
    """Which batch's row of each record counts: record_id, batch_id, active, inactive_since."""
    found = living_records(lake.table("intake.record"), batch_order(loaded))
    return found.select("record_id", "batch_id", "active", "inactive_since")


def read_sources(campaign: Campaign, standing: Standing, keep: tables.Keep) -> tables.Sources:
    """All that profiles are made of; `keep` holds what is used again and again."""
    lake = campaign.lake
    links = lake.table("identity.link").select("record_id", "person_id")
    members = living(lake, standing.loaded).drop("inactive_since").join(links, "record_id")
    members = keep(members.select("record_id", "batch_id", "person_id", "active"))
    records = lake.table("intake.record")
    return tables.Sources(
        records,
        lake.table("intake.vote"),
        lake.table("intake.attribute"),
        members,
        lake.table("identity.household"),
        standing.batches,
        campaign.settings.sources_rank,
        _locate(lake, records, members, AreaMap(standing.areas)),
    )


def _locate(lake: Lake, records: ir.Table, members: ir.Table, areas: AreaMap) -> pa.Table:
    """The area around each active record that carries a place and no area code."""
    if not len(areas):
        return tables.LOCATED.empty_table()
    placed = records.filter(
        records.latitude.notnull() & records.longitude.notnull() & records.area_code.isnull()
    )
    here = members.filter(members.active).select("record_id", "batch_id")
    points = lake.read(
        placed.join(here, ["record_id", "batch_id"]).select("record_id", "longitude", "latitude")
    )
    longitude, latitude = (np.asarray(points[name], dtype=np.float64) for name in ("longitude", "latitude"))
    found = points.select(["record_id"]).append_column("located_area", areas.locate(longitude, latitude))
    return found.drop_null()


def plan_shown(connection: Connection) -> int | None:
    """The plan that pages show: the one in force, else the newest draft."""
    row = connection.execute(
        "SELECT plan_id FROM planning.plan WHERE status IN ('approved', 'draft')"
        " ORDER BY status = 'approved' DESC, plan_id DESC LIMIT 1"
    ).fetchone()
    return row[0] if row else None


def fingerprint(lake: Lake, names: Sequence[str], *others: Any) -> str:
    """Changes whenever a live file of one of these tables, or one of the other inputs, does."""
    files = [file.path for name in names for file in lake.files(name)]
    text = json.dumps([files, *others], default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
