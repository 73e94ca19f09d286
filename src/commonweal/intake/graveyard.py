"""Rows about people who had their data erased: a list that comes again does not bring them back (GDPR 17).

A row is theirs when it has their registration number, e-mail address or telephone number, or their name with their
date of birth. Only keyed hashes of these are known.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from commonweal.campaign import Campaign
from commonweal.consent import points, queries
from commonweal.intake.keys import Flags
from commonweal.intake.records import Records
from commonweal.store.ledger import LedgerRole

SURE = {"registration_number": "registration", "email": "email", "phone": "phone"}
"""By field: the kind of tombstone that it meets."""


def name_and_birth(surname_key: str, given_key: str, birth: str) -> str:
    """What stands for a name and a date of birth (ISO), the names folded as intake folds them."""
    return f"{surname_key}|{given_key}|{birth}"


def graveyard(campaign: Campaign) -> Callable[[Records], Flags]:
    """Tells which rows of a chunk are about the erased. Without any tombstone it costs nothing."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        stones = queries.tombstones(connection)
    if not stones:
        return lambda records: np.zeros(records.rows, bool)

    def theirs(kind: str, values: list[str | None]) -> Flags:
        known: dict[str, bool] = {}
        for value in set(values):
            if value:
                known[value] = (kind, points.contact_point(campaign, kind, value)) in stones
        return np.asarray([known.get(value or "", False) for value in values], np.bool_)

    def is_erased(records: Records) -> Flags:
        found = np.zeros(records.rows, bool)
        for field, kind in SURE.items():
            if field in records.fields:
                found |= theirs(kind, records.fields[field].to_pylist())
        return found | theirs("name_birth", _names(records))

    return is_erased


def _names(records: Records) -> list[str | None]:
    """Name and date of birth of each row that has them all."""
    if "birth_date" not in records.fields:
        return [None] * records.rows
    columns = (records.keys["surname_key"], records.keys["given_key"], records.fields["birth_date"])
    surnames, given, births = (column.cast(pa.string()).to_pylist() for column in columns)
    return [
        name_and_birth(surname, first, birth) if surname and first and birth else None
        for surname, first, birth in zip(surnames, given, births, strict=True)
    ]
