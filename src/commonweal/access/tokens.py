"""Random tokens and password hashes."""

from __future__ import annotations

import hashlib
import secrets

import argon2

_HASHER = argon2.PasswordHasher()  # argon2id with the parameters of RFC 9106, section 4, second choice

_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))  # compared with when there is no account: it takes as long


def token() -> str:
    """A new token of 256 random bits, for a link or a cookie."""
    return secrets.token_urlsafe(32)


def sha256(text: str) -> str:
    """What the ledger keeps of a token. Tokens are random, so that no salt is needed."""
    return hashlib.sha256(text.encode()).hexdigest()


def password_hash(password: str) -> str:
    """An argon2id hash with its salt and parameters."""
    return _HASHER.hash(password)


def password_fits(password: str, argon2_hash: str | None) -> bool:
    """Whether a password belongs to a hash; with no hash it takes as long and says no."""
    try:
        return _HASHER.verify(argon2_hash or _NOBODY, password) and argon2_hash is not None
    except argon2.exceptions.VerifyMismatchError:
        return False
