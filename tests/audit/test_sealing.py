from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from commonweal.audit import sealing
from commonweal.audit.actions import record
from commonweal.audit.model import Fault, Verdict
from commonweal.audit.queries import moments, who_saw
from commonweal.audit.sealing import last_seal, seal, sealer, verify
from commonweal.campaign import Campaign
from commonweal.store.ledger import Connection, LedgerRole


def write(campaign: Campaign, count: int = 3, **more: Any) -> None:
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        for number in range(count):
            record(connection, campaign, "look", **({"subject": f"person:{number}"} | more))


def sealed(campaign: Campaign) -> int:
    return seal(campaign.ledger, campaign.clock())


@contextmanager
def tampering(campaign: Campaign) -> Iterator[Connection]:
    """What one can do who owns the tables: switch the triggers off."""
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        for table in ("audit.entry", "audit.seal"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield connection
        for table in ("audit.entry", "audit.seal"):
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def faults(verdict: Verdict) -> list[tuple[Fault, int]]:
    return [(each.fault, each.seal_id) for each in verdict.breaks]


def test_an_untouched_audit_is_intact(campaign: Campaign) -> None:
    assert verify(campaign).intact
    write(campaign)
    assert verify(campaign).unsealed == 3
    assert sealed(campaign) == 3
    assert sealed(campaign) == 0
    write(campaign, 2, why="they asked", persons=[5, 6], detail={"é": [1.5, None]})
    write(campaign, 1)
    assert sealed(campaign) == 3
    write(campaign, 1)
    verdict = verify(campaign)
    assert verdict.intact
    assert (verdict.seals, verdict.entries, verdict.unsealed) == (2, 6, 1)


def test_only_what_is_over_is_sealed(campaign: Campaign) -> None:
    """A transaction that began before others, and ends after them, is sealed when it has ended; nothing is left out."""
    with campaign.ledger.transaction(LedgerRole.BULK) as slow:
        record(slow, campaign, "import")
        write(campaign)
        assert sealed(campaign) == 0
        with campaign.ledger.transaction(LedgerRole.BULK) as gone:
            record(gone, campaign, "plan.make")
            raise_away(gone)
    write(campaign, 1)
    assert sealed(campaign) == 5
    assert verify(campaign).intact


def raise_away(connection: Connection) -> None:
    """Undo what the transaction wrote, and leave a hole in the numbers."""
    raise psycopg.Rollback


def test_two_sealers_seal_once(campaign: Campaign) -> None:
    for _ in range(20):
        write(campaign, 1)
        with sealer(campaign.ledger, campaign.clock):
            sealed(campaign)
    verdict = verify(campaign)
    assert verdict.intact
    assert verdict.entries == 20


@pytest.mark.parametrize("role", [LedgerRole.OWNER, LedgerRole.BULK, LedgerRole.WORKER, LedgerRole.WEB])
@pytest.mark.parametrize("table", ["audit.entry", "audit.seal"])
@pytest.mark.parametrize("act", ["UPDATE {} SET at = at", "DELETE FROM {}", "TRUNCATE {}"])
def test_nobody_changes_it(campaign: Campaign, role: LedgerRole, table: str, act: str) -> None:
    write(campaign)
    sealed(campaign)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), campaign.ledger.transaction(role) as connection:
        connection.execute(act.format(table))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("UPDATE audit.entry SET actor = 'account:9' WHERE entry_id = 4", Fault.ENTRY_ALTERED),
        ("UPDATE audit.entry SET persons = '{7}' WHERE entry_id = 4", Fault.ENTRY_ALTERED),
        ("UPDATE audit.entry SET why = '' WHERE entry_id = 4", Fault.ENTRY_ALTERED),
        ("UPDATE audit.entry SET at = at + '1 microsecond' WHERE entry_id = 4", Fault.ENTRY_ALTERED),
        ("DELETE FROM audit.entry WHERE entry_id = 4", Fault.ENTRY_MISSING),
        ("UPDATE audit.seal SET hash = previous WHERE seal_id = 2", Fault.ENTRY_ALTERED),
        ("UPDATE audit.seal SET floor = 9 WHERE seal_id = 2", Fault.ENTRY_ALTERED),
        ("UPDATE audit.seal SET at = at - interval '1 day' WHERE seal_id = 2", Fault.ENTRY_ALTERED),
    ],
)
def test_a_changed_row_shows(campaign: Campaign, change: str, fault: Fault) -> None:
    for _ in range(3):
        write(campaign)
        sealed(campaign)
    with tampering(campaign) as connection:
        assert connection.execute(change).rowcount == 1
    verdict = verify(campaign)
    assert not verdict.intact
    assert (fault, 2) in faults(verdict)


