"""What was done already is in no plan, and all of a new plan can be claimed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonweal import loop
from commonweal.campaign import Campaign
from commonweal.contacts import actions, batches, closing, lists, queries
from commonweal.contacts.model import (
    HOUSEHOLD_CHANNELS,
    Channel,
    Claim,
    History,
    Option,
    Wish,
    first_stamp,
    stamp,
)
from commonweal.contacts.rules import Caps, ChannelCaps, Moment, Rules, decide
from commonweal.interactions.model import ResultCode
from commonweal.planning import making
from commonweal.planning.dated import dated
from commonweal.planning.horizon import Horizon
from commonweal.planning.options import CampaignOption
from commonweal.store.ledger import LedgerRole
from conftest import Clock, Laid, LedgerServer
from contacts.electors import merge, settle
from contacts.test_claiming import NOW, PARIS, histories, put, rules
from town import Town, rows

OPTIONS = tuple(
    CampaignOption(code=f"{channel}:{message}", channel=channel, message=message, unit_cost=100, per=per)
    for channel, per in (("door", "household"), ("post", "household"), ("phone", "person"))
    for message in ("housing", "climate")
)
TODAY = NOW.date()
numbers = count(1)


def told(campaign: Campaign, horizon: Horizon | None = None) -> dict[tuple[int, str], str]:
    found = closing.closed(campaign, OPTIONS, horizon)
    return {(row["person_id"], OPTIONS[row["option"]].code): row["reason"] for row in found.rows.to_pylist()}


def until(days: int) -> Horizon:
    """A horizon of so many days after today, of which calls have all and doors and letters all but the last."""
    open_ = np.ones(days + 1, bool)
    fewer = open_ & (np.arange(days + 1) < max(days, 1))
    return Horizon(TODAY, 1, {"door": fewer, "post": fewer, "phone": open_}, {})


@given(
    st.lists(st.tuples(histories, st.sampled_from([0, 0, 1, 2])), min_size=6, max_size=12),
    rules,
    st.none() | st.integers(0, 8),
)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_it_is_what_the_plain_rules_say_of_the_last_evening(
    campaign: Campaign, clock: Clock, known: list[tuple[History, int]], rules: Rules, days: int | None
) -> None:
    clock.now = NOW
    rules = msgspec.structs.replace(rules, approval="promises")
    persons = {next(numbers): (unheld(history), home) for history, home in known}
    homes = {home: next(numbers) for home in (1, 2)}
    actions.set_rules(campaign, rules)
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        for person, (history, _) in persons.items():
            put(connection, person, history)
    for person, (_, home) in persons.items():
        settle(campaign, [person], household=homes.get(home))
    horizon = None if days is None else until(days)
    found = told(campaign, horizon)
    for person, (history, home) in persons.items():
        for option in OPTIONS:
            channel = Channel(option.channel)
            last = TODAY + timedelta(days=7)
            if horizon:
                last = horizon.date(int(np.flatnonzero(horizon.open[option.channel])[-1]))
            together = home and channel in HOUSEHOLD_CHANNELS
            said = decide(
                history,
                rules,
                Wish(channel, Option(option.code, option.message), ahead=True),
                Moment(datetime.combine(last, time(23, 59, 59), PARIS), PARIS),
                household=[h for p, (h, at) in persons.items() if together and at == home and p != person],
                voted_since=queries.voted_since(campaign, last),
            )
            knocked = any(each & 7 == 0 for each in history.contacts) and channel is Channel.DOOR
            code = said.code if said else None
            if knocked and code in {None, "message_twice"}:
                code = closing.KNOCKED
            assert found.get((person, option.code)) == code, (person, option.code)


def unheld(history: History) -> History:
    """Without a hold, which closes nothing."""
    return History(**{name: getattr(history, name) for name in ("contacts", "refusals", "votes", "messages")})


def test_what_was_done_to_another_who_is_the_same_counts_and_a_vote_counts_for_its_round(
    campaign: Campaign, clock: Clock
) -> None:
    clock.now = NOW
    settle(campaign, [1, 2, 3])
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        put(connection, 2, History(contacts=(stamp(NOW, Channel.DOOR),), messages=frozenset(["climate"])))
        put(connection, 3, History(votes=(first_stamp(NOW),)))
    merge(campaign, 2, 1)
    away = told(campaign)
    assert {key: code for key, code in away.items() if key[0] == 1} == {
        (1, "door:housing"): "knocked",
        (1, "door:climate"): "knocked",
        (1, "post:climate"): "message_twice",
        (1, "phone:climate"): "message_twice",
    }
    assert {code for key, code in away.items() if key[0] == 3} == {"voted"}
    assert (3, "phone:housing") not in told(campaign, until((date(2027, 4, 20) - TODAY).days)), (
        "another round"
    )


# A plan from what was done


VOTERS = 60
PLAN = "most = 2\n[days]\nlast = {last}\n"


def electors(campaign: Campaign) -> None:
    """Voters of households of two, whom each option brings something."""
    place = np.arange(VOTERS)
    person, draw = place + 1, np.random.default_rng(3)
    profile = rows(
        "people.profile",
        VOTERS,
        person_id=person,
        household_id=1_000 + place // 2,
        area_code=["0113"] * VOTERS,
        street=["rue Neuve"] * VOTERS,
        street_key=["neuve"] * VOTERS,
        house_number=[str(1 + each // 2) for each in place],
        city=["Toulouse"] * VOTERS,
        phone=[f"+3361234{each:04}" for each in person],
        records=np.ones(VOTERS, np.int32),
        sources=np.ones(VOTERS, np.int32),
        lists=[["roll"]] * VOTERS,
    )
    score = rows(
        "scoring.score",
        VOTERS,
        person_id=person,
        turnout=np.full(VOTERS, 50.0),
        support=np.full(VOTERS, 80.0),
    )
    effects = {
        "person_id": np.tile(person, len(OPTIONS)),
        "option": np.repeat([option.code for option in OPTIONS], VOTERS),
        "segment": np.zeros(VOTERS * len(OPTIONS), np.int16),
    }
    changes = {name: np.zeros(VOTERS * len(OPTIONS)) for name in ("d_support", "se_support")}
    changes["d_turnout"] = draw.uniform(0.02, 0.08, VOTERS * len(OPTIONS))
    changes["se_turnout"] = np.full(VOTERS * len(OPTIONS), 0.01)
    effect = rows("scoring.effect", VOTERS * len(OPTIONS), **effects, **changes)
    Town(
        {"people.profile": profile, "scoring.score": score, "scoring.effect": effect},
        person,
        *[np.zeros(0)] * 5,  # type: ignore[arg-type]
    ).load(campaign)
    lines = [
        f'[[option]]\ncode = "{each.code}"\nchannel = "{each.channel}"\nmessage = "{each.message}"\nunit_cost = 100\nper = "{each.per}"'
        for each in OPTIONS
    ]
    (campaign.folder / "options.toml").write_text("\n".join(lines))
    (campaign.folder / "plan.toml").write_text(PLAN.format(last=campaign.today + timedelta(days=12)))
    loop.publish(campaign)
    actions.set_rules(campaign, Rules(caps=Caps(week="unlimited", phone=ChannelCaps())))


@pytest.fixture(scope="module")
def laid(ledger_server: LedgerServer, tmp_path_factory: pytest.TempPathFactory) -> Laid:
    return Laid.by(ledger_server, tmp_path_factory.mktemp("closing") / "campaign", electors)


@pytest.fixture
def town(laid: Laid, tmp_path: Path, clock: Clock) -> Iterator[Campaign]:
    with laid.copy(tmp_path / "campaign", clock) as campaign:
        clock.now = clock.now.replace(hour=9)
        yield campaign


def done(campaign: Campaign, person: int, option: CampaignOption, result: ResultCode) -> None:
    made = actions.claim(campaign, person, Channel(option.channel), option=lists.as_option(option))
    assert isinstance(made, Claim), made
    actions.finish(campaign, made.claim_id, result=result)


def planned(campaign: Campaign, budget: float = 10_000) -> dict[int, Any]:
    plan = loop.plan(campaign, budget, approve=True).plan
    assert plan.status == "approved"
    table = campaign.lake.table("planning.contact")
    found: dict[int, Any] = {}
    for row in campaign.lake.read(table.filter(table.plan_id == plan.plan_id)).to_pylist():
        found.setdefault(row["person_id"], []).append(row)
    return found


def test_the_next_plan_leaves_out_what_was_done_and_all_of_it_can_be_claimed(
    town: Campaign, clock: Clock
) -> None:
    door, _other, _letter, _letter, call, _call = OPTIONS
    before = planned(town)
    assert all(row["option"] for rows in before.values() for row in rows)
    clock.now += timedelta(hours=3)
    for person in range(1, 11, 2):
        done(town, person, door, ResultCode.CANVASSED)
    for person in range(11, 21, 2):
        done(town, person, door, ResultCode.NOT_HOME)
    for person in range(21, 31):
        done(town, person, call, ResultCode.REFUSED)
    for person in range(31, 37):
        done(town, person, call, ResultCode.CANVASSED)
    clock.now += timedelta(days=2)
    after = planned(town)
    given = {person: {row["option"] for row in rows} for person, rows in after.items()}
    told = {"door:housing", "post:housing", "phone:housing"}
    assert all(not given[person] & {"door:climate", *told} for person in range(1, 11))
    assert any("door" in str(code) for person in range(11, 21) for code in given[person])
    assert {row["reason"] for person in range(21, 31) for row in after[person]} == {"rest"}
    assert all(not given[person] & told for person in range(31, 37))
    asked = 0
    for _day in range(12):
        for channel in (Channel.DOOR, Channel.POST, Channel.PHONE):
            report = lists.hand_out(town, channel, account=None, actor="cli:anna")
            assert not report.stopped
            asked += report.claimed
            batches.finish_batch(town, report.batch_id)
        clock.now += timedelta(days=1)
    assert asked == sum(row["option"] is not None for rows in after.values() for row in rows)


def test_a_door_that_is_held_stays_in_the_plan_after_the_doors_last_day(
    town: Campaign, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the plan is of the moment at which it began to look, not of that at which the optimiser was done."""
    door = OPTIONS[0]
    last = town.today + timedelta(days=12)
    over = f"most = 1\n[days]\nlast = {last}\n[days.door]\nlast = {town.today}\n"
    (town.folder / "plan.toml").write_text(over)
    made = actions.claim(town, 1, Channel.DOOR, option=lists.as_option(door))
    assert isinstance(made, Claim)
    clock.now += timedelta(hours=3)
    begun = clock.now

    def slowly(*arguments: Any) -> Any:
        clock.now += timedelta(hours=1)
        return dated(*arguments)

    monkeypatch.setattr(making, "dated", slowly)
    report = loop.plan(town, 10_000)
    assert report.plan.made_at == begun
    table = town.lake.table("planning.contact")
    given = town.lake.read(table.filter((table.plan_id == report.plan.plan_id) & table.option.notnull()))
    home = [row for row in given.to_pylist() if row["person_id"] in (1, 2)]
    assert [(row["person_id"], row["option"], row["day"]) for row in home] == [
        (1, door.code, report.plan.first_day)
    ], "the household has its one contact"
    often = np.unique(given["person_id"].to_numpy(), return_counts=True)[1]
    assert often.max() == 1
    assert report.plan.spent == 100 * report.plan.contacts
    assert sum(each.contacts for each in report.options if each.channel == "door") == 1
