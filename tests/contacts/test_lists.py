"""Lists of a plan with days: what is due, days ahead when asked for, the same list twice, nothing claimed twice."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from commonweal.campaign import Campaign
from commonweal.consent import actions as consent
from commonweal.consent.model import Channel as LawChannel
from commonweal.consent.model import Purpose, Suppressed
from commonweal.contacts import actions, batches, lists, queries
from commonweal.contacts.errors import DayPast
from commonweal.contacts.model import BatchReport, Channel, Claim, Option
from commonweal.contacts.rules import CoolDown, Rules
from commonweal.interactions.model import ResultCode
from commonweal.store.ledger import LedgerRole
from contacts.electors import settle
from contacts.planned import move, put_in_force

TODAY = date(2027, 1, 15)
TOMORROW = TODAY + timedelta(days=1)
NEXT_WEEK = TODAY + timedelta(days=7)


@pytest.fixture(autouse=True)
def town(campaign: Campaign, clock: object) -> None:
    """Doors of 1 to 6, two days each; texts to 7 (overdue), 8 (today) and 9 (tomorrow)."""
    campaign.clock.now = campaign.clock().replace(hour=11)  # type: ignore[attr-defined]
    settle(campaign, range(1, 10), area="0113")
    move(campaign, {person: ("rue Neuve", 10 - person) for person in range(1, 10)})
    actions.set_rules(campaign, Rules(cool_down=CoolDown(any=0)))
    days = {1: -1, 2: -1, 3: 0, 4: 0, 5: 1, 6: 1, 7: -2, 8: 0, 9: 1}
    put_in_force(
        campaign,
        [
            (person, "door:housing" if person < 7 else "sms:reminder", TODAY + timedelta(days=away))
            for person, away in days.items()
        ],
    )
    with campaign.ledger.transaction() as connection:
        for person in (7, 8, 9):
            consent.give(
                connection,
                campaign,
                person,
                LawChannel.SMS,
                Purpose.CONTACT,
                evidence="a form",
                source="site",
            )


def take(
    campaign: Campaign, channel: Channel = Channel.DOOR, until: date | None = None, actor: str = "cli:anna"
) -> BatchReport:
    return lists.hand_out(campaign, channel, account=None, actor=actor, until=until)


def named(campaign: Campaign, report: BatchReport) -> set[int]:
    with campaign.ledger.read() as connection:
        return set(queries.claimed_in(connection, report.batch_id))


def test_a_list_holds_what_is_due_and_the_days_ahead_when_they_are_asked_for(campaign: Campaign) -> None:
    due = take(campaign)
    assert (named(campaign, due), due.until, due.taken) == ({1, 2, 3, 4}, TODAY, 0)
    assert take(campaign, until=TODAY) == due, "the same day, the same list"
    ahead = take(campaign, until=TOMORROW)
    assert (named(campaign, ahead), ahead.until) == ({5, 6}, TOMORROW)
    assert (ahead.asked, ahead.refused, ahead.taken) == (2, 0, 4), (
        "what is in somebody's hands is told, not refused"
    )
    assert take(campaign, until=TOMORROW) == ahead


def test_another_person_gets_nothing_twice(campaign: Campaign) -> None:
    take(campaign)
    report = take(campaign, actor="cli:ben")
    assert (report.asked, report.refused, report.taken, report.until) == (0, 0, 4, TODAY)


def test_who_is_in_hand_for_another_contact_is_told_calmly_and_comes_back(campaign: Campaign) -> None:
    call = actions.claim(campaign, 3, Channel.PHONE, option=Option("phone:trams", "trams"))
    assert isinstance(call, Claim), call
    report = take(campaign)
    assert (named(campaign, report), report.refused, report.taken) == ({1, 2, 4}, 0, 1)
    actions.hand_back(campaign, call.claim_id)
    assert named(campaign, take(campaign, actor="cli:ben")) == {3}


def claimed(campaign: Campaign) -> list[tuple[int, int]]:
    """What the record says of lists that were taken: persons asked for, and claimed."""
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        rows = connection.execute(
            "SELECT (detail ->> 'asked')::int, cardinality(persons) FROM audit.entry WHERE verb = 'contact.claim_batch'"
            " ORDER BY entry_id"
        )
        return rows.fetchall()


def test_what_was_handed_back_is_on_a_list_of_its_own(campaign: Campaign) -> None:
    """The same list again: whoever's id is low or high, in a batch that the record tells of, and only once."""
    calls = [
        actions.claim(campaign, person, Channel.PHONE, option=Option("phone:trams", "trams"))
        for person in (1, 4)
    ]
    first = take(campaign)
    assert (named(campaign, first), first.taken) == ({2, 3}, 2)
    for call in calls:
        assert isinstance(call, Claim), call
        actions.hand_back(campaign, call.claim_id)
    again = take(campaign)
    assert (named(campaign, again), again.asked, again.taken) == ({1, 4}, 2, 2)
    assert named(campaign, first) == {2, 3}
    assert take(campaign) == again, "nothing new: the same list"
    assert claimed(campaign) == [(2, 2), (2, 2)]


