"""The facts of the lake and of the ledger are the same, whatever people said, however they were merged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import ibis
import pytest

from commonweal.campaign import Campaign
from commonweal.consent import actions, facts, points
from commonweal.consent.model import Channel, Purpose, Suppressed, Use
from commonweal.store.ledger import LedgerRole

from .conftest import AWA, JEAN, LEO, MARIE, OLD


def both(campaign: Campaign, use: Use, channel: Channel) -> tuple[list[tuple], list[tuple]]:
    at = campaign.clock()
    table = facts.lake_facts(campaign, use, channel, at).order_by(ibis.asc("person_id"))
    lake = [tuple(row.values()) for row in campaign.lake.read(table).to_pylist()]
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        # The role of pages, for nobody: the gate must not see less than the law does.
        ledger = connection.execute(
            "WITH asked AS (SELECT unnest(%(persons)s::bigint[]) AS person_id)"
            f" SELECT * FROM {facts.ledger_facts('Europe/Paris', use, channel)} AS facts ORDER BY person_id",
            {"at": at, "persons": [row[0] for row in lake]},
        ).fetchall()
    return lake, ledger


@pytest.fixture
def spoken(french: Callable[..., Campaign]) -> Campaign:
    """Words and suppressions of every sort; OLD became MARIE, an area keeps a time of its own."""
    campaign = french()
    earlier = campaign.clock() - timedelta(days=30)
    held = points.contact_point(campaign, "phone", "+33698765432")
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute(
            "INSERT INTO identity.run (at, actor, changed, records, persons, households) VALUES (now(), 't', true, 1, 1, 1)"
        )
        connection.execute(
            "INSERT INTO identity.redirect SELECT %s, %s, max(run_id) FROM identity.run", (OLD, MARIE)
        )
        connection.execute(
            "INSERT INTO people.area (area_code, name, geometry, outline, latitude, longitude, facts)"
            " VALUES ('0114', 'Papeete', '{}', '{}', 0, 0, '{\"timezone\": \"Pacific/Tahiti\"}')"
        )
        how = {"evidence": "on a sheet", "source": "paper"}
        actions.give(connection, campaign, MARIE, Channel.EMAIL, Purpose.CONTACT, **how)
        actions.withdraw(
            connection, campaign, OLD, Channel.EMAIL, Purpose.CONTACT, source="x", occurred_at=earlier
        )
        actions.give(connection, campaign, JEAN, Channel.ANY, Purpose.TARGETING, **how)
        actions.suppress(connection, campaign, OLD, Channel.SMS, Suppressed.STOP)
        actions.suppress(connection, campaign, MARIE, Channel.ANY, Suppressed.MOVED)
        actions.suppress(
            connection, campaign, None, Channel.PHONE, Suppressed.WRONG_NUMBER, contact_point=held
        )
        actions.approached(connection, campaign, [OLD, LEO], Channel.EMAIL)
    actions.find_holders(campaign)
    return campaign


def test_lake_and_ledger_gather_the_same(spoken: Campaign) -> None:
    for use in Use:
        for channel in Channel:
            lake, ledger = both(spoken, use, channel)
            assert lake == ledger, (use, channel)
            assert len(lake) == 4


def column(campaign: Campaign, channel: Channel, name: str) -> dict[int, object]:
    lake, _ledger = both(campaign, Use.CONTACT, channel)
    place = facts.FACTS.names.index(name)
    return {row[0]: row[place] for row in lake}


def test_the_strictest_word_of_merged_persons_holds(spoken: Campaign) -> None:
    assert column(spoken, Channel.EMAIL, "said")[MARIE] is False
    assert column(spoken, Channel.SMS, "suppressed")[MARIE] == "stop"
    assert column(spoken, Channel.POST, "suppressed")[MARIE] == "moved"
    assert column(spoken, Channel.EMAIL, "approached") == {MARIE: True, JEAN: False, AWA: False, LEO: True}


def test_a_number_is_left_alone_whoever_holds_it(spoken: Campaign) -> None:
    assert column(spoken, Channel.PHONE, "suppressed")[AWA] == "wrong_number"
    assert column(spoken, Channel.SMS, "suppressed")[AWA] is None


def test_origin_and_consent_are_those_of_the_list(spoken: Campaign) -> None:
    assert column(spoken, Channel.DOOR, "origin") == {
        MARIE: "official",
        JEAN: "official",
        AWA: "official",
        LEO: "bought",
    }
    assert column(spoken, Channel.EMAIL, "origin") == {MARIE: "given", JEAN: None, AWA: None, LEO: "bought"}
    assert column(spoken, Channel.EMAIL, "list_consent")[LEO] == "yes"
    assert column(spoken, Channel.EMAIL, "list_given")[LEO] is False
    assert column(spoken, Channel.DOOR, "has_basis")[LEO] is False
    assert column(spoken, Channel.ANY, "origin") == {
        MARIE: "given",
        JEAN: "official",
        AWA: "observed",
        LEO: "bought",
    }


def test_time_is_told_where_the_person_lives(spoken: Campaign) -> None:
    local = column(spoken, Channel.DOOR, "local")
    assert str(local[MARIE]) == "2027-01-15 21:00:00"
    assert str(local[JEAN]) == "2027-01-15 10:00:00"
