"""How much of anything is taken. Sizes are in bytes unless a name says otherwise."""

from __future__ import annotations

import attrs

__all__ = ["Limits"]


@attrs.frozen(kw_only=True)
class Limits:
    """Bounds on what one request and one span may hold.

    `body` is counted after decompression: a repetitive batch shrinks 90:1, so there is no
    bound on the ratio. What is over `attributes`, `value` or `name_chars` is cut and flagged
    rather than refused; what is over the others is refused. An embedding or binary data of more
    than `blob` gives way to a note of its size (`prela_core.wire.blobs`), and is flagged too.
    """

    body: int = 20 * 1024 * 1024
    spans: int = 50_000
    depth: int = 128
    attributes: int = 1024 * 1024
    value: int = 256 * 1024
    blob: int = 2048
    name_chars: int = 1024
