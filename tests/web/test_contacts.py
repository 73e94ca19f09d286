"""Claims on pages: who may what, what they read, and whom each role sees for how long."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from small_town import NADIA, PAUL, ZOE

from commonweal.access import actions as access
from commonweal.access.model import Role
from commonweal.access.queries import open_accounts
from commonweal.audit import queries as audit
from commonweal.campaign import Campaign
from commonweal.contacts import actions, chores
from commonweal.contacts.model import Channel, Claim, Option
from commonweal.contacts.rules import Caps, CoolDown, QuietHours, Rules
from commonweal.mandate import saying
from commonweal.store.ledger import LedgerRole
from commonweal.web import contacting
from commonweal.web.app import _key
from commonweal.web.links import Links

ROADS = Option("door:roads", "roads", 180)


@pytest.fixture
def town(small_town: Campaign, clock: Any) -> Campaign:
    """Of made-up lists, at noon, with rules that let one contact happen."""
    clock.now = clock.now.replace(hour=12)
    with small_town.ledger.transaction() as connection:
        connection.execute("UPDATE intake.source SET origin = 'synthetic'")
    return small_town


def link(campaign: Campaign, kind: str, number: int) -> str:
    return Links(_key(campaign.ledger)).make(kind, number)


def page_of(campaign: Campaign, person: int) -> str:
    return f"/people/{link(campaign, 'person', person)}"


def account(campaign: Campaign, role: Role) -> int:
    with campaign.ledger.read() as connection:
        row = connection.execute(
            "SELECT max(account_id) FROM access.account WHERE role = %s", (role.value,)
        ).fetchone()
    assert row is not None
    return int(row[0])


def held(campaign: Campaign, person: int, by: int, channel: Channel = Channel.DOOR) -> Claim:
    found = actions.claim(campaign, person, channel, option=ROADS, account=by)
    assert isinstance(found, Claim), found
    return found


def seen(campaign: Campaign, by: int, table: str = "people.profile") -> set[int]:
    with campaign.ledger.read(LedgerRole.WEB, account=by) as connection:
        return {row[0] for row in connection.execute(f"SELECT person_id FROM {table}").fetchall()}


def test_a_contact_is_claimed_finished_and_undone(director: Any, town: Campaign) -> None:
    address = page_of(town, NADIA)
    page = director.get(address).text
    assert "Doors: yes" in page
    assert "Nobody is written to electronically before they said yes" in page
    assert (
        director.post(f"{address}/claim", {"option": "door:housing"}).headers["location"].endswith("#contact")
    )
    page = director.get(address).text
    assert "claimed until" in page
    assert "Somebody else is about to contact them" in page
    refused = director.post(f"{address}/claim", {"option": "door:housing"})
    assert (refused.status_code, "Somebody else is about" in refused.text) == (422, True)
    work = re.search(r'action="(/claims/[^"]+)/finish"', page)
    assert work is not None
    director.get(address)
    told = {"result": "canvassed", "back": link(town, "person", NADIA)}
    assert director.post(f"{work[1]}/finish", told).headers["location"] == f"{address}#contact"
    page = director.get(address).text
    assert "They were contacted today already: 1 a day is the most" in page
    director.post(f"{work[1]}/undo", {"back": link(town, "person", NADIA)})
    assert "Doors: yes" in director.get(address).text


def test_a_volunteer_sees_whom_they_hold_and_no_longer(browser: Any, town: Campaign, clock: Any) -> None:
    browser.sign_in(Role.VOLUNTEER)
    me = account(town, Role.VOLUNTEER)
    assert seen(town, me) == set()
    assert "You hold no call and no door." in browser.get("/in-hand").text
    claim = held(town, NADIA, me)
    for table in ("people.profile", "people.standing", "people.name_word", "people.record", "people.person"):
        assert seen(town, me, table) <= {NADIA, PAUL}, table
    assert seen(town, me) == {NADIA, PAUL}  # who lives with them opens the door
    page = browser.get("/in-hand").text
    assert "Nadia Berger" in page
    assert "Paul Berger" in page
    assert browser.get(page_of(town, NADIA)).status_code == 403
    work = re.search(r'action="(/claims/[^"]+)/finish"', page)
    assert work is not None
    assert browser.post(f"{work[1]}/finish", {"result": "not_home"}).headers["location"] == "/"
    assert seen(town, me) == set()
    assert "Told in the last twelve hours" in browser.get("/in-hand").text
    assert actions.undo(town, claim.claim_id, account=me).state == "undone"
    held(town, ZOE, me)
    clock.now += timedelta(hours=5)
    assert seen(town, me) == set(), "no longer than the claim holds, also before the worker lets it lapse"
    chores.lapse(town)
    assert seen(town, me) == set()


@pytest.mark.parametrize("role", Role)
def test_each_role_sees_whom_it_may(browser: Any, town: Campaign, role: Role) -> None:
    browser.sign_in(role)
    me = account(town, role)
    held(town, ZOE, me)
    expected = {
        Role.DIRECTOR: {NADIA, PAUL, ZOE},
        Role.ANALYST: {NADIA, PAUL, ZOE},
        Role.PRIVACY: {NADIA, PAUL, ZOE},
        Role.ORGANISER: {NADIA, PAUL},
        Role.VOLUNTEER: {ZOE},
    }.get(role, set())
    assert seen(town, me) == seen(town, me, "people.standing") == expected
    with town.ledger.read(LedgerRole.WEB, account=me) as connection:
        pressed = {row[0] for row in connection.execute("SELECT subject FROM contacts.pressure").fetchall()}
    assert pressed <= expected


def test_the_next_few_are_shown_and_seen_and_the_rest_when_asked_for(
    browser: Any, town: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.sign_in(Role.DIRECTOR)
    assert "Find a person and claim a contact with them" in browser.get("/in-hand").text
    me = account(town, Role.DIRECTOR)
    for person in (NADIA, ZOE):
        held(town, person, me)
    page = browser.get("/in-hand").text
    assert page.count('<details class="card held" open>') == 1, "one at a time"
    assert page.count('<details class="card held">') == 1
    monkeypatch.setattr(contacting, "_NEXT", 1)
    page = browser.get("/in-hand").text
    assert "Show 1 more" in page
    assert ("Nadia Berger" in page) != ("Zoé" in page)
    assert "Show" not in (page := browser.get("/in-hand?all=yes").text).split("<h1>")[1]
    assert "Nadia Berger" in page
    assert "Zoé" in page


def test_a_claim_is_nobody_elses(browser: Any, town: Campaign) -> None:
    browser.sign_in(Role.VOLUNTEER)
    first = account(town, Role.VOLUNTEER)
    claim = held(town, NADIA, first)
    browser.post("/sign-out")
    browser.sign_in(Role.VOLUNTEER)
    browser.get("/in-hand")
    answer = browser.post(f"/claims/{link(town, 'claim', claim.claim_id)}/finish", {"result": "refused"})
    assert answer.status_code == 422
    assert "There is no such claim" in answer.text
    assert browser.post("/claims/AAAA/finish", {"result": "refused"}).status_code == 404


def test_an_organiser_gives_a_door_to_a_volunteer(browser: Any, town: Campaign) -> None:
    browser.sign_in(Role.VOLUNTEER)
    volunteer = account(town, Role.VOLUNTEER)
    browser.post("/sign-out")
    browser.sign_in(Role.ORGANISER)
    address = page_of(town, NADIA)
    assert "The volunteer" in browser.get(address).text
    wanted = {"option": "door:housing", "holder": link(town, "account", volunteer)}
    assert browser.post(f"{address}/claim", wanted).status_code == 303
    assert seen(town, volunteer) == {NADIA, PAUL}
    assert browser.post(f"{page_of(town, ZOE)}/claim", wanted).status_code == 404  # of another area


def test_the_rules_are_set_by_the_director_and_read_by_others(director: Any, town: Campaign) -> None:
    assert "All channels together" in director.get("/contact-rules").text
    form = {
        "version": "0",
        "caps.day": "2",
        "caps.week": "",
        "caps.campaign": "9",
        "caps.phone.week": "2",
        "quiet.email": "22:00-07:00",
        "rest_after_refusal": "10",
        "cool_down.any": "0,5",
        "holds.single": "4",
        "holds.list": "48",
        "useless.voted": "1",
    }
    assert director.post("/contact-rules/set", form).status_code == 303
    with town.ledger.read(LedgerRole.BULK) as connection:
        from commonweal.contacts.queries import rules_in_force

        version, rules = rules_in_force(connection, town)
    assert (rules.caps.day, rules.caps.week, rules.caps.phone.week, rules.cool_down.any) == (
        2,
        "unlimited",
        2,
        0.5,
    )
    assert (rules.useless.voted, rules.useless.gave, rules.quiet_hours.email) == (True, False, "22:00-07:00")
    late = director.post("/contact-rules/set", form)
    assert (late.status_code, "changed by somebody else" in late.text) == (422, True)
    wrong = director.post(
        "/contact-rules/set", form | {"version": str(version), "caps.day": "0", "quiet.email": "night"}
    )
    assert wrong.status_code == 422
    assert "night" in wrong.text
    director.post("/sign-out")
    director.sign_in(Role.ORGANISER)
    assert "Put these rules in force" not in director.get("/contact-rules").text
    assert director.post("/contact-rules/set", form).status_code == 403


def test_the_pressure_with_what_was_stopped(director: Any, town: Campaign) -> None:
    wide = Rules(caps=Caps(day="unlimited"), cool_down=CoolDown(any=0), quiet_hours=QuietHours(door="none"))
    actions.set_rules(town, wide)
    held(town, NADIA, account(town, Role.DIRECTOR))
    actions.claim(town, PAUL, Channel.DOOR, option=ROADS)
    chores.keep(town)
    page = director.get("/pressure").text
    assert "1 contact stopped in seven days" in page
    assert "Paul Berger" in page
    assert "École Bonnefoy" in page
    director.post("/sign-out")
    director.sign_in(Role.DIGITAL)
    assert "Paul Berger" not in director.get("/pressure").text


def test_a_list_tells_whom_it_leaves_out(director: Any, town: Campaign) -> None:
    found = re.search(r'action="(/plan/[^"]+/approve)"', director.get("/plan").text)
    assert found is not None
    director.post(found[1])
    held(town, NADIA, account(town, Role.DIRECTOR), Channel.PHONE)
    director.get("/plan")
    page = director.get(director.post("/plan/list/door").headers["location"]).text
    assert "1 person is claimed, of 2 in the plan" in page
    assert "1 person is left out" in page
    assert "Nadia Berger" in page
    back = re.search(r'action="(/taken/[^"]+/return)"', page)
    assert back is not None
    take_back(town, "housing")
    assert "use no copy of it" in director.get(back[1].removesuffix("/return")).text
    assert "is left out" in director.get(director.post(back[1]).headers["location"]).text
    director.post("/sign-out")
    director.sign_in(Role.ORGANISER)
    assert director.get(back[1].removesuffix("/return")).status_code == 422


def take_back(campaign: Campaign, message: str) -> None:
    """A message is approved, and that is taken back."""
    access.invite(campaign, "Camille", Role.CANDIDATE)
    with campaign.ledger.read() as connection:
        camille = next(each for each in open_accounts(connection) if each.name == "Camille")
    version = saying.write(campaign, camille, message, {"en": "Rooms!"}, [])
    saying.approve(campaign, camille, version)
    saying.withdraw(campaign, camille, version, reason="The sum is wrong.")


def persons_seen(campaign: Campaign, verb: str) -> list[list[int]]:
    with campaign.ledger.read() as connection:
        rows = connection.execute(
            "SELECT persons FROM audit.entry WHERE verb = %s ORDER BY entry_id", (verb,)
        ).fetchall()
    return [sorted(row[0] or []) for row in rows]


def test_an_example_with_a_name_is_a_look(director: Any, town: Campaign) -> None:
    director.get("/pressure")
    assert persons_seen(town, "look_at_stopped") == [], "nobody was shown"
    held(town, NADIA, account(town, Role.DIRECTOR))
    actions.claim(town, NADIA, Channel.DOOR, option=ROADS)
    assert "Nadia Berger" in director.get("/pressure").text
    assert persons_seen(town, "look_at_stopped") == [[NADIA]]
    assert who_saw_nadia(town) == 1


def who_saw_nadia(campaign: Campaign) -> int:
    with campaign.ledger.read() as connection:
        return sum(entry.verb == "look_at_stopped" for entry in audit.who_saw(connection, NADIA))
