from __future__ import annotations

from datetime import timedelta

import pytest
import small_town
from small_town import NADIA, PAUL, ZOE

from commonweal.campaign import Campaign
from commonweal.interactions import moving, queries, story
from commonweal.interactions.actions import take_in
from commonweal.interactions.model import Event
from commonweal.store.ledger import LedgerRole
from interactions.events import event, stored


@pytest.fixture
def town(campaign: Campaign, clock) -> Campaign:
    """Three days of events, a hundred days ago; one of them about nobody known."""
    small_town.build(campaign)
    for day in range(3):
        batch = [
            event(campaign, f"d{day}p{person}", person_id=person, answers=None) for person in (NADIA, PAUL)
        ]
        take_in(campaign, batch, "mailer")
        clock.now += timedelta(days=1)
    take_in(campaign, [event(campaign, "who", email="who@example.org")], "mailer")
    clock.now += timedelta(days=100)
    return campaign


def told(campaign: Campaign, person: int) -> list[str]:
    with campaign.ledger.read() as connection:
        page = story.of(campaign, connection, person)
    return [str(moment.params["event_id"]) for moment in page.moments]


def days(campaign: Campaign) -> int:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        return len(queries.days(connection))


def test_old_days_move_and_stay_in_the_story(town: Campaign) -> None:
    before = {person: told(town, person) for person in (NADIA, PAUL, ZOE)}
    moved = moving.move_old(town)
    assert moved.events == 6
    assert [event_id for _, event_id, _ in stored(town)] == ["who"], "who waits for a person stays"
    assert {person: told(town, person) for person in (NADIA, PAUL, ZOE)} == before
    assert before[NADIA] == ["d2p4001", "d1p4001", "d0p4001"]


def test_a_second_move_adds_to_the_month(town: Campaign, clock) -> None:
    moving.move_old(town)
    with town.ledger.transaction() as connection:
        connection.execute(
            "UPDATE people.profile SET email = 'who@example.org' WHERE person_id = %s", (NADIA,)
        )
    from commonweal.interactions.pending import resolve_pending

    assert resolve_pending(town).subjects == (NADIA,)
    assert moving.move_old(town).events == 1
    assert told(town, NADIA) == ["who", "d2p4001", "d1p4001", "d0p4001"]
    assert stored(town) == []
    assert moving.move_old(town).events == 0


def test_a_kill_before_the_listing_leaves_the_days_where_they_were(
    town: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored(town)

    class KilledError(Exception):
        pass

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr("commonweal.store.lake.LakeWriter.publish", killed)
        with pytest.raises(KilledError):
            moving.move_old(town)
    assert stored(town) == before
    assert told(town, NADIA) == ["d2p4001", "d1p4001", "d0p4001"]
    assert moving.move_old(town).events == 6


def test_what_comes_again_after_its_day_moved_is_known(town: Campaign) -> None:
    moving.move_old(town)
    again = [Event(**{**as_dict(event(town, "d0p4001")), "person_id": NADIA})]
    assert take_in(town, again, "mailer").repeated == 1
    assert told(town, NADIA) == ["d2p4001", "d1p4001", "d0p4001"]


def as_dict(told_event: Event) -> dict[str, object]:
    return {name: getattr(told_event, name) for name in told_event.__struct_fields__}


def test_only_the_row_groups_of_the_person_are_read(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow as pa

    from commonweal.store import lake
    from commonweal.store.catalogue import LAKE

    table = LAKE["interactions.event"]
    size = 5 * table.row_group
    columns = {
        field.name: pa.array(range(size), pa.int64())
        if field.name == "subject"
        else pa.nulls(size, field.type)
        for field in table.schema
    }
    with campaign.lake.writer("test") as writer, campaign.ledger.transaction(LedgerRole.BULK) as connection:
        writer.stage("interactions.event", pa.table(columns, table.schema), "00/2026-01")
        writer.publish(connection)
    read: list[list[int]] = []
    whole = lake.pq.ParquetFile.read_row_groups

    def noted(self: object, groups: list[int], **more: object) -> pa.Table:
        read.append(groups)
        return whole(self, groups, **more)

    monkeypatch.setattr(lake.pq.ParquetFile, "read_row_groups", noted)
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        found = campaign.lake.find(connection, "interactions.event", "subject", [9_000], ["00/"])
        missed = campaign.lake.find(connection, "interactions.event", "subject", [size + 1], ["00/"])
    assert found["subject"].to_pylist() == [9_000]
    assert missed.num_rows == 0
    assert read == [[2]]
