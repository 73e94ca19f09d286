"""Messages that make promises: approved before anybody is told them, and stopped at once when that is taken back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from small_town import NADIA, PAUL, ZOE

from commonweal.access.model import Role
from commonweal.campaign import Campaign
from commonweal.consent import actions as consent
from commonweal.consent.model import Channel as LawChannel
from commonweal.consent.model import Purpose
from commonweal.contacts import actions, batches, lists, queries, report_back
from commonweal.contacts.errors import NothingApproved
from commonweal.contacts.model import Channel, Claim, Option, Refusal, State
from commonweal.contacts.rules import Rules
from commonweal.interactions.model import Channel as EventChannel
from commonweal.interactions.model import Event, Kind, ResultCode
from commonweal.loop import plan, unusable
from commonweal.mandate import actions as mandate
from commonweal.mandate import counting, persons, saying
from commonweal.mandate import queries as promises
from commonweal.mandate.errors import ReasonMissing
from commonweal.mandate.model import Status
from commonweal.messages.errors import NotApproved
from commonweal.store.ledger import LedgerRole
from mandate.ledger import Office, office

_BY: Any = {"account": None, "actor": "cli:test", "holder": "test"}
HOUSING, CLIMATE = Option("door:housing", "housing"), Option("post:climate", "climate")


@pytest.fixture
def team(campaign: Campaign) -> Office:
    """A town at noon, with its candidate."""
    campaign.clock.now = campaign.clock().replace(hour=12)  # type: ignore[attr-defined]
    found = office(campaign)
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute("UPDATE intake.source SET origin = 'synthetic', purpose = 'x', legal_basis = 'x'")
        connection.execute("UPDATE people.origin SET purpose = 'x', legal_basis = 'x'")
    return found


def ask(campaign: Campaign, person: int, option: Option, channel: Channel = Channel.DOOR) -> str:
    """The code of a refusal; "" where the claim is made."""
    found = actions.claim(campaign, person, channel, option=option)
    return found.code if isinstance(found, Refusal) else ""


def test_a_message_with_promises_waits_for_its_approval(team: Office, campaign: Campaign) -> None:
    assert ask(campaign, ZOE, HOUSING) == "", "it is not on the ledger: nothing is asked"
    rooms = team.promise("Rooms for all", Status.ANNOUNCED)
    version = team.message("housing", rooms, approved=False)
    found = actions.claim(campaign, NADIA, Channel.DOOR, option=HOUSING)
    assert found == Refusal("message_unapproved", {"message": "housing"})
    assert unusable(campaign) == {"door:housing": found}, "the plan does without it"
    with pytest.raises(NothingApproved, match="door:housing"):
        plan(campaign, 1_000, without=("post:climate",))
    saying.approve(campaign, team.candidate, version)
    assert unusable(campaign) == {}
    assert ask(campaign, NADIA, HOUSING) == ""


def test_without_promises_it_is_asked_for_where_the_rules_say_so(team: Office, campaign: Campaign) -> None:
    team.message("housing", approved=False)
    assert ask(campaign, NADIA, HOUSING) == ""
    actions.set_rules(campaign, Rules(approval="all"))
    assert ask(campaign, ZOE, HOUSING) == "message_unapproved"
    assert ask(campaign, ZOE, CLIMATE, Channel.POST) == "message_unwritten"
    assert queries.outlook(campaign, ZOE)[Channel.POST] is None, "with something new one may"


def test_what_is_taken_back_stops_at_once(team: Office, campaign: Campaign) -> None:
    rooms = team.promise("Rooms for all", Status.ANNOUNCED)
    version = team.message("climate", rooms)
    report = batches.claim_batch(campaign, "k", [NADIA, PAUL, ZOE], Channel.POST, [CLIMATE])
    assert (report.claimed, report.claims) == (3, 2)
    assert len(lists.sheet(campaign, report.batch_id, **_BY).rows) == 3, (
        "its head, and a letter for each home"
    )
    with pytest.raises(ReasonMissing):
        saying.withdraw(campaign, team.candidate, version, reason=" ")
    saying.withdraw(campaign, team.candidate, version, reason="The sum is wrong.")
    with pytest.raises(NotApproved):
        saying.withdraw(campaign, team.candidate, version, reason="Again.")
    assert len(lists.sheet(campaign, report.batch_id, **_BY).rows) == 1, "its head alone"
    assert batches.finish_batch(campaign, report.batch_id) == 0
    with campaign.ledger.read() as connection:
        after = queries.batch(connection, report.batch_id)
        claims = connection.execute("SELECT state FROM contacts.claim").fetchall()
    assert claims == [(State.RETURNED,), (State.RETURNED,)]
    assert (after.asked, after.claimed, after.claims, after.refused) == (3, 0, 0, 3)
    assert {stop.code: stop.persons for stop in after.stopped} == {"message_withdrawn": 3}
    assert ask(campaign, NADIA, CLIMATE, Channel.POST) == "message_withdrawn"
    team.message("climate", rooms)
    assert ask(campaign, NADIA, CLIMATE, Channel.POST) == "", "a new version is approved"
    assert ask(campaign, NADIA, Option("x", "climate-1"), Channel.DOOR) == "message_withdrawn"


def test_a_promise_that_is_withdrawn_takes_its_messages_along(team: Office, campaign: Campaign) -> None:
    rooms = team.promise("Rooms for all", Status.ANNOUNCED)
    team.message("housing", rooms)
    mandate.move(campaign, team.candidate, rooms, 2, Status.WITHDRAWN, key="gone")
    assert ask(campaign, NADIA, HOUSING) == "promise_taken_back"


def test_a_contact_that_is_delivered_makes_the_promises(team: Office, campaign: Campaign) -> None:
    rooms = team.promise("Rooms for all", Status.ANNOUNCED)
    version = team.message("housing", rooms)
    claims = [actions.claim(campaign, person, Channel.DOOR, option=HOUSING) for person in (NADIA, ZOE)]
    for claim, result in zip(claims, (ResultCode.CANVASSED, ResultCode.NOT_HOME), strict=True):
        assert isinstance(claim, Claim)
        actions.finish(campaign, claim.claim_id, result=result)
    saying.withdraw(campaign, team.candidate, version, reason="What was said was said.")
    campaign.clock.now += timedelta(hours=1)  # type: ignore[attr-defined]
    counting.count(campaign)
    account = team.candidate.account_id
    with campaign.ledger.read(LedgerRole.WEB, account=account) as connection:
        areas = promises.heard_by_area(connection, rooms)
    assert [(each.area_code, each.persons, each.contacts) for each in areas] == [("0113", 1, 1)]
    with campaign.ledger.read() as connection:
        told = {p: persons.promised(campaign, connection, p) for p in (NADIA, PAUL, ZOE)}
    assert [each.text for each in told[NADIA]] == ["Rooms for all"]
    assert (told[PAUL], told[ZOE]) == ([], []), "the flat counts for the pressure, not for what was heard"


def test_who_agreed_to_hear_is_reported_back_to(team: Office, campaign: Campaign, tmp_path: Path) -> None:
    rooms, trams = (team.promise(text, Status.ANNOUNCED) for text in ("=Rooms for all", "Free trams"))
    team.message("housing", rooms, trams)
    for person in (NADIA, PAUL, ZOE):
        event = Event(
            event_id=f"e{person}",
            kind=Kind.SENT,
            occurred_at=campaign.clock(),
            channel=EventChannel.POST,
            person_id=person,
            message_version="housing",
        )
        actions.record(campaign, [event], "printer")
    mandate.move(campaign, team.candidate, rooms, 2, Status.KEPT, outcome="In May.", key="kept")
    say(campaign, NADIA, True)
    say(campaign, PAUL, True)
    counting.count(campaign)
    say(campaign, PAUL, False)
    campaign.clock.now += timedelta(days=400)  # type: ignore[attr-defined]
    director, candidate = (team.all[role].account_id for role in (Role.DIRECTOR, Role.CANDIDATE))
    taken = report_back.sheet(campaign, Channel.EMAIL, account=director, actor="account:1", holder="Anna M")
    stands = "kept: In May. | announced"
    assert taken.rows[1:] == [
        ["Nadia Berger", "nadia@example.org", "0113", "'=Rooms for all | Free trams", stands, "2027-01-15"]
    ]
    assert taken.name.startswith("report-back-email_2028-02-19_")
    assert taken.name.endswith("_anna-m.csv")
    with campaign.ledger.read() as connection:
        noted = connection.execute(
            "SELECT persons, detail ->> 'channel' FROM audit.entry WHERE verb = 'mandate.report_back'"
        ).fetchall()
        assert report_back.how_many(connection, campaign)[Channel.PHONE] == 0
    assert noted == [([NADIA], "email")]
    assert report_back.sheet(campaign, Channel.EMAIL, account=candidate, actor="x", holder="x").rows[1:] == []
    files = report_back.export(campaign, tmp_path, [Channel.EMAIL])
    assert [rows for _path, rows in files] == [4, 1]
    assert "Rooms for all,kept,In May.,0113" in files[0][0].read_text("utf-8-sig")


def say(campaign: Campaign, person: int, yes: bool) -> None:
    """A word on e-mails."""
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        told: Any = (connection, campaign, person, LawChannel.EMAIL, Purpose.CONTACT)
        if yes:
            consent.give(*told, evidence="a card", source="the office")
        else:
            consent.withdraw(*told, source="the office")
    campaign.clock.now += timedelta(seconds=1)  # type: ignore[attr-defined]
