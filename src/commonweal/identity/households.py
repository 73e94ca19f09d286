"""Persons to households: those that a list names, else those at one address with a surname in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.identity import tables
from commonweal.identity.cluster import components
from commonweal.identity.model import HouseholdEvidence
from commonweal.identity.rules import MOST_HOUSED

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Housed:
    """Along persons ordered by id: the number of each one's household (0 to n-1), and its evidence."""

    person_id: Ids
    household: Ids
    evidence: npt.NDArray[np.object_]


def house(backend: BaseBackend, records: ir.Table, links: ir.Table, persons: Ids) -> Housed:
    """The households of `persons` (ids, ordered).

    `records`: the active records (columns of `intake.record`); `links`: record_id, person_id.
    """
    named = _places(backend.to_pyarrow(tables.households_by_list(records, links)), persons)
    under = tables.households_by_address(tables.homes(records, links), tables.surnames(records, links))
    by_address = _places(backend.to_pyarrow(under), persons)
    is_named = np.isin(np.arange(persons.size), named.person)
    by_address = by_address.where(~is_named[by_address.person])
    by_address = by_address.where(by_address.sizes[by_address.place] <= MOST_HOUSED)
    household = components(
        np.concatenate((named.person, by_address.person)),
        np.concatenate((named.place, by_address.place + named.count)) + persons.size,
        persons.size + named.count + by_address.count,
    )[: persons.size]
    together = np.bincount(household, minlength=1)[household] > 1
    evidence = np.full(persons.size, HouseholdEvidence.ALONE, dtype=object)
    evidence[together] = HouseholdEvidence.ADDRESS_SURNAME
    evidence[is_named] = HouseholdEvidence.LIST
    return Housed(persons, household, evidence)


@dataclass(frozen=True)
class _Places:
    """Which persons (positions) live at which places (codes below `count`)."""

    person: Ids
    place: Ids
    count: int

    @property
    def sizes(self) -> Ids:
        return np.bincount(self.place, minlength=self.count).astype(np.int64)

    def where(self, chosen: npt.NDArray[np.bool_]) -> _Places:
        return _Places(self.person[chosen], self.place[chosen], self.count)


def _places(found: pa.Table, persons: Ids) -> _Places:
    encoded = pc.dictionary_encode(found["household"].combine_chunks())
    person = np.searchsorted(persons, found["person_id"].to_numpy())
    return _Places(person, encoded.indices.to_numpy().astype(np.int64), len(encoded.dictionary))
