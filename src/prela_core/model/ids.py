"""Ids: opaque strings on the way in, 32 and 16 hex digits when we make them."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

__all__ = ["MAX_ID_LENGTH", "id_fault", "new_span_id", "new_trace_id"]

MAX_ID_LENGTH = 128


def id_fault(value: object) -> str | None:  # noqa: PLR0911 - one for each fault
    """Say why `value` can't be an id, or None when it can.

    An id is any string of 1-128 printable characters: hex of OpenTelemetry, dashed
    UUIDs, or a name such as `test-trace-123`.
    """
    # What nearly all ids are, at half the price: neither empty, nor blank, nor unprintable.
    if isinstance(value, str) and value.isalnum() and len(value) <= MAX_ID_LENGTH:
        return None
    if not isinstance(value, str):
        return "is missing" if value is None else "must be a string"
    if not value:
        return "is empty"
    if len(value) > MAX_ID_LENGTH:
        return f"has {len(value)} characters; at most {MAX_ID_LENGTH} are allowed"
    if value.isspace():
        return "is blank"
    if not value.isprintable():
        return "holds a character that can't be printed"
    return None


def new_trace_id(random_bytes: Callable[[int], bytes] = os.urandom) -> str:
    """Make a trace id of 32 hex digits, as W3C Trace Context has them.

    The system's own randomness: processes that were forked, or machines restored from one
    snapshot, make different ones.
    """
    return random_bytes(16).hex()


_spans = random.Random()  # noqa: S311 - an id within a trace is no secret
if hasattr(os, "register_at_fork"):
    # A child would else go on with its parent's numbers.
    os.register_at_fork(after_in_child=_spans.seed)


def new_span_id(random_bits: Callable[[int], int] = _spans.getrandbits) -> str:
    """Make a span id of 16 hex digits, as W3C Trace Context has them.

    From a generator of our own, seeded by the system here and in every forked child: three times
    as quick as asking the system, and out of reach of a program's `random.seed`.
    """
    return "%016x" % (random_bits(64) or 1)  # W3C forbids zero; twice as quick as an f-string