def test_a_missing_seal_shows(campaign: Campaign) -> None:
    for _ in range(3):
        write(campaign)
        sealed(campaign)
    with tampering(campaign) as connection:
        connection.execute("DELETE FROM audit.seal WHERE seal_id = 2")
        connection.execute("DELETE FROM audit.entry WHERE entry_id BETWEEN 4 AND 6")
    assert faults(verify(campaign)) == [(Fault.SEAL_MISSING, 3)]


def test_a_row_put_in_later_shows(campaign: Campaign) -> None:
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        record(connection, campaign, "plan.make")
        raise_away(connection)
    write(campaign)
    sealed(campaign)
    with tampering(campaign) as connection:
        connection.execute(
            "INSERT INTO audit.entry (entry_id, at, actor, verb, xid) OVERRIDING SYSTEM VALUE"
            " SELECT 1, at, 'account:9', verb, xid FROM audit.entry WHERE entry_id = 2"
        )
    verdict = verify(campaign)
    assert not verdict.intact
    assert verdict.inserted == (1,)


def test_a_chain_made_anew_differs_from_the_hash_noted_elsewhere(campaign: Campaign) -> None:
    write(campaign)
    sealed(campaign)
    with campaign.ledger.read() as connection:
        noted = last_seal(connection)
    assert noted
    assert verify(campaign, (noted.seal_id, noted.hash)).intact
    with tampering(campaign) as connection:
        connection.execute("DELETE FROM audit.seal")
        connection.execute("UPDATE audit.entry SET actor = 'account:9'")
    assert faults(verify(campaign, (noted.seal_id, noted.hash))) == [(Fault.SEAL_MISSING, 1)]
    sealed(campaign)
    assert verify(campaign).intact
    assert faults(verify(campaign, (noted.seal_id, noted.hash))) == [(Fault.OTHER_CHAIN, 1)]


def test_on_a_server_whose_transactions_count_from_less(campaign: Campaign) -> None:
    """What a restore meets: the entries' transactions are far ahead of the server's."""
    write(campaign)
    sealed(campaign)
    with tampering(campaign) as connection:
        far = "((pg_current_xact_id()::text)::bigint + 1000000)::text::xid8"
        connection.execute(
            "INSERT INTO audit.entry (at, actor, verb, xid)"
            f" SELECT now(), 'cli:anna', 'look', {far} FROM generate_series(1, 2)"
        )
    assert sealed(campaign) == 0
    assert seal(campaign.ledger, campaign.clock(), everything=True) == 2
    write(campaign)
    assert sealed(campaign) == 3
    verdict = verify(campaign)
    assert verdict.intact
    assert (verdict.entries, verdict.unsealed) == (8, 0)


def test_on_a_server_that_is_behind_the_last_seal(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All was sealed before the backup: the restore's own entry is what the new numbers begin with."""
    write(campaign)
    with monkeypatch.context() as patch:
        now = "pg_snapshot_xmin(pg_current_snapshot())"
        patch.setattr(sealing, "_SEAL", sealing._SEAL.replace(now, "'900000000'::xid8"))
        assert sealed(campaign) == 3
    write(campaign, 1)
    assert sealed(campaign) == 0
    assert verify(campaign).inserted, "nobody said that it was restored"
    assert seal(campaign.ledger, campaign.clock(), everything=True) == 1
    write(campaign, 2)
    assert sealed(campaign) == 2
    verdict = verify(campaign)
    assert verdict.intact
    assert (verdict.seals, verdict.entries, verdict.unsealed) == (3, 6, 0)


def test_who_saw_somebody_alone_or_among_many(campaign: Campaign) -> None:
    write(campaign, 1, subject="person:7", why="a call")
    write(campaign, 1, subject="plan:1", persons=[5, 7, 9])
    write(campaign, 1, subject="person:8", persons=[5])
    with campaign.ledger.transaction() as connection:
        run = connection.execute(
            "INSERT INTO identity.run (at, actor, changed, records, persons, households)"
            " VALUES (now(), 'x', true, 1, 1, 1) RETURNING run_id"
        ).fetchone()
        assert run
        connection.execute("INSERT INTO identity.redirect VALUES (8, 7, %s)", run)
        assert [each.subject for each in who_saw(connection, 7)] == ["person:8", "plan:1", "person:7"]
        assert [each.subject for each in who_saw(connection, 9)] == ["plan:1"]
        assert [each.why for each in moments(connection, 7)] == [None, None, "a call"]
