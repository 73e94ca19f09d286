"""The claim in SQL says what the plain rules say, of any history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonweal.access import actions as access
from commonweal.access.model import Role
from commonweal.campaign import Campaign
from commonweal.contacts.claiming import Terms, claim
from commonweal.contacts.model import (
    CHANNELS,
    HOUSEHOLD_CHANNELS,
    Channel,
    History,
    Option,
    Refusal,
    Wish,
    stamp,
)
from commonweal.contacts.rules import (
    Caps,
    ChannelCaps,
    CoolDown,
    Moment,
    QuietHours,
    Rules,
    Useless,
    decide,
)
from commonweal.mandate.standing import Standing, standings
from commonweal.store.ledger import Connection, LedgerRole
from contacts.electors import merge, settle

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2027, 3, 28, 11, 30, tzinfo=UTC)  # the day on which summer time began in Paris
ANYBODY = "SELECT person_id, NULL::text AS refusal FROM asked"
STANDINGS = {
    "housing": None,
    "draft": Standing(approved=False),
    "unapproved": Standing(approved=False, promises=True),
    "climate": Standing(approved=True, promises=True),
    "withdrawn": Standing(approved=True, withdrawn=True),
    "void": Standing(approved=True, promises=True, taken_back=True),
}
"""Messages by how they stand on the ledger."""
MESSAGES, QUESTIONS = tuple(STANDINGS), ("", "support", "gift")
WIDE = Rules(
    caps=Caps(
        day="unlimited", week="unlimited", campaign="unlimited", **{c.value: ChannelCaps() for c in CHANNELS}
    )
)

times = st.integers(0, 9 * 24 * 4).map(lambda quarter: NOW - timedelta(minutes=15 * quarter))
channels = st.sampled_from(CHANNELS)
stamps = st.builds(stamp, times, channels)
few = st.lists(stamps, max_size=4).map(tuple)
histories = st.builds(
    History,
    contacts=st.lists(stamps, max_size=6).map(tuple),
    refusals=st.lists(stamps, max_size=1).map(tuple),
    votes=st.lists(stamps, max_size=1).map(tuple),
    gifts=st.lists(stamps, max_size=1).map(tuple),
    messages=st.frozensets(st.sampled_from(MESSAGES), max_size=1),
    answered=st.frozensets(st.sampled_from(QUESTIONS[1:]), max_size=1),
    held_until=st.none() | st.sampled_from([NOW - timedelta(hours=1), NOW, NOW + timedelta(hours=1)]),
)
cap = st.integers(1, 5) | st.just("unlimited")
own_caps = st.builds(ChannelCaps, day=cap, week=cap, campaign=cap)
rules = st.builds(
    Rules,
    rest_after_refusal=st.integers(0, 5),
    caps=st.builds(
        Caps, day=cap, week=cap, campaign=cap, **{channel.value: own_caps for channel in CHANNELS}
    ),
    quiet_hours=st.builds(
        QuietHours, **{c.value: st.sampled_from(["none", "13:00-14:00", "22:00-13:31"]) for c in CHANNELS}
    ),
    cool_down=st.builds(
        CoolDown,
        any=st.sampled_from([0, 0.5, 30]),
        after=st.dictionaries(
            channels, st.dictionaries(channels, st.sampled_from([1.0, 48.0]), max_size=2), max_size=2
        ),
    ),
    approval=st.sampled_from(["promises", "all"]),
    useless=st.builds(
        Useless, voted=st.booleans(), gave=st.booleans(), same_message=st.booleans(), answered=st.booleans()
    ),
)
options = st.builds(
    Option,
    code=st.just("o"),
    message=st.sampled_from([*MESSAGES, "housing", "housing", "climate", "climate", ""]),
    question=st.sampled_from(QUESTIONS),
    cost=st.just(7),
)
wishes = st.builds(Wish, channel=channels, option=options, ahead=st.booleans())

numbers = count(1)
claim_ids = count(1)


def new_ids(size: int) -> list[int]:
    return [next(claim_ids) for _ in range(size)]


def terms(wish: Wish, rules: Rules, **more: Any) -> Terms:
    given = {"rules": rules, "gate": ANYBODY, "now": NOW, "zone": "Europe/Paris"} | {
        "voted_since": NOW - timedelta(days=3),
        "channel": wish.channel,
        "options": [wish.option],
        "ahead": wish.ahead,
        "hold": timedelta(hours=4),
        "account": None,
        "actor": "test",
    }
    return Terms(**(given | more))


def put(connection: Connection, subject: int, history: History) -> None:
    connection.execute(
        "INSERT INTO contacts.pressure (subject, contacts, refusals, votes, gifts, messages, answered, claim_id, held_until)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            subject,
            *(list(x) for x in (history.contacts, history.refusals, history.votes, history.gifts)),
            *(sorted(x) for x in (history.messages, history.answered)),
            None if history.held_until is None else -subject,
            history.held_until,
        ),
    )


@pytest.fixture
def ledger_of_messages(campaign: Campaign) -> None:
    """Each message of STANDINGS, as a person would have left it."""
    access.invite(campaign, "Camille", Role.CANDIDATE)
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        who = {"by": connection.execute("SELECT account_id FROM access.account").fetchone()[0], "at": NOW}  # type: ignore[index]
        connection.execute(
            "INSERT INTO mandate.promise (text, public, status, made_by, made_at, changed_at)"
            " SELECT s, true, s, %(by)s, %(at)s, %(at)s FROM unnest(ARRAY['announced', 'withdrawn']) AS s",
            who,
        )
        for name, stands in STANDINGS.items():
            if stands is None:
                continue
            given = who | {"code": name, "approved": stands.approved, "withdrawn": stands.withdrawn}
            given["promise"] = "withdrawn" if stands.taken_back else "announced" if stands.promises else None
            connection.execute("INSERT INTO messages.message VALUES (%(code)s, %(by)s, %(at)s)", given)
            connection.execute(
                "WITH made AS (INSERT INTO messages.version (code, number, written_by, written_at, approved_by, approved_at)"
                "   SELECT %(code)s, 1, %(by)s, %(at)s, a.by, a.at FROM (SELECT) one"
                "   LEFT JOIN (SELECT %(by)s::bigint AS by, %(at)s::timestamptz AS at WHERE %(approved)s) a ON true"
                "   RETURNING version_id),"
                " back AS (INSERT INTO messages.withdrawal SELECT version_id, 'x', %(by)s, %(at)s FROM made WHERE %(withdrawn)s)"
                " INSERT INTO mandate.carries SELECT version_id, promise_id FROM made, mandate.promise WHERE text = %(promise)s",
                given,
            )


@pytest.mark.usefixtures("ledger_of_messages")
def test_the_ledger_tells_how_each_message_stands(campaign: Campaign) -> None:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        bare = standings(connection, STANDINGS)
        numbered = standings(connection, [f"{name}-1" for name in STANDINGS])
    assert bare == {name: stands for name, stands in STANDINGS.items() if stands}
    assert numbered == {f"{name}-1": stands for name, stands in bare.items()}


@pytest.mark.usefixtures("ledger_of_messages")
@given(st.lists(st.tuples(histories, st.sampled_from([0, 0, 1, 2])), min_size=1, max_size=8), rules, wishes)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_sql_says_what_the_plain_rules_say(
    campaign: Campaign, people: list[tuple[History, int]], rules: Rules, wish: Wish
) -> None:
    persons = {next(numbers): (history, home) for history, home in people}
    homes = {home: next(numbers) for home in (1, 2)}
    for person, (_, home) in persons.items():
        settle(campaign, [person], household=homes.get(home))
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        for person, (history, _) in persons.items():
            put(connection, person, history)
        found = claim(connection, terms(wish, rules), dict.fromkeys(persons, 0), new_ids)
    since = NOW - timedelta(days=3)
    for person, (history, home) in persons.items():
        shared = home and wish.channel in HOUSEHOLD_CHANNELS
        others = [h for p, (h, at) in persons.items() if shared and at == home and p != person]
        said = decide(
            history,
            rules,
            wish,
            Moment(NOW, PARIS),
            household=others,
            voted_since=since,
            standing=STANDINGS.get(wish.option.message),
        )
        assert found.refused.get(person) == said, (person, home)
    claimed = [person for each in found.made for person in each.asked]
    assert sorted([*claimed, *found.refused]) == sorted(persons)


def a_wish(channel: Channel = Channel.PHONE) -> Wish:
    return Wish(channel, Option("o", "housing", 7))


def ask(
    campaign: Campaign, persons: list[int], wish: Wish, rules: Rules = WIDE, **more: Any
) -> dict[int, Refusal]:
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        return claim(connection, terms(wish, rules, **more), dict.fromkeys(persons, 0), new_ids).refused


def test_a_claim_holds_until_it_lapses(campaign: Campaign) -> None:
    settle(campaign, [1])
    assert ask(campaign, [1], a_wish()) == {}
    assert ask(campaign, [1], a_wish(Channel.EMAIL))[1].code == "held"
    assert ask(campaign, [1], a_wish(Channel.EMAIL), now=NOW + timedelta(hours=4)) == {}
    with campaign.ledger.read() as connection:
        states = connection.execute("SELECT channel, state FROM contacts.claim ORDER BY claim_id").fetchall()
        money = connection.execute("SELECT sum(live), sum(committed) FROM contacts.spending").fetchone()
    assert states == [("phone", "lapsed"), ("email", "live")]
    assert money == (1, 7)


def test_a_door_is_claimed_for_all_who_live_there(campaign: Campaign) -> None:
    settle(campaign, [1, 2, 3], household=9)
    assert ask(campaign, [1, 2], a_wish(Channel.DOOR)) == {}
    assert ask(campaign, [3], a_wish(Channel.PHONE))[3].code == "held"
    with campaign.ledger.read() as connection:
        assert connection.execute("SELECT asked, members, cost FROM contacts.claim").fetchall() == [
            ([1, 2], [1, 2, 3], 14)
        ]


def test_a_stranger_is_nobody(campaign: Campaign) -> None:
    assert ask(campaign, [77], a_wish())[77].code == "unknown"


def test_the_law_comes_first(campaign: Campaign) -> None:
    settle(campaign, [1, 2])
    law = "SELECT person_id, CASE person_id WHEN 1 THEN 'l_49' END FROM asked"
    gate = f"SELECT * FROM ({law}) AS x (person_id, refusal)"
    assert ask(campaign, [1, 2], a_wish(), gate=gate) == {1: Refusal("l_49")}


def test_a_merged_person_bears_what_both_bore(campaign: Campaign) -> None:
    settle(campaign, [1, 2])
    rules = Rules(caps=Caps(day="unlimited", week=2, campaign="unlimited", phone=ChannelCaps()))
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        for person in (1, 2):
            put(connection, person, History(contacts=(stamp(NOW - timedelta(days=2), Channel.PHONE),)))
    merge(campaign, 1, into=2)
    assert ask(campaign, [2], a_wish(), rules)[2] == Refusal("cap_week", {"cap": 2})
    assert ask(campaign, [1], a_wish(), rules)[2] == Refusal("cap_week", {"cap": 2})


@pytest.mark.parametrize("gone", [1, 2])
def test_a_claim_on_one_of_two_who_merge_holds_both(campaign: Campaign, gone: int) -> None:
    settle(campaign, [1, 2])
    assert ask(campaign, [1], a_wish()) == {}
    merge(campaign, gone, into=3 - gone)
    assert ask(campaign, [3 - gone], a_wish())[3 - gone].code == "held"
