"""Embeddings and binary data in JSON, replaced by a note of what was there.

A list of numbers becomes `"<1536 numbers, 29184 bytes>"`, base64 `<base64, 54321 bytes>` and a
data URI `<image/png, 54321 bytes>`, wherever it stands: as a value, in a text, in JSON that a text
holds. The bytes are those of the text that was sent. Nobody reads or searches such values, and a
few of them outweigh everything else a trace holds.
"""

from __future__ import annotations

import re

import msgspec

__all__ = ["without_blobs"]

_BASE64 = r"[A-Za-z0-9+/_-]"
_NUMBER = r"-?\d[\d.eE+-]*+"
_MAX_DEPTH = 4
_JSON_OPENS = ("{", "[")

# Either is what a blob is made of; backslashes are those of line breaks in a JSON text.
_STRETCH = rb"(?:[A-Za-z0-9+/=_\\-]{%(size)d}|[0-9,.eE+\s-]{%(size)d})"  # in bytes, of JSON as sent
# Lines of base64 have 57 characters at the least; lists of words and ids have shorter ones.
_ENCODED = re.compile(
    rf"(?:data:([\w.+-]+/[\w.+-]+)?(?:;[\w.=-]+)*;base64,)?"
    rf"(?<!{_BASE64})(?={_BASE64}{{57}})(?:{_BASE64}{{57,}}+\r?\n)*+{_BASE64}++={{0,2}}"
)
_NUMBERS = rf"\[\s*+(?:{_NUMBER}\s*+,\s*+)++{_NUMBER}\s*+\]"
_NUMBERS_IN_TEXT = re.compile(_NUMBERS)
_PIECES = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|(' + _NUMBERS.encode() + rb")", re.DOTALL)

_string = msgspec.json.Decoder(str).decode
_encode = msgspec.json.Encoder().encode
_stretches: dict[int, re.Pattern[bytes]] = {}


def without_blobs(json: bytes, limit: int) -> tuple[bytes, bool]:
    """Replace every blob of more than `limit` bytes in valid JSON; says whether there was one.

    Text is told from base64 by its spaces and punctuation, and by letters of one case only.
    """
    if len(json) <= limit or not _may_hold(json, limit):
        return json, False
    return _cut(json, limit, _MAX_DEPTH)


def _may_hold(json: bytes, limit: int) -> bool:
    """Look where a blob longer than `limit` can't but be: anywhere else costs nothing."""
    size = max((limit + 1) // 2, 1)
    stretch = _stretches.get(size)
    if stretch is None:
        stretch = _stretches[size] = re.compile(_STRETCH % {b"size": size})
    match = stretch.match
    return any(match(json, at) for at in range(0, len(json) - size + 1, size))


def _cut(json: bytes, limit: int, depth: int) -> tuple[bytes, bool]:
    cut = False

    def replace(piece: re.Match[bytes]) -> bytes:
        nonlocal cut
        found = piece[0]
        if len(found) <= limit:
            return found
        if piece[1]:
            cut = True
            return b'"%s"' % _numbers(found.decode()).encode()
        if not _may_hold(found, limit):
            return found
        text = _string(found)
        kept = _cut_text(text, limit, depth)
        if kept == text:
            return found
        cut = True
        return _encode(kept)

    replaced = _PIECES.sub(replace, json)
    return (replaced, True) if cut else (json, False)


def _cut_text(text: str, limit: int, depth: int) -> str:
    if depth and text.lstrip()[:1] in _JSON_OPENS:
        try:
            msgspec.json.decode(text, type=msgspec.Raw)
        except (ValueError, RecursionError):
            pass
        else:
            if _NUMBERS_IN_TEXT.fullmatch(text.strip()):
                return _numbers(text)
            return _cut(text.encode(), limit, depth - 1)[0].decode()

    def encoded(blob: re.Match[str]) -> str:
        found = blob[0]
        if len(found) <= limit:
            return found
        if blob[0].startswith("data:"):
            return f"<{blob[1] or 'data'}, {len(found)} bytes>"
        return f"<base64, {len(found)} bytes>" if _looks_random(found, limit) else found

    text = _ENCODED.sub(encoded, text)
    return _NUMBERS_IN_TEXT.sub(lambda m: _numbers(m[0]) if len(m[0]) > limit else m[0], text)


def _numbers(text: str) -> str:
    return f"<{text.count(',') + 1} numbers, {len(text)} bytes>"


def _looks_random(text: str, limit: int) -> bool:
    """Say whether letters of both cases and digits are mixed, as in any base64 of some length."""
    start = text[:limit]
    return (
        re.search("[A-Z]", start) is not None
        and re.search("[a-z]", start) is not None
        and re.search("[0-9+/]", start) is not None
    )
