"""One person or two: the most telling pair first, an answer, the next one; who may, and what is noted."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from psycopg.types.json import Jsonb
from small_town import NADIA, PAUL

from commonweal.access.model import Role
from commonweal.campaign import Campaign
from commonweal.identity.queries import Doubt
from commonweal.store.ledger import LedgerRole
from commonweal.web import weighing
from commonweal.web.app import _key
from commonweal.web.language import Language
from commonweal.web.links import Links

_EVIDENCE = {
    "beforehand": -20.0,
    "given": 7.0,
    "surname": 9.5,
    "sex": -3.0,
    "address": 8.0,
    "household": -0.5,
}


def doubt(small_town: Campaign) -> None:
    """Paul has a record of his own, which may be Nadia's first one; her two records may be two persons'."""
    with small_town.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute(
            "INSERT INTO people.record (record_id, person_id, batch_id, source, line, evidence, given)"
            " VALUES (3, %s, 1, 'roll', 4, 'alone', %s)",
            (PAUL, Jsonb({"given_name": "Paul", "surname": "Berger", "street": "rue des Lilas"})),
        )
        connection.execute(
            "INSERT INTO identity.run (at, actor, changed, records, persons, households)"
            " VALUES (%s, 'cli:anna', true, 3, 2, 2)",
            (small_town.clock(),),
        )
        for left, right, telling in ((1, 2, 1.5), (1, 3, 3.0)):
            connection.execute(
                "INSERT INTO identity.doubt (left_record, right_record, run_id, weight, telling, evidence)"
                " SELECT %s, %s, run_id, 1.0, %s, %s FROM identity.run",
                (left, right, telling, Jsonb(_EVIDENCE)),
            )


@pytest.fixture
def doubtful(small_town: Campaign) -> Campaign:
    doubt(small_town)
    return small_town


def _form(page: str) -> dict[str, str]:
    """The hidden fields of the pair."""
    return dict(re.findall(r'<input type="hidden" name="(left|right)" value="([^"]+)"', page))


def _rows(campaign: Campaign, query: str) -> list[Any]:
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        return connection.execute(query).fetchall()


def test_the_pair_that_tells_most_comes_first_and_then_the_next(doubtful: Campaign, director: Any) -> None:
    page = director.get("/review").text
    assert "Paul" in page
    assert "2 pairs wait" in page
    assert "times likelier" in page
    answer = director.post(
        "/review/answer", _form(page) | {"answer": "different"}, headers={"HX-Request": "true"}
    )
    assert "It counts from the next run on" in answer.text
    assert "<html" not in answer.text
    assert "Nadya" in answer.text
    assert "1 pair waits" in answer.text
    answer = director.post("/review/answer", _form(answer.text) | {"answer": "same", "why": "one hand"})
    assert answer.headers["location"] == "/review"
    assert "Nothing waits for you" in director.get("/review").text
    assert _rows(
        doubtful,
        "SELECT left_record, right_record, left_person, right_person, answer, why FROM identity.decision ORDER BY 1, 2 DESC",
    ) == [(1, 3, NADIA, PAUL, "different", ""), (1, 2, NADIA, NADIA, "same", "one hand")]


def test_an_answer_that_a_merge_has_made_moot_is_told(doubtful: Campaign, director: Any) -> None:
    form = _form(director.get("/review").text)
    with doubtful.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute("UPDATE people.record SET person_id = %s WHERE record_id = 3", (NADIA,))
    answer = director.post("/review/answer", form | {"answer": "same"}, headers={"HX-Request": "true"})
    assert "one person meanwhile, as you say" in answer.text


def test_each_look_and_each_answer_is_noted(doubtful: Campaign, director: Any) -> None:
    director.post("/review/answer", _form(director.get("/review").text) | {"answer": "unsure"})
    noted = _rows(
        doubtful,
        "SELECT verb, persons FROM audit.entry WHERE verb IN ('look_at_pair', 'identity.decide') ORDER BY entry_id",
    )
    assert noted == [("look_at_pair", [NADIA, PAUL]), ("identity.decide", [NADIA, PAUL])]


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.PRIVACY, Role.DIGITAL, Role.VOLUNTEER])
def test_others_may_not_answer(doubtful: Campaign, browser: Any, role: Role) -> None:
    browser.sign_in(role)
    assert browser.get("/review").status_code == 403
    answer = browser.post("/review/answer", {"left": "x", "right": "y", "answer": "same"})
    assert answer.status_code == 403


def test_what_was_not_made_here_is_not_found(doubtful: Campaign, director: Any) -> None:
    form = _form(director.get("/review").text)
    for wrong in ({"left": "abc"}, {"answer": "perhaps"}):
        assert director.post("/review/answer", form | {"answer": "same"} | wrong).status_code == 404
    assert director.post("/review/undo/abc", {"why": ""}).status_code == 404


def test_the_parts_of_the_odds_add_up_and_are_told_in_times() -> None:
    language = Language("en", "Europe/Paris", "EUR")
    found = weighing.waterfall(Doubt(1, 3, sum(_EVIDENCE.values()), _EVIDENCE), language)
    assert [step.label for step in found.steps][:3] == [
        "Before looking: any two records",
        "Surname",
        "Address",
    ]
    assert found.steps[-1].end == pytest.approx(found.steps[-2].end)
    assert all(later.start == pytest.approx(step.end) for step, later in pairwise(found.steps[:-1]))
    assert weighing.times(7.0, language) == "130 times likelier"
    assert weighing.times(-3.0, language) == "8.0 times less likely"
    assert weighing.times(-20.0, language) == "over 1,000,000 times less likely"
    assert weighing.times(0.01, language) == "changes nothing"


def _merged(campaign: Campaign) -> None:
    """Somebody was merged into Nadia."""
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute(
            "INSERT INTO identity.event (run_id, kind, person_id, other_id, number, records)"
            " SELECT run_id, 'merge', 4999, %s, 1, '{2}' FROM identity.run",
            (NADIA,),
        )


def _way_back(page: str) -> str:
    found = re.search(r'action="(/review/undo/[^"]+)"', page)
    assert found
    return found[1]


def test_a_merge_is_taken_back_from_the_persons_page(doubtful: Campaign, director: Any) -> None:
    _merged(doubtful)
    director.get("/people")
    path = f"/people/{Links(_key(doubtful.ledger)).make('person', NADIA)}"
    page = director.get(path).text
    assert "Another person was found to be this one" in page
    answer = director.post(_way_back(page), {"why": "two generations"})
    assert answer.headers["location"] == "/runs"
    (run,) = _rows(doubtful, "SELECT command, arguments, actor FROM jobs.run")
    assert run[:2] == ("undo", {"event": 1, "why": "two generations"})
    assert run[2].startswith("account:")
    assert _rows(doubtful, "SELECT persons, why FROM audit.entry WHERE verb = 'ask_to_undo'") == [
        ([4999], None)  # an erasure could not take a reason out of the audit
    ]
    with doubtful.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute(
            "INSERT INTO identity.event (run_id, kind, person_id, other_id, number, undoes)"
            " SELECT run_id, 'undo', 4999, %s, 1, 1 FROM identity.run",
            (NADIA,),
        )
    again = director.post(_way_back(page), {"why": ""})
    assert again.status_code == 422
    assert "taken back already" in again.text
    assert len(_rows(doubtful, "SELECT FROM jobs.run")) == 1


def test_who_may_not_review_sees_the_history_and_no_way_back(doubtful: Campaign, browser: Any) -> None:
    _merged(doubtful)
    browser.sign_in(Role.PRIVACY)
    page = browser.get(f"/people/{Links(_key(doubtful.ledger)).make('person', NADIA)}").text
    assert "Another person was found to be this one" in page
    assert "/review/undo/" not in page
