from __future__ import annotations

import random
import threading
from datetime import timedelta

import pytest
import small_town
from small_town import NADIA, PAUL, ZOE

from commonweal.campaign import Campaign
from commonweal.interactions import queries
from commonweal.interactions.actions import take_in, undo
from commonweal.interactions.errors import BadSender, BatchTooLarge, NoSuchEvent
from commonweal.interactions.model import Event, Fault, Kind, ResultCode, Taken
from commonweal.interactions.pending import resolve_pending
from commonweal.store.ledger import Connection, LedgerRole
from interactions.events import event, stored


@pytest.fixture
def town(campaign: Campaign) -> Campaign:
    small_town.build(campaign)
    return campaign


def test_events_are_taken_in_once(town: Campaign) -> None:
    batch = [event(town, f"e{number}", person_id=NADIA if number % 2 else ZOE) for number in range(40)]
    first = take_in(town, batch, "mailer")
    assert (first.accepted, first.repeated, first.pending, first.refused) == (40, 0, 0, ())
    assert set(first.subjects) == {NADIA, ZOE}
    assert set(first.households) == {71, 72}
    before = stored(town)
    again = take_in(town, batch, "mailer")
    assert (again.accepted, again.repeated, again.events) == (0, 40, ())
    assert stored(town) == before


def test_three_times_shuffled_and_cut_ends_the_same(town: Campaign) -> None:
    batch = [event(town, f"e{number}", person_id=NADIA) for number in range(100)]
    order = random.Random(7)
    for part in (batch[:50], batch, batch[25:75]):
        shuffled = list(part)
        order.shuffle(shuffled)
        take_in(town, shuffled, "mailer")
    assert [event_id for _, event_id, _ in stored(town)] == sorted(each.event_id for each in batch)


def test_one_id_of_two_senders_is_two_events(town: Campaign) -> None:
    assert take_in(town, [event(town)], "mailer").accepted == 1
    assert take_in(town, [event(town)], "dialler").accepted == 1


def test_a_duplicate_inside_one_batch_counts_as_repeated(town: Campaign) -> None:
    taken = take_in(town, [event(town), event(town, kind=Kind.OPENED), event(town, "a2")], "mailer")
    assert (taken.accepted, taken.repeated) == (2, 1)
    assert [each.kind for each in taken.events] == [Kind.SENT, Kind.SENT]


def test_the_bad_ones_are_refused_and_the_rest_goes_in(town: Campaign) -> None:
    batch = [
        event(town, "good"),
        event(town, "future", occurred_at=town.clock() + timedelta(minutes=6)),
        event(town, "skewed", occurred_at=town.clock() + timedelta(minutes=4)),
        event(town, "both", kind=Kind.ATTEMPT, result=ResultCode.REFUSED, answers={"q1": "yes"}),
        event(town, "no mail", email="nobody at all"),
        event(town, "no phone", phone="12"),
        event(town, "control\x1f"),
    ]
    taken = take_in(town, batch, "mailer")
    assert taken.accepted == 2
    assert [(each.position, each.code) for each in taken.refused] == [
        (1, Fault.FUTURE),
        (3, Fault.BOTH_OUTCOMES),
        (4, Fault.BAD_EMAIL),
        (5, Fault.BAD_PHONE),
        (6, Fault.BAD_TEXT),
    ]


def test_a_refused_event_may_come_again_put_right(town: Campaign) -> None:
    take_in(town, [event(town, occurred_at=town.clock() + timedelta(days=1))], "mailer")
    assert take_in(town, [event(town)], "mailer").accepted == 1


def test_a_person_is_found_by_mail_phone_or_key(town: Campaign) -> None:
    with town.ledger.transaction() as connection:
        connection.execute("UPDATE people.record SET key = 'R-17' WHERE record_id = 2")
        connection.execute("UPDATE people.profile SET phone_reversed = reverse(ltrim(phone, '+'))")
    batch = [
        event(town, "1", email="Nadia@Example.ORG"),
        event(town, "2", phone="06 12 34 56 78"),
        event(town, "3", source="signups", key="R-17"),
        event(town, "4", email="stranger@example.org"),
    ]
    taken = take_in(town, batch, "mailer")
    assert taken.subjects == (NADIA, NADIA, NADIA, None)
    assert taken.pending == 1
    with town.ledger.read() as connection:
        rows = connection.execute(
            "SELECT record_id, contact_point FROM interactions.event ORDER BY event_id"
        ).fetchall()
    assert [record for record, _ in rows] == [None, None, 2, None]
    assert all(point is not None for _, point in rows)


def test_an_address_of_two_persons_is_nobodys(town: Campaign) -> None:
    with town.ledger.transaction() as connection:
        connection.execute(
            "UPDATE people.profile SET email = 'nadia@example.org' WHERE person_id = %s", (PAUL,)
        )
    assert take_in(town, [event(town, email="nadia@example.org")], "mailer").subjects == (None,)
    assert resolve_pending(town).subjects == ()


