"""The writers of people: profiles, the serving copy, areas, universes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import shapely
from psycopg.types.json import Jsonb

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.errors import _
from commonweal.jobs.model import Progress, silent
from commonweal.people import corrections, inputs, lawful, queries, tables
from commonweal.people.areas import AreaShape, Columns, geometry, outlines, read_areas
from commonweal.people.errors import BadUniverseName, NoSuchUniverse, UniverseNameTaken
from commonweal.people.model import BuildReport, Preview, Universe
from commonweal.people.publishing import publish
from commonweal.store.catalogue import LAKE
from commonweal.store.engine import hold
from commonweal.store.lake import Lake, LakeWriter
from commonweal.store.ledger import Connection, LedgerRole

__all__ = ["build", "change_universe", "delete_universe", "load_areas", "publish", "save_universe"]

_STEP = "people.build"
_DOING = _("building profiles")
_RULES = 1  # raised when the rules change, so that profiles are made anew
_INPUTS = ("intake.record", "intake.vote", "intake.attribute", "identity.link", "identity.household")
_OUTPUTS = ("people.profile", "people.vote", "people.attribute", "people.origin")
_LONGEST_NAME = 100


def build(campaign: Campaign, progress: Progress = silent) -> BuildReport:
    """Make the profiles anew from records, links and areas; nothing is done where none of them changed.

    Raises BadSourcesRank, TooManyBatches.
    """
    lake = campaign.lake
    with lake.writer(_STEP) as writer:
        standing = inputs.read_standing(campaign)
        with campaign.ledger.read(LedgerRole.BULK) as connection:
            corrected = corrections.read(connection)
        made_from = inputs.fingerprint(
            lake, _INPUTS, standing.batches, standing.areas, campaign.settings.sources_rank, _RULES, corrected
        )
        if _last_build(campaign) == made_from and lake.files("people.profile"):
            return BuildReport(sum(file.rows for file in lake.files("people.profile")), changed=False)
        writer.inputs = {"made_from": made_from}
        with _Held(lake) as held:
            persons = _stage(campaign, writer, standing, corrected, held, progress)
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            writer.publish(connection)
            audit.record(connection, campaign, _STEP, detail={"persons": persons})
    return BuildReport(persons, changed=True)


class _Held:
    """Parts of a query that the engine has computed and keeps for as long as the block runs."""

    def __init__(self, lake: Lake) -> None:
        self._backend = lake.backend
        self._parts: list[ir.CachedTable] = []

    def keep(self, part: ir.Table) -> ir.Table:
        """Compute a part now."""
        held = hold(self._backend, part)
        self._parts.append(held)
        return held

    def __enter__(self) -> _Held:
        return self

    def __exit__(self, *error: object) -> None:
        for part in self._parts:
            part.release()


def _stage(
    campaign: Campaign,
    writer: LakeWriter,
    standing: inputs.Standing,
    corrected: list[corrections.Correction],
    held: _Held,
    progress: Progress,
) -> int:
    progress(0, len(_OUTPUTS), _DOING)
    if not any(file.rows for file in campaign.lake.files("identity.link")):
        for name in _OUTPUTS:
            writer.stage(name, LAKE[name].schema.empty_table())
        return 0
    sources = inputs.read_sources(campaign, standing, held.keep)
    made: dict[str, Callable[[], ir.Table | pa.Table]] = {
        "people.profile": lambda: corrections.applied(
            campaign.lake, tables.profile(sources, held.keep), corrected, campaign.settings.region
        ),
        "people.vote": lambda: tables.votes(sources),
        "people.attribute": lambda: tables.attributes(sources),
        "people.origin": lambda: tables.origins(sources),
    }
    rows = {}
    for done, name in enumerate(_OUTPUTS, 1):
        rows[name] = writer.stage(name, made[name]())
        progress(done, len(_OUTPUTS), _DOING)
    return rows["people.profile"]


def _last_build(campaign: Campaign) -> str | None:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        row = connection.execute(
            "SELECT inputs ->> 'made_from' FROM store.snapshot WHERE step = %s ORDER BY snapshot_id DESC LIMIT 1",
            (_STEP,),
        ).fetchone()
    return row[0] if row else None


def load_areas(
    campaign: Campaign,
    path: Path,
    *,
    code_property: str,
    name_property: str | None = None,
    address_property: str | None = None,
    facts: Sequence[str] | None = None,
) -> int:
    """Put the areas of a GeoJSON file in the place of those that were there; how many.

    `facts` names the properties to keep as published facts (default: all others). Profiles take the new areas at the
    next build. Raises NoAreaFile, NoGeoJson, BadArea.
    """
    shapes = read_areas(path, Columns(code_property, name_property, address_property))
    rows = [
        _area_row(shape, outline, facts)
        for shape, outline in zip(shapes, outlines([shape.polygon for shape in shapes]), strict=True)
    ]
    with campaign.ledger.transaction(LedgerRole.BULK) as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM people.area")
        cursor.executemany(
            "INSERT INTO people.area (area_code, name, address, geometry, outline, latitude, longitude, facts)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            rows,
        )
        audit.record(connection, campaign, "areas.load", detail={"areas": len(rows)})
    return len(rows)


def _area_row(
    shape: AreaShape, outline: Mapping[str, Any], facts: Sequence[str] | None
) -> tuple[object, ...]:
    inside = shapely.point_on_surface(shape.polygon)
    kept = {name: value for name, value in shape.facts.items() if facts is None or name in facts}
    return (
        shape.area_code,
        shape.name,
        shape.address,
        Jsonb(geometry(shape.polygon)),
        Jsonb(outline),
        inside.y,
        inside.x,
        Jsonb(kept),
    )


def save_universe(
    campaign: Campaign, name: str, expression: str, *, account: int | None = None, actor: str | None = None
) -> Universe:
    """Save a selection under a name, counted. `account` and `actor`: who asks, when it is a page.

    Raises BadUniverseName, UniverseNameTaken, ExpressionError, RefusedByPolicy.
    """
    tidy = _name(name)
    with _as(campaign, account) as connection:
        found = _lawful(campaign, connection, expression)
        row = connection.execute(
            "INSERT INTO people.universe (name, expression, persons, counted_at, made_by, made_at)"
            " VALUES (%(name)s, %(expression)s, %(persons)s, %(now)s, %(actor)s, %(now)s)"
            " ON CONFLICT (name) DO NOTHING RETURNING universe_id",
            {
                "name": tidy,
                "expression": found.expression,
                "persons": found.persons,
                "now": campaign.clock(),
                "actor": actor or campaign.actor,
            },
        ).fetchone()
        if row is None:
            raise UniverseNameTaken(name=tidy)
        _note(connection, campaign, "universe.save", row[0], actor)
        return queries.universe(connection, row[0])


def change_universe(
    campaign: Campaign,
    universe_id: int,
    name: str,
    expression: str,
    *,
    account: int | None = None,
    actor: str | None = None,
) -> Universe:
    """Give a universe another name or expression. Raises as `save_universe`, and NoSuchUniverse."""
    tidy = _name(name)
    with _as(campaign, account) as connection:
        queries.universe(connection, universe_id)
        found = _lawful(campaign, connection, expression)
        other = connection.execute(
            "SELECT FROM people.universe WHERE name = %s AND universe_id <> %s", (tidy, universe_id)
        ).fetchone()
        if other is not None:
            raise UniverseNameTaken(name=tidy)
        connection.execute(
            "UPDATE people.universe SET name = %(name)s, expression = %(expression)s, persons = %(persons)s,"
            " counted_at = %(now)s, changed_by = %(actor)s, changed_at = %(now)s WHERE universe_id = %(universe)s",
            {
                "name": tidy,
                "expression": found.expression,
                "persons": found.persons,
                "now": campaign.clock(),
                "actor": actor or campaign.actor,
                "universe": universe_id,
            },
        )
        _note(connection, campaign, "universe.change", universe_id, actor)
        return queries.universe(connection, universe_id)


def delete_universe(
    campaign: Campaign, universe_id: int, *, account: int | None = None, actor: str | None = None
) -> None:
    """Delete a universe; the people in it stay as they are. Raises NoSuchUniverse."""
    with _as(campaign, account) as connection:
        if not connection.execute(
            "DELETE FROM people.universe WHERE universe_id = %s", (universe_id,)
        ).rowcount:
            raise NoSuchUniverse(universe=universe_id)
        _note(connection, campaign, "universe.delete", universe_id, actor)


def _as(campaign: Campaign, account: int | None) -> AbstractContextManager[Connection]:
    role = LedgerRole.OWNER if account is None else LedgerRole.WEB
    return campaign.ledger.transaction(role, account=account)


def _lawful(campaign: Campaign, connection: Connection, expression: str) -> Preview:
    found = queries.preview(connection, expression, campaign.today)
    if barred := lawful.refused(campaign, connection, found.node):
        raise barred
    return found


def _name(name: str) -> str:
    tidy = " ".join(name.split())
    if not tidy or len(tidy) > _LONGEST_NAME or not tidy.isprintable():
        raise BadUniverseName(name=name, limit=_LONGEST_NAME)
    return tidy


def _note(connection: Connection, campaign: Campaign, verb: str, universe_id: int, actor: str | None) -> None:
    audit.record(connection, campaign, verb, subject=f"universe:{universe_id}", actor=actor)
