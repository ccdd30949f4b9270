"""Cutting what is over the limit, keeping as much as can be kept."""

from __future__ import annotations

from typing import Any

import msgspec

from prela_core.wire.blobs import without_blobs
from prela_core.wire.limits import Limits

__all__ = ["trim_list", "trim_object"]

_KEPT_AFTER_CUT = "prela.truncated_bytes"
_PUNCTUATION = ":,"
_encode = msgspec.json.Encoder().encode


def trim_object(raw: bytes, limits: Limits) -> tuple[bytes, bool]:
    """Cut a JSON object to `limits.attributes` bytes; says whether anything was cut.

    Blobs go first, each for a note of its size. Should that not be enough, long texts are cut,
    each to `limits.value`; then the largest values go until the rest fits. The size at which
    that began is kept under `prela.truncated_bytes`.
    """
    raw, without = without_blobs(raw, limits.blob)
    kept, cut = _fitted(raw, limits)
    return kept, cut or without


def _fitted(raw: bytes, limits: Limits) -> tuple[bytes, bool]:
    if len(raw) <= limits.value:
        return raw, False
    try:
        decoded = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:  # pragma: no cover - the caller has seen an object
        return b"{}", True
    kept: dict[str, Any] = {}
    size = 2
    cut = False
    for key, value in sorted(decoded.items(), key=lambda pair: len(pair[1])):
        piece = bytes(value)
        if len(piece) > limits.value:
            piece = _cut_value(piece, limits.value)
            cut = True
        size += len(_encode(key)) + len(piece) + len(_PUNCTUATION)
        if size > limits.attributes:
            cut = True
            continue
        kept[key] = msgspec.Raw(piece)
    if not cut and len(raw) <= limits.attributes:
        return raw, False
    kept = {key: kept[key] for key in decoded if key in kept}
    if not cut:  # it was white space that made it too large
        return _encode(kept), False
    kept[_KEPT_AFTER_CUT] = len(raw)
    return _encode(kept), True


def trim_list(raw: bytes, limits: Limits) -> tuple[bytes, bool]:
    """Cut a JSON list to `limits.attributes` bytes: first blobs, then items from its end."""
    raw, without = without_blobs(raw, limits.blob)
    if len(raw) <= limits.attributes:
        return raw, without
    kept: list[msgspec.Raw] = []
    size = 2
    for item in msgspec.json.decode(raw, type=list[msgspec.Raw]):
        size += len(item) + 1
        if size > limits.attributes:
            break
        kept.append(item)
    return _encode(kept), True


def _cut_value(piece: bytes, limit: int) -> bytes:
    # A value that is no text is kept as the beginning of its JSON text.
    text = msgspec.json.decode(piece) if piece[:1] == b'"' else piece.decode("utf-8", "replace")
    return _encode(str(text).encode()[:limit].decode("utf-8", "ignore"))
