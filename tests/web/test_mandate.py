"""The ledger of promises on pages: writing, deciding, messages, the public page; who may and who may not."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from small_town import NADIA, PAUL

from commonweal.access.model import Role
from commonweal.campaign import Campaign
from commonweal.consent import actions as consent
from commonweal.consent.model import Channel as LawChannel
from commonweal.consent.model import Purpose
from commonweal.interactions.actions import take_in
from commonweal.interactions.model import Channel, Event, Kind
from commonweal.jobs.worker import Worker
from commonweal.loop import handlers
from commonweal.mandate.model import Heard, Publication
from commonweal.store.ledger import LedgerRole
from commonweal.web.app import _key
from commonweal.web.links import Links
from commonweal.web.pages.saying import is_told


def link(text: str, path: str) -> str:
    found = re.search(rf'"({path})"', text)
    assert found, f"no link to {path}"
    return found[1]


def token(page: Any, text: str) -> str:
    """The token of the promise whose words begin so."""
    found = re.search(rf'/mandate/promise/([^"]+)">{text}', page.text)
    assert found, text
    return found[1]


def write(browser: Any, text: str, **more: str) -> str:
    """A promise written on the page, then announced; its page."""
    browser.get("/mandate")
    form = {"text": text, "key": text, "public": "true"} | more
    place: str = browser.post("/mandate/write", form).headers["location"]
    browser.get(place)
    moved = browser.post(f"{place}/move", {"to": "announced", "key": f"{text} 2", "version": "1"})
    assert moved.headers["location"] == place
    return place


def test_a_promise_is_written_changed_and_followed(small_town: Campaign, director: Any) -> None:
    assert "No promise is written down yet" in director.get("/mandate").text
    place = write(
        director,
        "Free trams <b>",
        levers="transit fares down",
        gains="everyone",
        cost="1.2 million",
        funding="reserve: 1 million",
        issue="transport",
    )
    page = director.get(place).text
    for part in (
        "Free trams &lt;b&gt;",
        "announced",
        "€1,200,000",
        "reserve: €1,000,000",
        "transit fares down",
        "everyone",
    ):
        assert part in page, part
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
    text = re.search(r'<textarea id="text"[^>]*>(.*?)</textarea>', page)
    assert text
    same = director.post(
        f"{place}/amend",
        {
            "text": "Free trams <b>",
            "key": "a",
            "version": "2",
            "public": "true",
            **{
                name: form[name] for name in ("gains", "pays", "cost", "funding", "levers", "issue", "source")
            },
        },
    )
    assert same.status_code == 303, "what the form shows can be sent again"
    assert "changed a promise" not in director.get(place).text, "and changes nothing"
    wrong = director.post(f"{place}/amend", {"text": "x", "key": "b", "version": "2", "levers": "vta up"})
    assert wrong.status_code == 422
    assert "Nobody has named the lever “vta” before. Near names are: vat" in wrong.text
    assert director.post(f"{place}/move", {"to": "draft", "key": "c", "version": "2"}).status_code == 422
    assert (
        director.post(
            f"{place}/move", {"to": "kept", "key": "d", "version": "2", "outcome": "Since May"}
        ).status_code
        == 303
    )
    assert "Since May" in director.get(place).text
    assert director.get("/mandate/promise/nothing").status_code == 404


def test_what_can_not_be_promised_keeps_what_was_typed(small_town: Campaign, director: Any) -> None:
    director.get("/mandate")
    refused = director.post(
        "/mandate/write", {"text": "For the faithful", "key": "k", "gains": 'attribute("religion") = "x"'}
    )
    assert refused.status_code == 422
    assert "GDPR, art. 9(1)" in refused.text
    assert ">For the faithful</textarea>" in refused.text


def test_a_contradiction_is_shown_and_decided_in_a_name(small_town: Campaign, browser: Any) -> None:
    browser.sign_in(Role.CANDIDATE)
    write(browser, "Lower rents", levers="rents down", gains="everyone")
    write(browser, "Higher rents", levers="rents up", gains="age < 30")
    page = browser.get("/mandate")
    assert "They pull one lever different ways: rents, down and up." in page.text
    home = browser.get("/").text
    for part in ("2 promises bind us.", "1 thing to settle"):
        assert part in home, part
    low, high = token(page, "Lower rents"), token(page, "Higher rents")
    circle = {"pair": f"{low} {high}", "reason": "The market rules."}
    assert browser.post("/mandate/order", circle | {"stands": high, "reason": " "}).status_code == 422
    assert browser.post("/mandate/order", circle | {"stands": high}).status_code == 303
    page = browser.get("/mandate")
    assert "They pull one lever different ways" not in page.text
    assert "let “Higher rents” stand before “Lower rents”" in browser.get(f"/mandate/promise/{low}").text
    closed = browser.post("/mandate/order", circle | {"stands": low})
    assert closed.status_code == 422
    assert "That would close a circle" in closed.text


def test_pairs_in_other_words_are_decided_one_by_one(small_town: Campaign, director: Any) -> None:
    for text in ("We will build 15,000 new prison places.", "15,000 new places in prison will be built."):
        write(director, text)
    page = director.get("/mandate")
    assert "1 pair may be one promise in other words" in page.text
    pair = director.get("/mandate/alike").text
    assert "both say:" in pair
    one, other = re.findall(r'name="(?:one|other)" value="([^"]+)"', pair)[:2]
    director.post("/mandate/judge", {"one": one, "other": other, "answer": "same"})
    assert "No pair is left to decide" in director.get("/mandate/alike").text


def test_a_message_that_breaks_a_promise_needs_a_reason(small_town: Campaign, director: Any) -> None:
    write(director, "The retirement age stays", levers="retirement age hold")
    write(director, "Work until 67", levers="retirement age up")
    carried = token(director.get("/mandate"), "Work until 67")
    director.get("/mandate/messages")
    empty = director.post("/mandate/messages/write", {"code": "housing", "en": " "})
    assert empty.status_code == 422
    director.post(
        "/mandate/messages/write",
        {"code": "housing", "en": "Work on!", "fr": "Travaillez !", "carries": carried},
    )
    page = director.get("/mandate/messages").text
    assert "It breaks what is promised:" in page
    approve = link(page, '/mandate/messages/[^/"]+/approve')
    refused = director.post(approve, {})
    assert refused.status_code == 422
    assert "breaks what is promised on the ledger: The retirement age stays" in refused.text
    assert director.post(approve, {"reason": "The fund is empty."}).status_code == 303
    page = director.get("/mandate/messages").text
    assert "approved" in page
    assert "Its transparency notice is missing." in page
    notice = approve.replace("/approve", "/notice")
    form = {
        "begins": "2027-01-01",
        "ends": "2027-04-25",
        "amount": "1200",
        "origin": "private",
        "method": "invoices",
        "election": "Toulouse, April 2027",
    }
    assert director.post(notice, form | {"election": " "}).status_code == 422
    assert director.post(notice, form | {"amount": "much"}).status_code == 422
    assert director.post(notice, form | {"inside_union": "yes"}).status_code == 303
    assert "Its transparency notice is written." in director.get("/mandate/messages").text


def test_the_public_page_is_there_once_somebody_decides_so(small_town: Campaign, browser: Any) -> None:
    browser.sign_in(Role.CANDIDATE)
    write(browser, "Free trams", gains='area = "0113"', cost="5 million")
    write(browser, "A word to the few", public="false")
    assert browser.get("/promises").status_code == 404
    browser.get("/mandate/publication")
    form = {"heard": "now", "sponsor": "The list", "email": "list@example.org", "open": "yes"}
    assert browser.post("/mandate/publication/decide", form | {"email": "none"}).status_code == 422
    assert browser.post("/mandate/publication/decide", form).status_code == 303
    for reader in (browser, browser.client):
        page = reader.get("/promises").text
        assert "Free trams" in page
        assert "€5,000,000" in page
        assert "The list" in page
        assert "A word to the few" not in page
        assert "0113" not in page, "whom we aim at is not handed to anybody"
    browser.post("/sign-out")
    assert browser.get("/promises").status_code == 200
    assert browser.get("/mandate").status_code in {302, 303}


@pytest.mark.parametrize(
    ("heard", "days", "shown"),
    [
        (Heard.NOW, 0, True),
        (Heard.NEVER, 500, False),
        (Heard.AFTER_VOTE, 0, False),
        (Heard.AFTER_VOTE, 101, True),
    ],
)
def test_how_many_heard_is_told_when_it_was_decided(
    campaign: Campaign, clock: Any, heard: Heard, days: int, shown: bool
) -> None:
    clock.now += timedelta(days=days)
    decision = Publication(True, heard, "x", "x@example.org", "", "", 1, clock.now)
    assert is_told(campaign, decision) is shown


def test_who_heard_what_is_counted_and_drawn(small_town: Campaign, director: Any) -> None:
    write(director, "Free trams", gains="everyone")
    carried = token(director.get("/mandate"), "Free trams")
    director.get("/mandate/messages")
    made = director.post("/mandate/messages/write", {"code": "trams", "en": "Free!", "carries": carried})
    assert made.status_code == 303, made.text
    director.post(link(director.get("/mandate/messages").text, '/mandate/messages/[^/"]+/approve'), {})
    assert "nothing to measure yet" in director.get("/mandate/narrowness").text
    events = [
        Event(
            event_id=f"e{person}{week}",
            kind=Kind.DELIVERED,
            channel=Channel.EMAIL,
            person_id=person,
            occurred_at=small_town.clock() - timedelta(days=7 * week + 1),
            message_version="trams",
        )
        for person in (NADIA, PAUL)
        for week in range(3)
    ]
    take_in(small_town, events, "mailer")
    director.get("/mandate")
    director.post("/mandate/count")
    assert Worker(small_town.ledger, small_town.clock, handlers(small_town)).take_one()
    assert "over 6 contacts that reached somebody" in director.get("/mandate").text
    page = director.get(f"/mandate/promise/{carried}").text
    assert "2 people were told" in page
    assert "École Molière" in page
    person = link(
        director.get("/people/" + Links(_key(small_town.ledger)).make("person", NADIA)).text,
        '/people/[^/"]+/promised',
    )
    assert "3 times, by e-mail" in director.get(person).text
    drawn = director.get("/mandate/narrowness").text
    assert drawn.count("<circle") == 9
    assert "Share of the talk" in drawn


def test_others_read_or_see_nothing(small_town: Campaign, browser: Any) -> None:
    browser.sign_in(Role.ANALYST)
    assert browser.get("/mandate").status_code == 200
    assert "Write a promise" not in browser.get("/mandate").text
    for path in ("write", "order", "judge", "count", "budget", "messages/write", "publication/decide"):
        assert browser.post(f"/mandate/{path}").status_code == 403, path
    browser.sign_in(Role.VOLUNTEER)
    for path in ("", "/alike", "/narrowness", "/messages", "/publication"):
        assert browser.get(f"/mandate{path}").status_code == 403, path


def test_budgets_are_noted(small_town: Campaign, director: Any) -> None:
    director.get("/mandate")
    assert director.post("/mandate/budget", {"name": "Reserve", "holds": "2 million"}).status_code == 303
    assert "€2,000,000 a year" in director.get("/mandate").text
    assert director.post("/mandate/budget", {"name": "Reserve", "holds": "much"}).status_code == 422


def test_a_message_is_approved_before_it_is_used_and_can_be_taken_back(
    small_town: Campaign, director: Any
) -> None:
    with small_town.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute("UPDATE intake.source SET origin = 'synthetic', purpose = 'x', legal_basis = 'x'")
        connection.execute("UPDATE people.origin SET purpose = 'x', legal_basis = 'x'")
    small_town.clock.now = small_town.clock().replace(hour=12)  # type: ignore[attr-defined]
    write(director, "Rooms for all")
    page = director.get("/mandate/messages")
    carried = re.search(r'name="carries" value="([^"]+)"', page.text)
    assert carried
    director.post("/mandate/messages/write", {"code": "housing", "en": "Rooms!", "carries": carried[1]})
    person = f"/people/{Links(_key(small_town.ledger)).make('person', NADIA)}"
    director.get(person)
    assert "Plans, claims and lists do without:" in director.get("/mandate/messages").text
    refused = director.post(f"{person}/claim", {"option": "door:housing"})
    assert "is not approved yet" in refused.text
    page = director.get("/mandate/messages")
    director.post(link(page.text, '/mandate/messages/[^"]+/approve'))
    assert director.post(f"{person}/claim", {"option": "door:housing"}).status_code == 303
    page = director.get("/mandate/messages")
    back = link(page.text, '/mandate/messages/[^"]+/withdraw')
    assert "There is no reason given" in director.post(back, {"reason": " "}).text
    director.post(back, {"reason": "The sum is wrong."})
    page = director.get("/mandate/messages")
    assert "The sum is wrong." in page.text
    assert "nobody is told it any more" in page.text
    assert "Hand it back, unless it was done before" in director.get("/in-hand").text
    assert director.get(person).text.count("was taken back") == 1, "of the claim that is held"


def test_a_director_takes_the_lists_to_report_back(small_town: Campaign, browser: Any) -> None:
    browser.sign_in(Role.DIRECTOR)
    assert "Nobody has counted yet" in browser.get("/mandate/report-back").text
    with small_town.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute("UPDATE intake.source SET origin = 'synthetic', purpose = 'x', legal_basis = 'x'")
        connection.execute("UPDATE people.origin SET purpose = 'x', legal_basis = 'x'")
    write(browser, "Rooms for all")
    with small_town.ledger.transaction(LedgerRole.BULK) as connection:
        connection.execute(
            "INSERT INTO mandate.heard SELECT promise_id, '0113', 2, 3, '2027-01-10' FROM mandate.promise"
        )
        connection.execute(
            "INSERT INTO mandate.told SELECT p, promise_id, 1, '2027-01-10' FROM mandate.promise, unnest(%s::bigint[]) p",
            ([NADIA, PAUL],),
        )
        consent.give(
            connection,
            small_town,
            NADIA,
            LawChannel.EMAIL,
            Purpose.CONTACT,
            evidence="a card",
            source="office",
        )
    page = browser.get("/mandate/report-back").text
    assert page.count("1 person") == 1, "by e-mail; nobody else agreed"
    taken = browser.get("/mandate/report-back/list/email")
    assert "the-director" in taken.headers["content-disposition"]
    assert "Nadia Berger" in taken.text
    assert "Paul" not in taken.text
    assert "Rooms for all,announced,,0113" in browser.get("/mandate/report-back/areas.csv").text
    assert browser.get("/mandate/report-back/list/fax").status_code == 404
    browser.sign_in(Role.CANDIDATE)
    assert "/list/" not in browser.get("/mandate/report-back").text
    assert browser.get("/mandate/report-back/list/email").status_code == 403
