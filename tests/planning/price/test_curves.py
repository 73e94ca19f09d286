"""Both curves of a made-up campaign: what each point uses, promises and may be off by."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from commonweal.campaign import Campaign
from commonweal.jobs.plain import as_plain
from commonweal.mandate.model import EVERYONE, Kept, Promise, Scope, Status
from commonweal.planning.joint import solve
from commonweal.planning.options import CampaignOption
from commonweal.planning.posing import Posed, pose
from commonweal.planning.price import Message, Price, curves
from commonweal.planning.price.errors import NoMessages
from commonweal.planning.terms import Term, Terms
from planning.folk import folk

NAMES = ("housing", "climate", "schools", "rents", "taxis")
OPTIONS = tuple(
    CampaignOption(
        code=f"{channel}:{name}",
        channel=channel,  # type: ignore[arg-type]
        message=name,
        unit_cost=cost,
        per="household" if channel == "post" else "person",
    )
    for channel, cost in (("post", 70), ("email", 1))
    for name in NAMES
)
FEW = Scope('city = "Toulouse"')
SAID = (
    Message("housing", (1, 2), 0.0),
    Message("climate", (3,), 0.0),
    Message("schools", (), None),
    Message("rents", (2, 4, 5), 2 / 3),
    Message("taxis", (6,), 1.0),
)


def kept(number: int, scope: Scope) -> Kept:
    promise = Promise(str(number), f"Promise {number}", gains=scope, cost=number * 1_000_00)
    return Kept(number, promise, "", 1, None, 1, None, None, 0, 0, 0, None)  # type: ignore[arg-type]


PROMISES = {number: kept(number, EVERYONE if number < 4 else FEW) for number in range(1, 7)}


@pytest.fixture(scope="module")
def worth() -> np.ndarray:
    """What messages gain: those that serve few gain most."""
    return np.tile([0.9, 0.8, 0.6, 1.3, 1.5], 2)


def posed(campaign: Campaign, worth: np.ndarray, terms: Terms | None = None) -> Posed:
    people = folk(400, OPTIONS)
    people = replace(people, d_turnout=(people.d_turnout * worth).astype(np.float32))
    return pose(campaign.lake, people, OPTIONS, 6_000, terms)


def drawn(campaign: Campaign, worth: np.ndarray, terms: Terms | None = None) -> Price:
    return curves.draw(posed(campaign, worth, terms), SAID, PROMISES, 6_000, "EUR")


def test_few_messages_and_broad_talk_each_have_their_price(campaign: Campaign, worth: np.ndarray) -> None:
    found = drawn(campaign, worth)
    assert [point.most for point in found.by_number] == [1, 2, 3, 4, 5]
    assert [len(point.messages) for point in found.by_number] == [1, 2, 3, 4, 5]
    free = found.free
    assert free.votes.value == pytest.approx(solve(posed(campaign, worth).problem).votes)
    assert (free.lost.value, free.lost.error, free.kept.value) == (0, 0, 1)
    assert free.promises == (1, 2, 3, 4, 5, 6)
    assert free.bill.cost == 21 * 1_000_00
    for point in (*found.by_number, *found.by_narrowness):
        assert point.spent <= 6_000
        assert point.votes.value <= point.bound
        assert point.votes.value + point.lost.value == pytest.approx(free.votes.value)
        assert point.gap < 0.05
        assert point.lost.error <= point.votes.error + free.votes.error + 1e-9
        told = {each for message in SAID if message.name in point.messages for each in message.promises}
        assert set(point.promises) == told
        assert point.bill.cost == sum(told) * 1_000_00
    votes = [point.votes.value for point in found.by_number]
    assert votes == sorted(votes)
    assert found.by_narrowness[0].narrow == 0
    assert {"rents", "taxis"}.isdisjoint(found.by_narrowness[0].messages)
    assert all((point.narrow or 0) <= (point.at_most or 0) + 1e-9 for point in found.by_narrowness)
    assert free.narrow is not None
    assert found.by_narrowness[-1].at_most is not None
    assert found.by_narrowness[-1].at_most < free.narrow
    gained = [round(point.votes.value, 9) for point in found.by_narrowness]
    assert all(gained.count(votes) <= 2 for votes in gained), "a flat has its two ends"


def test_the_fewest_that_keep_so_much_are_found(campaign: Campaign, worth: np.ndarray) -> None:
    found = drawn(campaign, worth)
    for share in (0.1, 0.9, 0.95):
        point = found.fewest(share)
        assert point.kept.value >= share
        fewer = [each for each in found.by_number if (each.most or 0) < (point.most or 0)]
        assert all(each.kept.value < share for each in fewer)
    assert found.fewest(1.1) is found.free


def test_a_minimum_that_few_messages_cannot_meet_has_no_point_with_so_few(
    campaign: Campaign, worth: np.ndarray
) -> None:
    limits = tuple(Term(name=name, message=name, at_least=5) for name in ("housing", "climate"))
    both = Term(name="all letters", channel="post", at_least=20)
    found = drawn(campaign, worth, Terms(limit=(*limits, both)))
    assert found.by_number[-1].most == 5
    enough = Term(name="e-mails", channel="email", at_least=1)
    only_post = tuple(option for option in OPTIONS if option.message != "taxis" or option.channel == "post")
    people = folk(60, only_post)
    problem = pose(campaign.lake, people, only_post, 6_000, Terms(limit=(enough,)))
    assert curves.draw(problem, SAID, PROMISES, 6_000, "EUR").by_number[-1].most == 5


def test_without_anything_known_of_promises_there_is_one_curve(campaign: Campaign, worth: np.ndarray) -> None:
    silent = [Message(name, (), None) for name in NAMES]
    found = curves.draw(posed(campaign, worth), silent, {}, 6_000, "EUR")
    assert found.by_narrowness == ()
    assert found.free.narrow is None
    assert found.free.bill.cost == 0


def test_one_message_has_no_price(campaign: Campaign) -> None:
    alone = OPTIONS[:1]
    with pytest.raises(NoMessages):
        curves.draw(pose(campaign.lake, folk(50, alone), alone, 600), SAID[:1], PROMISES, 600, "EUR")


def test_it_is_kept_as_a_run_and_read_again(campaign: Campaign, worth: np.ndarray) -> None:
    found = drawn(campaign, worth)
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(as_plain(found))), Price) == found


def test_what_was_withdrawn_costs_nothing() -> None:
    gone = replace(PROMISES[6].promise, status=Status.WITHDRAWN)
    assert curves.promised.bill([6], {6: replace(PROMISES[6], promise=gone)}).cost == 0
