"""Spans of both kinds in one tree: each kind sees the other's innermost span as its parent."""

from __future__ import annotations

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from prela_core.emit.active_span import ActiveSpan
from prela_core.emit.place import HERE
from prela_core.emit.ports import Entered
from prela_core.instrumentation.otel.bridge import nearest_put

__all__ = ["Mirror", "OneTree"]

_TRACE_ID_DIGITS = 32
_SPAN_ID_DIGITS = 16


class Mirror(NonRecordingSpan):
    """One of our spans as OpenTelemetry sees it: its ids, and what was current before it.

    Where our span's ids are not W3C's hex, as those of a trace continued by name, the mirror is
    invalid: an OpenTelemetry span within it begins a trace of its own.
    """

    def __init__(self, ids: SpanContext, before: Context) -> None:
        super().__init__(ids)
        self.before = before
        self.has_left = False


class OneTree:
    """The `Neighbour` that keeps OpenTelemetry's current span in step with ours.

    A block that ends out of order, or in another context than it began in, leaves what is
    current there as it is: nothing is reset by token, so nothing can fail.

    Of spans that are left out the nearest ancestor that is not is given.
    """

    def entered(self, span: Entered, /) -> Mirror:
        """Make a span of ours OpenTelemetry's current one."""
        mirror = Mirror(_ids(span), contexts.get_current())
        contexts.attach(trace.set_span_in_context(mirror))
        return mirror

    def left(self, token: object, /) -> None:
        """Make current again what was before `token`'s span and has not left meanwhile."""
        if not isinstance(token, Mirror):
            return
        token.has_left = True
        if trace.get_current_span() is token:
            contexts.attach(_open(token.before))

    def foreign_parent(self) -> tuple[str, str, bool] | None:
        """Give OpenTelemetry's current span, unless that mirrors one of ours.

        Where OpenTelemetry's context alone was carried over, as its instrumentor of threads
        does, the mirror is all that is known of our span, and given in its place.
        """
        found = trace.get_current_span(_open(contexts.get_current()))
        ids = found.get_span_context()
        if not ids.is_valid:
            return None
        nearest: int | None = ids.span_id
        if not isinstance(found, Mirror):
            nearest = nearest_put(ids.span_id)
        elif isinstance(HERE.get(), ActiveSpan):
            return None
        if nearest is None:
            return None
        return (
            trace.format_trace_id(ids.trace_id),
            trace.format_span_id(nearest),
            ids.trace_flags.sampled,
        )


def _open(context: Context) -> Context:
    """Give `context`, or the nearest before it whose span is not one of ours that has left."""
    while isinstance(span := trace.get_current_span(context), Mirror) and span.has_left:
        context = span.before
    return context


def _ids(span: Entered) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if span.recording else TraceFlags.DEFAULT)
    if (len(span.trace_id), len(span.span_id)) != (_TRACE_ID_DIGITS, _SPAN_ID_DIGITS):
        return trace.INVALID_SPAN_CONTEXT
    try:
        trace_id, span_id = int(span.trace_id, 16), int(span.span_id, 16)
    except ValueError:
        return trace.INVALID_SPAN_CONTEXT
    return SpanContext(trace_id, span_id, is_remote=False, trace_flags=flags)
