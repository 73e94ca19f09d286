"""PostgreSQL is killed with -9 while events pour in over HTTP: every acknowledged event is there, exactly once.

Some connections send batches; each sends a batch again, under whatever error, until it is acknowledged. Some batches are
sent twice although they were. Production settings, fsync on.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from benchmarks.ground import fill, new_campaign, served

from commonweal.access import bearers
from commonweal.access.model import Scope
from commonweal.campaign import Campaign
from commonweal.store.ledger import LedgerRole
from commonweal.store.place import find_place

_CLIENTS = 3
_BATCH = 200
_PERSONS = 1_000
_PATIENCE = 120.0  # seconds without any acknowledgement: then it is not borne


def main(kills: int = 50) -> None:
    """Kill it so many times; one line says what came of it."""
    with new_campaign("Drill") as campaign:
        fill_with_voters(campaign)
        token = bearers.make_token(campaign, "mailer", [Scope.EVENTS_WRITE])
        load = Load(token, campaign.clock().isoformat())
        with served(campaign.folder) as (address, _server):
            load.start(address)
            done = _kill(campaign.folder, load, kills)
            load.stop()
        verify(campaign, load)
    print(
        f"PostgreSQL killed {done} times: {len(load.acknowledged):,} acknowledged events are there, once each;"
        f" {load.failures} requests failed and were sent again, {load.repeated:,} events were told more than once",
        flush=True,
    )


class WrongAnswerError(Exception):
    """An answer that a lost ledger does not excuse."""


class Load:
    """Connections that send batches until each is acknowledged."""

    def __init__(self, token: str, at: str, excused: tuple[int, ...] = (503,)) -> None:
        self.statuses = Counter[int]()
        self.acknowledged: set[str] = set()
        self.failures = 0
        self.repeated = 0
        self.wrong: list[str] = []
        self.latest = time.monotonic()
        self._token = token
        self._at = at
        self._excused = excused
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def start(self, address: str) -> None:
        """Begin to send."""
        for number in range(_CLIENTS):
            thread = threading.Thread(target=self._client, args=(address, number))
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Let each connection finish its batch."""
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def _client(self, address: str, number: int) -> None:
        order, sent = random.Random(number), 0
        while not self._ending.is_set():
            batch = [self._event(f"c{number}-{sent + place}", order) for place in range(_BATCH)]
            sent += _BATCH
            self._until_acknowledged(address, batch)
            if order.random() < 0.2:
                self._until_acknowledged(address, order.sample(batch, len(batch) // 2))

    def _until_acknowledged(self, address: str, batch: list[dict[str, str]]) -> None:
        body = json.dumps(batch).encode()
        while True:
            try:
                told = self._post(address, body)
            except WrongAnswerError as error:
                self.wrong.append(str(error))
                told = None
            with self._lock:
                if told is not None:
                    if told["accepted"] + told["repeated"] != len(batch):
                        self.wrong.append(str(told))
                    self.repeated += told["repeated"]
                    self.acknowledged |= {event["event_id"] for event in batch}
                    self.latest = time.monotonic()
                    return
                self.failures += 1
            time.sleep(0.05)

    def _post(self, address: str, body: bytes) -> dict[str, int] | None:
        """The verdicts, or None if the answer was not 200, or none came."""
        connection = http.client.HTTPConnection(address, timeout=60)
        try:
            headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
            connection.request("POST", "/api/v1/events", body, headers)
            answer = connection.getresponse()
            told = json.loads(answer.read())
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            return None
        finally:
            connection.close()
        with self._lock:
            self.statuses[answer.status] += 1
        if answer.status not in {200, *self._excused}:
            raise WrongAnswerError(f"{answer.status}: {told}")
        return told if answer.status == 200 else None

    def _event(self, event_id: str, order: random.Random) -> dict[str, str]:
        return {
            "event_id": event_id,
            "kind": order.choice(("sent", "opened")),
            "occurred_at": self._at,
            "channel": "email",
            "email": f"voter{order.randrange(_PERSONS) + 1}@example.org",
        }


def _kill(folder: Path, load: Load, kills: int) -> int:
    """Kill it, each time while batches are acknowledged again; how many times."""
    order = random.Random(0)
    for _number in range(kills):
        wait_for_acknowledgement(load)
        time.sleep(order.uniform(0, 0.5))
        pid = _postmaster(folder)
        while pid is None:
            time.sleep(0.02)
            pid = _postmaster(folder)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_for_acknowledgement(load)
    return kills


def _postmaster(folder: Path) -> int | None:
    """The process id of a campaign's embedded PostgreSQL; None while it is starting."""
    try:
        return int((find_place(folder / "ledger").data / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def wait_for_acknowledgement(load: Load) -> None:
    """Until a batch is acknowledged from now on."""
    since = time.monotonic()
    while load.latest < since:
        assert time.monotonic() - since < _PATIENCE, "nothing was acknowledged any more"
        time.sleep(0.02)


def fill_with_voters(campaign: Campaign) -> None:
    """Those whom the events are about."""
    fill(campaign, campaign.ids.take("person", _PERSONS).tolist(), email="'voter' || place || '@example.org'")


def verify(campaign: Campaign, load: Load) -> None:
    """Every acknowledged event is there, once. Raises AssertionError."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        rows = connection.execute(
            "SELECT event_id, count(*) FROM interactions.event GROUP BY event_id"
        ).fetchall()
        seen = connection.execute("SELECT count(*) FROM interactions.seen").fetchone()
    there = dict(rows)
    assert load.wrong == [], load.wrong[:3]
    assert load.acknowledged <= there.keys(), "an acknowledged event is lost"
    assert set(there.values()) == {1}, "an event is there twice"
    assert seen == (len(there),), "the ids seen are not those of the events"
