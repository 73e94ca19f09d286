"""A year of a campaign, by five channels at once: no cap is ever passed, and the plain rules say the same."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from commonweal.campaign import Campaign
from commonweal.contacts.claiming import Terms, claim
from commonweal.contacts.model import (
    CHANNELS,
    HOUSEHOLD_CHANNELS,
    Channel,
    History,
    Option,
    Wish,
    stamp,
)
from commonweal.contacts.outcomes import NOBODY_REACHED, Happened
from commonweal.contacts.rules import Caps, ChannelCaps, CoolDown, Moment, QuietHours, Rules, decide
from commonweal.contacts.settling import settle
from commonweal.interactions.model import Kind, ResultCode
from commonweal.store.ledger import LedgerRole
from contacts.electors import settle as put
from contacts.test_claiming import ANYBODY, new_ids

PARIS = ZoneInfo("Europe/Paris")
START = datetime(2026, 9, 1, 7, tzinfo=UTC)
PEOPLE, HOMES, DAYS = 24, 8, 365
RULES = Rules(
    rest_after_refusal=20,
    caps=Caps(
        day=2,
        week=4,
        campaign=60,
        door=ChannelCaps(week=1, campaign=12),
        phone=ChannelCaps(day=1, campaign=20),
        sms=ChannelCaps(week=2),
        email=ChannelCaps(week=3),
        post=ChannelCaps(week=1),
    ),
    quiet_hours=QuietHours(),
    cool_down=CoolDown(any=2, after={Channel.DOOR: {Channel.PHONE: 30}}),
)
RESULTS = [None, None, None, ResultCode.CANVASSED, ResultCode.NOT_HOME, ResultCode.REFUSED]


class Plain:
    """The same year in plain Python: one history a person, and who is held."""

    def __init__(self) -> None:
        self.of: dict[int, dict[str, list[object]]] = {
            p: {"contacts": [], "refusals": [], "messages": []} for p in range(1, PEOPLE + 1)
        }
        self.held: dict[int, tuple[int, datetime]] = {}

    def history(self, person: int) -> History:
        own = self.of[person]
        return History(
            contacts=tuple(own["contacts"]),  # type: ignore[arg-type]
            refusals=tuple(own["refusals"]),  # type: ignore[arg-type]
            messages=frozenset(own["messages"]),  # type: ignore[arg-type]
            held_until=self.held[person][1] if person in self.held else None,
        )


def home(person: int) -> list[int]:
    return [other for other in range(1, PEOPLE + 1) if other % HOMES == person % HOMES]


@pytest.mark.parametrize("seed", range(1))
def test_a_year_never_passes_a_cap(campaign: Campaign, clock: object, seed: int) -> None:
    dice = random.Random(seed)
    for number in range(HOMES):
        put(campaign, [p for p in range(1, PEOPLE + 1) if p % HOMES == number], household=1000 + number)
    plain, now, live = Plain(), START, dict[int, tuple[int, list[int], Channel, str]]()
    made = refused = 0
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        while now < START + timedelta(days=DAYS):
            now += timedelta(minutes=dice.randint(1, 1500))
            campaign.clock.now = now  # type: ignore[attr-defined]
            for claim_id in [number for number in live if dice.random() < 0.7]:
                _finish(campaign, connection, plain, live.pop(claim_id), claim_id, dice, now)
            channel = dice.choice(CHANNELS)
            option = Option("o", f"message {dice.randint(1, 200)}", 5)
            wanted = dice.sample(range(1, PEOPLE + 1), dice.randint(1, 6))
            if channel in HOUSEHOLD_CHANNELS:
                wanted = list({home(person)[0]: person for person in wanted}.values())
            terms = Terms(
                rules=RULES,
                gate=ANYBODY,
                now=now,
                zone="Europe/Paris",
                voted_since=START,
                channel=channel,
                options=[option],
                ahead=False,
                hold=timedelta(hours=4),
                account=None,
                actor="test",
            )
            said = {}
            for person in wanted:
                others = [plain.history(p) for p in home(person) if p != person]
                shared = others if channel in HOUSEHOLD_CHANNELS else []
                wish = Wish(channel, option)
                said[person] = decide(
                    plain.history(person),
                    RULES,
                    wish,
                    Moment(now, PARIS),
                    household=shared,
                    voted_since=START,
                )
            chunk = claim(connection, terms, dict.fromkeys(wanted, 0), new_ids)
            assert {p: chunk.refused.get(p) for p in wanted} == said
            for each in chunk.made:
                for member in each.members:
                    plain.held[member] = (each.claim_id, now + timedelta(hours=4))
                live[each.claim_id] = (each.asked[0], list(each.members), channel, option.message)
            made += len(chunk.made)
            refused += len(chunk.refused)
        rows = connection.execute("SELECT subject, contacts FROM contacts.pressure").fetchall()
    assert {subject: sorted(stamps) for subject, stamps in rows} == {
        person: sorted(own["contacts"])  # type: ignore[type-var]
        for person, own in plain.of.items()
    }
    assert made > 300
    assert refused > 100
    for person in plain.of:
        _keeps_to_the_caps([n for n in plain.of[person]["contacts"] if isinstance(n, int)])


def _finish(
    campaign: Campaign,
    connection: object,
    plain: Plain,
    held: object,
    claim_id: int,
    dice: random.Random,
    now: datetime,
) -> None:
    """The contact was made as soon as it was claimed, or at latest before its claim lapsed; some are told late."""
    person, members, channel, message = held  # type: ignore[misc]
    if any(plain.held.get(member, (0, now))[0] != claim_id for member in members):
        return  # it lapsed, nobody went, and others hold one of them by now
    at = min(now, plain.held[person][1] - timedelta(seconds=1))
    result = dice.choice(RESULTS) if channel in {Channel.DOOR, Channel.PHONE} else None
    event = Happened(
        *(
            "test",
            f"e{claim_id}",
            Kind.ATTEMPT if result else Kind.SENT,
            at,
            person,
            None,
            channel.value,
            True,
            claim_id,
        ),
        *(message, result, (), None),
    )
    settle(connection, campaign, RULES, [event])  # type: ignore[arg-type]
    for member in members:
        if result not in NOBODY_REACHED:
            plain.of[member]["contacts"].append(stamp(at, channel))
            plain.of[member]["messages"].append(message)
        if plain.held.get(member, (0,))[0] == claim_id:
            del plain.held[member]
    if result is ResultCode.REFUSED:
        plain.of[person]["refusals"].append(int(at.timestamp()) * 8 + 7)


def _keeps_to_the_caps(stamps: list[int]) -> None:
    """Counted anew, day by day, as somebody would who knows nothing of claims."""
    for channel in (None, *CHANNELS):
        caps = RULES.caps if channel is None else RULES.caps.of(channel)
        own = [n for n in stamps if channel is None or n & 7 == channel.number]
        days: dict[int, int] = defaultdict(int)
        for number in own:
            days[datetime.fromtimestamp(number >> 3, PARIS).toordinal()] += 1
        assert caps.day == "unlimited" or max(days.values(), default=0) <= caps.day
        for last in days:
            week = sum(days.get(last - back, 0) for back in range(7))
            assert caps.week == "unlimited" or week <= caps.week
        assert caps.campaign == "unlimited" or len(own) <= caps.campaign
