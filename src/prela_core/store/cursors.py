"""Cursors: where a page ended, as an opaque text that goes back to the store it came from."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any

import msgspec

from prela_core.errors import MalformedError

__all__ = ["decode_cursor", "encode_cursor", "question_digest"]

_FAULT = "the cursor is not one of ours, or belongs to another question; start without it"


def question_digest(*parts: object) -> int:
    """Give a number for a question, so that a cursor is not used with another one."""
    return zlib.crc32(repr(parts).encode())


def encode_cursor(digest: int, *position: Any) -> str:
    """Write the position after which the next page starts."""
    body = msgspec.json.encode([digest, *position])
    return base64.urlsafe_b64encode(_sealed(body)).rstrip(b"=").decode()


def decode_cursor(cursor: str, digest: int, shape: type[tuple[Any, ...]] | Any) -> Any:
    """Read a position of the types in `shape`; raises `MalformedError` for anything else."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        sealed = base64.b64decode(padded, altchars=b"-_", validate=True)
        body = sealed[4:]
        if sealed != _sealed(body):
            raise MalformedError(_FAULT)
        found, *position = msgspec.json.decode(body, type=list)
        if found != digest:
            raise MalformedError(_FAULT)
        return msgspec.convert(tuple(position), shape)
    except (UnicodeEncodeError, binascii.Error, msgspec.MsgspecError, ValueError) as error:
        raise MalformedError(_FAULT) from error


def _sealed(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(4, "big") + body
