"""For tests, ours and yours: factories, a memory store and bus, a manual clock."""

from __future__ import annotations

from prela_core.testing.clock import ManualClock
from prela_core.testing.factories import (
    NOON,
    search_hit,
    span_record,
    stored_span,
    trace_detail,
    trace_summary,
)
from prela_core.testing.memory_bus import MemoryBus
from prela_core.testing.memory_store import MemoryStore

__all__ = [
    "NOON",
    "ManualClock",
    "MemoryBus",
    "MemoryStore",
    "search_hit",
    "span_record",
    "stored_span",
    "trace_detail",
    "trace_summary",
]
