"""The API as another system meets it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from litestar import Litestar
from litestar.testing import TestClient
from requests import Request
from schemathesis.generation import GenerationMode
from small_town import NADIA

from commonweal.access import bearers
from commonweal.access.model import Role, Scope
from commonweal.campaign import Campaign
from commonweal.web import api, guard
from commonweal.web.api import reading
from commonweal.web.app import create_app


class Sender:
    """A system with a token."""

    def __init__(self, client: TestClient[Litestar], campaign: Campaign) -> None:
        self.client = client
        self.campaign = campaign
        self.token = bearers.make_token(campaign, "mailer", list(Scope), actor="account:1")

    def event(self, event_id: str = "e1", **told: Any) -> dict[str, Any]:
        at = (self.campaign.clock() - timedelta(hours=1)).isoformat()
        who = {} if {"person", "phone", "key"} & told.keys() else {"email": "nadia@example.org"}
        return {
            "event_id": event_id,
            "kind": "opened",
            "occurred_at": at,
            "channel": "email",
            **who,
            **told,
        }

    def post(self, body: Any, token: str | None = None, **headers: str) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"authorization": f"Bearer {token or self.token}", "content-type": "application/json"}
        return self.client.post("/api/v1/events", content=content, headers=given | headers)

    def state(self, *event_ids: str) -> Any:
        return self.client.get(
            "/api/v1/events",
            params=[("event_id", each) for each in event_ids],
            headers={"authorization": f"Bearer {self.token}"},
        )


@pytest.fixture
def sender(small_town: Campaign) -> Iterator[Sender]:
    with TestClient(create_app(small_town), base_url="http://127.0.0.1") as client:
        yield Sender(client, small_town)


def verdicts(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def problem(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["type"].startswith("/api#")
    return answer.status_code, told["code"]


def count(campaign: Campaign) -> int:
    with campaign.ledger.read() as connection:
        row = connection.execute("SELECT count(*) FROM interactions.event").fetchone()
    assert row is not None
    return int(row[0])


def test_a_batch_goes_in_once(sender: Sender) -> None:
    batch = [sender.event(f"e{number}") for number in range(20)]
    assert verdicts(sender.post(batch)) == {"accepted": 20, "pending": 0, "repeated": 0, "refused": []}
    assert verdicts(sender.post(batch[5:])) == {"accepted": 0, "pending": 0, "repeated": 15, "refused": []}
    assert count(sender.campaign) == 20


@pytest.mark.parametrize("when", ["NOT DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"])
def test_a_full_disk_is_said_and_nothing_that_is_lost_was_acknowledged(sender: Sender, when: str) -> None:
    """In the middle of the transaction, and at its end. (A real disk is filled by the drill `disk_full`.)"""
    with sender.campaign.ledger.transaction() as connection:
        connection.execute(
            "CREATE FUNCTION staging.full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"
        )
        connection.execute(
            f"CREATE CONSTRAINT TRIGGER full_disk AFTER INSERT ON audit.entry {when}"
            " FOR EACH ROW WHEN (new.verb = 'events.take_in') EXECUTE FUNCTION staging.full()"
        )
    batch = [sender.event("e1"), sender.event("e2", kind="sent")]
    answer = sender.post(batch)
    assert problem(answer) == (507, "disk_full")
    assert "accepted" not in answer.json()
    assert count(sender.campaign) == 0
    assert [each["state"] for each in sender.state("e1", "e2").json()["events"]] == ["unknown"] * 2
    with sender.campaign.ledger.transaction() as connection:
        connection.execute("DROP FUNCTION staging.full() CASCADE")
    assert verdicts(sender.post(batch)) == {"accepted": 2, "pending": 0, "repeated": 0, "refused": []}
    with sender.campaign.ledger.read() as connection:
        held = connection.execute("SELECT cardinality(contacts) FROM contacts.pressure").fetchall()
    assert held == [(1,)], "the contact counts once"


def test_lines_do_as_well(sender: Sender) -> None:
    lines = [json.dumps(sender.event("a")), "{broken", "", json.dumps(sender.event("b"))]
    told = verdicts(sender.post("\n".join(lines).encode(), **{"content-type": "application/x-ndjson"}))
    assert (told["accepted"], [each["position"] for each in told["refused"]]) == (2, [1])


def test_too_many_lines_are_counted_before_any_has_a_verdict(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_one_by_one", lambda _parts: pytest.fail("looked at each"))
    for body, kind in ((b"0\n" * 1_000_000, reading.LINES), (b"[" + b"0," * 5000 + b"0]", reading.JSON)):
        assert problem(sender.post(body, **{"content-type": kind})) == (413, "too_many_events")


def test_no_other_system_speaks_in_the_name_of_the_campaigns_people(sender: Sender) -> None:
    ours = ["account:1", "token:1", "cli:anna", "web", "restore"]
    batch = [
        sender.event(f"e{place}", actor=actor) for place, actor in enumerate([*ours, "Anna", "vendor:7"])
    ]
    told = verdicts(sender.post(batch))
    assert told["accepted"] == 2
    assert [each["code"] for each in told["refused"]] == ["bad_actor"] * len(ours)


def test_each_event_has_its_verdict(sender: Sender) -> None:
    batch = [
        sender.event("good"),
        sender.event("future", occurred_at=(sender.campaign.clock() + timedelta(hours=1)).isoformat()),
        sender.event("kind", kind="telepathy"),
        sender.event("surplus", colour="red"),
        {"event_id": "bare"},
        sender.event("x" * 129),
        sender.event("raw", person_id=NADIA),
        sender.event("forged", person="NA~xx"),
        sender.event("stranger", email="stranger@example.org"),
        17,
        sender.event("naive", occurred_at="2027-01-15T10:00:00"),
        sender.event("both", kind="attempt", result="refused", answers={"q": "yes"}),
        sender.event("good"),
    ]
    told = verdicts(sender.post(batch))
    assert (told["accepted"], told["pending"], told["repeated"]) == (2, 1, 1)
    assert {each["position"]: each["code"] for each in told["refused"]} == {
        1: "future",
        2: "unknown_code",
        3: "unknown_field",
        4: "missing",
        5: "too_long",
        6: "raw_id",
        7: "bad_person",
        9: "not_understood",
        10: "not_understood",
        11: "both_outcomes",
    }
    assert told["refused"][0]["event_id"] == "future"
    assert "5 minutes" in told["refused"][0]["detail"]


def test_a_person_is_named_by_the_token_of_a_link(sender: Sender) -> None:
    from commonweal.web.app import _key
    from commonweal.web.links import Links

    token = Links(_key(sender.campaign.ledger)).make("person", NADIA)
    assert verdicts(sender.post([sender.event(person=token)]))["pending"] == 0
    with sender.campaign.ledger.read() as connection:
        assert connection.execute("SELECT subject FROM interactions.event").fetchall() == [(NADIA,)]


def test_what_became_of_an_event(sender: Sender) -> None:
    sender.post([sender.event("here"), sender.event("waits", email="stranger@example.org")])
    told = sender.state("here", "waits", "never").json()["events"]
    assert [(each["event_id"], each["state"]) for each in told] == [
        ("here", "accepted"),
        ("waits", "pending"),
        ("never", "unknown"),
    ]
    assert problem(sender.state()) == (400, "not_understood")
    assert problem(sender.state("a\x00b")) == (400, "not_understood")


def test_what_is_no_json_or_too_much_is_refused_whole(sender: Sender) -> None:
    assert problem(sender.post(b"[{")) == (400, "not_understood")
    assert problem(sender.post(b"[" * 100_000)) == (400, "not_understood")
    assert problem(sender.post(b"\xff\xfe")) == (400, "not_understood")
    assert problem(sender.post({"not": "an array"})) == (400, "not_understood")
    assert problem(sender.post([sender.event(str(number)) for number in range(5001)])) == (
        413,
        "too_many_events",
    )
    assert problem(sender.post(b" " * 10_000_000)) == (413, "too_large")
    assert problem(sender.post([], **{"content-type": "text/csv"})) == (415, "wrong_media_type")
    assert problem(sender.post(b"\x1f\x8b", **{"content-encoding": "gzip"})) == (415, "wrong_media_type")
    assert count(sender.campaign) == 0


def test_without_a_good_token_nothing(sender: Sender) -> None:
    answer = sender.post([], token="cw_forged")
    assert problem(answer) == (401, "no_token")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert problem(sender.client.post("/api/v1/events", json=[])) == (401, "no_token")
    reader = bearers.make_token(sender.campaign, "reader", [Scope.EVENTS_READ], actor="account:1")
    assert problem(sender.post([], token=reader)) == (403, "not_in_scope")


def test_a_cookie_opens_nothing_here(browser: Any, small_town: Campaign) -> None:
    browser.sign_in(Role.DIRECTOR)
    answer = browser.client.post("/api/v1/events", json=[])
    assert problem(answer) == (401, "no_token")


def test_a_token_opens_no_page(sender: Sender) -> None:
    answer = sender.client.get(
        "/", headers={"authorization": f"Bearer {sender.token}"}, follow_redirects=False
    )
    assert answer.headers["location"] == "/sign-in"


def test_a_revoked_token_is_refused_at_once_and_in_mid_stream(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert verdicts(sender.post([sender.event("before")]))["accepted"] == 1
    from commonweal.web.api import events

    whole = events.read

    def meanwhile(*told: Any) -> Any:
        bearers.revoke_token(sender.campaign, 1, actor="account:1")
        return whole(*told)

    with monkeypatch.context() as patch:
        patch.setattr(events, "read", meanwhile)
        assert problem(sender.post([sender.event("during")])) == (401, "no_token")
    assert problem(sender.post([sender.event("after")])) == (401, "no_token")
    assert count(sender.campaign) == 1


def test_a_new_token_of_a_sender_goes_on_where_the_old_one_ended(sender: Sender) -> None:
    sender.post([sender.event()])
    second = bearers.make_token(sender.campaign, "mailer", [Scope.EVENTS_WRITE], actor="account:1")
    assert verdicts(sender.post([sender.event()], token=second))["repeated"] == 1


def test_nothing_is_here(sender: Sender) -> None:
    for method, path in (("GET", "/api/v1/nothing"), ("DELETE", "/api/v1/events"), ("GET", "/api/v1/")):
        status, code = problem(sender.client.request(method, path))
        assert code == "nothing_here", (path, status)


def test_the_description_is_what_is_built(sender: Sender) -> None:
    document = sender.client.get("/api/schema/openapi.json").json()
    event = document["components"]["schemas"]["Event"]
    assert set(event["required"]) == {"event_id", "kind", "occurred_at"}
    assert "person" in event["properties"]
    assert "person_id" not in event["properties"]
    assert set(document["paths"]["/api/v1/events"]) == {"post", "get"}
    text = json.dumps(document)
    references = {part.split('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}
    assert references <= set(document["components"]["schemas"])


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("method", ["get", "post"])
def test_whatever_comes_no_answer_is_500_and_each_is_described(
    sender: Sender, method: str, mode: GenerationMode
) -> None:
    """Requests made up from the description, as it says (positive) and against it (negative)."""
    document = sender.client.get("/api/schema/openapi.json").json()
    described = document["paths"]["/api/v1/events"][method]["responses"]
    operation = schemathesis.openapi.from_dict(document)["/api/v1/events"][method]

    @settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def answered(case: schemathesis.Case) -> None:
        asked = Request(**case.as_transport_kwargs(base_url="http://127.0.0.1")).prepare()
        headers = {name: value for name, value in asked.headers.items() if name.lower() != "authorization"}
        answer = sender.client.request(
            str(asked.method),
            str(asked.url),
            content=asked.body.encode() if isinstance(asked.body, str) else asked.body,
            headers={**headers, "authorization": f"Bearer {sender.token}"},
        )
        assert str(answer.status_code) in {*described, "405"} - {"500"}, answer.text

    answered()


def test_each_route_of_the_api_asks_for_a_scope() -> None:
    for handler in api.ROUTES:
        public = all(path.startswith("/api/schema/") for path in handler.paths)
        assert isinstance(guard.required(handler), Scope) != public, handler.paths
