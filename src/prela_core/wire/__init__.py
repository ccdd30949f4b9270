"""Bytes to spans: every spelling that clients send, read with limits and reasons."""

from __future__ import annotations

from prela_core.wire.decoded import Decoded, Rejected
from prela_core.wire.inflate import Inflater
from prela_core.wire.limits import Limits
from prela_core.wire.otlp import decode_otlp_json, decode_otlp_protobuf, is_otlp_json
from prela_core.wire.otlp_noise import ScopeFilter
from prela_core.wire.prela_json import decode_batch, decode_span, decode_trace
from prela_core.wire.timestamps import parse_timestamp
from prela_core.wire.words import status_of

__all__ = [
    "Decoded",
    "Inflater",
    "Limits",
    "Rejected",
    "ScopeFilter",
    "decode_batch",
    "decode_otlp_json",
    "decode_otlp_protobuf",
    "decode_span",
    "decode_trace",
    "is_otlp_json",
    "parse_timestamp",
    "status_of",
]
