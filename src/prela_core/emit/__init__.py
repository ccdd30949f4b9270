"""Making spans: the tracer that programs use."""

from __future__ import annotations

from prela_core.emit.active_span import ActiveSpan
from prela_core.emit.block_context import context
from prela_core.emit.carrying import in_context
from prela_core.emit.decorator import trace
from prela_core.emit.direct_sink import DirectSink
from prela_core.emit.neighbour import set_neighbour
from prela_core.emit.ports import Entered, Exporter, Finished, Neighbour, Processor, Sampler, Sink
from prela_core.emit.process_wide import current_span, get_tracer, score, set_tracer, span
from prela_core.emit.propagation import extract, inject
from prela_core.emit.tracer import Tracer

__all__ = [
    "ActiveSpan",
    "DirectSink",
    "Entered",
    "Exporter",
    "Finished",
    "Neighbour",
    "Processor",
    "Sampler",
    "Sink",
    "Tracer",
    "context",
    "current_span",
    "extract",
    "get_tracer",
    "in_context",
    "inject",
    "score",
    "set_neighbour",
    "set_tracer",
    "span",
    "trace",
]
