"""The demo's evening: what the first screens show of it, and that a second one changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from commonweal import demo, evening, loop
from commonweal.campaign import Campaign, Clock
from commonweal.contacts import doors, queries, tally
from commonweal.contacts.model import Channel
from commonweal.jobs import queries as runs
from commonweal.jobs.model import RunStatus
from commonweal.mandate import queries as mandate
from commonweal.mandate.model import Code, Status
from drawn import same_ids

pytestmark = pytest.mark.slow

_VOTERS = 3_000


def test_an_evening_passes_once(quick_folder: Path, clock: Clock) -> None:
    folder = quick_folder / "evening"
    with same_ids("a7"):  # a town in whose small pilot doors are worth their money
        made = demo.run(folder, voters=_VOTERS, durable=False, clock=clock)
    report = evening.run(folder, durable=False, clock=clock)
    again = evening.run(folder, durable=False, clock=clock)
    assert report.doors > 0
    assert (again.doors, again.actions) == (0, report.actions)
    assert report.email is not None
    assert report.email.claimed > 0
    assert report.email.stopped, "a claim is refused, with its reason"
    assert any(each.examples for each in report.email.stopped)
    with (
        Campaign.open(made.campaign, durable=False, clock=clock) as campaign,
        campaign.ledger.read() as connection,
    ):
        by_channel = {each.channel: each for each in tally.of_day(connection, campaign.today)}
        assert by_channel[Channel.DOOR].tried == report.doors
        assert by_channel[Channel.EMAIL].tried == report.email.claimed
        money = queries.money(connection)
        assert sum(each.spent for each in money) > 0
        assert sum(each.committed for each in money) > 0, "some doors are still to be knocked at"
        (noa,) = connection.execute(
            "SELECT account_id FROM access.account WHERE role = 'volunteer'"
        ).fetchone() or (0,)
        assert doors.held(connection, campaign, noa)
        kept = mandate.promises(connection)
        assert len(kept) == 12
        assert {each.promise.status for each in kept} == {Status.ANNOUNCED}
        found = {each.code for each in mandate.findings(connection, kept)}
        assert found == {Code.PULLED_BOTH_WAYS, Code.PRIVATE_ONLY, Code.UNPAID}
        assert sum(each.told for each in kept) > 0
        assert any(each.share is not None and each.share < 0.2 for each in kept), "some serve few"
        assert len(mandate.published(connection)) == 11
        assert len(mandate.notices(connection)) == 4
        assert mandate.weeks(connection)
        assert runs.last(connection, "forecast", RunStatus.DONE)
        assert runs.last(connection, "price", RunStatus.DONE)
        assert loop.unusable(campaign) == {}
