"""Cursors: where a page ended, as an opaque text that goes back to the store it came from."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Annotated

import msgspec
from msgspec import Meta

from prela_core.errors import MalformedError
from prela_core.wire.timestamps import LATEST

__all__ = ["Position", "decode_cursor", "encode_cursor", "first_asked", "question_digest"]

Position = tuple[int, str]
"""Where a row stands: the value that orders it, then the id that breaks ties."""

_FAULT = "the cursor is not one of ours, or belongs to another question; start without it"
_Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
_Micros = Annotated[int, Meta(ge=0, lt=LATEST)]


class _Said(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    digest: int
    value: _Int64
    row_id: str
    asked_at: _Micros | None = None


def question_digest(*parts: object) -> int:
    """Give a number for a question, so that a cursor is not used with another one."""
    return zlib.crc32(repr(parts).encode())


def encode_cursor(digest: int, value: int, row_id: str, asked_at: int | None = None) -> str:
    """Write the position after which the next page starts.

    `asked_at` is when the first page was asked for, in microseconds, where that matters.
    """
    said = (digest, value, row_id) if asked_at is None else (digest, value, row_id, asked_at)
    return _text(_sealed(msgspec.json.encode(said)))


def decode_cursor(cursor: str, digest: int) -> Position:
    """Read a position; raises `MalformedError` for anything that was not written for `digest`."""
    said = _read(cursor)
    if said.digest != digest:
        raise MalformedError(_FAULT)
    return said.value, said.row_id


def first_asked(cursor: str | None, now: int) -> int:
    """Say when the first page of an answer was asked for, as its cursor tells; else `now`."""
    asked_at = None if cursor is None else _read(cursor).asked_at
    return now if asked_at is None else asked_at


def _read(cursor: str) -> _Said:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        sealed = base64.b64decode(padded, altchars=b"-_", validate=True)
        body = sealed[4:]
        # Base64 has several texts for the same bytes; only the one that we write is ours.
        if sealed != _sealed(body) or cursor != _text(sealed):
            raise MalformedError(_FAULT)
        return msgspec.json.decode(body, type=_Said)
    except (UnicodeEncodeError, binascii.Error, msgspec.MsgspecError) as error:
        raise MalformedError(_FAULT) from error


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _sealed(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(4, "big") + body
