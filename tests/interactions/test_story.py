from __future__ import annotations

from datetime import timedelta

import pytest
import small_town
from small_town import NADIA, PAUL, ZOE

from commonweal.access import actions as access
from commonweal.access.model import Role
from commonweal.audit.actions import record
from commonweal.campaign import Campaign
from commonweal.interactions import story
from commonweal.interactions.actions import take_in, undo
from commonweal.interactions.model import Kind, ResultCode
from commonweal.people.errors import NoSuchPerson
from commonweal.store.ledger import LedgerRole
from interactions.events import event


@pytest.fixture
def town(campaign: Campaign) -> Campaign:
    small_town.build(campaign)
    return campaign


def page(campaign: Campaign, person: int, **more: object) -> story.Page:
    with campaign.ledger.read() as connection:
        return story.of(campaign, connection, person, **more)


def test_the_newest_comes_first_and_what_was_undone_is_marked(town: Campaign) -> None:
    hour = timedelta(hours=1)
    batch = [
        event(town, "sent", occurred_at=town.clock() - 3 * hour),
        event(town, "door", kind=Kind.ATTEMPT, channel="door", result=ResultCode.NOT_HOME, actor="account:1"),
        event(town, "opened", kind=Kind.OPENED, occurred_at=town.clock() - 2 * hour),
    ]
    take_in(town, batch, "mailer")
    undo(town, NADIA, "mailer", "door")
    moments = page(town, NADIA).moments
    assert [moment.code for moment in moments] == ["correction", "attempt", "opened", "sent"]
    assert moments[1].params["result"] == "not_home"
    assert [moment.params.get("undone", False) for moment in moments] == [False, True, False, False]
    assert page(town, ZOE).moments == ()


def test_pages_follow_each_other_without_gap_even_within_one_instant(town: Campaign) -> None:
    at = town.clock() - timedelta(hours=2)
    batch = [
        event(town, f"e{number:02d}", occurred_at=at + timedelta(minutes=number // 9)) for number in range(50)
    ]
    take_in(town, batch, "mailer")
    seen: list[str] = []
    asked: dict[str, object] = {}
    while True:
        part = page(town, NADIA, most=7, **asked)
        seen += [str(moment.params["event_id"]) for moment in part.moments]
        if part.until is None:
            break
        asked = {"until": part.until, "skip": part.skip}
    assert seen == [f"e{number:02d}" for number in reversed(range(50))]


def test_a_merged_person_brings_their_story_along(town: Campaign) -> None:
    take_in(town, [event(town, "hers"), event(town, "his", person_id=PAUL)], "mailer")
    with town.ledger.transaction() as connection:
        connection.execute(
            "INSERT INTO identity.run (at, actor, changed, records, persons, households)"
            " VALUES (%s, 'test', true, 1, 1, 1)",
            (town.clock(),),
        )
        connection.execute(
            "INSERT INTO identity.event (run_id, kind, person_id, other_id, number) VALUES (1, 'merge', %s, %s, 1)",
            (PAUL, NADIA),
        )
        connection.execute("INSERT INTO identity.redirect VALUES (%s, %s, 1)", (PAUL, NADIA))
    moments = page(town, NADIA).moments
    assert [moment.code for moment in moments] == ["merge", "sent", "sent"]
    assert page(town, PAUL).moments == moments, "found under the former id, too"


def test_who_looked_stands_on_the_line_for_those_who_may_know(town: Campaign) -> None:
    with town.ledger.transaction() as connection:
        record(connection, town, "look", subject=f"person:{NADIA}", actor="account:7")
    assert page(town, NADIA).moments == ()
    (look,) = page(town, NADIA, tellers=(story.looks,)).moments
    assert (look.source, look.code, look.actor) == ("audit", "look", "account:7")


def test_nobody_reads_the_story_of_whom_they_may_not_see(town: Campaign) -> None:
    take_in(town, [event(town), event(town, "a2", person_id=ZOE)], "mailer")
    access.invite(town, "Sacha", Role.ORGANISER, areas=("0114",))
    access.invite(town, "Noa", Role.VOLUNTEER)
    access.invite(town, "Dominique", Role.DIRECTOR)
    seen = {}
    for account in (1, 2, 3):
        with town.ledger.read(LedgerRole.WEB, account=account) as connection:
            rows = connection.execute("SELECT subject FROM interactions.event ORDER BY 1").fetchall()
            seen[account] = [subject for (subject,) in rows]
            if account == 1:
                assert len(story.of(town, connection, ZOE).moments) == 1
                with pytest.raises(NoSuchPerson):
                    story.of(town, connection, NADIA)
    assert seen == {1: [ZOE], 2: [], 3: [NADIA, ZOE]}
