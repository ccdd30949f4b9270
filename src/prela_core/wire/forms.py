"""The forms of bodies that hold spans, wherever they come from."""

from __future__ import annotations

from enum import Enum

__all__ = ["Form"]


class Form(Enum):
    """What a body holds; `STORED` are spans as they are exported."""

    SPAN = "span"
    BATCH = "batch"
    TRACE = "trace"
    OTLP_PROTOBUF = "otlp_protobuf"
    OTLP_JSON = "otlp_json"
    STORED = "stored"
