"""Promises: candidates for the same in other words over two published lists, and who heard what over the contacts of a campaign.

python -m benchmarks.mandate [PERSONS]
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.claims import fill_with_history
from benchmarks.ground import new_campaign
from benchmarks.measure import call, machine
from commonweal.campaign import Campaign
from commonweal.interactions.actions import open_day
from commonweal.mandate import counting, likeness, narrowness, reading
from commonweal.mandate.likeness import Text
from commonweal.store.ledger import LedgerRole

LISTS = Path(__file__).parents[1] / "tests" / "data" / "promises"


def main(persons: int = 50_000) -> None:
    _likeness()
    _specificity()
    _counting(persons)


def _likeness() -> None:
    names = ("macron2017.json", "2021-mandate-commitments.csv")
    listed = [reading.read(LISTS / name, date(2027, 1, 15)).promises for name in names]
    texts = [Text(each.key, each.text, each.language) for promises in listed for each in promises]
    found = likeness.candidates(texts)
    seconds = call(lambda: likeness.candidates(texts), runs=5)
    print(f"likeness: {len(found):,} candidates over {len(texts)} promises in {seconds:.2f} s (median of 5)")


def _specificity(contacts: int = 1_000_000, cells: int = 2_650, messages: int = 20) -> None:
    chance = np.random.default_rng(1)
    table = np.zeros((narrowness.GROUPS, cells, messages), dtype=np.int64)
    where = (
        chance.integers(0, narrowness.GROUPS, contacts),
        chance.integers(0, cells, contacts),
        chance.integers(0, messages, contacts),
    )
    np.add.at(table, where, 1)
    seconds = call(lambda: narrowness.measured(narrowness.specificity, table, 0, 1), runs=3)
    print(
        f"I/H: {contacts:,} contacts, {cells:,} cells, {messages} messages, with its interval in {seconds:.2f} s"
        " (median of 3)"
    )


def _counting(persons: int) -> None:
    with new_campaign("Promises") as campaign:
        fill_with_history(campaign, persons)
        _talk(campaign, persons)
        seconds = call(lambda: counting.count(campaign), runs=3)
        report = counting.count(campaign)
    print(
        f"who heard what: {report.contacts:,} contacts of {persons:,} persons, {report.weeks} weeks, in {seconds:.1f} s"
        " (median of 3)"
    )


def _talk(campaign: Campaign, persons: int) -> None:
    """Four e-mails that reached each person, over four weeks, one of ten messages each."""
    open_day(campaign, campaign.today)
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute(
            "INSERT INTO interactions.event (event_id, sender, kind, occurred_at, received_at, received_on, subject,"
            " household_id, channel, direction, message_version)"
            " SELECT p || '.' || n, 'mailer', 'delivered', %(now)s::timestamptz - n * interval '7 days', %(now)s, %(day)s,"
            "  p, p / 2, 'email', 'out', 'm' || (p * 7919 + n * 104729) %% 10"
            " FROM generate_series(1, %(persons)s) p CROSS JOIN generate_series(1, 4) n",
            {"now": campaign.clock(), "day": campaign.today, "persons": persons},
        )


if __name__ == "__main__":
    print(f"Machine: {machine()}")
    main(*(int(word) for word in sys.argv[1:]))
