"""From a run's doubts to the queue of the reviewers, and back into the next run."""

from __future__ import annotations

import numpy as np
import pytest
from tests.identity.conftest import Load

from commonweal import loop
from commonweal.campaign import Campaign
from commonweal.identity import queries
from commonweal.identity.actions import decide
from commonweal.identity.doubts import telling
from commonweal.identity.model import Answer
from commonweal.store.ledger import LedgerRole

_SOME = {"given_name": "Jeanne", "surname": "Abadie", "city": "Toulouse"}


def _queue(campaign: Campaign) -> queries.Queue:
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        return queries.queue(connection)


def test_even_odds_over_many_records_say_most() -> None:
    said = telling(np.array([0.0, 0.0, 3.0, -3.0, 60.0]), np.array([2, 5, 2, 2, 2]))
    assert said[1] == pytest.approx(5.0)
    assert said[0] == pytest.approx(2.0)
    assert said[2] == pytest.approx(said[3])
    assert said[0] > said[2] > said[4]


@pytest.mark.parametrize("answer", [Answer.SAME, Answer.DIFFERENT])
def test_what_a_run_could_not_tell_is_asked_and_heard(campaign: Campaign, load: Load, answer: Answer) -> None:
    """Some of one name in one town, of whom not every list gives the birth."""
    born = {"birth_date": "1961-03-04"}
    home = {"house_number": "12", "street": "rue des Lilas", "postcode": "31000"}
    load("roll", [{"id": "1", **_SOME, **born}, {"id": "2", **_SOME, **born, **home, "city": ""}])
    load("gifts", [{"id": "g1", **_SOME, "birth_date": ""}, {"id": "g2", **_SOME, **born, **home}])
    report = loop.resolve(campaign)
    queue = _queue(campaign)
    assert queue.waiting == report.doubts > 0
    assert queue.unheard == 0
    asked = queue.next
    assert asked is not None
    assert abs(asked.weight) <= 3
    assert sum(asked.evidence.values()) == pytest.approx(asked.weight, abs=0.01)
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        decide(connection, campaign, (asked.right, asked.left), answer)
    assert (_queue(campaign).waiting, _queue(campaign).unheard) == (report.doubts - 1, 1)
    loop.resolve(campaign)
    left, right = _persons(campaign, asked.left, asked.right)
    assert (left == right) == (answer is Answer.SAME)
    queue = _queue(campaign)
    assert queue.unheard == 0
    assert queue.next is None or (queue.next.left, queue.next.right) != (asked.left, asked.right)


def _persons(campaign: Campaign, *records: int) -> list[int]:
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        owners = queries.owners(connection, records)
    return [owners[record] for record in records]
