from __future__ import annotations

import re
from typing import Any

from commonweal.campaign import Campaign


def test_an_invitation_shows_its_link_once_and_it_works(director: Any) -> None:
    director.get("/accounts")
    answer = director.post("/accounts/invite", {"name": "Sacha", "role": "organiser", "areas": "0113, 0114"})
    found = re.search(r"/sign-in#([\w-]+)", answer.text)
    assert found is not None
    again = director.get("/accounts").text
    assert found[1] not in again
    assert "0113 and 0114" in again
    director.post("/sign-out")
    assert "Sacha" in director.use(found[1]).get("/").text


def test_a_wrong_invitation_keeps_what_was_typed(director: Any) -> None:
    director.get("/accounts")
    answer = director.post(
        "/accounts/invite", {"name": "Sacha", "role": "organiser", "email": "sacha@example.org"}
    )
    assert answer.status_code == 422
    assert "at least one area" in answer.text
    assert 'value="sacha@example.org"' in answer.text


def test_sessions_are_ended_and_accounts_closed(director: Any, campaign: Campaign) -> None:
    director.get("/accounts")
    director.post("/accounts/invite", {"name": "Noa", "role": "volunteer"})
    page = director.get("/accounts").text
    tokens = re.findall(r"/accounts/([^/\"]+)/close", page)
    assert len(tokens) == 1, "one's own account is not offered for closing"
    assert director.post(f"/accounts/{tokens[0]}/end").headers["location"] == "/accounts"
    assert director.post(f"/accounts/{tokens[0]}/close").headers["location"] == "/accounts"
    assert "Noa" not in director.get("/accounts").text
    with campaign.ledger.read() as connection:
        verbs = [verb for (verb,) in connection.execute("SELECT verb FROM audit.entry ORDER BY entry_id")]
    assert verbs[-3:] == ["invite", "end_sessions", "close_account"]


def test_ids_in_addresses_are_signed(director: Any) -> None:
    director.get("/accounts")
    for token in ("1", "AQ", "AQ~forged"):
        assert director.post(f"/accounts/{token}/close").status_code == 404
