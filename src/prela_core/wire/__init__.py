"""Bytes to spans: every spelling that clients send, read with limits and reasons."""

from __future__ import annotations

from prela_core.wire.inflate import Inflater
from prela_core.wire.limits import Limits
from prela_core.wire.prela_json import Decoded, Rejected, decode_batch, decode_span, decode_trace
from prela_core.wire.records import to_record
from prela_core.wire.timestamps import parse_timestamp
from prela_core.wire.words import status_of

__all__ = [
    "Decoded",
    "Inflater",
    "Limits",
    "Rejected",
    "decode_batch",
    "decode_span",
    "decode_trace",
    "parse_timestamp",
    "status_of",
    "to_record",
]
