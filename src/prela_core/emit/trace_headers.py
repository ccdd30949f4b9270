"""The headers `traceparent` and `tracestate`: text to values and back.

As W3C Trace Context has them (https://www.w3.org/TR/trace-context/). A header that breaks its
rules is no error: it says nothing.
"""

from __future__ import annotations

import re

__all__ = ["read_traceparent", "read_tracestate", "write_traceparent"]

_TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace_id>[0-9a-f]{32})-(?P<span_id>[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)
_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
_SPAN_ID = re.compile(r"(?!0{16})[0-9a-f]{16}")
_SAMPLED = 0x01

_KEY = r"[a-z0-9][a-z0-9_\-*/]{0,255}(?:@[a-z][a-z0-9_\-*/]{0,13})?"
_MEMBER = re.compile(
    rf"({_KEY})=([\x20-\x2b\x2d-\x3c\x3e-\x7e]{{0,255}}[\x21-\x2b\x2d-\x3c\x3e-\x7e])"
)
_MOST_MEMBERS = 32


def read_traceparent(header: str) -> tuple[str, str, bool] | None:
    """Give trace id, span id and sampled flag; None where the header says nothing.

    Versions later than 00 are read by the part of them that is known.
    """
    match = _TRACEPARENT.fullmatch(header.strip(" \t"))
    if match is None or match["version"] == "ff":
        return None
    if match["version"] == "00" and match["more"] is not None:
        return None
    trace_id, span_id = match["trace_id"], match["span_id"]
    if _TRACE_ID.fullmatch(trace_id) is None or _SPAN_ID.fullmatch(span_id) is None:
        return None
    return trace_id, span_id, bool(int(match["flags"], 16) & _SAMPLED)


def write_traceparent(trace_id: str, span_id: str, *, sampled: bool) -> str | None:
    """Give the header of version 00; None where the ids are none that it could hold."""
    if _TRACE_ID.fullmatch(trace_id) is None or _SPAN_ID.fullmatch(span_id) is None:
        return None
    return f"00-{trace_id}-{span_id}-{'01' if sampled else '00'}"


def read_tracestate(header: str) -> str:
    """Give the header as it goes on; "" where any of its members breaks the rules."""
    members = [each for each in (part.strip(" \t") for part in header.split(",")) if each]
    keys = set()
    for member in members:
        match = _MEMBER.fullmatch(member)
        if match is None:
            return ""
        keys.add(match[1])
    if len(members) > _MOST_MEMBERS or len(keys) < len(members):
        return ""
    return ",".join(members)
