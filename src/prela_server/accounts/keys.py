"""The text of API keys: how they are made, read and hashed. Pure: randomness is passed in.

A key is `prela_sk_`, then an id (10 characters), a secret (34) and a checksum (6), all
base62 and without separators, so that a double click selects the whole of it:

    prela_sk_ 4fZ0aQk91B xkT…34…9aQ 0rW1bC

The id is public: keys are looked up, listed and revoked by it. The secret has 34 * log2(62),
about 202, random bits. The checksum is the CRC-32 of all that stands before it; it lets a
scanner for leaked secrets tell a key from look-alikes, and lets us refuse a mistyped key
without asking the database.
"""

from __future__ import annotations

import hmac
import re
import secrets
import string
from collections.abc import Callable, Iterable
from enum import StrEnum
from zlib import crc32

import attrs

__all__ = [
    "ID_LENGTH",
    "PREFIX",
    "SECRET_LENGTH",
    "Key",
    "Scope",
    "hash_key",
    "in_order",
    "is_key_id",
    "matches",
    "mint",
    "parse",
]

PREFIX = "prela_sk_"
ID_LENGTH = 10
SECRET_LENGTH = 34

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHECKSUM_LENGTH = 6  # 62**6 > 2**32
_KEY = re.compile(
    f"({PREFIX}([0-9A-Za-z]{{{ID_LENGTH}}})[0-9A-Za-z]{{{SECRET_LENGTH}}})"
    f"([0-9A-Za-z]{{{_CHECKSUM_LENGTH}}})"
)
_KEY_ID = re.compile(f"[0-9A-Za-z]{{{ID_LENGTH}}}")


class Scope(StrEnum):
    """What a key may be used for. `admin` includes the others; no other scope includes any."""

    INGEST = "ingest"
    READ = "read"
    DELETE = "delete"
    ADMIN = "admin"


def in_order(scopes: Iterable[Scope]) -> list[Scope]:
    """List `scopes` once each, in the order of their definition, for storing and showing."""
    chosen = set(scopes)
    return [scope for scope in Scope if scope in chosen]


@attrs.frozen
class Key:
    """A well-formed key, which need not be one of ours. Its `repr` does not give it away."""

    key_id: str
    text: str = attrs.field(repr=False)


def mint(randbelow: Callable[[int], int] = secrets.randbelow) -> Key:
    """Make a new key. `randbelow(n)` must give an unpredictable integer in `range(n)`."""
    letters = "".join(_ALPHABET[randbelow(62)] for _ in range(ID_LENGTH + SECRET_LENGTH))
    body = PREFIX + letters
    return Key(key_id=letters[:ID_LENGTH], text=body + _checksum(body))


def parse(text: str | None) -> Key | None:
    """Read a key, or give None for anything that can't be one of ours, however long or odd."""
    found = _KEY.fullmatch(text) if text else None
    if found is None or found[3] != _checksum(found[1]):
        return None
    return Key(key_id=found[2], text=found[0])


def is_key_id(text: str) -> bool:
    """Say whether `text` has the form of a key's id."""
    return _KEY_ID.fullmatch(text) is not None


def hash_key(key: Key, pepper: bytes) -> bytes:
    """Give the 32 bytes that are kept of a key: HMAC-SHA256 (RFC 2104) under `pepper`.

    One fast round is enough: what is hashed has 202 random bits, so there is no list of
    likely keys to try, which is what slow password hashes are for.
    """
    return hmac.digest(pepper, key.text.encode("ascii"), "sha256")


def matches(key: Key, pepper: bytes, digest: bytes | None) -> bool:
    """Say whether `digest` was made of `key`, in a time that does not depend on the answer.

    None, for a key that is not on record, takes as long as a wrong digest.
    """
    return hmac.compare_digest(hash_key(key, pepper), digest or bytes(32))


def _checksum(body: str) -> str:
    rest = crc32(body.encode("ascii"))
    digits = []
    for _ in range(_CHECKSUM_LENGTH):
        rest, digit = divmod(rest, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
