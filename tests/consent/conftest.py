"""A small electorate, from lists of every origin, in the lake and in the serving copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from psycopg.types.json import Jsonb

from commonweal.campaign import Campaign, Round, Settings
from commonweal.people import actions as people
from commonweal.store.ledger import Ledger, LedgerRole
from people.lists import BATCHES, Lists

MARIE, JEAN, AWA, LEO, OLD = 11, 12, 13, 14, 15


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2027, 1, 15, 20, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def electorate() -> Lists:
    """MARIE signed up, JEAN is on the roll only, AWA was canvassed, LEO was bought and is young."""
    lists = Lists()
    for person, area, year in ((MARIE, "0113", 1980), (JEAN, "0114", 1950), (AWA, None, 1999)):
        lists.add(person, 1, surname="X", area_code=area, birth_year=year, street="rue X", city="Toulouse")
    lists.add(
        MARIE, 4, email="marie@example.org", phone="+33612345678", consent_email="yes", consent_sms="no"
    )
    lists.add(MARIE, 3, email="m@example.org")
    lists.add(AWA, 5, phone="+33698765432", consent_phone="no", consent_door="yes")
    lists.add(LEO, 6, street="rue Y", birth_year=2010, email="leo@example.org", consent_email="yes")
    return lists


def load(campaign: Campaign, lists: Lists) -> None:
    """What intake and identity would leave behind, then profiles and serving copy."""
    with campaign.lake.writer("test") as writer:
        for name in ("intake.record", "intake.vote", "intake.attribute"):
            rows = lists.arrow(name)
            for batch in BATCHES:
                mine = rows.filter(pc.equal(rows["batch_id"], pa.scalar(batch.batch_id, pa.int32())))
                writer.stage(name, mine, str(batch.batch_id))
        for name in ("identity.link", "identity.household"):
            writer.stage(name, lists.arrow(name))
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            writer.publish(connection)
            for batch in BATCHES:
                columns = {column.name: {"target": target} for target, column in batch.columns.items()}
                basis = "" if batch.source == "append" else batch.legal_basis
                mapping = {
                    "list": batch.source,
                    "origin": batch.origin,
                    "legal_basis": basis,
                    "columns": columns,
                }
                mapping |= {"kind": batch.kind, "purpose": batch.purpose}
                connection.execute(
                    "INSERT INTO intake.source VALUES (%s, %s, %s, 'delta', %s, %s, %s, 'v1', %s)",
                    (
                        batch.source,
                        batch.source,
                        batch.kind,
                        batch.origin,
                        batch.purpose,
                        basis,
                        Jsonb(mapping),
                    ),
                )
                connection.execute(
                    "INSERT INTO intake.batch VALUES"
                    " (%s, %s, 'delta', 'f', %s, 'v1', %s, '{}', 0, 0, 0, 0, 'loaded', %s, 't', 0)",
                    (batch.batch_id, batch.source, f"{batch.batch_id}", batch.as_of, campaign.clock()),
                )
    people.build(campaign)
    people.publish(campaign)


@pytest.fixture
def french(ledger: Ledger, tmp_path: Path) -> Iterator[Callable[..., Campaign]]:
    """Makes the electorate's campaign, under a pack: `french()` or `french("us")`."""
    made: list[Campaign] = []

    def make(jurisdiction: str = "fr") -> Campaign:
        settings = Settings(
            name="Toulouse, a test",
            timezone="Europe/Paris",
            jurisdiction=jurisdiction,
            rounds=(Round(date(2027, 4, 11)), Round(date(2027, 4, 25))),
        )
        folder = tmp_path / "campaign"
        Campaign.create(folder, settings)
        campaign = Campaign(folder, settings, ledger, Clock(), "test:somebody")
        made.append(campaign)
        load(campaign, electorate())
        return campaign

    yield make
    for campaign in made:
        campaign.lake.close()