def test_who_is_refused_makes_no_list_again_and_again(campaign: Campaign) -> None:
    with campaign.ledger.transaction() as connection:
        consent.suppress(connection, campaign, 3, LawChannel.ANY, Suppressed.OBJECTION)
    first = take(campaign)
    assert (first.asked, first.refused) == (4, 1)
    assert take(campaign) == first


def test_who_had_the_message_otherwise_was_reached(campaign: Campaign) -> None:
    call = actions.claim(campaign, 3, Channel.PHONE, option=Option("phone:housing", "housing"))
    assert isinstance(call, Claim), call
    actions.finish(campaign, call.claim_id, result=ResultCode.CANVASSED)
    assert (take(campaign).refused, take(campaign).taken) == (0, 1)


def test_texts_are_sent_on_their_day_and_the_next_day_only_the_next(campaign: Campaign) -> None:
    sent = take(campaign, Channel.SMS, until=NEXT_WEEK)
    assert (sent.asked, sent.refused, sent.until) == (2, 0, TODAY), "to take their list is to send them"
    campaign.clock.now += timedelta(days=1)  # type: ignore[attr-defined]
    later = take(campaign, Channel.SMS)
    assert (named(campaign, later), later.refused, later.taken) == ({9}, 0, 2)


def test_a_sheet_has_the_day_and_one_walks_the_longest_overdue_first(campaign: Campaign) -> None:
    report = take(campaign, until=NEXT_WEEK)
    made = lists.sheet(campaign, report.batch_id, account=None, actor="cli:anna", holder="anna")
    head, *rows = made.rows
    assert head[:4] == ["day", "area", "street", "number"]
    assert [(row[0], row[3]) for row in rows] == [
        ("2027-01-14", "8"),
        ("2027-01-14", "9"),
        ("2027-01-15", "6"),
        ("2027-01-15", "7"),
        ("2027-01-16", "4"),
        ("2027-01-16", "5"),
    ]


def test_an_export_writes_what_is_left_and_no_empty_lists(campaign: Campaign, tmp_path: Path) -> None:
    first = {each.channel: each for each in lists.export(campaign, tmp_path, actor="cli:anna")}
    assert {channel: each.rows for channel, each in first.items()} == {Channel.DOOR: 4, Channel.SMS: 2}
    again = {each.channel: each for each in lists.export(campaign, tmp_path / "b", actor="cli:ben")}
    assert [(each.path, each.rows, each.report.taken) for each in again.values()] == [
        (None, 0, 4),
        (None, 0, 2),
    ]
    assert not (tmp_path / "b").exists()
    with pytest.raises(DayPast, match="2027-01-14 is past"):
        lists.export(campaign, tmp_path / "b", until=TODAY - timedelta(days=1))
    ahead = lists.export(campaign, tmp_path / "c", actor="cli:ben", until=TOMORROW)
    (door,) = [each.path for each in ahead if each.path]
    with door.open(encoding="utf-8-sig", newline="") as file:
        assert [row["day"] for row in csv.DictReader(file)] == ["2027-01-16", "2027-01-16"]


def test_a_plan_without_days_is_handed_out_whole(campaign: Campaign) -> None:
    put_in_force(campaign, [(person, "door:housing", None) for person in range(1, 7)], plan_id=2)
    report = take(campaign, until=TODAY)
    assert (len(named(campaign, report)), report.until, report.taken) == (6, None, 0)
    with campaign.ledger.read() as connection:
        assert queries.batch_of_key(connection, f"plan:2:door:cli:anna:{TODAY}") == report.batch_id
    made = lists.sheet(campaign, report.batch_id, account=None, actor="cli:anna", holder="anna")
    assert made.rows[0][0] == "area"
    assert take(campaign, actor="cli:ben").refused == 6, "held: as ever"
    batches.hand_back_batch(campaign, report.batch_id)
    again = take(campaign)
    assert (len(named(campaign, again)), again.asked) == (6, 6), "handed back, and taken again"
