"""JSON that stays bytes: made readable without being decoded into objects."""

from __future__ import annotations

import msgspec

__all__ = ["UNREADABLE", "readable_text"]

UNREADABLE = (ValueError, RecursionError)
"""What `msgspec` raises on JSON that it can't or won't read, bad UTF-8 included."""

_string = msgspec.json.Decoder(str).decode
_QUOTE = ord('"')


def readable_text(json: bytes) -> str | None:
    """Give a string as it is, anything else as compact JSON; None for null and the empty string.

    JSON that is too deep to walk, or holds a number beyond all limits, is given as it stands.
    """
    try:
        if json[0] == _QUOTE:
            return _string(json) or None
        if json == b"null":
            return None
        json = msgspec.json.format(json, indent=-1)
    except UNREADABLE:
        pass  # Not `suppress`: entering it would take as long as reading a short string.
    return json.decode(errors="replace")
