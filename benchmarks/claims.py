"""Claims: a batch alone, and 200 sessions that claim one by one while a batch runs. Production settings, fsync on.

As `commonweal serve` has it: the sessions are threads of one process, the web's, and the batch runs in another one, the
worker's; both share the ledger. A session claims once a second, at moments drawn anew each second, among the very people
whom the batch claims; what is measured is one claim from the call to the commit, waiting for a connection and for the
batch's locks included. Law: the pack `none` over made-up people.

    python -m benchmarks.claims [PERSONS [SESSIONS [SECONDS]]]
"""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ground import fill, new_campaign
from benchmarks.measure import machine
from commonweal.campaign import Campaign
from commonweal.contacts import actions, batches
from commonweal.contacts.model import CHANNELS, Channel, Claim, Option
from commonweal.contacts.rules import Caps, ChannelCaps, CoolDown, QuietHours, Rules
from commonweal.store.ledger import LedgerRole
from commonweal.web.server import BEHIND

LETTER = Option("post:housing", "housing", cost=62)
CALL = Option("phone:climate", "climate", cost=70)
WIDE = Rules(
    caps=Caps(
        day=5, week=10, campaign="unlimited", **{channel.value: ChannelCaps(week=3) for channel in CHANNELS}
    ),
    cool_down=CoolDown(any=0),
    quiet_hours=QuietHours(door="none", phone="none"),  # at night as by day
)


def main(persons: int = 200_000, sessions: int = 200, seconds: int = 15) -> None:
    with new_campaign("Claims") as campaign:
        fill_with_history(campaign, persons * 2)
        actions.set_rules(campaign, WIDE)
        _batch_alone(campaign, persons)
        _with_sessions(campaign, persons, sessions, seconds)


def fill_with_history(campaign: Campaign, persons: int) -> None:
    """Made-up people, two to a household, each with ten contacts that were made some weeks ago."""
    fill(
        campaign,
        range(1, persons + 1),
        household_id="p / 2",
        household_size="2",
        area_code="(p % 300)::text",
        phone="'+336' || p",
        phone_reversed="reverse(p::text)",
    )
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute(
            "INSERT INTO intake.source (name, list, kind, mode, origin, purpose, legal_basis, mapping_version, mapping)"
            " VALUES ('roll', 'Roll', 'roll', 'snapshot', 'synthetic', 'x', 'x', 'v1', '{}')"
        )
        connection.execute(
            "INSERT INTO contacts.pressure (subject, contacts, messages) SELECT p, (SELECT array_agg("
            "  (extract(epoch FROM %s::timestamptz)::bigint - 86400 * (20 + d)) * 8 + d %% 5) FROM generate_series(1, 10) d),"
            " '{roads,schools,taxes}' FROM generate_series(1, %s) p",
            (campaign.clock(), persons),
        )
    with campaign.ledger._connect(LedgerRole.OWNER) as connection:
        connection.execute("VACUUM (ANALYZE) people.profile, contacts.pressure")


def _batch_alone(campaign: Campaign, persons: int) -> None:
    used, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    report = batches.claim_batch(campaign, "alone", range(1, persons + 1), Channel.PHONE, [CALL], ahead=True)
    wall = time.perf_counter() - start
    now = resource.getrusage(resource.RUSAGE_SELF)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    assert report.claimed == persons, report
    print(
        f"batch of {persons:,}: {wall:.1f} s, {persons / wall:,.0f} claims/s (aim 20,000), {cpu:.1f} s CPU in Python"
    )


def _with_sessions(campaign: Campaign, persons: int, sessions: int, seconds: int) -> None:
    context = multiprocessing.get_context("spawn")
    told = context.SimpleQueue()
    worker = context.Process(target=_other_batch, args=(campaign.folder, persons))
    web = context.Process(target=_sessions, args=(campaign.folder, persons, sessions, seconds, told))
    web.start()
    worker.start()
    times, claimed = told.get()
    running = worker.is_alive()
    worker.join()
    web.join()
    assert worker.exitcode == web.exitcode == 0
    print(
        f"{sessions} sessions, {len(times):,} single claims ({claimed:,} won) beside a batch of {persons:,}:"
        f" median {np.median(times):.1f} ms, p95 {np.percentile(times, 95):.1f} ms, p99 {np.percentile(times, 99):.1f} ms"
        f" (aim 50), worst {times.max():.1f} ms (the batch {'was still running' if running else 'ended before them'})"
    )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(f"peak memory {peak:.2f} GB")
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        twice = connection.execute(
            "SELECT count(*) FROM (SELECT FROM contacts.claim, unnest(asked) a WHERE state = 'live'"
            " GROUP BY a HAVING count(*) > 1) x"
        ).fetchone()
    assert twice == (0,)


def _other_batch(folder: Path, persons: int) -> None:
    os.nice(BEHIND)
    with Campaign.open(folder) as campaign:
        start = time.perf_counter()
        wanted = range(persons + 1, 2 * persons + 1)
        report = batches.claim_batch(campaign, "beside", wanted, Channel.POST, [LETTER], ahead=True)
        wall = time.perf_counter() - start
        print(
            f"the batch beside: {report.claimed:,} of {persons:,} claimed in {wall:.1f} s, {persons / wall:,.0f} persons/s"
        )


def _sessions(folder: Path, persons: int, sessions: int, seconds: int, told: Any) -> None:
    """What the web's process does: it gives the milliseconds of each claim, and how many were won."""
    took: list[float] = []
    won: list[bool] = []
    with Campaign.open(folder) as campaign:
        together = threading.Barrier(sessions)
        threads = [
            threading.Thread(target=_session, args=(campaign, persons, number, seconds, took, won, together))
            for number in range(sessions)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(took) == len(won) == sessions * seconds, "a session broke off"
    told.put((np.array(took) * 1000, sum(won)))


def _session(
    campaign: Campaign,
    persons: int,
    number: int,
    seconds: int,
    took: list[float],
    won: list[bool],
    together: threading.Barrier,
) -> None:
    dice = random.Random(number)
    # Not counted: the process has just started, and reads the law for the first time.
    actions.claim(campaign, number + 1, Channel.PHONE, option=CALL)
    together.wait()
    begin = time.perf_counter()
    for second in range(seconds):
        time.sleep(max(0, begin + second + dice.random() - time.perf_counter()))
        person = dice.randint(persons + 1, 2 * persons)
        start = time.perf_counter()
        found = actions.claim(campaign, person, Channel.PHONE, option=CALL)
        took.append(time.perf_counter() - start)
        assert isinstance(found, Claim) or found.code in {"held", "message_twice"}, found
        won.append(isinstance(found, Claim))


if __name__ == "__main__":
    print(f"Machine: {machine()}")
    main(*(int(word) for word in sys.argv[1:]))
