"""What benchmarks and drills stand on: a campaign of made-up voters with production settings, and its pages, served."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import free_port, wait_for
from commonweal.campaign import Campaign, Settings
from commonweal.store.ledger import LedgerRole
from commonweal.web.server import serve

_VOTER = {
    "household_id": "p",
    "household_size": "1",
    "given_name": "'Anna'",
    "surname": "'Voter'",
    "street": "'rue Neuve'",
    "house_number": "'1'",
    "birth_year": "1980",
    "origins": "'{}'",
    "sort_key": "'voter anna'",
    "tags": "'{}'",
    "records": "1",
    "sources": "1",
    "lists": "'{roll}'",
    "votes": "'{}'",
    "attributes": "'{}'",
}


@contextmanager
def new_campaign(name: str, where: Path | None = None) -> Iterator[Campaign]:
    """An empty campaign in a folder of its own (within `where`), fsync on; gone after the block."""
    # A server ends a moment after its last client: it may still be writing there.
    with tempfile.TemporaryDirectory(prefix="commonweal-", dir=where, ignore_cleanup_errors=True) as path:
        folder = Path(path)
        folder.chmod(0o755)
        os.environ.setdefault("COMMONWEAL_STATE", str(folder / "state"))
        Campaign.create(folder / "campaign", Settings(name=name, timezone="UTC"))
        with Campaign.open(folder / "campaign") as campaign:
            yield campaign


def fill(campaign: Campaign, persons: Sequence[int], **columns: str) -> None:
    """Made-up voters of these ids. `columns`: SQL of what differs, over `p`, the id, and `place`, counted from 1."""
    given = _VOTER | columns
    values = ", ".join(given.values()).replace("%", "%%")
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute(
            f"INSERT INTO people.profile (person_id, {', '.join(given)}) SELECT p, {values}"
            " FROM unnest(%(persons)s::bigint[]) WITH ORDINALITY AS u (p, place)",
            {"persons": list(persons)},
        )
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute("ANALYZE people.profile")


@contextmanager
def served(folder: Path, **settings: Any) -> Iterator[tuple[str, int]]:
    """The real server of a campaign's pages in a process of its own: host:port and process id; ended after the block."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(folder, port, settings))
    process.start()
    assert process.pid is not None
    try:
        wait_for(port, 120)
        yield f"127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.join(20)
        if process.is_alive():
            process.kill()


def _serve(folder: Path, port: int, settings: dict[str, Any]) -> None:
    serve(folder, port=port, ready=lambda _address, _link: None, **settings)
