"""Making spans: the tracer that programs use."""

from __future__ import annotations

from prela_core.emit.active_span import ActiveSpan, current_span
from prela_core.emit.decorator import trace
from prela_core.emit.direct_sink import DirectSink
from prela_core.emit.neighbour import set_neighbour
from prela_core.emit.ports import Exporter, Finished, Neighbour, Processor, Sampler, Sink
from prela_core.emit.process_wide import get_tracer, score, set_tracer, span
from prela_core.emit.tracer import Tracer

__all__ = [
    "ActiveSpan",
    "DirectSink",
    "Exporter",
    "Finished",
    "Neighbour",
    "Processor",
    "Sampler",
    "Sink",
    "Tracer",
    "current_span",
    "get_tracer",
    "score",
    "set_neighbour",
    "set_tracer",
    "span",
    "trace",
]
