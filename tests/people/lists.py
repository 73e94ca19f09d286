"""Made-up lists: living records with votes and attributes, who they belong to, and a campaign's batches."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import ibis
import pyarrow as pa

from commonweal.intake.model import Kind, Origin
from commonweal.people.model import ListBatch, ListColumn
from commonweal.people.tables import Sources
from commonweal.store.catalogue import LAKE


def _batch(number, source, kind, origin, as_of, **columns) -> ListBatch:
    named = {
        target.replace("__", ":"): ListColumn(name, "campaign", "interest")
        for target, name in columns.items()
    }
    return ListBatch(number, source, kind, origin, as_of, "campaign", "interest", named)


BATCHES = (
    _batch(1, "roll", Kind.ROLL, Origin.OFFICIAL, date(2026, 1, 1), surname="Nom", given_names="Prénoms",
           birth_date="Né le", address_line="Adresse", area_code="Bureau", vote__t2="V22"),
    _batch(4, "signups", Kind.SIGNUPS, Origin.GIVEN, date(2026, 6, 1), full_name="name", email="email", phone="phone",
           attribute__club="club", consent_email="news"),
    _batch(3, "donors", Kind.DONORS, Origin.GIVEN, date(2026, 3, 1), surname="Last", given_name="First", email="Mail",
           age="Age", attribute__gift="Amount"),
    _batch(5, "canvass", Kind.CANVASS, Origin.OBSERVED, date(2026, 6, 1), surname="Nom", phone="Tel",
           attribute__club="Club"),
    _batch(6, "append", Kind.APPEND, Origin.BOUGHT, date(2026, 9, 1), surname="LAST", street="STREET", latitude="LAT",
           longitude="LON", attribute__gift="GIFT", vote__t2="VOTED"),
)  # fmt: skip


@dataclass
class Lists:
    """Rows given one by one; what is not given is null."""

    records: list[dict] = field(default_factory=list)
    votes: list[dict] = field(default_factory=list)
    attributes: list[dict] = field(default_factory=list)
    links: list[dict] = field(default_factory=list)
    homes: dict[int, int] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)

    def add(
        self,
        person: int,
        batch: int,
        line: int | None = None,
        votes=None,
        attributes=None,
        active=True,
        **values,
    ) -> int:
        """One living record of `person`; its id."""
        record = 1000 + len(self.records)
        source = next(b.source for b in BATCHES if b.batch_id == batch)
        row = {
            "record_id": record,
            "batch_id": batch,
            "source": source,
            "line": record if line is None else line,
        }
        self.records.append(row | values)
        if not active:
            self.gone.add(record)
        self.links.append({"record_id": record, "person_id": person, "evidence": "model"})
        for election, voted in (votes or {}).items():
            self.votes.append({"batch_id": batch, "record_id": record, "election": election, "voted": voted})
        for name, value in (attributes or {}).items():
            given = {"text": value} if isinstance(value, str) else {"number": value}
            self.attributes.append({"batch_id": batch, "record_id": record, "name": name, **given})
        return record

    def arrow(self, name: str) -> pa.Table:
        """A table of the lake, with its schema."""
        people = sorted({row["person_id"] for row in self.links})
        rows = {
            "intake.record": self.records,
            "intake.vote": self.votes,
            "intake.attribute": self.attributes,
            "identity.link": self.links,
            "identity.household": [
                {"person_id": p, "household_id": self.homes.get(p, p), "evidence": "alone"} for p in people
            ],
        }[name]
        return pa.Table.from_pylist(rows, schema=LAKE[name].schema)

    def members(self) -> pa.Table:
        """Who each record belongs to, and whether it is still on its list."""
        batch = {row["record_id"]: row["batch_id"] for row in self.records}
        rows = [
            {"record_id": r["record_id"], "batch_id": batch.get(r["record_id"], 0), "person_id": r["person_id"],
             "active": r["record_id"] not in self.gone}
            for r in self.links
        ]  # fmt: skip
        schema = pa.schema(
            [
                ("record_id", pa.int64()),
                ("batch_id", pa.int32()),
                ("person_id", pa.int64()),
                ("active", pa.bool_()),
            ]
        )
        return pa.Table.from_pylist(rows, schema=schema)

    def sources(self, read=ibis.memtable, **others) -> Sources:
        """As the profile takes them; `read` makes an Ibis table of an Arrow table."""
        tables = [read(self.arrow(f"intake.{name}")) for name in ("record", "vote", "attribute")]
        return Sources(
            *tables, read(self.members()), read(self.arrow("identity.household")), BATCHES, **others
        )
