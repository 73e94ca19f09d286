"""Made-up lists: living records with votes and attributes, who they belong to, and a campaign's batches."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import ibis
import pyarrow as pa

from commonweal.intake.model import Kind, Origin
from commonweal.people.model import ListBatch
from commonweal.people.tables import Sources
from commonweal.store.catalogue import LAKE

BATCHES = (
    ListBatch(1, "roll", Kind.ROLL, Origin.OFFICIAL, date(2026, 1, 1), "election", "law",
              {"surname": "Nom", "given_names": "Prénoms", "birth_date": "Né le", "address_line": "Adresse", "area_code": "Bureau", "vote:t2": "V22"}),
    ListBatch(4, "signups", Kind.SIGNUPS, Origin.GIVEN, date(2026, 6, 1), "campaign", "consent",
              {"full_name": "name", "email": "email", "phone": "phone", "attribute:club": "club", "consent_email": "news"}),
    ListBatch(3, "donors", Kind.DONORS, Origin.GIVEN, date(2026, 3, 1), "campaign", "contract",
              {"surname": "Last", "given_name": "First", "email": "Mail", "age": "Age", "attribute:gift": "Amount"}),
    ListBatch(5, "canvass", Kind.CANVASS, Origin.OBSERVED, date(2026, 6, 1), "campaign", "interest",
              {"surname": "Nom", "phone": "Tel", "attribute:club": "Club"}),
    ListBatch(6, "append", Kind.APPEND, Origin.BOUGHT, date(2026, 9, 1), "campaign", "interest",
              {"surname": "LAST", "street": "STREET", "latitude": "LAT", "longitude": "LON", "attribute:gift": "GIFT", "vote:t2": "VOTED"}),
)  # fmt: skip


@dataclass
class Lists:
    """Rows given one by one; what is not given is null."""

    records: list[dict] = field(default_factory=list)
    votes: list[dict] = field(default_factory=list)
    attributes: list[dict] = field(default_factory=list)
    links: list[dict] = field(default_factory=list)
    homes: dict[int, int] = field(default_factory=dict)

    def add(
        self, person: int, batch: int, line: int | None = None, votes=None, attributes=None, **values
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

    def sources(self, **others) -> Sources:
        """As the profile takes them."""

        def table(name):
            return ibis.memtable(self.arrow(name))

        return Sources(
            table("intake.record"),
            table("intake.vote"),
            table("intake.attribute"),
            table("identity.link"),
            table("identity.household"),
            BATCHES,
            **others,
        )
