"""Making spans: the tracer that programs use."""

from __future__ import annotations

from prela_core.emit.active_span import ActiveSpan, current_span
from prela_core.emit.neighbour import set_neighbour
from prela_core.emit.ports import Exporter, Finished, Neighbour, Processor, Sampler, Sink
from prela_core.emit.tracer import Tracer

__all__ = [
    "ActiveSpan",
    "Exporter",
    "Finished",
    "Neighbour",
    "Processor",
    "Sampler",
    "Sink",
    "Tracer",
    "current_span",
    "set_neighbour",
]
