from __future__ import annotations

from typing import Any

import pytest
from litestar import Litestar

from commonweal.access import actions, queries
from commonweal.access.model import Role
from commonweal.campaign import Campaign
from commonweal.store.ledger import LedgerRole
from commonweal.web.sign_in import COOKIE


def test_a_link_signs_in_and_the_cookie_is_for_the_browser_only(browser: Any, campaign: Campaign) -> None:
    link = actions.invite(campaign, "Dominique", Role.DIRECTOR)
    browser.get("/sign-in")
    answer = browser.post("/sign-in/link", {"token": f"http://127.0.0.1:8000/sign-in#{link}"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Dominique" in browser.get("/").text


def test_a_spent_link_says_what_to_do(browser: Any, campaign: Campaign) -> None:
    link = actions.invite(campaign, "Dominique", Role.DIRECTOR)
    actions.sign_in_by_link(campaign, link)
    browser.get("/sign-in")
    answer = browser.post("/sign-in/link", {"token": link})
    assert answer.status_code == 403
    assert "Ask whoever sent it for a new one." in answer.text


def test_a_form_without_its_token_is_refused(director: Any) -> None:
    director.csrf = ""
    assert director.post("/sign-out").status_code == 403
    assert director.get("/").status_code == 200


def test_a_session_ended_elsewhere_is_over_at_the_next_request(director: Any, campaign: Campaign) -> None:
    with campaign.ledger.read() as connection:
        (listed,) = queries.accounts(connection, campaign.clock())
    actions.end_sessions(campaign, listed.account.account_id)
    assert director.get("/").headers["location"] == "/sign-in"


def test_signing_out(director: Any) -> None:
    director.get("/")
    assert director.post("/sign-out").headers["location"] == "/sign-in"
    assert director.get("/").headers["location"] == "/sign-in"


def test_a_password_set_on_the_own_page_signs_in(browser: Any) -> None:
    browser.sign_in(Role.ANALYST, email="alix@example.org").get("/me")
    assert browser.post("/me/password", {"password": "short"}).status_code == 422
    assert "is set" in browser.post("/me/password", {"password": "otter lantern gravel eleven"}).text
    browser.post("/sign-out")
    browser.get("/sign-in")
    wrong = browser.post("/sign-in/password", {"email": "alix@example.org", "password": "no no no no no"})
    assert wrong.status_code == 403
    right = browser.post(
        "/sign-in/password", {"email": "alix@example.org", "password": "otter lantern gravel eleven"}
    )
    assert right.headers["location"] == "/"


def test_tries_from_one_place_are_limited(browser: Any) -> None:
    browser.get("/sign-in")
    answers = [browser.post("/sign-in/link", {"token": "x" * 30}) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [403] * 20 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60


def test_looks_behind_the_links_of_messages_keep_nobody_out(browser: Any) -> None:
    browser.get("/sign-in")
    looks = [browser.get("/why/forged").status_code for _ in range(61)]
    assert looks == [404] * 60 + [429]
    assert browser.client.post("/why/forged").status_code == 404, "an objection is never put off"
    assert browser.post("/sign-in/link", {"token": "x" * 30}).status_code == 403


def test_an_account_locks_after_wrong_passwords_and_a_link_is_the_way_back(
    browser: Any, campaign: Campaign
) -> None:
    link = actions.invite(campaign, "Alix", Role.ANALYST, email="alix@example.org")
    browser.use(link)
    browser.get("/me")
    browser.post("/me/password", {"password": "otter lantern gravel eleven"})
    browser.post("/sign-out")
    browser.get("/sign-in")
    wrong = {"email": "alix@example.org", "password": "not this one at all"}
    answers = [browser.post("/sign-in/password", wrong) for _ in range(6)]
    right = browser.post("/sign-in/password", wrong | {"password": "otter lantern gravel eleven"})
    assert {answer.status_code for answer in [*answers, right]} == {403}, "locked, and it does not say so"
    assert "ask your data director for a sign-in link" in right.text
    with campaign.ledger.read() as connection:
        (alix,) = [each.account for each in queries.accounts(connection, campaign.clock())]
    browser.use(actions.make_link(campaign, alix.account_id))
    assert browser.get("/").status_code == 200


def test_no_number_of_tries_tells_whether_an_address_has_an_account(browser: Any, campaign: Campaign) -> None:
    browser.sign_in(Role.ANALYST, email="alix@example.org").get("/me")
    browser.post("/me/password", {"password": "otter lantern gravel eleven"})
    browser.post("/sign-out")
    told = {}
    for address in ("alix@example.org", "nobody@example.org"):
        browser.get("/sign-in")
        tries = [
            browser.post("/sign-in/password", {"email": address, "password": "not this one"})
            for _ in range(7)
        ]
        told[address] = [
            (answer.status_code, answer.text.replace(address, ""), "retry-after" in answer.headers)
            for answer in tries
        ]
    assert told["alix@example.org"] == told["nobody@example.org"]


def test_ones_other_sessions_can_be_seen_and_ended(browser: Any, app: Litestar, campaign: Campaign) -> None:
    browser.sign_in(Role.DIRECTOR)
    with campaign.ledger.read() as connection:
        (director,) = [each.account for each in queries.accounts(connection, campaign.clock())]
    lost = actions.sign_in_by_link(campaign, actions.make_link(campaign, director.account_id))
    page = browser.get("/me").text
    assert page.count("last used") == 2
    assert page.count("this one") == 1
    assert browser.post("/me/sessions/end").headers["location"] == "/me"
    assert browser.get("/me").text.count("last used") == 1
    with campaign.ledger.read() as connection:
        assert queries.session(connection, lost, campaign.clock()) is None


@pytest.mark.parametrize(
    ("header", "text"), [("fr-CH, en;q=0.5", "Se connecter"), ("de, en;q=0.3", "Sign in"), ("", "Sign in")]
)
def test_the_first_page_speaks_the_browsers_language(browser: Any, header: str, text: str) -> None:
    assert text in browser.get("/sign-in", headers={"accept-language": header}).text


def test_a_language_once_chosen_stays_with_the_account(director: Any, campaign: Campaign) -> None:
    director.get("/me")
    assert director.post("/language", {"code": "fr", "back": "/me"}).headers["location"] == "/me"
    assert '<html lang="fr">' in director.get("/me").text
    assert '<html lang="en">' in director.get("/me?lang=en").text
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        assert queries.accounts(connection, campaign.clock())[0].account.language == "fr"


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "x"]
)
def test_nobody_is_sent_to_another_site(browser: Any, back: str) -> None:
    browser.get("/sign-in")
    assert browser.post("/language", {"code": "fr", "back": back}).headers["location"] == "/"


def test_the_demo_shows_every_role(browser: Any, campaign: Campaign) -> None:
    browser.use(actions.open_demo(campaign, ["0113"]))
    for role in Role:
        browser.get("/")
        assert browser.post("/role", {"role": role.value}).headers["location"] == "/"
        assert f'value="{role.value}" selected' in browser.get("/").text


def test_outside_of_a_demo_nobody_switches(director: Any) -> None:
    assert "demo-role" not in director.get("/").text
    assert director.post("/role", {"role": "privacy"}).status_code == 422


def test_every_answer_is_hardened(director: Any) -> None:
    for path in ("/", "/sign-in", "/static/commonweal.css", "/nothing-here"):
        headers = director.get(path).headers
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    assert director.get("/").headers["cache-control"] == "no-store"
    assert "immutable" in director.get("/static/commonweal.css?v=1").headers["cache-control"]


def test_a_missing_page_and_a_broken_one_say_so_in_words(director: Any) -> None:
    missing = director.get("/nothing-here")
    assert missing.status_code == 404
    assert "There is nothing here." in missing.text


def test_a_part_of_a_page_that_fails_becomes_a_notice(director: Any) -> None:
    director.get("/")
    answer = director.post("/runs/nothing/stop", headers={"hx-request": "true"})
    assert answer.status_code == 404
    assert answer.headers["hx-retarget"] == "#notice"
    assert "<html" not in answer.text
