"""What the texts of a span hold: words, and attributes with a value."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from prela_core.store import StoredSpan, decode_raw
from prela_core.store.words import SEARCHED_FIELDS, SEARCHED_JSON, fold, json_spelling

__all__ = ["has_attribute", "holds_word", "text_of"]


def has_attribute(span: StoredSpan, key: str, value: str) -> bool:
    """Compare a text as it is, anything else as JSON in whatever spelling."""
    held = msgspec.json.decode(span.attributes, type=dict[str, Raw]).get(key)
    if held is None:
        return False
    decoded = decode_raw(held)
    if isinstance(decoded, str):
        return decoded == value
    try:
        wanted = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return False
    return _one_spelling(decoded) == _one_spelling(wanted)


def _one_spelling(value: Any) -> bytes:
    return msgspec.json.encode(_whole(value))


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(each) for each in value]
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    return value


def holds_word(span: StoredSpan, word: str) -> bool:
    """Say whether `word` occurs in one of the fields that are searched, in any letter case."""
    return any(
        fold(json_spelling(word) if field in SEARCHED_JSON else word) in fold(text_of(span, field))
        for field in SEARCHED_FIELDS
    )


def text_of(span: StoredSpan, field: str) -> str:
    """Give the text of one of the `SEARCHED_FIELDS`; "" when the span has none."""
    value = getattr(span, field)
    return bytes(value).decode() if isinstance(value, Raw) else value or ""
