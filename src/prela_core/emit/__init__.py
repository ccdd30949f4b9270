"""Making spans: the tracer that programs use."""

from __future__ import annotations

from prela_core.emit.active_span import ActiveSpan, current_span
from prela_core.emit.ports import Exporter, Finished, Processor, Sink
from prela_core.emit.tracer import Tracer

__all__ = ["ActiveSpan", "Exporter", "Finished", "Processor", "Sink", "Tracer", "current_span"]
