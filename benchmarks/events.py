"""Interactions over HTTP, and a person's story. Production settings, fsync on; the real server in a process of its own.

Aim: a million events a minute (16,700/s), none lost; the story under 50 ms with 5 million events in the ledger and 100
million in the lake, 100 of each person there. By default smaller: both sizes can be given.

    python -m benchmarks.events [EVENTS [CLIENTS [BATCH [LEDGER [LAKE]]]]]
    python -m benchmarks.events 1000000 4 2500 5000000 100000000
"""

from __future__ import annotations

import http.client
import json
import os
import random
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.ground import fill, new_campaign, served
from benchmarks.measure import machine
from commonweal.access import bearers
from commonweal.access.model import Scope
from commonweal.campaign import Campaign
from commonweal.interactions import story
from commonweal.interactions.actions import open_day
from commonweal.interactions.moving import TABLE
from commonweal.store.catalogue import LAKE
from commonweal.store.ledger import LedgerRole

_PERSONS = 50_000
_MAIL = ("delivered", "opened", "clicked")  # what a mailer tells, most of it after the sending
_EACH = 100  # interactions of one person in the lake
_LOOKS = 300  # stories read
_TICK = os.sysconf("SC_CLK_TCK")


def main(
    events: int = 200_000, clients: int = 4, batch: int = 2_500, ledger: int = 200_000, lake: int = 1_000_000
) -> None:
    with new_campaign("Events") as campaign:
        _fill(campaign)
        for label, kinds in (("what mail tells", _MAIL), ("what counts as a contact", ("sent",))):
            _over_http(campaign, label, kinds, events, clients, batch)
        _stories(campaign, ledger, lake)


def _fill(campaign: Campaign) -> None:
    """Made-up people with an e-mail address each."""
    persons = campaign.ids.take("person", _PERSONS).tolist()
    fill(campaign, persons, email="'voter' || place || '@example.org'")


def _over_http(
    campaign: Campaign, label: str, kinds: Sequence[str], events: int, clients: int, batch: int
) -> None:
    token = bearers.make_token(campaign, f"mailer-{kinds[0]}", [Scope.EVENTS_WRITE])
    told = _made_up(campaign, kinds, events)
    bodies = [json.dumps(part).encode() for part in iter(lambda: list(islice(told, batch)), [])]
    with served(campaign.folder) as (address, server):
        supervisor = json.loads((campaign.folder / "ledger" / "supervisor.json").read_text())["pid"]
        before, own = _cpu(server) + _cpu(supervisor), time.process_time()
        start = time.perf_counter()
        taken = _send(address, token, bodies, clients)
        seconds = time.perf_counter() - start
        cpu, client = _cpu(server) + _cpu(supervisor) - before, time.process_time() - own
        peak = _peak(server)
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        row = connection.execute(
            "SELECT count(*) FROM interactions.event WHERE sender = %s", (f"mailer-{kinds[0]}",)
        ).fetchone()
    assert row is not None
    assert row[0] == taken == events, "an event was lost"
    print(
        f"{label}: {events:,} events in batches of {batch:,} over {clients} connections: {events / seconds:,.0f}/s"
        f" (aim 16,700), {seconds:.1f} s; server and PostgreSQL {100_000 * cpu / events:.1f} CPU s per 100,000, client"
        f" {100_000 * client / events:.1f}; server {peak:.2f} GB; none lost",
        flush=True,
    )


def _made_up(campaign: Campaign, kinds: Sequence[str], events: int) -> Iterator[dict[str, Any]]:
    order, now = random.Random(1), campaign.clock()
    for number in range(events):
        yield {
            "event_id": f"{kinds[0]}-{number:09d}",
            "kind": kinds[number % len(kinds)],
            "occurred_at": (now - timedelta(seconds=order.randrange(86_400))).isoformat(),
            "channel": "email",
            "email": f"voter{order.randrange(_PERSONS) + 1}@example.org",
            "message_version": "housing-2",
            "source_code": "spring-letter",
        }


def _send(address: str, token: str, bodies: list[bytes], clients: int) -> int:
    """Post all bodies over some connections at once; how many events were accepted."""
    waiting, accepted = iter(bodies), []
    lock = threading.Lock()

    def client() -> None:
        connection = http.client.HTTPConnection(address, timeout=120)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        while True:
            with lock:
                body = next(waiting, None)
            if body is None:
                return
            connection.request("POST", "/api/v1/events", body, headers)
            answer = connection.getresponse()
            told = json.loads(answer.read())
            assert answer.status == 200, told
            accepted.append(told["accepted"])

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(accepted)


