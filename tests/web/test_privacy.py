from __future__ import annotations

import json
import re
from typing import Any

import pytest
from small_town import NADIA, PAUL

from commonweal.access.model import Role
from commonweal.audit.queries import who_saw
from commonweal.campaign import Campaign
from commonweal.privacy import queries
from commonweal.privacy.model import Kind, Request, State
from commonweal.web.links import Links
from commonweal.web.pages.why import CLAIM, PERSON


@pytest.fixture
def officer(browser: Any, small_town: Campaign) -> Any:
    """The privacy officer, at the desk."""
    signed_in = browser.sign_in(Role.PRIVACY, email="dpo@example.org")
    signed_in.get("/privacy")
    return signed_in


def links(browser: Any) -> Links:
    with browser.campaign.ledger.read() as connection:
        row = connection.execute("SELECT value FROM store.setting WHERE key = 'web_key'").fetchone()
    return Links(bytes.fromhex(row[0]))


def taken_in(browser: Any, kind: str, person: int | None = None) -> str:
    """A new request, about a person; its page."""
    page = browser.post("/privacy/requests", {"kind": kind, "received": "2027-01-10", "words": "By letter"})
    path = str(page.headers["location"])
    if person is not None:
        token = links(browser).make("person", person)
        assert browser.post(f"{path}/link", {"person": token}).status_code in {200, 303}
    return path


def requests(campaign: Campaign) -> list[Request]:
    with campaign.ledger.read() as connection:
        return queries.open_requests(connection) + queries.closed_requests(connection)


def test_a_request_is_due_in_a_month_and_put_off_once(officer: Any, campaign: Campaign) -> None:
    path = taken_in(officer, "access")
    page = officer.get(path).text
    assert "26 days left" in page
    assert "10 February 2027" in page
    assert officer.post(f"{path}/extend", {"reason": " "}).status_code == 422
    officer.post(f"{path}/extend", {"reason": "many files"})
    again = officer.post(f"{path}/extend", {"reason": "more"})
    assert again.status_code == 422
    assert "once" in again.text
    (request,) = requests(campaign)
    assert str(request.due) == "2027-04-10"
    assert officer.post("/privacy/requests", {"kind": "access", "received": "2028-01-01"}).status_code == 422
    assert officer.post("/privacy/requests", {"kind": "access", "received": "soon"}).status_code == 422


def test_the_most_urgent_comes_first_and_a_late_one_is_told(officer: Any) -> None:
    for received in ("2027-01-14", "2026-12-01", "2027-01-02"):
        officer.get("/privacy")
        officer.post("/privacy/requests", {"kind": "access", "received": received})
    page = officer.get("/privacy").text
    assert "1 request is late" in page
    assert re.findall(r"No\. (\d):", page) == ["2", "3", "1"]
    assert "14 days late" in page
    assert "1 request is late" not in officer.get("/").text
    assert "3 requests wait" in officer.get("/").text


def test_the_person_is_found_and_gets_all_that_is_held(officer: Any, campaign: Campaign) -> None:
    path = taken_in(officer, "access")
    found = officer.post(f"{path}/find", {"text": "nadia"}).text
    token = re.search(r'name="person" value="([^"]+)"', found)
    assert token
    officer.post(f"{path}/link", {"person": token[1]})
    assert "Nadia Berger" in officer.get(path).text
    with campaign.ledger.transaction() as connection:
        connection.execute("UPDATE people.standing SET days = '{2027-01-16}' WHERE person_id = %s", (NADIA,))
    answer = officer.post(f"{path}/export?form=json", {"person": token[1]})
    assert "attachment" in answer.headers["content-disposition"]
    told = json.loads(answer.text)
    email = next(value for value in told["values"] if value["field"] == "email")
    assert email["value"] == "nadia@example.org"
    assert email["list"] == "Sign-ups"
    assert email["legal_basis"] == "L.37"
    assert [each["day"] for each in told["plan"]["contacts"]] == ["2027-01-16"]
    assert {each["role"] for each in told["seen_by"]} == {"privacy"}
    assert "Paul" not in answer.text, "others are not in it"
    page = officer.post(f"{path}/export?form=page&language=fr", {"person": token[1]})
    assert "Ce que nous détenons" in page.text
    assert "nadia@example.org" in page.text
    assert "<script" not in page.text
    assert "http" not in page.text.split("<style>")[1]
    with campaign.ledger.read() as connection:
        assert [each.verb for each in who_saw(connection, NADIA)].count("privacy.export") == 2
    other = links(officer).make("person", PAUL)
    assert officer.post(f"{path}/export?form=json", {"person": other}).status_code == 404


def test_erasing_answers_the_request_and_gives_a_receipt(officer: Any, campaign: Campaign) -> None:
    path = taken_in(officer, "erasure")
    assert officer.post(f"{path}/erase").status_code == 422, "nobody is linked yet"
    path = taken_in(officer, "erasure", NADIA)
    officer.get(path)
    officer.post(f"{path}/erase")
    page = officer.get(path).text
    assert "answered" in page
    assert "within 24 hours" in page
    assert "Nadia" not in page
    assert "By letter" not in page
    done = next(each for each in requests(campaign) if each.state is State.DONE)
    with campaign.ledger.read() as connection:
        assert len(queries.receipts_of(connection, done.request_id)) == 1
        assert connection.execute("SELECT command FROM jobs.run").fetchall() == [("forget",)]
        assert connection.execute("SELECT count(*) FROM people.profile").fetchone() == (2,)
    assert officer.post(f"{path}/erase").status_code == 422


