"""A merge taken back with everything that hung on it: each fact goes back to the right person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.conftest import Clock, LedgerServer, fresh
from tests.identity.conftest import JEANNE, MARRIED, loading
from tests.identity.test_undoing import _merges, _persons, _records

from commonweal import loop
from commonweal.campaign import Campaign
from commonweal.consent import actions as consent
from commonweal.consent import queries as said
from commonweal.consent.model import Channel, Purpose, Suppressed
from commonweal.identity import queries
from commonweal.interactions import story
from commonweal.interactions.actions import take_in
from commonweal.interactions.model import Channel as By
from commonweal.interactions.model import Event, Kind
from commonweal.store.ledger import LedgerRole

_MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def parted(
    ledger_server: LedgerServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Campaign, int, int]]:
    """Two persons who were one for a while, with facts of that time: the campaign, and who is of which record. Tests
    only look at it."""
    clock = Clock()
    with fresh(ledger_server, tmp_path_factory.mktemp("parted") / "campaign", clock) as campaign:
        yield campaign, *_part(campaign, clock)


def _part(campaign: Campaign, clock: Clock) -> tuple[int, int]:
    load = loading(campaign)
    load("gifts", [{"id": "g1", **MARRIED}])
    load("roll", [{"id": "1", **JEANNE, "phone": "0561000001"}])
    loop.resolve(campaign)
    before = _persons(campaign)
    clock.now += _MINUTE
    load("signups", [{"id": "s1", **JEANNE, **MARRIED, "email": ""}])
    assert loop.resolve(campaign).merged == 1
    clock.now += _MINUTE
    (event, _gone, living) = _merges(campaign)[0]
    _facts(campaign, living)
    clock.now += _MINUTE
    loop.undo(campaign, event, why="two generations")
    after = _persons(campaign)
    assert {name: after[name] for name in before} == before
    return before["roll:1"], before["gifts:g1"]


def _facts(campaign: Campaign, living: int) -> None:
    records = {name: record for name, (record, _person) in _records(campaign).items()}
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        for name, purpose in (("roll:1", Purpose.PROFILING), ("gifts:g1", Purpose.TARGETING)):
            consent.give(
                connection,
                campaign,
                living,
                Channel.ANY,
                purpose,
                evidence="by hand",
                source="form",
                record_id=records[name],
            )
        consent.withdraw(
            connection,
            campaign,
            living,
            Channel.PHONE,
            Purpose.CONTACT,
            evidence="her letter",
            source="a call",
        )
        consent.suppress(connection, campaign, living, Channel.SMS, Suppressed.STOP)
        connection.execute(
            "INSERT INTO contacts.pressure (subject, contacts, messages) VALUES (%s, %s, '{news}')"
            " ON CONFLICT (subject) DO UPDATE SET contacts = excluded.contacts, messages = excluded.messages",
            (living, [int(campaign.clock().timestamp()) * 8]),
        )
    told = {"kind": Kind.VISIT, "channel": By.WEB, "occurred_at": campaign.clock()}
    events = [
        Event(event_id="by-row", source="roll", key="1", **told),
        Event(event_id="by-mail", email="jeanne@example.org", **told),
        Event(event_id="by-phone", phone="0561000001", **told),
        Event(event_id="by-name", person_id=living, **told),
    ]
    assert not take_in(campaign, events, "site").refused


def _events(campaign: Campaign, person: int) -> set[str]:
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        moments = story.of(campaign, connection, person).moments
    return {str(moment.params["event_id"]) for moment in moments if moment.source == "event"}


def test_what_happened_goes_with_its_record_or_contact_point(parted: tuple[Campaign, int, int]) -> None:
    campaign, roll, gifts = parted
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        row = connection.execute("SELECT other_id FROM identity.event WHERE kind = 'undo'").fetchone()
    living = row[0] if row else None
    unknown = {"by-name"}
    assert _events(campaign, roll) == {"by-row", "by-phone"} | (unknown if living == roll else set())
    assert _events(campaign, gifts) == {"by-mail"} | (unknown if living == gifts else set())


def test_a_yes_goes_with_its_record_and_a_no_that_names_none_holds_for_both(
    parted: tuple[Campaign, int, int],
) -> None:
    campaign, roll, gifts = parted
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        heard = {person: said.moments(connection, person) for person in (roll, gifts)}
        asked = {
            channel: dict(
                connection.execute(
                    "SELECT person_id, coalesce(suppressed, said::text) FROM consent.told(%s, %s, %s, 'UTC')",
                    ([roll, gifts], channel, purpose),
                ).fetchall()
            )
            for channel, purpose in (("phone", "contact"), ("sms", "contact"))
        }
    yes = {person: {each.purpose for each in told if each.kind == "given"} for person, told in heard.items()}
    assert yes == {roll: {Purpose.PROFILING}, gifts: {Purpose.TARGETING}}
    assert asked == {"phone": {roll: "false", gifts: "false"}, "sms": {roll: "stop", gifts: "stop"}}


def test_how_one_said_no_is_not_told_of_the_other(parted: tuple[Campaign, int, int]) -> None:
    campaign, roll, gifts = parted
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        told = connection.execute("SELECT subject, evidence FROM consent.consent WHERE NOT given").fetchall()
    assert {subject for subject, _evidence in told} == {roll, gifts}
    assert sorted(evidence for _subject, evidence in told) == ["", "her letter"]


def test_the_pressure_of_the_time_as_one_is_on_both(parted: tuple[Campaign, int, int]) -> None:
    campaign, roll, gifts = parted
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        rows = connection.execute(
            "SELECT subject, cardinality(contacts), messages FROM contacts.pressure"
        ).fetchall()
    assert {row[0]: row[1:] for row in rows} == {roll: (1, ["news"]), gifts: (1, ["news"])}


def test_who_was_parted_knows_from_whom(parted: tuple[Campaign, int, int]) -> None:
    campaign, roll, gifts = parted
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        assert queries.parted_from(connection, [roll]) == [gifts]
        assert queries.parted_from(connection, [gifts]) == [roll]
