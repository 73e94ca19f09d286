from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from commonweal import loop
from commonweal.audit.queries import who_saw
from commonweal.campaign import Campaign
from commonweal.consent import points
from commonweal.identity import actions as identity
from commonweal.identity.model import Answer
from commonweal.intake.actions import import_file
from commonweal.jobs import actions as jobs
from commonweal.privacy import erasing, queries, rewriting, tombstones
from commonweal.privacy.errors import NothingHeld
from commonweal.store.catalogue import LAKE
from commonweal.store.errors import DiskFull
from commonweal.store.ledger import LedgerRole

from .held import bytes_of, persons

NADIA = ("Nadia", "nadia.berger", "R-1001", "+33639980011", "06 39 98 00 11")


def everything(campaign: Campaign) -> str:
    """All text of all tables of the ledger."""
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
        ).fetchall()
        return "\n".join(
            text
            for (table,) in tables
            for (text,) in connection.execute(f"SELECT t::text FROM {table} t").fetchall()
        )


def test_the_stores_forget_at_once_and_everybody_else_stays(held: Campaign) -> None:
    (nadia,) = persons(held, "nadia berger")
    before = everything(held)
    assert [word for word in NADIA if word not in before + str(bytes_of(held))] == []
    erasing.erase(held, [nadia], actor="account:1")
    told = everything(held)
    assert [word for word in NADIA if word in told] == []
    assert told.count("Paul") == before.count("Paul")
    assert persons(held, "nadia") == []
    assert len(persons(held, "berger")) == 1
    for name in set(LAKE) - {"intake.quarantine"}:
        shown = str(held.lake.read(held.lake.table(name)).to_pylist())
        assert [word for word in NADIA if word in shown] == [], name
    assert any("nadia.berger" in text for text in bytes_of(held)), "the files are not rewritten yet"
    with held.ledger.read() as connection:
        assert next(each.verb for each in who_saw(connection, nadia)) == "privacy.erase"
        barred = connection.execute("SELECT reason FROM consent.suppression WHERE subject = %s", (nadia,))
        assert barred.fetchall() == [("erased",)]
    with pytest.raises(NothingHeld):
        erasing.erase(held, [nadia])
    path = tombstones.path_of(held)
    assert held.folder not in path.parents
    assert path.stat().st_mode & 0o077 == 0
    assert [word for word in NADIA if word.casefold() in path.read_text().casefold()] == []
    with path.open("a") as file:
        file.write('{"erased_at": "2027')
    (stone,) = tombstones.read(path)
    assert stone.subjects == (nadia,)
    assert {kind for kind, _hash in stone.hashes} == {"registration", "email", "phone", "name_birth"}


def test_a_reason_that_a_reviewer_gave_is_forgotten(held: Campaign) -> None:
    (nadia,) = persons(held, "nadia berger")
    (paul,) = persons(held, "paul berger")
    with held.ledger.transaction(LedgerRole.OWNER) as connection:
        (left, right) = (
            record
            for person in (nadia, paul)
            for (record,) in connection.execute(
                "SELECT min(record_id) FROM people.record WHERE person_id = %s", (person,)
            )
        )
        identity.decide(connection, held, (left, right), Answer.DIFFERENT, why="her own word")
    erasing.erase(held, [nadia])
    assert "her own word" not in everything(held)


def test_why_a_merge_was_taken_back_is_forgotten_with_either(held: Campaign) -> None:
    """The reason stands with records of the other, too, and with the run; or with records that left the lists."""
    (nadia,) = persons(held, "nadia berger")
    (paul,) = persons(held, "paul berger")
    with held.ledger.transaction(LedgerRole.OWNER) as connection:
        merge = connection.execute(
            "INSERT INTO identity.event (run_id, kind, person_id, other_id, number, records)"
            " SELECT max(run_id), 'merge', %s, %s, 1, '{900}' FROM identity.run RETURNING event_id",
            (nadia, paul),
        ).fetchone()
        assert merge
        for left_person, undoes in ((paul, merge[0]), (nadia, None)):
            connection.execute(
                "INSERT INTO identity.decision"
                " (at, actor, left_record, right_record, left_person, right_person, answer, why, undoes)"
                " VALUES (%s, 'account:1', 900, 901, %s, %s, 'same', 'her own word', %s)",
                (held.clock(), left_person, paul, undoes),
            )
    asked = {"event": merge[0], "why": "her own word"}
    run = jobs.queue(held.ledger, held.clock, "undo", asked, "account:1")
    erasing.erase(held, [nadia])
    assert "her own word" not in everything(held)
    with held.ledger.read(LedgerRole.OWNER) as connection:
        told = connection.execute("SELECT arguments FROM jobs.run WHERE run_id = %s", (run,)).fetchone()
    assert told == ({"event": merge[0]},)


def test_the_files_forget_and_no_list_brings_them_back(
    held: Campaign, lists: dict[str, Path], clock: Any
) -> None:
    (nadia,) = persons(held, "nadia berger")
    (paul,) = persons(held, "paul berger")
    erasing.erase(held, [nadia])
    assert rewriting.is_due(held)
    old = [held.lake.root / file.path for name in LAKE for file in held.lake.files(name)]
    rewriting.rewrite(held)
    assert not rewriting.is_due(held)
    assert kept(held) == []
    assert held.lake.read(held.lake.table("intake.record")).num_rows == 4
    with held.ledger.read() as connection:
        (receipt,) = queries.receipts(connection)
        assert receipt.rewritten_at
        assert receipt.gone_at is None
        assert connection.execute("SELECT count(*) FROM store.erased").fetchone() == (0,)
    clock.now += timedelta(hours=2)
    assert rewriting.is_due(held)
    rewriting.rewrite(held)
    assert not rewriting.is_due(held)
    with held.ledger.read() as connection:
        assert queries.receipts(connection)[0].gone_at
    assert [path for path in old if path.exists() and b"nadia" in path.read_bytes().lower()] == []

    lists["roll"].write_text(
        lists["roll"].read_text()
        + "R-2001;BERGER;Nadia;04/05/1984;1 rue Neuve;31000;Toulouse;0114\n"  # another day: another person
        + ";Berger;NADIA;03/05/1984;1 rue Neuve;31000;Toulouse;0114\n"
    )
    lists["signups"].write_text(
        "name,email,phone\nN. B.,Nadia.Berger@example.org,\nSomebody,,06 39 98 00 11\nNew One,new@example.org,\n"
    )
    again = import_file(held, lists["roll"], source="roll")
    assert (again.rows_read, again.records, again.quarantined) == (6, 4, 2)
    assert import_file(held, lists["signups"], source="signups").quarantined == 2
    loop.resolve(held)
    assert persons(held, "paul berger") == [paul]
    assert nadia not in persons(held, "nadia")
    assert [word for word in kept(held) if word != "Nadia"] == []


def kept(campaign: Campaign) -> list[str]:
    """What the stores still say of her."""
    told = [everything(campaign), *bytes_of(campaign)]
    return [word for word in NADIA if any(word in text for text in told)]


def test_nothing_is_erased_by_half_nor_by_a_resolve_undone(
    held: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nadia,) = persons(held, "nadia berger")
    points.contact_point(held, "email", "")  # makes the key
    before = everything(held)

    def full(*_: object) -> None:
        raise psycopg.errors.DiskFull

    with monkeypatch.context() as patch:
        patch.setattr(tombstones, "append", full)
        with pytest.raises(DiskFull):
            erasing.erase(held, [nadia])
    assert everything(held) == before
    erasing.erase(held, [nadia])
    loop.resolve(held)
    assert persons(held, "nadia") == []
