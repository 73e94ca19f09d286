"""The director's page of the API's tokens, and the API's own page."""

from __future__ import annotations

import re
from typing import Any

from commonweal.access import bearers
from commonweal.campaign import Campaign
from commonweal.contacts.actions import SENDER
from commonweal.interactions.model import FAULT


def revoke_form(page: str) -> str:
    found = re.search(r'action="(/tokens/[^"]+/revoke)"', page)
    assert found is not None
    return found[1]


def test_a_token_is_made_shown_once_and_revoked(director: Any, campaign: Campaign) -> None:
    director.get("/tokens")
    page = director.post("/tokens/make", {"sender": "mailer", "scopes": ["events:write", "events:read"]}).text
    token = re.search(r"cw_[\w-]+", page)
    assert token is not None
    good = bearers.bearer(campaign, token[0])
    assert good is not None
    assert (good.sender, len(good.scopes)) == ("mailer", 2)
    listed = director.get("/tokens").text
    assert "cw_" not in listed
    assert director.post(revoke_form(listed)).headers["location"] == "/tokens"
    assert bearers.bearer(campaign, token[0]) is None
    assert "revoked" in director.get("/tokens").text
    with campaign.ledger.read() as connection:
        rows = connection.execute(
            "SELECT verb, subject FROM audit.entry WHERE verb LIKE 'token.%' ORDER BY entry_id"
        ).fetchall()
    assert rows == [("token.make", "token:1"), ("token.revoke", "token:1")]


def test_a_token_without_a_good_name_or_any_right_is_not_made(director: Any, campaign: Campaign) -> None:
    director.get("/tokens")
    ours = {"sender": SENDER, "scopes": "events:write"}
    for given in ({"sender": "The Mailer!", "scopes": "events:read"}, {"sender": "mailer"}, ours):
        answer = director.post("/tokens/make", given)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
    assert "cw_" not in director.get("/tokens").text
    assert "cw_" in director.post("/tokens/make", {"sender": "mailer", "scopes": "events:read"}).text


def test_a_token_that_is_not_known_can_not_be_revoked(director: Any) -> None:
    director.get("/tokens")
    assert director.post("/tokens/forged/revoke").status_code == 404


def test_the_page_of_the_api_tells_every_reason_and_needs_nothing_from_elsewhere(browser: Any) -> None:
    page = browser.get("/api").text
    assert all(f"<code>{fault.value}</code>" in page for fault in FAULT)
    assert "person_id" not in page
    assert not re.search(r'(src|href)="(https?:)?//', page)
