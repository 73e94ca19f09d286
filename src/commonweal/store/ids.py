"""Opaque 64-bit ids: a keyed permutation of a sequence.

Ids of persons, households, records and contacts tell nothing of how many there are or who came first, yet
each is made without a look-up and none is ever given twice. A sequence number in [0, 2**62) goes through a
four-round Feistel network over two 31-bit halves (Luby and Rackoff 1988: four rounds of a pseudo-random
round function are a strong pseudo-random permutation). It hides order; it is no secret for access: ids in
URLs are signed besides.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

_HALF = 31
_MASK = np.uint64((1 << _HALF) - 1)
_ROUNDS = 4
LIMIT = 1 << (2 * _HALF)

Ids = npt.NDArray[np.int64]


def _round_keys(key: bytes, kind: str) -> list[tuple[np.uint64, np.uint64]]:
    """For each round an odd multiplier and an offset, drawn from the campaign's key and the kind of id."""
    digest = hashlib.blake2b(kind.encode(), key=key[:64], digest_size=16 * _ROUNDS).digest()
    words = np.frombuffer(digest, dtype="<u8")
    return [(np.uint64(words[2 * i] | np.uint64(1)), words[2 * i + 1]) for i in range(_ROUNDS)]


def _mix(half: npt.NDArray[np.uint64], multiplier: np.uint64, offset: np.uint64) -> npt.NDArray[np.uint64]:
    mixed = (half + offset) * multiplier
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    return mixed & _MASK


def permute(sequence: npt.NDArray[np.int64], key: bytes, kind: str) -> Ids:
    """Sequence numbers in [0, 2**62) to opaque positive ids, one to one. Raises ValueError outside the range."""
    numbers = np.asarray(sequence, dtype=np.int64)
    if numbers.size and (numbers.min() < 0 or numbers.max() >= LIMIT):
        raise ValueError(f"sequence numbers must lie in [0, {LIMIT})")
    left, right = numbers.astype(np.uint64) >> np.uint64(_HALF), numbers.astype(np.uint64) & _MASK
    for multiplier, offset in _round_keys(key, kind):
        left, right = right, left ^ _mix(right, multiplier, offset)
    return ((left << np.uint64(_HALF)) | right).astype(np.int64)


def sequence_of(ids: Ids, key: bytes, kind: str) -> npt.NDArray[np.int64]:
    """The inverse of `permute`: which number each id was made from, so which is older."""
    opaque = np.asarray(ids, dtype=np.int64).astype(np.uint64)
    left, right = opaque >> np.uint64(_HALF), opaque & _MASK
    for multiplier, offset in reversed(_round_keys(key, kind)):
        left, right = right ^ _mix(left, multiplier, offset), left
    return ((left << np.uint64(_HALF)) | right).astype(np.int64)
