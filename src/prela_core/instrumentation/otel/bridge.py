"""From OpenTelemetry's SDK into our sink: every span it ends, as one of ours."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace import Span as RecordingSpan
from opentelemetry.trace import format_span_id

from prela_core.emit.ports import Sink
from prela_core.instrumentation.otel.ended_span import EndedSpan

__all__ = ["SpanBridge", "nearest_put"]

_REMEMBERED = 4096
"""Left-out spans whose parents are remembered, for children that start late."""

_ancestors: OrderedDict[int, int | None] = OrderedDict()
"""Span id of a left-out span -> its nearest ancestor that is put, for all providers.

An OrderedDict drops its oldest in one step, which no other thread can get between.
"""


def nearest_put(span_id: int) -> int | None:
    """Give `span_id`, or where that span is left out its nearest ancestor that is not."""
    return _ancestors.get(span_id, span_id)


class SpanBridge(SpanProcessor):
    """Puts what a `TracerProvider` ends into a sink: `provider.add_span_processor(bridge)`.

    `sink` gives the sink of the moment, or None while there is none, and `service_name` the name
    for spans whose resource has none. Spans whose scope and name are in `left_out` are not put;
    their children become those of the nearest ancestor that is. So do children of spans that start
    while it is not `active`: some instrumentors go on making spans after they were ended.

    The SDK lets what a processor raises into the program, so nothing here raises. The sink is
    its owner's: shutting down the provider leaves it open.
    """

    def __init__(self, sink: Callable[[], Sink | None], service_name: Callable[[], str]) -> None:
        self._sink = sink
        self._service_name = service_name
        self.left_out: list[tuple[str, str]] = []
        self.active = True
        self._adopted: dict[int, int | None] = {}

    def on_start(self, span: RecordingSpan, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK's signature
        """Remember the parent of a span that is left out, and the adoption of its children."""
        if self.active and not self.left_out and not _ancestors:
            return
        own, parent = span.get_span_context().span_id, span.parent
        nearest = nearest_put(parent.span_id) if parent else None
        scope = span.instrumentation_scope
        if not self.active or (scope and (scope.name, span.name) in self.left_out):
            _ancestors[own] = nearest
            while len(_ancestors) > _REMEMBERED:
                _ancestors.popitem(last=False)
        elif parent and nearest != parent.span_id:
            self._adopted[own] = nearest

    def on_end(self, span: ReadableSpan) -> None:
        """Put a sampled span into the sink."""
        context = span.get_span_context()
        if context is None:
            return
        parent = self._adopted.pop(context.span_id, span.parent.span_id if span.parent else None)
        sink = self._sink() if self.active else None
        if sink is None or context.span_id in _ancestors or not context.trace_flags.sampled:
            return
        parent_id = None if parent is None else format_span_id(parent)
        sink.put(EndedSpan(span, parent_id, self._service_name()))

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Flush the sink; with none there is nothing left to do."""
        sink = self._sink()
        return sink is None or sink.flush(timeout_millis / 1000)
