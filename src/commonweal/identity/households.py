"""Persons to households: those that a list names, else one address with a surname in common, one flat, or one
telephone where nothing says that they live apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.identity import housing
from commonweal.identity.cluster import components
from commonweal.identity.model import HouseholdEvidence
from commonweal.identity.rules import MOST_HOUSED, MOST_ON_A_PHONE

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

    `records`: the active records (columns of `intake.record`); `links`: record_id, person_id. Who is in a
    household that a list names is in no other. Places where more than `MOST_HOUSED` would live count for none, nor
    do telephones of more than `MOST_ON_A_PHONE`.
    """
    homes = housing.homes(records, links)
    named = _places(backend.to_pyarrow(housing.households_by_list(records, links)), persons)
    is_named = np.isin(np.arange(persons.size), named.person)
    family, flat, phone = (
        _places(backend.to_pyarrow(found), persons).believable(is_named, most)
        for found, most in (
            (housing.households_by_surname(homes, housing.surnames(records, links)), MOST_HOUSED),
            (housing.households_by_flat(homes), MOST_HOUSED),
            (housing.households_by_phone(records, links, homes), MOST_ON_A_PHONE),
        )
    )
    household = _joined(persons.size, named, family, flat, phone)
    evidence = np.full(persons.size, HouseholdEvidence.ALONE, dtype=object)
    evidence[phone.shared()] = HouseholdEvidence.PHONE
    evidence[flat.shared()] = HouseholdEvidence.ADDRESS
    evidence[family.shared()] = HouseholdEvidence.ADDRESS_SURNAME
    evidence[is_named] = HouseholdEvidence.LIST
    return Housed(persons, household, evidence)


def _joined(persons: int, *kinds: _Places) -> Ids:
    """The number of each person's household: all who share a place, directly or through others."""
    left, right, nodes = [], [], persons
    for places in kinds:
        left.append(places.person)
        right.append(places.place + nodes)
        nodes += places.count
    return components(np.concatenate(left), np.concatenate(right), nodes)[:persons]


@dataclass(frozen=True)
class _Places:
    """Which persons (positions) live at which places (codes below `count`)."""

    person: Ids
    place: Ids
    count: int

    @property
    def _sizes(self) -> Ids:
        """For each entry how many live at its place."""
        sizes: Ids = np.bincount(self.place, minlength=self.count)[self.place]
        return sizes

    def believable(self, elsewhere: npt.NDArray[np.bool_], most: int) -> _Places:
        """Without the persons who are at home `elsewhere`, and without crowds of more than `most`."""
        here = ~elsewhere[self.person]
        rest = _Places(self.person[here], self.place[here], self.count)
        small = rest._sizes <= most
        return _Places(rest.person[small], rest.place[small], rest.count)

    def shared(self) -> Ids:
        """The persons who don't live there alone."""
        return self.person[self._sizes > 1]


def _places(found: pa.Table, persons: Ids) -> _Places:
    encoded = pc.dictionary_encode(found["household"].combine_chunks())
    person = np.searchsorted(persons, found["person_id"].to_numpy())
    return _Places(person, encoded.indices.to_numpy().astype(np.int64), len(encoded.dictionary))
