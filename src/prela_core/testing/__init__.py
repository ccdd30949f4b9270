"""For tests, ours and yours: factories, a memory store, bus and exporter, a manual clock."""

from __future__ import annotations

from prela_core.emit.memory_exporter import MemoryExporter
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
    "MemoryExporter",
    "MemoryStore",
    "search_hit",
    "span_record",
    "stored_span",
    "trace_detail",
    "trace_summary",
]
