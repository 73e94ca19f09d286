"""Values that people gave in place of what lists say of them (GDPR 16): they win over every list.

They stand in the ledger (privacy.correction). Few are ever corrected, so that their profiles are put right one by one;
the profiles of all others are not touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from commonweal.intake.recorder import match_keys
from commonweal.intake.records import Records
from commonweal.store.catalogue import KEY_FIELDS, LAKE, PERSON_FIELDS
from commonweal.store.lake import Lake
from commonweal.store.ledger import Connection


@dataclass(frozen=True)
class Correction:
    """One field of one living person; None: nothing is to be held there."""

    person_id: int
    field: str
    value: str | None


def read(connection: Connection) -> list[Correction]:
    """The latest of each field."""
    rows = connection.execute(
        "SELECT DISTINCT ON (person_id, field) person_id, field, value FROM ("
        "  SELECT identity.living(subject) AS person_id, field, value, correction_id FROM privacy.correction) c"
        " ORDER BY person_id, field, correction_id DESC"
    ).fetchall()
    return [Correction(*row) for row in rows]


def applied(lake: Lake, profile: ir.Table, corrections: list[Correction], region: str) -> ir.Table:
    """Profiles with the corrections in them; a corrected value has no list as its origin. `region`: ISO 3166."""
    if not corrections:
        return profile
    ids = sorted({each.person_id for each in corrections})
    rows = lake.read(profile.filter(profile.person_id.isin(ids))).to_pylist()
    if not rows:
        return profile
    for row in rows:
        for each in corrections:
            if each.person_id == row["person_id"]:
                row.update(_values(each.field, each.value))
        row.update(_keys(row, row["country"] or region))
    schema = LAKE["people.profile"].schema
    right = ibis.memtable(pa.Table.from_pylist(rows, schema), schema=ibis.Schema.from_pyarrow(schema))
    others = profile.filter(~profile.person_id.isin(ids)).select(*schema.names)
    return others.union(right.select(*schema.names), distinct=False)


def _values(field: str, value: str | None) -> dict[str, Any]:
    if field != "birth_date":
        return {field: value, f"{field}_origin": None}
    born = date.fromisoformat(value) if value else None
    return {
        "birth_date": born,
        "birth_date_origin": None,
        "birth_year": born.year if born else None,
        "birth_year_origin": None,
    }


def _keys(row: dict[str, Any], country: str) -> dict[str, str | None]:
    """The folded texts to match and search by, as intake makes them."""
    fields = {name: pa.array([row[name]], kind) for name, kind in PERSON_FIELDS.items()}
    keys = match_keys(Records(1, fields), country)
    return {name: keys[name][0].as_py() for name in KEY_FIELDS}
