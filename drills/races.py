"""Many processes claim the same few people at once, one by one and in chunks, by all channels: never two winners.

What is won is handed back or finished at random, so that the race goes on. While it goes on, and at its end, it is counted
whom two live claims hold; and at the end whether money and pressure are what the claims say. Production settings, fsync on.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from benchmarks.ground import fill, new_campaign

from commonweal.campaign import Campaign
from commonweal.contacts import actions, claiming, queries
from commonweal.contacts.model import CHANNELS, Channel, Claim, Option, State
from commonweal.contacts.rules import Caps, ChannelCaps, CoolDown, QuietHours, Rules, Useless
from commonweal.interactions.model import ResultCode
from commonweal.store.ledger import LedgerRole

_PERSONS = 900
_PROCESSES = 4
_CHUNK = 300
_REACHED = (Channel.DOOR, Channel.PHONE, Channel.POST)  # the law asks for a yes before the rest
_ROADS = Option("any:roads", "roads", 7)
_OPEN = Rules(
    caps=Caps(
        day="unlimited",
        week="unlimited",
        campaign="unlimited",
        **{channel.value: ChannelCaps() for channel in CHANNELS},
    ),
    cool_down=CoolDown(any=0),
    quiet_hours=QuietHours(door="none", phone="none"),
    useless=Useless(same_message=False),
    rest_after_refusal=0,
)
_TWICE = """
    SELECT count(*) FROM (
        SELECT FROM contacts.claim CROSS JOIN LATERAL unnest(members) AS m WHERE state = 'live' GROUP BY m HAVING count(*) > 1
    ) twice
"""


def main(attempts: int = 1_000_000) -> None:
    """Let so many attempts race; one line says what came of them."""
    with new_campaign("Races") as campaign:
        _fill(campaign)
        actions.set_rules(campaign, _OPEN)
        started = time.monotonic()
        won, asked, looks = _race(campaign, attempts)
        _check(campaign)
        seconds = time.monotonic() - started
        print(
            f"{asked:,} attempts by {_PROCESSES} processes for {_PERSONS:,} people in {seconds:,.0f} s:"
            f" {won:,} won, nobody twice ({looks:,} looks on the way)"
        )


def _fill(campaign: Campaign) -> None:
    persons = range(1, _PERSONS + 1)
    fill(campaign, persons, household_id="p / 3", household_size="3", phone="'+336' || p", lists="'{}'")


def _race(campaign: Campaign, attempts: int) -> tuple[int, int, int]:
    """Claims won, persons asked for, and how often it was looked meanwhile."""
    context = multiprocessing.get_context("spawn")
    over, told = context.Event(), context.Queue()
    racers = [
        context.Process(target=_racer, args=(campaign.folder, seed, attempts // _PROCESSES, told, over))
        for seed in range(_PROCESSES)
    ]
    for racer in racers:
        racer.start()
    looks, results = 0, list[tuple[int, int]]()
    try:
        while len(results) < len(racers):
            looks += 1
            _nobody_twice(campaign)
            while not told.empty():
                results.append(told.get())
            assert all(racer.exitcode in {None, 0} for racer in racers), "a racer broke down"
            time.sleep(0.02)
    finally:
        over.set()
        for racer in racers:
            racer.join()
    return sum(won for won, _ in results), sum(asked for _, asked in results), looks


def _racer(folder: Path, seed: int, attempts: int, told: Any, over: Event) -> None:
    dice = random.Random(seed)
    asked, won, mine = 0, 0, list[Claim]()
    with Campaign.open(folder) as campaign:
        while asked < attempts and not over.is_set():
            channel = dice.choice(_REACHED)
            if dice.random() < 0.2:
                found = actions.claim(campaign, dice.randint(1, _PERSONS), channel, option=_ROADS)
                new = [found] if isinstance(found, Claim) else []
                asked += 1
            else:
                new = _chunk(campaign, dice.sample(range(1, _PERSONS + 1), _CHUNK), channel)
                asked += _CHUNK
            won += len(new)
            mine = _let_go(campaign, dice, mine + new)
    told.put((won, asked))


def _chunk(campaign: Campaign, persons: list[int], channel: Channel) -> list[Claim]:
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        terms = queries.terms(
            connection, campaign, channel, [_ROADS], account=None, actor="drill", ahead=True
        )
        made = claiming.claim(connection, terms, dict.fromkeys(persons, 0), actions.new_ids(campaign)).made
        return queries.claims(connection, [each.claim_id for each in made])


def _let_go(campaign: Campaign, dice: random.Random, mine: list[Claim]) -> list[Claim]:
    """Some are handed back, one is done; the rest is held on to."""
    dice.shuffle(mine)
    back, kept = mine[: len(mine) * 3 // 4], mine[len(mine) * 3 // 4 :]
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        actions.close(connection, campaign, back, State.RETURNED)
    if kept:
        done = kept.pop()
        actions.finish(campaign, done.claim_id, result=ResultCode.CANVASSED)
    return kept


def _nobody_twice(campaign: Campaign) -> None:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        row = connection.execute(_TWICE).fetchone()
    assert row == (0,), f"{row} people are held by two claims"


def _check(campaign: Campaign) -> None:
    """Money and pressure are what the claims say."""
    _nobody_twice(campaign)
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        money = queries.money(connection)
        claims = connection.execute(
            "SELECT coalesce(sum(cost) FILTER (WHERE state = 'live'), 0), coalesce(sum(cost) FILTER (WHERE state = 'done'), 0)"
            " FROM contacts.claim"
        ).fetchone()
        loose = connection.execute(
            "SELECT count(*) FROM contacts.pressure p WHERE p.claim_id IS NOT NULL AND NOT EXISTS ("
            " SELECT FROM contacts.claim c WHERE c.claim_id = p.claim_id AND c.state = 'live'"
            " AND p.subject = ANY (c.members))"
        ).fetchone()
        stamps = connection.execute("SELECT sum(cardinality(contacts)) FROM contacts.pressure").fetchone()
        counted = connection.execute(
            "SELECT sum(cardinality(members)) FROM contacts.claim WHERE state = 'done'"
        ).fetchone()
    assert claims == (sum(each.committed for each in money), sum(each.spent for each in money))
    assert loose == (0,)
    assert stamps == counted
