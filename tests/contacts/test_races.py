"""Many at once: never two winners, and a batch that is killed goes on as if nothing had been."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from commonweal.campaign import Campaign
from commonweal.contacts import actions, batches, queries
from commonweal.contacts.model import Channel, Claim, Option
from commonweal.contacts.rules import QuietHours, Rules
from commonweal.store.ledger import Ledger, LedgerRole
from contacts.electors import settle

ROADS = Option("phone:roads", "roads", 70)
AWAKE = Rules(quiet_hours=QuietHours(phone="none", door="none"))


def test_of_many_who_claim_a_few_each_is_won_once(campaign: Campaign) -> None:
    settle(campaign, [1, 2, 3], household=5)
    settle(campaign, [4, 5])
    actions.set_rules(campaign, AWAKE)
    won: list[Claim] = []
    starts = threading.Barrier(8)

    def race(number: int) -> None:
        starts.wait()
        for turn in range(5):
            person = 1 + (turn + number) % 5
            channel = Channel.DOOR if number % 2 else Channel.PHONE
            found = actions.claim(campaign, person, channel, option=ROADS)
            if isinstance(found, Claim):
                won.append(found)
            batches.claim_batch(campaign, f"{number}:{turn}", [5, 3, 1], channel, [ROADS], ahead=True)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with campaign.ledger.read() as connection:
        rows = connection.execute("SELECT members FROM contacts.claim WHERE state = 'live'").fetchall()
        held = connection.execute(
            "SELECT count(*) FROM contacts.pressure WHERE claim_id IS NOT NULL"
        ).fetchone()
    members = [member for (each,) in rows for member in each]
    assert len(members) == len(set(members))
    assert held == (len(members),)
    assert len(won) <= len(rows)


def _work(folder: Path, persons: int) -> None:
    with Campaign.open(folder, durable=False) as campaign:
        batches.claim_batch(campaign, "killed", range(1, persons + 1), Channel.PHONE, [ROADS], ahead=True)


@pytest.mark.slow
def test_a_batch_that_is_killed_goes_on(tmp_path: Path, state_folder: Path) -> None:
    from commonweal.campaign import Settings

    folder, persons = state_folder / "killed", 6_000
    Campaign.create(folder, Settings(name="Killed"))
    folder.chmod(0o755)
    with Campaign.open(folder, durable=False) as campaign:
        settle(campaign, range(1, persons + 1))
        actions.set_rules(campaign, AWAKE)
        for _ in range(2):
            process = multiprocessing.get_context("spawn").Process(target=_work, args=(folder, persons))
            process.start()
            before = _asked(campaign.ledger)
            deadline = time.monotonic() + 60
            while _asked(campaign.ledger) <= before and process.is_alive() and time.monotonic() < deadline:
                time.sleep(0.01)
            assert process.pid is not None
            if process.is_alive():
                os.kill(process.pid, signal.SIGKILL)
            process.join()
        report = batches.claim_batch(
            campaign, "killed", range(1, persons + 1), Channel.PHONE, [ROADS], ahead=True
        )
        assert (report.asked, report.claimed, report.claims) == (persons, persons, persons)
        with campaign.ledger.read(LedgerRole.BULK) as connection:
            assert connection.execute(
                "SELECT count(*), count(DISTINCT subject) FROM contacts.claim"
            ).fetchone() == (
                persons,
                persons,
            )
            assert sum(each.committed for each in queries.money(connection)) == 70 * persons


def _asked(ledger: Ledger) -> int:
    with ledger.read(LedgerRole.BULK) as connection:
        row = connection.execute("SELECT coalesce(max(asked), 0) FROM contacts.batch").fetchone()
    assert row is not None
    return int(row[0])