def test_what_waits_is_found_after_the_next_publish(town: Campaign) -> None:
    batch = [event(town, "1", email="zoe@example.org"), event(town, "2", source="signups", key="R-99")]
    assert take_in(town, batch, "mailer").pending == 2
    assert resolve_pending(town).subjects == ()
    with town.ledger.transaction() as connection:
        connection.execute("UPDATE people.profile SET email = 'zoe@example.org' WHERE person_id = %s", (ZOE,))
        connection.execute("UPDATE people.record SET key = 'R-99' WHERE record_id = 2")
    told: list[int] = []
    found = resolve_pending(town, also=lambda _connection, found: told.extend(found.subjects))
    assert sorted(found.subjects) == sorted(told) == [NADIA, ZOE]
    assert dict(zip(found.event_ids, found.households, strict=True)) == {"1": 72, "2": 71}
    with town.ledger.read(LedgerRole.BULK) as connection:
        assert queries.pending(connection) == 0
        assert queries.status(connection, "mailer", "1") == queries.Status(town.today, pending=False)
        assert queries.status(connection, "mailer", "nothing") is None


def test_another_room_joins_the_transaction(town: Campaign) -> None:
    def fail(connection: Connection, taken: Taken) -> None:
        assert taken.accepted == 1
        raise RuntimeError("the other room fails")

    with pytest.raises(RuntimeError):
        take_in(town, [event(town)], "mailer", also=fail)
    assert stored(town) == []
    assert take_in(town, [event(town)], "mailer").accepted == 1, "its id was not noted either"


def test_an_erased_person_leaves_no_trace(town: Campaign) -> None:
    from commonweal.consent.points import contact_point

    with town.ledger.transaction() as connection:
        connection.execute(
            "INSERT INTO consent.tombstone (kind, hash, erased_at) VALUES ('email', %s, %s)",
            (contact_point(town, "email", "gone@example.org"), town.clock()),
        )
        connection.execute(
            "INSERT INTO consent.suppression (subject, channel, reason, occurred_at, recorded_at, actor)"
            " VALUES (%s, '*', 'erased', %s, %s, 'test')",
            (PAUL, town.clock(), town.clock()),
        )
    batch = [event(town, "1", email="gone@example.org"), event(town, "2", person_id=PAUL), event(town, "3")]
    taken = take_in(town, batch, "mailer")
    assert [(each.position, each.code) for each in taken.refused] == [(0, Fault.ERASED), (1, Fault.ERASED)]
    assert stored(town) == [("mailer", "3", NADIA)]


def test_undoing_is_a_further_event(town: Campaign) -> None:
    take_in(town, [event(town)], "mailer")
    undone = undo(town, NADIA, "mailer", "a1")
    assert (undone.accepted, undone.events[0].corrects) == (1, "a1")
    assert len(stored(town)) == 2
    with pytest.raises(NoSuchEvent):
        undo(town, NADIA, "mailer", "a1")
    with pytest.raises(NoSuchEvent):
        undo(town, ZOE, "mailer", "a1")


def test_a_new_day_never_fails_an_insert(town: Campaign, clock) -> None:
    for number, step in enumerate((0, 1, 40, 400)):
        clock.now += timedelta(days=step)
        assert take_in(town, [event(town, f"e{number}")], "mailer").received_on == town.today
    with town.ledger.read(LedgerRole.BULK) as connection:
        days = queries.days(connection)
    assert {town.today, town.today + timedelta(days=2)} <= set(days)


def test_two_at_once_take_each_event_once(town: Campaign) -> None:
    batch = [event(town, f"e{number}", person_id=NADIA) for number in range(500)]
    results: list[Taken] = []

    def send(seed: int) -> None:
        mine = list(batch)
        random.Random(seed).shuffle(mine)
        results.append(take_in(town, mine, "mailer"))

    threads = [threading.Thread(target=send, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken.accepted for taken in results) == 500
    assert len(stored(town)) == 500


def test_a_sender_and_a_batch_have_their_limits(town: Campaign) -> None:
    with pytest.raises(BadSender):
        take_in(town, [event(town)], "Robert'); DROP TABLE")
    with pytest.raises(BatchTooLarge):
        take_in(town, [event(town)] * 5001, "mailer")


def test_all_that_an_event_tells_is_kept(town: Campaign) -> None:
    told = Event(
        event_id='it\'s "quoted" \\ {here},\u00e9\u202f',
        kind=Kind.ATTEMPT,
        occurred_at=town.clock(),
        channel="door",
        person_id=NADIA,
        claim_id=12,
        message_version="v1,NULL",
        arm="treated",
        source_code="=cmd|' /C calc'!A0",
        actor="<script>alert(1)</script>",
        device="phone",
        answers={"will vote": "yes", "issues": ["housing", "climate"], "age": 41},
        cost=180,
        corrects="older",
    )
    take_in(town, [told], "mailer")
    with town.ledger.read() as connection:
        row = connection.execute(
            "SELECT event_id, claim_id, message_version, arm, source_code, actor, device, answers, cost, corrects,"
            " direction FROM interactions.event"
        ).fetchone()
    assert row == (
        *(told.event_id, 12, "v1,NULL", "treated", told.source_code, told.actor, "phone", told.answers, 180),
        *("older", "out"),
    )