def test_an_objection_ends_all_contact(officer: Any, campaign: Campaign) -> None:
    path = taken_in(officer, "objection", NADIA)
    officer.post(f"{path}/end-contact")
    with campaign.ledger.read() as connection:
        barred = connection.execute("SELECT subject, channel, reason FROM consent.suppression").fetchall()
    assert barred == [(NADIA, "*", "objection")]


def test_a_correction_is_checked(officer: Any, campaign: Campaign) -> None:
    path = taken_in(officer, "correction", NADIA)
    token = links(officer).make("person", NADIA)
    wrong = {"person": token, "field": "birth_date", "value": "31 February"}
    assert officer.post(f"{path}/correct", wrong).status_code == 422
    assert officer.post(f"{path}/correct", wrong | {"field": "registration_number"}).status_code == 422
    officer.post(f"{path}/correct", {"person": token, "field": "phone", "value": "06 39 98 00 55"})
    with campaign.ledger.read() as connection:
        kept = connection.execute("SELECT subject, field, value FROM privacy.correction").fetchall()
    assert kept == [(NADIA, "phone", "+33639980055")]


def test_the_register_says_what_for(officer: Any) -> None:
    page = officer.get("/privacy/register").text
    assert "Electoral roll" in page
    assert "none given" in page


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PRIVACY, Role.DIRECTOR}))
def test_nobody_else_opens_the_desk(browser: Any, small_town: Campaign, role: Role) -> None:
    browser.sign_in(role)
    assert browser.get("/privacy").status_code == 403


class TestTheLinkOfAMessage:
    @pytest.fixture
    def path(self, browser: Any, small_town: Campaign) -> str:
        return f"/why/{links(browser).make(PERSON, NADIA)}"

    def ended(self, campaign: Campaign) -> int:
        with campaign.ledger.read() as connection:
            row = connection.execute("SELECT count(*) FROM consent.suppression").fetchone()
        assert row
        return int(row[0])

    def test_it_says_why_and_names_nobody(self, browser: Any, path: str, campaign: Campaign) -> None:
        for _ in range(3):
            page = browser.get(path)
        assert page.status_code == 200
        assert "Electoral roll" in page.text
        assert "Why you were chosen" in page.text
        for word in ("Nadia", "Berger", "nadia@example.org", "Lilas", "+336"):
            assert word not in page.text
        assert "Meant for" not in page.text
        with campaign.ledger.transaction() as connection:
            connection.execute("UPDATE people.standing SET days = '{2027-01-16}'")
        assert "Meant for Saturday, 16 January 2027" in browser.get(path).text
        assert self.ended(campaign) == 0, "looking ends nothing"

    def test_one_post_without_a_cookie_ends_it_all(self, browser: Any, path: str, campaign: Campaign) -> None:
        for body in ({"List-Unsubscribe": "One-Click"}, {"ask": "stop"}):
            browser.client.cookies.clear()
            answer = browser.client.post(path, data=body)
            assert answer.status_code == 200
            assert "will not contact you" in answer.text
        browser.client.cookies.clear()
        assert browser.client.post(path).status_code == 200, "an empty body, too"
        assert self.ended(campaign) == 1, "asked three times, it is done once"

    def test_a_wish_is_handed_on_once(self, browser: Any, path: str, campaign: Campaign) -> None:
        for _ in range(2):
            assert "within one month" in browser.client.post(path, data={"ask": "access"}).text
        (request,) = requests(campaign)
        assert request.kind is Kind.ACCESS
        assert request.subjects == (NADIA,)
        assert self.ended(campaign) == 0

    def test_no_other_token_opens_it(self, browser: Any, path: str, campaign: Campaign) -> None:
        staff = links(browser).make("person", NADIA)
        for token in (staff, "x", path.rpartition("/")[2][:-1] + "!"):
            assert browser.get(f"/why/{token}").status_code == 404
            assert browser.client.post(f"/why/{token}").status_code == 404
        assert self.ended(campaign) == 0

    def test_the_link_of_a_claim_tells_of_that_contact(
        self, browser: Any, path: str, campaign: Campaign
    ) -> None:
        with campaign.ledger.transaction() as connection:
            connection.execute(
                "INSERT INTO contacts.claim (claim_id, subject, members, asked, channel, option, message_version, cost,"
                " claimed_at, lapses_at, actor)"
                " VALUES (77, %(who)s, ARRAY[%(who)s], ARRAY[%(who)s], 'email', 'email:climate', '1', 0, %(now)s,"
                " %(now)s + interval '1 day', 'cli:anna')",
                {"who": NADIA, "now": campaign.clock()},
            )
        claimed = f"/why/{links(browser).make(CLAIM, 77)}"
        page = browser.get(claimed).text
        assert "E-mails" in page
        assert "15 January 2027" in page
        assert "will not contact you" in browser.client.post(claimed).text
        assert self.ended(campaign) == 1
        assert browser.get(f"/why/{links(browser).make(CLAIM, 78)}").status_code == 404
