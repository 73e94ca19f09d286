"""The feed and its parts: waves, topics, one drawing for all of equal sight, sessions that end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import pytest
from serving import followed, signed_in

from commonweal.access import actions as access
from commonweal.access.model import Role
from commonweal.access.queries import open_accounts
from commonweal.campaign import Campaign
from commonweal.store import notices
from commonweal.store.ledger import Ledger, LedgerRole
from commonweal.store.notices import CHANNEL, Teller, tell
from commonweal.web.live import LiveFeed
from commonweal.web.pages import today


async def _next(waves: AsyncIterator[frozenset[str]]) -> frozenset[str]:
    return await asyncio.wait_for(anext(waves), 10)


def test_what_is_told_at_once_comes_as_one_wave_to_whom_it_concerns(ledger: Ledger) -> None:
    async def scene() -> None:
        feed = LiveFeed(ledger)
        doors, money = feed.follow(["doors:1", "contacts"]), feed.follow(["money"])
        assert await _next(doors) == {"doors:1", "contacts"}
        assert await _next(money) == {"money"}
        before = feed.wave(["contacts"])
        for topic in ["contacts"] * 1000 + ["doors:1", "doors:2"]:
            feed.hear(topic)
        assert await _next(doors) == {"contacts", "doors:1"}
        assert feed.wave(["contacts"]) == before + 1
        assert feed.wave(["money"]) == before
        feed.look_again()
        assert await _next(money) == {"money"}
        feed.end()
        with pytest.raises(StopAsyncIteration):
            await _next(doors)

    asyncio.run(scene())


def test_the_ledgers_notices_reach_the_feed_once_committed(ledger: Ledger) -> None:
    async def scene() -> None:
        feed = LiveFeed(ledger)
        async with feed.listening(None):  # type: ignore[arg-type]
            waves = feed.follow(["board"])
            await _next(waves)
            while not feed.count:  # until it listens, which is a wave as well
                await asyncio.sleep(0.01)
            await _next(waves)

            def act() -> None:
                with ledger.transaction(LedgerRole.WEB) as connection:
                    tell(connection, "board", "board")

            await asyncio.to_thread(act)
            assert await _next(waves) == {"board"}

    asyncio.run(scene())


def test_a_teller_tells_each_topic_once_for_many_calls(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        notices, "_SOON", 60.0
    )  # seconds: a machine that is busy must not let it tell in between
    teller = Teller(ledger)
    with ledger._connect(LedgerRole.WEB) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        for _ in range(500):
            teller.soon("contacts", "claims")
        teller.close()
        told = [notice.payload for notice in connection.notifies(timeout=60, stop_after=2)]
        told += [notice.payload for notice in connection.notifies(timeout=0.3)]
    assert sorted(told) == ["claims", "contacts"]


def test_equal_sight_is_drawn_once(address: str, app: Any, campaign: Campaign, monkeypatch: Any) -> None:
    drawn: list[str] = []
    original = today.TODAY.context

    def counted(visit: Any, connection: Any) -> dict[str, Any]:
        drawn.append(visit.account.name)
        return original(visit, connection)

    monkeypatch.setitem(today.TODAY.__dict__, "context", counted)
    lines = [followed(address, "/live", campaign, Role.CANDIDATE) for _ in range(3)]
    for each in lines:
        assert any("live-today" in next(each) for _ in range(20))
    assert len(drawn) == 1
    for each in lines:
        each.close()  # type: ignore[attr-defined]


def test_nothing_is_pushed_to_a_session_that_has_ended(address: str, campaign: Campaign) -> None:
    lines = followed(address, "/live", campaign, Role.CANDIDATE)
    assert any("live-today" in next(lines) for _ in range(20))
    with campaign.ledger.read() as connection:
        (account,) = open_accounts(connection)
    access.end_sessions(campaign, account.account_id)
    campaign.teller.soon("contacts")
    assert any(line == "event: over" for line in lines)


def test_who_is_not_signed_in_follows_nothing(address: str, campaign: Campaign) -> None:
    client = signed_in(address, campaign, Role.CANDIDATE)
    with closing(client):
        client.cookies.clear()
        assert client.get("/live", follow_redirects=False).status_code == 303