def _stories(campaign: Campaign, ledger: int, lake: int) -> None:
    """A person's story out of both stores: the first reads of all, then read again."""
    persons = campaign.ids.take("person", lake // _EACH).tolist()
    _fill_ledger(campaign, persons, ledger)
    _fill_lake(campaign, persons, lake)
    chosen = random.Random(2).sample(persons, _LOOKS)
    fill(campaign, chosen)
    for label in ("first reads", "again"):
        times = [_look(campaign, person) for person in chosen]
        p99 = statistics.quantiles(times, n=100)[98]
        print(
            f"a person's story ({label}), {ledger:,} events in the ledger and {lake:,} in the lake:"
            f" median {1000 * statistics.median(times):.1f} ms, p99 {1000 * p99:.1f} ms (aim 50)",
            flush=True,
        )


def _look(campaign: Campaign, person: int) -> float:
    start = time.perf_counter()
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        page = story.of(campaign, connection, person)
    assert page.moments
    return time.perf_counter() - start


def _fill_ledger(campaign: Campaign, persons: list[int], events: int) -> None:
    """Over the sixty days that stay in the ledger."""
    for ahead in range(-57, 1, 3):
        open_day(campaign, campaign.today + timedelta(days=ahead))
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute(
            "INSERT INTO interactions.event (event_id, sender, kind, occurred_at, received_at, received_on, subject,"
            "   channel, direction)"
            " SELECT 'f' || n, 'filler', 'opened', at, at, (at AT TIME ZONE 'UTC')::date,"
            "   (%(persons)s::bigint[])[1 + (random() * (%(many)s - 1))::integer], 'email', 'in'"
            " FROM generate_series(1, %(events)s) n CROSS JOIN LATERAL (SELECT %(now)s - n %% 57 * interval '1 day' AS at) t",
            {"persons": persons, "many": len(persons), "events": events, "now": campaign.clock()},
        )
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute("ANALYZE interactions.event")


def _fill_lake(campaign: Campaign, persons: list[int], events: int) -> None:
    """Over a year before, as `moving` lays them: by 64th of the ids and quarter."""
    draw = np.random.default_rng(3)
    by_share: list[list[int]] = [[] for _ in range(64)]
    for person in sorted(persons):
        by_share[person >> 56].append(person)
    with campaign.lake.writer("benchmark") as writer:
        for quarter in range(4):
            first = datetime(2025, 3 * quarter + 1, 1, tzinfo=campaign.clock().tzinfo)
            for share, owners in enumerate(by_share):
                rows = round(events / 4 * len(owners) / len(persons))
                if rows:
                    subjects = np.sort(draw.choice(np.array(owners, np.int64), rows))
                    part = f"{share:02d}/2025-q{quarter + 1}"
                    writer.stage(TABLE, _rows(subjects, first, draw, part), part)
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            writer.publish(connection)


def _rows(subjects: Any, first: datetime, draw: np.random.Generator, part: str) -> pa.Table:
    size, schema = len(subjects), LAKE[TABLE].schema
    at = pa.array(
        int(first.timestamp() * 1e6) + draw.integers(0, 90 * 86_400 * 10**6, size), pa.timestamp("us", "UTC")
    )
    given: dict[str, Any] = {
        "event_id": pa.array([f"{part}-{number}" for number in range(size)]),
        "subject": pa.array(subjects),
        "occurred_at": at,
        "received_at": at,
        "received_on": at.cast(pa.date32()),
        **{
            name: pa.array([value]).take(pa.array(np.zeros(size, np.int32)))
            for name, value in {
                "sender": "filler",
                "kind": "opened",
                "channel": "email",
                "direction": "in",
            }.items()
        },
    }
    return pa.table(
        {field.name: given.get(field.name, pa.nulls(size, field.type)) for field in schema}, schema
    )


def _cpu(root: int) -> float:
    """CPU seconds of a process and of all below it, those that have ended included."""
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        stats[int(path.parent.name)] = (int(fields[1]), sum(map(int, fields[11:15])) / _TICK)
    family, found = {root}, True
    while found:
        found = {pid for pid, (parent, _) in stats.items() if parent in family} - family
        family |= found
    return sum(stats[pid][1] for pid in family if pid in stats)


def _peak(pid: int) -> float:
    """The largest memory of a process, in GB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20


if __name__ == "__main__":
    print(f"Machine: {machine()}")
    main(*(int(number) for number in sys.argv[1:]))
