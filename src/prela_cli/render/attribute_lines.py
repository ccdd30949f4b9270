"""A span's attributes as pairs of texts."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from prela_core.store import StoredSpan

__all__ = ["as_text", "attribute_pairs", "decoded"]


def attribute_pairs(span: StoredSpan) -> list[tuple[str, str]]:
    """Give each attribute's key and its value as text, by key."""
    values = decoded(span.attributes)
    if not isinstance(values, dict):
        return []
    return [(key, as_text(value)) for key, value in sorted(values.items())]


def as_text(value: Any) -> str:
    """Write a JSON value as people read it: a text bare, everything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def decoded(raw: Raw) -> Any:
    """Decode a raw field; None where it can not be read."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
