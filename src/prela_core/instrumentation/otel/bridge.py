"""From OpenTelemetry's SDK to our tracer: every span it ends, as one of ours."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace import Span as RecordingSpan
from opentelemetry.trace import format_span_id

from prela_core.emit import get_tracer
from prela_core.instrumentation.otel.ended_span import EndedSpan

__all__ = ["SpanBridge", "nearest_put"]

_REMEMBERED = 8192
"""Spans of which something is remembered; what is known of older ones is forgotten."""

_ancestors: OrderedDict[int, int | None] = OrderedDict()
"""Span id of a left-out span -> its nearest ancestor that is put, for all providers.

Kept after its end, for children that start late.
"""


def nearest_put(span_id: int) -> int | None:
    """Give `span_id`, or where that span is left out its nearest ancestor that is not."""
    return _ancestors.get(span_id, span_id)


class SpanBridge(SpanProcessor):
    """Puts what a `TracerProvider` ends into the sink of the program's tracer.

    While there is no tracer, nothing is put. What `prela_core.context` and the tracer say of
    every span is said of these as well, where they don't say otherwise themselves.

    Spans whose scope and name are in `left_out` are not put; their children become those of the
    nearest ancestor that is. So do children of spans that start while it is not `active`: some
    instrumentors go on making spans after they were ended.

    The SDK lets what a processor raises into the program, so nothing here raises. The sink is
    the tracer's: shutting down the provider leaves it open.
    """

    def __init__(self) -> None:
        self.left_out: list[tuple[str, str]] = []
        self.active = True
        # Span id of an open span -> its parent that is put, and what is said where it started.
        self._begun: OrderedDict[int, tuple[int | None, Mapping[str, Any]]] = OrderedDict()

    def on_start(self, span: RecordingSpan, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK's signature
        """Remember what is known at the start only."""
        own, parent = span.get_span_context().span_id, span.parent
        nearest = nearest_put(parent.span_id) if parent else None
        scope = span.instrumentation_scope
        if not self.active or (scope and (scope.name, span.name) in self.left_out):
            _remember(_ancestors, own, nearest)
            return
        tracer = get_tracer()
        if tracer is not None:
            _remember(self._begun, own, (nearest, tracer.attributes_here()))

    def on_end(self, span: ReadableSpan) -> None:
        """Put a sampled span into the sink."""
        context = span.get_span_context()
        if context is None:
            return
        parent = span.parent.span_id if span.parent else None
        parent, said = self._begun.pop(context.span_id, (parent, {}))
        tracer = get_tracer() if self.active else None
        if tracer is None or context.span_id in _ancestors or not context.trace_flags.sampled:
            return
        parent_id = None if parent is None else format_span_id(parent)
        tracer.put(EndedSpan(span, parent_id, tracer.service_name, said))

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Flush the sink; with none there is nothing left to do."""
        tracer = get_tracer()
        return tracer is None or tracer.sink.flush(timeout_millis / 1000)


def _remember(known: OrderedDict[int, Any], span_id: int, what: Any) -> None:
    known[span_id] = what
    # An OrderedDict drops its oldest in one step, which no other thread can get between.
    while len(known) > _REMEMBERED:
        known.popitem(last=False)
