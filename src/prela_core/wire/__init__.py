"""Bytes to spans: every spelling that clients send, read with limits and reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prela_core.names_on_use import names_on_use

if TYPE_CHECKING:
    from prela_core.wire.decoded import Decoded, Rejected
    from prela_core.wire.inflate import Inflater
    from prela_core.wire.limits import Limits
    from prela_core.wire.otlp import decode_otlp_json, decode_otlp_protobuf, is_otlp_json
    from prela_core.wire.otlp_noise import ScopeFilter
    from prela_core.wire.prela_json import decode_batch, decode_span, decode_trace
    from prela_core.wire.records import to_record
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
    "to_record",
]

__getattr__, __dir__ = names_on_use(
    __name__,
    {
        "Decoded": "prela_core.wire.decoded",
        "Inflater": "prela_core.wire.inflate",
        "Limits": "prela_core.wire.limits",
        "Rejected": "prela_core.wire.decoded",
        "ScopeFilter": "prela_core.wire.otlp_noise",
        "decode_batch": "prela_core.wire.prela_json",
        "decode_otlp_json": "prela_core.wire.otlp",
        "decode_otlp_protobuf": "prela_core.wire.otlp",
        "decode_span": "prela_core.wire.prela_json",
        "decode_trace": "prela_core.wire.prela_json",
        "is_otlp_json": "prela_core.wire.otlp",
        "parse_timestamp": "prela_core.wire.timestamps",
        "status_of": "prela_core.wire.words",
        "to_record": "prela_core.wire.records",
    },
)
