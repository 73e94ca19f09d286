"""Contact points without their value: keyed hashes of e-mail addresses and telephone numbers.

The key lies outside of the campaign's folder, so that a copy of the folder or of the ledger does not tell whose
address a suppression or a tombstone is of.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, LiteralString
from weakref import WeakKeyDictionary

from commonweal.campaign import Campaign
from commonweal.consent.errors import PointKeyMissing, PointKeyUnwritable
from commonweal.store import disk
from commonweal.store.ledger import Connection, LedgerRole
from commonweal.store.place import state_folder
from commonweal.store.settings import kept

_KEYS: WeakKeyDictionary[Campaign, bytes] = WeakKeyDictionary()
_SETTING = "point_key"  # the file's name
_BLOCK = 20_000  # rows that come from the ledger at once


def contact_point(campaign: Campaign, kind: str, value: str) -> int:
    """The number that stands for a normalised value of a kind ("email", "phone", "registration", "name_birth").

    63 bits of HMAC-SHA-256: the same in every run of one campaign, and telling nothing without its key. Raises
    PointKeyMissing, PointKeyUnwritable.
    """
    text = f"{kind}\0{value.strip().casefold()}"
    digest = hmac.digest(_key(campaign), text.encode(), hashlib.sha256)
    return int.from_bytes(digest[:8], "big") >> 1


def holders(connection: Connection, campaign: Campaign, wanted: Collection[int]) -> Iterator[tuple[int, int]]:
    """Who in the serving copy has one of these e-mail addresses or phone numbers: (contact point, person) each."""
    for kind in ("email", "phone"):
        query = f"SELECT {kind}, person_id FROM people.profile WHERE {kind} IS NOT NULL"
        yield from matching(connection, campaign, wanted, kind, query)


def matching(
    connection: Connection, campaign: Campaign, wanted: Collection[int], kind: str, query: LiteralString
) -> Iterator[Any]:
    """The rows of a query (value, …) whose value of a kind is one of the `wanted`, with the contact point in its place.

    Streamed: memory does not grow with the rows. Where nothing is wanted nothing is read.
    """
    if not wanted:
        return
    with connection.cursor(name="matching") as cursor:
        cursor.itersize = _BLOCK
        for value, *rest in cursor.execute(query):
            if (point := contact_point(campaign, kind, value)) in wanted:
                yield point, *rest


def key_path(campaign: Campaign) -> Path:
    """Where the campaign's key lies: back it up apart from the campaign."""
    return state_folder() / kept(campaign.ledger, _SETTING, f"points-{secrets.token_hex(8)}.key")


def _key(campaign: Campaign) -> bytes:
    key = _KEYS.get(campaign)
    if key is None:
        key = _KEYS[campaign] = _load_or_make(campaign)
    return key


def _load_or_make(campaign: Campaign) -> bytes:
    path = key_path(campaign)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        if _in_use(campaign):
            raise PointKeyMissing(path=path) from None
    except OSError as error:
        raise PointKeyUnwritable(path=path, reason=error.strerror or error) from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        disk.write_once(path, secrets.token_bytes(32))
        return path.read_bytes()
    except OSError as error:
        raise PointKeyUnwritable(path=path, reason=error.strerror or error) from error


def _in_use(campaign: Campaign) -> bool:
    """A new key in place of a lost one would silently open every contact point again."""
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM consent.suppression WHERE contact_point IS NOT NULL)"
            " OR EXISTS (SELECT FROM consent.consent WHERE contact_point IS NOT NULL)"
            " OR EXISTS (SELECT FROM consent.tombstone)"
            " OR EXISTS (SELECT FROM interactions.event WHERE contact_point IS NOT NULL)"
        ).fetchone()
    return bool(row and row[0])
