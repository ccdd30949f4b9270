"""Cursors: where a page ended, as an opaque text that goes back to the store it came from."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Annotated

import msgspec
from msgspec import Meta

from prela_core.errors import MalformedError

__all__ = ["Position", "decode_cursor", "encode_cursor", "question_digest"]

Position = tuple[int, str]
"""Where a row stands: the value that orders it, then the id that breaks ties."""

_FAULT = "the cursor is not one of ours, or belongs to another question; start without it"
_Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


def question_digest(*parts: object) -> int:
    """Give a number for a question, so that a cursor is not used with another one."""
    return zlib.crc32(repr(parts).encode())


def encode_cursor(digest: int, value: int, row_id: str) -> str:
    """Write the position after which the next page starts."""
    return _text(_sealed(msgspec.json.encode((digest, value, row_id))))


def decode_cursor(cursor: str, digest: int) -> Position:
    """Read a position; raises `MalformedError` for anything that was not written for `digest`."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        sealed = base64.b64decode(padded, altchars=b"-_", validate=True)
        body = sealed[4:]
        # Base64 has several texts for the same bytes; only the one that we write is ours.
        if sealed != _sealed(body) or cursor != _text(sealed):
            raise MalformedError(_FAULT)
        found, value, row_id = msgspec.json.decode(body, type=tuple[int, _Int64, str])
    except (UnicodeEncodeError, binascii.Error, msgspec.MsgspecError) as error:
        raise MalformedError(_FAULT) from error
    if found != digest:
        raise MalformedError(_FAULT)
    return value, row_id


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _sealed(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(4, "big") + body
