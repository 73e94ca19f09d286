"""Scored pairs of listed records to weights: what is beforehand by their lists, whose numbers count, who differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.identity import rules, tables
from commonweal.identity.cluster import Pairs
from commonweal.identity.model import Census, LinkModel
from commonweal.identity.overlaps import Overlaps
from commonweal.identity.rules import Ids, Weights

if TYPE_CHECKING:
    from ibis.backends import BaseBackend


@dataclass(frozen=True)
class Listed:
    """Records ordered by id, each with its list (a dictionary array) and its registration number (a code; -1: none)."""

    record_id: Ids
    source: pa.DictionaryArray
    number: Ids

    @classmethod
    def of(cls, backend: BaseBackend, records: ir.Table) -> Listed:
        """Of `records`: columns of `intake.record`."""
        number = ibis.ifelse(
            records.registration_number.isnull(), -1, tables.number_code(records.registration_number)
        )
        found = backend.to_pyarrow(records.select("record_id", "source", number=number.cast("int64")))
        order = pc.sort_indices(found["record_id"])
        source = found["source"].combine_chunks().dictionary_encode()
        record_id, number = (found[name].to_numpy()[order] for name in ("record_id", "number"))
        return cls(record_id, source.take(order), number)

    def places(self, ids: Ids) -> Ids:
        """Where records stand that are there."""
        return np.searchsorted(self.record_id, ids)

    def numbered(self, registers: Mapping[str, int]) -> rules.Numbered:
        """The numbers that count, by the register that each list's numbers are from (-1: that tell nobody apart)."""
        lists = [registers.get(name, -1) for name in self.source.dictionary.to_pylist()]
        codes = np.asarray(self.source.indices.fill_null(len(lists)), dtype=np.int64)
        register = np.where(self.number >= 0, np.array([*lists, -1], dtype=np.int64)[codes], -1)
        return rules.Numbered(np.where(register >= 0, self.number, -1), register)


@dataclass(frozen=True)
class Scored:
    """Scored pairs (`tables.judged`) of listed records, by their places there."""

    left: Ids
    right: Ids
    judged: rules.Judged

    @classmethod
    def of(cls, listed: Listed, scored: pa.Table) -> Scored:
        """`scored`: as `pairs.Comparing.score` gives them."""
        left, right = (listed.places(scored[f"record_id_{side}"].to_numpy()) for side in "lr")
        judged = rules.Judged(
            all_evidence=scored["all_evidence"].to_numpy(),
            person=scored["person"].to_numpy(),
            veto=scored["veto"].to_numpy(),
            sure=scored["sure"].to_numpy(),
            overlaps=Overlaps.of(listed.source, left, right),
        )
        return cls(left, right, judged)

    def parted(self, numbered: rules.Numbered) -> Scored:
        """With those vetoed whose numbers differ."""
        veto = self.judged.veto | numbered.differ(self.left, self.right)
        return replace(self, judged=replace(self.judged, veto=veto))

    def weighed(self, model: LinkModel, census: Census) -> Weighed:
        """What each pair weighs."""
        weight = rules.weigh(self.judged, model, census.records)
        beforehand, _mates = self.judged.beforehand(model, census.records)
        return Weighed(Pairs(self.left, self.right, weight), self.judged.sure, beforehand)


@dataclass(frozen=True)
class Weighed:
    """Pairs with their weights; which are sure by a number in common; the log2 odds of each before it was looked at."""

    pairs: Pairs
    sure: npt.NDArray[np.bool_]
    beforehand: Weights


def beforehand(listed: Listed, left: Ids, right: Ids, model: LinkModel, census: Census) -> Weights:
    """The log2 odds that pairs of listed records (by their places) are of one person, before they were looked at."""
    none = np.zeros(left.size)
    overlaps = Overlaps.of(listed.source, left, right)
    odds, _mates = rules.Judged(none, none, none > 0, none > 0, overlaps).beforehand(model, census.records)
    return odds


def registers(
    backend: BaseBackend, records: ir.Table, listed: Listed, scored: Scored, count: int
) -> dict[str, int]:
    """For each list with registration numbers the register that they are from; -1 where the pairs among so many
    records show that they tell nobody apart."""
    sharing = backend.to_pyarrow(tables.lists_sharing_numbers(tables.numbered(records))).to_pylist()
    found = rules.registers([(pair["left"], pair["right"]) for pair in sharing])
    alike = rules.is_alike(scored.judged, count)
    spoilt = listed.numbered(found).spoilt(scored.left[alike], scored.right[alike])
    return {name: -1 if register in spoilt else register for name, register in found.items()}
