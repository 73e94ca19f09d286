"""Claims and what becomes of them, in a campaign: finished, undone, handed back, lapsed, merged; and what they cost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commonweal.campaign import Campaign
from commonweal.contacts import actions, batches, chores, queries
from commonweal.contacts.errors import ClaimClosed, NothingToUndo, OtherBatch, RulesOutdated
from commonweal.contacts.model import CHANNELS, Channel, Claim, Option, Refusal, State
from commonweal.contacts.rules import Caps, ChannelCaps, CoolDown, Rules, Useless
from commonweal.interactions.model import Channel as EventChannel
from commonweal.interactions.model import Event, Kind, ResultCode
from commonweal.store.ledger import LedgerRole
from contacts.electors import merge, settle

HOUSING = Option("phone:housing", "housing", cost=70)
WIDE = Rules(
    caps=Caps(
        day="unlimited",
        week="unlimited",
        campaign="unlimited",
        **{channel.value: ChannelCaps() for channel in CHANNELS},
    ),
    cool_down=CoolDown(any=0),
    useless=Useless(same_message=False),
)


@pytest.fixture(autouse=True)
def town(campaign: Campaign, clock: object) -> None:
    """Three people, two of them in one flat, at noon."""
    campaign.clock.now = campaign.clock().replace(hour=12)  # type: ignore[attr-defined]
    settle(campaign, [1, 2], household=9)
    settle(campaign, [3])
    actions.set_rules(campaign, WIDE)


def later(campaign: Campaign, **more: float) -> None:
    campaign.clock.now += timedelta(**more)  # type: ignore[attr-defined]


def claimed(
    campaign: Campaign, person: int, channel: Channel = Channel.PHONE, option: Option = HOUSING
) -> Claim:
    found = actions.claim(campaign, person, channel, option=option)
    assert isinstance(found, Claim), found
    return found


def refused(
    campaign: Campaign, person: int, channel: Channel = Channel.PHONE, option: Option = HOUSING
) -> str:
    found = actions.claim(campaign, person, channel, option=option)
    assert isinstance(found, Refusal), found
    return found.code


def pressure(campaign: Campaign, person: int) -> tuple[object, ...]:
    with campaign.ledger.read() as connection:
        row = connection.execute(
            "SELECT cardinality(contacts), cardinality(refusals), messages, answered, claim_id FROM contacts.pressure"
            " WHERE subject = %s",
            (person,),
        ).fetchone()
    assert row is not None
    return row


def money(campaign: Campaign) -> tuple[int, int, int, int]:
    """As the page shows it; and the same counted anew from the claims themselves."""
    with campaign.ledger.read() as connection:
        each = queries.money(connection)
        found = tuple(sum(getattr(m, name) for m in each) for name in ("live", "done", "committed", "spent"))
        anew = connection.execute(
            "SELECT count(*) FILTER (WHERE state = 'live'), count(*) FILTER (WHERE state = 'done'),"
            " coalesce(sum(cost) FILTER (WHERE state = 'live'), 0), coalesce(sum(cost) FILTER (WHERE state = 'done'), 0)"
            " FROM contacts.claim"
        ).fetchone()
    assert found == anew
    assert all(getattr(m, n) >= 0 for m in each for n in ("live", "done", "committed", "spent"))
    return found  # type: ignore[return-value]


def test_a_claim_is_finished_and_undone(campaign: Campaign) -> None:
    found = claimed(campaign, 1)
    assert money(campaign) == (1, 0, 70, 0)
    done = actions.finish(campaign, found.claim_id, answers={"support": 4})
    assert done.state is State.DONE
    assert money(campaign) == (0, 1, 0, 70)
    assert pressure(campaign, 1) == (1, 0, ["housing"], ["support"], None)
    assert refused(campaign, 1, option=Option("x", "roads", question="support")) == "answered"
    assert actions.finish(campaign, found.claim_id, answers={"support": 4}).state is State.DONE
    assert pressure(campaign, 1)[0] == 1
    assert actions.undo(campaign, found.claim_id).state is State.UNDONE
    assert money(campaign) == (0, 0, 0, 0)
    assert pressure(campaign, 1) == (0, 0, [], [], None)
    with pytest.raises(NothingToUndo):
        actions.undo(campaign, found.claim_id)


def test_a_claim_is_handed_back_once(campaign: Campaign) -> None:
    found = claimed(campaign, 1)
    assert refused(campaign, 1) == "held"
    assert actions.hand_back(campaign, found.claim_id).state is State.RETURNED
    assert money(campaign) == (0, 0, 0, 0)
    with pytest.raises(ClaimClosed):
        actions.hand_back(campaign, found.claim_id)
    with pytest.raises(ClaimClosed):
        actions.finish(campaign, found.claim_id, result=ResultCode.CANVASSED)
    claimed(campaign, 1)


def test_a_claim_lapses_but_what_happened_counts(campaign: Campaign) -> None:
    found = claimed(campaign, 1)
    later(campaign, hours=5)
    with pytest.raises(ClaimClosed):
        actions.hand_back(campaign, found.claim_id)
    assert chores.lapse(campaign) == 1
    assert money(campaign) == (0, 0, 0, 0)
    assert actions.finish(campaign, found.claim_id, result=ResultCode.CANVASSED).state is State.DONE
    assert money(campaign) == (0, 1, 0, 70)


def test_nobody_reached_costs_but_does_not_weigh(campaign: Campaign) -> None:
    found = claimed(campaign, 1)
    actions.finish(campaign, found.claim_id, result=ResultCode.NOT_HOME)
    assert pressure(campaign, 1) == (0, 0, [], [], None)
    assert money(campaign) == (0, 1, 0, 70)


def test_a_refusal_gives_rest_and_its_undoing_ends_it(campaign: Campaign) -> None:
    found = claimed(campaign, 1)
    actions.finish(campaign, found.claim_id, result=ResultCode.REFUSED)
    assert refused(campaign, 1, Channel.DOOR) == "rest"
    later(campaign, days=30, seconds=1)
    claimed(campaign, 1)
    later(campaign, days=-29)
    actions.undo(campaign, found.claim_id)
    assert pressure(campaign, 1)[1] == 0


@pytest.mark.parametrize(
    ("result", "closed"),
    [
        (ResultCode.DO_NOT_CONTACT, {Channel.PHONE}),
        (ResultCode.DECEASED, set(CHANNELS)),
        (ResultCode.WRONG_NUMBER, {Channel.PHONE, Channel.SMS}),
        (ResultCode.DISCONNECTED, {Channel.PHONE, Channel.SMS}),
        (ResultCode.MOVED, {Channel.DOOR, Channel.POST}),
    ],
)
def test_results_close_channels_until_they_are_undone(
    campaign: Campaign, result: ResultCode, closed: set[Channel]
) -> None:
    actions.set_rules(campaign, Rules(caps=WIDE.caps, cool_down=WIDE.cool_down, rest_after_refusal=0))
    before = queries.outlook(campaign, 1)
    found = claimed(campaign, 1)
    actions.finish(campaign, found.claim_id, result=result)
    codes = {
        channel: refusal.code if refusal else None
        for channel, refusal in queries.outlook(campaign, 1).items()
    }
    assert {channel for channel, code in codes.items() if code in {"suppressed", "gone"}} == closed
    actions.undo(campaign, found.claim_id)
    assert queries.outlook(campaign, 1) == before


def test_who_voted_is_left_alone_in_this_round(campaign: Campaign) -> None:
    found = claimed(campaign, 1)
    actions.finish(campaign, found.claim_id, result=ResultCode.ALREADY_VOTED)
    assert refused(campaign, 1, Channel.DOOR) == "voted"
    campaign.clock.now = campaign.clock().replace(month=4, day=12)  # type: ignore[attr-defined]
    claimed(campaign, 1)


def event(name: str, person: int, **more: object) -> Event:
    given = {"kind": Kind.ATTEMPT, "channel": EventChannel.DOOR, "result": ResultCode.CANVASSED, **more}
    return Event(event_id=name, person_id=person, **given)  # type: ignore[arg-type]


def test_contacts_that_nobody_claimed_count_on_their_own_day(campaign: Campaign) -> None:
    now = campaign.clock()
    actions.set_rules(campaign, Rules(caps=Caps(day=1, week=2), cool_down=CoolDown(any=0)))
    old = event("a", 1, occurred_at=now - timedelta(days=6))
    older = event("b", 1, occurred_at=now - timedelta(days=7))
    taken = actions.record(campaign, [older, old, old], "sheets")
    assert taken.accepted == 2
    actions.record(campaign, [old], "sheets")
    assert pressure(campaign, 1)[0] == 2
    assert pressure(campaign, 2)[0] == 2  # one door
    claimed(campaign, 1, Channel.PHONE, Option("e", "climate"))


def test_a_correction_may_come_before_what_it_corrects(campaign: Campaign) -> None:
    now = campaign.clock()
    wrong = Event(event_id="b", kind=Kind.CORRECTION, occurred_at=now, person_id=3, corrects="a")
    actions.record(campaign, [wrong], "sheets")
    actions.record(campaign, [event("a", 3, occurred_at=now)], "sheets")
    actions.record(campaign, [event("c", 3, occurred_at=now)], "sheets")
    assert pressure(campaign, 3)[0] == 1


def test_a_later_event_may_stand_in_the_place_of_another(campaign: Campaign) -> None:
    found = claimed(campaign, 3)
    actions.finish(campaign, found.claim_id, result=ResultCode.REFUSED)
    better = event(
        "again",
        3,
        channel=EventChannel.PHONE,
        occurred_at=campaign.clock(),
        claim_id=found.claim_id,
        corrects=f"claim:{found.claim_id}",
    )
    actions.record(campaign, [better], actions.SENDER)
    assert pressure(campaign, 3) == (1, 0, ["housing"], [], None)
    assert money(campaign) == (0, 1, 0, 70)


def test_two_claims_that_meet_in_a_merge(campaign: Campaign) -> None:
    older = claimed(campaign, 3)
    later(campaign, minutes=1)
    younger = claimed(campaign, 1)
    merge(campaign, 1, into=3)
    assert chores.lapse(campaign) == 1
    with campaign.ledger.read() as connection:
        assert queries.claim(connection, older.claim_id).state is State.LIVE
        assert queries.claim(connection, younger.claim_id).state is State.LAPSED
    assert refused(campaign, 3) == "held"
    actions.hand_back(campaign, older.claim_id)
    claimed(campaign, 3)


def test_a_batch_claims_whom_it_may_and_tells_of_the_rest(campaign: Campaign) -> None:
    claimed(campaign, 3)
    report = batches.claim_batch(campaign, "k", [1, 2, 3, 77], Channel.DOOR, [HOUSING])
    assert (report.asked, report.claimed, report.claims, report.refused) == (4, 2, 1, 2)
    assert {each.code: (each.persons, each.examples[0][0]) for each in report.stopped} == {
        "held": (1, 3),
        "unknown": (1, 77),
    }
    assert batches.claim_batch(campaign, "k", [1, 2, 3, 77], Channel.DOOR, [HOUSING]) == report
    with pytest.raises(OtherBatch):
        batches.claim_batch(campaign, "k", [1], Channel.PHONE, [HOUSING])
    assert money(campaign) == (2, 0, 210, 0)
    assert batches.hand_back_batch(campaign, report.batch_id) == 1
    assert money(campaign) == (1, 0, 70, 0)


def test_a_batch_is_sent(campaign: Campaign) -> None:
    report = batches.claim_batch(campaign, "k", [1, 2, 3], Channel.POST, [HOUSING], ahead=True)
    assert batches.finish_batch(campaign, report.batch_id) == 2
    assert batches.finish_batch(campaign, report.batch_id) == 0
    assert money(campaign) == (0, 2, 0, 210)
    assert [pressure(campaign, person)[0] for person in (1, 2, 3)] == [1, 1, 1]


def test_the_pressure_on_everybody(campaign: Campaign) -> None:
    actions.set_rules(
        campaign, Rules(caps=Caps(day="unlimited", week=2, campaign=20), cool_down=CoolDown(any=0))
    )
    actions.record(campaign, [event("a", 3, channel=EventChannel.PHONE, occurred_at=campaign.clock())], "x")
    chores.keep(campaign)
    with campaign.ledger.read() as connection:
        levels = {level.channel: level for level in queries.levels(connection)}
    assert (levels[None].never, levels[None].near, levels[None].over) == (2, 1, 0)
    assert (levels[Channel.PHONE].over, levels[Channel.DOOR].never) == (1, 3)
    assert all(level.persons == 3 for level in levels.values())


def test_small_rows_are_added_up(campaign: Campaign) -> None:
    for _ in range(3):
        actions.hand_back(campaign, claimed(campaign, 1).claim_id)
    found = claimed(campaign, 1)
    refused(campaign, 1)
    before = money(campaign)
    chores.roll_up(campaign)
    assert money(campaign) == before == (1, 0, 70, 0)
    with campaign.ledger.read() as connection:
        assert connection.execute("SELECT count(*) FROM contacts.spending").fetchone() == (1,)
    actions.finish(campaign, found.claim_id, result=ResultCode.CANVASSED)
    assert money(campaign) == (0, 1, 0, 70)


def test_rules_have_versions_and_one_author_at_a_time(campaign: Campaign) -> None:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        version, rules = queries.rules_in_force(connection, campaign)
    assert rules == WIDE
    actions.set_rules(campaign, Rules(), before=version)
    with pytest.raises(RulesOutdated):
        actions.set_rules(campaign, WIDE, before=version)


def test_the_file_says_the_rules_until_somebody_sets_them(campaign: Campaign) -> None:
    with campaign.ledger.transaction() as connection:
        connection.execute("DELETE FROM contacts.rules")
    (campaign.folder / queries.RULES_FILE).write_text("rest_after_refusal = 3\n")
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        assert queries.rules_in_force(connection, campaign) == (0, Rules(rest_after_refusal=3))
    assert actions.load_rules(campaign) > 0
    assert "rest_after_refusal = 3" in actions.rules_text(campaign)
