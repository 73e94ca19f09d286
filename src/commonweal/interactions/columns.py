"""Events as columns, the way PostgreSQL takes many at once: each column is one text that it splits itself.

A column that is empty throughout goes as NULL: unnest fills it up. So an event costs little Python.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
import numpy as np
import numpy.typing as npt

from commonweal.interactions.model import Event
from commonweal.interactions.rules import direction

Longs = npt.NDArray[np.int64]

_GLUE, _NULL = "\x1f", "\x1e"  # rules.faults lets no text with either come this far
SPLIT = "string_to_array(%({})s, E'\\x1f', E'\\x1e')"


def texts(values: Sequence[str | None]) -> str | None:
    """Texts for `SPLIT`."""
    if not any(value is not None for value in values):
        return None
    return _GLUE.join([_NULL if value is None else value for value in values])


def numbers(values: Sequence[int | None]) -> str | None:
    """The text of a bigint[]."""
    if not any(value is not None for value in values):
        return None
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def times(values: Iterable[datetime]) -> str:
    """The text of a timestamptz[]."""
    return "{" + ",".join([value.isoformat() for value in values]) + "}"


def answers(events: Sequence[Event]) -> str | None:
    """JSON objects, or null. JSON escapes control characters, so that the glue can't be within."""
    encode = msgspec.json.encode
    return texts([None if event.answers is None else encode(event.answers).decode() for event in events])


def hashes(sender: str, event_ids: Sequence[str]) -> tuple[Longs, Longs]:
    """The two halves of each id's 128-bit hash (BLAKE2b over sender and id): equal only for the same event."""
    salted = hashlib.blake2b(sender.encode() + b"\x00", digest_size=16)

    def digest(event_id: str) -> bytes:
        started = salted.copy()
        started.update(event_id.encode())
        return started.digest()

    halves = np.frombuffer(b"".join(map(digest, event_ids)), dtype=">i8").astype(np.int64).reshape(-1, 2)
    return halves[:, 0], halves[:, 1]


def parameters(events: Sequence[Event]) -> dict[str, str | None]:
    """What the insert needs of the events themselves, by column."""
    return {
        "event_id": texts([event.event_id for event in events]),
        "kind": texts([event.kind for event in events]),
        "occurred_at": times([event.occurred_at for event in events]),
        "channel": texts([event.channel for event in events]),
        "direction": texts([direction(event) for event in events]),
        "claim_id": numbers([event.claim_id for event in events]),
        "message_version": texts([event.message_version for event in events]),
        "arm": texts([event.arm for event in events]),
        "source_code": texts([event.source_code for event in events]),
        "actor": texts([event.actor for event in events]),
        "device": texts([event.device for event in events]),
        "result": texts([event.result for event in events]),
        "answers": answers(events),
        "cost": numbers([event.cost for event in events]),
        "corrects": texts([event.corrects for event in events]),
    }
