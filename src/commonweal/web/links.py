"""Ids in addresses: signed, so that nobody can count up or try. They name a thing, never a person's data."""

from __future__ import annotations

import hashlib

import itsdangerous
from itsdangerous.encoding import base64_decode, base64_encode, bytes_to_int, int_to_bytes


class Links:
    """Makes and reads the tokens that stand for ids in addresses, one key per campaign, one salt per kind of thing."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._signers: dict[str, itsdangerous.Signer] = {}

    def make(self, kind: str, number: int) -> str:
        """The token of a thing: `make("person", 42)`."""
        signed: bytes = self._signer(kind).sign(base64_encode(int_to_bytes(number)))
        return signed.decode()

    def read(self, kind: str, token: str) -> int | None:
        """The id that a token stands for; None when it was not made here for this kind."""
        try:
            return bytes_to_int(base64_decode(self._signer(kind).unsign(token)))
        except itsdangerous.BadData:
            return None

    def _signer(self, kind: str) -> itsdangerous.Signer:
        """One a kind, its key derived once: a batch of events brings thousands of tokens."""
        if kind not in self._signers:
            salt, sha = f"commonweal.{kind}", hashlib.sha256
            derived = itsdangerous.Signer(
                self._key, salt=salt, key_derivation="hmac", digest_method=sha
            ).derive_key()
            self._signers[kind] = itsdangerous.Signer(
                derived, salt=salt, sep="~", key_derivation="none", digest_method=sha
            )
        return self._signers[kind]
