"""Live pages: from the commit of a result to its arrival at each of 500 open home pages. Fsync on, the real server.

The server, the pages and the writer are three processes. Half of the pages are organisers' (25 areas), half those of
directors, candidates, treasurers and digital directors; each is an account of its own. A result is recorded in one
area after another; what counts for a page is the first drawing that has it.

    python -m benchmarks.live [PAGES [RESULTS [A_SECOND]]]
"""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import sys
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

import numpy as np

from benchmarks.ground import fill, new_campaign, served
from benchmarks.measure import machine
from commonweal.access import actions as access
from commonweal.access.model import Role
from commonweal.campaign import Campaign
from commonweal.contacts import actions
from commonweal.interactions.model import Channel, Event, Kind, ResultCode
from commonweal.web.sign_in import COOKIE

AREAS = 25
LEADERS = (Role.DIRECTOR, Role.CANDIDATE, Role.TREASURER, Role.DIGITAL)
_TRIED = re.compile(rb'data-label="Tried">([\d,]+)<')

Page = tuple[str, int | None]
"""The session's token, and the number of the organiser's area."""


def main(pages: int = 500, results: int = 200, a_second: float = 8.0) -> None:
    spawn = multiprocessing.get_context("spawn")
    with new_campaign("Live") as campaign:
        fill(campaign, range(1, 20_001), area_code=f"(p % {AREAS})::text")
        opened = _pages(campaign, pages)
        with served(campaign.folder, make_handlers=_no_handlers) as (address, _server):
            ours, theirs = spawn.Pipe()
            reader = spawn.Process(target=_read, args=(int(address.rpartition(":")[2]), opened, theirs))
            reader.start()
            theirs.close()
            print(f"{ours.recv()} pages are open", flush=True)
            written = _write(campaign, results, 1 / a_second)
            time.sleep(3)
            ours.send("end")
            seen = ours.recv()
            reader.join()
        _tell(written, opened, seen)


def _pages(campaign: Campaign, count: int) -> list[Page]:
    found: list[Page] = []
    for number in range(count):
        area = number % AREAS if number % 2 else None
        role = LEADERS[number // 2 % len(LEADERS)] if area is None else Role.ORGANISER
        link = access.invite(campaign, f"Page {number}", role, areas=[str(area)] if area is not None else [])
        found.append((access.sign_in_by_link(campaign, link), area))
    return found


def _no_handlers(_campaign: Campaign) -> dict[str, object]:
    return {}


def _write(campaign: Campaign, results: int, pause: float) -> list[tuple[float, int]]:
    """When each result was committed, and its area. The first of each area is not measured."""
    written = []
    for number in range(results + 2 * AREAS):
        started = time.perf_counter()
        area = number % AREAS
        event = Event(
            event_id=f"e{number}",
            kind=Kind.ATTEMPT,
            occurred_at=campaign.clock(),
            channel=Channel.DOOR,
            person_id=(number // AREAS + 1) * AREAS + area,
            result=ResultCode.CANVASSED,
        )
        actions.record(campaign, [event], "bench")
        written.append((time.time(), area))
        time.sleep(max(0.0, pause - (time.perf_counter() - started)))
    return written


def _read(port: int, pages: Sequence[Page], pipe: Connection) -> None:
    asyncio.run(_follow_all(port, pages, pipe))


async def _follow_all(port: int, pages: Sequence[Page], pipe: Connection) -> None:
    seen: list[list[tuple[float, int]]] = [[] for _ in pages]
    begun = [asyncio.Event() for _ in pages]
    tasks = [
        asyncio.create_task(_follow(port, token, seen[place], begun[place]))
        for place, (token, _) in enumerate(pages)
    ]
    await asyncio.gather(*(each.wait() for each in begun))
    pipe.send(len(pages))
    await asyncio.to_thread(pipe.recv)
    pipe.send(seen)
    for task in tasks:
        task.cancel()


async def _follow(port: int, token: str, seen: list[tuple[float, int]], begun: asyncio.Event) -> None:
    """Note each drawing of the day's contacts: when it came and how many it tells of."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    writer.write(f"GET /live HTTP/1.1\r\nHost: bench\r\nCookie: {COOKIE}={token}\r\n\r\n".encode())
    await writer.drain()
    while line := await reader.readline():
        if line.startswith(b"data: "):
            begun.set()
        found = _TRIED.search(line)
        if found:
            seen.append((time.time(), int(found[1].replace(b",", b""))))


def _tell(
    written: Sequence[tuple[float, int]], pages: Sequence[Page], seen: Sequence[Sequence[tuple[float, int]]]
) -> None:
    waits: list[float] = []
    missed = 0
    for (_, area), drawings in zip(pages, seen, strict=True):
        own = [at for at, where in written if area in (None, where)]
        for number, at in enumerate(own, 1):
            if number <= (2 * AREAS if area is None else 2):
                continue
            came = next((when for when, tried in drawings if tried >= number), None)
            missed += came is None
            if came is not None:
                waits.append(1000 * (came - at))
    times = np.array(waits)
    print(
        f"{len(written)} results, {len(pages)} pages, {len(waits):,} arrivals, {missed} missed:"
        f" median {np.median(times):.0f} ms, p99 {np.percentile(times, 99):.0f} ms (limit 1,000),"
        f" worst {times.max():.0f} ms"
    )


if __name__ == "__main__":
    print(f"Machine: {machine()}")
    main(*(int(word) for word in sys.argv[1:]))
