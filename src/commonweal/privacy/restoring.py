"""A backup brought back, without those who were erased since it was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import tomlkit

from commonweal.audit import actions as audit
from commonweal.audit import sealing
from commonweal.audit.model import Verdict
from commonweal.campaign import Campaign, Clock, Settings, utc_now
from commonweal.consent import actions as consent
from commonweal.jobs.model import Progress, silent
from commonweal.people.publishing import publish
from commonweal.privacy import erasing, tombstones
from commonweal.privacy.errors import BackupElsewhere, TombstonesMissing
from commonweal.privacy.tombstones import Tombstone
from commonweal.store import backup
from commonweal.store.backup import Backup
from commonweal.store.ledger import Connection, Ledger, LedgerRole


@dataclass(frozen=True)
class Restored:
    """What a restore did: files and bytes, persons erased again, and whether the audit came back whole."""

    folder: Path
    files: int
    bytes: int
    erased_again: int
    audit: Verdict


def back_up(campaign: Campaign, target: Path, progress: Progress = silent) -> Backup:
    """Make a backup of a campaign that may be at work; its manifest notes the last seal of the audit."""
    sealing.seal(campaign.ledger, campaign.clock())
    found = backup.back_up(
        campaign.ledger, campaign.lake, campaign.folder, target, campaign.clock(), progress, _noted
    )
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        audit.record(connection, campaign, "backup", detail={"files": len(found.manifest.files)})
    return found


def restore(
    source: Path,
    folder: Path,
    *,
    ledger: str | None = None,
    stones: Path | None = None,
    without_stones: bool = False,
    progress: Progress = silent,
    clock: Clock = utc_now,
    actor: str = "cli",
    durable: bool = True,
) -> Restored:
    """Bring a backup back into a new folder: checked whole, the erased erased again, the audit compared with its seal.

    `ledger`: "embedded", or the URL of an empty database; needed where the backup is of a server's. `stones`: the file
    of tombstones, if it is not where the campaign keeps it. Raises what `backup.read`, `check` and `unpack` raise,
    BackupElsewhere, TombstonesMissing, TombstonesUnreadable.
    """
    found = backup.read(source)
    backup.check(found, progress)
    document = tomlkit.parse((source / "settings" / "campaign.toml").read_text(encoding="utf-8"))
    url = ledger or str(document.get("ledger", "embedded"))
    if url != "embedded" and ledger is None:
        raise BackupElsewhere
    backup.unpack(found, folder, url, progress, durable=durable)
    document["ledger"] = url
    document["lake"] = "lake"
    text = tomlkit.dumps(document)
    settings = msgspec.toml.decode(text, type=Settings)
    opened = Campaign(folder, settings, Ledger.open(folder, url, durable=durable), clock, actor)
    try:
        with opened.ledger.transaction(LedgerRole.OWNER) as connection:
            audit.record(connection, opened, "restore", detail={"files": len(found.manifest.files)})
        sealing.seal(opened.ledger, clock(), everything=True)
        again = _erase_again(opened, _stones(opened, stones, without_stones), progress)
        verdict = sealing.verify(opened, _anchor(found))
    finally:
        opened.close()
    backup.finish(folder, text)
    return Restored(folder, len(found.manifest.files), found.bytes, again, verdict)


def _noted(connection: Connection) -> dict[str, Any]:
    last = sealing.last_seal(connection)
    row = connection.execute("SELECT count(*) FROM privacy.erasure").fetchone()
    assert row is not None
    seal = {"seal": last.seal_id, "hash": last.hash} if last else None
    return {"audit": seal, "erasures": row[0]}


def _anchor(found: Backup) -> tuple[int, str] | None:
    noted = found.manifest.extra.get("audit")
    return (noted["seal"], noted["hash"]) if noted else None


def _stones(campaign: Campaign, given: Path | None, none: bool) -> list[Tombstone]:
    path = given or tombstones.path_of(campaign)
    try:
        return tombstones.read(path)
    except FileNotFoundError as error:
        if given is None and (none or not _ever_erased(campaign)):
            return []
        raise TombstonesMissing(path=path) from error


def _ever_erased(campaign: Campaign) -> bool:
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        row = connection.execute("SELECT EXISTS (SELECT FROM privacy.erasure)").fetchone()
    return bool(row and row[0])


def _erase_again(campaign: Campaign, stones: Sequence[Tombstone], progress: Progress) -> int:
    """Those who are back: by the ids that they had. Their tombstones count again, too."""
    subjects = sorted({subject for stone in stones for subject in stone.subjects})
    hashes = [each for stone in stones for each in stone.hashes]
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        consent.bury(connection, campaign, hashes)
        back = [
            person
            for (person,) in connection.execute(
                "SELECT person_id FROM people.profile WHERE person_id = ANY (%(ids)s)"
                " UNION SELECT person_id FROM people.record WHERE record_id = ANY (%(records)s)",
                {"ids": subjects, "records": sorted({r for stone in stones for r in stone.records})},
            ).fetchall()
        ]
        if back:
            erasing.bury(connection, campaign, back, actor="restore")
    if back:
        publish(campaign, progress=progress)
    return len(back)
