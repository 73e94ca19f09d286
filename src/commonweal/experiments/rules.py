"""Who is drawn into which arm: by hash of the unit's id, so that a draw can be repeated by anyone, anywhere.

The hash of a unit id (64 bits; a household's, so that a household is never in two arms) under a salt:

    k0, k1  = the two little-endian 64-bit words of BLAKE2b(salt in UTF-8, 16 bytes, person "commonweal-draw")
    mix(z)  : z ^= z >> 30;  z *= 0xBF58476D1CE4E5B9;  z ^= z >> 27;  z *= 0x94D049BB133111EB;  z ^= z >> 31
    h       = mix(mix(id XOR k0) + k1), all modulo 2^64
    uniform = (h >> 11) / 2^53

`mix` is the finaliser of SplitMix64 (Steele, Lea and Flood 2014). It is no secret: who knows the salt knows the draw.
Draws under different salts are independent, so each experiment, each split and each repetition has a salt of its own.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from commonweal.experiments.errors import BadShare, BadShares

Ids = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_EXACT = 1e-9  # how far from 1 the sum of shares may be


def uniform(unit_ids: Ids, salt: str) -> npt.NDArray[np.float64]:
    """A number in [0, 1) for each unit, as if drawn at random, fixed by id and salt. (n,) int64 to (n,)."""
    digest = hashlib.blake2b(salt.encode(), digest_size=16, person=b"commonweal-draw").digest()
    first, second = np.frombuffer(digest, "<u8").astype(np.uint64)
    ids = np.ascontiguousarray(unit_ids, dtype=np.int64).view(np.uint64)
    mixed = _mix(_mix(ids ^ first) + second)
    return np.asarray((mixed >> np.uint64(11)) * 2.0**-53)


def _mix(z: Words) -> Words:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def assign(unit_ids: Ids, salt: str, arms: Sequence[str], shares: Sequence[float]) -> npt.NDArray[np.int16]:
    """The arm of each unit, as a position in `arms`. (n,) int64 to (n,) int16.

    `shares` are the designed shares of the arms and add up to 1; each unit is drawn on its own, so that
    realised shares differ from them by chance. Raises BadShares.
    """
    if not _is_design(arms, shares):
        raise BadShares(
            arms=", ".join(arms) or "-", shares=", ".join(f"{share:g}" for share in shares) or "-"
        )
    bounds = np.cumsum(np.asarray(shares, dtype=np.float64))[:-1]
    return np.searchsorted(bounds, uniform(unit_ids, salt), side="right").astype(np.int16)


def _is_design(arms: Sequence[str], shares: Sequence[float]) -> bool:
    one_each = len(arms) == len(shares) >= 2 and len(set(arms)) == len(arms)
    return one_each and all(share > 0 for share in shares) and abs(math.fsum(shares) - 1.0) <= _EXACT


def split(unit_ids: Ids, salt: str, share: float) -> npt.NDArray[np.bool_]:
    """Which units fall into a part of the given share (0 to 1). (n,) int64 to (n,) bool. Raises BadShare."""
    if not 0.0 <= share <= 1.0:
        raise BadShare(share=share)
    return uniform(unit_ids, salt) < share
